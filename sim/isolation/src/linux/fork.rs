//! Copies of this process.

use std::fs;
use std::io;

use rustix::process::Pid;

/// Which of the two the code goes on in.
pub(super) enum Forked {
    Child,
    Parent(Pid),
}

/// Forks this process.
///
/// # Errors
///
/// Those of the system, and one if the process has several threads.
pub(super) fn fork() -> io::Result<Forked> {
    if !has_one_thread() {
        return Err(io::Error::other("the process has several threads"));
    }
    #[allow(unsafe_code, reason = "there is no safe way to fork")]
    // SAFETY: what is wrong with a child is what threads that it does not have left half done, a lock
    // that is held or a list that is being changed. There is no other thread, and none can be
    // started meanwhile, since this one is here.
    let forked = unsafe { libc::fork() };
    match forked {
        0 => Ok(Forked::Child),
        failed if failed < 0 => Err(io::Error::last_os_error()),
        child => Pid::from_raw(child)
            .map(Forked::Parent)
            .ok_or_else(|| io::Error::other("`fork` gave no process")),
    }
}

/// Whether this is the only thread of the process.
pub(super) fn has_one_thread() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

/// Ends a process that has nothing to clean up.
pub(super) fn end_at_once(code: i32) -> ! {
    #[allow(
        unsafe_code,
        reason = "there is no safe way to end without cleaning up"
    )]
    // SAFETY: `_exit` may be called at any time, and does not return.
    unsafe {
        libc::_exit(code)
    }
}
