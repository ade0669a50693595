//! The emulator's log of accesses to what it does not emulate.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::unemulated::Access;

/// How much of it is read. A firmware that waits for a peripheral which is not there writes some tens of
/// megabytes of log a second, all of them the same.
const MAX_BYTES: u64 = 64 * 1024;

/// Follows the log while the emulator writes it.
#[derive(Debug)]
pub(crate) struct AccessLog {
    path: PathBuf,
    file: Option<File>,
    read: u64,
    /// The beginning of a line whose end was not written yet.
    partial: Vec<u8>,
    /// The first access to each block of registers.
    accesses: Vec<Access>,
}

impl AccessLog {
    /// The log in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            path: Self::path(folder),
            file: None,
            read: 0,
            partial: Vec::new(),
            accesses: Vec::new(),
        }
    }

    /// Where the emulator writes it.
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join("unemulated")
    }

    /// Reads what is new. Gives whether the log is full now: the emulator is to end it. A log that cannot be
    /// read tells nothing: the board is none the worse for it.
    pub(crate) fn poll(&mut self) -> bool {
        if self.read >= MAX_BYTES {
            return false;
        }
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else {
            return false;
        };
        let mut text = Vec::new();
        // What was read before an error counts.
        let _ = file.take(MAX_BYTES - self.read).read_to_end(&mut text);
        self.read += u64::try_from(text.len()).unwrap_or(MAX_BYTES);
        self.take(&text);
        self.read >= MAX_BYTES
    }

    fn take(&mut self, text: &[u8]) {
        self.partial.extend_from_slice(text);
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let lines: Vec<u8> = self.partial.drain(..=end).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            let Some(access) = Access::parse(line) else {
                continue;
            };
            if !self.accesses.iter().any(|it| it.is_of_block(&access)) {
                self.accesses.push(access);
            }
        }
    }

    /// The first access to each block of registers so far, in their order.
    pub(crate) fn accesses(&self) -> &[Access] {
        &self.accesses
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LINE: &str = "nrf51_soc.io: unimplemented device read  (size 4, offset 0x00011504)\n";

    #[test]
    fn lines_count_once_they_are_whole_and_a_full_log_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = AccessLog::new(folder.path());
        assert!(!log.poll());
        let mut file = File::create(AccessLog::path(folder.path())).unwrap();
        file.write_all(&LINE.as_bytes()[..40]).unwrap();
        assert!(!log.poll());
        assert_eq!(log.accesses(), []);
        file.write_all(&LINE.as_bytes()[40..]).unwrap();
        file.write_all(LINE.replace("11504", "11000").as_bytes())
            .unwrap();
        assert!(!log.poll());
        let [access] = log.accesses() else {
            panic!("{:?}", log.accesses());
        };
        assert_eq!(access.register, 0x4001_1504);
        file.write_all(LINE.repeat(2000).as_bytes()).unwrap();
        assert!(log.poll());
        assert!(!log.poll());
        assert_eq!(log.accesses().len(), 1);
    }
}
