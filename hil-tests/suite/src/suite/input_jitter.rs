//! Inputs that are not exact to the tick, because a probe moves the pins: the board is compared with
//! what the host does with the inputs as the board saw them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use lockstep_core::action::Action;
use lockstep_core::time::RunTicks;
use lockstep_engine::diff::divergence;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Script, ScriptEvent};
use lockstep_engine::trace::document::{Document, Record};
use lockstep_engine::trace::{Entry, EntryKind, Kind, Trace};

use crate::TICK;
use crate::verdict::{Attempt, Outcome, Reason, align};

/// The script that a board played: that of the inputs in its trace, where `script` says how it
/// began.
#[must_use]
pub fn played_script(trace: &Trace, script: &Script) -> Option<Script> {
    let mut condition = script.condition();
    let inputs = trace.entries().iter().filter(|entry| entry.what.is_input());
    // Power-up, and the numbers that it begins with.
    let power_up = 1 + trace.descriptor().numbers().len();
    let mut events: Vec<ScriptEvent> = Vec::new();
    for (index, Entry { tick, what }) in inputs.enumerate() {
        let event = |action| ScriptEvent {
            tick: *tick,
            action,
        };
        match what {
            EntryKind::Input(Action::Reset(found)) if index == 0 => condition = *found,
            _ if index < power_up => {}
            EntryKind::Input(action) => events.push(event(*action)),
            EntryKind::Received(line, bytes) => {
                let bytes = bytes.iter().map(|byte| Action::Byte(*line, *byte));
                events.extend(bytes.map(event));
            }
            _ => {}
        }
    }
    // What follows a reset in its tick are the buttons that are held and the numbers as they are, and
    // no inputs.
    let resets: Vec<RunTicks> = events
        .iter()
        .filter(|event| matches!(event.action, Action::Reset(_)))
        .map(|event| event.tick)
        .collect();
    let mut after_reset = false;
    let mut tick = RunTicks::ZERO;
    events.retain(|event| {
        if event.tick != tick {
            (tick, after_reset) = (event.tick, false);
        }
        let kept = !after_reset || matches!(event.action, Action::Reset(_));
        after_reset |= resets.contains(&event.tick) && matches!(event.action, Action::Reset(_));
        kept
    });
    Script::new(condition, script.clock(), events, trace.end()).ok()
}

/// What the host does with the inputs as the board saw them.
#[must_use]
pub fn host_document(app: &AppEntry, trace: &Trace, script: &Script) -> Option<Document> {
    let played = played_script(trace, script)?;
    let mut watch = |_| ControlFlow::Continue(());
    let host = play::trace(app, &played, &mut watch).ok()?;
    Some((&host).into())
}

/// How far from their ticks things may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerances {
    /// The presses, because a probe moves the pins.
    pub inputs: RunTicks,
    /// What the board does, because its firmware keeps its own time; 0 where it does not.
    pub own_time: RunTicks,
}

/// The attempt in which a board did this with inputs that may be off by the tolerance.
///
/// Inputs that are further off, or that make the host itself leave the golden, tell nothing about
/// the firmware. With the inputs it saw, the board has to do exactly what the host does, or within the
/// tolerance of its own time.
#[must_use]
pub fn judge(
    app: &AppEntry,
    script: &Script,
    golden: &Document,
    trace: &Trace,
    tolerances: Tolerances,
    took: Duration,
) -> Attempt {
    let tolerance = tolerances.inputs;
    let board = Document::from(trace);
    let scripted = inputs(golden);
    let aligned = align(&scripted, &inputs(&board), tolerance);
    let host = host_document(app, trace, script);
    let outcome = match (divergence(&scripted, &aligned.trace), &host) {
        (Some(off), _) => Outcome::Infra(Reason {
            tick: Some(off.tick),
            help: Some("a larger `tolerance`, or a faster probe".to_owned()),
            ..Reason::new(format!(
                "inputs deviate from the script by more than {} from tick {}",
                TICK.length(tolerance),
                off.tick.0
            ))
        }),
        (None, None) => Outcome::Infra(Reason::new(
            "the host cannot play the inputs that the board saw",
        )),
        (None, Some(host)) => {
            match divergence(host, &align(host, &board, tolerances.own_time).trace) {
                Some(found) => Outcome::Fail(Reason::new(format!(
                    "the board differs from the host with the same inputs at tick {}",
                    found.tick.0
                ))),
                None => match first_unlike(golden, host, tolerance) {
                    Some(unlike) => Outcome::Infra(Reason {
                        tick: Some(unlike.tick),
                        ..Reason::new(format!(
                            "with inputs up to {} off, the host leaves the golden too, at {} `{}`: this bench \
                         is not exact enough for the scenario",
                            TICK.length(aligned.slack),
                            unlike.kind.word(),
                            unlike.name
                        ))
                    }),
                    None => Outcome::Pass,
                },
            }
        }
    };
    let mut attempt = Attempt::new(outcome, took);
    attempt.trace = Some(board);
    attempt.expected = host;
    attempt.slack = Some(aligned.slack);
    attempt
}

/// The lines of the buttons alone.
fn inputs(document: &Document) -> Document {
    let lines = document.lines.iter();
    let is_input = |line: &&Record| line.kind == Kind::In && line.name != "reset";
    Document {
        lines: lines.filter(is_input).cloned().collect(),
        ..document.clone()
    }
}

/// The first line that only one of the two has, signal by signal and whatever the tick. What comes
/// within the tolerance of the end may be missing.
fn first_unlike<'d>(
    golden: &'d Document,
    host: &'d Document,
    tolerance: RunTicks,
) -> Option<&'d Record> {
    let (golden_signals, host_signals) = (signals(golden), signals(host));
    let names = golden_signals.keys().chain(host_signals.keys());
    let unlike = names.filter_map(|name| {
        let of =
            |signals: &BTreeMap<_, Vec<&'d Record>>| signals.get(name).cloned().unwrap_or_default();
        let (golden_lines, host_lines) = (of(&golden_signals), of(&host_signals));
        let shared = golden_lines
            .iter()
            .zip(&host_lines)
            .take_while(|(one, other)| one.value == other.value)
            .count();
        let rest = golden_lines[shared..].iter().chain(&host_lines[shared..]);
        let mut rest = rest.filter(|line| line.tick.saturating_add(tolerance) < golden.end);
        rest.next().copied()
    });
    unlike.min_by_key(|line| line.tick)
}

/// The lines of each signal, by its kind and name.
fn signals(document: &Document) -> BTreeMap<(&str, &str), Vec<&Record>> {
    let mut signals = BTreeMap::<_, Vec<_>>::new();
    for line in &document.lines {
        let name = (line.kind.word(), line.name.as_str());
        signals.entry(name).or_default().push(line);
    }
    signals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;
    use lockstep_core::app::Log;
    use lockstep_core::output::Level;
    use lockstep_core::runner::{Observation, Observer};
    use lockstep_engine::load::InputFormat;
    use lockstep_engine::registry::Registry;
    use shipped_apps::shipped;

    /// A run of the lamp: two presses of A, the second one this long after the first is released.
    fn run(between: u64, first: u64) -> (AppEntry, Script, Trace) {
        let registry = Registry::new(shipped()).unwrap();
        let rest = 1_500 - between - first;
        let text = format!("t:{first} d:A t:100 u:A t:{between} d:A t:100 u:A t:{rest}");
        let loaded = InputFormat::Compact
            .load(&registry, text.as_bytes(), None)
            .unwrap();
        let mut watch = |_| ControlFlow::Continue(());
        let trace = play::trace(&loaded.app, &loaded.script, &mut watch).unwrap();
        (loaded.app, loaded.script, trace)
    }

    /// What is said of a board that did this, where `scripted` was to be played within 3 ticks.
    fn judged(scripted: (u64, u64), board: &Trace) -> Attempt {
        let (app, script, golden) = run(scripted.0, scripted.1);
        let golden = Document::from(&golden);
        let tolerances = Tolerances {
            inputs: RunTicks(3),
            own_time: RunTicks::ZERO,
        };
        judge(&app, &script, &golden, board, tolerances, Duration::ZERO)
    }

    fn message(attempt: &Attempt) -> &str {
        let cause = attempt.outcome.cause();
        cause.map_or("", |cause| &cause.message)
    }

    #[test]
    fn a_board_that_does_what_the_host_does_with_its_inputs_passes() {
        for off in 0..=3 {
            let attempt = judged((600, 50), &run(600 + off, 50).2);
            assert_eq!(attempt.outcome, Outcome::Pass, "{}", message(&attempt));
            assert_eq!(attempt.slack, Some(RunTicks(off)));
        }
    }

    #[test]
    fn inputs_that_are_further_off_are_infra() {
        let attempt = judged((600, 50), &run(604, 50).2);
        assert_eq!(attempt.outcome.verdict(), Verdict::Infra);
        assert!(
            message(&attempt)
                .contains("inputs deviate from the script by more than 3 ms from tick 750")
        );
    }

    #[test]
    fn one_tick_that_the_inputs_do_not_explain_is_a_failure() {
        let (.., board) = run(602, 50);
        let mut late = Trace::new(board.descriptor());
        late.set_clock(board.clock());
        for entry in board.entries() {
            let (by, what) = match entry.what {
                EntryKind::Input(action) => (0, Observation::Input(action)),
                EntryKind::Output(output, level) => (
                    u64::from(output == 0 && level > Level::OFF),
                    Observation::Output(output, level),
                ),
                EntryKind::Log(id, number) => (0, Observation::Log(Log::new(id, number))),
                EntryKind::Received(..)
                | EntryKind::Sent(..)
                | EntryKind::Row(..)
                | EntryKind::Text(..) => {
                    panic!("the lamp has no serial lines, matrices and texts: {entry:?}")
                }
            };
            late.observe(entry.tick.saturating_add(RunTicks(by)), what);
        }
        late.set_end(board.end());
        let attempt = judged((600, 50), &late);
        assert_eq!(attempt.outcome.verdict(), Verdict::Fail);
        assert!(message(&attempt).contains("differs from the host with the same inputs at tick"));
    }

    /// The lamp takes a second press within 300 ms of the first for a double one.
    #[test]
    fn an_input_that_makes_it_another_scenario_is_infra() {
        let attempt = judged((300, 50), &run(302, 50).2);
        assert_eq!(attempt.outcome.verdict(), Verdict::Infra);
        assert!(
            message(&attempt).contains("not exact enough for the scenario"),
            "{}",
            message(&attempt)
        );
    }
}
