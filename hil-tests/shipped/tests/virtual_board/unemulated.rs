//! Peripherals that the emulator does not have: told, with what the firmware did.

use std::io::BufReader;
use std::process::{Command, Stdio};

use lockstep_virtual_board::machine::ClockMode;
use probe_rs::MemoryInterface;
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{Permissions, Session};

use crate::boards::*;
use crate::command::read_until;
use crate::process::*;
use crate::special_programs::*;

/// A program that waits for a peripheral which is not there is told once, and can be debugged.
pub(crate) fn the_first_access_to_each_of_them_is_told() {
    let board = board(ClockMode::Unthrottled);
    let mut session = attach(&board);
    assert_eq!(board.unemulated_accesses(), []);
    flash(&mut session, &RTC_READER);
    assert_eq!(
        board.unemulated_accesses(),
        [],
        "a debugger uses none of them"
    );
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    until("the access", || !board.unemulated_accesses().is_empty());
    let accesses = board.unemulated_accesses();
    assert_eq!(accesses.len(), 1);
    assert_eq!(
        accesses[0].to_string(),
        "the firmware wrote RTC1 at 0x40011000, which is not emulated"
    );
    // The emulator has ended its log, and does what it is asked.
    core.halt(SECOND).unwrap();
    assert_eq!(core.read_word_32(0x4001_1504).unwrap(), 0);
    core.run().unwrap();
    assert_eq!(board.failure(), None);
}

pub(crate) fn hil_board_shows_them_as_they_come() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(["board", "--app", "lamp", "--fast"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let first = read_until(&mut out, "probe     ");
    let selector: DebugProbeSelector = first["probe     ".len()..].trim().parse().unwrap();
    let mut probe = Lister::new().open(selector).unwrap();
    probe.select_protocol(WireProtocol::Swd).unwrap();
    let attached = probe.attach("nRF51822_xxAA", Permissions::default());
    let mut session: Session = attached.unwrap();
    flash(&mut session, &RTC_READER);
    session.core(0).unwrap().reset().unwrap();
    assert_eq!(
        read_until(&mut out, "missing   "),
        "missing   the firmware wrote RTC1 at 0x40011000, which is not emulated\n"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
