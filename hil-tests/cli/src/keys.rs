//! The keys of standard input: single keys where it is a terminal.

use std::io::{self, IsTerminal, Read, Stdin};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use lockstep_console::exit;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

const ESCAPE: u8 = 0x1b;

/// The settings of the terminal before single keys were enabled.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

/// Keys as they come; dropped, the terminal is restored.
pub(super) struct KeyReader(Receiver<char>);

impl KeyReader {
    /// Starts to read.
    pub(super) fn start() -> Self {
        let (sender, keys) = mpsc::channel();
        let stdin = io::stdin();
        let is_terminal = stdin.is_terminal();
        // A terminal stops a process of the background that reads from it.
        if is_terminal && tcgetpgrp(&stdin).ok() != Some(getpgrp()) {
            return Self(keys);
        }
        if is_terminal {
            enable_single_keys(&stdin);
        }
        thread::spawn(move || {
            let mut filter = EscapeFilter::default();
            // It ends with its input, or with the receiver.
            for byte in stdin.lock().bytes().map_while(Result::ok) {
                if let Some(key) = filter.key(byte)
                    && sender.send(key).is_err()
                {
                    return;
                }
            }
        });
        Self(keys)
    }

    /// The next key, waiting this long for one.
    pub(super) fn next(&self, wait: Duration) -> Option<char> {
        match self.0.recv_timeout(wait) {
            Ok(key) => Some(key),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(wait);
                None
            }
        }
    }
}

impl Drop for KeyReader {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// A terminal that cannot be set delivers its keys at the end of each line.
fn enable_single_keys(stdin: &Stdin) {
    let Ok(before) = tcgetattr(stdin) else { return };
    let mut wanted = before.clone();
    wanted
        .local_modes
        .remove(LocalModes::ICANON | LocalModes::ECHO);
    wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
    wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
    *SAVED.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    exit::before_end(restore_terminal);
    if tcsetattr(stdin, OptionalActions::Now, &wanted).is_err() {
        restore_terminal();
    }
}

fn restore_terminal() {
    let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(settings) = saved.take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &settings);
    }
}

/// Drops the escape sequences of keys that are no characters.
#[derive(Default)]
enum EscapeFilter {
    #[default]
    Outside,
    Begun,
    Inside,
}

impl EscapeFilter {
    fn key(&mut self, byte: u8) -> Option<char> {
        let (next, key) = match (&self, byte) {
            (_, ESCAPE) => (Self::Begun, None),
            (Self::Begun, b'[' | b'O') => (Self::Inside, None),
            (Self::Inside, 0x20..=0x3f) => (Self::Inside, None),
            (Self::Inside, _) => (Self::Outside, None),
            (_, byte) => (Self::Outside, Some(char::from(byte))),
        };
        *self = next;
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_no_keys() {
        let mut filter = EscapeFilter::default();
        let bytes = b"a\n\x1b[A\x1bOBb\x1b[1;5Cc\x1bd";
        let keys: String = bytes.iter().filter_map(|byte| filter.key(*byte)).collect();
        assert_eq!(keys, "a\nbcd");
    }
}
