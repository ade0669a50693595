//! Addresses that the functions of an image have as literals: code for a Cortex-M loads most of the
//! addresses of peripherals from words that stand behind it.

use crate::elf::{Elf, Symbol};
use crate::line_table::LineTable;

/// The section that holds the functions.
const CODE: &str = ".text";

/// A function and its place in the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Its name, as people write it.
    pub name: String,
    /// The file and line where it begins, where the image knows it.
    pub line: Option<String>,
}

/// The functions that have an address as a literal for which `is_wanted` holds, by name.
///
/// What looks like a load may be something else, and an address may be computed: this is a guess.
/// A word that belongs to no function of the symbol table is not told.
///
/// `bytes` is the ELF file, for its line table.
#[must_use]
pub fn functions_with(elf: &Elf, bytes: &[u8], is_wanted: impl Fn(u32) -> bool) -> Vec<Function> {
    let Some(code) = elf.section(CODE) else {
        return Vec::new();
    };
    let word = |place: u32| {
        let offset = usize::try_from(place.checked_sub(code.address)?).ok()?;
        let bytes = code.content.get(offset..offset.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let wanted = loaded_places(code.address, &code.content)
        .filter(|place| word(*place).is_some_and(&is_wanted));
    let mut symbols: Vec<_> = wanted.filter_map(|place| around(elf, place)).collect();
    symbols.sort_by_key(|symbol| symbol.address);
    symbols.dedup_by_key(|symbol| symbol.address);
    if symbols.is_empty() {
        return Vec::new();
    }
    let lines = LineTable::parse(bytes);
    let function = |symbol: &Symbol| Function {
        name: symbol.readable(),
        line: lines.as_ref().and_then(|it| it.find(symbol.address & !1)),
    };
    let mut functions: Vec<_> = symbols.into_iter().map(function).collect();
    functions.sort();
    functions
}

/// The places that instructions load words from relative to themselves: two instructions side by side
/// look like an address often enough. `LDR (literal)`, encodings T1 and T2, in the *Armv7-M Architecture
/// Reference Manual*, A7.7.44.
fn loaded_places(address: u32, code: &[u8]) -> impl Iterator<Item = u32> {
    let halves = code
        .chunks_exact(2)
        .filter_map(|half| half.try_into().ok())
        .map(u16::from_le_bytes);
    let next = halves.clone().skip(1).chain([0]);
    let places = (address..).step_by(2);
    places
        .zip(halves.zip(next))
        .filter_map(|(place, (half, next))| {
            let base = place.wrapping_add(4) & !3;
            let long = u32::from(next & 0xfff);
            match half {
                0x4800..=0x4fff => Some(base.wrapping_add(u32::from(half & 0xff) * 4)),
                0xf8df => Some(base.wrapping_add(long)),
                0xf85f => Some(base.wrapping_sub(long)),
                _ => None,
            }
        })
}

/// The function that an address lies in, with the literals behind its code.
fn around(elf: &Elf, address: u32) -> Option<&Symbol> {
    elf.symbols.iter().find(|symbol| {
        let offset = address.checked_sub(symbol.address & !1);
        symbol.sized && offset.is_some_and(|offset| offset < symbol.bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Section;

    fn symbol(name: &str, address: u32, bytes: u32) -> Symbol {
        Symbol {
            name: name.to_owned(),
            address,
            bytes,
            sized: true,
        }
    }

    #[test]
    fn a_literal_belongs_to_the_function_before_it() {
        let words = [
            0xe7fe_4800_u32,
            0x4001_1000,
            0xe7fe_4800,
            0x4001_1504,
            0x4001_1540,
        ];
        let elf = Elf {
            entry: 0x101,
            sections: vec![Section {
                name: CODE.to_owned(),
                address: 0x100,
                bytes: 20,
                load_address: Some(0x100),
                content: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
            }],
            symbols: vec![symbol("start", 0x101, 8), symbol("count", 0x109, 12)],
            debug_names: Vec::new(),
            build_id: None,
        };
        let named = |is_wanted: fn(u32) -> bool| -> Vec<String> {
            let functions = functions_with(&elf, &[], is_wanted);
            functions
                .into_iter()
                .map(|function| function.name)
                .collect()
        };
        // Nothing loads the last word.
        assert_eq!(named(|word| word >> 12 == 0x4_0011), ["count", "start"]);
        assert_eq!(named(|word| word == 0x4001_1504), ["count"]);
        assert!(named(|word| word == 0x4001_1540).is_empty());
        assert!(named(|_| false).is_empty());
    }
}
