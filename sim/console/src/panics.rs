//! Panics of an app's code, for a program: their location is kept for the error of the run,
//! and nothing is printed.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::Once;

use lockstep_engine::panic_guard::{PanicGuard, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs a panic hook for the whole process, once, and gives the guard that it serves:
/// the messages of that guard end with the location of the panic.
///
/// The hook is silent about panics under the guard. All others go to the hook that was
/// there before.
pub fn install() -> PanicGuard {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Where a panic aborts, nobody is left to report it.
            if is_guarded() && cfg!(panic = "unwind") {
                LOCATION.set(info.location().map(ToString::to_string));
            } else {
                previous(info);
            }
        }));
    });
    PanicGuard::new(catch_with_location)
}

/// Whether code under the guard runs on this thread, so that a panic is reported as the
/// error of a run: what other panic hooks do may be left out.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

fn catch_with_location(code: &mut dyn FnMut()) -> Result<(), String> {
    let outer = GUARDED.replace(true);
    let outcome = catch_unwind(code);
    GUARDED.set(outer);
    outcome.map_err(|message| match LOCATION.take() {
        Some(location) => format!("{message} ({location})"),
        None => message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic, reason = "panics are what is tested")]
    fn the_location_of_a_guarded_panic_is_in_its_message() {
        let guard = install();
        let message = guard.run(|| panic!("on purpose")).unwrap_err();
        assert!(message.starts_with("on purpose ("), "{message}");
        assert!(message.contains("panics.rs:"), "{message}");
    }

    #[test]
    fn only_code_under_the_guard_is_guarded() {
        let guard = install();
        assert!(!is_guarded());
        assert_eq!(guard.run(is_guarded), Ok(true));
        assert_eq!(
            guard.run(|| guard.run(|| ()).map(|()| is_guarded())),
            Ok(Ok(true))
        );
        assert!(!is_guarded());
    }
}
