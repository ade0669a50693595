//! Traces read back from files: whatever app or world they come from.

use std::str::FromStr;

use firmware_core::time::Ticks;
use serde_json::Value as Json;

use super::text::{END, LINES, SIGNATURE, VERSION};
use super::{Kind, MAX_LINES, Trace};
use crate::source::{Place, Problem};

/// The largest trace that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// A trace by its names alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The name of the app.
    pub app: String,
    /// The lines, in order.
    pub lines: Vec<Record>,
    /// The last tick that was played.
    pub end: Ticks,
}

/// One line by its names alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, in ticks from the start of the run.
    pub tick: Ticks,
    /// What kind of observation.
    pub kind: Kind,
    /// Of what.
    pub name: String,
    /// What was observed.
    pub value: String,
}

impl From<&Trace> for Document {
    fn from(trace: &Trace) -> Self {
        Self {
            app: trace.interface().name.to_owned(),
            lines: trace
                .lines()
                .map(|line| Record {
                    tick: line.tick,
                    kind: line.kind,
                    name: line.name.to_owned(),
                    value: line.value.to_string(),
                })
                .collect(),
            end: trace.end(),
        }
    }
}

impl Document {
    /// Reads a trace in its text form, in JSON lines, or in a snapshot that insta wrote of
    /// the text form.
    ///
    /// # Errors
    ///
    /// The first [`Problem`]: a line that cannot be read, ticks that go backwards, or a
    /// last line that is missing or does not agree with what stands before it.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (body, skipped) = after_front_matter(text);
        let mut lines = body.lines().zip(skipped + 1..);
        let Some((header, number)) = lines.next() else {
            return Err(not_a_trace(whole_line("", 1)));
        };
        let mut reader = if header.starts_with('{') {
            Reader::new(json_header(header, number)?)
        } else {
            Reader::new(text_header(header, number)?)
        };
        let read = if header.starts_with('{') {
            json_line
        } else {
            text_line
        };
        for (line, number) in lines {
            let place = whole_line(line, number);
            reader.take(read(line, place)?, place)?;
        }
        reader.finish()
    }
}

/// What insta writes above a snapshot ends with a line of three dashes.
fn after_front_matter(text: &str) -> (&str, usize) {
    let front = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    match front {
        Some((front, body)) => (body, front.lines().count() + 2),
        None => (text, 0),
    }
}

/// What one line after the header says.
enum Said {
    Record(Record),
    End { end: Ticks, lines: usize },
}

struct Reader {
    document: Document,
    complete: bool,
    last: Place,
}

impl Reader {
    fn new(app: String) -> Self {
        Self {
            document: Document {
                app,
                lines: Vec::new(),
                end: Ticks::ZERO,
            },
            complete: false,
            last: whole_line("", 1),
        }
    }

    fn take(&mut self, said: Said, place: Place) -> Result<(), Problem> {
        self.last = place;
        if self.complete {
            return Err(Problem::new(
                place,
                "the trace goes on after its end",
                format!("expected nothing after the line `{END}`"),
            ));
        }
        let latest = self.document.lines.last().map_or(0, |line| line.tick.0);
        let tick = match &said {
            Said::Record(record) => record.tick,
            Said::End { end, .. } => *end,
        };
        if tick.0 < latest {
            return Err(Problem::new(
                place,
                format!("tick {} comes after tick {latest}", tick.0),
                "expected ticks that never go back",
            ));
        }
        match said {
            Said::Record(_) if self.document.lines.len() >= MAX_LINES => {
                return Err(Problem::new(
                    place,
                    "the trace has too many lines",
                    format!("expected at most {MAX_LINES}"),
                ));
            }
            Said::Record(record) => self.document.lines.push(record),
            Said::End { end, lines } => {
                let found = self.document.lines.len();
                if lines != found {
                    return Err(Problem::new(
                        place,
                        format!("the trace says it has {lines} lines, and has {found}"),
                        "expected a trace that nobody cut or mended by hand",
                    ));
                }
                self.document.end = end;
                self.complete = true;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Document, Problem> {
        if self.complete {
            return Ok(self.document);
        }
        Err(Problem::new(
            self.last,
            "the trace breaks off here",
            format!("expected a last line `{END}` with the number of lines"),
        ))
    }
}

fn text_header(line: &str, number: usize) -> Result<String, Problem> {
    let place = whole_line(line, number);
    let rest = line
        .strip_prefix(SIGNATURE)
        .ok_or_else(|| not_a_trace(place))?;
    let (version, rest) = rest.split_once(':').ok_or_else(|| not_a_trace(place))?;
    check_version(version.trim().parse().ok(), place)?;
    let app = rest.split(',').next().unwrap_or_default().trim();
    Ok(app.to_owned())
}

fn text_line(line: &str, place: Place) -> Result<Said, Problem> {
    let mut words = line.split_whitespace();
    let (Some(tick), Some(kind), Some(name), Some(value), None) = (
        words.next(),
        words.next(),
        words.next(),
        words.next(),
        words.next(),
    ) else {
        return Err(not_a_line(place));
    };
    let tick = number::<u32>(tick, "tick", place)?;
    said(Ticks(tick), kind, name, value, place)
}

fn said(tick: Ticks, kind: &str, name: &str, value: &str, place: Place) -> Result<Said, Problem> {
    if kind == END && name == LINES {
        let lines = number(value, "number of lines", place)?;
        return Ok(Said::End { end: tick, lines });
    }
    let kind = Kind::from_word(kind).ok_or_else(|| not_a_line(place))?;
    Ok(Said::Record(Record {
        tick,
        kind,
        name: name.to_owned(),
        value: value.to_owned(),
    }))
}

fn json_header(line: &str, number: usize) -> Result<String, Problem> {
    let place = whole_line(line, number);
    let header = json(line, place)?;
    let version = header.get("trace").ok_or_else(|| not_a_trace(place))?;
    let version = version.as_u64().and_then(|version| version.try_into().ok());
    check_version(version, place)?;
    let app = header.get("app").and_then(Json::as_str);
    Ok(app.ok_or_else(|| not_a_trace(place))?.to_owned())
}

fn json_line(line: &str, place: Place) -> Result<Said, Problem> {
    let line = json(line, place)?;
    let tick = line
        .get("tick")
        .and_then(Json::as_u64)
        .and_then(|tick| u32::try_from(tick).ok());
    let word = |key| line.get(key).and_then(Json::as_str);
    let value = match line.get("value") {
        Some(Json::String(value)) => Some(value.clone()),
        Some(Json::Number(value)) => Some(value.to_string()),
        _ => None,
    };
    match (tick, word("kind"), word("name"), value) {
        (Some(tick), Some(kind), Some(name), Some(value)) => {
            said(Ticks(tick), kind, name, &value, place)
        }
        _ => Err(not_a_line(place)),
    }
}

fn json(line: &str, place: Place) -> Result<Json, Problem> {
    serde_json::from_str(line).map_err(|error| {
        let place = Place {
            column: error.column().max(1),
            width: 1,
            ..place
        };
        Problem::new(place, error.to_string(), "expected one JSON object a line")
    })
}

fn number<N: FromStr>(word: &str, what: &str, place: Place) -> Result<N, Problem> {
    word.parse().map_err(|_| {
        Problem::new(
            place,
            format!("`{word}` is not a {what}"),
            "expected a whole number",
        )
    })
}

fn check_version(version: Option<u32>, place: Place) -> Result<(), Problem> {
    match version {
        None | Some(0) => Err(not_a_trace(place)),
        Some(version) if version > VERSION => Err(Problem::new(
            place,
            format!("the trace is in format {version}"),
            format!("expected format {VERSION} or older"),
        )
        .with_help("update this program")),
        Some(_) => Ok(()),
    }
}

fn not_a_trace(place: Place) -> Problem {
    Problem::new(
        place,
        "this is not a trace",
        format!("expected a first line like `{SIGNATURE} {VERSION}: lamp, tick 1 ms`"),
    )
    .with_help("`sim run SCENARIO --format text` writes one; a VCD cannot be compared")
}

fn not_a_line(place: Place) -> Problem {
    Problem::new(
        place,
        "this is not a line of a trace",
        format!("expected a tick, `in`, `out`, `log` or `{END}`, a name and a value"),
    )
}

fn whole_line(line: &str, number: usize) -> Place {
    Place {
        line: number,
        column: 1,
        width: line.chars().count().max(1),
    }
}
