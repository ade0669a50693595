//! Where apps are played in the program itself, one that exits must not look like success.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::end_at_once::end_at_once;

static ARMED: AtomicBool = AtomicBool::new(false);

/// What is done first when an app ends the program.
static FIRST: Mutex<Vec<Act>> = Mutex::new(Vec::new());

type Act = Box<dyn Fn() + Send>;

/// What is said of an app that ends the program.
const MESSAGE: &[u8] = b"error: an app ended the program while it was played\n";

/// As long as it lives, a program that exits says that an app has done so, and ends with exit
/// code 1.
#[derive(Debug)]
#[must_use = "the program is guarded as long as this lives"]
pub struct ExitGuard(());

/// Guards the program. There is one guard at a time.
pub fn arm() -> ExitGuard {
    if ARMED.swap(true, Ordering::SeqCst) {
        return ExitGuard(());
    }
    #[allow(unsafe_code, reason = "there is no safe way to be told of an exit")]
    // SAFETY: `at_exit` has the signature that `atexit` asks for, and lives as long as the program. It
    // does not unwind into C: a panic in an `extern "C"` function aborts. It runs on the thread that
    // exits, outside of any signal handler, where all of the standard library may be used.
    unsafe {
        libc::atexit(at_exit);
    }
    ExitGuard(())
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        disarm();
    }
}

/// When an app ends the program, this is done too before anything is said: a terminal is given back.
pub fn do_first(act: impl Fn() + Send + 'static) {
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    first.push(Box::new(act));
}

/// The program may exit: it does so itself.
pub fn disarm() {
    ARMED.store(false, Ordering::SeqCst);
}

extern "C" fn at_exit() {
    if ARMED.load(Ordering::SeqCst) {
        let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        for act in first.iter() {
            act();
        }
        // There is nowhere left to report an error of standard error.
        let _ = std::io::stderr().write_all(MESSAGE);
        // `exit` cannot be called while it runs.
        end_at_once(1);
    }
}
