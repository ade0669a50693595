//! `sim map`: the state diagram of an app, found by playing it.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::load::app as find_app;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::app::AppDescriptor;
use lockstep_engine::diagnostic::one_of;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_rules::map::{MapSettings, StateMap, fewer_names, map, usual};
use lockstep_rules::map_drawing::{MapFormat, draw};

/// Above this many states a diagram is hard to read.
const MANY: usize = 24;

/// Find the state diagram of an app by playing it: from each state that is found, each button is
/// tapped, tapped twice and held, two are held together, knobs are turned, numbers are set, and
/// nothing is done for 20 minutes.
///
/// A state is what some outputs show and some logs said last, or the modes that the app declares.
#[derive(Debug, Args)]
pub(super) struct MapArgs {
    /// The app; the first one by default.
    #[arg(long)]
    app: Option<String>,

    /// What makes a state: outputs, logs and modes by name. By default outputs that are on or off and do
    /// not move by themselves, and logs with words, as many of them as make a diagram that can be read.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    show: Vec<String>,

    /// What it is written as.
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,

    #[command(flatten)]
    effort: MapEffort,

    /// Write it to this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    limit: TimeLimit,
}

/// What is done to an app to find its states.
#[derive(Clone, Debug, Args)]
pub(super) struct MapEffort {
    /// Set number inputs to these, such as `temperature=-40,19.5,95`; by default to a few from all
    /// of their range.
    #[arg(long, value_name = "NAME=N,N")]
    set: Vec<String>,

    /// Also reset the board, and let it fail to come up.
    #[arg(long)]
    pub(super) resets: bool,

    /// Go on from no more than this many situations that look the same.
    #[arg(long, value_name = "N", default_value = "24")]
    each: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Mermaid,
    Graphviz,
    Svg,
}

impl MapArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        let app = match find_app(self.app.as_deref(), registry, report) {
            Ok(app) => app,
            Err(exit) => return exit,
        };
        // Modes are shown where they are named: what an app shows and says names its states otherwise.
        let app = &match self.show.is_empty() {
            true => app.clone(),
            false => app.for_questions(),
        };
        let (map, shown) = match self.effort.map(app, &self.show) {
            Ok(map) => map,
            Err(message) => {
                report.print(&report.plain(&message, None));
                return Exit::BadInput;
            }
        };
        let format = match self.format {
            Format::Mermaid => MapFormat::Mermaid,
            Format::Graphviz => MapFormat::Graphviz,
            Format::Svg => MapFormat::Svg,
        };
        let text = draw(&map, &shown, None, format);
        if let Err(error) = output::write(self.out.as_deref(), text.as_bytes()) {
            return report.error(error);
        }
        report.print(&format!(
            "{} states and {} ways, from {} situations; shown: {}",
            map.states.len(),
            map.edges.len(),
            map.situations,
            shown.join(", ")
        ));
        if map.states.len() > MANY {
            report.print("help: `--show` with fewer names groups states");
        }
        if map.is_partial {
            report.print(
                "some situations were not expanded, so there may be more ways: `--each` expands more of them",
            );
        }
        Exit::Held
    }
}

impl MapEffort {
    /// The map of an app, and what it shows; what is wrong with the arguments as text.
    pub(super) fn map(
        &self,
        app: &AppEntry,
        show: &[String],
    ) -> Result<(StateMap, Vec<String>), String> {
        let descriptor = app.descriptor();
        let shown = shown_names(show, app)?;
        let settings = MapSettings {
            shown,
            numbers: self.numbers(descriptor)?,
            resets: self.resets,
            each: self.each.max(1),
        };
        let map = map_of(app, &settings);
        if map.situations == 0 {
            return Err(format!(
                "`{}` cannot be mapped: it cannot be copied; derive `Clone` for its type",
                descriptor.name()
            ));
        }
        let fewer = fewer_names(&map, &settings.shown, MANY);
        if !show.is_empty() || fewer == settings.shown {
            return Ok((map, settings.shown));
        }
        let settings = MapSettings {
            shown: fewer,
            ..settings
        };
        Ok((map_of(app, &settings), settings.shown))
    }

    fn numbers(&self, descriptor: &AppDescriptor) -> Result<Vec<Vec<i32>>, String> {
        let mut all: Vec<_> = descriptor
            .numbers()
            .iter()
            .map(|number| {
                let (least, most) = (number.scale().min(), number.scale().max());
                match number.is_seed() {
                    true => Vec::new(),
                    false => vec![least, number.start(), least.midpoint(most), most],
                }
            })
            .collect();
        for set in &self.set {
            let (name, values) = set
                .split_once('=')
                .ok_or_else(|| format!("`{set}` is not `NAME=N,N`"))?;
            let mut numbers = descriptor.numbers().iter();
            let place = numbers.position(|number| number.name() == name);
            let (Some(place), Some(number)) = (
                place,
                place.and_then(|place| descriptor.numbers().get(place)),
            ) else {
                let known = descriptor.numbers().iter().map(|number| number.name());
                return Err(match descriptor.numbers().is_empty() {
                    true => format!("app `{}` has no number inputs", descriptor.name()),
                    false => format!(
                        "there is no number input `{name}`, expected {}",
                        one_of(known)
                    ),
                });
            };
            let scale = number.scale();
            let values = values.split(',').map(|text| {
                let text = text.trim();
                let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                let places = usize::from(scale.decimals());
                let digits = format!("{whole}{part:0<places$}");
                digits
                    .parse()
                    .ok()
                    .filter(|value| part.len() <= places && scale.contains(*value))
                    .ok_or_else(|| {
                        format!(
                            "`{text}` is not a number from {} to {}",
                            scale.shown(scale.min()),
                            scale.shown(scale.max())
                        )
                    })
            });
            let values = values.collect::<Result<Vec<i32>, _>>()?;
            if let Some(known) = all.get_mut(place) {
                *known = values;
            }
        }
        Ok(all)
    }
}

fn map_of(app: &AppEntry, settings: &MapSettings) -> StateMap {
    map(app, settings, &mut |_| ControlFlow::Continue(()))
}

/// The outputs, logs and modes that make a state.
fn shown_names(show: &[String], app: &AppEntry) -> Result<Vec<String>, String> {
    if show.is_empty() {
        return Ok(usual(app));
    }
    let descriptor = app.descriptor();
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let logs = descriptor.logs().iter().map(|log| log.name());
    for name in show {
        let bare = name.strip_prefix("log ").unwrap_or(name);
        if outputs.clone().chain(logs.clone()).all(|it| it != bare) {
            // A log may be called as an output is.
            let only_logs = logs.filter(|log| outputs.clone().all(|output| output != *log));
            let known = outputs.clone().chain(only_logs);
            return Err(format!(
                "app `{}` has no output, log or mode `{name}`, expected {}",
                descriptor.name(),
                one_of(known)
            ));
        }
    }
    Ok(show.to_vec())
}
