//! Breakpoints: four in hardware, and the instruction.

use libtest_mimic::Failed;
use probe_rs::{Core, CoreStatus, HaltReason, MemoryInterface, RegisterId};

use crate::control::PC;
use crate::programs::CODE;
use crate::stop_programs::{COUNTER, TRAP};
use crate::target::{SECOND, Target, until};

/// The comparators of the breakpoint unit.
const COMPARATORS: u64 = 0xe000_2008;
const FOUR: [u32; 4] = [CODE + 2, CODE + 4, CODE + 6, 0x3_fffc];

fn stops_at(core: &mut Core<'_>, address: u32) -> Result<(), Failed> {
    core.run()?;
    core.wait_for_core_halted(SECOND)?;
    let status = core.status()?;
    let is_breakpoint = matches!(status, CoreStatus::Halted(HaltReason::Breakpoint(_)));
    assert!(is_breakpoint, "{status:?}");
    let pc: u32 = core.read_core_reg(PC)?;
    assert_eq!(pc, address);
    Ok(())
}

pub(crate) fn four_read_back(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.halt(SECOND)?;
    assert_eq!(core.available_breakpoint_units()?, 4);
    for address in FOUR {
        core.set_hw_breakpoint(address.into())?;
    }
    assert!(core.set_hw_breakpoint(CODE.into()).is_err());
    for (comparator, address) in (COMPARATORS..).step_by(4).zip(FOUR) {
        let half = if address & 2 == 0 { 1 << 30 } else { 2 << 30 };
        let read = core.read_word_32(comparator)?;
        assert_eq!(read, half | address & !3 | 1);
    }
    core.clear_all_hw_breakpoints()?;
    for comparator in (COMPARATORS..).step_by(4).take(4) {
        assert_eq!(core.read_word_32(comparator)? & 1, 0);
    }
    Ok(())
}

pub(crate) fn each_stops(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    for (unit, address) in FOUR.into_iter().enumerate() {
        core.set_hw_breakpoint_unit(unit, address.into())?;
    }
    for address in [2, 4, 6, 4, 6] {
        stops_at(&mut core, CODE + address)?;
    }
    Ok(core.clear_all_hw_breakpoints()?)
}

pub(crate) fn cleared_no_more(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    core.set_hw_breakpoint(u64::from(CODE + 4))?;
    stops_at(&mut core, CODE + 4)?;
    core.clear_hw_breakpoint(u64::from(CODE + 4))?;
    core.run()?;
    until("a count of 1000", || {
        assert_eq!(core.status()?, CoreStatus::Running);
        core.halt(SECOND)?;
        let count: u32 = core.read_core_reg(RegisterId(0))?;
        core.run()?;
        Ok(count > 1000)
    })
}

pub(crate) fn instruction_halts(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&TRAP)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    stops_at(&mut core, CODE + 2)?;
    let three: u32 = core.read_core_reg(RegisterId(0))?;
    assert_eq!(three, 3);
    Ok(())
}
