//! Parses the statements of a `.scn` file.
//!
//! ```text
//! app lamp                                    which app it is for
//! board clock failed | uart missing           the boot condition at power-up
//! clock starts at 4294966296                  where the tick counter starts
//! seed 42                                     what the app's random source begins with
//!
//! press A [and B] [bouncing for 8 ms]         the contacts close
//! release A [and B] [bouncing for 8 ms]       the contacts open
//! tap A [and B] for 50 ms                     close, and open 50 ms later; so does `hold`
//! wait 300 ms
//! reset [with clock failed | uart missing]
//! set temperature to 21.5 C                   a number input changes
//! ramp temperature from 20 C to 25 C over 10 s
//! play temperature from room.csv              a table of times and numbers, beside the scenario
//! send uart "led on\n"                        bytes arrive on a serial line
//! turn knob by -3 clicks over 300 ms          an encoder
//!
//! repeat 3 times                              what stands between it and its `end`
//! end
//!
//! expect lamp is [not] 50                     a level, `on` or `off`
//! expect lamp is at least 50                  or `at most 50`, or `between 20 and 50`; everywhere
//! expect lamp becomes on within 1 s
//! expect lamp changes within 1 s
//! expect lamp stays [50] for 1 s
//! expect heartbeat pulses high|low for 500 ms [+- 1 ms] within 2 s
//! expect heartbeat repeats every 1 s [+- 1 %] within 3 s
//! expect log power [on] [within 300 ms]       without a time: since the last action
//! expect no log power [on] for 1 s
//! expect uart says "temp {} C" [within 50 ms] what is sent; `{}` stands for what may vary
//! expect uart says nothing for 1 s
//! expect only lctrl and space are on          of all outputs that can be on
//! expect display shows [within 1 s]           a matrix; its rows below it, or behind `shows` on
//!   "..#.."                                   one line, a `/` between them
//!   ".###."
//! expect display shows nothing [within 1 s]
//! ```
//!
//! A `#` begins a comment.

mod expectation;
mod ports;

pub use expectation::target_and_span;
pub(super) use expectation::{level, tolerance_too_large};
pub(super) use ports::{clicks, file_name};

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use self::expectation::expectation;
use self::ports::{play, ramp, send, set, turn};
use super::duration::length;
use super::lexer::{Token, TokenCursor, tokenize};
use super::picture_pattern::{NOTHING, PicturePattern};
use super::suggestion::suggest_correction;
use super::{
    Expectation, MAX_BYTES, MAX_LINE, MAX_STATEMENTS, MatrixAssertion, Name, Scenario, Statement,
    StatementKind,
};
use crate::diagnostic::{Diagnostic, Span};
use crate::script::SwitchState;

/// After this many diagnostics, parsing stops.
pub const MAX_DIAGNOSTICS: usize = 20;

const HEADERS: [&str; 4] = ["app", "board", "clock", "seed"];
const VERBS: [&str; 6] = ["press", "release", "tap", "wait", "reset", "expect"];
/// The verbs for what not every app has.
const PORT_VERBS: [&str; 6] = ["hold", "set", "ramp", "send", "turn", "play"];
const REPEAT: &str = "repeat";
const END: &str = "end";

/// The words that a line can begin with.
fn keywords() -> Vec<&'static str> {
    let blocks = [REPEAT, END];
    [&HEADERS[..], &VERBS, &PORT_VERBS, &blocks].concat()
}

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
    if let Err(diagnostic) = parser.end_picture()
        && diagnostics.len() < MAX_DIAGNOSTICS
    {
        diagnostics.push(diagnostic);
    }
    if let Some(open) = parser.repetitions.last().filter(|_| diagnostics.is_empty()) {
        diagnostics.push(Diagnostic::new(
            open.span,
            "`repeat` has no `end`",
            format!("expected a line `{END}` below it"),
        ));
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
    /// The words that a line can begin with.
    keywords: Vec<&'static str>,
    /// What is being repeated, the outermost first.
    repetitions: Vec<Repetition>,
    /// Whether the picture of the last statement has rows below it, where they can be.
    rows: Option<RowsBelow>,
}

/// What stands below a picture whose rows can follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowsBelow {
    Nothing,
    /// Rows, also such as cannot be read.
    Rows,
    /// Any, since what is wrong is the sentence above them.
    Ignored,
}

/// Statements that are repeated, from `repeat` on.
struct Repetition {
    span: Span,
    times: usize,
    /// The first of the statements.
    first: usize,
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
            keywords: keywords(),
            repetitions: Vec::new(),
            rows: None,
        }
    }

    /// Reads a line. What is wrong in it comes with the sentence that was meant.
    fn read_line(&mut self, line: &str, number: usize) -> Result<(), Diagnostic> {
        let starts = line.trim_start().chars().next();
        if starts.is_some_and(|first| !matches!(first, '"' | '#')) {
            self.end_picture()?;
        }
        self.parse_line(line, number).map_err(|diagnostic| {
            let is_guess = diagnostic
                .help
                .as_ref()
                .is_none_or(|help| help.starts_with("did you mean"));
            match suggest_correction(line, |line| is_sentence(line, self.scenario.tick)) {
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
        if first.text.starts_with('"') {
            return self.row(&mut cursor);
        }
        let keyword = cursor.keyword(&self.keywords)?;
        if HEADERS.contains(&keyword) {
            self.header(keyword, *first, &mut cursor)?;
        } else if keyword == REPEAT {
            let span = first.span;
            let first = self.scenario.statements.len();
            let repetition = self.repeat(span, &mut cursor);
            let repetition = repetition.and_then(|it| cursor.expect_end().map(|()| it));
            // What is wrong in the line leaves its `end` where it belongs.
            let once = Repetition {
                span,
                times: 1,
                first,
            };
            let (repetition, result) = match repetition {
                Ok(repetition) => (repetition, Ok(())),
                Err(diagnostic) => (once, Err(diagnostic)),
            };
            self.repetitions.push(repetition);
            return result;
        } else if keyword == END {
            cursor.expect_end()?;
            return self.end_repetition(*first);
        } else {
            self.rows = Some(RowsBelow::Ignored);
            self.statement(keyword, *first, &mut cursor)?;
            let last = tokens.iter().skip(3);
            let is_dark = last.clone().any(|token| token.text == NOTHING);
            cursor.expect_end()?;
            let can_follow = self.picture().is_some_and(|it| it.is_dark()) && !is_dark;
            self.rows = can_follow.then_some(RowsBelow::Nothing);
            return Ok(());
        }
        cursor.expect_end()
    }

    /// The picture of the last statement, if it expects one.
    fn picture(&mut self) -> Option<&mut PicturePattern> {
        match &mut self.scenario.statements.last_mut()?.kind {
            StatementKind::Expect(Expectation::Matrix { assertion, .. }) => match assertion {
                MatrixAssertion::Shows(pattern) | MatrixAssertion::ShowsWithin(pattern, _) => {
                    Some(pattern)
                }
            },
            _ => None,
        }
    }

    /// A row of the picture that is expected above it.
    fn row(&mut self, cursor: &mut TokenCursor<'_>) -> Result<(), Diagnostic> {
        let row = cursor.next_token("a row in quotes")?;
        if self.rows == Some(RowsBelow::Ignored) {
            return Ok(());
        }
        let can_follow = self.rows.is_some();
        self.rows = self.rows.map(|_| RowsBelow::Rows);
        cursor.expect_end()?;
        match self.picture().filter(|_| can_follow) {
            Some(picture) => picture.append(row),
            None => Err(Diagnostic::new(
                row.span,
                "a row of a picture stands alone",
                "expected `expect display shows` or the like above it",
            )),
        }
    }

    /// Makes sure that a picture whose rows were to follow has some.
    fn end_picture(&mut self) -> Result<(), Diagnostic> {
        let has_none = self.rows.take() == Some(RowsBelow::Nothing);
        match self.scenario.statements.last() {
            Some(statement) if has_none => Err(Diagnostic::new(
                statement.span,
                "the picture has no rows",
                "expected `nothing`, or rows such as `\"..#..\"` on the lines below",
            )),
            _ => Ok(()),
        }
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
        if !self.scenario.statements.is_empty() || !self.repetitions.is_empty() {
            return Err(Diagnostic::new(
                first.span,
                format!("`{keyword}` comes too late"),
                "expected a sentence that does or expects something",
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
            "seed" => self.scenario.seed = Some(seed(cursor.next_token("a number")?)?),
            _ => {
                cursor.keyword(&["starts"])?;
                cursor.keyword(&["at"])?;
                self.scenario.clock = reading(cursor.next_token("a reading of the tick counter")?)?;
            }
        }
        Ok(())
    }

    fn repeat(&self, span: Span, cursor: &mut TokenCursor<'_>) -> Result<Repetition, Diagnostic> {
        let count = cursor.next_token("a number of times, as in `repeat 3 times`")?;
        let times = count.text.parse().ok();
        let times = times.filter(|times| (1..=MAX_STATEMENTS).contains(times));
        let times = times.ok_or_else(|| {
            Diagnostic::new(
                count.span,
                format!("`{count}` is not a number of times"),
                format!("expected a whole number from 1 to {MAX_STATEMENTS}"),
            )
        })?;
        cursor.keyword(&["times", "time"])?;
        if self.repetitions.len() >= MAX_NESTED {
            return Err(Diagnostic::new(
                span,
                "`repeat` is nested too deeply".to_owned(),
                format!("expected at most {MAX_NESTED} within each other"),
            ));
        }
        Ok(Repetition {
            span: cursor.span().unwrap_or(span),
            times,
            first: self.scenario.statements.len(),
        })
    }

    fn end_repetition(&mut self, word: Token<'_>) -> Result<(), Diagnostic> {
        let Some(repetition) = self.repetitions.pop() else {
            return Err(Diagnostic::new(
                word.span,
                format!("`{END}` without `repeat`"),
                "expected `repeat 3 times` or the like above it",
            ));
        };
        let repeated = self.scenario.statements.split_off(repetition.first);
        if repeated.is_empty() {
            return Err(Diagnostic::new(
                repetition.span,
                "`repeat` is empty",
                format!("expected sentences between it and `{END}`"),
            ));
        }
        let count = repeated.len().saturating_mul(repetition.times);
        if count.saturating_add(repetition.first) > MAX_STATEMENTS {
            return Err(Diagnostic::new(
                repetition.span,
                format!("with its repetitions the scenario has over {MAX_STATEMENTS} sentences"),
                format!("expected at most {MAX_STATEMENTS}"),
            ));
        }
        for _ in 0..repetition.times {
            self.scenario.statements.extend(repeated.iter().cloned());
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
            "tap" | "hold" => {
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
            "set" => set(cursor)?,
            "ramp" => ramp(cursor)?,
            "play" => play(cursor)?,
            "send" => send(cursor)?,
            "turn" => turn(cursor)?,
            _ => StatementKind::Expect(expectation(cursor)?),
        };
        let span = cursor.span().unwrap_or(first.span);
        self.scenario.statements.push(Statement { span, kind });
        Ok(())
    }
}

/// How many repetitions can stand within each other.
const MAX_NESTED: usize = 8;

/// Whether a line is a sentence that does or expects something.
fn is_sentence(line: &str, tick: TickPeriod) -> bool {
    let tick_of = |_: Option<&str>| tick;
    let mut parser = ScenarioParser::new(&tick_of);
    parser.parse_line(line, 1).is_ok() && parser.scenario.statements.len() == 1
}

/// Reads a name.
///
/// # Errors
///
/// A [`Diagnostic`] if the line ends, which says what was expected.
pub fn name(cursor: &mut TokenCursor<'_>, expected: &str) -> Result<Name, Diagnostic> {
    let Token { text, span } = cursor.next_token(expected)?;
    Ok(Name {
        text: text.to_owned(),
        span,
    })
}

/// The words of a boot condition, up to the end of the line: `clock failed` stands for
/// `clock-failed`.
fn boot_condition(cursor: &mut TokenCursor<'_>) -> Result<Name, Diagnostic> {
    let mut name = name(cursor, "a boot condition that the app declares")?;
    while let Some(Token { text, span }) = cursor.peek() {
        cursor.next_token("the end of the line")?;
        name.text = format!("{}-{text}", name.text);
        name.span = name.span.to(span);
    }
    Ok(name)
}

/// What a random source begins with.
pub(super) fn seed(token: Token<'_>) -> Result<(i32, Span), Diagnostic> {
    let seed = token.text.parse().ok().filter(|seed| *seed >= 0);
    let seed = seed.ok_or_else(|| {
        Diagnostic::new(
            token.span,
            format!("`{token}` is not a seed"),
            format!("expected a whole number from 0 to {}", i32::MAX),
        )
    })?;
    Ok((seed, token.span))
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
