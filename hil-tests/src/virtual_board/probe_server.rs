//! The probe on loopback: one client at a time, a second one is told so.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::protocol::{Frame, Framer, Reply};

/// What the error of a probe that has a client already is numbered.
pub const IN_USE: u64 = 0xb;

/// A bound, not yet serving port.
#[derive(Debug)]
pub struct ProbeServer {
    listener: TcpListener,
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

    /// Serves clients, one after the other, with the answers of `answer`.
    ///
    /// # Errors
    /// The port fails; a client that fails or vanishes only makes place.
    pub fn serve(self, answer: impl Fn(&[u8]) -> Reply + Send + Sync + 'static) -> io::Result<()> {
        let answer = Arc::new(answer);
        let taken = Arc::new(AtomicBool::new(false));
        for client in self.listener.incoming() {
            let mut client = client?;
            if taken.swap(true, Ordering::AcqRel) {
                // A refused client that is gone already needs no answer.
                let _ = client.write_all(&Reply::Error(IN_USE).encode());
                continue;
            }
            let (answer, place) = (Arc::clone(&answer), Place(Arc::clone(&taken)));
            thread::spawn(move || {
                // The client's own failure ends its turn, nothing else.
                let _ = converse(client, answer.as_ref());
                drop(place);
            });
        }
        Ok(())
    }
}

/// The one client's place, free again once dropped.
struct Place(Arc<AtomicBool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn converse(mut client: TcpStream, answer: &dyn Fn(&[u8]) -> Reply) -> io::Result<()> {
    client.set_nodelay(true)?;
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
        thread::spawn(move || server.serve(|_| Reply::Number(3)));
        let mut first = TcpStream::connect(address).unwrap();
        let mut reply = [0; 4];
        first.write_all(b"!HC#").unwrap();
        first.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"&K3#");
        let mut told = Vec::new();
        let mut second = TcpStream::connect(address).unwrap();
        second.read_to_end(&mut told).unwrap();
        assert_eq!(told, b"&Eb#");
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let server = ProbeServer::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let error = ProbeServer::bind(server.address().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
