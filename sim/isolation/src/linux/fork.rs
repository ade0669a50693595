//! Copies of this process.

use std::fs;
use std::io;

use rustix::process::Pid;

/// Which of the two the code goes on in.
pub(super) enum Forked {
    Child,
    Parent(Pid),
}

/// Forks this process if it has one thread; `None` if it has several, or nobody knows.
pub(super) fn fork_with_one_thread() -> io::Result<Option<Forked>> {
    let tasks = fs::read_dir("/proc/self/task")?;
    if tasks.count() != 1 {
        return Ok(None);
    }
    #[allow(unsafe_code, reason = "there is no safe way to fork")]
    // SAFETY: this is the only thread, and none can be started meanwhile, since this one is here.
    unsafe { fork() }.map(Some)
}

/// Forks this process.
///
/// # Safety
///
/// The process has one thread. What is wrong with a child otherwise is what threads that it does not
/// have left half done: a lock that is held, a list that is being changed.
#[allow(unsafe_code, reason = "there is no safe way to fork")]
pub(super) unsafe fn fork() -> io::Result<Forked> {
    // SAFETY: passed on to the caller.
    let forked = unsafe { libc::fork() };
    match forked {
        0 => Ok(Forked::Child),
        failed if failed < 0 => Err(io::Error::last_os_error()),
        child => Pid::from_raw(child)
            .map(Forked::Parent)
            .ok_or_else(|| io::Error::other("`fork` gave no process")),
    }
}
