//! Looks up the names of a scenario among those that an app declares.

use lockstep_core::app::AppDescriptor;

use super::Name;
use crate::diagnostic::{Diagnostic, closest, one_of};
use crate::sanitize::excerpt;
use crate::script::BootCondition;

/// The index of a button.
pub(super) fn button(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "button", descriptor, buttons(descriptor))
}

/// The index of an output.
pub(super) fn output(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "output", descriptor, outputs(descriptor))
}

/// The index of a number input.
pub(super) fn number(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "number input", descriptor, numbers(descriptor))
}

/// The index of a serial line.
pub(super) fn serial_line(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "serial line", descriptor, serial_lines(descriptor))
}

/// The index of an encoder.
pub(super) fn encoder(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "encoder", descriptor, encoders(descriptor))
}

/// The index of a matrix.
pub(super) fn matrix(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "matrix", descriptor, matrices(descriptor))
}

/// The index of a log.
pub(super) fn log(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Diagnostic> {
    find(name, "log", descriptor, logs(descriptor))
}

/// The index of a word among those of a log.
pub(super) fn log_word(name: &Name, log: &str, words: &[&str]) -> Result<u8, Diagnostic> {
    position(name, words.iter().copied()).ok_or_else(|| {
        let word = excerpt(&name.text);
        unknown(
            name,
            format!("log `{log}` has no word `{word}`"),
            words.iter().copied(),
        )
    })
}

/// The boot condition of this name; all is well if none is named.
pub(super) fn boot_condition(
    name: Option<&Name>,
    descriptor: &AppDescriptor,
) -> Result<BootCondition, Diagnostic> {
    let Some(name) = name else {
        return Ok(BootCondition::OK);
    };
    descriptor.boot_condition(&name.text).ok_or_else(|| {
        let words = |name: &str| name.replace('-', " ");
        let message = format!(
            "app `{}` has no boot condition `{}`",
            descriptor.name(),
            words(&excerpt(&name.text))
        );
        let known: Vec<_> = descriptor
            .boot_conditions()
            .iter()
            .map(|name| words(name))
            .collect();
        if known.is_empty() {
            return Diagnostic::new(name.span, message, "expected none: the app declares none");
        }
        let diagnostic = unknown(name, message, known.iter().map(String::as_str));
        match closest(&words(&name.text), known.iter().map(String::as_str)) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        }
    })
}

/// Makes sure that a statement names every button or output once.
pub(super) fn check_distinct(what: &str, names: &[Name]) -> Result<(), Diagnostic> {
    for (index, name) in names.iter().enumerate() {
        if names[..index]
            .iter()
            .any(|earlier| earlier.text == name.text)
        {
            return Err(Diagnostic::new(
                name.span,
                format!("{what} `{}` is named twice", excerpt(&name.text)),
                format!("expected each {what} once in a sentence"),
            ));
        }
    }
    Ok(())
}

fn buttons(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.buttons().iter().copied()
}

fn numbers(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.numbers().iter().map(|number| number.name())
}

fn serial_lines(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.serial_lines().iter().map(|line| line.name())
}

fn encoders(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.encoders().iter().map(|encoder| encoder.name())
}

fn outputs(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.outputs().iter().map(|output| output.name())
}

fn matrices(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.matrices().iter().map(|matrix| matrix.name())
}

fn logs(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.logs().iter().map(|log| log.name())
}

fn find<'a>(
    name: &Name,
    what: &str,
    descriptor: &AppDescriptor,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<u8, Diagnostic> {
    position(name, known.clone()).ok_or_else(|| {
        let word = excerpt(&name.text);
        let message = format!("app `{}` has no {what} `{word}`", descriptor.name());
        let diagnostic = unknown(name, message, known);
        match other_kind(name, descriptor) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    })
}

/// What to write if the app has this name, but for something else.
fn other_kind(name: &Name, descriptor: &AppDescriptor) -> Option<String> {
    if position(name, logs(descriptor)).is_some() {
        Some(format!("`{name}` is a log: write `expect log {name}`"))
    } else if position(name, outputs(descriptor)).is_some() {
        Some(format!(
            "`{name}` is an output: write `expect {name} is on` or the like"
        ))
    } else if position(name, numbers(descriptor)).is_some() {
        Some(format!(
            "`{name}` is a number input: write `set {name} to` and a number"
        ))
    } else if position(name, serial_lines(descriptor)).is_some() {
        Some(format!(
            "`{name}` is a serial line: write `send {name} \"text\"` or `expect {name} says \"text\"`"
        ))
    } else if position(name, matrices(descriptor)).is_some() {
        Some(format!(
            "`{name}` is a matrix: write `expect {name} shows \"…\"`, a character for each cell, or `expect {name} shows nothing`"
        ))
    } else if position(name, encoders(descriptor)).is_some() {
        Some(format!(
            "`{name}` is an encoder: write `turn {name} by 1 click over 20 ms`"
        ))
    } else if position(name, buttons(descriptor)).is_some() {
        Some(format!(
            "`{name}` is a button: write `press {name}`; only outputs and logs are expected"
        ))
    } else {
        None
    }
}

fn position<'a>(name: &Name, known: impl Iterator<Item = &'a str>) -> Option<u8> {
    (0..)
        .zip(known)
        .find(|(_, known)| *known == name.text)
        .map(|(index, _)| index)
}

fn unknown<'a>(
    name: &Name,
    message: String,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        name.span,
        message,
        match known.clone().next() {
            Some(_) => format!("expected {}", one_of(known.clone())),
            None => "expected none: the app declares none".to_owned(),
        },
    );
    match closest(&name.text, known) {
        Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    }
}
