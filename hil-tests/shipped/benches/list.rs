//! What it takes to list the tests of the hardware suite. Nothing is judged: the numbers are
//! printed beside what they should hold.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each process is started, by turns.
const PAIRS: usize = 100;

fn main() {
    let mut lists = Vec::with_capacity(PAIRS);
    let mut versions = Vec::with_capacity(PAIRS);
    for _ in 0..PAIRS {
        versions.push(time("--version"));
        lists.push(time("list"));
    }
    let (list, version) = (median(lists), median(versions));
    println!("{:<60}{:>12}{:>14}", "", "measured", "to hold");
    row(
        "`hil list`, median of 100",
        &format!("{:.2} ms", list * 1e3),
        "<= 50 ms",
    );
    row(
        "`hil list` / `hil --version`",
        &format!("{:.1}", list / version),
        "",
    );
}

fn row(name: &str, measured: &str, to_hold: &str) {
    println!("{name:<60}{measured:>12}{to_hold:>14}");
}

/// How long the binary takes to do this in the repository.
fn time(argument: &str) -> Duration {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_hil"))
        .arg(argument)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .stdout(Stdio::null())
        .status()
        .expect("the binary starts");
    assert!(status.success(), "{argument} ends well");
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
