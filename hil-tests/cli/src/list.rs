//! `hil list`: benches, boards, scenarios, and the tests that follow from them.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use serde::Serialize;

use super::suite_inputs::SuiteInputs;
use lockstep_core::protocol::Stimulus;
use lockstep_hil::bench::find::UnusableBench;
use lockstep_hil::bench::plan::{Test, plan};
use lockstep_hil::bench::{Bench, Capability, Probe};

/// The options of `hil list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// The whole listing, as JSON has it.
#[derive(Serialize)]
struct Listing<'a> {
    benches: Vec<BenchEntry<'a>>,
    unusable: Vec<UnusableEntry<'a>>,
    boards: Vec<BoardEntry<'a>>,
    scenarios: Vec<ScenarioEntry<'a>>,
    tests: Vec<TestEntry<'a>>,
}

#[derive(Serialize)]
struct BenchEntry<'a> {
    name: &'a str,
    file: String,
    board: &'a str,
    chip: &'a str,
    probe: String,
    serial_starts_with: &'a [String],
    protocol: String,
    speed_khz: Option<u32>,
    connect_under_reset: bool,
    tolerance_ticks: u64,
    cannot: Vec<&'static str>,
    wired: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct UnusableEntry<'a> {
    name: &'a str,
    file: String,
    reason: String,
}

#[derive(Serialize)]
struct BoardEntry<'a> {
    name: &'a str,
    chip: &'a str,
    target: &'a str,
    apps: Vec<&'a str>,
}

#[derive(Serialize)]
struct ScenarioEntry<'a> {
    name: &'a str,
    app: &'a str,
    ticks: u64,
}

#[derive(Serialize)]
struct TestEntry<'a> {
    name: String,
    bench: &'a str,
    stimulus: &'static str,
    scenario: &'a str,
    skipped: Option<String>,
}

impl ListArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let suite = match SuiteInputs::read(registry, report) {
            Ok(suite) => suite,
            Err(exit) => return exit,
        };
        let tests = plan(&suite.benches, &suite.boards, &suite.scenarios);
        let text = match self.json {
            true => match serde_json::to_string(&listing(&suite, &tests)) {
                Ok(json) => json + "\n",
                Err(error) => return report.error(error),
            },
            false => table(&suite, &tests),
        };
        match output::write(None, text.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}

fn listing<'a>(suite: &'a SuiteInputs, tests: &[Test<'a>]) -> Listing<'a> {
    let boards = suite.boards.iter().map(|inputs| BoardEntry {
        name: &inputs.board.name,
        chip: &inputs.board.chip,
        target: &inputs.board.target,
        apps: inputs.map.apps.keys().map(String::as_str).collect(),
    });
    let scenarios = suite.scenarios.iter().map(|scenario| ScenarioEntry {
        name: &scenario.name,
        app: scenario.app,
        ticks: scenario.end.0,
    });
    let tests = tests.iter().map(|test| TestEntry {
        name: test.to_string(),
        bench: &test.bench.name,
        stimulus: test.stimulus.word(),
        scenario: &test.scenario.name,
        skipped: test.skip.as_ref().map(ToString::to_string),
    });
    Listing {
        benches: suite.benches.iter().map(bench_entry).collect(),
        unusable: suite.unusable.iter().map(unusable_entry).collect(),
        boards: boards.collect(),
        scenarios: scenarios.collect(),
        tests: tests.collect(),
    }
}

fn bench_entry(bench: &Bench) -> BenchEntry<'_> {
    BenchEntry {
        name: &bench.name,
        file: bench.path.display().to_string(),
        board: &bench.board.name,
        chip: &bench.chip,
        probe: bench.probe.to_string(),
        serial_starts_with: match &bench.probe {
            Probe::Virtual => &[],
            Probe::Real(probe) => &probe.serial_prefixes,
        },
        protocol: bench.protocol.to_string().to_lowercase(),
        speed_khz: bench.speed,
        connect_under_reset: bench.connect_under_reset,
        tolerance_ticks: bench.tolerance.0,
        cannot: bench
            .missing_capabilities
            .iter()
            .copied()
            .map(Capability::name)
            .collect(),
        wired: bench
            .wiring
            .iter()
            .map(|(input, driver)| (input.to_string(), driver.to_string()))
            .collect(),
    }
}

fn unusable_entry(bench: &UnusableBench) -> UnusableEntry<'_> {
    UnusableEntry {
        name: &bench.name,
        file: bench.path.display().to_string(),
        reason: bench.error.to_string(),
    }
}

fn table(suite: &SuiteInputs, tests: &[Test<'_>]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for bench in &suite.benches {
        let probe = match &bench.probe {
            Probe::Virtual => bench.probe.to_string(),
            Probe::Real(_) => format!("{}, if it is plugged in", bench.probe),
        };
        let _ = writeln!(
            text,
            "bench     {:<16}{:<16}{:<16}{probe}",
            bench.name, bench.board.name, bench.chip
        );
        for stimulus in Stimulus::ALL {
            let of_these =
                |test: &&Test<'_>| test.bench.name == bench.name && test.stimulus == stimulus;
            let _ = writeln!(
                text,
                "  {:<8}{}",
                stimulus.word(),
                count_tests(tests.iter().filter(of_these))
            );
        }
    }
    for bench in &suite.unusable {
        let _ = writeln!(
            text,
            "unusable  {:<16}{}",
            bench.name.escape_debug().to_string(),
            bench.path.display().to_string().escape_debug()
        );
    }
    for inputs in &suite.boards {
        let apps: Vec<_> = inputs.map.apps.keys().map(String::as_str).collect();
        let _ = writeln!(
            text,
            "board     {:<16}images of {}",
            inputs.board.name,
            apps.join(", ")
        );
    }
    let _ = writeln!(text, "scenarios {}", suite.scenarios.len());
    for test in tests.iter().filter(|test| test.skip.is_none()) {
        let _ = writeln!(text, "test      {test}");
    }
    text
}

/// How many tests run, and how many are skipped for which reason.
fn count_tests<'t>(tests: impl Iterator<Item = &'t Test<'t>>) -> String {
    let mut run = 0;
    let mut skipped = BTreeMap::<_, usize>::new();
    for test in tests {
        match &test.skip {
            None => run += 1,
            Some(skip) => *skipped.entry(skip.to_string()).or_default() += 1,
        }
    }
    let mut parts = Vec::new();
    if run > 0 || skipped.is_empty() {
        parts.push(format!("{run} tests"));
    }
    let skipped = skipped.iter();
    parts.extend(skipped.map(|(reason, count)| format!("{count} skipped: {reason}")));
    parts.join("; ")
}
