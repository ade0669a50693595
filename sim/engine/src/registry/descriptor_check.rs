//! What can be wrong with a descriptor.

use std::collections::BTreeSet;

use lockstep_core::app::{AppDescriptor, LogKind, LogValues};
use lockstep_core::output::Range;

use super::{DescriptorError, MAX_NAME, ports};
use crate::script::BootCondition;
use crate::trace::RESET;

/// The first thing that is wrong.
pub(super) fn check_descriptor(descriptor: &'static AppDescriptor) -> Result<(), DescriptorError> {
    let refuse = |problem| Err(DescriptorError::new(descriptor, problem));
    let inputs = descriptor.buttons().iter().copied();
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let logs = descriptor.logs().iter().map(|log| log.name());

    let conditions = descriptor.boot_conditions().iter().copied();
    let problem = check_lower_case("the app", descriptor.name())
        .or_else(|| {
            descriptor
                .buttons()
                .iter()
                .find_map(|name| check_name("button", name))
        })
        .or_else(|| {
            outputs
                .clone()
                .find_map(|name| check_lower_case("output", name))
        })
        .or_else(|| logs.clone().find_map(|name| check_lower_case("log", name)))
        .or_else(|| {
            conditions
                .clone()
                .find_map(|name| check_lower_case("boot condition", name))
        })
        .or_else(|| {
            let most = AppDescriptor::MAX_BOOT_CONDITIONS;
            check_list("boot condition", conditions, most)
        })
        .or_else(|| check_list("button", inputs, AppDescriptor::MAX_BUTTONS))
        .or_else(|| check_list("output", outputs, AppDescriptor::MAX_OUTPUTS))
        .or_else(|| check_list("log", logs, AppDescriptor::MAX_LOGS))
        .or_else(|| ports::problem(descriptor));
    if let Some(problem) = problem {
        return refuse(problem);
    }
    if descriptor.buttons().contains(&RESET) {
        return refuse(format!("no button can be called `{RESET}`"));
    }
    if descriptor
        .boot_conditions()
        .contains(&BootCondition::OK_NAME)
    {
        return refuse(
            "a boot condition cannot be called `ok`: that name means a successful boot".to_owned(),
        );
    }
    // In an expectation, these words are keywords.
    const SUBJECTS: &[&str] = &["log", "no", "only"];
    const AFTER_A_WORD: &[&str] = &["within", "for"];
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let lines = descriptor.serial_lines().iter().map(|line| line.name());
    let matrices = descriptor.matrices().iter().map(|matrix| matrix.name());
    for (what, name, taken) in outputs
        .map(|name| ("output", name, SUBJECTS))
        .chain(lines.map(|name| ("serial line", name, SUBJECTS)))
        .chain(matrices.map(|name| ("matrix", name, SUBJECTS)))
        .chain(words(descriptor).map(|word| ("word of a log", word, AFTER_A_WORD)))
    {
        if taken.contains(&name) {
            return refuse(format!("no {what} can be called `{name}`"));
        }
    }
    for output in descriptor.outputs() {
        if matches!(output.range(), Range::Analog { max: 0 | 1 }) {
            return refuse(format!(
                "output `{}` is analog with at most two levels; declare it digital",
                output.name()
            ));
        }
    }
    for log in descriptor.logs() {
        if let LogValues::Words(words) = log.values() {
            let problem = words
                .iter()
                .find_map(|word| check_lower_case("word", word))
                .or_else(|| check_list("word", words.iter().copied(), LogKind::MAX_WORDS));
            if let Some(problem) = problem {
                return refuse(format!("log `{}`: {problem}", log.name()));
            }
        }
    }
    Ok(())
}

/// The words of all logs.
fn words(descriptor: &'static AppDescriptor) -> impl Iterator<Item = &'static str> {
    descriptor.logs().iter().flat_map(|log| match log.values() {
        LogValues::Words(words) => words.iter().copied(),
        LogValues::Number | LogValues::Text => [].iter().copied(),
    })
}

fn check_lower_case(what: &str, name: &str) -> Option<String> {
    if name.contains(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("{what} name `{name}` is not in lower case"));
    }
    check_name(what, name)
}

/// What is wrong with a name, if anything.
pub(crate) fn check_name(what: &str, name: &str) -> Option<String> {
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !well_formed {
        Some(format!(
            "{what} name `{name}` must be letters, digits, `-` and `_`, beginning with a letter"
        ))
    } else if name.len() > MAX_NAME {
        Some(format!(
            "{what} name `{name}` has {} bytes; at most {MAX_NAME} are allowed",
            name.len()
        ))
    } else {
        None
    }
}

/// What is wrong with a list of names, if anything: two that are the same, or too many.
pub(super) fn check_list(
    what: &str,
    names: impl Iterator<Item = &'static str>,
    most: usize,
) -> Option<String> {
    let plural = match what {
        "matrix" => "matrices".to_owned(),
        _ => format!("{what}s"),
    };
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for name in names {
        if !seen.insert(name) {
            return Some(format!("two {plural} are called `{name}`"));
        }
        count += 1;
    }
    (count > most).then(|| format!("it has {count} {plural}; at most {most} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::output::Output;

    const GOOD: AppDescriptor = AppDescriptor::new("good", "1.0.0")
        .with_buttons(&["A", "B"])
        .with_outputs(&[Output::digital("led")])
        .with_logs(&[LogKind::words("power", &["off", "on"])]);

    /// So many names of one kind, each different, and lower case.
    fn names(count: usize) -> &'static [&'static str] {
        let names = (0..count).map(|index| -> &'static str { format!("n{index}").leak() });
        names.collect::<Vec<_>>().leak()
    }

    #[test]
    fn a_descriptor_has_at_most_max_items_of_a_kind() {
        let problem = |descriptor: AppDescriptor| {
            let checked = check_descriptor(Box::leak(Box::new(descriptor)));
            checked.err().map(|error| error.problem)
        };
        type WithCount = fn(usize) -> AppDescriptor;
        let with: [(WithCount, usize, &str); 5] = [
            (
                |count| GOOD.with_buttons(names(count)),
                AppDescriptor::MAX_BUTTONS,
                "buttons",
            ),
            (
                |count| {
                    let outputs = names(count).iter().map(|name| Output::digital(name));
                    GOOD.with_outputs(outputs.collect::<Vec<_>>().leak())
                },
                AppDescriptor::MAX_OUTPUTS,
                "outputs",
            ),
            (
                |count| {
                    let logs = names(count).iter().map(|name| LogKind::number(name));
                    GOOD.with_logs(logs.collect::<Vec<_>>().leak())
                },
                AppDescriptor::MAX_LOGS,
                "logs",
            ),
            (
                |count| GOOD.with_logs(vec![LogKind::words("power", names(count))].leak()),
                LogKind::MAX_WORDS,
                "words",
            ),
            (
                |count| GOOD.with_boot_conditions(names(count)),
                AppDescriptor::MAX_BOOT_CONDITIONS,
                "boot conditions",
            ),
        ];
        for (with, most, what) in with {
            assert_eq!(problem(with(most)), None, "{what}");
            let refused = problem(with(most + 1)).unwrap_or_default();
            let expected = format!("{} {what}; at most {most} are allowed", most + 1);
            assert!(refused.ends_with(&expected), "{refused}");
        }
    }

    #[test]
    fn a_name_has_at_most_max_name_bytes() {
        assert_eq!(check_name("button", &"a".repeat(MAX_NAME)), None);
        let problem = check_name("button", &"a".repeat(MAX_NAME + 1)).unwrap_or_default();
        assert!(
            problem.ends_with("has 33 bytes; at most 32 are allowed"),
            "{problem}"
        );
    }

    #[test]
    fn unusable_descriptors_are_refused_with_the_cause() {
        const OFF_OFF: &[LogKind] = &[LogKind::words("power", &["off", "off"])];
        const NAMED_LOG: &[Output] = &[Output::digital("log")];
        const SAYS_WITHIN: &[LogKind] = &[LogKind::words("power", &["within"])];
        const NARROW: &[Output] = &[Output::analog("led", 1)];
        const SPACE: &[Output] = &[Output::digital("the led")];
        assert_eq!(check_descriptor(const { &GOOD }), Ok(()));
        for (descriptor, cause) in [
            (
                const { &AppDescriptor::new("Good", "1.0.0") },
                "not in lower case",
            ),
            (
                const { &AppDescriptor::new("", "1.0.0") },
                "beginning with a letter",
            ),
            (const { &GOOD.with_buttons(&["A", "A"]) }, "two buttons"),
            (const { &GOOD.with_outputs(NAMED_LOG) }, "`log`"),
            (const { &GOOD.with_logs(SAYS_WITHIN) }, "`within`"),
            (const { &GOOD.with_buttons(&["reset"]) }, "`reset`"),
            (const { &GOOD.with_buttons(&["A"; 65]) }, "two buttons"),
            (const { &GOOD.with_outputs(SPACE) }, "`the led`"),
            (const { &GOOD.with_outputs(NARROW) }, "digital"),
            (const { &GOOD.with_logs(OFF_OFF) }, "two words"),
            (const { &GOOD.with_boot_conditions(&["ok"]) }, "`ok`"),
            (
                const { &GOOD.with_boot_conditions(&["a", "a"]) },
                "two boot conditions",
            ),
            (
                const { &GOOD.with_boot_conditions(&["Clock"]) },
                "not in lower case",
            ),
        ] {
            let problem = check_descriptor(descriptor).unwrap_err().problem;
            assert!(problem.contains(cause), "{problem}");
        }
    }
}
