//! The names of a scenario, looked up among those an app declares.

use lockstep_core::app::AppDescriptor;

use super::Name;
use crate::sanitize::excerpt;
use crate::script::BootCondition;
use crate::source::{Problem, likely, one_of};

/// The place of a button.
pub(super) fn button(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Problem> {
    find(name, "button", descriptor, buttons(descriptor))
}

/// The place of an output.
pub(super) fn output(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Problem> {
    find(name, "output", descriptor, outputs(descriptor))
}

/// The place of a log.
pub(super) fn log(name: &Name, descriptor: &AppDescriptor) -> Result<u8, Problem> {
    find(name, "log", descriptor, logs(descriptor))
}

/// The place of a word among those a log can say.
pub(super) fn log_word(name: &Name, log: &str, words: &[&str]) -> Result<u8, Problem> {
    place_of(name, words.iter().copied()).ok_or_else(|| {
        let word = excerpt(&name.text);
        unknown(
            name,
            format!("log `{log}` never says `{word}`"),
            words.iter().copied(),
        )
    })
}

/// The condition a board comes up under; all is well where none is named.
pub(super) fn boot_condition(
    name: Option<&Name>,
    descriptor: &AppDescriptor,
) -> Result<BootCondition, Problem> {
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
            return Problem::new(name.place, message, "expected none: the app declares none");
        }
        let problem = unknown(name, message, known.iter().map(String::as_str));
        match likely(&words(&name.text), known.iter().map(String::as_str)) {
            Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
            None => problem,
        }
    })
}

/// Whether a sentence names every button once.
pub(super) fn each_once(names: &[Name]) -> Result<(), Problem> {
    for (index, name) in names.iter().enumerate() {
        if names[..index]
            .iter()
            .any(|earlier| earlier.text == name.text)
        {
            return Err(Problem::new(
                name.place,
                format!("button `{}` is named twice", excerpt(&name.text)),
                "expected each button once in a sentence",
            ));
        }
    }
    Ok(())
}

fn buttons(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.buttons().iter().copied()
}

fn outputs(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.outputs().iter().map(|output| output.name())
}

fn logs(descriptor: &AppDescriptor) -> impl Iterator<Item = &'static str> + Clone {
    descriptor.logs().iter().map(|log| log.name())
}

fn find<'a>(
    name: &Name,
    what: &str,
    descriptor: &AppDescriptor,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<u8, Problem> {
    place_of(name, known.clone()).ok_or_else(|| {
        let word = excerpt(&name.text);
        let message = format!("app `{}` has no {what} `{word}`", descriptor.name());
        let problem = unknown(name, message, known);
        match other_kind(name, descriptor) {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    })
}

/// What to write where the app has the very name, but for something else.
fn other_kind(name: &Name, descriptor: &AppDescriptor) -> Option<String> {
    if place_of(name, logs(descriptor)).is_some() {
        Some(format!("`{name}` is a log: write `expect log {name}`"))
    } else if place_of(name, outputs(descriptor)).is_some() {
        Some(format!(
            "`{name}` is an output: write `expect {name} is on` or the like"
        ))
    } else if place_of(name, buttons(descriptor)).is_some() {
        Some(format!(
            "`{name}` is a button: it can be pressed, and nothing is expected of it"
        ))
    } else {
        None
    }
}

fn place_of<'a>(name: &Name, known: impl Iterator<Item = &'a str>) -> Option<u8> {
    (0..)
        .zip(known)
        .find(|(_, known)| *known == name.text)
        .map(|(index, _)| index)
}

fn unknown<'a>(
    name: &Name,
    message: String,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let problem = Problem::new(
        name.place,
        message,
        format!("expected {}", one_of(known.clone())),
    );
    match likely(&name.text, known) {
        Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
        None => problem,
    }
}
