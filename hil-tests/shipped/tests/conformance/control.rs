//! Attach, reset, halt, run, step, and what is caught on the way.

use libtest_mimic::Failed;
use probe_rs::probe::list::Lister;
use probe_rs::{
    Architecture, Core, CoreStatus, CoreType, HaltReason, MemoryInterface, RegisterId,
    VectorCatchCondition,
};

use crate::programs::{CODE, COUNT, HANDLER, TICKER};
use crate::stop_programs::{COUNTER, FAULT};
use crate::target::{CHIP, SECOND, Target, until};

pub(crate) const PC: RegisterId = RegisterId(15);
const STATUS: RegisterId = RegisterId(16);
/// The exception number of a hard fault.
const HARD_FAULT: u32 = 3;

pub(crate) fn chip_and_core(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    assert_eq!(session.target().name, CHIP);
    let mut core = session.core(0)?;
    assert_eq!(core.core_type(), CoreType::Armv6m);
    assert_eq!(core.architecture(), Architecture::Arm);
    assert!(!core.fpu_support()?);
    assert_eq!(core.read_word_32(0xe000_ed00)? & 0xff0f_fff0, 0x410c_c200);
    Ok(())
}

pub(crate) fn again_and_again(target: &Target) -> Result<(), Failed> {
    for word in 0..5u32 {
        let mut session = target.attach()?;
        let mut core = session.core(0)?;
        core.halt(SECOND)?;
        core.write_word_32(0x2000_0100, word)?;
        assert_eq!(core.read_word_32(0x2000_0100)?, word);
    }
    Ok(())
}

pub(crate) fn second_client_is_refused(target: &Target) -> Result<(), Failed> {
    let session = target.attach()?;
    assert!(Lister::new().open(target.selector.clone()).is_err());
    drop(session);
    target.attach()?;
    Ok(())
}

/// Waits until the program counts on.
fn await_tick(core: &mut Core<'_>) -> Result<(), Failed> {
    let before = core.read_word_32(COUNT.into())?;
    until("a tick", || Ok(core.read_word_32(COUNT.into())? != before))
}

pub(crate) fn reset_runs(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    core.step()?;
    core.write_core_reg(RegisterId(0), 1u32 << 31)?;
    core.run()?;
    core.reset()?;
    assert_eq!(core.status()?, CoreStatus::Running);
    until("a count from the start", || {
        core.halt(SECOND)?;
        let count: u32 = core.read_core_reg(RegisterId(0))?;
        core.run()?;
        Ok((1..1 << 31).contains(&count))
    })
}

pub(crate) fn reset_halts(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&TICKER)?;
    let mut core = session.core(0)?;
    core.reset()?;
    await_tick(&mut core)?;
    let halted = core.reset_and_halt(SECOND)?;
    assert_eq!(halted.pc, u64::from(CODE));
    let stack: u32 = core.read_core_reg(RegisterId(13))?;
    assert_eq!(stack, 0x2000_2000, "the stack of the vector table");
    assert!(core.core_halted()?);
    core.run()?;
    await_tick(&mut core)
}

pub(crate) fn reset_is_caught(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.enable_vector_catch(VectorCatchCondition::CoreReset)?;
    core.reset()?;
    core.wait_for_core_halted(SECOND)?;
    let pc: u32 = core.read_core_reg(PC)?;
    assert_eq!(pc, CODE);
    core.disable_vector_catch(VectorCatchCondition::CoreReset)?;
    core.reset()?;
    assert_eq!(core.status()?, CoreStatus::Running);
    Ok(())
}

pub(crate) fn halt_and_go_on(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    let mut last = 0;
    for _ in 0..5 {
        core.run()?;
        assert!(!core.core_halted()?);
        until("a higher count", || {
            core.halt(SECOND)?;
            let request = CoreStatus::Halted(HaltReason::Request);
            assert_eq!(core.status()?, request);
            let count: u32 = core.read_core_reg(RegisterId(0))?;
            let higher = count > last;
            last = count;
            if !higher {
                core.run()?;
            }
            Ok(higher)
        })?;
    }
    Ok(())
}

pub(crate) fn step(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    for pc in [2, 4, 6, 4, 6, 4] {
        let stepped = core.step()?;
        assert_eq!(stepped.pc, u64::from(CODE + pc));
        assert_eq!(core.status()?, CoreStatus::Halted(HaltReason::Step));
    }
    let count: u32 = core.read_core_reg(RegisterId(0))?;
    let seven: u32 = core.read_core_reg(RegisterId(1))?;
    assert_eq!((count, seven), (2, 7));
    Ok(())
}

pub(crate) fn step_from_sleep(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&TICKER)?;
    let mut core = session.core(0)?;
    core.reset()?;
    for _ in 0..3 {
        await_tick(&mut core)?;
        core.halt(SECOND)?;
        core.step()?;
        assert!(core.core_halted()?);
        core.run()?;
    }
    await_tick(&mut core)
}

pub(crate) fn hard_fault_is_caught(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&FAULT)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    core.enable_vector_catch(VectorCatchCondition::HardFault)?;
    core.run()?;
    core.wait_for_core_halted(SECOND)?;
    let exception = CoreStatus::Halted(HaltReason::Exception);
    assert_eq!(core.status()?, exception);
    let (pc, status): (u32, u32) = (core.read_core_reg(PC)?, core.read_core_reg(STATUS)?);
    assert_eq!((pc, status & 0x3f), (HANDLER, HARD_FAULT));
    core.disable_vector_catch(VectorCatchCondition::HardFault)?;
    Ok(())
}
