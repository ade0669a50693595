//! Writes scenarios as `.scn` files.
//!
//! A sentence knows its lengths in ticks; how long these are, whoever writes it says: [`display`].

use std::fmt::{self, Display, Formatter};

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use super::{
    Expectation, LogAssertion, MatrixAssertion, Measurement, Name, OutputAssertion, Polarity,
    Scenario, SerialAssertion, Statement, StatementKind,
};
use crate::quoted::Quoted;
use crate::script::SwitchState;

/// A part of a scenario, to be written with its lengths in units of time.
#[derive(Clone, Copy, Debug)]
pub struct DisplayWithTick<'a, T> {
    part: &'a T,
    tick: TickPeriod,
}

/// A part of a scenario as it is written for an app with these ticks.
pub const fn display<T>(part: &T, tick: TickPeriod) -> DisplayWithTick<'_, T> {
    DisplayWithTick { part, tick }
}

/// Writes the scenario as a `.scn` file that reads as the same scenario. An input that
/// follows an expectation starts a paragraph.
impl Display for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(app) = &self.app {
            writeln!(f, "app {app}")?;
        }
        if let Some(condition) = &self.condition {
            writeln!(f, "board {}", condition_words(condition))?;
        }
        if self.clock != Instant::ZERO {
            writeln!(f, "clock starts at {}", self.clock.0)?;
        }
        if let Some((seed, _)) = self.seed {
            writeln!(f, "seed {seed}")?;
        }
        let mut is_complete = self.app.is_some()
            || self.condition.is_some()
            || self.clock != Instant::ZERO
            || self.seed.is_some();
        for (index, statement) in self.statements.iter().enumerate() {
            if is_complete && (index == 0 || starts_paragraph(&statement.kind)) {
                writeln!(f)?;
                is_complete = false;
            }
            writeln!(f, "{}", Sentence(statement, self.tick))?;
            is_complete |= matches!(statement.kind, StatementKind::Expect(_));
        }
        Ok(())
    }
}

/// A statement of a file, the rows of a picture each on a line of its own.
struct Sentence<'a>(&'a Statement, TickPeriod);

impl Display for Sentence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(statement, tick) = self;
        let StatementKind::Expect(Expectation::Matrix { matrix, assertion }) = &statement.kind
        else {
            return display(*statement, *tick).fmt(f);
        };
        let pattern = assertion.pattern();
        if pattern.is_dark() {
            return display(*statement, *tick).fmt(f);
        }
        write!(f, "expect {matrix} shows")?;
        if let Some(window) = assertion.window() {
            write!(f, " within {}", tick.length(window))?;
        }
        pattern
            .rows()
            .try_for_each(|row| write!(f, "\n  \"{row}\""))
    }
}

/// Whether a paragraph can start with it; a release belongs to its press.
fn starts_paragraph(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Move { contact, .. } => *contact == SwitchState::Closed,
        StatementKind::Tap { .. }
        | StatementKind::Reset(_)
        | StatementKind::Set { .. }
        | StatementKind::Ramp { .. }
        | StatementKind::Play { .. }
        | StatementKind::Send { .. }
        | StatementKind::Turn { .. } => true,
        StatementKind::Wait(_) | StatementKind::Expect(_) => false,
    }
}

impl Display for DisplayWithTick<'_, Statement> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, tick } = self;
        match &part.kind {
            StatementKind::Move {
                buttons,
                contact,
                bouncing,
            } => {
                write!(f, "{} {}", contact.verb(), NameList(buttons, " and "))?;
                if *bouncing > RunTicks::ZERO {
                    write!(f, " bouncing for {}", tick.length(*bouncing))?;
                }
                Ok(())
            }
            StatementKind::Tap { buttons, length } => {
                let length = tick.length(*length);
                write!(f, "tap {} for {length}", NameList(buttons, " and "))
            }
            StatementKind::Wait(length) => write!(f, "wait {}", tick.length(*length)),
            StatementKind::Reset(None) => f.write_str("reset"),
            StatementKind::Reset(Some(condition)) => {
                write!(f, "reset with {}", condition_words(condition))
            }
            StatementKind::Set { number, to, .. } => write!(f, "set {number} to {to}"),
            StatementKind::Ramp {
                number,
                from: (from, _),
                to: (to, _),
                length,
            } => {
                let length = tick.length(*length);
                write!(f, "ramp {number} from {from} to {to} over {length}")
            }
            StatementKind::Play { number, file } => {
                write!(f, "play {number} from {}", FileName(&file.text))
            }
            StatementKind::Send { line, bytes } => write!(f, "send {line} {}", Quoted(bytes)),
            StatementKind::Turn {
                encoder,
                clicks,
                length,
            } => {
                let noun = if clicks.abs() == 1 { "click" } else { "clicks" };
                let length = tick.length(*length);
                write!(f, "turn {encoder} by {clicks} {noun} over {length}")
            }
            StatementKind::Expect(expectation) => {
                write!(f, "expect {}", display(expectation, *tick))
            }
        }
    }
}

impl Display for DisplayWithTick<'_, Expectation> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, tick } = self;
        match part {
            Expectation::Output {
                output, assertion, ..
            } => write!(f, "{output} {}", display(assertion, *tick)),
            Expectation::Serial { line, assertion } => {
                write!(f, "{line} {}", display(assertion, *tick))
            }
            Expectation::Matrix { matrix, assertion } => match assertion {
                MatrixAssertion::Shows(pattern) => write!(f, "{matrix} shows {pattern}"),
                MatrixAssertion::ShowsWithin(pattern, within) => {
                    let within = tick.length(*within);
                    write!(f, "{matrix} shows {pattern} within {within}")
                }
            },
            Expectation::OnlyOn(outputs) => {
                let verb = if outputs.len() == 1 { "is" } else { "are" };
                write!(f, "only {} {verb} on", NameList(outputs, " and "))
            }
            Expectation::Log {
                log,
                value,
                assertion,
            } => {
                if matches!(assertion, LogAssertion::NotLogged(_)) {
                    f.write_str("no ")?;
                }
                write!(f, "log {log}")?;
                if let Some(value) = value {
                    write!(f, " {value}")?;
                }
                match assertion {
                    LogAssertion::Logged => Ok(()),
                    LogAssertion::LoggedWithin(length) => {
                        write!(f, " within {}", tick.length(*length))
                    }
                    LogAssertion::NotLogged(length) => {
                        write!(f, " for {}", tick.length(*length))
                    }
                }
            }
        }
    }
}

impl Display for DisplayWithTick<'_, SerialAssertion> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, tick } = self;
        match part {
            SerialAssertion::Sent(pattern) => write!(f, "says {pattern}"),
            SerialAssertion::SentWithin(pattern, within) => {
                write!(f, "says {pattern} within {}", tick.length(*within))
            }
            SerialAssertion::Silent(length) => {
                write!(f, "says nothing for {}", tick.length(*length))
            }
        }
    }
}

impl Display for DisplayWithTick<'_, OutputAssertion> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, tick } = self;
        let length = |ticks: &RunTicks| tick.length(*ticks);
        match part {
            OutputAssertion::Is(target) => write!(f, "is {target}"),
            OutputAssertion::IsNot(target) => write!(f, "is not {target}"),
            OutputAssertion::Becomes(target, within) => {
                write!(f, "becomes {target} within {}", length(within))
            }
            OutputAssertion::Changes(within) => write!(f, "changes within {}", length(within)),
            OutputAssertion::Stays(Some(target), window) => {
                write!(f, "stays {target} for {}", length(window))
            }
            OutputAssertion::Stays(None, window) => write!(f, "stays for {}", length(window)),
            OutputAssertion::Pulse(polarity, measure) => {
                write!(f, "pulses {polarity} for {}", display(measure, *tick))
            }
            OutputAssertion::Period(measure) => {
                write!(f, "repeats every {}", display(measure, *tick))
            }
        }
    }
}

impl Display for DisplayWithTick<'_, Measurement> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { part, tick } = self;
        write!(f, "{}", tick.length(part.length))?;
        if part.tolerance > RunTicks::ZERO {
            write!(f, " +- {}", tick.length(part.tolerance))?;
        }
        write!(f, " within {}", tick.length(part.within))
    }
}

impl Display for Polarity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "high",
            Self::Low => "low",
        })
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The name of a file, in quotes where it is more than a word.
struct FileName<'a>(&'a str);

impl Display for FileName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        match self.0.chars().all(is_plain) {
            true => f.write_str(self.0),
            false => Quoted(self.0.as_bytes()).fmt(f),
        }
    }
}

/// Names with a separator between them.
pub(super) struct NameList<'a>(pub(super) &'a [Name], pub(super) &'static str);

impl Display for NameList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(names, between) = self;
        for (index, name) in names.iter().enumerate() {
            let before = if index == 0 { "" } else { between };
            write!(f, "{before}{name}")?;
        }
        Ok(())
    }
}

/// A boot condition as statements spell it: `clock failed`.
fn condition_words(condition: &Name) -> String {
    condition.to_string().replace('-', " ")
}
