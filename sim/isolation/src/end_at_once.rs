//! The end of a process that cleans up nothing.

/// Ends this process, without what `exit` does before.
pub(crate) fn end_at_once(code: i32) -> ! {
    #[allow(
        unsafe_code,
        reason = "there is no safe way to end without cleaning up"
    )]
    // SAFETY: `_exit` may be called at any time, also while the process exits, and does not return.
    unsafe {
        libc::_exit(code)
    }
}
