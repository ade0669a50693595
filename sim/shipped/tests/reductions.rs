//! The answers of a proof do not depend on how it is looked for: shipped apps, their own rules.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use lockstep_apps::keypad::Keypad;
use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_apps::snake::Snake;
use lockstep_core::app::App;
use lockstep_core::time::Ticks;
use lockstep_engine::app;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::search::settings::{Ending, Progress};
use lockstep_engine::search::state_space::{AppSpace, StateSpace};
use lockstep_engine::search::{InputModel, Settings};
use lockstep_rules::parser::parse;
use lockstep_rules::proof::{RuleVerdict, prove};

/// The lamp with its times scaled down.
static SCALED: Tuning = Tuning {
    debounce: Ticks(1),
    long_press: Ticks(3),
    double_press: Ticks(2),
    lock_hold: Ticks(3),
    auto_off: Ticks(3),
    heartbeat: Ticks(2),
    blink_half_period: Ticks(2),
    breathe_step: Ticks(1),
    breathe_steps: 1,
    fault_on: Ticks(1),
    fault_off: Ticks(1),
    fault_pause: Ticks(2),
    ..Tuning::SHIPPED
};

/// One way to look.
#[derive(Clone, Copy, Debug)]
struct Way {
    jobs: usize,
    passes_idle: bool,
    skips_forced: bool,
    merges_ticks: bool,
    is_compact: bool,
}

const USUAL: Way = Way {
    jobs: 1,
    passes_idle: true,
    skips_forced: true,
    merges_ticks: true,
    is_compact: false,
};

const OTHERS: [Way; 7] = [
    Way { jobs: 2, ..USUAL },
    Way {
        passes_idle: false,
        ..USUAL
    },
    Way {
        skips_forced: false,
        ..USUAL
    },
    Way {
        merges_ticks: false,
        ..USUAL
    },
    Way {
        is_compact: true,
        jobs: 2,
        ..USUAL
    },
    Way {
        merges_ticks: false,
        is_compact: true,
        ..USUAL
    },
    Way {
        passes_idle: false,
        skips_forced: false,
        is_compact: true,
        ..USUAL
    },
];

/// What is known of each rule, and in how many ticks.
type Answers = Vec<(String, Option<u32>)>;

/// The answers of one way, up to a tick if there is one.
fn answers(
    space: &dyn StateSpace,
    (app, rules): (&AppEntry, &str),
    way: Way,
    up_to: Option<u32>,
) -> Answers {
    let registry = Registry::new(vec![app.clone()]).unwrap();
    let file = parse(rules, &registry).unwrap();
    // It looks at whole ticks, and some ways take several of them in one step.
    let watch = |progress: &Progress| match up_to.is_some_and(|last| progress.depth > last) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let inputs: &InputModel = &file.assumptions().inputs;
    let proof = prove(
        space,
        &file,
        &Settings {
            jobs: way.jobs,
            passes_idle: way.passes_idle,
            skips_forced: way.skips_forced,
            merges_ticks: way.merges_ticks,
            is_compact: way.is_compact,
            watch: &watch,
            ..Settings::new(inputs, &())
        },
    );
    let ending = proof.exploration.ending;
    assert_eq!(ending == Ending::Complete, up_to.is_none(), "{way:?}");
    assert_eq!(proof.exploration.is_compact, way.is_compact);
    let each = proof.verdicts.iter().map(|verdict| {
        let end = verdict.path().map(|path| path.end);
        match end.zip(up_to) {
            // What comes later is found by some ways before they stop.
            Some((end, last)) if end > last => ("unknown".to_owned(), None),
            _ => (kind(verdict).to_owned(), end),
        }
    });
    each.collect()
}

fn kind(verdict: &RuleVerdict) -> &'static str {
    match verdict {
        RuleVerdict::Proved => "proved",
        RuleVerdict::ProvedOfNothing => "proved of nothing",
        RuleVerdict::Refuted(_) => "refuted",
        RuleVerdict::Reached(_) => "reached",
        RuleVerdict::NeverReached => "never reached",
        RuleVerdict::Impossible(_) => "impossible",
        _ => "unknown",
    }
}

/// The rules that ship, without those that need states whole, and more of them.
fn rules(file: &str, more: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios");
    let text = fs::read_to_string(path.join(file)).unwrap();
    let lines = text.lines().filter(|it| !it.contains("always possible"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text + more
}

fn same<A: App>(space: &AppSpace<A>, app: &AppEntry, rules: &str, up_to: Option<u32>) -> Answers
where
    AppSpace<A>: StateSpace,
{
    let usual = answers(space, (app, rules), USUAL, up_to);
    for way in OTHERS {
        assert_eq!(answers(space, (app, rules), way, up_to), usual, "{way:?}");
    }
    usual
}

fn count(answers: &Answers, of: &str) -> usize {
    answers.iter().filter(|(kind, _)| kind == of).count()
}

#[test]
fn of_the_lamp_with_its_times_scaled_down() {
    let space = AppSpace::new(|| Lamp::with_tuning(&SCALED), None);
    // Times that were scaled break rules that name the shipped ones: both kinds of answers are there.
    let rules = rules(
        "lamp/lamp.rules",
        "assume no resets\nlocks: locked is on at some time\nsoon: whenever A is pressed, lamp is on within 3 ms\n",
    );
    let answers = same(&space, &app!(Lamp), &rules, None);
    assert!(count(&answers, "proved") > 5, "{answers:?}");
    assert!(count(&answers, "refuted") > 1, "{answers:?}");
    assert_eq!(count(&answers, "reached"), 1, "{answers:?}");
}

#[test]
fn of_the_keypad() {
    let space = AppSpace::new(<Keypad as App>::new, None);
    let rules = rules(
        "keypad/keypad-three-keys.rules",
        "assume n2 is never pressed\none: never down is above 1\n",
    );
    let answers = same(&space, &app!(Keypad), &rules, None);
    assert_eq!(count(&answers, "refuted"), 1, "{answers:?}");
}

/// The game has more states than are looked at: its answers are compared up to a tick.
#[test]
fn of_the_game_up_to_a_tick() {
    let space = AppSpace::new(<Snake as App>::new, None);
    let rules = rules(
        "snake/snake.rules",
        "assume no resets\nassume at most one button at a time\nstarts: buzzer is on at some time\nnot-yet: never A is pressed\n",
    );
    let answers = same(&space, &app!(Snake), &rules, Some(12));
    assert_eq!(count(&answers, "refuted"), 1, "{answers:?}");
    assert!(count(&answers, "unknown") > 3, "{answers:?}");
}
