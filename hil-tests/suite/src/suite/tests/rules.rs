//! Rules on the traces of boards: what breaks one fails, and every report says which.

use std::fs;

use lockstep_apps::toggle::Toggle;
use lockstep_core::time::RunTicks;
use lockstep_engine::app;
use lockstep_engine::registry::Registry;
use lockstep_engine::source::Source;
use lockstep_rules::files::LoadedRules;
use lockstep_rules::parser::parse;

use super::{Desk, GlitchyToggle, TWO_PRESSES, message, prepared};
use crate::bench::plan::scenario;
use crate::fake::{self, FakeBoard, FakeImage};
use crate::report::{jsonl, junit, text};
use crate::suite::prepare::{AppRules, PrepareError, prepare_without_golden};
use crate::verdict::{Case, Suite, Verdict};
use lockstep_core::protocol::Stimulus;
use tempfile::tempdir;

fn rules(text: &str) -> Vec<LoadedRules> {
    let registry = Registry::new(shipped_apps::shipped()).unwrap();
    let text = format!("app toggle\n{text}\n");
    vec![LoadedRules {
        file: parse(&text, &registry).unwrap(),
        source: Source {
            name: "a/toggle.rules".to_owned(),
            bytes: text.into_bytes(),
        },
    }]
}

fn played(scenario: &str, text: &str, is_glitchy: bool) -> Case {
    let (bench, toggle) = (fake::emulated_bench(), FakeImage::toggle());
    let image = match is_glitchy {
        true => FakeImage::of::<GlitchyToggle>(toggle.identity),
        false => toggle,
    };
    let board = FakeBoard::blank(&[&image]);
    let mut prepared = prepared(scenario);
    prepared.rules = rules(text);
    Desk::new(&bench, board.emulated(), &image).attempt(&prepared, Stimulus::Scheduled, 1)
}

#[test]
fn a_rule_that_the_board_keeps_changes_nothing() {
    let case = played(
        TWO_PRESSES,
        "whenever button is pressed, led changes",
        false,
    );
    assert_eq!(case.verdict(), Verdict::Pass, "{}", message(&case));
}

#[test]
fn a_board_that_does_what_the_golden_says_and_breaks_a_rule_fails() {
    let case = played(TWO_PRESSES, "dark: never led is on", false);
    assert_eq!(case.verdict(), Verdict::Fail);
    let broken = "the rule `dark` is broken: at tick 50 this holds, and it must never";
    assert_eq!(message(&case), broken);
    let cause = case.cause().unwrap();
    assert_eq!(cause.tick, Some(RunTicks(50)));
    assert_eq!(
        cause.place.as_ref().unwrap().to_string(),
        "a/toggle.rules:2"
    );

    let suite = Suite {
        cases: vec![case],
        ..Suite::default()
    };
    let console = text::render(&suite);
    let junit = junit::render(&suite).unwrap();
    let json = jsonl::render(&suite).unwrap();
    for (report, said) in [
        (&console, broken),
        (&console, "at a/toggle.rules:2"),
        (&console, "50  (here)"),
        (&junit, broken),
        (&junit, "50  (here)"),
        (&json, broken),
        (&json, "50  (here)"),
    ] {
        assert!(report.contains(said), "no {said:?} in {report}");
    }
}

#[test]
fn a_board_that_leaves_the_golden_is_told_the_rules_that_it_breaks_by_that() {
    let case = played("app toggle\nwait 2 s\n", "quiet: never led changes", true);
    assert_eq!(
        message(&case),
        "the trace of the board differs from the golden at tick 700"
    );
    let details = &case.cause().unwrap().details;
    let broken = "the rule `quiet` is broken: at tick 700 this holds, and it must never \
                  (a/toggle.rules:2)\naround tick 700:\n";
    assert!(details.starts_with(broken), "{details}");
}

/// Random scenarios stand in a folder of their own: they are held to the rules of the others.
#[test]
fn a_scenario_without_a_golden_is_held_to_the_rules_of_its_app() {
    let registry = Registry::new(vec![app!(Toggle)]).unwrap();
    let folder = tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let of = |path| scenario(folder.path(), path, &registry).unwrap();
    let held = of(written("held/one.scn", "app toggle\nwait 1 ms\n"));
    let random = of(written("random/one.scn", TWO_PRESSES));
    let prepared = |rules: &str| {
        written(
            "held/toggle.rules",
            &format!("app toggle\nrandom: {rules}\n"),
        );
        let rules = AppRules::beside(&[held.clone(), held.clone()], &registry).unwrap();
        prepare_without_golden(&random, &rules, &registry)
    };
    let kept = prepared("whenever log led on, led is on");
    assert_eq!(kept.unwrap().rules.len(), 1);
    let Err(PrepareError::Host { reason, .. }) = prepared("never led is on") else {
        panic!("the rule is kept");
    };
    assert!(
        reason.starts_with("the rule `random` is broken: at tick 50 "),
        "{reason}"
    );
}
