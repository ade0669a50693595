//! `sim` and `sim open`: the terminal simulator.

use std::io::stdout;
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::Args;

use super::load;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use lockstep_terminal::{
    Appearance, Background, ColorDepth, ExitReason, Options, ProcessHooks, TerminalError,
};

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// A scenario (.scn), a recording (.rec) or a waveform (.vcd) to scrub through.
    file: Option<PathBuf>,

    /// The app to play; the first one unless told.
    #[arg(long)]
    app: Option<String>,

    /// Draw with ASCII signs only.
    #[arg(long)]
    ascii: bool,
}

impl OpenArgs {
    fn appearance(&self) -> Appearance {
        let colors = if AutoStream::choice(&stdout()) == ColorChoice::Never {
            ColorDepth::Monochrome
        } else {
            ColorDepth::TrueColor
        };
        Appearance {
            background: Background::Dark,
            colors,
            unicode: !self.ascii,
        }
    }

    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let app = match load::app(self.app.as_deref(), registry, report) {
            Ok(app) => app,
            Err(exit) => return exit,
        };
        let options = Options {
            app,
            file: self.file.as_deref(),
            asked: self.app.as_deref(),
            appearance: self.appearance(),
        };
        let shown = ProcessHooks::install()
            .map_err(TerminalError::from)
            .and_then(|hooks| lockstep_terminal::run(registry, &options, &hooks));
        match shown {
            Ok(ExitReason::Quit) => Exit::Held,
            Ok(ExitReason::Interrupted) => Exit::Interrupted,
            Err(error) => {
                report.print(&describe(&error, report));
                Exit::BadInput
            }
        }
    }
}

/// The error with its cause, and what to do instead where that is known.
fn describe(error: &TerminalError, report: &Report) -> String {
    match error {
        TerminalError::NoTerminal => report.plain(
            &error.to_string(),
            Some(
                "without a terminal, `sim run FILE` plays a scenario and `sim shot FILE` draws one",
            ),
        ),
        TerminalError::Io(cause) => report.plain(&format!("{error}: {cause}"), None),
        error => report.plain(&error.to_string(), None),
    }
}
