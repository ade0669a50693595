//! What the tests share: boards and probe-rs sessions.

use std::time::{Duration, Instant};

use lockstep_virtual_board::board::{BoardError, VirtualBoard};
use lockstep_virtual_board::machine::{Machine, MachineError, Pace};
use probe_rs::flashing::DownloadOptions;
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{Permissions, Session};

use crate::programs::image;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Says why a test is left out, and fails it where the virtual board is required.
pub(crate) fn skip(error: &MachineError) {
    let required = std::env::var("LOCKSTEP_REQUIRE").unwrap_or_default();
    assert!(!required.contains("virtual"), "{error}");
    eprintln!("skipped: {error}");
}

/// A started machine, or the printed reason why this test is skipped.
pub(crate) fn machine(pace: Pace) -> Option<Machine> {
    match Machine::start(pace) {
        Ok(machine) => Some(machine),
        Err(error @ MachineError::Missing) => {
            skip(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A started board, or the printed reason why this test is skipped.
pub(crate) fn board(pace: Pace) -> Option<VirtualBoard> {
    match VirtualBoard::start(([127, 0, 0, 1], 0).into(), pace) {
        Ok(board) => Some(board),
        Err(BoardError::Machine(error @ MachineError::Missing)) => {
            skip(&error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn attach(board: &VirtualBoard) -> Session {
    let selector: DebugProbeSelector = board.selector().parse().unwrap();
    let mut probe = Lister::new().open(selector).unwrap();
    probe.select_protocol(WireProtocol::Swd).unwrap();
    let attached = probe.attach("nRF51822_xxAA", Permissions::default());
    attached.unwrap()
}

pub(crate) fn flash(session: &mut Session, code: &[u16]) {
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &image(code)).unwrap();
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader.commit(session, options).unwrap();
}

/// Kills the emulator behind its wrapper.
pub(crate) fn kill_machine(wrapper: u32) {
    signal_machine(wrapper, "-9");
}

/// Lets the emulator behind its wrapper do nothing any more.
pub(crate) fn freeze_machine(wrapper: u32) {
    signal_machine(wrapper, "-STOP");
}

fn signal_machine(wrapper: u32, signal: &str) {
    let children = format!("/proc/{wrapper}/task/{wrapper}/children");
    let children = std::fs::read_to_string(children).unwrap();
    let qemu = children.split_whitespace().next().unwrap();
    let kill = std::process::Command::new("kill")
        .args([signal, qemu])
        .status();
    assert!(kill.unwrap().success());
}

/// Looks again until it is so; a test that waits longer than this has failed.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + 5 * SECOND;
    while !is_so() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::yield_now();
    }
}
