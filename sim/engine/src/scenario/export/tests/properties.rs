//! Any run can be exported, and the exported scenario checks it.

use lockstep_apps::toggle;
use lockstep_core::app::{Log, LogId, LogKind};
use lockstep_core::event::ButtonId;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::Instant;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::periodicity::{EntryRole, Periodicity};
use super::super::step_trace::StepTrace;
use super::*;
use crate::dyn_runner::{Observation, Observer};
use crate::script::{Action, BootCondition, ScriptEvent, SwitchState};
use crate::testing::{observations, scripts};
use crate::trace::{Entry, EntryKind};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_run_of_toggle_can_be_exported(script in scripts(1)) {
        exported(&AppEntry::of::<toggle::Toggle>(), &script);
    }

    #[test]
    fn any_run_of_the_lamp_can_be_exported(
        // Scripts vary the start of the tick counter and the boot condition.
        script in prop_oneof![scripts(2), presses()],
    ) {
        exported(&lamp(), &script);
    }

    #[test]
    fn a_lamp_that_deviates_by_a_tick_is_noticed(
        script in presses(),
        which: Index,
        change in changes(),
    ) {
        check_noticed(&lamp(), &script, which, change)?;
    }

    #[test]
    fn a_toggle_that_deviates_by_a_tick_is_noticed(
        script in scripts(1),
        which: Index,
        change in changes(),
    ) {
        check_noticed(&AppEntry::of::<toggle::Toggle>(), &script, which, change)?;
    }

    #[test]
    fn whatever_an_app_does_can_be_exported(run in runs()) {
        let (script, trace) = run;
        let text = export(&ANY, &script, &trace).to_string();
        let plan = plan(&grammar::parse(&text).unwrap(), &ANY).unwrap();
        prop_assert_eq!(&plan.script, &script, "\n{}", text);
        prop_assert_eq!(check_trace(&plan.checks, &trace), [], "\n{}", text);
    }
}

/// How another app deviates, once.
#[derive(Clone, Copy, Debug)]
enum Deviation {
    Earlier,
    Later,
    Never,
}

fn changes() -> impl Strategy<Value = Deviation> {
    select(vec![Deviation::Earlier, Deviation::Later, Deviation::Never])
}

/// Checks that an exported scenario fails when one expected entry comes a tick earlier or
/// later, or not at all.
fn check_noticed(
    app: &AppEntry,
    script: &Script,
    which: Index,
    deviation: Deviation,
) -> Result<(), TestCaseError> {
    let trace = played(app, script);
    let roles = Periodicity::find(&StepTrace::new(app.descriptor(), script, &trace)).roles;
    let is_expected = |index: &usize| match &trace.entries()[*index] {
        Entry { what, .. } if what.is_input() => false,
        // That an output is off at power-up is not expected.
        Entry {
            tick: RunTicks::ZERO,
            what: EntryKind::Output(..),
        } => false,
        // Of two equal entries in one tick, a missing one cannot be noticed.
        entry => roles[*index] == EntryRole::Expected && count(&trace, entry) == 1,
    };
    let expected: Vec<_> = (0..trace.entries().len()).filter(is_expected).collect();
    if expected.is_empty() {
        return Ok(());
    }
    let index = expected[which.index(expected.len())];
    let mut entries = trace.entries().to_vec();
    match deviation {
        Deviation::Earlier if entries[index].tick == RunTicks::ZERO => return Ok(()),
        // In the tick of the inputs it is in the same window.
        Deviation::Earlier if is_log_after_inputs(&entries[index], script) => return Ok(()),
        Deviation::Earlier => entries[index].tick.0 -= 1,
        Deviation::Later => entries[index].tick.0 += 1,
        Deviation::Never => drop(entries.remove(index)),
    }
    entries.sort_by_key(|entry| entry.tick);
    let mut other = Trace::new(app.descriptor());
    for (tick, what) in observations(&entries) {
        other.observe(tick, what);
    }
    other.set_end(script.end());
    let text = export(app.descriptor(), script, &trace).to_string();
    let failures = check_trace(&read(app, &text).checks, &other);
    let what = trace.lines().nth(index);
    prop_assert!(!failures.is_empty(), "{what:?} {deviation:?}\n{text}");
    Ok(())
}

/// Whether this is a log in the tick after one with inputs, or after power-up.
fn is_log_after_inputs(entry: &Entry, script: &Script) -> bool {
    let mut inputs = script.events().iter().map(|event| event.tick);
    let follows = |tick: RunTicks| tick.0 + 1 == entry.tick.0;
    entry.what.is_log() && (follows(RunTicks::ZERO) || inputs.any(follows))
}

/// How often an entry occurs.
fn count(trace: &Trace, entry: &Entry) -> usize {
    trace
        .entries()
        .iter()
        .filter(|other| *other == entry)
        .count()
}

/// Presses and pauses as a user of the lamp makes them.
fn presses() -> impl Strategy<Value = Script> {
    let hold = select(vec![19_u64, 20, 60, 100, 850, 2_100]);
    let rest = select(vec![1_u64, 19, 100, 300, 400, 1_500, 9_000]);
    vec((0_u8..3, hold, rest), 1..15).prop_map(|presses| {
        let (mut events, mut tick) = (Vec::new(), 0);
        for (which, hold, rest) in presses {
            for button in [0, 1].into_iter().filter(|id| which == *id || which == 2) {
                for (tick, contact) in [
                    (tick, SwitchState::Closed),
                    (tick + hold, SwitchState::Open),
                ] {
                    events.push(ScriptEvent {
                        tick: RunTicks(tick),
                        action: Action::Button(ButtonId(button), contact),
                    });
                }
            }
            tick += hold + rest;
        }
        Script::new(BootCondition::OK, Instant::ZERO, events, RunTicks(tick)).unwrap()
    })
}

const ANY: AppDescriptor = AppDescriptor::new("any", "1")
    .with_buttons(&["a", "b"])
    .with_outputs(&[
        Output::digital("one"),
        Output::analog("dim", 100),
        Output::digital("log"),
    ])
    .with_logs(&[
        LogKind::words("said", &["x", "within", "y"]),
        LogKind::number("count"),
    ])
    .with_boot_conditions(&["clock-failed", "uart-missing"]);

/// A script and a trace that some app could have left.
fn runs() -> impl Strategy<Value = (Script, Trace)> {
    let output = |(output, level)| Observation::Output(output, Level(level));
    let thing = || {
        prop_oneof![
            4 => (0_u8..3, 0..2).prop_map(output),
            2 => (Just(1), 0..100).prop_map(output),
            // Undeclared levels and logs.
            1 => (0_u8..2, 0..102).prop_map(output),
            4 => (0_u8..3, 0..4)
                .prop_map(|(id, value)| { Observation::Log(Log::new(LogId(id), value)) }),
        ]
    };
    let by_time = vec((any::<Index>(), thing()), 0..30);
    let by_input = vec((any::<Index>(), thing()), 0..20);
    let periodicity = (0_u8..2, any::<Index>(), 1_u64..400, 1_u64..400, 2_usize..40);
    (scripts(2), by_time, by_input, vec(periodicity, 0..4)).prop_map(
        |(script, by_time, by_input, periodicity)| {
            let ticks = usize::try_from(script.end().0).unwrap() + 1;
            let mut seen: Vec<(u64, bool, Observation)> = Vec::new();
            let tick = |index: Index| u64::try_from(index.index(ticks)).unwrap();
            seen.extend(by_time.iter().map(|(at, what)| (tick(*at), false, *what)));
            for (output, start, up, down, count) in periodicity {
                let mut now = tick(start);
                for index in 0..count {
                    let level = if index % 2 == 0 { 1 } else { 0 };
                    seen.push((now, false, Observation::Output(output, Level(level))));
                    now += if index % 2 == 0 { up } else { down };
                }
            }
            let events = script.events();
            for (at, what) in by_input.into_iter().filter(|_| !events.is_empty()) {
                seen.push((events[at.index(events.len())].tick.0, true, what));
            }
            seen.extend(
                events
                    .iter()
                    .map(|event| (event.tick.0, true, Observation::Input(event.action))),
            );
            seen.retain(|(tick, ..)| *tick <= script.end().0);
            // In a tick, what time brings comes first, and then the inputs.
            seen.sort_by_key(|(tick, by_input, what)| {
                (*tick, *by_input, !matches!(what, Observation::Input(_)))
            });
            let trace = trace_of(&script, &seen);
            (script, trace)
        },
    )
}

fn trace_of(script: &Script, seen: &[(u64, bool, Observation)]) -> Trace {
    let mut trace = Trace::new(&ANY);
    let mut levels = [Level::OFF; 3];
    trace.observe(
        RunTicks::ZERO,
        Observation::Input(Action::Reset(script.condition())),
    );
    for (index, level) in (0..).zip(levels) {
        trace.observe(RunTicks::ZERO, Observation::Output(index, level));
    }
    for (index, (tick, by_input, what)) in seen.iter().enumerate() {
        if let Observation::Output(output, level) = what {
            // An output is written once after time has passed, and once after the inputs.
            let shown_later = seen[index + 1..]
                .iter()
                .take_while(|later| (later.0, later.1) == (*tick, *by_input))
                .any(|later| matches!(later.2, Observation::Output(other, _) if other == *output));
            let span = &mut levels[usize::from(*output)];
            if shown_later || std::mem::replace(span, *level) == *level {
                continue;
            }
        }
        trace.observe(RunTicks(*tick), *what);
    }
    trace.set_end(script.end());
    trace
}

/// The exported text of a run with these moves of one button, and these entries.
fn any_text(events: &[(u64, SwitchState)], end: u64, seen: &[(u64, bool, Observation)]) -> String {
    let timed = events.iter().map(|(tick, contact)| ScriptEvent {
        tick: RunTicks(*tick),
        action: Action::Button(ButtonId(0), *contact),
    });
    let script = Script::new(
        BootCondition::OK,
        Instant::ZERO,
        timed.collect(),
        RunTicks(end),
    )
    .unwrap();
    let inputs = script.events().iter();
    let inputs = inputs.map(|event| (event.tick.0, true, Observation::Input(event.action)));
    let mut all: Vec<_> = inputs.chain(seen.iter().copied()).collect();
    all.sort_by_key(|(tick, by_input, what)| {
        (*tick, *by_input, !matches!(what, Observation::Input(_)))
    });
    let trace = trace_of(&script, &all);
    let text = export(&ANY, &script, &trace).to_string();
    let plan = plan(&grammar::parse(&text).unwrap(), &ANY).unwrap();
    assert_eq!(plan.script, script, "{text}");
    assert_eq!(check_trace(&plan.checks, &trace), [], "{text}");
    text
}

#[test]
fn what_a_release_causes_is_expected_since_that_release() {
    let said = |tick, value| (tick, true, Observation::Log(Log::new(LogId(0), value)));
    let events = [(10, SwitchState::Closed), (60, SwitchState::Open)];
    let text = any_text(&events, 60, &[said(60, 2)]);
    insta::assert_snapshot!(text, @r"
    app any

    wait 10 ms
    press a
    wait 50 ms
    release a
    expect log said y
    ");
}

#[test]
fn an_app_that_logs_all_the_time_is_checked_up_to_the_limits() {
    let count = |index: i32| {
        let log = Log::new(LogId(1), index);
        (
            u64::try_from(index).unwrap() * 7,
            false,
            Observation::Log(log),
        )
    };
    let counts: Vec<_> = (1..5_000).map(count).collect();
    let expectations = |text: String| {
        text.lines()
            .filter(|line| line.starts_with("expect"))
            .count()
    };
    assert_eq!(
        expectations(any_text(&[], 40_000, &counts)),
        MAX_PER_INTERVAL
    );

    let taps: Vec<_> = (1..300)
        .flat_map(|tap| {
            [
                (tap * 100, SwitchState::Closed),
                (tap * 100 + 50, SwitchState::Open),
            ]
        })
        .collect();
    assert_eq!(expectations(any_text(&taps, 40_000, &counts)), MAX_PER_RUN);
}
