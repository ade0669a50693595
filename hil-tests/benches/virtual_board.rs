//! What the virtual board takes, each number from one run.
//!
//! `cargo bench -p hil-tests` prints them. Machines are noisy, so the best of
//! some rounds counts; nothing here fails a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "../tests/virtual_board/programs.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod programs;
#[path = "../tests/virtual_board/support.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod support;

use std::time::{Duration, Instant};

use hil_tests::virtual_board::core::Core;
use hil_tests::virtual_board::machine::Pace;
use hil_tests::virtual_board::pins::TickClock;
use probe_rs::MemoryInterface;
use programs::{CODE, COUNT, TICK, TICKER, image};
use support::{attach, board, flash, machine};

const ROUNDS: usize = 3;
const CLOCK: TickClock = TickClock {
    handler: TICK,
    counter: COUNT,
};

fn main() {
    if machine(Pace::RealTime).is_none() {
        return;
    }
    start();
    bandwidth();
    ticks();
}

fn row(what: &str, measured: &str) {
    println!("{what:<58} {measured:>16}");
}

fn start() {
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let board = board(Pace::RealTime).unwrap();
        let started = begun.elapsed();
        let mut session = attach(&board);
        let attached = begun.elapsed();
        flash(&mut session, &TICKER);
        let mut core = session.core(0).unwrap();
        core.reset().unwrap();
        while core.read_word_32(COUNT.into()).unwrap() == 0 {}
        for (best, now) in best.iter_mut().zip([started, attached, begun.elapsed()]) {
            *best = now.min(*best);
        }
    }
    for (what, best) in [
        "start",
        "start, attach",
        "start, attach, flash, first tick (hold: 1 s)",
    ]
    .iter()
    .zip(best)
    {
        row(what, &format!("{:.0} ms", best.as_secs_f64() * 1e3));
    }
}

fn bandwidth() {
    let board = board(Pace::RealTime).unwrap();
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    let mut memory = vec![0u8; 16 * 1024];
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        core.read(0x2000_0000, &mut memory).unwrap();
        best = best.min(begun.elapsed());
    }
    let rate = memory.len() as f64 / best.as_secs_f64() / 1024.0;
    row("memory read through the probe", &format!("{rate:.0} KiB/s"));
}

/// Ticks in one second of real time, by what `count` reads.
fn rate(mut count: impl FnMut() -> u32) -> f64 {
    let (begun, first) = (Instant::now(), count());
    let mut last = first;
    while begun.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
        last = count();
    }
    f64::from(last - first) / begun.elapsed().as_secs_f64()
}

/// The rate of a machine that no board is around.
fn plain() -> f64 {
    let mut machine = machine(Pace::Fast).unwrap();
    for (register, value) in [(0x4001_e504, 2), (0x4001_e50c, 1), (0x4001_e504, 1)] {
        machine.write_word(register, value).unwrap();
    }
    for (at, word) in (0..).step_by(4).zip(image(&TICKER).chunks(4)) {
        let word = word.try_into().unwrap();
        machine.write_word(at, u32::from_le_bytes(word)).unwrap();
    }
    machine.write_word(0x4001_e504, 0).unwrap();
    machine.reset().unwrap();
    assert_eq!(machine.read_word(4).unwrap() & !1, CODE);
    machine.run().unwrap();
    rate(|| machine.read_word(COUNT).unwrap())
}

/// The rate of a board with a debugger attached.
fn attached(follow: bool) -> f64 {
    let board = board(Pace::Fast).unwrap();
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(support::SECOND).unwrap();
    if follow {
        board.follow_ticks(CLOCK, &[]).unwrap();
    }
    core.run().unwrap();
    rate(|| core.read_word_32(COUNT.into()).unwrap())
}

fn ticks() {
    let mut best = [0f64; 3];
    for _ in 0..ROUNDS {
        for (best, now) in best
            .iter_mut()
            .zip([plain(), attached(false), attached(true)])
        {
            *best = now.max(*best);
        }
    }
    let [plain, attached, followed] = best;
    row("fast ticks, QEMU alone", &format!("{plain:.0} /s"));
    for (what, measured) in [("attached", attached), ("each tick stopped at", followed)] {
        let text = format!("{measured:.0} /s, {:.2}", measured / plain);
        row(&format!("fast ticks, {what}, and their ratio"), &text);
    }
}
