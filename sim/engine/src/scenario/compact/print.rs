//! Writes scenarios in their compact form.

use std::fmt::Write;

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use crate::quoted::Quoted;
use crate::scenario::print::NameList;
use crate::scenario::{
    Expectation, LogAssertion, MatrixAssertion, Measurement, OutputAssertion, Polarity, Scenario,
    SerialAssertion, StatementKind, TargetLevel,
};
use crate::script::SwitchState;

use super::NOLOG;

/// Writes the scenario in its compact form, which plays and expects the same when read.
#[must_use]
pub fn write(scenario: &Scenario) -> String {
    let mut tokens = Vec::new();
    if let Some(app) = &scenario.app {
        tokens.push(format!("app:{app}"));
    }
    if let Some(condition) = &scenario.condition {
        tokens.push(format!("board:{condition}"));
    }
    if scenario.clock != Instant::ZERO {
        tokens.push(format!("clock:{}", scenario.clock.0));
    }
    if let Some((seed, _)) = scenario.seed {
        tokens.push(format!("seed:{seed}"));
    }
    for statement in &scenario.statements {
        write_statement(&statement.kind, scenario.tick, &mut tokens);
    }
    tokens.join(" ")
}

fn write_statement(kind: &StatementKind, tick: TickPeriod, tokens: &mut Vec<String>) {
    let time = |ticks: &RunTicks| short_time(*ticks, tick);
    match kind {
        StatementKind::Move {
            buttons,
            contact,
            bouncing,
        } => {
            let mut token = format!("{}:{}", contact_key(*contact), NameList(buttons, "+"));
            if *bouncing > RunTicks::ZERO {
                let _ = write!(token, "~{}", time(bouncing));
            }
            tokens.push(token);
        }
        StatementKind::Tap { buttons, length } => {
            tokens.push(format!("tap:{}@{}", NameList(buttons, "+"), time(length)));
        }
        StatementKind::Wait(length) => tokens.push(format!("t:{}", time(length))),
        StatementKind::Reset(None) => tokens.push("r".to_owned()),
        StatementKind::Reset(Some(condition)) => tokens.push(format!("r:{condition}")),
        StatementKind::Set { number, to, .. } => {
            tokens.push(format!("set:{number}={}", to.word()));
        }
        StatementKind::Ramp {
            number,
            from: (from, _),
            to: (to, _),
            length,
        } => {
            let (from, to) = (from.word(), to.word());
            tokens.push(format!("ramp:{number}={from}..{to}@{}", time(length)));
        }
        StatementKind::Play { number, file } => {
            let file = in_one_word(&Quoted(file.text.as_bytes()));
            tokens.push(format!("play:{number}={file}"));
        }
        StatementKind::Send { line, bytes } => {
            tokens.push(format!("send:{line}={}", in_one_word(&Quoted(bytes))));
        }
        StatementKind::Turn {
            encoder,
            clicks,
            length,
        } => tokens.push(format!("turn:{encoder}={clicks}@{}", time(length))),
        StatementKind::Expect(expectation) => tokens.push(expectation_word(expectation, tick)),
    }
}

fn contact_key(contact: SwitchState) -> &'static str {
    match contact {
        SwitchState::Closed => "d",
        SwitchState::Open => "u",
    }
}

fn expectation_word(expectation: &Expectation, tick: TickPeriod) -> String {
    let time = |ticks: &RunTicks| short_time(*ticks, tick);
    match expectation {
        Expectation::Output {
            output, assertion, ..
        } => match assertion {
            OutputAssertion::Is(target) => format!("is:{output}{}", sign_and(*target)),
            OutputAssertion::IsNot(target) => format!("is:{output}!{}", sign_and(*target)),
            OutputAssertion::Becomes(target, within) => {
                format!("becomes:{output}{}@{}", sign_and(*target), time(within))
            }
            OutputAssertion::Changes(within) => format!("changes:{output}@{}", time(within)),
            OutputAssertion::Stays(target, length) => {
                format!("stays:{output}{}@{}", equals(*target), time(length))
            }
            OutputAssertion::Pulse(Polarity::High, measure) => {
                format!("pulse:{output}={}", measurement_word(*measure, tick))
            }
            OutputAssertion::Pulse(Polarity::Low, measure) => {
                format!("low:{output}={}", measurement_word(*measure, tick))
            }
            OutputAssertion::Period(measure) => {
                format!("period:{output}={}", measurement_word(*measure, tick))
            }
        },
        Expectation::Serial { line, assertion } => match assertion {
            SerialAssertion::Sent(pattern) => format!("says:{line}={}", in_one_word(pattern)),
            SerialAssertion::SentWithin(pattern, within) => {
                format!("says:{line}={}@{}", in_one_word(pattern), time(within))
            }
            SerialAssertion::Silent(length) => format!("silent:{line}@{}", time(length)),
        },
        Expectation::Matrix { matrix, assertion } => match assertion {
            MatrixAssertion::Shows(pattern) => format!("shows:{matrix}={pattern}"),
            MatrixAssertion::ShowsWithin(pattern, within) => {
                format!("shows:{matrix}={pattern}@{}", time(within))
            }
        },
        Expectation::OnlyOn(outputs) => format!("only:{}", NameList(outputs, "+")),
        Expectation::Log {
            log,
            value,
            assertion,
        } => {
            let value = value
                .as_ref()
                .map_or(String::new(), |value| format!("={}", in_one_word(value)));
            match assertion {
                LogAssertion::Logged => format!("log:{log}{value}"),
                LogAssertion::LoggedWithin(within) => format!("log:{log}{value}@{}", time(within)),
                LogAssertion::NotLogged(length) => format!("{NOLOG}:{log}{value}@{}", time(length)),
            }
        }
    }
}

fn equals(target: Option<TargetLevel>) -> String {
    target.map_or(String::new(), sign_and)
}

/// A target with the sign before it.
fn sign_and(target: TargetLevel) -> String {
    match target {
        TargetLevel::AtLeast(_) => format!(">={}", word(target)),
        TargetLevel::AtMost(_) => format!("<={}", word(target)),
        _ => format!("={}", word(target)),
    }
}

fn word(target: TargetLevel) -> String {
    match target {
        TargetLevel::On => "on".to_owned(),
        TargetLevel::Off => "off".to_owned(),
        TargetLevel::Level(level) | TargetLevel::AtLeast(level) | TargetLevel::AtMost(level) => {
            level.word()
        }
        TargetLevel::Between(least, most) => format!("{}..{}", least.word(), most.word()),
    }
}

/// A text in quotes without what the compact form takes for its own.
fn in_one_word(quoted: &impl ToString) -> String {
    let quoted = quoted.to_string();
    let quoted = quoted.replace(' ', "\\x20");
    quoted.replace('@', "\\x40").replace('=', "\\x3d")
}

/// A time in ms, or with its unit where it is not a whole number of them.
fn short_time(ticks: RunTicks, tick: TickPeriod) -> String {
    let us = u128::from(ticks.0) * u128::from(tick.as_us());
    match us.is_multiple_of(1_000) {
        true => (us / 1_000).to_string(),
        false => format!("{us}us"),
    }
}

fn measurement_word(measure: Measurement, tick: TickPeriod) -> String {
    let Measurement {
        length,
        tolerance,
        within,
    } = measure;
    let [length, within] = [length, within].map(|ticks| short_time(ticks, tick));
    match tolerance {
        RunTicks::ZERO => format!("{length}@{within}"),
        _ => format!("{length}+-{}@{within}", short_time(tolerance, tick)),
    }
}
