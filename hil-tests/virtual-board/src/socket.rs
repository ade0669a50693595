//! One socket to the machine, with a deadline on everything that comes and goes.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// The most the machine may send before a frame is whole: a bound, not an expectation.
const LONGEST_FRAME: usize = 1 << 20;

/// The most that is read ahead from a socket while another is waited for.
const LONGEST_AHEAD: usize = 16 << 20;

/// A connected socket and what was read ahead of the last frame.
#[derive(Debug)]
pub(super) struct Socket {
    stream: UnixStream,
    ahead: Vec<u8>,
    /// How many bytes of it were taken already.
    taken: usize,
    companion: Option<Arc<Mutex<Self>>>,
}

impl Socket {
    /// Connects once; the caller decides whether to try again.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self::over(UnixStream::connect(path)?))
    }

    fn over(stream: UnixStream) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            taken: 0,
            companion: None,
        }
    }

    /// Reads from this other socket too whenever something is waited for: a machine that waits
    /// for its words to be read there answers nobody here.
    pub(super) fn accompany(&mut self, other: &Arc<Mutex<Self>>) {
        self.companion = Some(Arc::clone(other));
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
            let waiting = self.ahead.get(self.taken..).unwrap_or_default();
            if let Some(end) = end(waiting) {
                let frame: Vec<u8> = waiting.iter().take(end).copied().collect();
                self.taken += frame.len();
                return Ok(frame);
            }
            if waiting.len() > LONGEST_FRAME {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.ahead.drain(..self.taken);
            self.taken = 0;
            self.await_bytes(until)?;
        }
    }

    /// Reads once, waiting until then at most.
    fn await_bytes(&mut self, until: Instant) -> io::Result<()> {
        let Some(companion) = self.companion.clone() else {
            let left = until.saturating_duration_since(Instant::now());
            return match is_readable(&[&self.stream], left)?.first() {
                Some(true) => self.fill(),
                _ => Err(io::ErrorKind::TimedOut.into()),
            };
        };
        let mut companion = companion.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_heard = true;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let readable = match is_heard && companion.ahead.len() < LONGEST_AHEAD {
                true => is_readable(&[&self.stream, &companion.stream], left)?,
                false => is_readable(&[&self.stream], left)?,
            };
            match readable[..] {
                [true, ..] => return self.fill(),
                // Whoever asks this socket next meets the same error there.
                [_, true] => is_heard = companion.fill().is_ok(),
                _ => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    /// Reads what is there.
    fn fill(&mut self) -> io::Result<()> {
        let mut block = [0; 4096];
        match self.stream.read(&mut block) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.ahead.extend(block.iter().take(count));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Which of the streams have something to read, or have ended, by then.
fn is_readable(streams: &[&UnixStream], wait: Duration) -> io::Result<Vec<bool>> {
    let mut polled: Vec<_> = streams
        .iter()
        .map(|stream| PollFd::new(*stream, PollFlags::IN))
        .collect();
    let wait = Timespec::try_from(wait).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(&mut polled, Some(&wait)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(polled.iter().map(|fd| !fd.revents().is_empty()).collect())
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
        let mut socket = Socket::over(stream);
        other.write_all(b"first\nsec").unwrap();
        let now = Instant::now();
        assert_eq!(socket.line(now).unwrap(), "first");
        let error = socket.line(now).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        other.write_all(b"ond\n").unwrap();
        assert_eq!(socket.line(now).unwrap(), "second");
    }

    /// The other side writes to one socket until that is full, and only then answers on the other.
    #[test]
    fn who_waits_here_reads_there_too() {
        const WORDS: usize = 100_000;
        let (stream, mut asked) = UnixStream::pair().unwrap();
        let (noisy, mut noise) = UnixStream::pair().unwrap();
        let noisy = Arc::new(Mutex::new(Socket::over(noisy)));
        let mut socket = Socket::over(stream);
        socket.accompany(&noisy);
        let machine = std::thread::spawn(move || {
            for _ in 0..WORDS {
                noise.write_all(b"IRQ raise 3\n").unwrap();
            }
            asked.write_all(b"done\n").unwrap();
            (asked, noise)
        });
        let until = Instant::now() + Duration::from_secs(20);
        assert_eq!(socket.line(until).unwrap(), "done");
        let mut noisy = noisy.lock().unwrap();
        for _ in 0..WORDS {
            assert_eq!(noisy.line(until).unwrap(), "IRQ raise 3");
        }
        drop(machine.join().unwrap());
    }
}
