//! The serial port of this computer that the UART of a board is wired to: a USB bridge. What the
//! board sends is seen outside of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, ioctl_tiocexcl, tcgetattr, tcsetattr};
use thiserror::Error;

/// The rate of a serial line on pins, in bits a second.
const BAUD: u32 = 115_200;

/// The most bytes that are kept until they are taken: what a line carries in more than a minute.
const MAX_KEPT: usize = 1 << 20;

/// How long the end of the bridge may go unnoticed, in nanoseconds.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// A UART bridge cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UartBridgeError {
    /// The port is not there, belongs to others, or is no serial port.
    #[error("cannot use the serial port `{}` of the bench", path.display())]
    Open {
        /// The port.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The port has gone, or failed.
    #[error("the serial port `{}` has gone", path.display())]
    Gone {
        /// The port.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// More came than is kept.
    #[error("{0} bytes of the UART were lost: more than {MAX_KEPT} bytes came in one run")]
    Lost(u64),
}

/// What has come and was not taken.
#[derive(Debug, Default)]
struct Received {
    bytes: Vec<u8>,
    lost: u64,
    failure: Option<io::Error>,
}

/// A serial port that is listened to, until this is dropped.
#[derive(Debug)]
pub struct UartBridge {
    path: PathBuf,
    received: Arc<Mutex<Received>>,
    ends: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl UartBridge {
    /// Listens to the port at 115200 baud, 8 data bits, no parity, and keeps other programs from it.
    ///
    /// # Errors
    ///
    /// [`UartBridgeError::Open`].
    pub fn open(path: &Path) -> Result<Self, UartBridgeError> {
        let port = listenable(path).map_err(|source| UartBridgeError::Open {
            path: path.to_owned(),
            source,
        })?;
        let received = Arc::<Mutex<Received>>::default();
        let ends = Arc::<AtomicBool>::default();
        let listener = {
            let (received, ends) = (Arc::clone(&received), Arc::clone(&ends));
            thread::spawn(move || listen(port, &received, &ends))
        };
        Ok(Self {
            path: path.to_owned(),
            received,
            ends,
            listener: Some(listener),
        })
    }

    /// What has come since this was last asked.
    ///
    /// # Errors
    ///
    /// [`UartBridgeError::Gone`] and [`UartBridgeError::Lost`].
    pub fn take(&self) -> Result<Vec<u8>, UartBridgeError> {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let Received {
            bytes,
            lost,
            failure,
        } = std::mem::take(&mut *received);
        if let Some(source) = failure {
            let path = self.path.clone();
            return Err(UartBridgeError::Gone { path, source });
        }
        match lost {
            0 => Ok(bytes),
            lost => Err(UartBridgeError::Lost(lost)),
        }
    }
}

impl Drop for UartBridge {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            // It cannot panic, and there would be nobody to tell.
            let _ = listener.join();
        }
    }
}

/// Opens the port raw.
fn listenable(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits();
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let port = options.custom_flags(flags.cast_signed()).open(path)?;
    let mut modes = tcgetattr(&port)?;
    modes.make_raw();
    modes.set_speed(BAUD)?;
    tcsetattr(&port, OptionalActions::Flush, &modes)?;
    ioctl_tiocexcl(&port)?;
    Ok(port)
}

fn listen(mut port: File, received: &Mutex<Received>, ends: &AtomicBool) {
    let mut buffer = [0; 4096];
    while !ends.load(Ordering::Relaxed) {
        let mut polled = [PollFd::new(&port, PollFlags::IN)];
        // A signal interrupts it, which is as good as the end of the wait.
        let _ = poll(&mut polled, Some(&PATIENCE));
        let read = match port.read(&mut buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read,
        };
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(count) => {
                let room = MAX_KEPT - received.bytes.len();
                let kept = count.min(room);
                received
                    .bytes
                    .extend_from_slice(buffer.get(..kept).unwrap_or_default());
                received.lost += (count - kept) as u64;
            }
            Err(error) => {
                received.failure = Some(error);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::{Duration, Instant};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    /// The two ends of a serial line.
    fn line() -> (File, PathBuf) {
        let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&board).unwrap();
        unlockpt(&board).unwrap();
        let name = ptsname(&board, Vec::new()).unwrap();
        (File::from(board), name.to_str().unwrap().into())
    }

    /// Takes until so many bytes have come, or the bridge fails.
    fn taken(bridge: &UartBridge, count: usize) -> Result<Vec<u8>, UartBridgeError> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut bytes = Vec::new();
        while bytes.len() < count {
            assert!(Instant::now() < deadline, "{bytes:?}");
            bytes.extend(bridge.take()?);
            thread::yield_now();
        }
        Ok(bytes)
    }

    #[test]
    fn bytes_come_as_they_were_sent() {
        let (mut board, path) = line();
        let bridge = UartBridge::open(&path).unwrap();
        let sent: Vec<u8> = (0..=255).collect();
        board.write_all(&sent).unwrap();
        assert_eq!(taken(&bridge, sent.len()).unwrap(), sent);
        assert!(bridge.take().unwrap().is_empty());
    }

    #[test]
    fn a_port_that_goes_is_an_error() {
        let (board, path) = line();
        let bridge = UartBridge::open(&path).unwrap();
        drop(board);
        let told = taken(&bridge, 1).unwrap_err().to_string();
        assert!(told.ends_with("has gone"), "{told}");
    }

    #[test]
    fn what_is_no_serial_port_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path(), Path::new("/no/such/port")] {
            let told = UartBridge::open(path).unwrap_err().to_string();
            assert!(told.starts_with("cannot use the serial port"), "{told}");
        }
    }
}
