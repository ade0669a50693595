//! `sim reach`: looks for the shortest way to something.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use clap::Args;

use super::load::app as find_app;
use super::prove::memory;
use super::shrink::smallest_by;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::time::RunTicks;
use lockstep_engine::input::Source;
use lockstep_engine::registry::Registry;
use lockstep_engine::search::Settings;
use lockstep_engine::search::settings::Ending;
use lockstep_rules::counterexample::{inputs_of, script_of};
use lockstep_rules::parser::parse;
use lockstep_rules::proof::{RuleVerdict, prove};
use lockstep_rules::trace_check::reaches;

/// Look for the shortest way to something, such as `log lock on` or `lamp is 100`.
///
/// Something is done whenever the app wakes, and in the tick after something was done; with
/// `--every-tick` at every tick, so that there is no shorter way. The board comes up well and is
/// not reset unless `--resets` is given.
#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    /// What is to be reached, as a rule says it: `log lock on`, `lamp becomes 100`.
    what: String,

    /// The app; the first one by default.
    #[arg(long)]
    app: Option<String>,

    /// What the world does not do, as rules assume it: `at most one button at a time`.
    #[arg(long, value_name = "SENTENCE")]
    assume: Vec<String>,

    /// Also reset the board, and let it fail to come up.
    #[arg(long)]
    resets: bool,

    /// Look at every tick: there is no shorter way than the one that is found.
    #[arg(long)]
    every_tick: bool,

    /// Look at no more than this many states.
    #[arg(long, value_name = "N", default_value = "20000000")]
    states: u64,

    /// Take at most this much memory for them, such as `500M` or `4G`.
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = memory)]
    memory: u64,

    /// Write the scenario to this file.
    #[arg(long, value_name = "FILE.scn")]
    out: Option<PathBuf>,

    #[command(flatten)]
    limit: TimeLimit,
}

impl ReachArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let app = match find_app(self.app.as_deref(), registry, report) {
            Ok(app) => app,
            Err(exit) => return exit,
        };
        let name = app.descriptor().name();
        let mut text = format!("app {name}\n");
        if !self.resets {
            text += "assume no resets\nassume no failed boots\n";
        }
        for assumed in &self.assume {
            text += &format!("assume {assumed}\n");
        }
        text += &format!("{} at some time\n", self.what);
        let rules = match parse(&text, registry) {
            Ok(rules) => rules,
            Err(diagnostics) => {
                let source = Source {
                    name: "what is to be reached".to_owned(),
                    bytes: text.into_bytes(),
                };
                report.print(&report.diagnostics(&source, &diagnostics));
                return Exit::BadInput;
            }
        };
        let Some(space) = app.state_space() else {
            let message = format!("`{name}` cannot be explored: its states cannot be compared");
            let help = "derive `Clone`, `PartialEq`, `Eq` and `Hash` for its type";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        };
        if let Err(too_many) = rules.assumptions().inputs.check() {
            return report.error(too_many);
        }
        let start = Instant::now();
        let proof = prove(
            space,
            &rules,
            &Settings {
                is_sparse: !self.every_tick,
                jobs: thread::available_parallelism().map_or(1, usize::from),
                max_states: self.states,
                max_memory: self.memory,
                catch_panic: registry.panic_guard().catch_panic(),
                watch: &|_| match self.limit.timeout.is_some_and(|it| start.elapsed() >= it) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                },
                ..Settings::new(&rules.assumptions().inputs, &())
            },
        );
        let progress = proof.exploration.progress;
        let tick = app.descriptor().tick();
        let Some(RuleVerdict::Reached(path)) = proof.verdicts.first() else {
            let how_far = tick.length(RunTicks(progress.depth.into()));
            let (message, help) = match (proof.exploration.ending, self.every_tick) {
                (Ending::Complete, true) => ("it is never reached".to_owned(), None),
                (Ending::Complete, false) => (
                    "it is not reached by what is done when the app wakes".to_owned(),
                    Some("`--every-tick` looks at every tick"),
                ),
                _ => (
                    format!(
                        "it was not reached up to {how_far}, in {} states",
                        progress.states
                    ),
                    Some("`--assume` leaves out what is not needed, `--states` looks further"),
                ),
            };
            report.print(&report.plain(&message, help));
            return Exit::Failed;
        };
        let script = match script_of(path) {
            Ok(script) => script,
            Err(error) => return report.error(error),
        };
        let found = inputs_of(app.descriptor(), &script);
        // The same at the same tick, with less done, or sooner.
        let small = smallest_by(app, &found, &mut |script, trace| {
            script.end().0 <= u64::from(path.end) && reaches(&rules, trace)
        });
        let scenario = format!("# {}\n{small}", self.what);
        if let Err(error) = output::write(self.out.as_deref(), scenario.as_bytes()) {
            return report.error(error);
        }
        let shortest = match self.every_tick {
            true => "; there is no shorter way",
            false => "",
        };
        report.print(&format!(
            "reached at {}, found in {} states, {:.1} s{shortest}",
            tick.length(script.end()),
            progress.states,
            start.elapsed().as_secs_f64()
        ));
        Exit::Held
    }
}
