//! The pins from outside the chip, and the clock that they move by.

use std::time::{Duration, Instant};

use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use lockstep_virtual_board::pins::{PinEdge, ScheduledInput, TickHook};
use probe_rs::MemoryInterface;

use crate::boards::*;
use crate::process::*;
use crate::programs::*;

const BUTTON: u8 = 17;
const LAMP: u8 = 3;
const HOOK: TickHook = TickHook {
    address: TICK,
    counter: COUNT,
    break_ticks: None,
};

fn inputs(ticks: &[u32]) -> Vec<ScheduledInput> {
    let levels = [true, false].into_iter().cycle();
    let input = |(&tick, high)| ScheduledInput {
        tick,
        pin: BUTTON,
        high,
    };
    ticks.iter().zip(levels).map(input).collect()
}

/// Plays a pin script from reset, and gives the edges of the lamp.
fn play(board: &VirtualBoard, ticks: &[u32]) -> Vec<PinEdge> {
    let mut session = attach(board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.write_word_32(COUNT.into(), 0).unwrap();
    board.watch_outputs(1 << LAMP);
    board.drive(BUTTON, false).unwrap();
    board.follow_ticks(HOOK, &inputs(ticks), &[]).unwrap();
    core.run().unwrap();
    let last = ticks.last().unwrap() + 2;
    until("the last tick", || {
        core.read_word_32(COUNT.into()).unwrap() > last
    });
    let (edges, lost) = board.take_edges();
    assert_eq!(lost, 0);
    edges
}

pub(crate) fn inputs_and_edges_are_exact_to_the_tick() {
    let ticks = [3, 10, 11, 12, 40, 41, 90, 200];
    let levels = [true, false].into_iter().cycle();
    let expected: Vec<_> = ticks
        .iter()
        .zip(levels)
        .map(|(&tick, high)| PinEdge {
            tick: Some(tick),
            pin: LAMP,
            high,
        })
        .collect();
    for clock_mode in [ClockMode::RealTime, ClockMode::Unthrottled] {
        for _ in 0..2 {
            let board = board(clock_mode);
            assert_eq!(play(&board, &ticks), expected);
        }
    }
}

pub(crate) fn an_input_keeps_its_level_through_a_reset() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    board.watch_outputs(1 << LAMP);
    board.drive(BUTTON, true).unwrap();
    session.core(0).unwrap().reset().unwrap();
    until("the lamp", || {
        let (edges, _) = board.take_edges();
        edges.iter().any(|edge| edge.pin == LAMP && edge.high)
    });
}

pub(crate) fn a_pin_past_the_last_is_an_error() {
    let board = board(ClockMode::RealTime);
    let error = board.drive(32, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no pin P0.32: the last one is P0.31"
    );
    assert!(board.failure().is_none());
}

/// Of some windows: a host that stalls within one of them lets the machine run ahead.
pub(crate) fn real_time_is_not_faster_than_the_wall_clock() {
    const TICKS: u32 = 500;
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset().unwrap();
    until("a window in real time", || {
        let (start, first) = (Instant::now(), core.read_word_32(COUNT.into()).unwrap());
        until("the ticks of a window", || {
            core.read_word_32(COUNT.into()).unwrap() - first >= TICKS
        });
        start.elapsed() >= Duration::from_millis(u64::from(TICKS) / 2)
    });
}
