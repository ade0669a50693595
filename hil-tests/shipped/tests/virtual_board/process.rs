//! Signals to the emulator, and how a test waits.

use std::process::Command;
use std::time::Instant;

use crate::boards::SECOND;

/// Kills the emulator of this wrapper.
pub(crate) fn kill_machine(wrapper: u32) {
    signal_machine(wrapper, "-KILL");
}

/// Stops the emulator of this wrapper, so that it answers nothing.
pub(crate) fn freeze_machine(wrapper: u32) {
    signal_machine(wrapper, "-STOP");
}

/// Lets a stopped emulator go on.
pub(crate) fn thaw_machine(wrapper: u32) {
    signal_machine(wrapper, "-CONT");
}

fn signal_machine(wrapper: u32, signal: &str) {
    let children = format!("/proc/{wrapper}/task/{wrapper}/children");
    let children = std::fs::read_to_string(children).unwrap();
    let emulator = children.split_whitespace().next().unwrap();
    let kill = Command::new("kill").args([signal, emulator]).status();
    assert!(kill.unwrap().success());
}

/// Polls a condition; fails the test where it does not hold within 5 s.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + 5 * SECOND;
    while !holds() {
        assert!(Instant::now() < deadline, "not within 5 s: {what}");
        std::thread::yield_now();
    }
}
