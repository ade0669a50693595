//! What an image seems to use that the virtual board does not have: told before it runs.

use lockstep_console::report::Report;
use lockstep_images::elf::Elf;
use lockstep_images::literals::functions_with;
use lockstep_virtual_board::unemulated::Peripheral;

/// How many functions are named for a peripheral.
const MAX_FUNCTIONS: usize = 3;

/// A peripheral whose address is in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    message: String,
    advice: &'static str,
}

/// Prints what the image of this name seems to use. It is a guess, by the addresses in its code.
pub(super) fn warn(name: &str, elf: &Elf, bytes: &[u8], report: &Report) {
    for finding in findings(name, elf, bytes) {
        report.print(&report.note(&finding.message, Some(finding.advice)));
    }
}

fn findings(name: &str, elf: &Elf, bytes: &[u8]) -> Vec<Finding> {
    let finding = |peripheral: Peripheral| {
        let registers = peripheral.registers();
        let functions = functions_with(elf, bytes, |word| registers.contains(&word));
        let shown = functions
            .iter()
            .take(MAX_FUNCTIONS)
            .map(|it| match &it.line {
                Some(line) => format!("`{}` at {line}", it.name),
                None => format!("`{}`", it.name),
            });
        let shown: Vec<_> = shown.collect();
        let more = match functions.len().saturating_sub(MAX_FUNCTIONS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!shown.is_empty()).then(|| Finding {
            message: format!(
                "`{name}` seems to use {}, which the virtual board does not have: {:#010x} is in {}{more}",
                peripheral.name,
                peripheral.base,
                shown.join(", ")
            ),
            advice: peripheral.advice,
        })
    };
    Peripheral::all().filter_map(finding).collect()
}
