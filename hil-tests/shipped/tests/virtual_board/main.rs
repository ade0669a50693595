//! The emulated machine: it starts, answers, fails in words and leaves nothing behind.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

mod command;
mod faults;
mod pins;
mod probe;
mod programs;
mod support;

use std::os::unix::fs::PermissionsExt;

use lockstep_virtual_board::dispatch::{Probe, answer};
use lockstep_virtual_board::machine::{MachineError, Pace};
use lockstep_virtual_board::memory_map::MachineBus;

use support::{kill_machine, machine};

#[test]
fn a_blank_machine_holds_the_stub_and_leaves_nothing() {
    for pace in [Pace::RealTime, Pace::Fast] {
        let Some(mut machine) = machine(pace) else {
            return;
        };
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

#[test]
fn a_killed_machine_is_an_error_in_words() {
    let Some(mut machine) = machine(Pace::RealTime) else {
        return;
    };
    kill_machine(machine.id());
    let error = loop {
        if let Err(error) = machine.read_word(0) {
            break error;
        }
    };
    assert!(matches!(error, MachineError::Ended { .. }), "{error}");
}

#[test]
fn memory_requests_reach_the_machine_and_unmapped_ones_fault() {
    let Some(mut machine) = machine(Pace::RealTime) else {
        return;
    };
    let mut probe = Probe::default();
    let mut bus = MachineBus::new(&mut machine);
    for (request, reply) in [
        ("AM0000000000000020001000000000040a0b0c0d", "&K0#"),
        ("AM000000000000012000100200000002eeff", "&K0#"),
        ("Am0000000000002000100100000003", "&K0beeff#"),
        ("Am0000000000003000000000000004", "&E3#"),
        ("Am0000000000000000000000000004", "&K00400020#"),
    ] {
        let answer = answer(request.as_bytes(), &mut probe, &mut bus).encode();
        assert_eq!(String::from_utf8_lossy(&answer), reply, "{request}");
    }
    assert!(bus.into_error().is_none());
}
