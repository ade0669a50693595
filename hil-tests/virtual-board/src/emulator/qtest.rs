//! The client of qtest, the line protocol that reads and writes QEMU's bus and pins.

use std::fmt::Write as _;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::socket::{FramedSocket, SharedReader, send};
use super::timeout::{ResponseTimeout, Wait};

/// How many changes of interrupt lines are taken at once: firmware that changes them all the time
/// has always one more.
const MAX_CHANGES: usize = 100_000;

/// An intercepted interrupt line that changed; the pins of a port are such lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineChange {
    pub(crate) line: u32,
    pub(crate) high: bool,
}

#[derive(Debug, PartialEq)]
enum Message<'a> {
    Change(Option<LineChange>),
    Value(&'a str),
    Failure,
}

fn parse(line: &str) -> Message<'_> {
    if let Some(change) = line.strip_prefix("IRQ ") {
        return Message::Change(change.split_once(' ').and_then(|(kind, line)| {
            let high = match kind {
                "raise" => true,
                "lower" => false,
                _ => return None,
            };
            let line = line.parse().ok()?;
            Some(LineChange { line, high })
        }));
    }
    match line.strip_prefix("OK") {
        Some(value) => Message::Value(value.trim()),
        None => Message::Failure,
    }
}

/// A connected client.
#[derive(Debug)]
pub(crate) struct QtestClient {
    stream: UnixStream,
    reader: SharedReader,
    timeout: ResponseTimeout,
}

impl QtestClient {
    pub(crate) fn new(socket: FramedSocket, timeout: ResponseTimeout) -> Self {
        let (stream, reader) = socket.split();
        Self {
            stream,
            reader: Arc::new(Mutex::new(reader)),
            timeout,
        }
    }

    /// The reader, which everybody who waits for the emulator has to drain: QEMU stands still
    /// until each change of a line is written.
    pub(crate) fn reader(&self) -> &SharedReader {
        &self.reader
    }

    /// Sends a request, and gives the value of its answer.
    pub(crate) fn request(
        &mut self,
        request: &str,
        mut on_change: impl FnMut(LineChange),
    ) -> io::Result<String> {
        let line = format!("{request}\n");
        let mut wait = self.timeout.start();
        send(&mut self.stream, line.as_bytes(), self.timeout.limit())?;
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let line = reader.line(&mut wait)?;
            match parse(&line) {
                Message::Change(change) => change.into_iter().for_each(&mut on_change),
                Message::Value(value) => return Ok(value.to_owned()),
                Message::Failure => return Err(invalid(line)),
            }
        }
    }

    /// Takes the changes that have come without a request.
    pub(crate) fn take_changes(&mut self, mut on_change: impl FnMut(LineChange)) -> io::Result<()> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..MAX_CHANGES {
            match reader.line(&mut Wait::at_most(Duration::ZERO)) {
                Ok(line) => match parse(&line) {
                    Message::Change(change) => change.into_iter().for_each(&mut on_change),
                    _ => return Err(invalid(line)),
                },
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn invalid(line: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, line)
}

/// The request that writes bytes of memory.
pub(crate) fn write_request(address: u32, bytes: &[u8]) -> String {
    let mut request = format!("write {address:#x} {:#x} 0x", bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(request, "{byte:02x}");
    }
    request
}

/// The bytes of a hexadecimal value; none where it is not of that length.
pub(crate) fn bytes_of(value: &str, length: usize) -> Option<Vec<u8>> {
    let digits = value.strip_prefix("0x").unwrap_or(value).as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.filter(|bytes| bytes.len() == length)
}

/// The word of a hexadecimal value.
pub(crate) fn word_of(value: &str) -> Option<u32> {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    u64::from_str_radix(digits, 16).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_changes_values_or_failures() {
        let change = |line, high| Message::Change(Some(LineChange { line, high }));
        assert_eq!(parse("IRQ raise 3"), change(3, true));
        assert_eq!(parse("IRQ lower 31"), change(31, false));
        assert_eq!(parse("IRQ pulse 3"), Message::Change(None));
        assert_eq!(parse("OK 0x12"), Message::Value("0x12"));
        assert_eq!(parse("OK"), Message::Value(""));
        assert_eq!(parse("FAIL Unknown command"), Message::Failure);
    }

    #[test]
    fn values_are_hexadecimal() {
        assert_eq!(word_of("0x0000000020004000"), Some(0x2000_4000));
        assert_eq!(word_of("0x100000000"), None);
        assert_eq!(bytes_of("0x0aff", 2), Some(vec![0x0a, 0xff]));
        assert_eq!(bytes_of("0x0aff", 3), None);
        assert_eq!(bytes_of("0x0af", 2), None);
        assert_eq!(write_request(0x10, &[0, 0xff]), "write 0x10 0x2 0x00ff");
    }
}
