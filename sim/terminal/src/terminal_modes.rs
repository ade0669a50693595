//! The modes of the terminal: entered for the simulator, and left as they were found.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

/// Whether the terminal is in the modes of the simulator. It is left once, however many
/// ways lead there: the end of the run, a signal, a panic.
#[derive(Debug, Default)]
pub(super) struct TerminalModes {
    entered: AtomicBool,
}

impl TerminalModes {
    /// Enters the modes until the guard is dropped.
    pub(super) fn enter(&self) -> io::Result<TerminalGuard<'_>> {
        let mut guard = TerminalGuard {
            modes: self,
            keys_report_release: false,
        };
        self.entered.store(true, Ordering::SeqCst);
        enter_raw_mode()?;
        guard.keys_report_release = terminal::supports_keyboard_enhancement().unwrap_or(false);
        guard.reenter()?;
        Ok(guard)
    }

    /// Leaves the modes, if they are entered. Errors are ignored: what cannot be undone on a
    /// terminal that is gone does not matter.
    pub(super) fn leave(&self) {
        if !self.entered.swap(false, Ordering::SeqCst) {
            return;
        }
        let _ = execute!(
            io::stdout(),
            PopKeyboardEnhancementFlags,
            DisableBracketedPaste,
            DisableMouseCapture,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// Leaves the modes of the terminal when it is dropped.
pub(super) struct TerminalGuard<'a> {
    modes: &'a TerminalModes,
    /// Whether the terminal reports when a key is released.
    pub(super) keys_report_release: bool,
}

impl TerminalGuard<'_> {
    /// Enters the modes again, as after a suspension.
    pub(super) fn reenter(&self) -> io::Result<()> {
        self.modes.entered.store(true, Ordering::SeqCst);
        enter_raw_mode()?;
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.keys_report_release {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_EVENT_TYPES;
            execute!(io::stdout(), PushKeyboardEnhancementFlags(flags))?;
        }
        Ok(())
    }

    pub(super) fn leave(&self) {
        self.modes.leave();
    }
}

impl Drop for TerminalGuard<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Raw mode in which a read never waits: crossterm reads until there is no more input, and
/// would otherwise hang in the middle of an escape sequence that does not go on.
fn enter_raw_mode() -> io::Result<()> {
    enable_raw_mode()?;
    let stdin = io::stdin();
    let mut modes = tcgetattr(&stdin)?;
    modes.special_codes[SpecialCodeIndex::VMIN] = 0;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&stdin, OptionalActions::Now, &modes)?;
    Ok(())
}
