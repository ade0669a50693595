//! The world outside the chip.

use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::Pace;
use lockstep_virtual_board::pins::{Drive, Edge, TickClock};
use probe_rs::MemoryInterface;

use crate::programs::*;
use crate::support::*;

const BUTTON: u8 = 17;
const LAMP: u8 = 3;
const CLOCK: TickClock = TickClock {
    stop: TICK,
    counter: COUNT,
    alarms: None,
};

fn drives(ticks: &[u32]) -> Vec<Drive> {
    let levels = [true, false].into_iter().cycle();
    let drive = |(&tick, high)| Drive {
        tick,
        pin: BUTTON,
        high,
    };
    ticks.iter().zip(levels).map(drive).collect()
}

/// Plays a pin script from reset, and gives the edges of the lamp.
fn play(board: &VirtualBoard, ticks: &[u32]) -> Vec<Edge> {
    let mut session = attach(board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.write_word_32(COUNT.into(), 0).unwrap();
    board.watch_pins(1 << LAMP);
    board.drive(BUTTON, false).unwrap();
    board.follow_ticks(CLOCK, &drives(ticks), &[]).unwrap();
    core.run().unwrap();
    let last = ticks.last().unwrap() + 2;
    until("the last tick", || {
        core.read_word_32(COUNT.into()).unwrap() > last
    });
    let (edges, lost) = board.take_edges();
    assert_eq!(lost, 0);
    edges
}

#[test]
fn pins_are_driven_and_seen_at_their_ticks() {
    let ticks = [3, 10, 11, 12, 40, 41, 90, 200];
    let levels = [true, false].into_iter().cycle();
    let expected: Vec<_> = ticks
        .iter()
        .zip(levels)
        .map(|(&tick, high)| Edge {
            tick: Some(tick),
            pin: LAMP,
            high,
        })
        .collect();
    for pace in [Pace::RealTime, Pace::Fast] {
        for _ in 0..2 {
            let Some(board) = board(pace) else { return };
            assert_eq!(play(&board, &ticks), expected);
        }
    }
}

#[test]
fn a_level_survives_a_reset() {
    let Some(board) = board(Pace::RealTime) else {
        return;
    };
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    board.watch_pins(1 << LAMP);
    board.drive(BUTTON, true).unwrap();
    session.core(0).unwrap().reset().unwrap();
    until("the lamp", || {
        let (edges, _) = board.take_edges();
        edges.iter().any(|edge| edge.pin == LAMP && edge.high)
    });
}

#[test]
fn there_is_no_pin_past_the_last() {
    let Some(board) = board(Pace::RealTime) else {
        return;
    };
    let error = board.drive(32, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no pin P0.32: the last one is P0.31"
    );
    assert!(board.failure().is_none());
}
