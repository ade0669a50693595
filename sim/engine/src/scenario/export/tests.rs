mod properties;
mod texts;
mod tuning;

use std::ops::ControlFlow;
use std::path::Path;

use lockstep_apps::lamp::Lamp;
use walkdir::WalkDir;

use super::*;
use crate::checker::{Failure, check_trace};
use crate::play;
use crate::registry::{AppEntry, Registry};
use crate::scenario::check::{Plan, plan};
use crate::scenario::{compact, grammar};
use crate::testing::shipped;

fn played(app: &AppEntry, script: &Script) -> Trace {
    play::trace(app, script, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn written(app: &AppEntry, script: &Script) -> String {
    export(app.descriptor(), script, &played(app, script)).to_string()
}

fn read(app: &AppEntry, text: &str) -> Plan {
    let scenario =
        grammar::parse(text).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}\n{text}"));
    plan(&scenario, app.descriptor())
        .unwrap_or_else(|diagnostics| panic!("{diagnostics:?}\n{text}"))
}

fn failures(app: &AppEntry, text: &str) -> Vec<Failure> {
    let plan = read(app, text);
    check_trace(&plan.checks, &played(app, &plan.script))
}

/// The text of a run that was written from its trace, and found to be that run again.
fn held(app: &AppEntry, script: &Script) -> String {
    let text = written(app, script);
    assert_eq!(&read(app, &text).script, script, "\n{text}");
    assert_eq!(failures(app, &text), [], "\n{text}");
    text
}

fn lamp() -> AppEntry {
    AppEntry::of::<Lamp>()
}

fn script(app: &AppEntry, line: &str) -> Script {
    plan(&compact::parse(line).unwrap(), app.descriptor())
        .unwrap()
        .script
}

#[test]
fn every_scenario_that_ships_is_written_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios");
    let registry = Registry::new(shipped()).unwrap();
    let mut count = 0;
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|extension| extension != "scn") {
            continue;
        }
        count += 1;
        let scenario = grammar::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let app = registry.find(&scenario.app.as_ref().unwrap().text).unwrap();
        let script = plan(&scenario, app.descriptor()).unwrap().script;
        let text = held(app, &script);
        if std::env::var("SHOW").is_ok() {
            println!("=== {} {}\n{text}", path.display(), text.lines().count());
        }
        let lines = text.lines().count();
        let bound = 25 + 8 * script.events().len();
        assert!(
            lines <= bound,
            "{}: {lines} lines, at most {bound} expected\n{text}",
            path.display()
        );
    }
    assert!(count > 50);
}
