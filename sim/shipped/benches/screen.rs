//! The numbers the terminal UI holds itself to.
//!
//! `cargo bench -p sim --bench screen` prints them. Nothing here fails a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/billboard.rs"]
mod billboard;
#[path = "support/busy_hour.rs"]
mod busy_hour;

use std::time::{Duration, Instant};

use lockstep_apps::lamp::Lamp;
use lockstep_core::time::RunTicks;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_terminal::bench_support::HeadlessUi;
use shipped_apps::shipped;

use billboard::Billboard;
use busy_hour::{HOUR, busy_hour};

const MINUTE: RunTicks = RunTicks(60_000);
const FRAME: Duration = Duration::from_millis(33);
const SAMPLES: usize = 1_000;

/// The largest screen that the layout is made for, and so the slowest to draw.
const SCREEN: (u16, u16) = (200, 60);

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    println!("{:<66} {:>12} {:>12}", "", "measured", "to hold");
    let before = resident_kib();
    let mut bench = played_hour();
    bench.draw().expect("a sink takes everything");
    let history = resident_kib().saturating_sub(before);
    jump(&mut bench);
    bench.jump(bench.end());
    input("after an hour at 1x", &mut bench);
    bench.key('*');
    input("after an hour at unlimited speed", &mut bench);
    row(
        "memory for an hour with 10 events a second",
        &format!("{:.1} MiB", history as f64 / 1024.0),
        "< 64 MiB",
    );
    let mut bench = billboard();
    bench.draw().expect("a sink takes everything");
    input("a 128 x 64 matrix redrawn 30 times a second", &mut bench);
    idle();
}

fn row(what: &str, measured: &str, to_hold: &str) {
    println!("{what:<66} {measured:>12} {to_hold:>12}");
}

/// From a key that comes at the worst time, just when a frame's ticks are about to be
/// played, to the frame that shows what it did.
fn input(what: &str, bench: &mut HeadlessUi) {
    // A frame's worth of ticks is found in the first of them.
    let times = (0..SAMPLES + 100).map(|sample| {
        let start = Instant::now();
        let ticks = bench.advance_clock(FRAME);
        bench.record_play_time(ticks, FRAME, start.elapsed());
        bench.key(if sample % 2 == 0 { 'a' } else { 'b' });
        bench.draw().expect("a sink takes everything");
        start.elapsed()
    });
    let times = sorted(times.skip(100));
    row(
        &format!("input to frame, {what}, 99th percentile"),
        &format!("{:.2} ms", ms(times[SAMPLES * 99 / 100])),
        "<= 16 ms",
    );
}

fn jump(bench: &mut HeadlessUi) {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let times = sorted((0..SAMPLES).map(|_| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let tick = RunTicks(random % HOUR.0);
        let start = Instant::now();
        bench.jump(tick);
        bench.draw().expect("a sink takes everything");
        start.elapsed()
    }));
    row(
        "jump in an hour with 10 events a second and draw, 99th percentile",
        &format!("{:.2} ms", ms(times[SAMPLES * 99 / 100])),
        "<= 16 ms",
    );
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// An hour in which A and B are pressed and let go by turns, ten times a second.
fn played_hour() -> HeadlessUi {
    let script = busy_hour(HOUR, 100);
    let registry = Registry::new(shipped()).expect("what ships can be used");
    let app = AppEntry::of::<Lamp>();
    HeadlessUi::new(registry, &app, &script, SCREEN).expect("the lamp plays")
}

/// A display that has been redrawn for a minute.
fn billboard() -> HeadlessUi {
    let app = AppEntry::of::<Billboard>();
    let registry = Registry::new(vec![app.clone()]).expect("it can be used");
    HeadlessUi::new(registry, &app, &busy_hour(MINUTE, 0), SCREEN).expect("it plays")
}

/// What the process has in memory, as Linux tells it; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn idle() {
    row("CPU at 1x while nothing happens", "skipped", "< 3 %");
}

/// The real program in a pseudo-terminal, for some seconds of real time.
#[cfg(target_os = "linux")]
fn idle() {
    use std::io::{Read, Write};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::thread;

    use pty_process::Size;
    use pty_process::blocking::{Command, open};

    const MEASURED: Duration = Duration::from_secs(5);
    let (pty, pts) = open().expect("there are pseudo-terminals");
    pty.resize(Size::new(SCREEN.1, SCREEN.0))
        .expect("it can be resized");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sim"))
        .env("TERM", "xterm-256color")
        .spawn(pts)
        .expect("the simulator starts");
    // What every terminal answers when it is asked what it is.
    (&pty).write_all(b"\x1b[?62;c").expect("it can be written");
    let pty = Arc::new(pty);
    let written = Arc::new(AtomicUsize::new(0));
    let (started, has_started) = mpsc::channel();
    let (reader, count) = (Arc::clone(&pty), Arc::clone(&written));
    thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(read @ 1..) = (&*reader).read(&mut bytes) {
            if count.fetch_add(read, Ordering::Relaxed) > 4_096 {
                let _ = started.send(());
            }
        }
    });
    has_started
        .recv_timeout(Duration::from_secs(30))
        .expect("the simulator draws");

    let path = format!("/proc/{}/schedstat", child.id());
    let used = || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let ns = text
            .split_whitespace()
            .next()
            .and_then(|ns| ns.parse().ok());
        Duration::from_nanos(ns.unwrap_or(0))
    };
    let (before, bytes, start) = (used(), written.load(Ordering::Relaxed), Instant::now());
    thread::sleep(MEASURED);
    let (after, took) = (used(), start.elapsed());
    let bytes = written.load(Ordering::Relaxed) - bytes;
    let percent = 100.0 * (after - before).as_secs_f64() / took.as_secs_f64();
    row(
        &format!(
            "CPU at 1x while nothing happens, {}x{} ({:.0} kB/s written)",
            SCREEN.0,
            SCREEN.1,
            bytes as f64 / took.as_secs_f64() / 1e3
        ),
        &format!("{percent:.1} %"),
        "< 3 %",
    );
    let _ = child.kill();
    let _ = child.wait();
}
