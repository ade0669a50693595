mod long_inputs;
mod properties;
mod texts;
mod tuning;

use std::ops::ControlFlow;
use std::path::Path;

use lockstep_apps::lamp::Lamp;
use walkdir::WalkDir;

use super::*;
use crate::checker::{Failure, check_trace};
use crate::files::FilesIn;
use crate::play;
use crate::registry::{AppEntry, Registry};
use crate::scenario::plan::{Plan, plan, plan_with};
use crate::scenario::{compact, grammar};
use crate::testing::shipped;

fn played(app: &AppEntry, script: &Script) -> Trace {
    play::trace(app, script, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn export_text(app: &AppEntry, script: &Script) -> String {
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

/// The exported text of a run, after checking that it plays that run again and holds.
fn exported(app: &AppEntry, script: &Script) -> String {
    let text = export_text(app, script);
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
fn every_shipped_scenario_can_be_exported() {
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
        let files = FilesIn::folder_of(&path);
        let plan = plan_with(&scenario, app.descriptor(), Some(&files));
        let script = plan.unwrap().script;
        let text = exported(app, &script);
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
