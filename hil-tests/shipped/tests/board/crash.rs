//! What a shipped image does when it all goes wrong: nothing in it is made for these tests.
//! The core is halted, sent astray as a bug would, and let go.

use std::path::Path;
use std::time::Instant;

use libtest_mimic::Failed;
use lockstep_core::crash_record::{CrashCause, CrashRecord};
use lockstep_core::protocol::Phase;
use lockstep_hil::session::logs::LogTable;
use lockstep_hil::session::target::{Core, Register, TargetError};
use lockstep_hil::verdict::LogLevel;
use lockstep_images::build::Profile;
use lockstep_images::elf::Elf;
use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::Permissions;
use probe_rs::flashing::{ElfLoader, ElfOptions, download_file};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};

use super::bench::{ANY_PORT, Bench, CHIP, PATIENCE, image, image_of};

const R0: Register = Register(0);

/// No memory is here.
const NOWHERE: u32 = 0x3000_0000;

/// In the stack, far below what is in use.
const SCRATCH: u32 = 0x2000_0400;

/// Calls the function behind every sum that overflows, as the code of a bug would: with the
/// place of the sum in R0.
fn panic(core: &mut dyn Core, elf: &Elf) -> Result<(), TargetError> {
    let overflowed = |name: &str| name.contains("panic_const_add_overflow");
    let function = elf.symbols.iter().find(|symbol| overflowed(&symbol.name));
    let function = function.unwrap().address;
    // A `core::panic::Location`: the file as pointer and length, line, column.
    let file = b"bug.rs\0\0";
    core.write_bytes(SCRATCH + 32, file)?;
    for (address, word) in (SCRATCH..).step_by(4).zip([SCRATCH + 32, 6, 17, 5]) {
        core.write_word(address, word)?;
    }
    core.write_register(R0, SCRATCH)?;
    core.write_register(Register::PC, function & !1)
}

fn crash(
    bench: &mut Bench,
    how: impl FnOnce(&mut dyn Core, &Elf) -> Result<(), TargetError>,
) -> Result<(), Failed> {
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 20)?;
    let elf = &bench.elf;
    bench.session.halted(|core| how(core, elf))?;
    Ok(())
}

pub(crate) fn a_panic_leaves_its_crash_record() -> Result<(), Failed> {
    panic_is_told_once(&mut Bench::of("lamp", Profile::Release)?)
}

/// Firmware that keeps its own executor, and whose handlers report to the task beside it.
pub(crate) fn beside_embassy_they_are_told_too() -> Result<(), Failed> {
    let image = image_of(
        Path::new("fixtures/embassy-board"),
        "boards/stairs-hal",
        "stairs",
        Profile::Release,
    )?;
    let board = VirtualBoard::start(ANY_PORT.into(), ClockMode::RealTime)?;
    let mut bench = Bench::with(board, &image)?;
    bench.session.flash(&bench.bytes, &bench.elf)?;
    panic_is_told_once(&mut bench)?;
    // The panic counts too: no 10 s have passed.
    for crashes in 2..=3 {
        crash(&mut bench, |core, _| {
            core.write_register(R0, 0x1234_5678)?;
            core.write_register(Register::PC, NOWHERE)
        })?;
        let hello = bench.hello_after_a_crash(crashes)?;
        let Some(CrashCause::Fault(registers)) = cause(&hello.crash_record) else {
            return Err(format!("no crash_record of a fault: {:?}", hello.crash_record).into());
        };
        assert_eq!((registers.r0, registers.pc), (0x1234_5678, NOWHERE));
    }
    assert_eq!(super::runs::status(&mut bench)?.phase, Phase::CrashLoop);
    Ok(())
}

fn panic_is_told_once(bench: &mut Bench) -> Result<(), Failed> {
    crash(bench, panic)?;
    let hello = bench.hello_after_a_crash(1)?;
    let Some(CrashRecord {
        tick,
        cause:
            CrashCause::Panic {
                message,
                file,
                line,
            },
    }) = CrashRecord::decode(&hello.crash_record)
    else {
        return Err(format!("no crash_record of a panic: {:?}", hello.crash_record).into());
    };
    assert_eq!(message, "attempt to add with overflow");
    assert_eq!((file, line), ("bug.rs", 17));
    assert!(tick.0 > 20);
    bench.session.reset(&bench.elf)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick < 100)?;
    assert!(bench.hello()?.crash_record.is_empty(), "it is told once");
    Ok(())
}

pub(crate) fn a_fault_leaves_its_registers() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    crash(&mut bench, |core, _| {
        core.write_register(R0, 0x1234_5678)?;
        core.write_register(Register::PC, NOWHERE)
    })?;
    let hello = bench.hello_after_a_crash(1)?;
    let Some(CrashCause::Fault(registers)) = cause(&hello.crash_record) else {
        return Err(format!("no crash_record of a fault: {:?}", hello.crash_record).into());
    };
    assert_eq!((registers.r0, registers.pc), (0x1234_5678, NOWHERE));
    Ok(())
}

/// With the stack pointer right above the end of the stack, the next call goes below.
pub(crate) fn a_stack_that_overflows_is_told() -> Result<(), Failed> {
    for above in [8, 32, 40] {
        let crash_record = fault_with_stack(above, None)?;
        assert_eq!(
            cause(&crash_record),
            Some(CrashCause::StackOverflow),
            "{above}"
        );
    }
    Ok(())
}

/// The handler needs more stack than a fault may leave.
pub(crate) fn a_fault_needs_no_stack() -> Result<(), Failed> {
    for above in [200, 600, 1_000, 1_400] {
        let crash_record = fault_with_stack(above, Some(NOWHERE))?;
        let Some(CrashCause::Fault(registers)) = cause(&crash_record) else {
            return Err(format!("no crash_record of a fault with {above} bytes left").into());
        };
        assert_eq!(registers.pc, NOWHERE);
    }
    Ok(())
}

fn fault_with_stack(above: u32, pc: Option<u32>) -> Result<Vec<u8>, Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 20)?;
    let end = bench.elf.symbol("_stack_end").unwrap().address;
    let deadline = Instant::now() + PATIENCE;
    // A core that is awake might return from a function, and take what lies above the new stack
    // pointer for its return address. One that sleeps is woken by an interrupt, which pushes.
    while !bench.session.halted(|core| {
        let sleeps = sleeps(core)?;
        if sleeps {
            core.write_register(Register::SP, end + above)?;
            pc.map_or(Ok(()), |pc| core.write_register(Register::PC, pc))?;
        }
        Ok(sleeps)
    })? {
        if Instant::now() > deadline {
            return Err("the core does not sleep".into());
        }
    }
    Ok(bench.hello_after_a_crash(1)?.crash_record)
}

/// Whether the instruction before the program counter is WFI.
fn sleeps(core: &mut dyn Core) -> Result<bool, TargetError> {
    const WFI: u32 = 0xbf30;
    let before = core.read_register(Register::PC)?.saturating_sub(2);
    let word = core.read_word(before & !3)?;
    let half = if before & 2 == 0 { word } else { word >> 16 };
    Ok(half & 0xffff == WFI)
}

/// Three crashes break a board. A fourth one does not reset it, and a reset from outside lets it
/// begin anew.
pub(crate) fn three_in_a_row_are_enough() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    for crashes in 1..=3 {
        crash(&mut bench, panic)?;
        bench.hello_after_a_crash(crashes)?;
    }
    assert_eq!(super::runs::status(&mut bench)?.phase, Phase::CrashLoop);
    let elf = &bench.elf;
    bench.session.halted(|core| panic(core, elf))?;
    bench.await_halt()?;
    bench.session.reset(&bench.elf)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 0)?;
    assert_eq!(super::runs::status(&mut bench)?.phase, Phase::Normal);
    Ok(())
}

/// The core then stands on the breakpoint of the flash algorithm, in RAM that holds nothing of
/// the image's, and no debugger is there for it any more: a fault before start-up.
pub(crate) fn a_debugger_that_flashes_and_goes_leaves_a_board_that_boots() -> Result<(), Failed> {
    let board = VirtualBoard::start(ANY_PORT.into(), ClockMode::RealTime)?;
    let image = image("lamp", Profile::Release)?;
    let mut probe = Lister::new().open(board.selector().parse::<DebugProbeSelector>()?)?;
    probe.select_protocol(WireProtocol::Swd)?;
    let mut session = probe.attach(CHIP, Permissions::default())?;
    download_file(&mut session, &image.path, ElfLoader(ElfOptions::default()))?;
    drop(session);
    let mut bench = Bench::with(board, &image)?;
    let hello = bench.hello_after_a_crash(1)?;
    assert!(matches!(
        cause(&hello.crash_record),
        Some(CrashCause::Fault(_))
    ));
    Ok(())
}

pub(crate) fn a_debug_image_stays_where_it_is() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Debug)?;
    let table = LogTable::of(&bench.bytes)?;
    crash(&mut bench, panic)?;
    bench.await_halt()?;
    let logs = table.decode(&bench.link()?.take_logs());
    let last = logs.last().ok_or("nothing is logged")?;
    assert_eq!(last.level, Some(LogLevel::Error));
    assert!(
        last.text
            .ends_with("panic at bug.rs:17: attempt to add with overflow"),
        "{last:?}"
    );
    Ok(())
}

fn cause(crash_record: &[u8]) -> Option<CrashCause<'_>> {
    CrashRecord::decode(crash_record).map(|crash_record| crash_record.cause)
}
