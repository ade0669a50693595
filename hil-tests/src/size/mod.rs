//! How much memory images take.

use crate::images::board::Board;
use crate::images::elf::Elf;

/// The memory an image takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of flash: everything that is loaded.
    pub flash: u64,
    /// Bytes of RAM that are taken before the stack.
    pub ram: u64,
}

impl Usage {
    /// What this image takes.
    #[must_use]
    pub fn of(elf: &Elf, board: &Board) -> Self {
        let loaded = elf.sections.iter().filter(|section| section.load.is_some());
        let in_ram = |section: &&_| {
            board
                .ram
                .holds(&crate::images::elf::Section::range(section))
        };
        let in_ram = elf.sections.iter().filter(in_ram);
        Self {
            flash: loaded.map(|section| u64::from(section.bytes)).sum(),
            ram: in_ram.map(|section| u64::from(section.bytes)).sum(),
        }
    }
}
