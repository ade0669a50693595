//! What every image must be, held against the ELF file: the linker script is a contract.
//!
//! [`check`] reads an image and gives a [`Finding`] for each rule that does not hold.

mod code;
mod memory;
pub mod script;
#[cfg(test)]
mod tests;
mod vectors;

use std::fmt;

use crate::images::board::Board;
use crate::images::build::Profile;
use crate::images::elf::Elf;

/// What an image is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The vector table is the first thing in flash.
    VectorTable,
    /// The stack begins right below everything else in RAM, aligned to 8 bytes.
    StackTop,
    /// The stack ends where RAM begins, so that an overflow faults.
    StackEnd,
    /// Reset and fault vectors are set, odd, and point into `.text`.
    Vectors,
    /// `.data` runs in RAM and is loaded from flash.
    Data,
    /// `.bss` and its like are in RAM and not in the file.
    Bss,
    /// `.retained` is in RAM, not in the file, and nobody initialises or grows into it.
    Retained,
    /// The RTT block is found by its symbol, in RAM.
    Rtt,
    /// Nothing of `std` is in the image.
    NoStd,
    /// There is one panic handler.
    PanicHandler,
    /// Everything is in memory the chip has.
    ChipMemory,
    /// Nothing overlaps.
    Overlap,
    /// The image has an identity, in flash.
    Identity,
    /// Flash and RAM stay within the budget.
    Budget,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VectorTable => "vector-table",
            Self::StackTop => "stack-top",
            Self::StackEnd => "stack-end",
            Self::Vectors => "vectors",
            Self::Data => "data",
            Self::Bss => "bss",
            Self::Retained => "retained",
            Self::Rtt => "rtt",
            Self::NoStd => "no-std",
            Self::PanicHandler => "panic-handler",
            Self::ChipMemory => "chip-memory",
            Self::Overlap => "overlap",
            Self::Identity => "identity",
            Self::Budget => "budget",
        })
    }
}

impl Rule {
    /// How to make it hold.
    #[must_use]
    pub fn cure(self) -> &'static str {
        match self {
            Self::VectorTable => {
                "FLASH in memory.x must begin where the chip's flash does, \
                 and link.x must be the linker script"
            }
            Self::StackTop | Self::StackEnd => {
                "link with flip-link, and let RAM in memory.x begin where the chip's RAM does"
            }
            Self::Vectors => "cortex-m-rt sets them: link with -Tlink.x",
            Self::Data => "leave `.data` to link.x of cortex-m-rt: `> RAM AT>FLASH`",
            Self::Bss => "such a section is NOLOAD, or has nothing but zeroes in it",
            Self::Retained => "`.retained (NOLOAD) : { ... } > RETAINED`, a region behind RAM",
            Self::Rtt => "set up RTT channels at the start of the entry function",
            Self::NoStd => {
                "a dependency of the image uses std: `cargo tree -e features` shows which; \
                 turn off its default features"
            }
            Self::PanicHandler => "one crate of the image has the `#[panic_handler]`: the runtime",
            Self::ChipMemory => {
                "memory.x promises what the chip does not have: correct its lengths"
            }
            Self::Overlap => "two regions in memory.x share addresses: move one",
            Self::Identity => {
                "link with --build-id=sha1 and keep .note.gnu.build-id in FLASH in memory.x"
            }
            Self::Budget => "`hil size` shows what grew; the budget is in board.toml",
        }
    }
}

/// A rule that an image breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// Takes findings while rules are checked.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: Rule, message: String) {
        self.0.push(Finding { rule, message });
    }
}

/// Every rule that this image of the board breaks. The budget is for release images.
#[must_use]
pub fn check(elf: &Elf, board: &Board, profile: Profile) -> Vec<Finding> {
    let mut findings = Findings::default();
    vectors::check(elf, board, &mut findings);
    memory::check(elf, board, &mut findings);
    code::check(elf, &mut findings);
    if profile == Profile::Release {
        memory::check_budget(elf, board, &mut findings);
    }
    findings.0
}
