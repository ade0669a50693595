//! `sim oneline`: a scenario in its one-line form.

use std::path::PathBuf;

use clap::Args;

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::input::Source;
use lockstep_engine::scenario::{MAX_BYTES, compact, grammar};

#[derive(Debug, Args)]
pub(super) struct OnelineArgs {
    /// A scenario (.scn), or `-` for standard input.
    file: PathBuf,
}

impl OnelineArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let source = match Source::read(&self.file, MAX_BYTES) {
            Ok(source) => source,
            Err(error) => return report.error(error),
        };
        let scenario = source
            .text()
            .map_err(|diagnostic| vec![diagnostic])
            .and_then(grammar::parse);
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(diagnostics) => {
                report.print(&report.diagnostics(&source, &diagnostics));
                return Exit::BadInput;
            }
        };
        let line = compact::write(&scenario) + "\n";
        match output::write(None, line.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}
