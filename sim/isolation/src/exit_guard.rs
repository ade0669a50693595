//! Where apps are played in the program itself, one that exits must not look like success.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

static ARMED: AtomicBool = AtomicBool::new(false);

/// What is said of an app that ends the program.
const MESSAGE: &[u8] = b"error: an app ended the program while it was played\n";

/// From now on, a program that exits before [`disarm`] says that an app has done so, and ends with
/// exit code 1.
pub fn arm() {
    if ARMED.swap(true, Ordering::SeqCst) {
        return;
    }
    #[allow(unsafe_code, reason = "there is no safe way to be told of an exit")]
    // SAFETY: `at_exit` is a function of the signature that `atexit` asks for, lives as long as the
    // program, and does not unwind: it writes, and ends the process.
    unsafe {
        libc::atexit(at_exit);
    }
}

/// The program may exit.
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
