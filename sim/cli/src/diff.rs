//! `sim diff`: the first difference of two traces, or of a capture and a run.

use std::time::Duration;

use lockstep_core::time::{RunTicks, TickPeriod};
use lockstep_engine::scenario::duration::ticks_of;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::load;
use super::load::exit_of;
use super::waveform_args::{FOR_WAVEFORMS, WaveformArgs, WaveformInput};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diff::{divergence, write};
use lockstep_engine::load::{InputFormat, read_capture};
use lockstep_engine::play;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::Script;
use lockstep_engine::source::{Source, SourceError, has_extension, is_stdin};
use lockstep_engine::trace::document::{Document, MAX_BYTES};
use lockstep_engine::waveform::WaveformFormat;
use lockstep_engine::waveform::compare::{
    Alignment, Comparison, OutputHistory, captured, compare, of_trace,
};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// A trace as text or JSON lines, a golden, a waveform (.vcd, .fst, .csv), or `-` for a
    /// trace on standard input.
    left: PathBuf,

    /// Another one, or a scenario or recording to play; without it, the inputs of the left
    /// waveform are played.
    right: Option<PathBuf>,

    /// The app of a waveform that does not name one.
    #[arg(long)]
    app: Option<String>,

    /// How far the changes of a captured output may be off, such as 2ms.
    #[arg(long, value_name = "TIME", value_parser = load::time)]
    tolerance: Option<Duration>,

    /// How a capture is laid over a run.
    #[arg(long, value_name = "HOW")]
    align: Option<AlignArg>,

    #[command(flatten)]
    waveform: WaveformArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AlignArg {
    /// Both begin at tick 0.
    Start,
    /// The first change of an output comes at the same time.
    FirstEdge,
}

impl From<AlignArg> for Alignment {
    fn from(align: AlignArg) -> Self {
        match align {
            AlignArg::Start => Self::Start,
            AlignArg::FirstEdge => Self::FirstEdge,
        }
    }
}

/// One side of a comparison.
struct Side {
    name: String,
    app: String,
    content: SideContent,
}

enum SideContent {
    Trace(Document),
    Capture {
        outputs: Vec<OutputHistory>,
        script: Script,
    },
}

impl DiffArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        match self.compare(registry, report) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn compare(&self, registry: &Registry, report: &Report) -> Result<Exit, Exit> {
        let right = self.right.as_deref();
        if is_stdin(&self.left) && right.is_some_and(is_stdin) {
            return Err(refuse(
                report,
                "only one of the traces can be standard input",
                None,
            ));
        }
        let left = self.read(&self.left, registry, report)?;
        let right = match (right, &left.content) {
            (Some(path), _) => self.read(path, registry, report)?,
            (None, SideContent::Capture { script, .. }) => {
                play(&left.app, "the run of its inputs", script, registry, report)?
            }
            (None, SideContent::Trace(_)) => {
                let help = "`sim diff LEFT RIGHT` compares two traces";
                return Err(refuse(
                    report,
                    "there is nothing to compare it with",
                    Some(help),
                ));
            }
        };
        if !self.waveform.is_empty() && !left.is_capture() && !right.is_capture() {
            let message = "neither of the two is a waveform";
            return Err(refuse(report, message, Some(FOR_WAVEFORMS)));
        }
        if left.app != right.app {
            let message = format!(
                "these are traces of different apps: `{}` on the left, `{}` on the right",
                left.app, right.app
            );
            let help = "only traces of one app can be compared";
            return Err(refuse(report, &message, Some(help)));
        }
        match (&left.content, &right.content) {
            (SideContent::Trace(one), SideContent::Trace(other))
                if self.tolerance.is_none() && self.align.is_none() =>
            {
                traces((&left.name, one), (&right.name, other), report)
            }
            _ => {
                let app = registry.find(&left.app);
                let tick = app.map_or(TickPeriod::MILLISECOND, |app| app.descriptor().tick());
                self.outputs(&left, &right, tick, report)
            }
        }
    }

    /// Compares the outputs alone, as a capture has nothing else to compare.
    fn outputs(
        &self,
        left: &Side,
        right: &Side,
        tick: TickPeriod,
        report: &Report,
    ) -> Result<Exit, Exit> {
        for side in [left, right] {
            if let SideContent::Trace(document) = &side.content
                && document.tick != tick
            {
                let message = format!(
                    "`{}` has ticks of {}, and app `{}` has ticks of {tick}",
                    side.name, document.tick, side.app
                );
                let help = "play what it was made of again";
                return Err(refuse(report, &message, Some(help)));
            }
        }
        let comparison = compare(
            (&left.outputs(), left.end()),
            (&right.outputs(), right.end()),
            ticks_of(self.tolerance.unwrap_or_default(), tick),
            self.align.unwrap_or(AlignArg::Start).into(),
            tick,
        );
        if comparison.compared.is_empty() {
            let help = "say which signal is an output with `--map OUTPUT=SIGNAL`";
            return Err(refuse(
                report,
                "the two have no output in common",
                Some(help),
            ));
        }
        let text = described(&comparison, left, right);
        output::write(None, text.as_bytes()).map_err(|error| report.error(error))?;
        Ok(if comparison.difference.is_some() {
            Exit::Failed
        } else {
            Exit::Held
        })
    }

    fn read(&self, path: &Path, registry: &Registry, report: &Report) -> Result<Side, Exit> {
        let source = Source::read(path, MAX_BYTES).map_err(|error| report.error(error))?;
        let format = InputFormat::of(path, &source.bytes);
        let is_trace = format == InputFormat::Scenario && !has_extension(path, "scn");
        // A trace may be longer than anything that is played.
        let limit = InputFormat::MAX_BYTES;
        if !is_trace && source.bytes.len() > limit {
            let name = source.name;
            return Err(report.error(SourceError::TooLarge { name, limit }));
        }
        if let InputFormat::Waveform(kind) = format {
            return self.read_waveform(path, &source, kind, registry, report);
        }
        if !is_trace {
            let loaded = format
                .load_file(registry, (path, &source.bytes), self.app.as_deref())
                .map_err(|error| {
                    report.print(&report.unloadable(&source, &error));
                    Exit::BadInput
                })?;
            let app = loaded.app.descriptor().name();
            return play(app, &source.name, &loaded.script, registry, report);
        }
        let document = source
            .text()
            .and_then(Document::parse)
            .map_err(|diagnostic| {
                report.print(&report.diagnostics(&source, &[diagnostic]));
                Exit::BadInput
            })?;
        Ok(Side {
            name: source.name,
            app: document.app.clone(),
            content: SideContent::Trace(document),
        })
    }

    fn read_waveform(
        &self,
        path: &Path,
        source: &Source,
        format: WaveformFormat,
        registry: &Registry,
        report: &Report,
    ) -> Result<Side, Exit> {
        let input = WaveformInput {
            path,
            source,
            format,
            app: self.app.as_deref(),
        };
        let (app, capture) = self.waveform.read(registry, &input, read_capture, report)?;
        Ok(Side {
            name: source.name.clone(),
            app: app.descriptor().name().to_owned(),
            content: SideContent::Capture {
                outputs: captured(app.descriptor(), &capture),
                script: capture.script,
            },
        })
    }
}

impl Side {
    fn is_capture(&self) -> bool {
        matches!(self.content, SideContent::Capture { .. })
    }

    fn outputs(&self) -> Vec<OutputHistory> {
        match &self.content {
            SideContent::Trace(document) => of_trace(document),
            SideContent::Capture { outputs, .. } => outputs.clone(),
        }
    }

    fn end(&self) -> RunTicks {
        match &self.content {
            SideContent::Trace(document) => document.end,
            SideContent::Capture { script, .. } => script.end(),
        }
    }
}

/// The trace of a script, as one side.
fn play(
    app: &str,
    name: &str,
    script: &Script,
    registry: &Registry,
    report: &Report,
) -> Result<Side, Exit> {
    let entry = registry.find(app).map_err(|error| report.error(error))?;
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(entry, script, &mut watch).map_err(|error| {
        report.error(&error);
        exit_of(&error)
    })?;
    Ok(Side {
        name: name.to_owned(),
        app: app.to_owned(),
        content: SideContent::Trace(Document::from(&trace)),
    })
}

fn traces(
    (left_name, left): (&str, &Document),
    (right_name, right): (&str, &Document),
    report: &Report,
) -> Result<Exit, Exit> {
    let Some(divergence) = divergence(left, right) else {
        return Ok(Exit::Held);
    };
    let mut text = Vec::new();
    write(
        &divergence,
        (left_name, left),
        (right_name, right),
        &mut text,
    )
    .map_err(|error| report.error(error))?;
    output::write(None, &text).map_err(|error| report.error(error))?;
    Ok(Exit::Failed)
}

fn described(comparison: &Comparison, left: &Side, right: &Side) -> String {
    let length = |ticks: u128| {
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        comparison.period.length(RunTicks(ticks))
    };
    let mut text = format!("left: {}\nright: {}", left.name, right.name);
    match comparison.offset {
        0 => {}
        later @ 1.. => text += &format!(", {} later", length(later.unsigned_abs())),
        earlier => text += &format!(", {} earlier", length(earlier.unsigned_abs())),
    }
    text += &format!("\ncompared: {}\n", comparison.compared.join(", "));
    match &comparison.difference {
        Some(difference) => text += &format!("first difference: {difference}\n"),
        None => {
            text += &format!(
                "no difference: {} changes, the worst {} off\n",
                comparison.changes,
                length(comparison.largest)
            );
        }
    }
    text
}

fn refuse(report: &Report, message: &str, help: Option<&str>) -> Exit {
    report.print(&report.plain(message, help));
    Exit::BadInput
}
