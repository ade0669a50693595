//! The names of statics of this program, by their addresses.

use std::fs;

use object::{Object as _, ObjectSymbol as _};

/// The name of the static around an address; `None` if the program does not say.
///
/// Players are copies of this process: what it has at an address, they have there too.
pub(super) fn static_at(address: u64) -> Option<String> {
    let program = fs::read("/proc/self/exe").ok()?;
    let program = object::File::parse(&*program).ok()?;
    let address = address.checked_sub(loaded_at(&program)?)?;
    let symbol = program.symbols().find(|symbol| {
        let end = symbol.address().saturating_add(symbol.size());
        (symbol.address()..end).contains(&address)
    })?;
    let name = rustc_demangle::demangle(symbol.name().ok()?);
    Some(format!("{name:#}"))
}

/// What is to be added to the addresses that the file of the program has.
fn loaded_at(program: &object::File<'_>) -> Option<u64> {
    if program.kind() != object::ObjectKind::Dynamic {
        return Some(0);
    }
    let path = fs::read_link("/proc/self/exe").ok()?;
    let path = path.to_str()?;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let first = maps.lines().find(|line| line.ends_with(path))?;
    u64::from_str_radix(first.split('-').next()?, 16).ok()
}
