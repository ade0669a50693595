//! Frames from the emulator, with a deadline on everything that comes and goes.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::timeout::Wait;

/// The most the emulator may send before a frame is whole: a bound, not an expectation.
const LONGEST_FRAME: usize = 1 << 20;

/// The most that is read ahead from a companion.
const LONGEST_READ_AHEAD: usize = 16 << 20;

/// A reader that others keep drained while they wait.
pub(crate) type SharedReader = Arc<Mutex<FrameReader>>;

/// Cuts what a socket or a pipe delivers into frames.
#[derive(Debug)]
pub(crate) struct FrameReader {
    source: OwnedFd,
    buffer: Vec<u8>,
    /// How many bytes of the buffer are consumed.
    consumed: usize,
    companion: Option<SharedReader>,
}

impl FrameReader {
    pub(crate) fn new(source: OwnedFd) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            consumed: 0,
            companion: None,
        }
    }

    /// Reads ahead from this other source too while waiting: the emulator answers nobody while it
    /// is blocked on a write there.
    pub(crate) fn drain_while_waiting(&mut self, other: &SharedReader) {
        self.companion = Some(Arc::clone(other));
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self, wait: &mut Wait) -> io::Result<String> {
        let line = self.frame(wait, |bytes| Some(find(bytes, b'\n')? + 1))?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// The bytes up to where `end` says a frame ends. Where time runs out, what has come is kept.
    pub(crate) fn frame(
        &mut self,
        wait: &mut Wait,
        end: impl Fn(&[u8]) -> Option<usize>,
    ) -> io::Result<Vec<u8>> {
        loop {
            let waiting = self.buffer.get(self.consumed..).unwrap_or_default();
            if let Some(end) = end(waiting) {
                let frame: Vec<u8> = waiting.iter().take(end).copied().collect();
                self.consumed += frame.len();
                return Ok(frame);
            }
            if waiting.len() > LONGEST_FRAME {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
            self.await_bytes(wait)?;
        }
    }

    /// Reads once.
    fn await_bytes(&mut self, wait: &mut Wait) -> io::Result<()> {
        let companion = self.companion.clone();
        let companion = companion.as_ref();
        let mut companion =
            companion.map(|reader| reader.lock().unwrap_or_else(PoisonError::into_inner));
        let mut companion_failed = false;
        loop {
            let drained = companion.as_deref_mut().filter(|companion| {
                !companion_failed && companion.buffer.len() < LONGEST_READ_AHEAD
            });
            let mut sources = vec![self.source.as_fd()];
            sources.extend(drained.as_ref().map(|companion| companion.source.as_fd()));
            let readable = readable(&sources, wait.next_pause())?;
            drop(sources);
            match (&readable[..], drained) {
                ([true, ..], _) => return self.fill(),
                // The next one to read from the companion meets the same error there.
                ([_, true], Some(companion)) => companion_failed = companion.fill().is_err(),
                _ if wait.is_over() => return Err(io::ErrorKind::TimedOut.into()),
                _ => {}
            }
        }
    }

    /// Reads what is there.
    fn fill(&mut self) -> io::Result<()> {
        let mut block = [0; 4096];
        match rustix::io::read(&self.source, &mut block) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.buffer.extend(block.iter().take(count));
                Ok(())
            }
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A connected socket: frames in, bytes out.
#[derive(Debug)]
pub(crate) struct FramedSocket {
    stream: UnixStream,
    pub(crate) reader: FrameReader,
}

impl FramedSocket {
    /// Connects once; the caller decides whether to try again.
    pub(crate) fn connect(path: &Path) -> io::Result<Self> {
        Self::new(UnixStream::connect(path)?)
    }

    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        let reader = FrameReader::new(stream.try_clone()?.into());
        Ok(Self { stream, reader })
    }

    /// A handle that can be polled.
    pub(crate) fn try_clone_stream(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }

    /// The two halves.
    pub(crate) fn split(self) -> (UnixStream, FrameReader) {
        (self.stream, self.reader)
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        send(&mut self.stream, bytes, limit)
    }
}

/// Sends bytes; a peer that does not take them within the limit is a timeout.
pub(crate) fn send(stream: &mut UnixStream, bytes: &[u8], limit: Duration) -> io::Result<()> {
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    })
}

/// Which of the sources have something to read, or have ended, within this time.
fn readable(sources: &[BorrowedFd<'_>], wait: Duration) -> io::Result<Vec<bool>> {
    let mut polled: Vec<_> = sources
        .iter()
        .map(|source| PollFd::from_borrowed_fd(*source, PollFlags::IN))
        .collect();
    let wait = Timespec::try_from(wait).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(&mut polled, Some(&wait)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(polled.iter().map(|fd| !fd.revents().is_empty()).collect())
}

/// The index of the first such byte.
pub(crate) fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|&b| b == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Wait {
        Wait::at_most(Duration::ZERO)
    }

    #[test]
    fn a_line_cut_by_the_deadline_is_whole_the_next_time() {
        let (stream, mut other) = UnixStream::pair().unwrap();
        let mut reader = FramedSocket::new(stream).unwrap().reader;
        other.write_all(b"first\nsec").unwrap();
        assert_eq!(reader.line(&mut now()).unwrap(), "first");
        let error = reader.line(&mut now()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        other.write_all(b"ond\n").unwrap();
        assert_eq!(reader.line(&mut now()).unwrap(), "second");
    }

    /// The peer writes to one socket until that is full, and only then answers on the other.
    #[test]
    fn a_companion_is_drained_while_an_answer_is_awaited() {
        const LINES: usize = 100_000;
        let (stream, mut asked) = UnixStream::pair().unwrap();
        let (noisy, mut noise) = UnixStream::pair().unwrap();
        let noisy = Arc::new(Mutex::new(FramedSocket::new(noisy).unwrap().reader));
        let mut reader = FramedSocket::new(stream).unwrap().reader;
        reader.drain_while_waiting(&noisy);
        let peer = std::thread::spawn(move || {
            for _ in 0..LINES {
                noise.write_all(b"IRQ raise 3\n").unwrap();
            }
            asked.write_all(b"done\n").unwrap();
            (asked, noise)
        });
        let mut wait = Wait::at_most(Duration::from_secs(20));
        assert_eq!(reader.line(&mut wait).unwrap(), "done");
        let mut noisy = noisy.lock().unwrap();
        for _ in 0..LINES {
            assert_eq!(noisy.line(&mut wait).unwrap(), "IRQ raise 3");
        }
        drop(peer.join().unwrap());
    }

    #[test]
    fn a_closed_peer_is_the_end_and_no_timeout() {
        let (stream, other) = UnixStream::pair().unwrap();
        let mut reader = FramedSocket::new(stream).unwrap().reader;
        drop(other);
        let error = reader.line(&mut now()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
