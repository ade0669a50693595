//! The board as probe-rs sees it.

use std::time::Duration;

use hil_tests::virtual_board::board::{BoardError, VirtualBoard};
use hil_tests::virtual_board::machine::{MachineError, Pace};
use probe_rs::flashing::{DownloadOptions, FlashLoader};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{CoreStatus, HaltReason, MemoryInterface, Permissions, RegisterId, Session};

/// Counts in R0 for ever, R1 = 7: `movs r0,#0; movs r1,#7; adds r0,#1; b .-2`.
const COUNTER: [u16; 4] = [0x2000, 0x2107, 0x3001, 0xe7fd];
const CODE: u32 = 0x40;
const HANDLER: u32 = 0x60;
const SECOND: Duration = Duration::from_secs(1);

/// An image: vectors, the code, a hard fault handler that stays.
fn image(code: &[u16]) -> Vec<u8> {
    let mut image = vec![0xff; 0x80];
    let mut put = |at: u32, bytes: &[u8]| {
        let at = at as usize;
        image[at..at + bytes.len()].copy_from_slice(bytes);
    };
    for (at, word) in [
        (0, 0x2000_2000),
        (4, CODE | 1),
        (8, HANDLER | 1),
        (12, HANDLER | 1),
    ] {
        put(at, &u32::to_le_bytes(word));
    }
    for (at, half) in (CODE..).step_by(2).zip(code) {
        put(at, &half.to_le_bytes());
    }
    put(HANDLER, &0xe7fe_u16.to_le_bytes());
    image
}

/// A started board, or the printed reason why this test is skipped.
fn board() -> Option<VirtualBoard> {
    match VirtualBoard::start(([127, 0, 0, 1], 0).into(), Pace::RealTime) {
        Ok(board) => Some(board),
        Err(BoardError::Machine(MachineError::Missing)) => {
            let required = std::env::var("LOCKSTEP_REQUIRE").unwrap_or_default();
            assert!(!required.contains("virtual"), "{}", MachineError::Missing);
            eprintln!("skipped: {}", MachineError::Missing);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn attach(board: &VirtualBoard) -> Session {
    let selector: DebugProbeSelector = board.selector().parse().unwrap();
    let mut probe = Lister::new().open(selector).unwrap();
    probe.select_protocol(WireProtocol::Swd).unwrap();
    probe
        .attach("nRF51822_xxAA", Permissions::default())
        .unwrap()
}

fn flash(session: &mut Session, code: &[u16]) {
    let mut loader: FlashLoader = session.target().flash_loader();
    loader.add_data(0, &image(code)).unwrap();
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader.commit(session, options).unwrap();
}

#[test]
fn an_image_is_flashed_from_blank_and_runs() {
    let Some(board) = board() else { return };
    let mut session = attach(&board);
    flash(&mut session, &COUNTER);
    let mut core = session.core(0).unwrap();
    let mut held = [0; 0x80];
    core.read(0, &mut held).unwrap();
    assert_eq!(held.as_slice(), image(&COUNTER));
    let stopped = core.reset_and_halt(SECOND).unwrap();
    assert_eq!(stopped.pc, u64::from(CODE));
    core.step().unwrap();
    core.step().unwrap();
    let counted: u32 = core.read_core_reg(RegisterId(1)).unwrap();
    assert_eq!(counted, 7);
    core.run().unwrap();
    let until = std::time::Instant::now() + SECOND;
    loop {
        core.halt(SECOND).unwrap();
        let count: u32 = core.read_core_reg(RegisterId(0)).unwrap();
        if count > 1000 {
            break;
        }
        assert!(std::time::Instant::now() < until);
        core.run().unwrap();
    }
}

#[test]
fn every_register_reads_back_what_was_written() {
    let Some(board) = board() else { return };
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

#[test]
fn a_breakpoint_stops_and_reads_back() {
    let Some(board) = board() else { return };
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

#[test]
fn an_unmapped_address_faults() {
    let Some(board) = board() else { return };
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

#[test]
fn a_second_client_is_refused() {
    let Some(board) = board() else { return };
    let session = attach(&board);
    let selector: DebugProbeSelector = board.selector().parse().unwrap();
    assert!(Lister::new().open(selector).is_err());
    drop(session);
}
