//! The keys of standard input: one by one where it is a terminal.

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

/// How the terminal was before its keys came one by one.
static TERMINAL: Mutex<Option<Termios>> = Mutex::new(None);

/// Keys as they come; dropped, the terminal is as it was.
pub(super) struct Keys(Receiver<char>);

impl Keys {
    /// Starts to listen.
    pub(super) fn listen() -> Self {
        let (sender, keys) = mpsc::channel();
        let stdin = io::stdin();
        let is_terminal = stdin.is_terminal();
        // A terminal stops whoever reads from it while something else is in front.
        if is_terminal && tcgetpgrp(&stdin).ok() != Some(getpgrp()) {
            return Self(keys);
        }
        if is_terminal {
            one_by_one(&stdin);
        }
        thread::spawn(move || {
            let mut escape = Escape::default();
            // The end of it, or of whoever listens, is the end of keys.
            for byte in stdin.lock().bytes().map_while(Result::ok) {
                if let Some(key) = escape.key(byte)
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

impl Drop for Keys {
    fn drop(&mut self) {
        give_back();
    }
}

/// A terminal that cannot be set gives its keys at the end of each line.
fn one_by_one(stdin: &Stdin) {
    let Ok(before) = tcgetattr(stdin) else { return };
    let mut wanted = before.clone();
    wanted
        .local_modes
        .remove(LocalModes::ICANON | LocalModes::ECHO);
    wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
    wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
    *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    exit::before_end(give_back);
    if tcsetattr(stdin, OptionalActions::Now, &wanted).is_err() {
        give_back();
    }
}

fn give_back() {
    let mut terminal = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = terminal.take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

/// Leaves out what a terminal sends for keys that are no letters, and spaces.
#[derive(Default)]
enum Escape {
    #[default]
    Outside,
    Begun,
    Inside,
}

impl Escape {
    fn key(&mut self, byte: u8) -> Option<char> {
        let (next, key) = match (&self, byte) {
            (_, ESCAPE) => (Self::Begun, None),
            (Self::Begun, b'[' | b'O') => (Self::Inside, None),
            (Self::Inside, 0x20..=0x3f) => (Self::Inside, None),
            (Self::Inside, _) => (Self::Outside, None),
            (_, b' ' | b'\t' | b'\r' | b'\n') => (Self::Outside, None),
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
    fn an_arrow_is_no_letter() {
        let mut escape = Escape::default();
        let bytes = b"a\n\x1b[A\x1bOBb\x1b[1;5Cc\x1bd";
        let keys: String = bytes.iter().filter_map(|byte| escape.key(*byte)).collect();
        assert_eq!(keys, "abcd");
    }
}
