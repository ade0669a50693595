//! `sim completions`: a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell that will read it.
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "sim", &mut script);
        match output::write(None, &script) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}
