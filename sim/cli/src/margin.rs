//! `sim margin`: how much earlier and later each action of a scenario may come.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use super::rule_args::RuleArgs;
use super::scenario_files::{ScenarioFile, read_all};
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::time::{RunTicks, TickPeriod};
use lockstep_engine::files::NamedFiles;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::duration::length;
use lockstep_engine::scenario::lexer::{TokenCursor, tokenize};
use lockstep_rules::failure::Requirements;
use lockstep_rules::map_drawing::escaped;
use lockstep_rules::margin::{Margin, Next, Side, margins};

/// Move each action of scenarios, and say how much earlier and later it may come until something
/// changes: an expectation, a rule, or what an output does and what is said, in its order.
///
/// Prints a table, the smallest margins first.
#[derive(Debug, Args)]
pub(super) struct MarginArgs {
    /// Scenarios (.scn), or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The app to play scenarios with that do not name one.
    #[arg(long)]
    app: Option<String>,

    /// Move an action by no more than this.
    #[arg(long, value_name = "TIME", default_value = "500ms")]
    most: String,

    /// Fail if an action may be moved by less than this before something changes.
    #[arg(long, value_name = "TIME")]
    at_least: Option<String>,

    /// Show no more than so many actions.
    #[arg(long, value_name = "N", default_value = "20")]
    rows: usize,

    /// Draw the rows that are shown into this file.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    limit: TimeLimit,
}

/// A margin, and where it belongs.
struct Row {
    file: String,
    margin: Margin,
    tick: TickPeriod,
    most: u64,
    is_too_small: bool,
}

impl MarginArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        let rows = self.rows(registry, report);
        let (mut rows, count) = match rows {
            Ok(rows) => rows,
            Err(rendered) => {
                report.print(&rendered);
                return Exit::BadInput;
            }
        };
        rows.sort_by_key(|row| row.margin.least().unwrap_or(u64::MAX));
        let too_small = rows.iter().filter(|row| row.is_too_small).count();
        let mut text = String::new();
        table(rows.iter().take(self.rows), &mut text);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} actions in {count} scenarios, {} of them shown",
            rows.len(),
            rows.len().min(self.rows)
        );
        if let (Some(least), true) = (&self.at_least, too_small > 0) {
            let _ = writeln!(text, "{too_small} may not be moved by {least}");
        }
        if let Err(error) = output::write(None, text.as_bytes()) {
            return report.error(error);
        }
        if let Some(svg) = &self.svg {
            let shown: Vec<_> = rows.iter().take(self.rows).collect();
            if let Err(error) = output::write(Some(svg), picture(&shown).as_bytes()) {
                return report.error(error);
            }
        }
        match too_small {
            0 => Exit::Held,
            _ => Exit::Failed,
        }
    }

    fn rows(&self, registry: &Registry, report: &Report) -> Result<(Vec<Row>, usize), String> {
        let finder = self.rules.finder(registry, report)?;
        let files = read_all(&self.files, self.app.as_deref(), &finder, registry, report)?;
        let all = Mutex::new(Vec::new());
        let next = AtomicUsize::new(0);
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        let refused = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..jobs.min(files.len()) {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match self.rows_of(file, report) {
                            Ok(rows) => {
                                if let Ok(mut all) = all.lock() {
                                    all.extend(rows);
                                }
                            }
                            Err(text) => {
                                if let Ok(mut refused) = refused.lock() {
                                    *refused = Some(text);
                                }
                            }
                        }
                    }
                });
            }
        });
        if let Some(refused) = refused.into_inner().unwrap_or_default() {
            return Err(refused);
        }
        let mut rows = all.into_inner().unwrap_or_default();
        // Threads bring them in any order.
        rows.sort_by(|a: &Row, b| (&a.file, a.margin.line).cmp(&(&b.file, b.margin.line)));
        Ok((rows, files.len()))
    }

    fn rows_of(&self, file: &ScenarioFile<'_>, report: &Report) -> Result<Vec<Row>, String> {
        let tick = file.app.descriptor().tick();
        let most = ticks(&self.most, tick, report)?;
        let least = self.at_least.as_deref();
        let least = least.map(|text| ticks(text, tick, report)).transpose()?;
        let beside = file.beside();
        let requirements = Requirements {
            app: file.app,
            rules: &file.rules,
            files: beside.as_ref().map(|files| files as &dyn NamedFiles),
        };
        let margins = margins(&requirements, &file.scenario, most.max(least.unwrap_or(0)));
        let rows = margins.unwrap_or_default().into_iter().map(|margin| Row {
            file: file.source.name.clone(),
            is_too_small: least.is_some_and(|least| margin.least().is_some_and(|it| it < least)),
            margin,
            tick,
            most,
        });
        Ok(rows.collect())
    }
}

/// A time in the ticks of an app.
fn ticks(text: &str, tick: TickPeriod, report: &Report) -> Result<u64, String> {
    let tokens = tokenize(text, 1);
    let mut cursor = TokenCursor::new(&tokens, tick);
    let read = length(&mut cursor).and_then(|length| cursor.expect_end().map(|()| length));
    read.map(|RunTicks(ticks)| ticks).map_err(|diagnostic| {
        let message = format!("`{text}`: {}; {}", diagnostic.message, diagnostic.expected);
        report.plain(&message, None)
    })
}

fn table<'a>(rows: impl Iterator<Item = &'a Row>, text: &mut String) {
    let _ = writeln!(text, "{:>12} {:>12}  action", "earlier by", "later by");
    for row in rows {
        let Margin {
            action,
            line,
            earlier,
            later,
        } = &row.margin;
        let _ = writeln!(
            text,
            "{:>12} {:>12}  {}:{line}  {}",
            shown(earlier, row.tick),
            shown(later, row.tick),
            row.file,
            action.trim()
        );
        for (word, side) in [("earlier", earlier), ("later", later)] {
            if let Next::Changes(what) = &side.next
                && Some(side.ticks) == row.margin.least()
            {
                let _ = writeln!(text, "{:>27}{word}: {what}", "");
            }
        }
    }
}

/// A margin; one at whose end nothing changes has a `+`.
fn shown(side: &Side, tick: TickPeriod) -> String {
    let length = tick.length(RunTicks(side.ticks));
    match side.next {
        Next::Changes(_) => length.to_string(),
        Next::Neighbour | Next::Limit => format!("{length}+"),
    }
}

const ROW: usize = 22;
const HALF: f64 = 240.0;
const TEXT: f64 = 500.0;

/// A bar for each row, from as early to as late as it may come.
fn picture(rows: &[&Row]) -> String {
    let most = rows.iter().map(|row| row.most).max().unwrap_or(1).max(1);
    let height = ROW * (rows.len() + 1) + 8;
    let middle = TEXT + HALF;
    let width = TEXT + 2.0 * HALF + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <line x1=\"{middle}\" y1=\"0\" x2=\"{middle}\" y2=\"{height}\" stroke=\"black\"/>\n"
    );
    // A logarithm, so that 1 ms is seen beside 500 ms.
    let scaled = |ticks: u64| {
        let (ticks, most) = (ticks.min(most) + 1, most + 1);
        #[allow(clippy::cast_precision_loss, reason = "it is drawn")]
        let part = (ticks as f64).ln() / (most as f64).ln();
        part * HALF
    };
    for (place, row) in rows.iter().enumerate() {
        let y = ROW * place + 6;
        let (left, right) = (
            scaled(row.margin.earlier.ticks),
            scaled(row.margin.later.ticks),
        );
        let color = |side: &Side| match side.next {
            Next::Changes(_) => "#b40000",
            _ => "#7a9a7a",
        };
        let name = row.file.rsplit('/').next().unwrap_or(&row.file);
        let label = format!("{name}:{} {}", row.margin.line, row.margin.action.trim());
        let _ = writeln!(
            svg,
            "<text x=\"4\" y=\"{}\">{}</text>\
             <rect x=\"{:.1}\" y=\"{y}\" width=\"{left:.1}\" height=\"12\" fill=\"{}\"/>\
             <rect x=\"{middle}\" y=\"{y}\" width=\"{right:.1}\" height=\"12\" fill=\"{}\"/>",
            y + 11,
            escaped(&label),
            middle - left,
            color(&row.margin.earlier),
            color(&row.margin.later),
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{TEXT}\" y=\"{}\">{most} ticks earlier</text>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{most} later</text>\n</svg>",
        height - 8,
        width - 4.0,
        height - 8
    );
    svg
}
