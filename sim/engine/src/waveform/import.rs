//! A captured run as a scenario.
//!
//! The inputs become `press` and `release`, `set` and `send` at their ticks. A captured output becomes what it
//! holds: between two of its changes it stays at its level, but for a tolerance around each,
//! since no capture and no simulation agree on the very tick. A level that does not last
//! longer than twice the tolerance is left out.

use std::time::Duration;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::SerialId;
use lockstep_core::output::{Level, Range};
use lockstep_core::time::RunTicks;
use thiserror::Error;

use super::capture::{CapturedOutput, WaveformCapture};
use crate::scenario::quantity::Quantity;
use crate::scenario::statement_builder::{
    button_name, condition_name, line_name, name, port_statement, statement, wait,
};
use crate::scenario::{
    Expectation, MAX_STATEMENTS, Name, OutputAssertion, Scenario, Statement, StatementKind,
    TargetLevel,
};
use crate::script::Action;

/// The most expectations that are written.
pub const MAX_EXPECTATIONS: usize = 4_000;

/// The most bytes in one statement: they fit on a line.
const MAX_TOGETHER: usize = 64;

/// How far a change may be off its captured time, unless somebody says otherwise.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_millis(2);

/// A captured run as a scenario.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImportedScenario {
    /// The scenario. The spans in it are placeholders: write it with
    /// [`to_string`](ToString::to_string).
    pub scenario: Scenario,
    /// How many inputs it has.
    pub inputs: usize,
    /// How many expectations it has.
    pub expectations: usize,
    /// How many levels are too short to be expected.
    pub too_short: usize,
    /// How many expectations are left out, because there would be too many.
    pub left_out: usize,
}

/// The scenario of a capture could not be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// More than [`MAX_STATEMENTS`].
    #[error("its scenario has more than {MAX_STATEMENTS} sentences, the most that are read")]
    TooManyStatements,
}

/// What stands at a tick: an input, or something that is expected from then on.
enum Event {
    Expect(Expectation),
    Act(Action),
}

/// The scenario of a capture. Changes of outputs may be off by the tolerance.
///
/// # Errors
///
/// An [`ImportError`] if the capture has more inputs than a scenario can have.
pub fn import(
    descriptor: &'static AppDescriptor,
    capture: &WaveformCapture,
    tolerance: RunTicks,
) -> Result<ImportedScenario, ImportError> {
    // What an input causes in its own tick can only be seen from the next one on.
    let tolerance = tolerance.max(RunTicks(1));
    let script = &capture.script;
    let mut events: Vec<(RunTicks, Event)> = script
        .events()
        .iter()
        .map(|event| (event.tick, Event::Act(event.action)))
        .collect();
    let inputs = events.len();
    let mut too_short = 0;
    let mut expected = Vec::new();
    for output in &capture.outputs {
        too_short += levels(descriptor, output, script.end(), tolerance, &mut expected);
    }
    expected.sort_by_key(|(tick, _)| *tick);
    let left_out = expected.len().saturating_sub(MAX_EXPECTATIONS);
    expected.truncate(MAX_EXPECTATIONS);
    let expectations = expected.len();
    events.extend(
        expected
            .into_iter()
            .map(|(tick, expectation)| (tick, Event::Expect(expectation))),
    );
    // Nothing can be seen between two actions of a tick: expectations come first.
    events.sort_by_key(|(tick, event)| (*tick, matches!(event, Event::Act(_))));
    let mut now = RunTicks::ZERO;
    let mut statements = Vec::new();
    for (tick, event) in events {
        if statements.len() > MAX_STATEMENTS {
            return Err(ImportError::TooManyStatements);
        }
        statements.extend(wait(now, tick));
        now = tick;
        let kind = match event {
            Event::Expect(expectation) => StatementKind::Expect(expectation),
            Event::Act(Action::Button(button, contact)) => StatementKind::Move {
                buttons: vec![button_name(descriptor, button)],
                contact,
                bouncing: RunTicks::ZERO,
            },
            Event::Act(Action::Byte(line, byte)) => {
                let together = bytes_together(descriptor, line);
                let line = line_name(descriptor, line);
                if joined(statements.last_mut(), &line, byte, together) {
                    continue;
                }
                StatementKind::Send {
                    line,
                    bytes: vec![byte],
                }
            }
            Event::Act(action) => match port_statement(descriptor, action) {
                Some(kind) => kind,
                None => continue,
            },
        };
        statements.push(statement(kind));
    }
    statements.extend(wait(now, script.end()));
    if statements.len() > MAX_STATEMENTS {
        return Err(ImportError::TooManyStatements);
    }
    Ok(ImportedScenario {
        scenario: Scenario {
            seed: None,
            app: Some(name(descriptor.name())),
            condition: condition_name(descriptor, script.condition()),
            clock: script.clock(),
            tick: descriptor.tick(),
            statements,
        },
        inputs,
        expectations,
        too_short,
        left_out,
    })
}

/// Whether a byte could be added to those that the last statement sends.
fn joined(last: Option<&mut Statement>, to: &Name, byte: u8, most: usize) -> bool {
    match last.map(|statement| &mut statement.kind) {
        Some(StatementKind::Send { line, bytes }) if line == to && bytes.len() < most => {
            bytes.push(byte);
            true
        }
        _ => false,
    }
}

/// How many bytes the line carries within a tick: those that one statement can send.
fn bytes_together(descriptor: &AppDescriptor, line: SerialId) -> usize {
    let line = descriptor.serial_lines().get(usize::from(line.0));
    let bits = u64::from(line.map_or(1, |line| line.baud()));
    let bits_a_tick = bits * u64::from(descriptor.tick().as_us()) / 1_000_000;
    usize::try_from(bits_a_tick / 10).map_or(1, |bytes| bytes.clamp(1, MAX_TOGETHER))
}

/// What is expected of an output, from which tick on; how many of its levels are too short.
fn levels(
    descriptor: &AppDescriptor,
    captured: &CapturedOutput,
    end: RunTicks,
    tolerance: RunTicks,
    into: &mut Vec<(RunTicks, Expectation)>,
) -> usize {
    let Some(output) = descriptor.outputs().get(usize::from(captured.output)) else {
        return 0;
    };
    let mut too_short = 0;
    let changes = &captured.changes;
    for (index, (tick, level)) in changes.iter().enumerate() {
        let Some(level) = level else {
            continue;
        };
        let first = RunTicks(tick.0.saturating_add(tolerance.0));
        let last = match changes.get(index + 1) {
            Some((next, _)) => RunTicks(next.0.saturating_sub(tolerance.0 + 1)),
            None => end,
        };
        let target = match (output.range(), *level) {
            (Range::Digital, Level::OFF) => TargetLevel::Off,
            (Range::Digital, _) => TargetLevel::On,
            (range, level) => TargetLevel::Level(Quantity::of(&range.scale(), level.0)),
        };
        let assertion = match last.0.checked_sub(first.0) {
            None => {
                too_short += 1;
                continue;
            }
            Some(0) => OutputAssertion::Is(target),
            Some(length) => OutputAssertion::Stays(Some(target), RunTicks(length)),
        };
        into.push((
            first,
            Expectation::Output {
                output: name(output.name()),
                assertion,
                target_span: None,
            },
        ));
    }
    too_short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panic_guard::PanicGuard;
    use crate::waveform::{Mapping, Waveform, WaveformFormat, WaveformOptions};
    use lockstep_apps::toggle;
    use lockstep_core::app::App;

    fn imported(text: &str, tolerance: u64) -> ImportedScenario {
        try_import(text, tolerance).unwrap()
    }

    fn try_import(text: &str, tolerance: u64) -> Result<ImportedScenario, ImportError> {
        let guard = PanicGuard::default();
        let waveform = Waveform::parse(text.as_bytes(), WaveformFormat::Csv, guard).unwrap();
        let options = WaveformOptions {
            map: ["button=!D0", "led=D1"]
                .map(|mapping| Mapping::parse(mapping).unwrap())
                .to_vec(),
            ..WaveformOptions::default()
        };
        let descriptor = &toggle::Toggle::DESCRIPTOR;
        let capture = waveform.read_inputs(descriptor, &options).unwrap();
        import(descriptor, &capture, RunTicks(tolerance))
    }

    const CAPTURE: &str = "Time [s],D0,D1\n0,1,0\n0.01,0,0\n0.0105,0,1\n0.06,1,1\n0.1,1,1\n";

    #[test]
    fn a_captured_output_stays_at_its_levels_but_for_the_tolerance() {
        let imported = imported(CAPTURE, 2);
        assert_eq!(
            imported.scenario.to_string(),
            "app toggle\n\nwait 2 ms\nexpect led stays off for 6 ms\nwait 8 ms\n\npress button\n\
             wait 3 ms\nexpect led stays on for 87 ms\nwait 47 ms\nrelease button\nwait 40 ms\n"
        );
        assert_eq!((imported.inputs, imported.expectations), (2, 2));
    }

    #[test]
    fn a_level_that_does_not_last_is_left_out_and_counted() {
        let text = "Time [s],D0,D1\n0,1,0\n0.01,1,1\n0.013,1,0\n0.1,1,0\n";
        assert_eq!(imported(text, 2).too_short, 1);
        assert_eq!(imported(text, 0).too_short, 0);
    }
    /// An input takes two statements, its wait and its move; what does not move takes two more.
    #[test]
    fn a_scenario_that_could_not_be_read_again_is_refused() {
        let capture = |inputs: usize| {
            let rows =
                (1..=inputs).map(|row| format!("{}.{:03},{},0\n", row / 1000, row % 1000, row % 2));
            "Time [s],D0,D1\n0,0,0\n".to_owned() + &rows.collect::<String>()
        };
        let fits = imported(&capture(MAX_STATEMENTS / 2 - 1), 2);
        assert_eq!(fits.scenario.statements.len(), MAX_STATEMENTS);
        let refused = try_import(&capture(MAX_STATEMENTS / 2), 2).unwrap_err();
        assert_eq!(refused, ImportError::TooManyStatements);
    }
}
