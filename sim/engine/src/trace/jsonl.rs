//! The form of a trace for other programs: JSON lines, one object a line.
//!
//! ```text
//! {"trace":1,"app":"lamp","tick_ms":1}
//! {"tick":0,"kind":"in","name":"reset","value":"ok"}
//! {"tick":0,"kind":"out","name":"lamp","value":0}
//! {"tick":1500,"kind":"end","name":"lines","value":2}
//! ```
//!
//! A tick that is not a whole number of milliseconds is given as `tick_us`. What a serial line
//! carried, and the text of a log, has the key `text` instead of `value`, or `hex` with two digits a
//! byte where it is not UTF-8.
//!
//! It has the same lines as the [text form](super::text): the objects between the
//! first and the last are the lines of the trace, and the last one carries the last tick
//! that was played and their number.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::text::{END, LINES};
use super::{Trace, Value};

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// Writes the whole trace, in many small pieces: `out` should be buffered.
///
/// # Errors
///
/// Those of `out`.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let us = trace.descriptor().tick().as_us();
    let is_whole = us.is_multiple_of(1_000);
    let header = JsonHeader {
        trace: VERSION,
        app: trace.descriptor().name(),
        tick_ms: is_whole.then_some(us / 1_000),
        tick_us: (!is_whole).then_some(us),
    };
    write_object(&header, out)?;
    for line in trace.lines() {
        let row = JsonRow {
            tick: line.tick.0,
            kind: line.kind.word(),
            name: line.name,
            value: JsonValue::of(&line.value)?,
        };
        write_object(&row, out)?;
    }
    let end = JsonRow {
        tick: trace.end().0,
        kind: END,
        name: LINES,
        value: JsonValue::Value(number(&trace.entries().len())?),
    };
    write_object(&end, out)
}

fn write_object(object: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct JsonHeader {
    trace: u32,
    app: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tick_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tick_us: Option<u32>,
}

#[derive(Serialize)]
struct JsonRow {
    tick: u64,
    kind: &'static str,
    name: &'static str,
    #[serde(flatten)]
    value: JsonValue,
}

/// A value under the key that says what it is.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum JsonValue {
    /// A word or a number.
    #[serde(rename = "value")]
    Word(&'static str),
    Value(Box<RawValue>),
    /// A row of a matrix.
    #[serde(rename = "value")]
    Row(String),
    /// Bytes that are a text.
    Text(String),
    /// Any others.
    Hex(String),
}

impl JsonValue {
    fn of(value: &Value) -> io::Result<Self> {
        Ok(match value {
            Value::Word(word) => Self::Word(word),
            // As it stands, with the zeros at its end.
            Value::Number(decimal) => Self::Value(number(decimal)?),
            Value::Row(..) => Self::Row(value.to_string()),
            Value::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.to_owned()),
                Err(_) => Self::Hex(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            },
        })
    }
}

fn number(number: &impl ToString) -> io::Result<Box<RawValue>> {
    Ok(RawValue::from_string(number.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{press_and_reset, trace_of};

    #[test]
    fn every_line_is_one_object() {
        let mut written = Vec::new();
        write(&trace_of(&press_and_reset()), &mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            r#"{"trace":1,"app":"toggle","tick_ms":1}
{"tick":0,"kind":"in","name":"reset","value":"ok"}
{"tick":0,"kind":"out","name":"led","value":0}
{"tick":2,"kind":"in","name":"button","value":"press"}
{"tick":2,"kind":"log","name":"led","value":"on"}
{"tick":2,"kind":"out","name":"led","value":1}
{"tick":3,"kind":"in","name":"reset","value":"uart-missing"}
{"tick":3,"kind":"in","name":"button","value":"press"}
{"tick":3,"kind":"log","name":"led","value":"on"}
{"tick":6,"kind":"in","name":"button","value":"release"}
{"tick":9,"kind":"end","name":"lines","value":9}
"#
        );
    }
}
