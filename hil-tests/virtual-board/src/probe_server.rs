//! The probe on loopback: one client at a time, a second one is told so.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::protocol::{Frame, Framer, Reply};

/// What the error of a probe that has a client already is numbered.
pub const IN_USE: u64 = 0xb;
/// How long a client that has hung up may take to be seen to: until then, the next one waits.
const HAND_OVER: Duration = Duration::from_millis(250);
/// How long a client may leave a reply unread.
const PATIENCE: Duration = Duration::from_secs(4);

/// A bound, not yet serving port.
#[derive(Debug)]
pub struct ProbeServer {
    listener: TcpListener,
}

/// A port that serves until it is dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<bool>,
    freed: Condvar,
    stopping: AtomicBool,
    refused: AtomicU32,
    /// The client, to be hung up on, and the thread that serves it.
    client: Mutex<Option<(TcpStream, JoinHandle<()>)>>,
}

impl ProbeServer {
    /// Takes the port; port 0 takes any free one.
    ///
    /// # Errors
    /// The port is taken, or the address is not one of this computer.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { listener })
    }

    /// Where clients find the probe.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves clients, one after the other, with the answers of `answer`; a
    /// client that fails or vanishes only makes place.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn serve(
        self,
        answer: impl Fn(&[u8]) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Serving> {
        let address = self.address()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let listening = thread::Builder::new()
            .name("probe".to_owned())
            .spawn(move || accept(&self.listener, &accepting, &Arc::new(answer)))?;
        Ok(Serving {
            address,
            shared,
            listening: Some(listening),
        })
    }
}

impl Serving {
    /// How many clients were refused since this was last asked, because one is served.
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

impl Drop for Serving {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        // The listener looks at the flag with every client: this is one. Where
        // it cannot be reached, it is gone.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(listening) = self.listening.take().filter(|_| woken) {
            // A thread that panicked is gone as well.
            let _ = listening.join();
        }
        let client = self.shared.client.lock();
        if let Some((stream, thread)) = client.unwrap_or_else(PoisonError::into_inner).take() {
            let _ = stream.shutdown(Shutdown::Both);
            let _ = thread.join();
        }
    }
}

fn accept<T>(listener: &TcpListener, shared: &Arc<Shared>, answer: &Arc<T>)
where
    T: Fn(&[u8]) -> Reply + Send + Sync + 'static,
{
    for client in listener.incoming() {
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        // A client that was gone before it was taken is none.
        let Ok(mut client) = client else { continue };
        if !shared.take_place() {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            // A refused client that is gone already needs no answer.
            let _ = client.write_all(&Reply::Error(IN_USE).encode());
            continue;
        }
        let (Ok(hang_up), Ok(served)) = (client.try_clone(), client.try_clone()) else {
            shared.make_place();
            continue;
        };
        let answer = Arc::clone(answer);
        let place = Place {
            shared: Arc::clone(shared),
            client: served,
        };
        let serving = thread::Builder::new().spawn(move || {
            // The client's own failure ends its turn, nothing else.
            let _ = converse(client, answer.as_ref());
            drop(place);
        });
        if let Ok(thread) = serving {
            let mut kept = shared.client.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some((hang_up, thread));
        }
    }
}

impl Shared {
    fn make_place(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = false;
        self.freed.notify_one();
    }

    /// Takes the one client's place, unless somebody stays in it.
    fn take_place(&self) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .freed
            .wait_timeout_while(taken, HAND_OVER, |taken| *taken);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *taken, true)
    }
}

/// The one client's place, free again once dropped.
struct Place {
    shared: Arc<Shared>,
    /// The stream once more: whoever is served no longer is hung up on.
    client: TcpStream,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.client.shutdown(Shutdown::Both);
        self.shared.make_place();
    }
}

fn converse(mut client: TcpStream, answer: &dyn Fn(&[u8]) -> Reply) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut framer = Framer::default();
    let mut block = [0; 1024];
    loop {
        let count = client.read(&mut block)?;
        if count == 0 {
            return Ok(());
        }
        for &byte in block.iter().take(count) {
            let reply = match framer.push(byte) {
                Some(Frame::Request(request)) => answer(&request),
                Some(Frame::TooLong) => Reply::Parameter,
                None => continue,
            };
            client.write_all(&reply.encode())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_client_is_told_the_probe_is_in_use() {
        let server = ProbeServer::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = server.address().unwrap();
        let serving = server.serve(|_| Reply::Number(3)).unwrap();
        let mut first = TcpStream::connect(address).unwrap();
        let mut reply = [0; 4];
        first.write_all(b"!HC#").unwrap();
        first.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"&K3#");
        let mut told = Vec::new();
        let mut second = TcpStream::connect(address).unwrap();
        second.read_to_end(&mut told).unwrap();
        assert_eq!(told, b"&Eb#");
        drop(serving);
        assert_eq!(first.read(&mut reply).unwrap(), 0);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn the_next_client_need_not_wait_for_the_last_to_be_gone() {
        let server = ProbeServer::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let serving = server.serve(|_| Reply::Number(3)).unwrap();
        for _ in 0..100 {
            let mut client = TcpStream::connect(serving.address()).unwrap();
            let mut reply = [0; 4];
            client.write_all(b"!HC#").unwrap();
            client.read_exact(&mut reply).unwrap();
            assert_eq!(&reply, b"&K3#");
        }
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let server = ProbeServer::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let error = ProbeServer::bind(server.address().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
