//! The memory that images take: by section, by symbol, against budget and baseline.

pub mod baseline;
pub mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::board::Board;
use crate::elf::{Elf, Section, Symbol};
use crate::stack::Stack;

/// The memory that an image takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUsage {
    /// Bytes of flash: everything that is loaded.
    pub flash: u64,
    /// Bytes of RAM, the stack not included.
    pub ram: u64,
}

impl MemoryUsage {
    /// The memory that this image takes.
    #[must_use]
    pub fn of(elf: &Elf, board: &Board) -> Self {
        let sizes = elf
            .sections
            .iter()
            .map(|section| SectionSize::of(section, board));
        sizes.fold(Self { flash: 0, ram: 0 }, |sum, size| Self {
            flash: sum.flash + size.flash,
            ram: sum.ram + size.ram,
        })
    }
}

/// The memory that a section takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionSize {
    /// Its name.
    pub name: String,
    /// Its run address.
    pub address: u32,
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of RAM.
    pub ram: u64,
}

impl SectionSize {
    fn of(section: &Section, board: &Board) -> Self {
        let bytes = |takes: bool| if takes { u64::from(section.bytes) } else { 0 };
        Self {
            name: section.name.clone(),
            address: section.address,
            flash: bytes(section.load_address.is_some()),
            ram: bytes(board.ram.contains(&section.range())),
        }
    }
}

/// The memory that an image takes, in all detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// The name of the image.
    pub name: String,
    /// The sum.
    pub usage: MemoryUsage,
    /// The stack, of an image that says how large its app is.
    pub stack: Option<Stack>,
    /// By section, by address.
    pub sections: Vec<SectionSize>,
    /// Bytes by the readable name of functions and objects; what has no stable name is one row of
    /// its kind.
    pub symbols: BTreeMap<String, u64>,
}

impl ImageSize {
    /// Measures an image.
    #[must_use]
    pub fn of(name: &str, elf: &Elf, board: &Board) -> Self {
        let mut symbols = BTreeMap::new();
        // Aliases have one address, and take memory once.
        let mut last = None;
        for symbol in elf
            .symbols
            .iter()
            .filter(|symbol| symbol.sized && symbol.bytes > 0)
        {
            if last.replace(symbol.address) != Some(symbol.address) {
                *symbols.entry(row(symbol)).or_default() += u64::from(symbol.bytes);
            }
        }
        let sections = elf.sections.iter();
        Self {
            name: name.to_owned(),
            usage: MemoryUsage::of(elf, board),
            stack: Stack::of(elf),
            sections: sections
                .map(|section| SectionSize::of(section, board))
                .collect(),
            symbols,
        }
    }

    /// Whether the image takes more than the budget of its board.
    #[must_use]
    pub fn exceeds_budget(&self, board: &Board) -> bool {
        self.usage.flash > u64::from(board.budget.flash)
            || self.usage.ram > u64::from(board.budget.ram)
    }
}

/// The row of all constants without a name of their own.
const ANONYMOUS_CONSTANTS: &str = "(anonymous constants)";

/// The row of all strings that defmt interns.
const DEFMT_STRINGS: &str = "(defmt strings)";

/// The row in which a symbol is counted. The compiler numbers constants without a name, and defmt
/// gives each string a number too: such names change with every compiler.
fn row(symbol: &Symbol) -> String {
    let name = symbol.name.as_str();
    if name.starts_with(".Lanon.") || name.starts_with("anon.") {
        ANONYMOUS_CONSTANTS.to_owned()
    } else if name.starts_with("{\"package\":") {
        DEFMT_STRINGS.to_owned()
    } else {
        symbol.readable()
    }
}
