//! Where two traces diverge.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

use lockstep_core::time::{RunTicks, TickPeriod};

use crate::trace::document::{Document, Record};

/// How many shared lines are shown before the divergence.
const BEFORE: usize = 5;

/// How many rows are shown from the divergence on.
const AFTER: usize = 8;

/// The first place at which two traces differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The number of lines they share before it.
    pub shared: usize,
    /// The tick of the earlier of the two differing lines.
    pub tick: RunTicks,
    /// What differs, in one sentence.
    pub summary: String,
}

/// The first place at which the traces differ, if they do.
#[must_use]
pub fn divergence(left: &Document, right: &Document) -> Option<Divergence> {
    let period = left.tick;
    if period != right.tick {
        return Some(Divergence {
            shared: 0,
            tick: RunTicks::ZERO,
            summary: format!(
                "a tick is {period} long in the left one and {} in the right one",
                right.tick
            ),
        });
    }
    let shared = left
        .lines
        .iter()
        .zip(&right.lines)
        .take_while(|(left, right)| left == right)
        .count();
    let next = (left.lines.get(shared), right.lines.get(shared));
    let (tick, summary) = match next {
        (None, None) if left.end == right.end => return None,
        (None, None) => (
            left.end.min(right.end),
            format!(
                "the left one was played to tick {}, the right one to tick {}",
                left.end.0, right.end.0
            ),
        ),
        (Some(line), None) => (line.tick, format!("only the left one has `{line}`")),
        (None, Some(line)) => (line.tick, format!("only the right one has `{line}`")),
        (Some(left), Some(right)) => (left.tick.min(right.tick), differing(left, right, period)),
    };
    Some(Divergence {
        shared,
        tick,
        summary,
    })
}

fn differing(left: &Record, right: &Record, tick: TickPeriod) -> String {
    let same_thing = left.kind == right.kind && left.name == right.name;
    let what = format!("{} `{}`", left.kind.word(), left.name);
    if same_thing && left.value == right.value {
        let (later, by) = match left.tick.cmp(&right.tick) {
            Ordering::Less => ("right", right.tick.0 - left.tick.0),
            _ => ("left", left.tick.0 - right.tick.0),
        };
        format!(
            "{what} `{}` is {} later on the {later}",
            left.value,
            tick.length(RunTicks(by))
        )
    } else if same_thing && left.tick == right.tick {
        format!(
            "{what} is {} on the left and {} on the right",
            left.value, right.value
        )
    } else {
        format!("the left one has `{left}`, the right one `{right}`")
    }
}

/// Writes both traces around the divergence, side by side.
///
/// # Errors
///
/// Those of `out`.
pub fn write(
    divergence: &Divergence,
    (left_name, left): (&str, &Document),
    (right_name, right): (&str, &Document),
    out: &mut dyn Write,
) -> io::Result<()> {
    let start = divergence.shared.saturating_sub(BEFORE);
    let shared = left.lines[start..divergence.shared]
        .iter()
        .map(|line| (Some(line), Some(line)));
    let rows: Vec<_> = shared
        .chain(rows(
            &left.lines[divergence.shared..],
            &right.lines[divergence.shared..],
        ))
        .collect();
    let width = rows
        .iter()
        .filter_map(|(left, _)| left.map(|line| line.to_string().len()))
        .chain([left_name.chars().count()])
        .max()
        .unwrap_or(0);

    writeln!(
        out,
        "first difference at tick {}: {}",
        divergence.tick.0, divergence.summary
    )?;
    writeln!(out)?;
    writeln!(out, "  {left_name:<width$}    {right_name}")?;
    if start > 0 {
        writeln!(out, "  {:<width$}  =  ", format!("({start} lines)"))?;
    }
    for (left, right) in rows {
        let sign = if left == right { '=' } else { '!' };
        let row = format!("  {:<width$}  {sign}  {}", shown(left), shown(right));
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

/// The lines of both from the divergence on, those of one tick in one row.
fn rows<'a>(
    mut left: &'a [Record],
    mut right: &'a [Record],
) -> Vec<(Option<&'a Record>, Option<&'a Record>)> {
    let mut rows = Vec::new();
    while rows.len() < AFTER {
        let order = match (left.first(), right.first()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.tick.cmp(&right.tick),
        };
        let mut row = (None, None);
        if order.is_le() {
            row.0 = left.split_off_first();
        }
        if order.is_ge() {
            row.1 = right.split_off_first();
        }
        rows.push(row);
    }
    rows
}

fn shown(line: Option<&Record>) -> String {
    line.map_or(String::new(), ToString::to_string)
}

impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            tick,
            kind,
            name,
            value,
        } = self;
        let line = format!("{:>8}  {:<3}  {name}  {value}", tick.0, kind.word());
        f.pad(&line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::trace::Kind;

    fn line(tick: u64, name: &str, value: &str) -> Record {
        Record {
            tick: RunTicks(tick),
            kind: Kind::Out,
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    fn document(lines: Vec<Record>, end: u64) -> Document {
        Document {
            tick: TickPeriod::MILLISECOND,
            app: "lamp".to_owned(),
            lines,
            end: RunTicks(end),
        }
    }

    fn summary(left: &Document, right: &Document) -> Option<String> {
        divergence(left, right).map(|divergence| divergence.summary)
    }

    #[test]
    fn a_trace_is_equal_to_itself() {
        let one = document(vec![line(1, "lamp", "50")], 9);
        assert_eq!(divergence(&one, &one), None);
    }

    #[test]
    fn each_way_to_differ_has_its_summary() {
        let base = document(vec![line(0, "lamp", "0"), line(5, "lamp", "50")], 9);
        for (other, expected) in [
            (
                document(vec![line(0, "lamp", "0"), line(6, "lamp", "50")], 9),
                "out `lamp` `50` is 1 ms later on the right",
            ),
            (
                document(vec![line(0, "lamp", "0"), line(5, "lamp", "25")], 9),
                "out `lamp` is 50 on the left and 25 on the right",
            ),
            (
                document(vec![line(0, "lamp", "0")], 9),
                "only the left one has `       5  out  lamp  50`",
            ),
            (
                document(base.lines.clone(), 10),
                "the left one was played to tick 9, the right one to tick 10",
            ),
        ] {
            assert_eq!(summary(&base, &other).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_extra_line_does_not_shift_what_follows() {
        let left = document(vec![line(1, "lamp", "1"), line(5, "lamp", "2")], 9);
        let right = document(vec![line(5, "lamp", "2")], 9);
        let rows = rows(&left.lines, &right.lines);
        assert_eq!(rows[0], (Some(&left.lines[0]), None));
        assert_eq!(rows[1], (Some(&left.lines[1]), Some(&right.lines[0])));
    }

    /// Documents that are much alike, so that they often share a beginning.
    fn documents() -> impl Strategy<Value = Document> {
        let line = (0_u64..2, prop::sample::select(vec!["lamp", "led"]), 0_u8..2);
        (vec(line, 0..8), 0_u64..2).prop_map(|(lines, rest)| {
            let mut tick = 0;
            let lines: Vec<_> = lines
                .into_iter()
                .map(|(gap, name, value)| {
                    tick += gap;
                    self::line(tick, name, &value.to_string())
                })
                .collect();
            document(lines, tick + rest)
        })
    }

    proptest! {
        #[test]
        fn traces_differ_unless_they_are_equal(left in documents(), right in documents()) {
            let found = divergence(&left, &right);
            prop_assert_eq!(found.is_none(), left == right);
            let other_way = divergence(&right, &left);
            prop_assert_eq!(
                found.as_ref().map(|found| (found.shared, found.tick)),
                other_way.map(|found| (found.shared, found.tick))
            );
            if let Some(found) = found {
                prop_assert_eq!(&left.lines[..found.shared], &right.lines[..found.shared]);
                let mut out = Vec::new();
                write(&found, ("left", &left), ("right", &right), &mut out).unwrap();
                prop_assert!(String::from_utf8(out).unwrap().contains(&found.summary));
            }
            prop_assert_eq!(divergence(&left, &left), None);
        }
    }
}
