//! The machine without a board around it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lockstep_virtual_board::emulator::{EmulatorError, MIN_VERSION, PROGRAM, probe_emulator};
use lockstep_virtual_board::machine::ClockMode;
use lockstep_virtual_board::remote_commands::RemoteProbe;
use lockstep_virtual_board::system_bus::SystemBus;

use crate::boards::{SECOND, machine};
use crate::process::kill_machine;

pub(crate) fn a_blank_machine_holds_its_vectors_and_leaves_no_files() {
    for clock_mode in [ClockMode::RealTime, ClockMode::Unthrottled] {
        let mut machine = machine(clock_mode);
        assert_eq!(machine.read_word(0).unwrap(), 0x2000_4000);
        assert_eq!(machine.read_word(0x400).unwrap(), 0xffff_ffff);
        machine.write(0x2000_0001, &[1, 2, 3]).unwrap();
        assert_eq!(machine.read_word(0x2000_0000).unwrap(), 0x0302_0100);
        let folder = machine.folder().to_owned();
        let mode = folder.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(machine);
        assert!(!folder.exists());
    }
}

pub(crate) fn a_killed_emulator_is_an_error_in_words() {
    let mut machine = machine(ClockMode::RealTime);
    kill_machine(machine.watchdog_pid());
    let error = loop {
        if let Err(error) = machine.read_word(0) {
            break error;
        }
    };
    assert!(matches!(error, EmulatorError::Exited { .. }), "{error}");
}

pub(crate) fn memory_requests_reach_the_machine_and_unmapped_ones_fault() {
    let mut machine = machine(ClockMode::RealTime);
    let mut probe = RemoteProbe::default();
    let mut bus = SystemBus::new(&mut machine);
    for (request, response) in [
        ("AM0000000000000020001000000000040a0b0c0d", "&K0#"),
        ("AM000000000000012000100200000002eeff", "&K0#"),
        ("Am0000000000002000100100000003", "&K0beeff#"),
        ("Am0000000000003000000000000004", "&E3#"),
        ("Am0000000000000000000000000004", "&K00400020#"),
    ] {
        let encoded = probe.execute(request.as_bytes(), &mut bus).encode();
        assert_eq!(String::from_utf8_lossy(&encoded), response, "{request}");
    }
    assert!(bus.into_error().is_none());
}

/// What `hil doctor` asks is what a board needs.
pub(crate) fn an_emulator_that_starts_passes_its_check() {
    drop(machine(ClockMode::Unthrottled));
    let version = probe_emulator(Path::new(PROGRAM), 10 * SECOND).unwrap();
    assert!(version >= MIN_VERSION, "{version}");
}
