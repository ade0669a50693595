//! Scenarios on one line: for a shell, a bug report, a commit message.
//!
//! ```text
//! app:lamp board:clock-failed clock:4294966296 seed:42
//! d:A  d:A+B  d:A~8         press; together; bouncing for 8 ms
//! u:A  u:A+B  u:A~8         release
//! tap:A@50  tap:A+B@50      press, and release 50 ms later
//! t:50  t:2s                wait, in ms unless a unit is given
//! r  r:uart-missing         reset
//! is:lamp=50  is:lamp!=off  becomes:lamp=on@1000  changes:lamp@1000
//! stays:lamp@1000  stays:lamp=50@1000
//! pulse:heartbeat=500+-1@2000  low:heartbeat=500@2000  period:heartbeat=1000@3000
//! log:power  log:power=on  log:power=on@300  nolog:power=on@1000
//! set:temperature=21.5C  ramp:temperature=20..25@10s  turn:knob=-3@300
//! play:temperature="room.csv"
//! send:uart="led\x20on\n"   a text in quotes, `\x20` for a space and `\x40` for an @
//! is:room>=21  is:room<=25  is:room=21..25  is:room!>=21   everywhere a level can stand
//! says:uart="OK"  says:uart="OK"@50  silent:uart@1000  only:lctrl+space
//! shows:display="..#../.###."@500  shows:display=nothing   the rows of a matrix
//! ```
//!
//! The time after `@` is the window: `within` or `for`.

mod expectation;
mod print;

pub use print::write;

use lockstep_core::time::{RunTicks, TickPeriod};

use self::expectation::expectation;
use super::duration::short_length;
use super::grammar::{MAX_DIAGNOSTICS, clicks, file_name, level, reading, seed};
use super::lexer::{Token, unexpected_token};
use super::pattern::quoted_bytes;
use super::quantity::in_one_word;
use super::{
    MAX_BYTES, MAX_LINE, MAX_STATEMENTS, Name, Scenario, Statement, StatementKind, TargetLevel,
};
use crate::diagnostic::{Diagnostic, Span};
use crate::script::{BootCondition, SwitchState};

const KEYS: [&str; 26] = [
    "app", "board", "clock", "d", "u", "tap", "t", "r", "is", "becomes", "changes", "stays",
    "pulse", "low", "period", "log", "set", "ramp", "send", "turn", "play", "says", "silent",
    "only", "shows", "seed",
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
                format!("expected at most {MAX_BYTES} bytes and {MAX_STATEMENTS} sentences"),
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
            (header @ ("app" | "board" | "clock" | "seed"), Some(rest)) => {
                self.check_header(header, token)?;
                return self.header(header, rest);
            }
            ("d", Some(rest)) => movement(rest, SwitchState::Closed, tick)?,
            ("u", Some(rest)) => movement(rest, SwitchState::Open, tick)?,
            ("tap", Some(rest)) => tap(rest, tick)?,
            ("set", Some(rest)) => set(rest)?,
            ("ramp", Some(rest)) => ramp(rest, tick)?,
            ("play", Some(rest)) => play(rest)?,
            ("send", Some(rest)) => send(rest)?,
            ("turn", Some(rest)) => turn(rest, tick)?,
            ("t", Some(rest)) => StatementKind::Wait(short_length(rest, tick)?),
            ("r", None) => StatementKind::Reset(None),
            ("r", Some(rest)) => StatementKind::Reset(boot_condition(rest)?),
            (key, Some(rest)) if KEYS.contains(&key) || key == NOLOG => {
                StatementKind::Expect(expectation(key, rest, tick)?)
            }
            (known, None) if KEYS.contains(&known) || known == NOLOG => {
                return Err(Diagnostic::new(
                    after(key),
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
            "seed" => self.scenario.seed = Some(seed(value)?),
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
    let well_formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if token.text.is_empty() || !token.text.chars().all(well_formed) {
        return Err(Diagnostic::new(
            token.span,
            match token.text {
                "" => "a name is missing".to_owned(),
                _ => format!("`{token}` is not a name"),
            },
            "expected letters, digits, `-` and `_`",
        ));
    }
    Ok(Name {
        text: token.text.to_owned(),
        span: token.span,
    })
}

/// A word, a number or a text in quotes.
fn log_value(token: Token<'_>) -> Result<Name, Diagnostic> {
    match token.text.starts_with('"') || token.text.starts_with('-') {
        true => Ok(Name {
            text: token.text.to_owned(),
            span: token.span,
        }),
        false => name(token),
    }
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
            after(token),
            "`tap` has no length",
            "expected `@` and a time in ms",
        )
    })?;
    Ok(StatementKind::Tap {
        buttons: names_of(names)?,
        length: short_length(length, tick)?,
    })
}

fn set(token: Token<'_>) -> Result<StatementKind, Diagnostic> {
    let (number, to) = split_at_sign(token, "=");
    let (to, span) = in_one_word(required(
        to,
        token,
        "`set` has no value",
        "`=` and a number",
    )?)?;
    Ok(StatementKind::Set {
        number: name(number)?,
        to,
        span,
    })
}

fn ramp(token: Token<'_>, tick: TickPeriod) -> Result<StatementKind, Diagnostic> {
    let (subject, length) = split_at_sign(token, "@");
    let (number, range) = split_at_sign(subject, "=");
    let range = required(range, token, "`ramp` has no values", "`=` and `20..25`")?;
    let length = required(
        length,
        token,
        "`ramp` has no length",
        "`@` and a time in ms",
    )?;
    let (from, to) = split_at_sign(range, RANGE);
    let to = required(
        to,
        range,
        "`ramp` has one value",
        "`..` and the one it ends with",
    )?;
    Ok(StatementKind::Ramp {
        number: name(number)?,
        from: in_one_word(from)?,
        to: in_one_word(to)?,
        length: short_length(length, tick)?,
    })
}

fn play(token: Token<'_>) -> Result<StatementKind, Diagnostic> {
    let (number, file) = split_at_sign(token, "=");
    let file = required(
        file,
        token,
        "`play` has no file",
        "`=` and the name of a table in quotes",
    )?;
    Ok(StatementKind::Play {
        number: name(number)?,
        file: file_name(file)?,
    })
}

fn send(token: Token<'_>) -> Result<StatementKind, Diagnostic> {
    let (line, text) = split_at_sign(token, "=");
    let text = required(
        text,
        token,
        "`send` has no text",
        "`=` and a text in quotes",
    )?;
    let bytes = quoted_bytes(text, "a text in quotes, such as `\"status\\n\"`")?;
    if bytes.is_empty() {
        return Err(Diagnostic::new(
            text.span,
            "nothing is sent",
            "expected at least one byte",
        ));
    }
    Ok(StatementKind::Send {
        line: name(line)?,
        bytes,
    })
}

fn turn(token: Token<'_>, tick: TickPeriod) -> Result<StatementKind, Diagnostic> {
    let (subject, length) = split_at_sign(token, "@");
    let (encoder, by) = split_at_sign(subject, "=");
    let by = required(by, token, "`turn` has no clicks", "`=` and their number")?;
    let length = required(
        length,
        token,
        "`turn` has no length",
        "`@` and a time in ms",
    )?;
    Ok(StatementKind::Turn {
        encoder: name(encoder)?,
        clicks: clicks(by)?,
        length: short_length(length, tick)?,
    })
}

/// What stands after a sign, which has to be there.
fn required<'a>(
    part: Option<Token<'a>>,
    whole: Token<'_>,
    message: &str,
    expected: &str,
) -> Result<Token<'a>, Diagnostic> {
    part.ok_or_else(|| {
        Diagnostic::new(
            after(whole),
            message.to_owned(),
            format!("expected {expected}"),
        )
    })
}

/// The place behind a word, or where one is missing.
fn after(token: Token<'_>) -> Span {
    match token.text {
        "" => token.span,
        _ => token.span.after(),
    }
}

/// The sign between the ends of a range.
const RANGE: &str = "..";

/// A level, `on` or `off`, or a range such as `20..25`.
fn target(token: Token<'_>) -> Result<TargetLevel, Diagnostic> {
    match split_at_sign(token, RANGE) {
        (least, Some(most)) => {
            let (least, most) = (in_one_word(least)?.0, in_one_word(most)?.0);
            Ok(TargetLevel::Between(least, most))
        }
        (level_word, None) => level(level_word),
    }
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
