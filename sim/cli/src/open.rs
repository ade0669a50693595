//! `sim` and `sim open`: the terminal simulator.

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use terminal_colorsaurus::{QueryOptions, background_color};

use super::load;
use super::terminal_environment::TerminalEnvironment;
use super::waveform_args::WaveformArgs;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::load::{InputFormat, LoadOptions};
use lockstep_engine::registry::Registry;
use lockstep_engine::source::Source;
use lockstep_engine::waveform::WaveformOptions;
use lockstep_isolation::exit_guard;
use lockstep_terminal::{
    Appearance, Background, ColorDepth, ExitReason, Options, ProcessHooks, TerminalError,
};

/// How long to wait for a terminal to report its background. One that does not know the query
/// answers a second query, so that it need not be waited for.
const BACKGROUND_DEADLINE: Duration = Duration::from_millis(500);

/// What to do if the simulator cannot be shown.
const WITHOUT_TERMINAL: &str =
    "`sim run FILE` plays a scenario and `sim shot FILE` draws one, both without a terminal";

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// A scenario (.scn), a recording (.rec) or a waveform (.vcd, .fst, .csv) to scrub through.
    file: Option<PathBuf>,

    /// The app to play; the first one by default.
    #[arg(long)]
    app: Option<String>,

    /// Rules (.rules) that stop the run where it breaks one; those beside the file count anyway.
    #[arg(long, value_name = "FILE.rules")]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    waveform: WaveformArgs,

    /// The background to draw for; `auto` asks the terminal.
    #[arg(long, value_name = "THEME", default_value = "auto")]
    theme: OpenTheme,

    /// Draw with ASCII characters only, as where the locale is not in UTF-8.
    #[arg(long)]
    ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OpenTheme {
    Auto,
    Dark,
    Light,
}

impl OpenTheme {
    fn background(self) -> Background {
        match self {
            Self::Auto => background_of_terminal().unwrap_or(Background::Dark),
            Self::Dark => Background::Dark,
            Self::Light => Background::Light,
        }
    }
}

impl OpenArgs {
    pub(super) fn execute(
        &self,
        registry: &Registry,
        in_process: &Registry,
        report: &Report,
    ) -> Exit {
        let app = match load::app(self.app.as_deref(), registry, report) {
            Ok(app) => app,
            Err(exit) => return exit,
        };
        let environment = TerminalEnvironment::of_process();
        if environment.is_dumb() {
            let message = "this terminal cannot show the simulator: TERM is `dumb`";
            report.print(&report.plain(message, Some(WITHOUT_TERMINAL)));
            return Exit::BadInput;
        }
        let waveform = match self.waveform_options(registry, report) {
            Ok(options) => options,
            Err(exit) => return exit,
        };
        let shown = ProcessHooks::install()
            .map_err(TerminalError::from)
            .and_then(|hooks| {
                exit_guard::do_first(hooks.restorer());
                let options = Options {
                    app,
                    file: self.file.as_deref(),
                    rules: &self.rules,
                    in_process,
                    requested_app: self.app.as_deref(),
                    waveform: &waveform,
                    appearance: self.appearance(&environment),
                    commands: report.commands(),
                };
                lockstep_terminal::run(registry, &options, &hooks)
            });
        match shown {
            Ok(ExitReason::Quit) => Exit::Held,
            Ok(ExitReason::Interrupted) => Exit::Interrupted,
            Err(TerminalError::NoTerminal) => {
                let message = TerminalError::NoTerminal.to_string();
                report.print(&report.plain(&message, Some(WITHOUT_TERMINAL)));
                Exit::BadInput
            }
            Err(error) => report.error(error),
        }
    }

    /// What is said about a waveform. One whose signals are not known is refused before the
    /// screen is taken, where the list of them and the command can be read.
    fn waveform_options(
        &self,
        registry: &Registry,
        report: &Report,
    ) -> Result<WaveformOptions, Exit> {
        let Some(file) = self.file.as_deref() else {
            return Ok(WaveformOptions::default());
        };
        // A file that cannot be read is told on the screen, as any other.
        let Ok(source) = Source::read(file, InputFormat::MAX_BYTES) else {
            return Ok(WaveformOptions::default());
        };
        let refused = |rendered: String| {
            report.print(&rendered);
            Exit::BadInput
        };
        let format = InputFormat::of(file, &source.bytes);
        let waveform = self
            .waveform
            .options(format, file, report)
            .map_err(refused)?;
        let options = LoadOptions {
            app: self.app.as_deref(),
            waveform: Some(&waveform),
            ..LoadOptions::default()
        };
        if matches!(format, InputFormat::Waveform(_)) {
            format
                .load_with(registry, &source.bytes, &options)
                .map_err(|error| refused(report.unloadable(&source, &error)))?;
        }
        Ok(waveform)
    }

    fn appearance(&self, environment: &TerminalEnvironment) -> Appearance {
        let colors = if AutoStream::choice(&stdout()) == ColorChoice::Never {
            ColorDepth::Monochrome
        } else {
            environment.colors()
        };
        let background = if colors == ColorDepth::Monochrome {
            Background::Dark
        } else {
            self.theme.background()
        };
        Appearance {
            background,
            colors,
            unicode: environment.is_unicode() && !self.ascii,
        }
    }
}

/// The background of the terminal, if it reports it.
fn background_of_terminal() -> Option<Background> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return None;
    }
    let mut options = QueryOptions::default();
    options.timeout = BACKGROUND_DEADLINE;
    let background = background_color(options).ok()?;
    Some(if background.perceived_lightness() > 0.5 {
        Background::Light
    } else {
        Background::Dark
    })
}
