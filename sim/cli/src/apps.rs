//! `sim apps`: lists the apps.

use std::fmt::Write;

use clap::Args;
use lockstep_core::app::{AppDescriptor, LogValues};
use lockstep_core::output::Range;
use lockstep_core::ports::{Encoder, Scale};

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::quantity::Quantity;

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
    let numbers = descriptor.numbers().iter();
    let numbers = numbers.map(|number| (number.name(), range(&number.scale())));
    let numbers: Vec<_> = numbers
        .map(|(name, range)| format!("{name} ({range})"))
        .collect();
    if !numbers.is_empty() {
        writeln!(out, "  numbers  {}", numbers.join(", "))?;
    }
    let encoders: Vec<_> = descriptor.encoders().iter().map(Encoder::name).collect();
    if !encoders.is_empty() {
        writeln!(out, "  encoders {}", encoders.join(", "))?;
    }
    for line in descriptor.serial_lines() {
        writeln!(out, "  serial   {} ({} baud)", line.name(), line.baud())?;
    }
    let outputs: Vec<_> = descriptor
        .outputs()
        .iter()
        .map(|output| match output.range() {
            Range::Digital => output.name().to_owned(),
            Range::Analog { max } => format!("{} (0 to {max})", output.name()),
            Range::Number(scale) => format!("{} ({})", output.name(), range(&scale)),
        })
        .collect();
    writeln!(out, "  outputs  {}", outputs.join(", "))?;
    for log in descriptor.logs() {
        match log.values() {
            LogValues::Words(words) => {
                writeln!(out, "  log      {} ({})", log.name(), words.join(", "))?;
            }
            LogValues::Number => writeln!(out, "  log      {} (a number)", log.name())?,
            LogValues::Text => writeln!(out, "  log      {} (a text)", log.name())?,
        }
    }
    Ok(())
}

/// From where to where: `-40 to 125 C`.
fn range(scale: &Scale) -> String {
    let min = scale.shown(scale.min());
    format!("{min} to {}", Quantity::of(scale, scale.max()))
}
