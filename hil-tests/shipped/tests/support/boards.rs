//! A virtual machine or board of a test's own, and what every test does with it.

use std::time::Duration;

use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::{ClockMode, Machine};
use probe_rs::flashing::DownloadOptions;
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{Permissions, Session};

use super::programs::image;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A started machine.
pub(crate) fn machine(pace: ClockMode) -> Machine {
    Machine::start(pace).unwrap()
}

/// A started board on a free port.
pub(crate) fn board(pace: ClockMode) -> VirtualBoard {
    VirtualBoard::start(([127, 0, 0, 1], 0).into(), pace).unwrap()
}

/// A session of probe-rs.
pub(crate) fn attach(board: &VirtualBoard) -> Session {
    let selector: DebugProbeSelector = board.selector().parse().unwrap();
    let mut probe = Lister::new().open(selector).unwrap();
    probe.select_protocol(WireProtocol::Swd).unwrap();
    let attached = probe.attach("nRF51822_xxAA", Permissions::default());
    attached.unwrap()
}

/// Writes a program into flash, and verifies it.
pub(crate) fn flash(session: &mut Session, code: &[u16]) {
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &image(code)).unwrap();
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader.commit(session, options).unwrap();
}
