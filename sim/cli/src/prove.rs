//! `sim prove`: explores every behaviour of an app, and judges its rules.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufReader, IsTerminal, Read, stderr};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use super::checkpoint_file::{CheckpointFile, ProofIdentity};
use super::rule_args::rendered;
use super::scenario_files::make_folders;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{self, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::Program;
use lockstep_engine::registry::Registry;
use lockstep_engine::search::checkpoint::CheckpointStore;
use lockstep_engine::search::settings::{
    Ending, HASH_BITS, Path as Behaviour, Progress, chance_of_a_miss,
};
use lockstep_engine::search::{InputModel, Settings};
use lockstep_engine::shell::quoted_path;
use lockstep_rules::counterexample::{inputs_of, script_of};
use lockstep_rules::files::{LoadedRules, read};
use lockstep_rules::proof::{Proof, RuleVerdict, prove};
use lockstep_rules::unrepeated::most_varied;

/// Whether it is to stop, because the process was asked to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How many parts of a state are named that do not repeat.
const PARTS: usize = 6;

/// Explore every behaviour of an app, at every tick, and judge its rules.
///
/// Prints a verdict for each rule, and for those that are refuted the shortest scenario that breaks
/// them.
#[derive(Debug, Args)]
pub(super) struct ProveArgs {
    /// The rules (.rules).
    file: PathBuf,

    /// Write the scenarios that are found into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,

    /// Explore at most this many states.
    #[arg(long, value_name = "N", default_value = "100000000")]
    states: u64,

    /// Take at most this much memory for them, such as `500M` or `4G`.
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = memory)]
    memory: u64,

    /// How many threads explore; by default as many as there are cores.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Play every tick, also where the app says that nothing happens.
    #[arg(long)]
    every_tick: bool,

    /// Take no ticks together, also where nothing happens and nothing can be done.
    #[arg(long)]
    no_skip: bool,

    /// Play the inputs of a tick for each way that leads to it, also where several lead to the same.
    #[arg(long)]
    no_merge: bool,

    /// Keep no more than a hash of each state that was gone on from.
    ///
    /// More states find room, and one may be taken for another: how likely that is at most is
    /// printed. What is refuted is refuted all the same.
    #[arg(long)]
    compact: bool,

    /// Keep in this file how far it came, so that `--resume` goes on from there.
    ///
    /// It is written when a limit or an interrupt stops it, and every five minutes.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Go on from this file, and keep in it how far it came if `--checkpoint` does not name another.
    ///
    /// The program, the rules, `--compact`, `--every-tick`, `--no-skip` and `--no-merge` have to be the same;
    /// limits and `--jobs` can be others.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,

    #[command(flatten)]
    limit: TimeLimit,
}

impl ProveArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        if let Err(exit) = make_folders(&self.write, report) {
            return exit;
        }
        let rules = match read(&self.file, registry) {
            Ok(rules) => rules,
            Err(error) => {
                report.print(&rendered(&error, report));
                return Exit::BadInput;
            }
        };
        let app = rules.file.descriptor().name();
        let entry = match registry.find(app) {
            Ok(entry) => entry,
            Err(error) => return report.error(error),
        };
        let Some(space) = entry.state_space() else {
            let message = format!("`{app}` cannot be explored: its states cannot be compared");
            let help = "derive `Clone`, `PartialEq`, `Eq` and `Hash` for its type, which must be \
                        `Send` and `Sync`, and make its entry with `app!`; `sim explore` plays it";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        };
        let inputs: &InputModel = &rules.file.assumptions().inputs;
        if let Err(too_many) = inputs.check() {
            let message = format!("`{app}` has too many inputs to be explored: {too_many}");
            let help = "`assume A is never pressed`, `assume at most one button at a time` or \
                        `assume NUMBER is between ... and ... with steps of ...` leaves some out";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        }
        if self.compact
            && let Some(goal) = rules.file.always_possible().first()
        {
            let rule = rules.file.rules().get(goal.rule);
            let message = format!(
                "`--compact` cannot answer {}:{}: `{}`",
                rules.source.name,
                rule.map_or(0, |rule| rule.span.line),
                rule.map_or("", |rule| rule.text.as_str())
            );
            let help = "what is always possible is found by going back from state to state, which \
                        needs them whole: move the rule to another file, or leave `--compact` out";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        }
        let (checkpoint, resume) = match self.kept(&rules, report) {
            Ok(kept) => kept,
            Err(exit) => return exit,
        };
        let resume: Option<Mutex<BufReader<File>>> = resume.map(Mutex::new);
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let start = Instant::now();
        let watch = |progress: &Progress| self.watch(start, progress, &rules);
        exit::before_end(say_last);
        let proof = prove(
            space,
            &rules.file,
            &Settings {
                passes_idle: !self.every_tick,
                skips_forced: !self.no_skip,
                merges_ticks: !self.no_merge,
                is_compact: self.compact,
                jobs: self.jobs.unwrap_or(cores).get(),
                max_states: self.states,
                max_memory: self.memory,
                catch_panic: registry.panic_guard().catch_panic(),
                watch: &watch,
                checkpoint: checkpoint.as_ref().map(|it| it as &dyn CheckpointStore),
                resume: resume.as_ref().map(|it| it as &Mutex<dyn Read + Send>),
                ..Settings::new(inputs, &())
            },
        );
        keep_last(None);
        if let (Some(error), Some(path)) = (&proof.exploration.not_resumed, &self.resume) {
            let chain = error_chain(error);
            let message = format!("cannot go on from `{}`: {chain}", path.display());
            let help = "start anew without `--resume`";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        }
        let mut text = String::new();
        let exit = self.describe(&proof, &rules, &mut text);
        describe_extent(&proof, start.elapsed(), &rules, &mut text);
        let path = checkpoint.as_ref().map(|it| it.path().to_owned());
        let kept = checkpoint.and_then(CheckpointFile::outcome).transpose();
        let can_go_on = !matches!(proof.exploration.ending, Ending::Complete | Ending::Decided);
        if let (Some(path), Ok(Some(())), true) = (path, &kept, can_go_on) {
            // Writing to a string cannot fail.
            let sim = report.commands().of(Program::Simulator);
            let _ = writeln!(text, "kept:    {sim} {}", self.arguments_to_go_on(&path));
        }
        let text = report.commands().name_in(&text);
        if let Err(error) = output::write(None, text.as_bytes()) {
            return report.error(error);
        }
        let written = self.write_scenarios(&proof, &rules);
        match written.and(kept.map(|_| ())) {
            Ok(()) if can_go_on && INTERRUPTED.load(Ordering::Relaxed) => Exit::Interrupted,
            Ok(()) => exit,
            Err(error) => report.error(error),
        }
    }

    /// The arguments of what goes on from where it was kept.
    fn arguments_to_go_on(&self, path: &Path) -> String {
        let named = |path: &Path| quoted_path(&path.display().to_string());
        let mut arguments = format!("prove {} --resume {}", named(&self.file), named(path));
        for (is_set, option) in [
            (self.compact, " --compact"),
            (self.every_tick, " --every-tick"),
            (self.no_skip, " --no-skip"),
            (self.no_merge, " --no-merge"),
        ] {
            arguments += if is_set { option } else { "" };
        }
        arguments
    }

    /// Where the proof is kept, and what it goes on from.
    fn kept(
        &self,
        rules: &LoadedRules,
        report: &Report,
    ) -> Result<(Option<CheckpointFile>, Option<BufReader<File>>), Exit> {
        let Some(path) = self.checkpoint.as_ref().or(self.resume.as_ref()) else {
            return Ok((None, None));
        };
        let descriptor = rules.file.descriptor();
        let settings = [
            if self.compact { "compact" } else { "whole" },
            if self.every_tick {
                "every tick"
            } else {
                "idle ticks passed"
            },
            if self.no_skip {
                "no skip"
            } else {
                "forced ticks skipped"
            },
            if self.no_merge {
                "no merge"
            } else {
                "equal ticks merged"
            },
        ];
        let identity = ProofIdentity::new(
            format!("{} {}", descriptor.name(), descriptor.version()),
            settings.join(", "),
            &rules.source.bytes,
        );
        let identity = identity.map_err(|error| report.error(error))?;
        let from = self.resume.as_ref().map(|from| identity.open(from));
        let from = from.transpose().map_err(|error| {
            report.print(&report.plain(&error_chain(&error), Some(error.help())));
            Exit::BadInput
        })?;
        let is_there = path
            .parent()
            .is_none_or(|it| it == Path::new("") || it.is_dir());
        if !is_there {
            let message = format!("cannot write `{}`: there is no such folder", path.display());
            report.print(&report.plain(&message, None));
            return Err(Exit::BadInput);
        }
        exit::at_first_interrupt(|| {
            INTERRUPTED.store(true, Ordering::Relaxed);
            say("interrupted: it is kept first; once more ends it at once\n");
        });
        say(&format!("exploring: kept in `{}`\n", path.display()));
        Ok((Some(CheckpointFile::new(path.clone(), &identity)), from))
    }

    /// Shows how far it is, and stops it when its time is over.
    fn watch(&self, start: Instant, progress: &Progress, rules: &LoadedRules) -> ControlFlow<()> {
        let elapsed = start.elapsed();
        let said = extent(progress, rules);
        let line = format!("reached {said} in {:.1} s", elapsed.as_secs_f64());
        if keep_last(Some((elapsed, line.clone()))) {
            say(&format!("exploring: {line}\n"));
        }
        let is_interrupted = INTERRUPTED.load(Ordering::Relaxed);
        match is_interrupted || self.limit.timeout.is_some_and(|limit| elapsed >= limit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn describe(&self, proof: &Proof, rules: &LoadedRules, text: &mut String) -> Exit {
        let mut exit = Exit::Held;
        let tick = rules.file.descriptor().tick();
        for (place, (rule, verdict)) in rules.file.rules().iter().zip(&proof.verdicts).enumerate() {
            let (word, after) = match verdict {
                RuleVerdict::Proved => ("proved", String::new()),
                RuleVerdict::ProvedOfNothing => {
                    ("proved", ", because it is never asked".to_owned())
                }
                RuleVerdict::Refuted(path) => (
                    "REFUTED",
                    format!(", at {}", tick.length(RunTicks(path.end.into()))),
                ),
                RuleVerdict::Reached(path) => (
                    "reached",
                    format!(", at {}", tick.length(RunTicks(path.end.into()))),
                ),
                RuleVerdict::NeverReached => ("REFUTED", ", it is never reached".to_owned()),
                RuleVerdict::Impossible(path) => (
                    "REFUTED",
                    format!(
                        ", not possible from {} on",
                        tick.length(RunTicks(path.end.into()))
                    ),
                ),
                _ => ("unknown", String::new()),
            };
            exit = exit.max(match verdict {
                RuleVerdict::Unknown => Exit::TimedOut,
                verdict if verdict.is_broken() => Exit::Failed,
                _ => Exit::Held,
            });
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{word:<7}  {}:{}  {}{after}",
                rules.source.name, rule.span.line, rule.name
            );
            if verdict.is_broken()
                && let Some(path) = verdict.path()
            {
                self.describe_path(path, place, rules, text);
            }
        }
        if let Some((message, path)) = &proof.panic {
            exit = exit.max(Exit::Failed);
            let _ = writeln!(text, "PANICS   {message}");
            self.describe_path(path, rules.file.rules().len(), rules, text);
        } else if proof.exploration.ending == Ending::Complete {
            let _ = writeln!(text, "proved   the app does not panic");
        }
        // A refutation counts, however far it was explored.
        match proof.panic.is_some() || proof.verdicts.iter().any(RuleVerdict::is_broken) {
            true => Exit::Failed,
            false => exit,
        }
    }

    /// The scenario, or where it is.
    fn describe_path(
        &self,
        path: &Behaviour,
        place: usize,
        rules: &LoadedRules,
        text: &mut String,
    ) {
        if let Some(folder) = &self.write {
            let file = scenario_path(folder, rules, place);
            let file = quoted_path(&file.display().to_string());
            let _ = writeln!(text, "         sim run {file}");
            return;
        }
        for line in scenario_text(path, rules).lines() {
            let _ = match line.is_empty() {
                true => writeln!(text),
                false => writeln!(text, "    {line}"),
            };
        }
    }

    fn write_scenarios(
        &self,
        proof: &Proof,
        rules: &LoadedRules,
    ) -> Result<(), output::OutputError> {
        let Some(folder) = &self.write else {
            return Ok(());
        };
        let panic = proof
            .panic
            .iter()
            .map(|(_, path)| (rules.file.rules().len(), path));
        let broken = proof.verdicts.iter().enumerate();
        let broken = broken.filter(|(_, verdict)| verdict.is_broken());
        let broken = broken.filter_map(|(place, verdict)| Some((place, verdict.path()?)));
        for (place, path) in broken.chain(panic) {
            let file = scenario_path(folder, rules, place);
            let what = match rules.file.rules().get(place) {
                Some(rule) => format!(
                    "# {}:{}: {}\n",
                    rules.source.name, rule.span.line, rule.text
                ),
                None => "# The app panics.\n".to_owned(),
            };
            let text = what + &scenario_text(path, rules);
            output::write(Some(&file), text.as_bytes())?;
        }
        Ok(())
    }
}

fn scenario_path(folder: &Path, rules: &LoadedRules, place: usize) -> PathBuf {
    let app = rules.file.descriptor().name();
    let name = match rules.file.rules().get(place) {
        Some(rule) if rule.name != rule.text => format!("{app}-{}.scn", rule.name),
        Some(rule) => format!("{app}-line-{}.scn", rule.span.line),
        None => format!("{app}-panics.scn"),
    };
    folder.join(name)
}

fn scenario_text(path: &Behaviour, rules: &LoadedRules) -> String {
    match script_of(path) {
        Ok(script) => inputs_of(rules.file.descriptor(), &script).to_string(),
        Err(error) => format!("# {error}\n"),
    }
}

/// How much was explored, and what was assumed of it.
fn describe_extent(proof: &Proof, elapsed: Duration, rules: &LoadedRules, text: &mut String) {
    let exploration = &proof.exploration;
    let seconds = elapsed.as_secs_f64();
    let said = extent(&exploration.progress, rules);
    let every = match exploration.ending {
        Ending::Complete => "every behaviour, at every tick, for ever",
        Ending::Decided => "up to the last answer",
        Ending::StateLimit => "not finished: `--states` is reached",
        Ending::MemoryLimit => "not finished: `--memory` is reached",
        _ => "not finished: stopped",
    };
    let _ = writeln!(text, "{every}: {said}, in {seconds:.1} s");
    if exploration.is_compact {
        let chance = chance_of_a_miss(exploration.progress.states);
        let _ = writeln!(
            text,
            "compact: hashes of {HASH_BITS} bits were compared; the chance that a state was missed is \
             at most {chance:.0e}"
        );
    }
    for assumed in rules.file.assumptions().described(rules.file.descriptor()) {
        let _ = writeln!(text, "assumed: {assumed}");
    }
    if matches!(exploration.ending, Ending::Complete | Ending::Decided) {
        return;
    }
    let _ = writeln!(
        text,
        "what comes after {} is not known; {} states were not expanded",
        rules
            .file
            .descriptor()
            .tick()
            .length(RunTicks(exploration.progress.depth.into())),
        exploration.progress.open
    );
    let parts = most_varied(&exploration.samples, PARTS);
    for part in &parts {
        let _ = writeln!(
            text,
            "varies:  {}, {} values in {} states",
            part.name,
            part.values,
            exploration.samples.len()
        );
    }
    let help = match exploration.is_counted {
        false => {
            "the app counts from when it came up: implement `App::counted_from_now`, so that \
                  states repeat"
        }
        true => "assume more of the inputs, shorten the times that vary, or use `sim explore`",
    };
    let _ = writeln!(text, "help:    {help}");
}

fn extent(progress: &Progress, rules: &LoadedRules) -> String {
    let tick = rules.file.descriptor().tick();
    format!(
        "{} states and {} transitions up to {}, {} MB",
        progress.states,
        progress.transitions,
        tick.length(RunTicks(progress.depth.into())),
        progress.memory.div_ceil(1 << 20)
    )
}

/// How far it was when it was last asked, and when that was shown.
static LAST: Mutex<(Option<String>, Duration)> = Mutex::new((None, Duration::ZERO));

/// Keeps how far it is, and says whether it is time to show it.
fn keep_last(said: Option<(Duration, String)>) -> bool {
    let Ok(mut last) = LAST.lock() else {
        return false;
    };
    let Some((elapsed, line)) = said else {
        last.0 = None;
        return false;
    };
    last.0 = Some(line);
    let every = match stderr().is_terminal() {
        true => Duration::from_secs(2),
        false => Duration::from_secs(10),
    };
    let is_due = elapsed >= last.1 + every;
    if is_due {
        last.1 = elapsed;
    }
    is_due
}

/// Says how far it came, where it is interrupted.
fn say_last() {
    let said = LAST.lock().ok().and_then(|last| last.0.clone());
    if let Some(line) = said {
        say(&format!("not finished: {line}\n"));
    }
}

/// Progress is not worth an error.
fn say(line: &str) {
    let _ = std::io::Write::write_all(&mut anstream::stderr(), line.as_bytes());
}

/// A size in bytes: a number, and `K`, `M` or `G`.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(number) => (number, text.get(number.len()..).unwrap_or_default()),
        None => (text, ""),
    };
    let unit = match unit {
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => 1,
    };
    let bytes = number
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(unit));
    bytes.ok_or_else(|| "expected a size such as `500M` or `4G`".to_owned())
}
