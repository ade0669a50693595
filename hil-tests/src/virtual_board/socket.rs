//! One line-based socket to the machine, with a deadline on every request.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest line the machine may send: a bound, not an expectation.
const LONGEST_LINE: usize = 1 << 20;

/// A connected socket and what was read ahead of the last line.
#[derive(Debug)]
pub(super) struct LineSocket {
    stream: UnixStream,
    ahead: Vec<u8>,
}

impl LineSocket {
    /// Connects once; the caller decides whether to try again.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self {
            stream: UnixStream::connect(path)?,
            ahead: Vec::new(),
        })
    }

    /// Sends one line.
    pub(super) fn send(&mut self, line: &str, deadline: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(Some(deadline))?;
        self.stream.write_all(format!("{line}\n").as_bytes())
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self, deadline: Duration) -> io::Result<String> {
        let until = Instant::now() + deadline;
        let mut searched = 0;
        loop {
            if let Some(found) = self.ahead.iter().skip(searched).position(|&b| b == b'\n') {
                let rest = self.ahead.split_off(searched + found + 1);
                let mut line = std::mem::replace(&mut self.ahead, rest);
                line.truncate(searched + found);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            searched = self.ahead.len();
            if searched > LONGEST_LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            let mut block = [0; 4096];
            match self.stream.read(&mut block) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.ahead.extend(block.iter().take(n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}
