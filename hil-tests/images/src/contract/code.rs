//! Rules on the code in an image, by the names of functions.

use super::{Rule, Violations};
use crate::elf::Elf;

/// The symbol of the panic handler.
const HANDLER: &str = "rust_begin_unwind";

/// The module of `core` that every panic goes through.
const PANICKING: &str = "core::panicking::";

pub(super) fn check(elf: &Elf, violations: &mut Violations) {
    if let Some(name) = readable_names(elf, "std").find(|name| is_std(name)) {
        let message = format!("`{name}` is in the image: expected no code of `std`");
        violations.add(Rule::NoStd, message);
    }
    // A function that is inlined into its only caller has no symbol, but is in the debug information.
    let mut handlers: Vec<_> = names_with(elf, HANDLER)
        .filter(|name| is_handler(name))
        .collect();
    handlers.sort_unstable();
    handlers.dedup();
    let panics = || readable_names(elf, "panicking").any(|name| name.contains(PANICKING));
    match handlers.as_slice() {
        [_] => {}
        [] if !panics() => {}
        [] => {
            let message =
                "it can panic, but no panic handler is found in the symbols or the debug \
                           information: expected one"
                    .to_owned();
            violations.add(Rule::PanicHandler, message);
        }
        many => {
            let message = format!("it has {} panic handlers: expected one", many.len());
            violations.add(Rule::PanicHandler, message);
        }
    }
}

/// The names with this identifier in them, which mangled names have as it is.
fn names_with<'a>(elf: &'a Elf, identifier: &'a str) -> impl Iterator<Item = &'a str> {
    let symbols = elf.symbols.iter().map(|symbol| symbol.name.as_str());
    let names = symbols.chain(elf.debug_names.iter().map(String::as_str));
    names.filter(move |name| name.contains(identifier))
}

/// The same, as people write them. To demangle all names would take most of the time of a check.
fn readable_names<'a>(elf: &'a Elf, identifier: &'a str) -> impl Iterator<Item = String> + 'a {
    names_with(elf, identifier).map(readable)
}

fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// `std::io::…`, `<std::fs::File as …>::…`, but not a module `std` of another crate.
fn is_std(readable: &str) -> bool {
    readable.match_indices("std::").any(|(at, _)| {
        let before = readable[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

fn is_handler(name: &str) -> bool {
    let readable = readable(name);
    readable == HANDLER || readable.ends_with("__rustc::rust_begin_unwind")
}
