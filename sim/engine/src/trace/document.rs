//! Reads traces from files, of any app and any world.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use lockstep_core::time::{RunTicks, TickPeriod};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::text::{END, LINES, SIGNATURE, VERSION};
use super::{Kind, Line, MAX_LINES, Trace};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::quoted::{Quoted, quoted_length, unquote};
use crate::sanitize::excerpt;

/// The largest trace that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// A trace by names, without the descriptor of its app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The name of the app.
    pub app: String,
    /// How long a tick is.
    pub tick: TickPeriod,
    /// The lines, in order.
    pub lines: Vec<Record>,
    /// The last tick that was played.
    pub end: RunTicks,
}

/// One line by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The tick, counted from the start of the run.
    pub tick: RunTicks,
    /// The kind of observation.
    pub kind: Kind,
    /// The name of the button, output or log; `reset` for a reset.
    pub name: String,
    /// The observed value.
    pub value: String,
}

impl From<&Trace> for Document {
    fn from(trace: &Trace) -> Self {
        Self {
            app: trace.descriptor().name().to_owned(),
            tick: trace.descriptor().tick(),
            lines: trace.lines().map(Record::from).collect(),
            end: trace.end(),
        }
    }
}

impl From<Line> for Record {
    fn from(line: Line) -> Self {
        Self {
            tick: line.tick,
            kind: line.kind,
            name: line.name.to_owned(),
            value: line.value.to_string(),
        }
    }
}

impl Document {
    /// Reads a trace in its text form, in JSON lines, or in a snapshot that insta wrote of
    /// the text form.
    ///
    /// # Errors
    ///
    /// The first [`Diagnostic`]: a line that cannot be read, ticks that go backwards, or a
    /// last line that is missing or does not agree with those before it.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let (body, skipped) = after_front_matter(text);
        let mut lines = body.lines().zip(skipped + 1..);
        let (header, number) = lines.next().unwrap_or(("", skipped + 1));
        let span = whole_line(header, number);
        let (app, tick) = if header.starts_with('{') {
            json_header(header, span)?
        } else {
            text_header(header, span)?
        };
        let mut reader = DocumentParser::new(app, tick, span);
        let read = if header.starts_with('{') {
            json_line
        } else {
            text_line
        };
        for (line, number) in lines {
            let span = whole_line(line, number);
            reader.take(read(line, span)?, span)?;
        }
        reader.finish()
    }
}

/// The text after the header that insta writes between two lines of three dashes, and the
/// number of lines of that header.
fn after_front_matter(text: &str) -> (&str, usize) {
    const DASHES: &str = "---";
    let mut rest = text;
    for (line, number) in text.split_inclusive('\n').zip(1_usize..) {
        let is_dashes = line.trim_end() == DASHES;
        rest = &rest[line.len()..];
        if number == 1 && !is_dashes {
            break;
        }
        if number > 1 && is_dashes {
            return (rest, number);
        }
    }
    (text, 0)
}

/// A line after the header.
enum BodyLine {
    Record(Record),
    End { end: RunTicks, lines: usize },
}

struct DocumentParser {
    document: Document,
    complete: bool,
    last: Span,
    max_lines: usize,
}

impl DocumentParser {
    fn new(app: String, tick: TickPeriod, header: Span) -> Self {
        Self {
            document: Document {
                app,
                tick,
                lines: Vec::new(),
                end: RunTicks::ZERO,
            },
            complete: false,
            last: header,
            max_lines: MAX_LINES,
        }
    }

    fn take(&mut self, body_line: BodyLine, span: Span) -> Result<(), Diagnostic> {
        self.last = span;
        if self.complete {
            return Err(Diagnostic::new(
                span,
                "the trace goes on after its end",
                format!("expected nothing after the line `{END}`"),
            ));
        }
        let latest = self.document.lines.last().map_or(0, |line| line.tick.0);
        let tick = match &body_line {
            BodyLine::Record(record) => record.tick,
            BodyLine::End { end, .. } => *end,
        };
        if tick.0 < latest {
            return Err(Diagnostic::new(
                span,
                format!("tick {} comes after tick {latest}", tick.0),
                "expected ticks that never go back",
            ));
        }
        match body_line {
            BodyLine::Record(_) if self.document.lines.len() >= self.max_lines => {
                return Err(Diagnostic::new(
                    span,
                    "the trace has too many lines",
                    format!("expected at most {}", self.max_lines),
                ));
            }
            BodyLine::Record(record) => self.document.lines.push(record),
            BodyLine::End { end, lines } => {
                let found = self.document.lines.len();
                if lines != found {
                    return Err(Diagnostic::new(
                        span,
                        format!("the trace says it has {lines} lines, and has {found}"),
                        format!("expected {found}"),
                    )
                    .with_help("it was cut short or edited: write it again"));
                }
                self.document.end = end;
                self.complete = true;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, Diagnostic> {
        if self.complete {
            return Ok(self.document);
        }
        Err(Diagnostic::new(
            Span {
                column: self.last.column + self.last.width,
                width: 1,
                ..self.last
            },
            "the trace breaks off here",
            format!("expected a last line with `{END}  {LINES}` and their number"),
        ))
    }
}

fn text_header(line: &str, span: Span) -> Result<(String, TickPeriod), Diagnostic> {
    let rest = line
        .strip_prefix(SIGNATURE)
        .ok_or_else(|| not_a_trace(span))?;
    let (version, rest) = rest.split_once(':').ok_or_else(|| not_a_trace(span))?;
    check_version(version.trim().parse().ok(), span)?;
    let (app, tick) = rest.split_once(',').unwrap_or((rest, ""));
    if app.trim().is_empty() {
        return Err(no_app(span));
    }
    let tick = tick.trim().strip_prefix("tick ").and_then(period);
    Ok((app.trim().to_owned(), tick.ok_or_else(|| no_tick(span))?))
}

fn text_line(line: &str, span: Span) -> Result<BodyLine, Diagnostic> {
    let words = words(line);
    let at = |word: &str| word_span(line, word, span);
    let &[tick, kind, name, value] = words.as_slice() else {
        let message = match words.len() {
            5.. => "this line of the trace has too many words",
            _ => "this line of the trace has too few words",
        };
        return Err(Diagnostic::new(span, message, A_LINE));
    };
    let tick = number::<u64>(tick, "tick", at(tick))?;
    body_line(RunTicks(tick), (kind, at(kind)), name, (value, at(value)))
}

/// The words of a line, up to one too many. A value in quotes has spaces, and is the last.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && words.len() < 5 {
        let end = match rest.starts_with('"') && words.len() == 3 {
            true => quoted_length(rest).unwrap_or(rest.len()),
            false => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

fn body_line(
    tick: RunTicks,
    (kind, kind_at): (&str, Span),
    name: &str,
    (value, value_at): (&str, Span),
) -> Result<BodyLine, Diagnostic> {
    if kind == END && name == LINES {
        let lines = number(value, "number of lines", value_at)?;
        return Ok(BodyLine::End { end: tick, lines });
    }
    let kind = Kind::from_word(kind).ok_or_else(|| {
        let kinds = Kind::ALL.map(Kind::word);
        Diagnostic::new(
            kind_at,
            format!("`{}` is not a kind of line", excerpt(kind)),
            format!("expected {}, or `{END}` with `{LINES}`", one_of(kinds)),
        )
    })?;
    if value.starts_with('"') {
        unquote(value).map_err(|error| {
            let at = Span {
                column: value_at.column + error.at,
                width: error.width,
                ..value_at
            };
            Diagnostic::new(at, error.message, error.expected)
        })?;
    }
    Ok(BodyLine::Record(Record {
        tick,
        kind,
        name: name.to_owned(),
        value: value.to_owned(),
    }))
}

fn json_header(line: &str, span: Span) -> Result<(String, TickPeriod), Diagnostic> {
    let header = json(line, span)?;
    let version = header.get("trace").ok_or_else(|| not_a_trace(span))?;
    let version = version.as_u64().and_then(|version| version.try_into().ok());
    check_version(version, span)?;
    let app = header.get("app").and_then(Json::as_str);
    let app = app.filter(|app| !app.is_empty());
    let app = app.ok_or_else(|| no_app(span))?;
    let number = |key| header.get(key).and_then(Json::as_u64);
    let us = number("tick_us").or_else(|| number("tick_ms")?.checked_mul(1_000));
    let tick = us.and_then(TickPeriod::try_from_us);
    Ok((app.to_owned(), tick.ok_or_else(|| no_tick(span))?))
}

/// The period that is written `250 us` or `1 ms`.
fn period(text: &str) -> Option<TickPeriod> {
    let (number, unit) = text.split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    TickPeriod::try_from_us(match unit {
        "us" => number,
        "ms" => number.checked_mul(1_000)?,
        _ => return None,
    })
}

fn no_tick(span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        "the trace does not say how long a tick is, from 1 us to 100 ms",
        format!("expected a first line like `{SIGNATURE} {VERSION}: lamp, tick 1 ms`"),
    )
}

fn json_line(text: &str, span: Span) -> Result<BodyLine, Diagnostic> {
    let line = json(text, span)?;
    let wrong = |key: &str, expected: &str| {
        let message = match line.get(key) {
            None => format!("this line of the trace has no `{key}`"),
            Some(value) => format!("`{}` is not a {key}", excerpt(&value.to_string())),
        };
        Diagnostic::new(span, message, format!("expected {expected}"))
    };
    let word = |key| {
        let word = line.get(key).and_then(Json::as_str);
        word.ok_or_else(|| wrong(key, "a text"))
    };
    let tick = line
        .get("tick")
        .and_then(Json::as_u64)
        .ok_or_else(|| wrong("tick", A_NUMBER))?;
    let value = match (line.get("value"), line.get("text"), line.get("hex")) {
        (Some(Json::String(value)), None, None) => value.clone(),
        (Some(Json::Number(value)), None, None) => {
            number_as_written(text).unwrap_or_else(|| value.to_string())
        }
        (None, Some(Json::String(text)), None) => Quoted(text.as_bytes()).to_string(),
        (None, None, Some(Json::String(digits))) => {
            let bytes = bytes(digits).ok_or_else(|| wrong("hex", "two digits a byte"))?;
            Quoted(&bytes).to_string()
        }
        _ => return Err(wrong("value", "a text or a number")),
    };
    body_line(
        RunTicks(tick),
        (word("kind")?, span),
        word("name")?,
        (&value, span),
    )
}

/// The number as it is written, with the zeros at its end.
fn number_as_written(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
    }

    let row: Row<'_> = serde_json::from_str(line).ok()?;
    Some(row.value.get().to_owned())
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| !pair.starts_with('+'))
        })
        .collect()
}

fn json(line: &str, span: Span) -> Result<Json, Diagnostic> {
    serde_json::from_str(line).map_err(|error| {
        // serde_json counts columns in bytes, and its message ends with a line number that
        // is always 1.
        let before = error.column().saturating_sub(1).min(line.len());
        let column = String::from_utf8_lossy(&line.as_bytes()[..before]);
        let span = Span {
            column: column.chars().count() + 1,
            width: 1,
            ..span
        };
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        Diagnostic::new(
            span,
            format!("this is not JSON: {message}"),
            "expected one JSON object a line",
        )
    })
}

const A_NUMBER: &str = "a whole number up to 18446744073709551615";

const A_LINE: &str = "expected a tick, `in`, `out`, `log` or `end`, a name and a value";

fn number<N: FromStr>(word: &str, what: &str, span: Span) -> Result<N, Diagnostic> {
    word.parse().map_err(|_| {
        Diagnostic::new(
            span,
            format!("`{}` is not a {what}", excerpt(word)),
            format!("expected {A_NUMBER}"),
        )
    })
}

fn check_version(version: Option<u32>, span: Span) -> Result<(), Diagnostic> {
    match version {
        None | Some(0) => Err(not_a_trace(span)),
        Some(version) if version > VERSION => Err(Diagnostic::new(
            span,
            format!("the trace is in format {version}"),
            format!("expected format {VERSION} or older"),
        )
        .with_help("update this program")),
        Some(_) => Ok(()),
    }
}

fn not_a_trace(span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        "this is not a trace",
        format!("expected a first line such as `{SIGNATURE} {VERSION}: lamp, tick 1 ms`"),
    )
    .with_help("`sim run SCENARIO` and `--format jsonl` write traces; a VCD cannot be compared")
}

fn no_app(span: Span) -> Diagnostic {
    Diagnostic::new(
        span,
        "the trace does not say which app it is of",
        "expected the name of an app",
    )
}

/// The span of a word that is a slice of the line.
fn word_span(line: &str, word: &str, span: Span) -> Span {
    let before = (word.as_ptr().addr()).saturating_sub(line.as_ptr().addr());
    let before = line.get(..before).unwrap_or_default();
    Span {
        column: before.chars().count() + 1,
        width: word.chars().count().max(1),
        ..span
    }
}

fn whole_line(line: &str, number: usize) -> Span {
    Span {
        line: number,
        column: 1,
        width: line.chars().count().max(1),
    }
}
