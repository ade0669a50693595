//! Sample tables of logic analysers: the CSV of Saleae and of sigrok (PulseView), and the
//! like. A row is a time and a level for each signal, or one sample of a known rate.

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::change::{BitLevel, ChangeSink, Flow, Reading, Value};
use super::error::{WaveformErrorKind, unexpected};
use super::signals::{Declaration, SignalId, Signals, VariableKind};
use super::vcd::{At, Fault};
use crate::decimal::scaled;
use crate::diagnostic::BYTE_ORDER_MARK;

/// Picoseconds in a second.
const SECOND: i128 = 1_000_000_000_000;

/// The longest that the first time may be off 0 before it is the start: 30 days.
const FAR: i128 = 30 * 24 * 3600 * SECOND;

/// What stands above a table in files of sigrok.
const COMMENT: &[u8] = b";";

/// A table whose first rows have been read.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) signals: Signals,
    time: TimeColumn,
    /// The column of each signal.
    columns: Vec<usize>,
    delimiter: u8,
    /// The byte at which the names of the columns stand.
    pub(super) names: usize,
    /// The byte at which the samples begin.
    body: usize,
}

#[derive(Clone, Copy, Debug)]
enum TimeColumn {
    /// A column of times in a unit of this many picoseconds.
    Times { column: usize, unit: i128 },
    /// A column of times that sigrok rounds: whole periods, of a rate that is known.
    Periods {
        column: usize,
        period: i128,
        rate: i128,
    },
    /// No column: a row is a sample of this rate.
    Samples { rate: i128 },
}

/// What the comments of sigrok say.
#[derive(Default)]
struct Metadata {
    channels: Vec<String>,
    rate: Option<i128>,
}

/// Reads the comments, the names of the columns, and what kind of values they have.
pub(super) fn parse(bytes: &[u8]) -> Result<Table, Fault> {
    let mut offset = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let mut metadata = Metadata::default();
    let (first, mut next) = loop {
        let (line, next) = line_at(bytes, offset);
        let text = line.trim_ascii();
        if text.is_empty() && next > offset || text.starts_with(COMMENT) {
            metadata.take(&String::from_utf8_lossy(text));
            offset = next;
        } else {
            break (text, next);
        }
    };
    let delimiter = delimiter_of(first);
    let mut names = fields(first, delimiter);
    if first.is_empty() {
        return Err(WaveformErrorKind::CutShort {
            expected: "a row with the names of the columns, such as `Time [s],D0,D1`",
        }
        .at(offset));
    }
    if names.iter().all(|name| is_number(name)) {
        // No names: the channels have numbers.
        next = offset;
        names = if metadata.channels.len() == names.len() {
            metadata.channels.clone()
        } else {
            (0..names.len()).map(|index| format!("D{index}")).collect()
        };
    }
    let time = metadata
        .time_column(&names)
        .map_err(|kind| kind.at(offset))?;
    let (sample, _) = line_at(bytes, next);
    let sample = fields(sample, delimiter);
    let mut table = Table {
        signals: Signals::default(),
        time,
        columns: Vec::new(),
        delimiter,
        names: offset,
        body: next,
    };
    let is_time = |index: usize| match time {
        TimeColumn::Times { column, .. } | TimeColumn::Periods { column, .. } => column == index,
        TimeColumn::Samples { .. } => false,
    };
    let channels: Vec<_> = (0..names.len()).filter(|index| !is_time(*index)).collect();
    for (position, &column) in channels.iter().enumerate() {
        let label = names[column].as_str();
        // sigrok may write units for names.
        let name = match metadata.channels.get(position) {
            Some(name) if metadata.channels.len() == channels.len() => name.as_str(),
            _ => label,
        };
        let is_level = sample
            .get(column)
            .is_none_or(|value| BitLevel::of_sample(value.as_bytes()).is_some());
        table
            .signals
            .declare(Declaration {
                offset,
                name,
                range: None,
                kind: VariableKind::Column { is_level },
                is_signed: false,
                size: 1,
                signal: SignalId(u32::try_from(table.columns.len()).unwrap_or(u32::MAX)),
            })
            .map_err(|kind| kind.at(offset))?;
        table.columns.push(column);
    }
    Ok(table)
}

/// Gives the sink every change of a signal that it watches.
pub(super) fn read(
    bytes: &[u8],
    table: &Table,
    sink: &mut impl ChangeSink,
) -> Result<Reading, Fault> {
    let body = bytes.get(table.body..).unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(table.delimiter)
        .comment(Some(b';'))
        .from_reader(body);
    let watched: Vec<(usize, SignalId)> = table
        .columns
        .iter()
        .zip(0..)
        .map(|(column, index)| (*column, SignalId(index)))
        .filter(|(_, signal)| sink.watches(*signal))
        .collect();
    let mut last: Vec<Option<Vec<u8>>> = vec![None; watched.len()];
    let mut record = ByteRecord::new();
    let mut origin = None;
    let mut previous = 0;
    let mut row: i128 = 0;
    loop {
        let start = table.body + usize::try_from(reader.position().byte()).unwrap_or(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                return Err(WaveformErrorKind::Unreadable(error.to_string()).at(start));
            }
        }
        if record.len() == 1 && record.get(0).is_some_and(<[u8]>::is_empty) {
            continue;
        }
        let place = |column| place_of(bytes, start, table.delimiter, column);
        let time = table.time_of(&record, row, &place)?;
        row += 1;
        // Times may count from a trigger, or from 1970.
        let origin = *origin.get_or_insert(if (0..=FAR).contains(&time) { 0 } else { time });
        let elapsed = time.saturating_sub(origin);
        if elapsed > i128::from(u64::MAX) {
            let time = format!("{} s", elapsed / SECOND);
            return Err(WaveformErrorKind::TooLate { time }.at(place(0)));
        }
        let Some(time) = u64::try_from(elapsed).ok().filter(|it| *it >= previous) else {
            let kind = unexpected("an earlier time", "a time that is not before the last one");
            return Err(kind.at(place(0)));
        };
        previous = time;
        if sink.time(time).map_err(|kind| kind.at(place(0)))? == Flow::Stop {
            break;
        }
        for ((column, signal), last) in watched.iter().zip(&mut last) {
            let Some(field) = record.get(*column) else {
                let found = String::from_utf8_lossy(record.get(0).unwrap_or_default());
                let expected = "as many columns as in the first row";
                return Err(unexpected(&found, expected).at(place(0)));
            };
            if last.as_deref() != Some(field) {
                *last = Some(field.to_vec());
                sink.change(*signal, Value::Sample(field))
                    .map_err(|kind| kind.at(place(*column)))?;
            }
        }
    }
    Ok(Reading::default())
}

impl Table {
    /// The time of a row in picoseconds.
    fn time_of(
        &self,
        record: &ByteRecord,
        row: i128,
        place: &impl Fn(usize) -> usize,
    ) -> Result<i128, Fault> {
        let number = |column: usize, unit: i128| {
            let field = String::from_utf8_lossy(record.get(column).unwrap_or_default());
            scaled(&field, unit).ok_or_else(|| {
                let expected = "a time as a number; export relative times, without dates";
                unexpected(&field, expected).at(place(column))
            })
        };
        match self.time {
            TimeColumn::Times { column, unit } => number(column, unit),
            TimeColumn::Periods {
                column,
                period,
                rate,
            } => Ok((number(column, 1)? / period).saturating_mul(SECOND) / rate),
            TimeColumn::Samples { rate } => Ok(row * SECOND / rate),
        }
    }
}

impl Metadata {
    /// Takes a comment of sigrok.
    fn take(&mut self, line: &str) {
        let line = line.trim_start_matches(';').trim();
        if let Some(rate) = line.strip_prefix("Samplerate:") {
            self.rate = rate_of(rate.trim());
        } else if let Some((_, channels)) = line
            .strip_prefix("Channels")
            .and_then(|rest| rest.split_once(':'))
        {
            self.channels = channels.split(',').map(|it| it.trim().to_owned()).collect();
        }
    }

    fn time_column(&self, names: &[String]) -> Result<TimeColumn, WaveformErrorKind> {
        let found = names
            .iter()
            .enumerate()
            .find_map(|(column, name)| Some((column, unit_of(name)?)));
        match (found, self.rate) {
            (Some((column, unit)), Some(rate)) => {
                // sigrok counts whole periods of a unit that is finer than the rate.
                let mut per_second = 1;
                while per_second < rate && per_second < SECOND {
                    per_second *= 1_000;
                }
                match unit {
                    TimeUnit::Declared(unit) => Ok(TimeColumn::Times { column, unit }),
                    TimeUnit::Named | TimeUnit::Word(_) => Ok(TimeColumn::Periods {
                        column,
                        period: (per_second / rate).max(1),
                        rate,
                    }),
                }
            }
            (Some((column, unit)), None) => Ok(TimeColumn::Times {
                column,
                unit: match unit {
                    TimeUnit::Declared(unit) | TimeUnit::Word(unit) => unit,
                    TimeUnit::Named => SECOND,
                },
            }),
            (None, Some(rate)) => Ok(TimeColumn::Samples { rate }),
            (None, None) => Err(unexpected(
                &names.join(","),
                "a column of times, such as `Time [s]`, or `; Samplerate: 1 MHz` above it",
            )),
        }
    }
}

/// How a column says that it has times.
#[derive(Clone, Copy)]
enum TimeUnit {
    /// With a unit in brackets: so many picoseconds.
    Declared(i128),
    /// By a word for its unit, as sigrok does.
    Word(i128),
    /// By the word `Time` alone.
    Named,
}

fn unit_of(name: &str) -> Option<TimeUnit> {
    let name = name.trim().to_ascii_lowercase();
    let word = match name.as_str() {
        "milliseconds" => SECOND / 1_000,
        "microseconds" => SECOND / 1_000_000,
        "nanoseconds" => 1_000,
        "picoseconds" => 1,
        "seconds" | "samples" => SECOND,
        _ => {
            let unit = name.strip_prefix("time")?;
            let unit = unit.trim_matches([' ', '[', ']', '(', ')', '_', '/', '-']);
            return match unit {
                "" => Some(TimeUnit::Named),
                "s" | "sec" | "seconds" => Some(TimeUnit::Declared(SECOND)),
                "ms" => Some(TimeUnit::Declared(SECOND / 1_000)),
                "us" | "µs" => Some(TimeUnit::Declared(SECOND / 1_000_000)),
                "ns" => Some(TimeUnit::Declared(1_000)),
                "ps" => Some(TimeUnit::Declared(1)),
                _ => None,
            };
        }
    };
    Some(TimeUnit::Word(word))
}

/// Reads `1 MHz`.
fn rate_of(text: &str) -> Option<i128> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let factor = match text[digits..].trim() {
        "Hz" => 1,
        "kHz" => 1_000,
        "MHz" => 1_000_000,
        "GHz" => 1_000_000_000,
        _ => return None,
    };
    scaled(&text[..digits], factor).filter(|rate| *rate > 0)
}

fn is_number(text: &str) -> bool {
    scaled(text, 1).is_some()
}

fn delimiter_of(line: &[u8]) -> u8 {
    let has = |delimiter: &u8| line.contains(delimiter);
    [b',', b';', b'\t'].into_iter().find(has).unwrap_or(b',')
}

/// The fields of a line, read as the rows are.
fn fields(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut record = ByteRecord::new();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .trim(Trim::All)
        .delimiter(delimiter)
        .from_reader(line);
    // A line in memory that is no row has no fields.
    let _ = reader.read_byte_record(&mut record);
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
    record.iter().map(text).collect()
}

/// The line at this offset without its end, and the offset of the next one.
fn line_at(bytes: &[u8], offset: usize) -> (&[u8], usize) {
    let rest = bytes.get(offset..).unwrap_or_default();
    match rest.iter().position(|byte| *byte == b'\n') {
        Some(length) => (&rest[..length], offset + length + 1),
        None => (rest, bytes.len()),
    }
}

/// The byte at which a field of a row begins.
fn place_of(bytes: &[u8], row: usize, delimiter: u8, column: usize) -> usize {
    let rest = bytes.get(row..).unwrap_or_default();
    let breaks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    let start = row + breaks.count();
    let (line, _) = line_at(bytes, start);
    let mut ends = line
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == delimiter);
    match column.checked_sub(1).and_then(|before| ends.nth(before)) {
        Some((position, _)) => start + position + 1,
        None => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_is_too_odd_for_a_rate(text in "[-+0-9.eE]{0,50}") {
            let _ = rate_of(&text);
        }
    }
}
