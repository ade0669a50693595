//! Parses the statements of a `.scn` file.
//!
//! ```text
//! app lamp                                    which app it is for
//! board clock failed | uart missing           the boot condition at power-up
//! clock starts at 4294966296                  where the tick counter starts
//!
//! press A [and B] [bouncing for 8 ms]         the contacts close
//! release A [and B] [bouncing for 8 ms]       the contacts open
//! tap A [and B] for 50 ms                     close, and open 50 ms later
//! wait 300 ms
//! reset [with clock failed | uart missing]
//!
//! expect lamp is [not] 50                     a level, `on` or `off`
//! expect lamp becomes on within 1 s
//! expect lamp changes within 1 s
//! expect lamp stays [50] for 1 s
//! expect heartbeat pulses high|low for 500 ms [+- 1 ms] within 2 s
//! expect heartbeat repeats every 1 s [+- 1 %] within 3 s
//! expect log power [on] [within 300 ms]       without a time: since the last action
//! expect no log power [on] for 1 s
//! ```
//!
//! A `#` begins a comment.

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use super::duration::{length, tolerance};
use super::lexer::{Token, TokenCursor, tokenize, unexpected_token};
use super::mend::mend;
use super::{
    Expectation, LogAssertion, MAX_BYTES, MAX_LINE, MAX_STATEMENTS, Measurement, Name,
    OutputAssertion, Polarity, Scenario, Statement, StatementKind, TargetLevel,
};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::sanitize::excerpt;
use crate::script::SwitchState;

/// After this many diagnostics, parsing stops.
pub const MAX_DIAGNOSTICS: usize = 20;

const HEADERS: [&str; 3] = ["app", "board", "clock"];
const VERBS: [&str; 6] = ["press", "release", "tap", "wait", "reset", "expect"];

/// The words that a line can begin with.
const KEYWORDS: [&str; 9] = [
    HEADERS[0], HEADERS[1], HEADERS[2], VERBS[0], VERBS[1], VERBS[2], VERBS[3], VERBS[4], VERBS[5],
];

/// Parses a scenario of an app with ticks of a millisecond.
///
/// # Errors
///
/// As [`parse_for`].
pub fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    parse_for(text, &|_| TickPeriod::MILLISECOND)
}

/// Parses a scenario. `tick_of` says how long the ticks of an app are: of the one that the scenario
/// names, or of the one that it is for if it names none.
///
/// # Errors
///
/// All diagnostics, in the order of their lines, but at most [`MAX_DIAGNOSTICS`].
pub fn parse_for(
    text: &str,
    tick_of: &dyn Fn(Option<&str>) -> TickPeriod,
) -> Result<Scenario, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the scenario has {} bytes", text.len());
        return Err(vec![Diagnostic::new(
            Span::START,
            message,
            format!("expected at most {MAX_BYTES}"),
        )]);
    }
    let mut parser = ScenarioParser::new(tick_of);
    let mut diagnostics = Vec::new();
    for (line, number) in text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .zip(1..)
    {
        if let Err(diagnostic) = parser.read_line(line, number) {
            diagnostics.push(diagnostic);
            // Every statement beyond the limit would be reported again.
            if diagnostics.len() == MAX_DIAGNOSTICS
                || parser.scenario.statements.len() == MAX_STATEMENTS
            {
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

struct ScenarioParser<'a> {
    tick_of: &'a dyn Fn(Option<&str>) -> TickPeriod,
    scenario: Scenario,
    /// The headers read so far, and their lines.
    headers: Vec<(&'static str, usize)>,
}

impl<'a> ScenarioParser<'a> {
    fn new(tick_of: &'a dyn Fn(Option<&str>) -> TickPeriod) -> Self {
        Self {
            scenario: Scenario {
                tick: tick_of(None),
                ..Scenario::default()
            },
            tick_of,
            headers: Vec::new(),
        }
    }

    /// Reads a line. What is wrong in it comes with the sentence that was meant.
    fn read_line(&mut self, line: &str, number: usize) -> Result<(), Diagnostic> {
        self.parse_line(line, number).map_err(|diagnostic| {
            let is_guess = diagnostic
                .help
                .as_ref()
                .is_none_or(|help| help.starts_with("did you mean"));
            match mend(line, |line| is_sentence(line, self.scenario.tick)) {
                // It takes a tick for a millisecond.
                Some(_) if self.scenario.tick != TickPeriod::MILLISECOND => diagnostic,
                Some(sentence) if is_guess => diagnostic.with_help(format!("write `{sentence}`")),
                _ => diagnostic,
            }
        })
    }

    fn parse_line(&mut self, line: &str, number: usize) -> Result<(), Diagnostic> {
        let width = line.chars().count();
        if width > MAX_LINE {
            let span = Span {
                line: number,
                column: MAX_LINE + 1,
                width: 1,
            };
            return Err(Diagnostic::new(
                span,
                format!("the line has {width} characters"),
                format!("expected at most {MAX_LINE}"),
            ));
        }
        let tokens = tokenize(line, number);
        let Some(first) = tokens.first() else {
            return Ok(());
        };
        let mut cursor = TokenCursor::new(&tokens, self.scenario.tick);
        let keyword = cursor.keyword(&KEYWORDS)?;
        if HEADERS.contains(&keyword) {
            self.header(keyword, *first, &mut cursor)?;
        } else {
            self.statement(keyword, *first, &mut cursor)?;
        }
        cursor.expect_end()
    }

    fn header(
        &mut self,
        keyword: &'static str,
        first: Token<'_>,
        cursor: &mut TokenCursor<'_>,
    ) -> Result<(), Diagnostic> {
        let earlier = self.headers.iter().find(|(earlier, _)| *earlier == keyword);
        if let Some((_, line)) = earlier {
            return Err(Diagnostic::new(
                first.span,
                format!("`{keyword}` appears twice"),
                format!("expected it at most once; it is on line {line} already"),
            ));
        }
        if !self.scenario.statements.is_empty() {
            return Err(Diagnostic::new(
                first.span,
                format!("`{keyword}` comes too late"),
                format!("expected {}", one_of(VERBS)),
            )
            .with_help("move it above the first sentence that does or expects something"));
        }
        self.headers.push((keyword, first.span.line));
        match keyword {
            "app" => {
                let app = name(cursor, "the name of an app")?;
                self.scenario.tick = (self.tick_of)(Some(&app.text));
                self.scenario.app = Some(app);
            }
            "board" => self.scenario.condition = Some(boot_condition(cursor)?),
            _ => {
                cursor.keyword(&["starts"])?;
                cursor.keyword(&["at"])?;
                self.scenario.clock = reading(cursor.next_token("a reading of the tick counter")?)?;
            }
        }
        Ok(())
    }

    fn statement(
        &mut self,
        keyword: &str,
        first: Token<'_>,
        cursor: &mut TokenCursor<'_>,
    ) -> Result<(), Diagnostic> {
        if self.scenario.statements.len() >= MAX_STATEMENTS {
            return Err(Diagnostic::new(
                first.span,
                "the scenario has too many sentences",
                format!("expected at most {MAX_STATEMENTS}"),
            ));
        }
        let kind = match keyword {
            "press" => movement(cursor, SwitchState::Closed)?,
            "release" => movement(cursor, SwitchState::Open)?,
            "tap" => {
                let buttons = buttons(cursor)?;
                cursor.keyword_before_duration("for")?;
                StatementKind::Tap {
                    buttons,
                    length: length(cursor)?,
                }
            }
            "wait" => StatementKind::Wait(length(cursor)?),
            "reset" if cursor.accept("with") => StatementKind::Reset(Some(boot_condition(cursor)?)),
            "reset" => StatementKind::Reset(None),
            _ => StatementKind::Expect(expectation(cursor)?),
        };
        let span = cursor.span().unwrap_or(first.span);
        self.scenario.statements.push(Statement { span, kind });
        Ok(())
    }
}

/// Whether a line is a sentence that does or expects something.
fn is_sentence(line: &str, tick: TickPeriod) -> bool {
    let tick_of = |_: Option<&str>| tick;
    let mut parser = ScenarioParser::new(&tick_of);
    parser.parse_line(line, 1).is_ok() && parser.scenario.statements.len() == 1
}

fn name(cursor: &mut TokenCursor<'_>, expected: &str) -> Result<Name, Diagnostic> {
    let Token { text, span } = cursor.next_token(expected)?;
    Ok(Name {
        text: text.to_owned(),
        span,
    })
}

/// The words of a boot condition: `clock failed` stands for `clock-failed`.
fn boot_condition(cursor: &mut TokenCursor<'_>) -> Result<Name, Diagnostic> {
    let mut name = name(cursor, "a boot condition that the app declares")?;
    while let Some(Token { text, span }) = cursor.peek() {
        cursor.next_token("the end of the line")?;
        name.text = format!("{}-{text}", name.text);
        name.span = name.span.to(span);
    }
    Ok(name)
}

/// A reading of the tick counter.
pub(super) fn reading(token: Token<'_>) -> Result<Instant, Diagnostic> {
    token.text.parse().map(Instant).map_err(|_| {
        Diagnostic::new(
            token.span,
            format!("`{token}` is not a reading of the tick counter"),
            format!("expected a whole number from 0 to {}", u32::MAX),
        )
    })
}

fn movement(
    cursor: &mut TokenCursor<'_>,
    contact: SwitchState,
) -> Result<StatementKind, Diagnostic> {
    let buttons = buttons(cursor)?;
    let bouncing = if cursor.accept("bouncing") {
        cursor.keyword_before_duration("for")?;
        length(cursor)?
    } else {
        RunTicks::ZERO
    };
    Ok(StatementKind::Move {
        buttons,
        contact,
        bouncing,
    })
}

fn buttons(cursor: &mut TokenCursor<'_>) -> Result<Vec<Name>, Diagnostic> {
    let mut buttons = vec![name(cursor, "the name of a button")?];
    while cursor.accept("and") {
        buttons.push(name(cursor, "the name of a button")?);
    }
    Ok(buttons)
}

fn expectation(cursor: &mut TokenCursor<'_>) -> Result<Expectation, Diagnostic> {
    if cursor.accept("log") {
        let (log, value) = log(cursor)?;
        let assertion = if cursor.accept("within") {
            LogAssertion::LoggedWithin(length(cursor)?)
        } else {
            LogAssertion::Logged
        };
        return Ok(Expectation::Log {
            log,
            value,
            assertion,
        });
    }
    if cursor.accept("no") {
        cursor.keyword(&["log"])?;
        let (log, value) = log(cursor)?;
        cursor.keyword_before_duration("for")?;
        let assertion = LogAssertion::NotLogged(length(cursor)?);
        return Ok(Expectation::Log {
            log,
            value,
            assertion,
        });
    }
    let output = name(cursor, "the name of an output, `log` or `no log`")?;
    let mut target_span = None;
    let assertion = output_assertion(cursor, &mut target_span)?;
    Ok(Expectation::Output {
        output,
        assertion,
        target_span,
    })
}

fn log(cursor: &mut TokenCursor<'_>) -> Result<(Name, Option<Name>), Diagnostic> {
    let log = name(cursor, "the name of a log")?;
    let value = match cursor.peek() {
        Some(token) if !["within", "for"].contains(&token.text) => {
            Some(name(cursor, "a value of the log")?)
        }
        _ => None,
    };
    Ok((log, value))
}

/// What is expected of an output, and through `target_span` where its level is written.
fn output_assertion(
    cursor: &mut TokenCursor<'_>,
    target_span: &mut Option<Span>,
) -> Result<OutputAssertion, Diagnostic> {
    let mut target = |cursor: &mut TokenCursor<'_>| {
        let token = cursor.next_token("a level, `on` or `off`")?;
        *target_span = Some(token.span);
        level(token)
    };
    let verbs = ["is", "becomes", "changes", "stays", "pulses", "repeats"];
    Ok(match cursor.keyword(&verbs)? {
        "is" if cursor.accept("not") => OutputAssertion::IsNot(target(cursor)?),
        "is" => OutputAssertion::Is(target(cursor)?),
        "becomes" => {
            let target = target(cursor)?;
            OutputAssertion::Becomes(target, within(cursor)?)
        }
        "changes" => OutputAssertion::Changes(within(cursor)?),
        "stays" => {
            let target = match cursor.peek() {
                Some(token) if token.text == "for" => None,
                _ => Some(target(cursor)?),
            };
            cursor.keyword_before_duration("for")?;
            OutputAssertion::Stays(target, length(cursor)?)
        }
        "pulses" => {
            let polarity = match cursor.keyword(&["high", "low"])? {
                "high" => Polarity::High,
                _ => Polarity::Low,
            };
            cursor.keyword_before_duration("for")?;
            OutputAssertion::Pulse(polarity, measure(cursor)?)
        }
        _ => {
            cursor.keyword_before_duration("every")?;
            OutputAssertion::Period(measure(cursor)?)
        }
    })
}

fn within(cursor: &mut TokenCursor<'_>) -> Result<RunTicks, Diagnostic> {
    cursor.keyword_before_duration("within")?;
    length(cursor)
}

fn measure(cursor: &mut TokenCursor<'_>) -> Result<Measurement, Diagnostic> {
    let length_span = cursor.peek().map(|token| token.span);
    let length = length(cursor)?;
    let tolerance = tolerance(cursor, length)?;
    if tolerance >= length {
        let span = length_span.unwrap_or(Span::START);
        return Err(tolerance_too_large(span, length, tolerance, cursor.tick));
    }
    Ok(Measurement {
        length,
        tolerance,
        within: within(cursor)?,
    })
}

/// A tolerance so large that any short pulse would be accepted.
pub(super) fn tolerance_too_large(
    span: Span,
    length: RunTicks,
    tolerance: RunTicks,
    tick: TickPeriod,
) -> Diagnostic {
    let [length, tolerance] = [length, tolerance].map(|it| tick.length(it));
    Diagnostic::new(
        span,
        format!("the tolerance, {tolerance}, is not smaller than the duration, {length}"),
        "expected a tolerance smaller than the duration",
    )
}

/// A level, `on` or `off`.
pub(super) fn level(token: Token<'_>) -> Result<TargetLevel, Diagnostic> {
    match token.text {
        "on" | "high" => Ok(TargetLevel::On),
        "off" | "low" => Ok(TargetLevel::Off),
        number if number.starts_with(|c: char| c.is_ascii_digit()) => {
            number.parse().map(TargetLevel::Level).map_err(|_| {
                Diagnostic::new(
                    token.span,
                    format!("`{}` is not a level", excerpt(number)),
                    "expected a whole number from 0 to 65535, `on` or `off`",
                )
            })
        }
        _ => {
            let mut diagnostic = unexpected_token(token, &["on", "off"]);
            diagnostic.expected = "expected a level, `on` or `off`".to_owned();
            Err(diagnostic)
        }
    }
}
