//! `sim run`: plays scenarios and checks what they expect.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use clap::Args;

use super::input_player::{InputPlayer, PlayFailure, PlayOutcome};
use super::progress::ProgressReporter;
use super::rule_args::RuleArgs;
use super::wake_arg::WakeArg;
use super::waveform_args::WaveformArgs;
use crate::time_limit::TimeLimit;
use crate::trace_format::TraceFormat;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output::{self, refuse_path};
use lockstep_console::report::Report;
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;
use lockstep_engine::source::{Source, SourceError, expand};

/// Play scenarios and check what they expect.
///
/// One scenario prints its trace, several print a verdict each. Waveforms (`.vcd`, `.fst`,
/// `.csv`) are played as inputs: the signals named like buttons, or mapped to them.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenarios (.scn), waveforms (.vcd, .fst, .csv), folders of scenarios, or `-` for
    /// standard input.
    #[arg(required_unless_present = "inline", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The app to play inputs with that do not name one.
    #[arg(long)]
    app: Option<String>,

    /// A scenario in its one-line form, such as 'd:A t:50 u:A'.
    #[arg(long, value_name = "SCENARIO", conflicts_with = "files")]
    inline: Option<String>,

    /// Print the trace in this format, also of several scenarios.
    #[arg(long)]
    format: Option<TraceFormat>,

    /// Write the trace to this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Save the events as a recording.
    #[arg(long, value_name = "FILE.rec")]
    record: Option<PathBuf>,

    /// Also play every tick, and hold what the app says of its idle time against that.
    #[arg(long)]
    check_wakeups: bool,

    /// Play each input again with changed task wake-ups, and fail at the first difference.
    #[arg(long, value_name = "HOW")]
    wake: Option<WakeArg>,

    /// How many scenarios to play at once; by default as many as there are cores.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    limit: TimeLimit,

    #[command(flatten)]
    waveform: WaveformArgs,
}

impl RunArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        if let Some(Err(unknown)) = self.app.as_deref().map(|app| registry.find(app)) {
            return report.error(unknown);
        }
        let sources = match self.sources() {
            Ok(sources) => sources,
            Err(error) => return report.error(error),
        };
        let several = sources.len() > 1;
        let for_one =
            self.record.is_some() || self.out.is_some() || self.format == Some(TraceFormat::Vcd);
        if several && for_one {
            let message = "`--out`, `--record` and `--format vcd` take one scenario";
            report.print(&report.plain(message, Some("run one scenario at a time")));
            return Exit::BadInput;
        }
        let written = [self.out.as_deref(), self.record.as_deref()];
        let read = self
            .files
            .iter()
            .chain(self.rules.files())
            .map(PathBuf::as_path);
        if let Some(path) = output::taken_twice(read, written.into_iter().flatten()) {
            return refuse_path(path, report);
        }
        let rules = match self.rules.finder(registry, report) {
            Ok(rules) => rules,
            Err(rendered) => {
                report.print(&rendered);
                return Exit::BadInput;
            }
        };
        let progress = ProgressReporter::new();
        let player = InputPlayer {
            registry,
            report,
            app: self.app.as_deref(),
            progress: &progress,
            waveform: &self.waveform,
            check_wakeups: self.check_wakeups,
            notes_departures: !several,
            rules: &rules,
            wake: self.wake.map(WakeArg::fault),
        };
        let format = match (self.format, several) {
            (None, true) => None,
            (format, _) => Some(format.unwrap_or(TraceFormat::Text)),
        };
        let results = self.play_all(&player, &sources, format);
        progress.finish();
        if several {
            self.report_several(&results, report)
        } else {
            self.report_one(&results, report)
        }
    }

    fn sources(&self) -> Result<Vec<RunInput>, SourceError> {
        if let Some(text) = &self.inline {
            return Ok(vec![RunInput::Inline(text.clone())]);
        }
        let files = expand(&self.files, "scn")?;
        Ok(files.into_iter().map(RunInput::File).collect())
    }

    fn play_all(
        &self,
        player: &InputPlayer<'_>,
        inputs: &[RunInput],
        format: Option<TraceFormat>,
    ) -> Vec<InputResult> {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = self.jobs.unwrap_or(cores).get().min(inputs.len());
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let work = |sender: mpsc::Sender<(usize, InputResult)>| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(input) = inputs.get(index) else {
                    break;
                };
                let done = self.play_one(player, input, format);
                if sender.send((index, done)).is_err() {
                    break;
                }
            }
        };
        if jobs == 1 {
            work(sender);
        } else {
            thread::scope(|scope| {
                for _ in 0..jobs {
                    let sender = sender.clone();
                    scope.spawn(|| work(sender));
                }
                drop(sender);
            });
        }
        let mut done: Vec<_> = receiver.into_iter().collect();
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, done)| done).collect()
    }

    fn play_one(
        &self,
        player: &InputPlayer<'_>,
        input: &RunInput,
        format: Option<TraceFormat>,
    ) -> InputResult {
        let failed = |name: String, details: String| InputResult {
            name,
            exit: Exit::BadInput,
            verdict: "not played".to_owned(),
            details: Some(details),
            trace: None,
            recording: None,
        };
        let source = match input.read() {
            Ok(source) => source,
            Err(error) => {
                let details = player.report.caused(&error);
                return failed(input.name(), details);
            }
        };
        let played = match input.format(&source) {
            InputFormat::Recording => {
                let message = format!("`{}` is a recording", source.name);
                let help = "`sim replay` plays recordings";
                Err(player.report.plain(&message, Some(help)).into())
            }
            format => player.play(format, &source),
        };
        let result = played.and_then(|played| self.input_result(player, &source, &played, format));
        result.unwrap_or_else(|failure| InputResult {
            exit: failure.exit,
            verdict: failure.verdict,
            ..failed(source.name, failure.details)
        })
    }

    fn input_result(
        &self,
        player: &InputPlayer<'_>,
        source: &Source,
        played: &PlayOutcome,
        format: Option<TraceFormat>,
    ) -> Result<InputResult, PlayFailure> {
        let recording = match &self.record {
            Some(_) => Some(player.record(played)?),
            None => None,
        };
        Ok(InputResult {
            name: source.name.clone(),
            exit: played.exit(),
            verdict: played.verdict(),
            details: player.describe(source, played),
            // Writing to memory cannot fail.
            trace: format.and_then(|format| format.render(&played.trace).ok()),
            recording,
        })
    }

    fn report_one(&self, results: &[InputResult], report: &Report) -> Exit {
        let exit = self.write_traces(results, report);
        for result in results {
            if let Some(details) = &result.details {
                report.print(details);
            }
            if result.exit != Exit::BadInput {
                report.print(&format!("{}: {}", result.word(), result.verdict));
            }
        }
        worst(results).max(exit)
    }

    fn report_several(&self, results: &[InputResult], report: &Report) -> Exit {
        let exit = self.write_traces(results, report);
        for details in results.iter().filter_map(|result| result.details.as_ref()) {
            report.print(details);
        }
        let mut text = String::new();
        for result in results {
            text += &format!(
                "{:<4}  {}  {}\n",
                result.word(),
                result.name,
                result.verdict
            );
        }
        text += &format!(
            "{} passed, {} failed, {} not played\n",
            count(results, PASS),
            count(results, FAIL),
            count(results, BAD)
        );
        // Standard output has the traces if a format was given, else the verdicts.
        if self.format.is_some() && self.out.is_none() {
            report.print(text.trim_end());
        } else if let Err(error) = output::write(None, text.as_bytes()) {
            return report.error(error);
        }
        worst(results).max(exit)
    }

    fn write_traces(&self, results: &[InputResult], report: &Report) -> Exit {
        let recording = results.iter().find_map(|result| result.recording.as_ref());
        if let (Some(path), Some(recording)) = (&self.record, recording)
            && let Err(error) = output::write(Some(path), recording)
        {
            return report.error(error);
        }
        let traces: Vec<_> = results
            .iter()
            .filter_map(|result| result.trace.as_deref())
            .collect();
        if traces.is_empty() {
            return Exit::Held;
        }
        match output::write(self.out.as_deref(), &traces.concat()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}

/// An input to play.
enum RunInput {
    Inline(String),
    File(PathBuf),
}

impl RunInput {
    fn name(&self) -> String {
        match self {
            Self::Inline(_) => "--inline".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn format(&self, source: &Source) -> InputFormat {
        match self {
            Self::Inline(_) => InputFormat::Compact,
            Self::File(path) => InputFormat::of(path, &source.bytes),
        }
    }

    fn read(&self) -> Result<Source, SourceError> {
        match self {
            Self::Inline(text) => Ok(Source::inline(text)),
            Self::File(path) => Source::read(path, InputFormat::MAX_BYTES),
        }
    }
}

/// The words of results.
const PASS: &str = "pass";
const FAIL: &str = "FAIL";
const BAD: &str = "BAD";

/// The result of one input.
struct InputResult {
    name: String,
    exit: Exit,
    verdict: String,
    details: Option<String>,
    trace: Option<Vec<u8>>,
    recording: Option<Vec<u8>>,
}

impl InputResult {
    fn word(&self) -> &'static str {
        match self.exit {
            Exit::Held => PASS,
            Exit::Failed | Exit::TimedOut => FAIL,
            Exit::BadInput | Exit::Infrastructure | Exit::Interrupted => BAD,
        }
    }
}

fn worst(results: &[InputResult]) -> Exit {
    let exits = results.iter().map(|result| result.exit);
    exits.max().unwrap_or(Exit::Held)
}

fn count(results: &[InputResult], word: &str) -> usize {
    let counted = results.iter().filter(|result| result.word() == word);
    counted.count()
}
