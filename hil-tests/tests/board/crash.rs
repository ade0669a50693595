//! What a shipped image does when it all goes wrong: nothing in it is made for these tests.
//! The core is halted, sent astray as a bug would, and let go.

use firmware_core::epitaph::{Cause, Epitaph};
use hil_tests::images::build::Profile;
use hil_tests::images::elf::Elf;
use libtest_mimic::Failed;
use probe_rs::{Core, MemoryInterface, RegisterId};

use super::bench::Bench;

const R0: RegisterId = RegisterId(0);
const SP: RegisterId = RegisterId(13);
const PC: RegisterId = RegisterId(15);

/// No memory is here.
const NOWHERE: u32 = 0x3000_0000;

/// In the stack, far below what is in use.
const SCRATCH: u32 = 0x2000_0400;

/// Calls the function behind every sum that overflows, as the code of a bug would: with the
/// place of the sum in R0.
fn panic(core: &mut Core<'_>, elf: &Elf) -> Result<(), probe_rs::Error> {
    let overflowed = |name: &str| name.contains("panic_const_add_overflow");
    let function = elf.symbols.iter().find(|symbol| overflowed(&symbol.name));
    let function = function.unwrap().address;
    // A `core::panic::Location`: the file as pointer and length, line, column.
    let file = b"bug.rs\0\0";
    core.write_8(u64::from(SCRATCH + 32), file)?;
    core.write_32(u64::from(SCRATCH), &[SCRATCH + 32, 6, 17, 5])?;
    core.write_core_reg(R0, SCRATCH)?;
    core.write_core_reg(PC, function & !1)
}

fn crash(
    bench: &mut Bench,
    how: impl FnOnce(&mut Core<'_>, &Elf) -> Result<(), probe_rs::Error>,
) -> Result<(), Failed> {
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 20)?;
    let elf = &bench.elf;
    bench.session.halted(|core| how(core, elf))?;
    Ok(())
}

pub(crate) fn a_panic_leaves_its_epitaph() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    crash(&mut bench, panic)?;
    let hello = bench.hello_after_a_crash()?;
    let Some(Epitaph {
        tick,
        cause: Cause::Panic {
            message,
            file,
            line,
        },
    }) = Epitaph::decode(&hello.last_words)
    else {
        return Err(format!("no epitaph of a panic: {:?}", hello.last_words).into());
    };
    assert_eq!(message, "attempt to add with overflow");
    assert_eq!((file, line), ("bug.rs", 17));
    assert!(tick.0 > 20);
    assert_eq!(hello.boot.crashes, 1);
    bench.session.reset()?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick < 100)?;
    assert!(bench.hello()?.last_words.is_empty(), "it is told once");
    Ok(())
}

pub(crate) fn a_fault_leaves_its_registers() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    crash(&mut bench, |core, _| {
        core.write_core_reg(R0, 0x1234_5678_u32)?;
        core.write_core_reg(PC, NOWHERE)
    })?;
    let hello = bench.hello_after_a_crash()?;
    let Some(Cause::Fault(registers)) = cause(&hello.last_words) else {
        return Err(format!("no epitaph of a fault: {:?}", hello.last_words).into());
    };
    assert_eq!((registers.r0, registers.pc), (0x1234_5678, NOWHERE));
    Ok(())
}

/// The stack pointer is right above the limit: the next call goes below.
pub(crate) fn a_stack_that_overflows_is_told() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    crash(&mut bench, |core, elf| {
        let limit = elf.symbol("_stack_limit").unwrap().address;
        core.write_core_reg(SP, limit + 8)
    })?;
    let hello = bench.hello_after_a_crash()?;
    assert_eq!(cause(&hello.last_words), Some(Cause::StackOverflow));
    Ok(())
}

pub(crate) fn three_in_a_row_are_enough() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    for crashes in 1..=3 {
        crash(&mut bench, panic)?;
        // An answer of the boot before may still wait in its channel.
        let deadline = std::time::Instant::now() + super::bench::PATIENCE;
        while bench.hello_after_a_crash()?.boot.crashes != crashes {
            assert!(
                std::time::Instant::now() < deadline,
                "crash {crashes} was not told"
            );
        }
        bench.session.word(&bench.elf, "LOCKSTEP_BOOT")?;
    }
    let status = super::runs::status(&mut bench)?;
    assert_eq!(status.phase, firmware_core::wire::Phase::Broken);
    Ok(())
}

pub(crate) fn a_debug_image_stays_where_it_is() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Debug)?;
    crash(&mut bench, panic)?;
    let parked = bench
        .elf
        .symbol("lockstep_parked")
        .ok_or("no symbol")?
        .clone();
    let place = parked.address & !1..(parked.address & !1) + parked.bytes;
    let deadline = std::time::Instant::now() + super::bench::PATIENCE;
    while std::time::Instant::now() < deadline {
        let pc: u32 = bench.session.halted(|core| core.read_core_reg(PC))?;
        if place.contains(&pc) {
            return Ok(());
        }
    }
    Err("the core is not where a debug image stays after a panic".into())
}

fn cause(last_words: &[u8]) -> Option<Cause<'_>> {
    Epitaph::decode(last_words).map(|epitaph| epitaph.cause)
}
