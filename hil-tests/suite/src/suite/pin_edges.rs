//! What pins do in a run, and what should be seen of them from outside.

use std::collections::BTreeMap;

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;
use lockstep_engine::script::Script;
use lockstep_engine::trace::{EntryKind, Trace};

use super::board_access::{PinDrive, PinEdge};
use super::board_image::{BoardImage, NamedPin};
use crate::verdict::{Evidence, PinSample};

/// How the pins of the buttons are driven in a script.
#[must_use]
pub fn drives(script: &Script, firmware: &BoardImage) -> Vec<PinDrive> {
    let drive = |tick: RunTicks, action| match action {
        Action::Button(button, contact) => {
            let pin = firmware.buttons.get(usize::from(button.0))?.pin;
            Some(PinDrive {
                tick,
                pin,
                high: firmware.level(contact == SwitchState::Closed),
            })
        }
        Action::Number(..) | Action::Byte(..) | Action::Reset(_) => None,
    };
    let events = script.events().iter();
    events
        .filter_map(|event| drive(event.tick, event.action))
        .collect()
}

/// An output's pin that should change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinChange {
    /// When.
    pub tick: RunTicks,
    /// The output, by its place among those with a pin.
    pub output: usize,
    /// To which level.
    pub high: bool,
}

/// The changes of the pins of `outputs` that follow from a trace, where `before` are the levels they
/// start from.
///
/// A board shows its outputs once a tick: what an output does and undoes in one tick is not a
/// change of its pin.
#[must_use]
pub fn changes(trace: &Trace, before: &[bool], outputs: &[NamedPin]) -> Vec<PinChange> {
    let mut shown = before.to_vec();
    let mut levels = before.to_vec();
    let mut changes = Vec::new();
    let mut entries = trace.entries().iter().peekable();
    while let Some(entry) = entries.next() {
        if let EntryKind::Output(index, level) = entry.what
            && let Some(place) = outputs.iter().position(|it| it.index == usize::from(index))
            && let Some(known) = levels.get_mut(place)
        {
            *known = level > Level::OFF;
        }
        if entries.peek().is_some_and(|next| next.tick == entry.tick) {
            continue;
        }
        for (output, (shown, level)) in shown.iter_mut().zip(&levels).enumerate() {
            if shown != level {
                *shown = *level;
                changes.push(PinChange {
                    tick: entry.tick,
                    output,
                    high: *level,
                });
            }
        }
    }
    changes
}

/// A pin that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMismatch {
    /// When that was seen, or should have been.
    pub tick: RunTicks,
    /// In one sentence, what is wrong.
    pub message: String,
}

/// What was seen from outside, and what of it is not as it should be, or not within the tolerance.
#[must_use]
pub fn compare(
    expected: &[PinChange],
    seen: &[PinEdge],
    outputs: &[NamedPin],
    tolerance: RunTicks,
) -> (Vec<PinSample>, Option<PinMismatch>) {
    let mut samples = Vec::new();
    let mut by_output: BTreeMap<usize, Vec<(Option<RunTicks>, bool)>> = BTreeMap::new();
    for edge in seen {
        let of_pin = |named: &NamedPin| named.pin == edge.pin;
        let Some(output) = outputs.iter().position(of_pin) else {
            continue;
        };
        by_output
            .entry(output)
            .or_default()
            .push((edge.tick, edge.high));
        if let Some(tick) = edge.tick {
            let named = &outputs[output];
            samples.push(sample(tick, named, edge.high, Evidence::Outside));
        }
    }
    let mismatch = (0..outputs.len()).find_map(|output| {
        let expected = expected.iter().filter(|change| change.output == output);
        let expected: Vec<_> = expected
            .map(|change| (Some(change.tick), change.high))
            .collect();
        let seen = by_output.remove(&output).unwrap_or_default();
        differing(&expected, &seen, &outputs[output], tolerance)
    });
    (samples, mismatch)
}

fn differing(
    expected: &[(Option<RunTicks>, bool)],
    seen: &[(Option<RunTicks>, bool)],
    named: &NamedPin,
    tolerance: RunTicks,
) -> Option<PinMismatch> {
    let is_near = |a: Option<RunTicks>, b: Option<RunTicks>| match (a, b) {
        (Some(a), Some(b)) => a.0.abs_diff(b.0) <= tolerance.0,
        _ => a == b,
    };
    let shared = expected
        .iter()
        .zip(seen)
        .take_while(|(a, b)| a.1 == b.1 && is_near(a.0, b.0))
        .count();
    let described = |at: Option<&(Option<RunTicks>, bool)>| match at {
        None => "no further change".to_owned(),
        Some((tick, high)) => {
            let level = level(*high);
            match tick {
                Some(tick) => format!("{level} at tick {}", tick.0),
                None => format!("{level} at a tick where nothing should move"),
            }
        }
    };
    let (expected_there, seen_there) = (expected.get(shared), seen.get(shared));
    let ticks = [expected_there, seen_there].into_iter().flatten();
    let first = ticks.filter_map(|(tick, _)| *tick).min();
    (expected_there.is_some() || seen_there.is_some()).then(|| PinMismatch {
        tick: first.unwrap_or_default(),
        message: format!(
            "pin {} (`{}`) was seen from outside: {}; expected {}",
            named.pin,
            named.name,
            described(seen_there),
            described(expected_there)
        ),
    })
}

/// The word for a level of a pin.
pub(super) const fn level(high: bool) -> &'static str {
    if high { "high" } else { "low" }
}

/// A level of an output, and who says so.
#[must_use]
pub fn sample(tick: RunTicks, named: &NamedPin, high: bool, evidence: Evidence) -> PinSample {
    PinSample {
        tick,
        output: named.name.to_owned(),
        pin: named.pin.to_string(),
        level: u16::from(high),
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_engine::load::InputFormat;
    use lockstep_engine::play;
    use lockstep_engine::registry::Registry;
    use shipped_apps::shipped;
    use std::ops::ControlFlow;

    fn of(scenario: &str, before: &[bool]) -> Vec<(u64, usize, bool)> {
        let registry = Registry::new(shipped()).unwrap();
        let loaded = InputFormat::Compact
            .load(&registry, scenario.as_bytes(), None)
            .unwrap();
        let mut watch = |_| ControlFlow::Continue(());
        let trace = play::trace(&loaded.app, &loaded.script, &mut watch).unwrap();
        let outputs = loaded.app.descriptor().outputs().iter().enumerate();
        let outputs = outputs.map(|(index, output)| NamedPin {
            name: output.name(),
            index,
            pin: lockstep_pins::Pin::new(0, 0),
        });
        let changes = changes(&trace, before, &outputs.collect::<Vec<_>>()).into_iter();
        changes
            .map(|change| (change.tick.0, change.output, change.high))
            .collect()
    }

    #[test]
    fn a_pin_changes_where_its_output_leaves_or_comes_to_nothing() {
        let heartbeat = [(500, 3, true), (1_000, 3, false)];
        assert_eq!(of("t:1000", &[false; 4]), heartbeat);
        let mut from_high = vec![(0, 3, false)];
        from_high.extend(heartbeat);
        assert_eq!(of("t:1000", &[false, false, false, true]), from_high);
    }

    #[test]
    fn what_is_undone_in_its_tick_is_no_change_of_a_pin() {
        assert_eq!(of("t:500 r:ok t:499", &[false; 4]), []);
    }
}
