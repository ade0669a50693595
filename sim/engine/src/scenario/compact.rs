//! Scenarios on one line: for a shell, a bug report, a commit message.
//!
//! ```text
//! app:lamp board:clock-failed clock:4294966296
//! d:A  d:A+B  d:A~8         press; together; bouncing for 8 ms
//! u:A  u:A+B  u:A~8         release
//! tap:A@50  tap:A+B@50      press, and release 50 ms later
//! t:50  t:2s                wait, in ms unless a unit is given
//! r  r:uart-missing         reset
//! is:lamp=50  is:lamp!=off  becomes:lamp=on@1000  changes:lamp@1000
//! stays:lamp@1000  stays:lamp=50@1000
//! pulse:heartbeat=500+-1@2000  low:heartbeat=500@2000  period:heartbeat=1000@3000
//! log:power  log:power=on  log:power=on@300  nolog:power=on@1000
//! ```
//!
//! The time after `@` is the window: `within` or `for`.

use std::fmt::Write;

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use super::duration::{short_length, short_length_or_zero};
use super::grammar::{MAX_DIAGNOSTICS, level, reading, tolerance_too_large};
use super::lexer::{Token, unexpected_token};
use super::print::NameList;
use super::{
    Expectation, LogAssertion, MAX_BYTES, MAX_LINE, MAX_STATEMENTS, Measurement, Name,
    OutputAssertion, Polarity, Scenario, Statement, StatementKind, TargetLevel,
};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::sanitize::excerpt;
use crate::script::{BootCondition, SwitchState};

const KEYS: [&str; 16] = [
    "app", "board", "clock", "d", "u", "tap", "t", "r", "is", "becomes", "changes", "stays",
    "pulse", "low", "period", "log",
];
const NOLOG: &str = "nolog";

/// Parses a scenario in its compact form, of an app with ticks of a millisecond.
///
/// # Errors
///
/// As [`parse_for`].
pub fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    parse_for(text, &|_| TickPeriod::MILLISECOND)
}

/// Parses a scenario in its compact form. `tick_of` says how long the ticks of an app are: of the
/// one that the scenario names, or of the one that it is for if it names none.
///
/// # Errors
///
/// All diagnostics, in order, but at most [`MAX_DIAGNOSTICS`].
pub fn parse_for(
    text: &str,
    tick_of: &dyn Fn(Option<&str>) -> TickPeriod,
) -> Result<Scenario, Vec<Diagnostic>> {
    let mut parser = CompactParser {
        scenario: Scenario {
            tick: tick_of(None),
            ..Scenario::default()
        },
        tick_of,
        headers: Vec::new(),
    };
    let mut diagnostics = Vec::new();
    for token in tokens(text) {
        let full = text.len() > MAX_BYTES || parser.scenario.statements.len() >= MAX_STATEMENTS;
        let read = if full {
            Err(Diagnostic::new(
                token.span,
                "the scenario is too long",
                format!("expected at most {MAX_BYTES} bytes and {MAX_STATEMENTS} steps"),
            ))
        } else {
            parser.read_token(token)
        };
        if let Err(diagnostic) = read {
            diagnostics.push(diagnostic);
            // Every word beyond the limit would be reported again.
            if diagnostics.len() == MAX_DIAGNOSTICS || full {
                break;
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(parser.scenario)
    } else {
        Err(diagnostics)
    }
}

fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let lines = text.lines().zip(1..);
    lines.flat_map(|(line, number)| {
        let mut column = 1;
        line.split(char::is_whitespace).filter_map(move |text| {
            let span = Span {
                line: number,
                column,
                width: text.chars().count(),
            };
            column += span.width + 1;
            (span.width > 0).then_some(Token { text, span })
        })
    })
}

struct CompactParser<'a> {
    tick_of: &'a dyn Fn(Option<&str>) -> TickPeriod,
    scenario: Scenario,
    headers: Vec<String>,
}

impl CompactParser<'_> {
    fn read_token(&mut self, token: Token<'_>) -> Result<(), Diagnostic> {
        if token.span.width > MAX_LINE {
            return Err(Diagnostic::new(
                token.span,
                format!("the word has {} characters", token.span.width),
                format!("expected at most {MAX_LINE}"),
            ));
        }
        let (key, rest) = split_at_sign(token, ":");
        let tick = self.scenario.tick;
        let kind = match (key.text, rest) {
            (header @ ("app" | "board" | "clock"), Some(rest)) => {
                self.check_header(header, token)?;
                return self.header(header, rest);
            }
            ("d", Some(rest)) => movement(rest, SwitchState::Closed, tick)?,
            ("u", Some(rest)) => movement(rest, SwitchState::Open, tick)?,
            ("tap", Some(rest)) => tap(rest, tick)?,
            ("t", Some(rest)) => StatementKind::Wait(short_length(rest, tick)?),
            ("r", None) => StatementKind::Reset(None),
            ("r", Some(rest)) => StatementKind::Reset(boot_condition(rest)?),
            (key, Some(rest)) if KEYS.contains(&key) || key == NOLOG => {
                StatementKind::Expect(expectation(key, rest, tick)?)
            }
            (known, None) if KEYS.contains(&known) || known == NOLOG => {
                return Err(Diagnostic::new(
                    key.span.after(),
                    format!("`{known}` has nothing after it"),
                    format!("expected `{known}:` and more"),
                ));
            }
            _ => {
                let choices: Vec<_> = KEYS.into_iter().chain([NOLOG]).collect();
                return Err(unexpected_token(key, &choices));
            }
        };
        self.scenario.statements.push(Statement {
            span: token.span,
            kind,
        });
        Ok(())
    }

    fn check_header(&mut self, header: &str, token: Token<'_>) -> Result<(), Diagnostic> {
        if self.headers.iter().any(|earlier| earlier == header) {
            return Err(Diagnostic::new(
                token.span,
                format!("`{header}:` appears twice"),
                "expected it at most once",
            ));
        }
        if !self.scenario.statements.is_empty() {
            return Err(Diagnostic::new(
                token.span,
                format!("`{header}:` comes too late"),
                "expected it before anything is done or expected",
            ));
        }
        self.headers.push(header.to_owned());
        Ok(())
    }

    fn header(&mut self, header: &str, value: Token<'_>) -> Result<(), Diagnostic> {
        match header {
            "app" => {
                let app = name(value)?;
                self.scenario.tick = (self.tick_of)(Some(&app.text));
                self.scenario.app = Some(app);
            }
            "board" => self.scenario.condition = boot_condition(value)?,
            _ => self.scenario.clock = reading(value)?,
        }
        Ok(())
    }
}

/// The parts before and after the first `sign`.
fn split_at_sign<'a>(token: Token<'a>, sign: &str) -> (Token<'a>, Option<Token<'a>>) {
    let Some((before, after)) = token.text.split_once(sign) else {
        return (token, None);
    };
    let width = before.chars().count();
    let mut spans = [token.span; 2];
    spans[0].width = width.max(1);
    spans[1].column += width + sign.len();
    spans[1].width = after.chars().count().max(1);
    let after = Token {
        text: after,
        span: spans[1],
    };
    let before = Token {
        text: before,
        span: spans[0],
    };
    (before, Some(after))
}

fn name(token: Token<'_>) -> Result<Name, Diagnostic> {
    let well_formed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if token.text.is_empty() || !token.text.chars().all(well_formed) {
        return Err(Diagnostic::new(
            token.span,
            match token.text {
                "" => "a name is missing".to_owned(),
                _ => format!("`{token}` is not a name"),
            },
            "expected letters, digits and `-`",
        ));
    }
    Ok(Name {
        text: token.text.to_owned(),
        span: token.span,
    })
}

/// The boot condition of this name; `None` for `ok`.
fn boot_condition(token: Token<'_>) -> Result<Option<Name>, Diagnostic> {
    match token.text {
        BootCondition::OK_NAME => Ok(None),
        _ => name(token).map(Some),
    }
}

fn movement(
    token: Token<'_>,
    contact: SwitchState,
    tick: TickPeriod,
) -> Result<StatementKind, Diagnostic> {
    let (names, bouncing) = split_at_sign(token, "~");
    Ok(StatementKind::Move {
        buttons: names_of(names)?,
        contact,
        bouncing: bouncing.map_or(Ok(RunTicks::ZERO), |token| short_length(token, tick))?,
    })
}

fn tap(token: Token<'_>, tick: TickPeriod) -> Result<StatementKind, Diagnostic> {
    let (names, length) = split_at_sign(token, "@");
    let length = length.ok_or_else(|| {
        Diagnostic::new(
            token.span.after(),
            "`tap` has no length",
            "expected `@` and a time in ms",
        )
    })?;
    Ok(StatementKind::Tap {
        buttons: names_of(names)?,
        length: short_length(length, tick)?,
    })
}

fn names_of(token: Token<'_>) -> Result<Vec<Name>, Diagnostic> {
    let mut names = Vec::new();
    let mut rest = Some(token);
    while let Some(token) = rest {
        let (first, others) = split_at_sign(token, "+");
        names.push(name(first)?);
        rest = others;
    }
    Ok(names)
}

fn expectation(key: &str, token: Token<'_>, tick: TickPeriod) -> Result<Expectation, Diagnostic> {
    let (subject, window) = split_at_sign(token, "@");
    let window = window.map(|token| short_length(token, tick)).transpose()?;
    let required_window = || {
        window.ok_or_else(|| {
            Diagnostic::new(
                token.span.after(),
                format!("`{key}` has no window"),
                "expected `@` and a time in ms",
            )
        })
    };
    let (negated, sign) = match subject.text.contains("!=") {
        true => (true, "!="),
        false => (false, "="),
    };
    let (subject, value) = split_at_sign(subject, sign);
    if negated && key != "is" {
        return Err(Diagnostic::new(
            token.span,
            format!("`{key}` does not take `!=`"),
            "expected `=`",
        ));
    }
    let subject = name(subject)?;
    let required_value = || {
        value.ok_or_else(|| {
            Diagnostic::new(
                token.span.after(),
                format!("`{key}` has no value"),
                "expected `=` and a value",
            )
        })
    };
    let measure = || -> Result<Measurement, Diagnostic> {
        let (number, tolerance) = split_at_sign(required_value()?, "+-");
        let length = short_length(number, tick)?;
        let tolerance = tolerance.map_or(Ok(RunTicks::ZERO), |token| {
            short_length_or_zero(token, tick)
        })?;
        if tolerance >= length {
            return Err(tolerance_too_large(number.span, length, tolerance, tick));
        }
        Ok(Measurement {
            length,
            tolerance,
            within: required_window()?,
        })
    };
    let forbid = |what: Option<Span>, name: &str| match what {
        Some(span) => Err(Diagnostic::new(
            span,
            format!("`{key}` takes no {name}"),
            "expected nothing",
        )),
        None => Ok(()),
    };
    let target_span = value.map(|value| value.span);
    let assertion = match key {
        "log" | NOLOG => {
            let assertion = match window {
                _ if key == NOLOG => LogAssertion::NotLogged(required_window()?),
                Some(window) => LogAssertion::LoggedWithin(window),
                None => LogAssertion::Logged,
            };
            let value = value.map(name).transpose()?;
            return Ok(Expectation::Log {
                log: subject,
                value,
                assertion,
            });
        }
        "is" => {
            forbid(window.map(|_| token.span), "window")?;
            let target = level(required_value()?)?;
            if negated {
                OutputAssertion::IsNot(target)
            } else {
                OutputAssertion::Is(target)
            }
        }
        "becomes" => OutputAssertion::Becomes(level(required_value()?)?, required_window()?),
        "changes" => {
            forbid(value.map(|value| value.span), "value")?;
            OutputAssertion::Changes(required_window()?)
        }
        "stays" => OutputAssertion::Stays(value.map(level).transpose()?, required_window()?),
        "pulse" => OutputAssertion::Pulse(Polarity::High, measure()?),
        "low" => OutputAssertion::Pulse(Polarity::Low, measure()?),
        "period" => OutputAssertion::Period(measure()?),
        _ => {
            return Err(Diagnostic::new(
                token.span,
                format!("`{}` expects nothing", excerpt(key)),
                format!("expected {}", one_of(KEYS)),
            ));
        }
    };
    Ok(Expectation::Output {
        output: subject,
        assertion,
        target_span,
    })
}

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
            OutputAssertion::Is(target) => format!("is:{output}={target}"),
            OutputAssertion::IsNot(target) => format!("is:{output}!={target}"),
            OutputAssertion::Becomes(target, within) => {
                format!("becomes:{output}={target}@{}", time(within))
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
        Expectation::Log {
            log,
            value,
            assertion,
        } => {
            let value = value
                .as_ref()
                .map_or(String::new(), |value| format!("={value}"));
            match assertion {
                LogAssertion::Logged => format!("log:{log}{value}"),
                LogAssertion::LoggedWithin(within) => format!("log:{log}{value}@{}", time(within)),
                LogAssertion::NotLogged(length) => format!("{NOLOG}:{log}{value}@{}", time(length)),
            }
        }
    }
}

fn equals(target: Option<TargetLevel>) -> String {
    target.map_or(String::new(), |target| format!("={target}"))
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
