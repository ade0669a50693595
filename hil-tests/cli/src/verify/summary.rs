//! The result for people: a table of scenarios and worlds, a table of steps, and the counts.

use std::collections::BTreeMap;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::runner::StepLog;
use super::world_report::{ScenarioResult, WorldReport};
use lockstep_hil::verdict::Verdict;

/// Between two columns.
const GAP: &str = "  ";

/// In an empty cell.
const EMPTY: &str = "-";

/// A duration of real time, in a unit that suits it.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = duration.as_secs();
    if duration < Duration::from_millis(1) {
        format!("{} us", duration.as_micros())
    } else if duration < Duration::from_secs(1) {
        format!("{:.1} ms", seconds * 1e3)
    } else if duration < Duration::from_secs(100) {
        format!("{seconds:.2} s")
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// Renders the summary. `ticks` is the length of each scenario.
#[must_use]
pub fn render(log: &StepLog, ticks: &BTreeMap<String, u64>) -> String {
    let finished = log.finished.iter();
    let worlds: Vec<_> = finished
        .filter_map(|step| step.outcome.report.as_ref())
        .collect();
    let mut parts = Vec::new();
    if worlds.iter().any(|world| !world.results.is_empty()) {
        parts.push(scenario_table(&worlds, ticks));
    }
    parts.push(step_table(log));
    parts.push(problems(log) + &counts(log));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn scenario_table(worlds: &[&WorldReport], ticks: &BTreeMap<String, u64>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for result in worlds.iter().flat_map(|world| &world.results) {
        if !names.contains(&result.scenario.as_str()) {
            names.push(&result.scenario);
        }
    }
    let row = |name: &str, cell: &dyn Fn(&WorldReport) -> String| -> Vec<String> {
        let cells = worlds.iter().map(|world| cell(world));
        [name.to_owned()].into_iter().chain(cells).collect()
    };
    let mut rows = vec![row("scenario", &|world| world.world.clone())];
    rows.extend(names.iter().map(|name| {
        row(name, &|world| {
            let mut results = world.results.iter();
            let result = results.find(|result| result.scenario == *name);
            result.map_or_else(|| EMPTY.to_owned(), cell)
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
    let throughputs: BTreeMap<&str, Throughput> = worlds
        .iter()
        .map(|world| (world.world.as_str(), Throughput::of(world, ticks)))
        .collect();
    let shown = |show: fn(&Throughput) -> Option<String>| {
        let throughputs = &throughputs;
        move |world: &WorldReport| {
            let throughput = throughputs.get(world.world.as_str());
            throughput
                .and_then(show)
                .unwrap_or_else(|| EMPTY.to_owned())
        }
    };
    rows.push(row(
        "ticks of passes",
        &shown(|throughput| Some(grouped(throughput.ticks))),
    ));
    rows.push(row(
        "time of passes",
        &shown(|throughput| Some(format_duration(throughput.duration))),
    ));
    let per_second = shown(|throughput| throughput.per_second().map(grouped));
    rows.push(row("ticks a second", &per_second));
    let first = worlds
        .first()
        .and_then(|world| throughputs.get(world.world.as_str()));
    let label = worlds
        .first()
        .map(|world| format!("against {}", world.world));
    let ratios = row(&label.unwrap_or_default(), &|world| {
        let others = worlds.iter().skip(1);
        if !others
            .map(|other| &other.world)
            .any(|name| *name == world.world)
        {
            return EMPTY.to_owned();
        }
        let throughput = throughputs.get(world.world.as_str());
        let ratio = first
            .zip(throughput)
            .and_then(|(first, throughput)| throughput.against(first));
        ratio.unwrap_or_else(|| EMPTY.to_owned())
    });
    rows.push(ratios);
    columns(&rows)
}

fn count(world: &WorldReport, verdict: Verdict) -> usize {
    let results = world.results.iter();
    results.filter(|result| result.verdict == verdict).count()
}

fn cell(result: &ScenarioResult) -> String {
    let headline = headline(result.verdict);
    match result.verdict {
        Verdict::Skipped => headline,
        _ => format!("{headline}  {}", format_duration(result.duration)),
    }
}

/// The word for a verdict, in capitals where somebody should look.
fn headline(verdict: Verdict) -> String {
    match verdict.needs_attention() {
        true => verdict.word().to_uppercase(),
        false => verdict.word().to_owned(),
    }
}

/// How fast a world is: over the scenarios that passed there, since others may have ended early.
struct Throughput {
    ticks: u64,
    duration: Duration,
}

impl Throughput {
    fn of(world: &WorldReport, ticks: &BTreeMap<String, u64>) -> Self {
        let passed = world
            .results
            .iter()
            .filter(|result| result.verdict == Verdict::Pass);
        passed.fold(
            Self {
                ticks: 0,
                duration: Duration::ZERO,
            },
            |sum, result| Self {
                ticks: sum.ticks + ticks.get(&result.scenario).copied().map_or(0, u64::from),
                duration: sum.duration + result.duration,
            },
        )
    }

    /// Ticks in a second of real time.
    fn per_second(&self) -> Option<u64> {
        let micros = self.duration.as_micros();
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

/// A quotient, with one decimal where it is small.
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

fn step_table(log: &StepLog) -> String {
    let mut rows = vec![["step".to_owned(), "verdict".to_owned(), "time".to_owned()].to_vec()];
    for step in &log.finished {
        let verdict = match step.outcome.interrupted {
            true => "interrupted".to_owned(),
            false => headline(step.outcome.verdict),
        };
        let duration = format_duration(step.duration);
        rows.push(vec![step.name.clone(), verdict, duration]);
    }
    for name in &log.not_run {
        rows.push(vec![name.clone(), "not run".to_owned(), EMPTY.to_owned()]);
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

/// Why steps did not pass.
fn problems(log: &StepLog) -> String {
    let mut text = String::new();
    let finished = log.finished.iter();
    for step in finished.filter(|step| !step.outcome.interrupted) {
        if let Some(reason) = &step.outcome.reason {
            let headline = headline(step.outcome.verdict);
            text += &format!("{headline}  {}: {reason}\n", step.name);
        }
    }
    if log.interrupted {
        let finished = log.finished.len();
        let all = finished + log.not_run.len();
        text += &format!("interrupted: {finished} of {all} steps were run\n");
    }
    match text.is_empty() {
        true => text,
        false => text + "\n",
    }
}

/// The last line. A step counts once, and a step that played scenarios once for each of them.
#[must_use]
pub fn counts(log: &StepLog) -> String {
    let mut verdicts: Vec<Verdict> = Vec::new();
    let finished = log.finished.iter();
    for step in finished.filter(|step| !step.outcome.interrupted) {
        let report = step.outcome.report.as_ref();
        match report.filter(|report| !report.results.is_empty()) {
            Some(report) => verdicts.extend(report.results.iter().map(|result| result.verdict)),
            None => verdicts.push(step.outcome.verdict),
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
