//! The other end of the chip's UART.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

/// The most bytes that wait to be taken: a bound, not an expectation.
const LONGEST_WAIT: usize = 1 << 20;

/// A connected UART: what the chip sent and nobody took yet, and what is still to be sent to it.
#[derive(Debug)]
pub(crate) struct SerialClient {
    stream: UnixStream,
    sent: Vec<u8>,
    /// How many bytes there was no room for.
    lost: u64,
    to_chip: Vec<u8>,
}

impl SerialClient {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            sent: Vec::new(),
            lost: 0,
            to_chip: Vec::new(),
        })
    }

    /// Moves what can be moved without waiting, in both directions.
    pub(crate) fn poll(&mut self) -> io::Result<()> {
        let mut block = [0; 4096];
        loop {
            match self.stream.read(&mut block) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    let room = LONGEST_WAIT.saturating_sub(self.sent.len()).min(count);
                    self.sent.extend(block.iter().take(room));
                    self.lost += (count - room) as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        while !self.to_chip.is_empty() {
            match self.stream.write(&self.to_chip) {
                Ok(count) => drop(self.to_chip.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends bytes to the chip, as fast as it takes them.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.to_chip.extend_from_slice(bytes);
    }

    /// What the chip has sent since this was last asked, and how many bytes there was no room for.
    pub(crate) fn take(&mut self) -> (Vec<u8>, u64) {
        (
            std::mem::take(&mut self.sent),
            std::mem::take(&mut self.lost),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_both_ways_without_waiting() {
        let (mut chip, ours) = UnixStream::pair().unwrap();
        let mut serial = SerialClient::new(ours).unwrap();
        serial.poll().unwrap();
        assert_eq!(serial.take(), (Vec::new(), 0));
        chip.write_all(b"ready").unwrap();
        serial.send(b"status");
        serial.poll().unwrap();
        assert_eq!(serial.take(), (b"ready".to_vec(), 0));
        let mut received = [0; 6];
        chip.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"status");
        drop(chip);
        assert!(serial.poll().is_err());
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let (mut chip, ours) = UnixStream::pair().unwrap();
        let mut serial = SerialClient::new(ours).unwrap();
        serial.sent = vec![0; LONGEST_WAIT - 2];
        chip.write_all(b"four").unwrap();
        serial.poll().unwrap();
        let (sent, lost) = serial.take();
        assert_eq!((sent.len(), lost), (LONGEST_WAIT, 2));
    }
}
