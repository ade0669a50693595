//! What the code of an app can tell whoever watches its process: of use where it ends badly.
//!
//! Outside a process of its own, and on systems that have none, these do nothing.

use std::ops::Range;

/// What is being done, for the verdict on code that never returns from it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Doing<'a> {
    /// Nothing that has a name.
    Nothing,
    /// A task of this name: of a long one, the end.
    Task(&'a str),
    /// A task that is kept in the static at this address.
    TaskAt(usize),
}

/// Notes what is being done from now on.
pub fn doing(what: Doing<'_>) {
    #[cfg(target_os = "linux")]
    crate::linux::hints::note_doing(what);
    #[cfg(not(target_os = "linux"))]
    let _ = what;
}

/// Notes that code of the app runs on a stack at these addresses, guard pages included: one that is
/// full is told from other bad accesses.
pub fn stack(addresses: Range<usize>) {
    #[cfg(target_os = "linux")]
    crate::linux::hints::note_stack(addresses);
    #[cfg(not(target_os = "linux"))]
    let _ = addresses;
}
