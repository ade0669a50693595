//! Tables of a number over time, which scenarios play: comma-separated values in two columns.
//!
//! ```text
//! time [min],temperature [C]
//! 0,18.5
//! 1,18.7
//! ```

use lockstep_core::ports::{NumberInput, Scale};
use lockstep_core::time::{RunTicks, TickPeriod};

use super::quantity::Quantity;
use crate::decimal::{rounded, scaled};
use crate::diagnostic::{BYTE_ORDER_MARK, closest};
use crate::sanitize::excerpt;
use crate::script::MAX_EVENTS;

/// The largest table that is read, in bytes.
pub(super) const MAX_TABLE_BYTES: usize = 4 * 1024 * 1024;

/// The units of times, and their nanoseconds.
const UNITS: [(&str, i128); 5] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The unit of times that have none, by its place.
const SECONDS: usize = 2;

/// What a number input is, from which tick of the table on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumberTable {
    pub(super) rows: Vec<(RunTicks, i32)>,
    /// The tick of its last row.
    pub(super) end: RunTicks,
}

/// What is wrong in a table, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableError {
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) expected: String,
}

/// Reads the table of a number input. A time belongs to the first tick at or after it; of several
/// rows of a tick, the last counts.
pub(super) fn parse(
    bytes: &[u8],
    input: &NumberInput,
    tick: TickPeriod,
) -> Result<NumberTable, TableError> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .filter(|(line, _)| !line.trim_ascii().is_empty());
    let Some((names, line)) = lines.next() else {
        return Err(TableError {
            line: 1,
            message: "there is nothing in it".to_owned(),
            expected: "expected a row with the names of its columns, as in `time [s],room`".into(),
        });
    };
    let nanoseconds = unit_of_times(names, input).map_err(|error| error.at(line))?;
    let mut table = NumberTable {
        rows: Vec::new(),
        end: RunTicks::ZERO,
    };
    let mut last = 0;
    for (row, line) in lines {
        let (time, number) = columns(row).map_err(|error| error.at(line))?;
        let time = time_of(&time, nanoseconds, last).map_err(|error| error.at(line))?;
        last = time;
        let number = number_of(&number, input).map_err(|error| error.at(line))?;
        let ticks = time.div_euclid(i128::from(tick.as_us()) * 1_000);
        let is_between = time.rem_euclid(i128::from(tick.as_us()) * 1_000) > 0;
        let ticks = u64::try_from(ticks + i128::from(is_between)).unwrap_or(u64::MAX);
        table.end = RunTicks(ticks);
        if table
            .rows
            .last()
            .is_some_and(|(last, _)| *last == table.end)
        {
            table.rows.pop();
        }
        if table.rows.len() >= MAX_EVENTS {
            return Err(
                refused("there are too many rows", format!("at most {MAX_EVENTS}")).at(line),
            );
        }
        table.rows.push((table.end, number));
    }
    match table.rows.is_empty() {
        true => Err(refused("it has no rows", "a time and a number below the names").at(line)),
        false => Ok(table),
    }
}

/// What is wrong in a line.
struct Refused {
    message: String,
    expected: String,
}

impl Refused {
    fn at(self, line: usize) -> TableError {
        TableError {
            line,
            message: self.message,
            expected: self.expected,
        }
    }
}

fn refused(message: impl Into<String>, expected: impl AsRef<str>) -> Refused {
    Refused {
        message: message.into(),
        expected: format!("expected {}", expected.as_ref()),
    }
}

/// The two fields of a row, which may stand in quotes.
fn columns(row: &[u8]) -> Result<(String, String), Refused> {
    let row = String::from_utf8_lossy(row);
    let field = |text: &str| {
        let text = text.trim();
        let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        inner.unwrap_or(text).trim().to_owned()
    };
    let mut fields = row.split(',').map(field);
    match (fields.next(), fields.next(), fields.next()) {
        (Some(time), Some(number), None) => Ok((time, number)),
        _ => Err(refused(
            format!("`{}` is not a row", excerpt(row.trim())),
            "a time and a number, with a comma between them",
        )),
    }
}

/// How many nanoseconds the unit of the times is, by the names of the columns.
fn unit_of_times(names: &[u8], input: &NumberInput) -> Result<i128, Refused> {
    let (time, number) = columns(names)?;
    let (name, unit) = name_and_unit(&time);
    if !name.eq_ignore_ascii_case("time") {
        return Err(refused(
            format!("the first column is named `{}`", excerpt(&time)),
            "`time`, or `time [ms]` or the like",
        ));
    }
    if let (_, Some(unit)) = name_and_unit(&number)
        && unit != input.scale().unit()
    {
        let expected = match input.scale().unit() {
            "" => "no unit".to_owned(),
            unit => format!("`{unit}`"),
        };
        let message = format!("`{}` is not counted in `{}`", input.name(), excerpt(unit));
        return Err(refused(message, expected));
    }
    let Some(unit) = unit else {
        return Ok(UNITS[SECONDS].1);
    };
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known.map(|(_, nanoseconds)| *nanoseconds).ok_or_else(|| {
        let meant = closest(unit, UNITS.map(|(name, _)| name));
        let meant = meant.map_or(String::new(), |meant| format!(", perhaps `{meant}`"));
        refused(
            format!("there is no unit of time `{}`", excerpt(unit)),
            format!("`us`, `ms`, `s`, `min` or `h`{meant}"),
        )
    })
}

/// The parts of `time [ms]`.
fn name_and_unit(column: &str) -> (&str, Option<&str>) {
    let unit = column
        .strip_suffix(']')
        .and_then(|column| column.split_once('['));
    match unit {
        Some((name, unit)) => (name.trim(), Some(unit.trim())),
        None => (column, None),
    }
}

/// A time in nanoseconds.
fn time_of(text: &str, unit: i128, last: i128) -> Result<i128, Refused> {
    let Some(time) = scaled(text, unit).filter(|time| *time >= 0) else {
        return Err(refused(
            format!("`{}` is not a time", excerpt(text)),
            "a number of 0 or more",
        ));
    };
    match time < last {
        true => Err(refused(
            format!("the time `{}` comes before the one above it", excerpt(text)),
            "times that do not go back",
        )),
        false => Ok(time),
    }
}

/// The number of a row, rounded to the decimals of its input.
fn number_of(text: &str, input: &NumberInput) -> Result<i32, Refused> {
    let scale = input.scale();
    let expected = || {
        let [min, max] = [Scale::min, Scale::max].map(|bound| Quantity::of(&scale, bound(&scale)));
        format!("a number from {min} to {max}")
    };
    let Some(number) = rounded(text, scale.decimals()) else {
        let message = match text {
            "" => "a number is missing".to_owned(),
            text => format!("`{}` is not a number", excerpt(text)),
        };
        return Err(refused(message, expected()));
    };
    i32::try_from(number)
        .ok()
        .filter(|number| scale.contains(*number))
        .ok_or_else(|| {
            let message = format!("{} is out of range for `{}`", excerpt(text), input.name());
            refused(message, expected())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: NumberInput = NumberInput::new("room", -400, 850)
        .with_decimals(1)
        .with_unit("C");

    fn read(text: &str) -> Result<NumberTable, TableError> {
        parse(text.as_bytes(), &ROOM, TickPeriod::MILLISECOND)
    }

    #[test]
    fn times_have_a_unit_and_numbers_are_rounded() {
        for (names, ticks) in [
            ("time,room", 2_000),
            ("Time [s], room [C]", 2_000),
            ("time [us],x", 1),
            ("\"time [ms]\",\"x\"", 2),
            ("time [min],room", 120_000),
            ("time [h],room", 7_200_000),
        ] {
            let table = read(&format!("\u{feff}{names}\r\n0, 1\r\n\r\n2,-2.45\r\n")).unwrap();
            let rows = [(RunTicks(0), 10), (RunTicks(ticks), -25)];
            assert_eq!((table.rows, table.end), (rows.to_vec(), RunTicks(ticks)));
        }
    }

    #[test]
    fn of_the_rows_of_a_tick_the_last_counts() {
        let table = read("time [us],x\n0,1\n1,2\n1000,3\n1001,4\n").unwrap();
        let rows = [(0, 10), (1, 30), (2, 40)].map(|(tick, number)| (RunTicks(tick), number));
        assert_eq!(table.rows, rows);
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        for (text, line, message) in [
            ("", 1, "nothing in it"),
            ("\n\n", 1, "nothing in it"),
            ("time,x\n", 1, "no rows"),
            ("0,1\n", 1, "first column is named `0`"),
            ("time [days],x\n0,1\n", 1, "no unit of time `days`"),
            ("time,x [F]\n0,1\n", 1, "not counted in `F`"),
            ("time,x\n\n0,1,2\n", 3, "is not a row"),
            ("time,x\n0\n", 2, "is not a row"),
            ("time,x\n-1,1\n", 2, "`-1` is not a time"),
            ("time,x\n2,1\n1,1\n", 3, "comes before"),
            ("time,x\n0,\n", 2, "a number is missing"),
            ("time,x\n0,warm\n", 2, "`warm` is not a number"),
            ("time,x\n0,85.04\n1,85.05\n", 3, "85.05 is out of range"),
            ("time,x\n0,1e30\n", 2, "out of range"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.line, line, "{text}{error:?}");
            assert!(error.message.contains(message), "{text}{error:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec((0_u64..100_000, -400_i32..=850), 1..50),
        ) {
            let mut tick = 0;
            let rows: Vec<_> = rows
                .into_iter()
                .map(|(pause, number)| {
                    tick += pause + 1;
                    (RunTicks(tick), number)
                })
                .collect();
            let lines = rows.iter().map(|(tick, number)| {
                format!("{},{}\n", tick.0, ROOM.scale().shown(*number))
            });
            let text = format!("time [ms],room\n{}", lines.collect::<String>());
            let table = read(&text).unwrap();
            prop_assert_eq!(table.end, RunTicks(tick));
            prop_assert_eq!(table.rows, rows);
        }

        #[test]
        fn no_table_is_too_odd(text in "(time( \\[[a-z]{1,3}\\])?,x\n)?([-0-9.e,\" ]{0,9}\n){0,6}") {
            let _ = read(&text);
        }
    }
}
