//! The probe's port on loopback: one client at a time, others are refused at once.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::remote_protocol::{DecodedRequest, RequestDecoder, Response};

/// The error code of a probe that has a client already.
pub const IN_USE: u64 = 0xb;
/// How long a client that has hung up may take to be seen to: until then, the next one waits.
const HAND_OVER: Duration = Duration::from_millis(250);
/// How long a client may leave a response unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the listener may take to be woken up.
const WAKE_TIMEOUT: Duration = Duration::from_secs(4);

/// The event of a peer that sends no more; systems without it report a hang-up.
#[cfg(target_os = "linux")]
const PEER_CLOSED: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
const PEER_CLOSED: PollFlags = PollFlags::empty();

/// A bound port that is not served yet.
#[derive(Debug)]
pub struct ProbeListener {
    listener: TcpListener,
}

/// A port that is served until this is dropped.
#[derive(Debug)]
pub struct ProbeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    occupied: Mutex<bool>,
    freed: Condvar,
    stopping: AtomicBool,
    refused: AtomicU32,
    /// The client, to be hung up on, and the thread that serves it.
    client: Mutex<Option<(TcpStream, JoinHandle<()>)>>,
}

impl ProbeListener {
    /// Binds the port; port 0 is any free one.
    ///
    /// # Errors
    /// The port is in use, or the address is not one of this computer.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { listener })
    }

    /// Where clients find the probe.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves clients, one after the other, with the responses of `execute`. A client that fails
    /// or vanishes frees the probe.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn serve(
        self,
        execute: impl Fn(&[u8]) -> Response + Send + Sync + 'static,
    ) -> io::Result<ProbeServer> {
        let address = self.address()?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let accepting = thread::Builder::new()
            .name("probe".to_owned())
            .spawn(move || accept(&self.listener, &of_thread, &Arc::new(execute)))?;
        Ok(ProbeServer {
            address,
            shared,
            accepting: Some(accepting),
        })
    }
}

impl ProbeServer {
    /// How many clients were refused since this was last asked, because another one is served.
    #[must_use]
    pub fn take_refused(&self) -> u32 {
        self.shared.refused.swap(0, Ordering::Relaxed)
    }

    /// Where clients find the probe.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ProbeServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        // The listener checks the flag with every client: this is one. Where it cannot be reached,
        // it is gone.
        let woken = TcpStream::connect_timeout(&self.address, WAKE_TIMEOUT).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            // A thread that panicked is gone as well.
            let _ = accepting.join();
        }
        if let Some((stream, thread)) = lock(&self.shared.client).take() {
            let _ = stream.shutdown(Shutdown::Both);
            let _ = thread.join();
        }
    }
}

fn accept<T>(listener: &TcpListener, shared: &Arc<Shared>, execute: &Arc<T>)
where
    T: Fn(&[u8]) -> Response + Send + Sync + 'static,
{
    for client in listener.incoming() {
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        // A client that was gone before it was accepted is none.
        let Ok(mut client) = client else { continue };
        if !shared.occupy() {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            // A refused client that is gone already needs no response.
            let _ = client.write_all(&Response::Error(IN_USE).encode());
            continue;
        }
        let (Ok(hang_up), Ok(served)) = (client.try_clone(), client.try_clone()) else {
            shared.free();
            continue;
        };
        let execute = Arc::clone(execute);
        let occupancy = Occupancy {
            shared: Arc::clone(shared),
            client: served,
        };
        let serving = thread::Builder::new().spawn(move || {
            // A failure of the client ends its session, and nothing else.
            let _ = converse(client, execute.as_ref());
            drop(occupancy);
        });
        if let Ok(thread) = serving {
            *lock(&shared.client) = Some((hang_up, thread));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn free(&self) {
        *lock(&self.occupied) = false;
        self.freed.notify_one();
    }

    /// Occupies the probe, unless somebody uses it. A client that has hung up does not: its thread
    /// is waited for.
    fn occupy(&self) -> bool {
        let hung_up = match &*lock(&self.client) {
            Some((stream, _)) => has_hung_up(stream),
            None => false,
        };
        let mut occupied = lock(&self.occupied);
        if hung_up {
            let freed = self
                .freed
                .wait_timeout_while(occupied, HAND_OVER, |occupied| *occupied);
            occupied = freed.unwrap_or_else(PoisonError::into_inner).0;
        }
        !std::mem::replace(&mut *occupied, true)
    }
}

/// Whether the peer has closed its end, although not all it has sent may be read.
fn has_hung_up(stream: &TcpStream) -> bool {
    let mut polled = [PollFd::new(stream, PEER_CLOSED)];
    let polls = poll(&mut polled, Some(&Timespec::default()));
    let [polled] = polled;
    polls.is_err() || !polled.revents().is_empty()
}

/// The probe in use by one client, and free again once dropped.
struct Occupancy {
    shared: Arc<Shared>,
    /// The stream once more: a client that is served no longer is hung up on.
    client: TcpStream,
}

impl Drop for Occupancy {
    fn drop(&mut self) {
        let _ = self.client.shutdown(Shutdown::Both);
        self.shared.free();
    }
}

fn converse(mut client: TcpStream, execute: &dyn Fn(&[u8]) -> Response) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let mut decoder = RequestDecoder::default();
    let mut block = [0; 1024];
    loop {
        let count = client.read(&mut block)?;
        if count == 0 {
            return Ok(());
        }
        for &byte in block.iter().take(count) {
            let response = match decoder.push(byte) {
                Some(DecodedRequest::Complete(request)) => execute(&request),
                Some(DecodedRequest::TooLong) => Response::ParameterError,
                None => continue,
            };
            client.write_all(&response.encode())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn serve() -> ProbeServer {
        let listener = ProbeListener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        listener.serve(|_| Response::Number(3)).unwrap()
    }

    /// A client that is served.
    fn served(server: &ProbeServer) -> TcpStream {
        let mut client = TcpStream::connect(server.address()).unwrap();
        let mut response = [0; 4];
        client.write_all(b"!HC#").unwrap();
        client.read_exact(&mut response).unwrap();
        assert_eq!(&response, b"&K3#");
        client
    }

    #[test]
    fn a_second_client_is_refused_with_a_code() {
        let server = serve();
        let mut first = served(&server);
        let mut received = Vec::new();
        let mut second = TcpStream::connect(server.address()).unwrap();
        second.read_to_end(&mut received).unwrap();
        assert_eq!(received, b"&Eb#");
        assert_eq!(server.take_refused(), 1);
        let address = server.address();
        drop(server);
        assert_eq!(first.read(&mut [0]).unwrap(), 0);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn refusing_a_hundred_clients_makes_none_of_them_wait() {
        let server = serve();
        let first = served(&server);
        let start = Instant::now();
        for _ in 0..100 {
            let mut received = Vec::new();
            let mut client = TcpStream::connect(server.address()).unwrap();
            client.read_to_end(&mut received).unwrap();
            assert_eq!(received, b"&Eb#");
        }
        let took = start.elapsed();
        assert!(took < 10 * HAND_OVER, "{took:?} for 100 clients");
        drop(first);
    }

    #[test]
    fn the_next_client_need_not_wait_for_the_last_to_be_gone() {
        let server = serve();
        for _ in 0..100 {
            drop(served(&server));
        }
        assert_eq!(server.take_refused(), 0);
    }

    #[test]
    fn a_client_that_leaves_requests_behind_frees_the_probe() {
        let server = serve();
        for _ in 0..20 {
            let mut client = TcpStream::connect(server.address()).unwrap();
            client.write_all(&b"!HC#".repeat(1000)).unwrap();
            drop(client);
            drop(served(&server));
        }
    }

    #[test]
    fn a_port_in_use_is_an_error() {
        let listener = ProbeListener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let error = ProbeListener::bind(listener.address().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
