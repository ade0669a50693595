//! How long `sim margin` takes over all scenarios of the lamp.
//!
//! `cargo bench -p sim --bench margins` prints it.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/rows.rs"]
mod rows;
#[path = "support/timing.rs"]
mod timing;

use std::path::Path;
use std::process::{Command, Stdio};

use lockstep_engine::files;
use rows::{heading, row};
use timing::by_turns;

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    heading();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scenarios = root.join("fixtures/scenarios/lamp");
    let count = files::below(&scenarios, "scn").unwrap().len();
    let [time] = by_turns([&mut || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        command.arg("margin").arg(&scenarios).stdout(Stdio::null());
        assert!(command.status().unwrap().success());
    }]);
    let what = format!("margins of {count} scenarios of the lamp");
    row(&what, &format!("{:.1} s", time.as_secs_f64()), "<= 5 s");
}
