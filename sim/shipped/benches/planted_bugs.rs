//! How soon `sim explore` finds bugs that no golden notices, and how small what it finds gets.
//!
//! `cargo bench -p sim --bench planted_bugs` prints it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that meets the unexpected should stop there, and its bugs panic"
)]

#[path = "support/rows.rs"]
mod rows;
#[path = "planted/wrapper.rs"]
mod wrapper;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lockstep_apps::keypad::Keypad;
use lockstep_apps::lamp::Lamp;
use lockstep_apps::thermostat::Thermostat;
use lockstep_core::app::App;
use lockstep_engine::files;
use lockstep_engine::golden;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::trace::document::Document;
use lockstep_rules::counterexample::inputs_of;
use lockstep_rules::explore::{ExploreSettings, explore};
use lockstep_rules::failure::Requirements;
use lockstep_rules::files::{LoadedRules, read};
use lockstep_rules::shrink::shrink;

use rows::{heading, row};
use wrapper::{Bug, What, When, with_bug};

/// The logs of the lamp, by their places.
const LAMP_LOCK: u8 = 5;
const LAMP_IGNORED: u8 = 6;

/// How long a bug is looked for.
const LIMIT: Duration = Duration::from_secs(2);

/// A bug in an app, and the rules that should find it; the first file says what the world does.
struct Subject {
    name: String,
    app: AppEntry,
    rules: Vec<LoadedRules>,
    scenarios: PathBuf,
}

/// What came of looking for it.
struct Finding {
    sentences: Option<usize>,
    took: Duration,
}

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let registry = Registry::new(shipped_apps::shipped()).unwrap();
    let registry = registry.with_panic_guard(lockstep_console::panics::install());
    let subjects = lamps(&registry)
        .into_iter()
        .chain(thermostats(&registry))
        .chain(keypads(&registry));
    let (mut count, mut noticed) = (0, 0);
    let mut found = Vec::new();
    println!("{:<58} {:>9} {:>9}  goldens", "", "sentences", "seconds");
    for subject in subjects {
        count += 1;
        let is_noticed = is_noticed(&subject, &registry);
        noticed += usize::from(is_noticed);
        let finding = look_for(&subject, &registry);
        println!(
            "{:<58} {:>9} {:>9.2}  {}",
            subject.name,
            finding
                .sentences
                .map_or("-".to_owned(), |it| it.to_string()),
            finding.took.as_secs_f64(),
            if is_noticed { "notice it" } else { "" }
        );
        found.push(finding);
    }
    println!();
    heading();
    let mut sentences: Vec<_> = found.iter().filter_map(|it| it.sentences).collect();
    sentences.sort_unstable();
    let median = sentences.get(sentences.len() / 2).copied().unwrap_or(0);
    let slowest = found.iter().map(|it| it.took).max().unwrap_or_default();
    row("planted bugs", &count.to_string(), "50");
    row("of which a golden notices", &noticed.to_string(), "0");
    row("found", &sentences.len().to_string(), "50");
    row(
        "sentences after shrinking, median",
        &median.to_string(),
        "<= 4",
    );
    let shown = format!("{:.1} s", slowest.as_secs_f64());
    row("found and shrunk, the slowest", &shown, "<= 2 s");
}

/// Looks for it as `sim explore` does, and shrinks what is found.
fn look_for(subject: &Subject, registry: &Registry) -> Finding {
    let app = subject.app.clone().with_panic_guard(registry.panic_guard());
    let requirements = Requirements {
        app: &app,
        rules: &subject.rules,
        files: None,
    };
    let settings = ExploreSettings {
        inputs: &subject.rules[0].file.assumptions().inputs,
        seed: 1,
        shard: (1, 1),
        runs: u64::MAX,
        corpus: &[],
    };
    let start = Instant::now();
    let mut look = |_: &_, _: &_| ControlFlow::Continue(());
    let explored = explore(
        &requirements,
        &settings,
        &mut look,
        &mut |_, failed| match failed > 0 || start.elapsed() >= LIMIT {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    );
    let sentences = explored.failed.first().map(|failed| {
        let scenario = inputs_of(app.descriptor(), &failed.script);
        let kind = &failed.failure.kind;
        let small = shrink(&scenario, &mut |it| {
            requirements.fails_so(it, kind).is_some()
        });
        small.statements.len()
    });
    Finding {
        sentences,
        took: start.elapsed(),
    }
}

/// Whether a golden or an expectation of the app's scenarios notices it.
fn is_noticed(subject: &Subject, registry: &Registry) -> bool {
    let app = subject.app.clone();
    let registry = Registry::new(vec![app])
        .unwrap()
        .with_panic_guard(registry.panic_guard());
    let scenarios = files::below(&subject.scenarios, "scn").unwrap();
    scenarios.iter().any(|path| {
        let Ok(golden) = std::fs::read_to_string(path.with_extension("snap")) else {
            return false;
        };
        let golden = Document::parse(&golden).unwrap();
        match golden::play_file(&registry, path) {
            Ok(trace) => Document::from(&trace).lines != golden.lines,
            Err(_) => true,
        }
    })
}

fn subjects<A>(
    folder: &str,
    rules: &[&str],
    registry: &Registry,
    bugs: impl IntoIterator<Item = Bug>,
    power_up: fn(lockstep_core::time::Instant) -> Option<A>,
) -> Vec<Subject>
where
    A: App + Clone + std::fmt::Debug + Eq + std::hash::Hash + Send + Sync + 'static,
{
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios");
    let scenarios = root.join(folder);
    let read = |name: &&str| read(&scenarios.join(name), registry).unwrap();
    let rules: Vec<_> = rules.iter().map(read).collect();
    let name = |bug: Bug| {
        let (what, when) = (bug.what.text(&A::DESCRIPTOR), bug.when.text(&A::DESCRIPTOR));
        format!("{folder}: {what} at {when}")
    };
    let all = bugs.into_iter().map(|bug| Subject {
        name: name(bug),
        app: with_bug(bug, power_up, A::new),
        rules: rules.clone(),
        scenarios: scenarios.clone(),
    });
    all.collect()
}

/// Each of these at each time.
fn each(times: &[When], whats: &[What]) -> Vec<Bug> {
    let bugs = times.iter().flat_map(|when| {
        whats.iter().map(|what| Bug {
            when: *when,
            what: *what,
        })
    });
    bugs.collect()
}

fn lamps(registry: &Registry) -> Vec<Subject> {
    let (a, b) = (0, 1);
    let times = [
        When::Released(a, 1_210, 1_290),
        When::Released(b, 1_510, 1_690),
        When::Chord(a, b, 151, 249),
        When::Chord(b, a, 310, 390),
    ];
    let whats = [
        // The lamp while it is dark, the status light, a heart that stands still, a lock that nobody
        // turned, and a press that is ignored though nothing is locked.
        What::Shows(0, 37),
        What::Shows(2, 1),
        What::Stays(3),
        What::Says(LAMP_LOCK, 1),
        What::Says(LAMP_IGNORED, 0),
    ];
    let mut bugs = each(&times, &whats);
    bugs.push(Bug {
        when: When::Released(b, 3_100, 3_900),
        what: What::Panics,
    });
    let at = <Lamp as App>::starting_at;
    subjects("lamp", &["lamp.rules"], registry, bugs, at)
}

fn thermostats(registry: &Registry) -> Vec<Subject> {
    let (heater, fan, fault) = (0, 1, 2);
    let bugs = [
        (350, 550, What::Shows(heater, 1)),
        (750, 550, What::Shows(heater, 1)),
        (350, 750, What::Shows(heater, 1)),
        (550, 350, What::Shows(heater, 1)),
        (150, 950, What::Shows(heater, 1)),
        (550, 950, What::Shows(heater, 1)),
        (550, 150, What::Shows(fan, 1)),
        (750, 150, What::Shows(fan, 1)),
        (350, 950, What::Shows(fan, 1)),
        (750, 950, What::Shows(fan, 1)),
        (150, 950, What::Shows(fault, 0)),
        (550, 950, What::Shows(fault, 0)),
        (350, 950, What::Says(0, 1)),
        (750, 950, What::Says(0, 1)),
        (150, 950, What::Says(1, 1)),
        (550, 950, What::Says(1, 1)),
    ];
    let bugs = bugs.map(|(from, to, what)| Bug {
        when: When::Jump(from, to),
        what,
    });
    let rules = ["thermostat-sensor.rules", "thermostat.rules"];
    let at = <Thermostat as App>::starting_at;
    subjects("thermostat", &rules, registry, bugs, at)
}

fn keypads(registry: &Registry) -> Vec<Subject> {
    let times = [
        When::Chord(1, 4, 31, 79),
        When::Chord(6, 7, 110, 190),
        When::Released(3, 410, 490),
        When::Released(5, 710, 890),
    ];
    let whats = [What::Shows(0, 1), What::Says(0, 1), What::Panics];
    let mut bugs = each(&times, &whats);
    bugs.push(Bug {
        when: When::Chord(0, 2, 55, 95),
        what: What::Shows(0, 1),
    });
    let at = <Keypad as App>::starting_at;
    subjects("keypad", &["keypad.rules"], registry, bugs, at)
}
