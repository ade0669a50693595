//! The board as probe-rs sees it.

use std::net::{SocketAddr, TcpListener};

use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use probe_rs::{CoreStatus, HaltReason, MemoryInterface, RegisterId, VectorCatchCondition};

use crate::boards::*;
use crate::process::*;
use crate::programs::*;
use crate::special_programs::*;
use crate::stop_programs::*;

/// Any port of the loopback address of IPv6.
const IPV6: &str = "[::1]:0";

pub(crate) fn an_image_is_flashed_from_blank_and_runs() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    let mut held = vec![0; image(&COUNTER).len()];
    core.read(0, &mut held).unwrap();
    assert_eq!(held, image(&COUNTER));
    let stopped = core.reset_and_halt(SECOND).unwrap();
    assert_eq!(stopped.pc, u64::from(CODE));
    core.step().unwrap();
    core.step().unwrap();
    let counted: u32 = core.read_core_reg(RegisterId(1)).unwrap();
    assert_eq!(counted, 7);
    core.run().unwrap();
    until("a count of 1000", || {
        core.halt(SECOND).unwrap();
        let count: u32 = core.read_core_reg(RegisterId(0)).unwrap();
        core.run().unwrap();
        count > 1000
    });
}

pub(crate) fn every_register_reads_back_what_was_written() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    core.halt(SECOND).unwrap();
    for id in 0..13 {
        core.write_core_reg(RegisterId(id), 0x1111_1111 * u32::from(id))
            .unwrap();
    }
    let written = [
        (14, 0x41),
        (15, 0x12),
        (17, 0x2000_1000),
        (18, 0x2000_0800),
        (20, 0x0200_0001),
    ];
    for (id, value) in written {
        core.write_core_reg(RegisterId(id), value).unwrap();
    }
    for id in 0..13 {
        let value: u32 = core.read_core_reg(RegisterId(id)).unwrap();
        assert_eq!(value, 0x1111_1111 * u32::from(id));
    }
    for (id, value) in written {
        let read: u32 = core.read_core_reg(RegisterId(id)).unwrap();
        assert_eq!(read, value, "register {id}");
    }
    let stack: u32 = core.read_core_reg(RegisterId(13)).unwrap();
    assert_eq!(stack, 0x2000_0800, "the process stack is selected");
}

pub(crate) fn a_breakpoint_stops_and_reads_back() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    assert_eq!(core.available_breakpoint_units().unwrap(), 4);
    core.reset_and_halt(SECOND).unwrap();
    let breakpoint = u64::from(CODE + 6);
    core.set_hw_breakpoint(breakpoint).unwrap();
    for _ in 0..3 {
        core.run().unwrap();
        core.wait_for_core_halted(SECOND).unwrap();
        let status = core.status().unwrap();
        assert!(
            matches!(status, CoreStatus::Halted(HaltReason::Breakpoint(_))),
            "{status:?}"
        );
        let pc: u32 = core.read_core_reg(RegisterId(15)).unwrap();
        assert_eq!(u64::from(pc), breakpoint);
    }
    let count: u32 = core.read_core_reg(RegisterId(0)).unwrap();
    assert_eq!(count, 3);
    core.clear_hw_breakpoint(breakpoint).unwrap();
}

pub(crate) fn an_unmapped_address_faults() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    assert!(core.read_word_32(0x3000_0000).is_err());
    core.write_word_32(0x2000_0100, 0x0123_4567).unwrap();
    core.write_word_8(0x2000_0101, 0xaa).unwrap();
    core.write_word_16(0x2000_0102, 0xbbcc).unwrap();
    assert_eq!(core.read_word_32(0x2000_0100).unwrap(), 0xbbcc_aa67);
    assert_eq!(core.read_word_8(0x2000_0103).unwrap(), 0xbb);
    assert!(board.failure().is_none());
}

/// Why this computer cannot listen on the loopback address of IPv6.
pub(crate) fn no_ipv6() -> Option<String> {
    let error = TcpListener::bind(IPV6).err()?;
    Some(format!("there is no IPv6 loopback here: {error}"))
}

pub(crate) fn the_probe_can_listen_on_ipv6_alone() {
    let address: SocketAddr = IPV6.parse().unwrap();
    let board = VirtualBoard::start(address, ClockMode::RealTime).unwrap();
    let expected = format!("1d50:6018:[::1]:{}", board.address().port());
    assert_eq!(board.selector(), expected);
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    core.write_word_32(0x2000_0100, 0x0123_4567).unwrap();
    assert_eq!(core.read_word_32(0x2000_0100).unwrap(), 0x0123_4567);
    // Nobody listens on the same port of the other loopback, or it is not this board.
    let other = SocketAddr::from(([127, 0, 0, 1], board.address().port()));
    drop(TcpListener::bind(other).unwrap());
}

pub(crate) fn a_second_client_is_refused() {
    let board = board(ClockMode::RealTime);
    let session = attach(&board);
    let selector: DebugProbeSelector = board.selector().parse().unwrap();
    assert!(Lister::new().open(selector).is_err());
    drop(session);
}

pub(crate) fn a_bkpt_instruction_halts_where_it_is() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &TRAP);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.run().unwrap();
    core.wait_for_core_halted(SECOND).unwrap();
    let status = core.status().unwrap();
    assert!(
        matches!(status, CoreStatus::Halted(HaltReason::Breakpoint(_))),
        "{status:?}"
    );
    let pc: u32 = core.read_core_reg(RegisterId(15)).unwrap();
    let r0: u32 = core.read_core_reg(RegisterId(0)).unwrap();
    assert_eq!((pc, r0), (CODE + 2, 3));
    let exception: u32 = core.read_core_reg(RegisterId(16)).unwrap();
    assert_eq!(exception & 0x3f, 0, "the core is in no exception");
}

pub(crate) fn a_hard_fault_is_caught() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &FAULT);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.enable_vector_catch(VectorCatchCondition::HardFault)
        .unwrap();
    core.run().unwrap();
    core.wait_for_core_halted(SECOND).unwrap();
    assert_eq!(
        core.status().unwrap(),
        CoreStatus::Halted(HaltReason::Exception)
    );
    let pc: u32 = core.read_core_reg(RegisterId(15)).unwrap();
    assert_eq!(pc, HANDLER);
}

pub(crate) fn erased_flash_locks_the_core_up_until_there_is_a_program() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    probe_rs::flashing::erase_all(
        &mut session,
        &mut probe_rs::flashing::FlashProgress::empty(),
        false,
    )
    .unwrap();
    session.core(0).unwrap().reset().unwrap();
    assert_eq!(
        session.core(0).unwrap().status().unwrap(),
        CoreStatus::LockedUp
    );
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    assert_eq!(core.reset_and_halt(SECOND).unwrap().pc, u64::from(CODE));
    assert!(board.failure().is_none());
}

/// It leaves the core on the breakpoint of the flash algorithm, with no vectors in flash.
pub(crate) fn a_board_can_be_flashed_after_a_debugger_erased_it_and_left() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut progress = probe_rs::flashing::FlashProgress::empty();
    probe_rs::flashing::erase_all(&mut session, &mut progress, false).unwrap();
    drop(session);
    let mut session = attach(&board);
    let status = session.core(0).unwrap().status().unwrap();
    assert_eq!(status, CoreStatus::LockedUp);
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    assert_eq!(core.reset_and_halt(SECOND).unwrap().pc, u64::from(CODE));
    assert!(board.failure().is_none());
}

pub(crate) fn a_sleeping_core_halts_steps_and_goes_on() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    for _ in 0..5 {
        let before = core.read_word_32(COUNT.into()).unwrap();
        until("a tick", || {
            core.read_word_32(COUNT.into()).unwrap() > before
        });
        core.halt(SECOND).unwrap();
        core.step().unwrap();
        core.run().unwrap();
    }
}

pub(crate) fn a_step_over_wfi_wfe_and_yield_is_one_step_each() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &WAITER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    for steps in 1..=3 {
        assert_eq!(core.step().unwrap().pc, u64::from(CODE + 2 * steps));
    }
}

/// The pins of a chip fall with its reset and rise with its firmware: what is seen of them is
/// what they are, however the news come in.
pub(crate) fn edges_alternate_through_resets_by_the_firmware() {
    let board = board(ClockMode::Unthrottled);
    board.watch_outputs(1 << 3);
    let mut session = attach(&board);
    flash(&mut session, &RESETTER);
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    let mut levels = Vec::new();
    until("twenty resets", || {
        core.read_word_32(COUNT.into()).unwrap();
        levels.extend(board.take_edges().0.into_iter().map(|edge| edge.high));
        levels.len() > 40
    });
    core.halt(SECOND).unwrap();
    levels.extend(board.take_edges().0.into_iter().map(|edge| edge.high));
    assert!(levels.iter().step_by(2).all(|high| *high), "{levels:?}");
    let shown = core.read_word_32(0x5000_0504).unwrap() >> 3 & 1 == 1;
    until("the last edge", || {
        levels.extend(board.take_edges().0.into_iter().map(|edge| edge.high));
        levels.last() == Some(&shown)
    });
}

/// A fault that nobody catches is let through, and the next one is caught all the same.
pub(crate) fn a_fault_is_caught_after_an_uncaught_one() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &FAULT);
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    until("the handler", || {
        core.halt(SECOND).unwrap();
        let pc: u32 = core.read_core_reg(RegisterId(15)).unwrap();
        core.run().unwrap();
        pc == HANDLER
    });
    core.enable_vector_catch(VectorCatchCondition::HardFault)
        .unwrap();
    core.reset().unwrap();
    core.wait_for_core_halted(SECOND).unwrap();
    let caught = CoreStatus::Halted(HaltReason::Exception);
    assert_eq!(core.status().unwrap(), caught);
    // The handler is a jump to itself: a step stays in it, and is a step.
    assert_eq!(core.step().unwrap().pc, u64::from(HANDLER));
    let stepped = core.status().unwrap();
    assert_ne!(stepped, caught);
    core.run().unwrap();
    assert_eq!(core.status().unwrap(), CoreStatus::Running);
}

pub(crate) fn a_killed_emulator_is_an_error_of_the_next_request() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    core.halt(SECOND).unwrap();
    kill_machine(board.watchdog_pid());
    until("the cause", || board.failure().is_some());
    assert!(core.read_word_32(0).is_err());
    assert!(core.run().is_err());
    let failure = board.failure().unwrap();
    assert!(
        failure.contains("the emulator exited (signal: 9"),
        "{failure}"
    );
}
