//! One socket to the machine, with a deadline on everything that comes and goes.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The most the machine may send before a frame is whole: a bound, not an expectation.
const LONGEST_FRAME: usize = 1 << 20;

/// A connected socket and what was read ahead of the last frame.
#[derive(Debug)]
pub(super) struct Socket {
    stream: UnixStream,
    ahead: Vec<u8>,
}

impl Socket {
    /// Connects once; the caller decides whether to try again.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self {
            stream: UnixStream::connect(path)?,
            ahead: Vec::new(),
        })
    }

    /// The stream once more, to wait for what comes from it.
    pub(super) fn clone_stream(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }

    /// Sends bytes.
    pub(super) fn send(&mut self, bytes: &[u8], deadline: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(Some(deadline))?;
        self.stream.write_all(bytes)
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self, until: Instant) -> io::Result<String> {
        let line = self.frame(until, |bytes| Some(find(bytes, b'\n')? + 1))?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// The bytes up to where `end` says a frame ends; nothing is lost where time runs out.
    pub(super) fn frame(
        &mut self,
        until: Instant,
        end: impl Fn(&[u8]) -> Option<usize>,
    ) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = end(&self.ahead) {
                let rest = self.ahead.split_off(end.min(self.ahead.len()));
                return Ok(std::mem::replace(&mut self.ahead, rest));
            }
            if self.ahead.len() > LONGEST_FRAME {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let left = until.saturating_duration_since(Instant::now());
            self.fill(left)?;
        }
    }

    /// Reads once, waiting at most this long.
    fn fill(&mut self, wait: Duration) -> io::Result<()> {
        let mut block = [0; 4096];
        let read = if wait.is_zero() {
            self.stream.set_nonblocking(true)?;
            let read = self.stream.read(&mut block);
            self.stream.set_nonblocking(false)?;
            read
        } else {
            self.stream.set_read_timeout(Some(wait))?;
            self.stream.read(&mut block)
        };
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.ahead.extend(block.iter().take(count));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Where a byte is first.
pub(super) fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|&b| b == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_by_the_deadline_is_whole_the_next_time() {
        let (stream, mut other) = UnixStream::pair().unwrap();
        let mut socket = Socket {
            stream,
            ahead: Vec::new(),
        };
        other.write_all(b"first\nsec").unwrap();
        let now = Instant::now();
        assert_eq!(socket.line(now).unwrap(), "first");
        let error = socket.line(now).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        other.write_all(b"ond\n").unwrap();
        assert_eq!(socket.line(now).unwrap(), "second");
    }
}
