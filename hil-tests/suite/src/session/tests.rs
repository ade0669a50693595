//! A session with a board in memory: what comes of a run, and of everything that can go wrong in
//! one.

use std::cell::Cell;
use std::time::Duration;

use lockstep_core::crash_record::{CrashCause, CrashRecord};
use lockstep_core::protocol::{Refusal, Stimulus};
use lockstep_core::time::RunTicks;
use lockstep_engine::golden::render;
use proptest::prelude::*;

use super::link::LinkError;
use super::play::{RunRequest, play};
use super::play_error::BoardPlayError;
use super::query::ask_hello;
use super::run_capture::RunCapture;
use super::{ExpectedChip, Session, SessionError};
use crate::fake::{self, EXPECTED, FakeBoard, FakeImage, Fault, FrameFault, Retained, TICK_LIMIT};

/// A run of the toggle with two presses.
const TWO_PRESSES: &str = "app toggle\nwait 50 ms\npress button\nwait 100 ms\nrelease button\n\
                           wait 600 ms\npress button\nwait 100 ms\nrelease button\nwait 200 ms\n";

/// More events than the queue of a board holds, faster than a probe can send them.
const BURST: &str = "app lamp\nwait 820 ms\npress A and B bouncing for 29 ms\nwait 3 s\n\
                     release A and B\nwait 1 s\n";

/// Nothing, for longer than a board may say nothing.
const QUIET: &str = "app toggle\nwait 9 s\n";

/// A board whose ticks are much shorter than a probe takes for one access.
fn fast(image: &FakeImage) -> FakeBoard {
    FakeBoard::running(image).with_tick(Duration::from_micros(1))
}

/// Plays a scenario on the board, which holds its time if it is given the address of the limit.
fn play_with(
    session: &mut Session,
    image: &FakeImage,
    scenario: &str,
    tick_limit: Option<u32>,
) -> (Result<(), BoardPlayError>, RunCapture) {
    let (script, _) = fake::scenario(scenario);
    let firmware = &image.firmware;
    let request = RunRequest {
        app: &firmware.app,
        image: &firmware.identity,
        script: &script,
        stimulus: Stimulus::Scheduled,
        tick_limit,
        passes_idle: false,
        watched: None,
        cancelled: &|| false,
    };
    let mut capture = RunCapture::new(&firmware.app, &script);
    let mut link = session.link(&firmware.elf).unwrap();
    let played = play(&mut link, &request, None, &mut capture);
    (played, capture)
}

fn play_on(board: &FakeBoard, image: &FakeImage, scenario: &str) -> Result<(), BoardPlayError> {
    play_with(&mut board.session(), image, scenario, Some(TICK_LIMIT)).0
}

/// The scenario is played on this session as it is on the host.
fn holds(session: &mut Session, image: &FakeImage, scenario: &str) {
    let (played, capture) = play_with(session, image, scenario, Some(TICK_LIMIT));
    played.unwrap();
    assert_eq!(render(&capture.trace), render(&fake::scenario(scenario).1));
}

#[test]
fn a_scenario_is_played_as_on_the_host_in_real_time_and_as_fast_as_can_be() {
    let toggle = FakeImage::toggle();
    for board in [FakeBoard::running(&toggle), fast(&toggle)] {
        let mut session = board.session();
        for _ in 0..3 {
            holds(&mut session, &toggle, TWO_PRESSES);
        }
    }
}

#[test]
fn more_events_than_the_queue_holds_are_played_at_their_ticks() {
    let lamp = FakeImage::lamp();
    for board in [FakeBoard::running(&lamp), fast(&lamp)] {
        holds(&mut board.session(), &lamp, BURST);
    }
}

#[test]
fn a_burst_is_too_much_for_a_board_without_a_tick_limit() {
    let lamp = FakeImage::lamp();
    let (played, _) = play_with(&mut fast(&lamp).session(), &lamp, BURST, None);
    let error = played.unwrap_err();
    let is_late = matches!(error, BoardPlayError::Refused(Refusal::Late(_)));
    assert!(is_late, "{error}");
}

#[test]
fn the_limit_is_lifted_after_a_run_and_after_one_that_broke_off() {
    let lamp = FakeImage::lamp();
    let board = FakeBoard::running(&lamp);
    holds(&mut board.session(), &lamp, BURST);
    assert_eq!(board.chip().word(TICK_LIMIT), u32::MAX);
    let gap = Fault::Frame(9, FrameFault::NoRoom);
    let board = FakeBoard::blank(&[&lamp]).with_fault(gap).started(&lamp);
    play_on(&board, &lamp, BURST).unwrap_err();
    assert_eq!(board.chip().word(TICK_LIMIT), u32::MAX);
}

#[test]
fn queries_do_not_pile_up_before_a_board_that_takes_no_commands_for_a_while() {
    let toggle = FakeImage::toggle();
    let deaf = Fault::Deaf(RunTicks(100), RunTicks(4_600));
    let board = FakeBoard::running(&toggle).with_fault(deaf);
    let mut session = board.session();
    holds(&mut session, &toggle, QUIET);
    let most_waiting = board.chip().channels.as_ref().unwrap().most_waiting;
    // The start of a run takes the most: 4,500 ms would be 90 queries of 3 bytes.
    assert!(most_waiting < 32, "{most_waiting} bytes waited");
}

#[test]
fn a_board_that_answers_nothing_for_too_long_is_silent() {
    let toggle = FakeImage::toggle();
    let deaf = Fault::Deaf(RunTicks(100), RunTicks(8_000));
    let board = FakeBoard::running(&toggle).with_fault(deaf);
    let error = play_on(&board, &toggle, QUIET).unwrap_err();
    let message = "the board sent nothing for 5 s: expected the end of the run";
    assert_eq!(error.to_string(), message);
}

#[test]
fn an_answer_that_found_no_room_is_asked_for_again() {
    let lamp = FakeImage::lamp();
    let board = FakeBoard::running(&lamp);
    // The heartbeat fills the trace channel of a board that nobody reads from.
    board.chip().pass(Duration::from_secs(300));
    let mut session = board.session();
    let mut link = session.link(&lamp.firmware.elf).unwrap();
    assert_eq!(ask_hello(&mut link).unwrap().app, "lamp");
}

#[test]
fn what_an_earlier_reader_left_of_a_frame_is_skipped() {
    let lamp = FakeImage::lamp();
    for read in 1..64 {
        let board = FakeBoard::running(&lamp);
        board.chip().pass(Duration::from_secs(2));
        let mut part = vec![0; read];
        board.chip().channels.as_mut().unwrap().read_up(&mut part);
        let mut session = board.session();
        let mut link = session.link(&lamp.firmware.elf).unwrap();
        let frame = link.receive().unwrap();
        assert!(frame.is_some(), "{read} bytes were read before");
    }
}

#[test]
fn frames_go_on_from_one_link_to_the_next() {
    let lamp = FakeImage::lamp();
    let board = FakeBoard::running(&lamp);
    board.chip().pass(Duration::from_secs(120));
    let mut session = board.session();
    let mut last = None;
    for _ in 0..200 {
        let mut link = session.link(&lamp.firmware.elf).unwrap();
        let number = link.receive().unwrap().unwrap().number;
        assert_eq!(number, last.map_or(number, |last: u32| last + 1));
        last = Some(number);
    }
}

#[test]
fn a_frame_that_is_bent_costs_one_run_and_not_the_next() {
    let toggle = FakeImage::toggle();
    let bent = Fault::Frame(5, FrameFault::IsBent);
    let board = FakeBoard::blank(&[&toggle])
        .with_fault(bent)
        .started(&toggle);
    let mut session = board.session();
    let (played, _) = play_with(&mut session, &toggle, TWO_PRESSES, Some(TICK_LIMIT));
    let error = played.unwrap_err();
    let is_malformed = matches!(error, BoardPlayError::Link(LinkError::MalformedFrame(_)));
    assert!(is_malformed, "{error}");
    holds(&mut session, &toggle, TWO_PRESSES);
}

#[test]
fn a_lost_frame_is_a_gap_whether_or_not_the_board_knows() {
    let toggle = FakeImage::toggle();
    for fault in [FrameFault::NoRoom, FrameFault::Vanishes] {
        let board = FakeBoard::blank(&[&toggle])
            .with_fault(Fault::Frame(5, fault))
            .started(&toggle);
        let mut session = board.session();
        let (played, _) = play_with(&mut session, &toggle, TWO_PRESSES, Some(TICK_LIMIT));
        let message = "frame 5 is missing: the next one is 6; the 5 before it are complete";
        assert_eq!(played.unwrap_err().to_string(), message);
        holds(&mut session, &toggle, TWO_PRESSES);
    }
}

#[test]
fn a_trace_buffer_that_is_too_small_is_a_gap() {
    let lamp = FakeImage::lamp();
    let board = FakeBoard::blank(&[&lamp]).with_tick(Duration::from_micros(1));
    board.chip().trace_bytes = Some(160);
    let error = play_on(&board.started(&lamp), &lamp, BURST).unwrap_err();
    assert!(matches!(error, BoardPlayError::Gap { .. }), "{error}");
}

/// Start-up zeroes the RAM in which the control block of the boot before still stands.
#[test]
fn channels_that_are_not_set_up_yet_are_waited_for() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle);
    board.chip().opened_early = 3;
    holds(&mut board.session(), &toggle, TWO_PRESSES);
    assert_eq!(board.chip().opened_early, 0);
}

#[test]
fn a_reboot_during_the_run_is_told_with_its_tick() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle).with_fault(Fault::Reset(RunTicks(755)));
    let mut session = board.session();
    let (played, capture) = play_with(&mut session, &toggle, TWO_PRESSES, Some(TICK_LIMIT));
    let message = played.unwrap_err().to_string();
    let tick = capture.trace.end();
    assert!((RunTicks(700)..RunTicks(755)).contains(&tick), "{tick:?}");
    let expected = format!("board rebooted during the run (last known tick {})", tick.0);
    assert_eq!(message, expected);
    holds(&mut session, &toggle, TWO_PRESSES);
}

#[test]
fn a_crash_during_the_run_leaves_its_record() {
    let toggle = FakeImage::toggle();
    let record = CrashRecord {
        tick: RunTicks(100),
        cause: CrashCause::StackOverflow,
    };
    let board = FakeBoard::running(&toggle).with_fault(Fault::Crash(RunTicks(100), record));
    match play_on(&board, &toggle, TWO_PRESSES) {
        Err(BoardPlayError::Rebooted { hello, .. }) => {
            assert_eq!(CrashRecord::decode(&hello.crash_record), Some(record));
            assert_eq!(hello.boot.crashes, 1);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_board_that_hangs_is_silent() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle).with_fault(Fault::Hang(RunTicks(100)));
    let error = play_on(&board, &toggle, TWO_PRESSES).unwrap_err();
    assert!(matches!(error, BoardPlayError::Silent { .. }), "{error}");
}

#[test]
fn a_board_whose_time_stands_still_is_stuck() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle);
    // The session does not know of the limit, and so does not move it.
    board.chip().pass(Duration::from_millis(5));
    board.chip().set_word(TICK_LIMIT, 300);
    let (played, _) = play_with(&mut board.session(), &toggle, QUIET, None);
    let message =
        "the board has been at tick 300 for 5 s: the firmware hangs, or a debugger holds it";
    assert_eq!(played.unwrap_err().to_string(), message);
}

#[test]
fn a_probe_that_vanishes_fails_the_run() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle).with_fault(Fault::ProbeGone(RunTicks(100)));
    let error = play_on(&board, &toggle, TWO_PRESSES).unwrap_err();
    assert!(
        matches!(error, BoardPlayError::Link(LinkError::Target(_))),
        "{error}"
    );
}

#[test]
fn another_image_or_app_is_not_played() {
    let toggle = FakeImage::toggle();
    let other = FakeImage::toggle().saying(b"another image");
    let error = play_on(&FakeBoard::running(&other), &toggle, TWO_PRESSES).unwrap_err();
    assert!(matches!(error, BoardPlayError::Image { .. }), "{error}");
    let lamp = FakeImage::lamp().saying(toggle.identity);
    let error = play_on(&FakeBoard::running(&lamp), &toggle, TWO_PRESSES).unwrap_err();
    assert!(matches!(error, BoardPlayError::App { .. }), "{error}");
}

#[test]
fn a_board_in_its_crash_loop_plays_nothing() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle);
    board.chip().retained = Retained {
        crashes: 3,
        crash_record: &[],
    };
    let error = play_on(&board, &toggle, TWO_PRESSES).unwrap_err();
    let is_refused = matches!(error, BoardPlayError::Refused(Refusal::CrashLoop));
    assert!(is_refused, "{error}");
}

#[test]
fn a_run_that_is_cancelled_keeps_what_came_of_it() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle);
    let (script, _) = fake::scenario(TWO_PRESSES);
    let asked = Cell::new(0);
    let cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() > 200
    };
    let request = RunRequest {
        app: &toggle.firmware.app,
        image: &toggle.firmware.identity,
        script: &script,
        stimulus: Stimulus::Scheduled,
        tick_limit: Some(TICK_LIMIT),
        passes_idle: false,
        watched: None,
        cancelled: &cancelled,
    };
    let mut capture = RunCapture::new(&toggle.firmware.app, &script);
    let mut session = board.session();
    let mut link = session.link(&toggle.firmware.elf).unwrap();
    let error = play(&mut link, &request, None, &mut capture).unwrap_err();
    assert!(matches!(error, BoardPlayError::Cancelled), "{error}");
    assert!(capture.has_begun && capture.trace.end() > RunTicks(50));
}

#[test]
fn a_blank_chip_has_no_channels() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::blank(&[&toggle]);
    let mut session = board.session();
    let error = session.link(&toggle.firmware.elf).map(drop).unwrap_err();
    assert!(
        matches!(error, SessionError::Link(LinkError::NotUp)),
        "{error}"
    );
    assert!(board.chip().time >= Duration::from_secs(2));
}

#[test]
fn the_first_frame_after_a_reset_is_the_hello_of_the_boot() {
    let toggle = FakeImage::toggle();
    let board = FakeBoard::running(&toggle);
    let mut session = board.session();
    holds(&mut session, &toggle, TWO_PRESSES);
    session.reset(&toggle.firmware.elf).unwrap();
    let mut link = session.link(&toggle.firmware.elf).unwrap();
    let frame = link.receive().unwrap().unwrap();
    assert_eq!(frame.number, 0);
    assert!(matches!(
        frame.message,
        super::board_message::BoardMessage::Hello(_)
    ));
}

#[test]
fn another_core_than_that_of_the_board_is_refused() {
    let board = FakeBoard::running(&FakeImage::toggle());
    let expected = ExpectedChip {
        triple: "thumbv7em-none-eabihf",
        ..EXPECTED
    };
    let error = Session::with(board.target(), &expected).map(drop);
    let message = "the CPU behind the probe is a Cortex-M0: the board has a Cortex-M4 or M7; \
                   this is another board";
    assert_eq!(error.unwrap_err().to_string(), message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_scenario_is_played_as_on_the_host_however_fast_the_board_is(
        steps in proptest::collection::vec((0..3_u8, 2..40_u32), 1..60),
        tick in 1..2_000_u64,
    ) {
        let (mut text, mut held) = ("app lamp\n".to_owned(), [false; 2]);
        for (what, wait) in steps {
            match what {
                0 | 1 => {
                    let held = &mut held[usize::from(what)];
                    let verb = if *held { "release" } else { "press" };
                    *held = !*held;
                    let button = ["A", "B"][usize::from(what)];
                    text += &format!("{verb} {button} bouncing for {wait} ms\n");
                }
                _ => text += "reset\n",
            }
            text += &format!("wait {wait} ms\n");
        }
        let lamp = FakeImage::lamp();
        let board = FakeBoard::running(&lamp).with_tick(Duration::from_micros(tick));
        holds(&mut board.session(), &lamp, &text);
    }
}
