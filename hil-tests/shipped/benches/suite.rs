//! What the hardware suite takes beyond the time of the scenarios themselves. Nothing is judged:
//! the numbers are printed beside what they should hold.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "../tests/support/environment.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lockstep_core::protocol::Stimulus;
use lockstep_engine::golden;
use lockstep_engine::project::Project;
use lockstep_engine::registry::Registry;
use lockstep_engine::trace::text;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::find;
use lockstep_hil::bench::lock::LockHolder;
use lockstep_hil::bench::plan;
use lockstep_hil::bench::{Bench, Probe, ProbeMatcher};
use lockstep_hil::session::board_message::BoardMessage;
use lockstep_hil::session::probe_target::AttachOptions;
use lockstep_hil::session::{ExpectedChip, Session};
use lockstep_hil::suite::acquire::acquire;
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::board_image::BoardImage;
use lockstep_hil::suite::prepare::{images, prepare};
use lockstep_hil::suite::run::{Images, Job, PreparedScenario, Settings, play_case};
use lockstep_hil::verdict::Verdict;
use lockstep_hil_cli::emulated_board::EmulatedBoard;
use lockstep_images::board::boards;
use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::probe::WireProtocol;
use shipped_apps::shipped;
use tempfile::TempDir;

/// The app whose image is played.
const APP: &str = "toggle";

/// How often a scenario is played.
const ROUNDS: usize = 31;

/// Scenarios of these lengths, in ticks.
const SHORT: u32 = 10;
const LONG: u32 = 4_010;

fn main() {
    let registry = Registry::new(shipped()).unwrap();
    let project = Project::read(&support::root()).unwrap();
    let inputs: Vec<_> = boards(&project.boards().unwrap())
        .unwrap()
        .into_iter()
        .map(|board| BoardPins::read(board).unwrap())
        .collect();
    let benches = find(&project.benches().unwrap(), &inputs).unwrap();
    let bench = named(&benches.benches, "virtual");
    let apps = BTreeSet::from([APP]);
    let built = images(
        &support::environment(),
        project.root(),
        &bench.board,
        &apps,
        &registry,
    );
    let firmware = built.unwrap().remove(0);
    println!("{:<60}{:>12}{:>14}", "", "measured", "to hold");
    first_frame(&firmware);
    unchanged(&firmware, named(&benches.benches, "microbit-v1"));
    let images = Images::from([((bench.board.name.clone(), APP), firmware)]);
    overhead(&images, bench, &registry);
}

fn named<'b>(benches: &'b [Bench], name: &str) -> &'b Bench {
    benches.iter().find(|bench| bench.name == name).unwrap()
}

fn row(name: &str, measured: &str, to_hold: &str) {
    println!("{name:<60}{measured:>12}{to_hold:>14}");
}

fn ms(time: f64) -> String {
    format!("{:.1} ms", time * 1e3)
}

/// From nothing to the first frame of the image that ships.
fn first_frame(firmware: &BoardImage) {
    let times = (0..ROUNDS / 3).map(|_| {
        let begun = Instant::now();
        let board = VirtualBoard::start(([127, 0, 0, 1], 0).into(), ClockMode::RealTime).unwrap();
        let chip = "nRF51822_xxAA";
        let options = AttachOptions {
            selector: board.selector().parse().unwrap(),
            chip,
            protocol: WireProtocol::Swd,
            speed_khz: None,
            under_reset: false,
        };
        let expected = ExpectedChip {
            chip,
            triple: "thumbv6m-none-eabi",
            chip_id: None,
        };
        let mut session = Session::attach(&options, &expected).unwrap();
        session.flash(&firmware.bytes, &firmware.elf).unwrap();
        let hello = loop {
            // The channels are there once start-up is over.
            let Ok(mut link) = session.link(&firmware.elf) else {
                continue;
            };
            if let Some(received) = link.receive().unwrap() {
                break received.message;
            }
        };
        assert!(matches!(hello, BoardMessage::Hello(_)));
        begun.elapsed()
    });
    let name = "start, attach, flash, first frame: median of 10";
    row(name, &ms(median(times.collect())), "<= 1000 ms");
}

/// A second process finds the image that the first has left.
fn unchanged(firmware: &BoardImage, bench: &Bench) {
    let board = VirtualBoard::start(([127, 0, 0, 1], 0).into(), ClockMode::Unthrottled).unwrap();
    let probe = ProbeMatcher {
        selector: board.selector().parse().unwrap(),
        serial_prefixes: Vec::new(),
    };
    let bench = Bench {
        probe: Probe::Real(probe.clone()),
        ..bench.clone()
    };
    let locks = tempfile::tempdir().unwrap();
    let load = || {
        let owner = LockHolder {
            pid: std::process::id(),
            command: "benchmark".to_owned(),
            since: 0,
        };
        let locks = locks.path().join("locks");
        let mut session = acquire(&bench, &probe, &locks, &owner, &|| false).unwrap();
        session.load(firmware).unwrap();
        session.flash_count()
    };
    assert_eq!(load(), 1, "a blank chip is flashed");
    row(
        "flash writes of an image that is there",
        &load().to_string(),
        "0",
    );
}

/// What a scenario takes that has hardly any time of its own.
fn overhead(images: &Images, bench: &Bench, registry: &Registry) {
    let folder = tempfile::tempdir().unwrap();
    let short = scenario(&folder, registry, SHORT);
    let long = scenario(&folder, registry, LONG);
    for (stimulus, word) in [(Stimulus::Scheduled, "rtt"), (Stimulus::Pins, "pins")] {
        let board = Box::new(EmulatedBoard::new(ClockMode::Unthrottled));
        let mut session = BenchSession::new(bench, board);
        let mut time = |prepared: &PreparedScenario| {
            let job = Job {
                index: 0,
                prepared,
                bench,
                stimulus,
                skip: None,
            };
            let settings = Settings {
                images,
                attempts: 1,
                cancelled: &|| false,
                keep: &|_, _| None,
            };
            let begun = Instant::now();
            let case = play_case(&job, &mut session, &settings).0;
            let took = begun.elapsed();
            assert_eq!(case.verdict(), Verdict::Pass, "{:?}", case.cause());
            took
        };
        // The first one starts the board and flashes it.
        time(&short);
        let (short, long): (Vec<_>, Vec<_>) =
            (0..ROUNDS).map(|_| (time(&short), time(&long))).unzip();
        let (short, long) = (median(short), median(long));
        let tick = (long - short) / f64::from(LONG - SHORT);
        let beyond = short - tick * f64::from(SHORT);
        let name = format!("a scenario beyond its own time, {word}: median of {ROUNDS}");
        row(&name, &ms(beyond), "<= 100 ms");
        let name = format!("ticks of a scenario, {word}");
        row(&name, &format!("{:.0} /s", tick.recip()), "");
    }
}

/// A scenario in which nothing happens for so many ticks.
fn scenario(folder: &TempDir, registry: &Registry, ticks: u32) -> PreparedScenario {
    let path = folder.path().join(format!("{ticks}.scn"));
    fs::write(&path, format!("app {APP}\n\nwait {ticks} ms\n")).unwrap();
    let trace = golden::play_file(registry, &path).unwrap();
    let mut golden = Vec::new();
    text::write(&trace, &mut golden).unwrap();
    fs::write(path.with_extension("snap"), golden).unwrap();
    prepare(&found(folder.path(), registry, ticks), registry).unwrap()
}

fn found(folder: &Path, registry: &Registry, ticks: u32) -> plan::Scenario {
    let found = plan::scenarios(folder, registry).unwrap();
    let is_it = |scenario: &plan::Scenario| scenario.name == ticks.to_string();
    found.into_iter().find(is_it).unwrap()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
