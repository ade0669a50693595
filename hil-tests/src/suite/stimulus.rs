//! What pins do in a run, and what should be seen of them from outside.

use std::collections::BTreeMap;

use firmware_core::action::{Action, Contact};
use firmware_core::output::Level;
use firmware_core::run::Observation;
use firmware_core::time::Ticks;
use sim::script::Script;
use sim::trace::Trace;

use super::firmware::Firmware;
use crate::verdict::{Evidence, PinSample};
use crate::virtual_board::pins::{Drive, Edge};

/// What hands do to the lines of the buttons.
#[must_use]
pub fn drives(script: &Script, firmware: &Firmware) -> Vec<Drive> {
    let drive = |tick: Ticks, action| match action {
        Action::Button(button, contact) => {
            let pin = firmware.buttons.get(usize::from(button.0))?.pin;
            Some(Drive {
                tick: tick.0,
                pin: pin.pin,
                high: firmware.level(contact == Contact::Closed),
            })
        }
        Action::Reset(_) => None,
    };
    let events = script.events().iter();
    events
        .filter_map(|event| drive(event.tick, event.action))
        .collect()
}

/// An output's pin that should change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub tick: Ticks,
    /// The output, by its place.
    pub output: usize,
    /// To which level.
    pub high: bool,
}

/// The changes of pins that follow from a trace, where `before` are the levels they start from.
#[must_use]
pub fn changes(trace: &Trace, before: &[bool]) -> Vec<Change> {
    let mut levels = before.to_vec();
    let mut changes = Vec::new();
    for entry in trace.entries() {
        let Observation::Output(index, level) = entry.what else {
            continue;
        };
        let (output, high) = (usize::from(index), level > Level::OFF);
        if let Some(known) = levels.get_mut(output)
            && *known != high
        {
            *known = high;
            let tick = entry.tick;
            changes.push(Change { tick, output, high });
        }
    }
    changes
}

/// What was seen from outside, and what of it is not as it should be.
#[must_use]
pub fn compare(
    expected: &[Change],
    seen: &[Edge],
    firmware: &Firmware,
) -> (Vec<PinSample>, Option<String>) {
    let mut samples = Vec::new();
    let mut by_output: BTreeMap<usize, Vec<(Option<u32>, bool)>> = BTreeMap::new();
    for edge in seen {
        let of_pin =
            |named: &super::firmware::NamedPin| named.pin.port == 0 && named.pin.pin == edge.pin;
        let Some(output) = firmware.outputs.iter().position(of_pin) else {
            continue;
        };
        by_output
            .entry(output)
            .or_default()
            .push((edge.tick, edge.high));
        if let Some(tick) = edge.tick {
            samples.push(sample(
                Ticks(tick),
                output,
                edge.high,
                Evidence::Outside,
                firmware,
            ));
        }
    }
    let problem = (0..firmware.outputs.len()).find_map(|output| {
        let expected = expected.iter().filter(|change| change.output == output);
        let expected: Vec<_> = expected
            .map(|change| (Some(change.tick.0), change.high))
            .collect();
        let seen = by_output.remove(&output).unwrap_or_default();
        differing(&expected, &seen, &firmware.outputs[output])
    });
    (samples, problem)
}

fn differing(
    expected: &[(Option<u32>, bool)],
    seen: &[(Option<u32>, bool)],
    named: &super::firmware::NamedPin,
) -> Option<String> {
    let shared = expected
        .iter()
        .zip(seen)
        .take_while(|(a, b)| a == b)
        .count();
    let told = |at: Option<&(Option<u32>, bool)>| match at {
        None => "no further change".to_owned(),
        Some((tick, high)) => {
            let level = if *high { "high" } else { "low" };
            match tick {
                Some(tick) => format!("{level} at tick {tick}"),
                None => format!("{level} at a tick where nothing should move"),
            }
        }
    };
    (expected.len() != shared || seen.len() != shared).then(|| {
        format!(
            "pin {} (`{}`) was seen from outside: {}; expected {}",
            named.pin,
            named.name,
            told(seen.get(shared)),
            told(expected.get(shared))
        )
    })
}

/// A level of an output, and who says so.
#[must_use]
pub fn sample(
    tick: Ticks,
    output: usize,
    high: bool,
    evidence: Evidence,
    firmware: &Firmware,
) -> PinSample {
    let named = &firmware.outputs[output];
    PinSample {
        tick,
        output: named.name.to_owned(),
        pin: named.pin.to_string(),
        level: u16::from(high),
        evidence,
    }
}
