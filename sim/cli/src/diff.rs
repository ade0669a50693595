//! `sim diff`: the first difference of two traces.

use std::path::{Path, PathBuf};

use clap::Args;

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diff::{divergence, write};
use lockstep_engine::input::{Source, is_stdin};
use lockstep_engine::trace::document::{Document, MAX_BYTES};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// A trace as text or JSON lines, a golden, or `-` for standard input.
    left: PathBuf,
    /// Another one.
    right: PathBuf,
}

impl DiffArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        if is_stdin(&self.left) && is_stdin(&self.right) {
            report.print(&report.plain("only one of the traces can be standard input", None));
            return Exit::BadInput;
        }
        let (Some((left_name, left)), Some((right_name, right))) =
            (read(&self.left, report), read(&self.right, report))
        else {
            return Exit::BadInput;
        };
        if left.app != right.app {
            let message = format!(
                "these are traces of different apps: `{}` on the left, `{}` on the right",
                left.app, right.app
            );
            report.print(&report.plain(&message, Some("only traces of one app can be compared")));
            return Exit::BadInput;
        }
        let Some(divergence) = divergence(&left, &right) else {
            return Exit::Held;
        };
        let mut text = Vec::new();
        let written = write(
            &divergence,
            (&left_name, &left),
            (&right_name, &right),
            &mut text,
        )
        .map_err(|error| report.error(error))
        .and_then(|()| output::write(None, &text).map_err(|error| report.error(error)));
        match written {
            Ok(()) => Exit::Failed,
            Err(exit) => exit,
        }
    }
}

fn read(path: &Path, report: &Report) -> Option<(String, Document)> {
    let source = Source::read(path, MAX_BYTES)
        .map_err(|error| report.error(error))
        .ok()?;
    let document = source
        .text()
        .and_then(Document::parse)
        .map_err(|diagnostic| report.print(&report.diagnostics(&source, &[diagnostic])))
        .ok()?;
    Some((source.name, document))
}
