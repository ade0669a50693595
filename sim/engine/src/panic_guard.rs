//! Panics of an app become errors of its run instead of the end of the program.

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};

/// A function that calls the closure once and gives the message of its panic, if it panics.
pub type CatchPanic = fn(&mut dyn FnMut()) -> Result<(), String>;

/// How the code of an app is run, so that its panics can be reported.
///
/// The default is [`PanicGuard::CATCH_UNWIND`]. Only a panic hook knows where a panic
/// happened, and a library installs none: a program that wants the location in its messages,
/// and nothing else printed, passes a guard that does
/// ([`Registry::with_panic_guard`](crate::registry::Registry::with_panic_guard)).
#[derive(Clone, Copy)]
pub struct PanicGuard {
    catch: CatchPanic,
}

impl PanicGuard {
    /// Catches the panic and keeps its message. The panic hook of the process runs as for
    /// any other panic.
    pub const CATCH_UNWIND: Self = Self::new(catch_unwind);

    /// A guard that runs code with this function.
    #[must_use]
    pub const fn new(catch: CatchPanic) -> Self {
        Self { catch }
    }

    /// The function.
    #[must_use]
    pub const fn catch_panic(self) -> CatchPanic {
        self.catch
    }

    /// Runs the code of an app.
    ///
    /// # Errors
    ///
    /// The message of the panic, if there was one.
    pub fn run<T>(self, code: impl FnOnce() -> T) -> Result<T, String> {
        let mut code = Some(code);
        let mut outcome = None;
        (self.catch)(&mut || outcome = code.take().map(|code| code()))?;
        outcome.ok_or_else(|| "the panic guard did not run the code".to_owned())
    }
}

impl Default for PanicGuard {
    fn default() -> Self {
        Self::CATCH_UNWIND
    }
}

impl fmt::Debug for PanicGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanicGuard").finish_non_exhaustive()
    }
}

/// [`PanicGuard::CATCH_UNWIND`] as a function, for guards that add to it.
///
/// # Errors
///
/// The message of the panic.
pub fn catch_unwind(code: &mut dyn FnMut()) -> Result<(), String> {
    // A run whose app panicked is not played on, so a broken state is never used.
    panic::catch_unwind(AssertUnwindSafe(code)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic, reason = "panics are what is tested")]
    fn a_panic_becomes_its_message() {
        let guard = PanicGuard::default();
        assert_eq!(guard.run(|| 7), Ok(7));
        assert_eq!(
            guard.run(|| -> u8 { panic!("on purpose") }),
            Err("on purpose".to_owned())
        );
        let number = 5;
        assert_eq!(
            guard.run(|| -> u8 { panic!("at {number}") }),
            Err("at 5".to_owned())
        );
        assert_eq!(
            guard.run(|| -> u8 { panic::panic_any(5) }),
            Err("no message".to_owned())
        );
    }

    #[test]
    fn a_guard_that_runs_nothing_is_an_error() {
        let guard = PanicGuard::new(|_| Ok(()));
        assert!(guard.run(|| ()).is_err());
    }
}
