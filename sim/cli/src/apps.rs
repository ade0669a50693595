//! `sim apps`: lists the apps.

use std::fmt::Write;

use clap::Args;
use lockstep_core::app::{AppDescriptor, LogValues};
use lockstep_core::output::Range;

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;

#[derive(Debug, Args)]
pub(super) struct AppsArgs {}

impl AppsArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let mut text = String::new();
        for app in registry.apps() {
            // Writing to a string cannot fail.
            let _ = describe(app.descriptor(), &mut text);
        }
        match output::write(None, text.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}

fn describe(descriptor: &AppDescriptor, out: &mut String) -> std::fmt::Result {
    let (name, version, build) = (descriptor.name(), descriptor.version(), descriptor.build());
    writeln!(out, "{name} {version} (build {build})")?;
    writeln!(out, "  buttons  {}", descriptor.buttons().join(", "))?;
    let outputs: Vec<_> = descriptor
        .outputs()
        .iter()
        .map(|output| match output.range() {
            Range::Digital => output.name().to_owned(),
            Range::Analog { max } => format!("{} (0 to {max})", output.name()),
        })
        .collect();
    writeln!(out, "  outputs  {}", outputs.join(", "))?;
    for log in descriptor.logs() {
        match log.values() {
            LogValues::Words(words) => {
                writeln!(out, "  log      {} ({})", log.name(), words.join(", "))?;
            }
            LogValues::Number => writeln!(out, "  log      {} (a number)", log.name())?,
        }
    }
    Ok(())
}
