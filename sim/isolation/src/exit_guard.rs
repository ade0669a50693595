//! Where apps are played in the program itself, one that exits must not look like success.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

static ARMED: AtomicBool = AtomicBool::new(false);

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
    // SAFETY: `at_exit` is a function of the signature that `atexit` asks for, lives as long as the
    // program, and does not unwind: it writes, and ends the process.
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

/// The program may exit: it does so itself.
pub fn disarm() {
    ARMED.store(false, Ordering::SeqCst);
}

extern "C" fn at_exit() {
    if ARMED.load(Ordering::SeqCst) {
        // There is nowhere left to report an error of standard error.
        let _ = std::io::stderr().write_all(MESSAGE);
        #[allow(unsafe_code, reason = "`exit` cannot be called while it runs")]
        // SAFETY: `_exit` may be called at any time, and does not return.
        unsafe {
            libc::_exit(1)
        }
    }
}
