//! Each kind of rule.

use std::fmt::Write;
use std::ops::ControlFlow;

use lockstep_engine::panic_guard::catch_unwind;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::{app, play};
use lockstep_search::Settings;

use super::firmware::{Flash, bug};
use crate::counterexample::{inputs_of, script_of};
use crate::parser::parse;
use crate::proof::{Proof, RuleVerdict, prove};
use crate::rule_file::RuleFile;
use crate::trace_check::check;

/// A rule, and the firmware that breaks it.
fn rules() -> Vec<(&'static str, AppEntry)> {
    macro_rules! broken {
        ($bug:ident) => {
            app!(Flash<{ bug::$bug }>)
        };
    }
    vec![
        (
            "never lamp is on while board is clock failed",
            broken!(ON_WITHOUT_CLOCK),
        ),
        (
            "whenever A is pressed, lamp becomes on or lamp is on within 3 ms while locked is off and board is ok",
            broken!(SLOW_ANSWER),
        ),
        (
            "after log lock on, no log power on until log lock off",
            broken!(SHINES_WHILE_LOCKED),
        ),
        ("always beat changes within 5 ms", broken!(BEATS_LATE)),
        (
            "whenever lamp becomes on, lamp stays on for 3 ms",
            broken!(SHORT_FLASH),
        ),
        (
            "whenever log power on, no log power on for 4 ms",
            broken!(ANSWERS_TWICE),
        ),
        (
            "no log power on before A is pressed",
            broken!(ON_BEFORE_PRESS),
        ),
        ("lamp becomes 100 at some time", broken!(NEVER_FULL)),
        (
            "it is always possible to reach locked is off within 2 ms",
            broken!(LOCKS_FOR_EVER),
        ),
        ("whenever log lock on, locked is on", broken!(NONE)),
    ]
}

const ASSUMED: &str = "app flash\nassume no resets\nassume at most one button at a time\n";

fn file(text: &str, app: &AppEntry) -> RuleFile {
    let registry = Registry::new(vec![app.clone()]).unwrap();
    parse(text, &registry).unwrap()
}

fn proved(text: &str, app: &AppEntry, change: impl Fn(&mut Settings<'_>)) -> Proof {
    let file = file(text, app);
    let mut settings = Settings::new(&file.assumptions().inputs, &());
    settings.catch_panic = catch_unwind;
    change(&mut settings);
    prove(app.state_space().unwrap(), &file, &settings)
}

#[test]
fn each_kind_is_kept_by_one_firmware_and_broken_by_another() {
    let good = app!(Flash<{ bug::NONE }>);
    let mut shown = String::new();
    for (rule, bad) in rules() {
        let text = format!("{ASSUMED}{rule}\n");
        let kept = proved(&text, &good, |_| {});
        let verdict = &kept.verdicts[0];
        assert!(
            matches!(verdict, RuleVerdict::Proved | RuleVerdict::Reached(_)),
            "{rule}: {verdict:?}"
        );
        let broken = proved(&text, &bad, |_| {});
        writeln!(shown, "{rule}").unwrap();
        let verdict = &broken.verdicts[0];
        if rule == "whenever log lock on, locked is on" {
            assert_eq!(*verdict, RuleVerdict::Proved);
            continue;
        }
        assert!(verdict.is_broken(), "{rule}: {verdict:?}");
        let Some(path) = verdict.path() else {
            writeln!(shown, "  never reached\n").unwrap();
            continue;
        };
        let script = script_of(path).unwrap();
        let scenario = inputs_of(bad.descriptor(), &script).to_string();
        for line in scenario.lines() {
            writeln!(shown, "  {line}").unwrap();
        }
        let mut watch = |_| ControlFlow::Continue(());
        let trace = play::trace(&bad, &script, &mut watch).unwrap();
        let file = file(&text, &bad);
        let judged = check(&file, &trace);
        match verdict {
            RuleVerdict::Refuted(path) => {
                let [breach] = judged.breaches.as_slice() else {
                    panic!("{rule}: {judged:?}");
                };
                assert_eq!(breach.tick.0, u64::from(path.end), "{rule}");
                writeln!(shown, "  -> {}\n", breach.message).unwrap();
            }
            _ => {
                assert_eq!(judged.breaches, []);
                writeln!(shown, "  -> impossible from here on\n").unwrap();
            }
        }
    }
    insta::assert_snapshot!("each_kind", shown);
}

#[test]
fn the_answers_do_not_depend_on_jobs_or_reductions() {
    for (rule, bad) in rules() {
        let text = format!(
            "{ASSUMED}assume buttons are held at least 4 ms\nassume buttons are released at least 3 ms\n{rule}\n"
        );
        let usual = proved(&text, &bad, |_| {});
        for jobs in [1, 2] {
            let compact = proved(&text, &bad, |settings| {
                settings.jobs = jobs;
                settings.is_compact = true;
            });
            assert_eq!(usual.verdicts, compact.verdicts, "{rule}");
            assert_eq!(
                usual.exploration.progress.states,
                compact.exploration.progress.states
            );
        }
        for (jobs, passes_idle, skips_forced, merges_ticks) in [
            (2, true, true, true),
            (1, true, true, false),
            (1, false, false, true),
            (1, true, false, true),
            (2, false, false, false),
        ] {
            let other = proved(&text, &bad, |settings| {
                settings.jobs = jobs;
                settings.passes_idle = passes_idle;
                settings.skips_forced = skips_forced;
                settings.merges_ticks = merges_ticks;
            });
            let ends = |proof: &Proof| {
                let paths = proof.verdicts.iter();
                paths
                    .map(|it| {
                        let cost = it.path().map(|path| (path.end, path.actions.len()));
                        (it.is_broken(), cost)
                    })
                    .collect::<Vec<_>>()
            };
            assert_eq!(ends(&usual), ends(&other), "{rule}");
            if skips_forced && merges_ticks {
                let counts =
                    |proof: &Proof| (proof.exploration.progress.states, proof.verdicts.clone());
                assert_eq!(counts(&usual), counts(&other), "{rule}");
            }
        }
    }
}

#[test]
fn a_panic_is_found_with_what_leads_to_it() {
    let proof = proved(
        "app flash\nassume no resets\n",
        &app!(Flash<{ bug::PANICS }>),
        |_| {},
    );
    let compact = proved(
        "app flash\nassume no resets\n",
        &app!(Flash<{ bug::PANICS }>),
        |settings| settings.is_compact = true,
    );
    assert_eq!(compact.panic, proof.panic);
    let (message, path) = proof.panic.unwrap();
    assert!(message.contains("flashes while locked"), "{message}");
    let scenario = inputs_of(
        app!(Flash<{ bug::PANICS }>).descriptor(),
        &script_of(&path).unwrap(),
    );
    insta::assert_snapshot!(scenario.to_string(), @r"
    app flash

    press A and lock
    wait 3 ms
    ");
}

#[test]
fn what_is_never_asked_is_told_from_what_holds() {
    let text =
        "app flash\nassume lock is never pressed\nwhenever log lock on, lamp is off for 3 ms\n"
            .replace("lamp is off for", "no log power for");
    let proof = proved(&text, &app!(Flash<{ bug::NONE }>), |_| {});
    assert_eq!(proof.verdicts, [RuleVerdict::ProvedOfNothing]);
}

#[test]
fn a_limit_leaves_the_rules_unknown() {
    let text = "app flash\nnever lamp is on while board is clock failed\n";
    let proof = proved(text, &app!(Flash<{ bug::NONE }>), |settings| {
        settings.max_states = 10;
    });
    assert_eq!(proof.verdicts, [RuleVerdict::Unknown]);
    assert!(!proof.exploration.samples.is_empty());
}
