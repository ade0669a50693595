//! What the virtual board takes, each number from one run.
//!
//! `cargo bench -p hil --bench virtual_board` prints them. Machines are noisy, so the best of
//! some rounds counts; nothing here fails a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "../tests/support/boards.rs"]
mod boards;
#[path = "../tests/support/machine.rs"]
mod missing_machine;
#[path = "../tests/support/programs.rs"]
mod programs;

use std::time::{Duration, Instant};

use boards::{SECOND, attach, board, flash, machine};
use lockstep_virtual_board::cpu::Cpu;
use lockstep_virtual_board::machine::ClockMode;
use lockstep_virtual_board::pins::TickHook;
use probe_rs::MemoryInterface;
use probe_rs::rtt::Rtt;
use programs::{CODE, COUNT, TICK, TICKER, image};

const ROUNDS: usize = 3;
const HOOK: TickHook = TickHook {
    address: TICK,
    counter: COUNT,
    break_ticks: None,
};

fn main() {
    if let Some(reason) = missing_machine::missing() {
        eprintln!("nothing is measured: {reason}");
        return;
    }
    start();
    bandwidth();
    rtt();
    real_time();
    ticks();
}

fn row(what: &str, measured: &str) {
    println!("{what:<58} {measured:>16}");
}

fn start() {
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let board = board(ClockMode::RealTime);
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

/// How long it takes to fill the memory, at best, in seconds.
fn fastest(memory: &mut [u8], mut read: impl FnMut(&mut [u8])) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        read(memory);
        begun.elapsed()
    });
    rounds.min().unwrap_or_default().as_secs_f64()
}

fn bandwidth() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    let mut core = session.core(0).unwrap();
    let mut machine = machine(ClockMode::RealTime);
    let mut memory = vec![0u8; 16 * 1024];
    let plain = fastest(&mut memory, |memory| {
        machine.read(0x2000_0000, memory).unwrap();
    });
    let probe = fastest(&mut memory, |memory| {
        core.read(0x2000_0000, memory).unwrap();
    });
    let rate = |seconds: f64| format!("{:.0} KiB/s", 16.0 / seconds);
    row("memory read, QEMU alone", &rate(plain));
    let text = format!("{}, {:.2}", rate(probe), plain / probe);
    row("memory read through the probe, and the ratio", &text);
}

/// Where the program keeps its RTT channel, the ring of it, and the size of that.
const CONTROL_BLOCK: u32 = 0x2000_0400;
const RING: u32 = 0x2000_0800;
const RING_BYTES: u32 = 1024;

/// Keeps the ring full: `ldr r0,=write; ldr r3,=mask; ldr r1,[r0,#4]; subs r1,#1; ands r1,r3;
/// str r1,[r0]; b .-8`.
const TALKER: [u16; 12] = [
    0x4803, 0x4b04, 0x6841, 0x3901, 0x4019, 0x6001, 0xe7fa, 0x46c0, 0x0424, 0x2000, 0x03ff, 0x0000,
];

fn rtt() {
    let board = board(ClockMode::RealTime);
    let mut session = attach(&board);
    flash(&mut session, &TALKER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.write(CONTROL_BLOCK.into(), b"SEGGER RTT\0\0\0\0\0\0")
        .unwrap();
    let words = [1, 0, 0, RING, RING_BYTES, 0, 0, 0];
    core.write_32(u64::from(CONTROL_BLOCK) + 16, &words)
        .unwrap();
    core.run().unwrap();
    let mut rtt = Rtt::attach_at(&mut core, CONTROL_BLOCK.into()).unwrap();
    let channel = rtt.up_channel(0).unwrap();
    let mut ring = vec![0; RING_BYTES as usize];
    let (begun, mut bytes) = (Instant::now(), 0);
    while begun.elapsed() < SECOND {
        bytes += channel.read(&mut core, &mut ring).unwrap();
    }
    let rate = bytes as f64 / begun.elapsed().as_secs_f64() / 1024.0;
    row(
        "RTT, a ring of 1 KiB that is never empty",
        &format!("{rate:.0} KiB/s"),
    );
}

fn real_time() {
    for (what, follow) in [("attached", false), ("each tick stopped at", true)] {
        let measured = attached(ClockMode::RealTime, follow);
        row(
            &format!("ticks in real time, {what} (hold: 1000 /s)"),
            &format!("{measured:.0} /s"),
        );
    }
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
    let mut machine = machine(ClockMode::Unthrottled);
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
fn attached(clock_mode: ClockMode, follow: bool) -> f64 {
    let board = board(clock_mode);
    let mut session = attach(&board);
    flash(&mut session, &TICKER);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    if follow {
        board.follow_ticks(HOOK, &[], &[]).unwrap();
    }
    core.run().unwrap();
    rate(|| core.read_word_32(COUNT.into()).unwrap())
}

fn ticks() {
    let mut best = [0f64; 3];
    for _ in 0..ROUNDS {
        for (best, now) in best.iter_mut().zip([
            plain(),
            attached(ClockMode::Unthrottled, false),
            attached(ClockMode::Unthrottled, true),
        ]) {
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
