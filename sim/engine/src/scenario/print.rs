//! Writes scenarios as `.scn` files.

use std::fmt::{self, Display, Formatter};

use lockstep_core::time::{Instant, RunTicks};

use super::{
    Expectation, LogAssertion, Measurement, Name, OutputAssertion, Polarity, Scenario, Statement,
    StatementKind, TargetLevel,
};
use crate::script::SwitchState;

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
        let mut is_complete =
            self.app.is_some() || self.condition.is_some() || self.clock != Instant::ZERO;
        for (index, statement) in self.statements.iter().enumerate() {
            if is_complete && (index == 0 || starts_paragraph(&statement.kind)) {
                writeln!(f)?;
                is_complete = false;
            }
            writeln!(f, "{statement}")?;
            is_complete |= matches!(statement.kind, StatementKind::Expect(_));
        }
        Ok(())
    }
}

/// Whether a paragraph can start with it; a release belongs to its press.
fn starts_paragraph(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Move { contact, .. } => *contact == SwitchState::Closed,
        StatementKind::Tap { .. } | StatementKind::Reset(_) => true,
        StatementKind::Wait(_) | StatementKind::Expect(_) => false,
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StatementKind::Move {
                buttons,
                contact,
                bouncing,
            } => {
                write!(f, "{} {}", contact.verb(), NameList(buttons, " and "))?;
                if *bouncing > RunTicks::ZERO {
                    write!(f, " bouncing for {bouncing}")?;
                }
                Ok(())
            }
            StatementKind::Tap { buttons, length } => {
                write!(f, "tap {} for {length}", NameList(buttons, " and "))
            }
            StatementKind::Wait(length) => write!(f, "wait {length}"),
            StatementKind::Reset(None) => f.write_str("reset"),
            StatementKind::Reset(Some(condition)) => {
                write!(f, "reset with {}", condition_words(condition))
            }
            StatementKind::Expect(expectation) => write!(f, "expect {expectation}"),
        }
    }
}

impl Display for Expectation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output {
                output, assertion, ..
            } => write!(f, "{output} {assertion}"),
            Self::Log {
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
                    LogAssertion::LoggedWithin(length) => write!(f, " within {length}"),
                    LogAssertion::NotLogged(length) => write!(f, " for {length}"),
                }
            }
        }
    }
}

impl Display for OutputAssertion {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(target) => write!(f, "is {target}"),
            Self::IsNot(target) => write!(f, "is not {target}"),
            Self::Becomes(target, within) => write!(f, "becomes {target} within {within}"),
            Self::Changes(within) => write!(f, "changes within {within}"),
            Self::Stays(Some(target), length) => write!(f, "stays {target} for {length}"),
            Self::Stays(None, length) => write!(f, "stays for {length}"),
            Self::Pulse(polarity, measure) => write!(f, "pulses {polarity} for {measure}"),
            Self::Period(measure) => write!(f, "repeats every {measure}"),
        }
    }
}

impl Display for Measurement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.length)?;
        if self.tolerance > RunTicks::ZERO {
            write!(f, " +- {}", self.tolerance)?;
        }
        write!(f, " within {}", self.within)
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

impl Display for TargetLevel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("on"),
            Self::Off => f.write_str("off"),
            Self::Level(level) => level.fmt(f),
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
