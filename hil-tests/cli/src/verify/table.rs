//! Everything that ran, for people: a table of scenarios and worlds, the steps, and the counts.

use std::collections::BTreeMap;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::runner::Run;
use super::worlds::{Played, World};
use lockstep_hil::verdict::Verdict;

/// What parts two columns.
const GAP: &str = "  ";

/// What stands where there is nothing.
const NOTHING: &str = "-";

/// A length of real time, with a unit that suits it.
#[must_use]
pub fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if took < Duration::from_millis(1) {
        format!("{} us", took.as_micros())
    } else if took < Duration::from_secs(1) {
        format!("{:.1} ms", seconds * 1e3)
    } else if took < Duration::from_secs(100) {
        format!("{seconds:.2} s")
    } else {
        format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60)
    }
}

/// The whole summary. `ticks` says how long each scenario is.
#[must_use]
pub fn render(run: &Run, ticks: &BTreeMap<String, u32>) -> String {
    let worlds: Vec<_> = run
        .done
        .iter()
        .filter_map(|done| done.acted.world.as_ref())
        .collect();
    let mut parts = Vec::new();
    if worlds.iter().any(|world| !world.cases.is_empty()) {
        parts.push(scenarios(&worlds, ticks));
    }
    parts.push(steps(run));
    parts.push(attention(run) + &closing(run));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn scenarios(worlds: &[&World], ticks: &BTreeMap<String, u32>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for case in worlds.iter().flat_map(|world| &world.cases) {
        if !names.contains(&case.scenario.as_str()) {
            names.push(&case.scenario);
        }
    }
    let row = |name: &str, cell: &dyn Fn(&World) -> String| -> Vec<String> {
        let cells = worlds.iter().map(|world| cell(world));
        [name.to_owned()].into_iter().chain(cells).collect()
    };
    let mut rows = vec![row("scenario", &|world| world.name.clone())];
    rows.extend(names.iter().map(|name| {
        row(name, &|world| {
            let case = world.cases.iter().find(|case| case.scenario == *name);
            case.map_or_else(|| NOTHING.to_owned(), cell)
        })
    }));
    rows.push(vec![String::new(); worlds.len() + 1]);
    for verdict in Verdict::ALL {
        if worlds.iter().any(|world| count(world, verdict) > 0) {
            rows.push(row(verdict.counted(), &|world| {
                count(world, verdict).to_string()
            }));
        }
    }
    let speeds: BTreeMap<&str, Speed> = worlds
        .iter()
        .map(|world| (world.name.as_str(), Speed::of(world, ticks)))
        .collect();
    let shown = |show: fn(&Speed) -> Option<String>| {
        let speeds = &speeds;
        move |world: &World| {
            let speed = speeds.get(world.name.as_str());
            speed.and_then(show).unwrap_or_else(|| NOTHING.to_owned())
        }
    };
    rows.push(row(
        "ticks of passes",
        &shown(|speed| Some(grouped(speed.ticks))),
    ));
    rows.push(row(
        "time of passes",
        &shown(|speed| Some(time(speed.took))),
    ));
    let per_second = shown(|speed| speed.per_second().map(grouped));
    rows.push(row("ticks a second", &per_second));
    let first = worlds
        .first()
        .and_then(|world| speeds.get(world.name.as_str()));
    let label = worlds
        .first()
        .map(|world| format!("against {}", world.name));
    let ratios = row(&label.unwrap_or_default(), &|world| {
        let others = worlds.iter().skip(1);
        if !others
            .map(|other| &other.name)
            .any(|name| *name == world.name)
        {
            return NOTHING.to_owned();
        }
        let speed = speeds.get(world.name.as_str());
        let ratio = first
            .zip(speed)
            .and_then(|(first, speed)| speed.against(first));
        ratio.unwrap_or_else(|| NOTHING.to_owned())
    });
    rows.push(ratios);
    columns(&rows)
}

fn count(world: &World, verdict: Verdict) -> usize {
    let cases = world.cases.iter();
    cases.filter(|case| case.verdict == verdict).count()
}

fn cell(case: &Played) -> String {
    match case.verdict {
        Verdict::Skipped => headline(case.verdict),
        verdict => format!("{}  {}", headline(verdict), time(case.took)),
    }
}

/// What needs attention stands out.
fn headline(verdict: Verdict) -> String {
    match verdict.needs_attention() {
        true => verdict.word().to_uppercase(),
        false => verdict.word().to_owned(),
    }
}

/// How fast a world is: over the scenarios that passed there, since others may have ended early.
struct Speed {
    ticks: u64,
    took: Duration,
}

impl Speed {
    fn of(world: &World, ticks: &BTreeMap<String, u32>) -> Self {
        let passed = world
            .cases
            .iter()
            .filter(|case| case.verdict == Verdict::Pass);
        passed.fold(
            Self {
                ticks: 0,
                took: Duration::ZERO,
            },
            |sum, case| Self {
                ticks: sum.ticks + ticks.get(&case.scenario).copied().map_or(0, u64::from),
                took: sum.took + case.took,
            },
        )
    }

    /// Ticks in a second of real time.
    fn per_second(&self) -> Option<u64> {
        let micros = self.took.as_micros();
        let per_second = u128::from(self.ticks) * 1_000_000 / (micros > 0).then_some(micros)?;
        u64::try_from(per_second).ok()
    }

    fn against(&self, first: &Self) -> Option<String> {
        let (this, first) = (self.per_second()?, first.per_second()?);
        if this == 0 || first == 0 {
            return None;
        }
        Some(match this >= first {
            true => format!("{} times as fast", tenths(this, first)),
            false => format!("1/{} as fast", tenths(first, this)),
        })
    }
}

/// A quotient, with one digit behind the point where it is small.
fn tenths(a: u64, b: u64) -> String {
    let tenths = u128::from(a) * 10 / u128::from(b);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole @ 100.., _) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn steps(run: &Run) -> String {
    let mut rows = vec![["step".to_owned(), "verdict".to_owned(), "time".to_owned()].to_vec()];
    for done in &run.done {
        let verdict = match done.acted.interrupted {
            true => "interrupted".to_owned(),
            false => headline(done.acted.verdict),
        };
        rows.push(vec![done.name.clone(), verdict, time(done.took)]);
    }
    for name in &run.left {
        rows.push(vec![name.clone(), "not run".to_owned(), NOTHING.to_owned()]);
    }
    columns(&rows)
}

fn columns(rows: &[Vec<String>]) -> String {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let padding = width - cell.width();
            format!("{cell}{:padding$}", "")
        });
        text += cells.collect::<Vec<_>>().join(GAP).trim_end();
        text.push('\n');
    }
    text
}

/// Every step that somebody should look at, and why steps were left out.
fn attention(run: &Run) -> String {
    let mut text = String::new();
    for done in run.done.iter().filter(|done| !done.acted.interrupted) {
        if let Some(reason) = &done.acted.reason {
            text += &format!(
                "{}  {}: {reason}\n",
                headline(done.acted.verdict),
                done.name
            );
        }
    }
    if run.interrupted {
        let (done, all) = (run.done.len(), run.done.len() + run.left.len());
        text += &format!("interrupted: {done} of {all} steps had their turn\n");
    }
    match text.is_empty() {
        true => text,
        false => text + "\n",
    }
}

/// The last line. A step counts once, one that played scenarios once for each of them.
#[must_use]
pub fn closing(run: &Run) -> String {
    let mut verdicts: Vec<Verdict> = Vec::new();
    for done in run.done.iter().filter(|done| !done.acted.interrupted) {
        match done
            .acted
            .world
            .as_ref()
            .filter(|world| !world.cases.is_empty())
        {
            Some(world) => verdicts.extend(world.cases.iter().map(|case| case.verdict)),
            None => verdicts.push(done.acted.verdict),
        }
    }
    let count = |wanted: Verdict| {
        verdicts
            .iter()
            .filter(|verdict| **verdict == wanted)
            .count()
    };
    let mut text = [Verdict::Pass, Verdict::Fail, Verdict::Skipped]
        .map(|verdict| format!("{} {}", count(verdict), verdict.counted()))
        .join(", ");
    for verdict in [Verdict::Flaky, Verdict::Infra] {
        match count(verdict) {
            0 => {}
            some => text += &format!(", {some} {}", verdict.counted()),
        }
    }
    text + "\n"
}
