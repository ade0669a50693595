//! The contract of images: rules that the ELF file of every image must keep.
//!
//! [`check`] gives a [`Violation`] for each rule that an image breaks, and
//! [`linker_script::check`] those that a linker script breaks.

mod boot2;
mod code;
mod image_definition;
pub mod linker_script;
mod memory;
#[cfg(test)]
mod tests;
mod vectors;

use std::fmt;

use crate::board::Board;
use crate::build::Profile;
use crate::elf::Elf;

/// A rule of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The vector table is the first thing in flash, but for a second-stage bootloader.
    VectorTable,
    /// The second-stage bootloader is the first thing in flash, and has the checksum that the chip's ROM
    /// expects.
    Boot2,
    /// The chip's ROM finds an image definition in the first 4 KiB of flash, and accepts it.
    ImageDefinition,
    /// The stack begins right below everything else in RAM, aligned to 8 bytes.
    StackTop,
    /// The stack ends where RAM begins, so that an overflow faults.
    StackEnd,
    /// The stack has room for the app and for what the runtime needs beyond it.
    StackRoom,
    /// Reset, fault and interrupt vectors are set, odd, and point into `.text`.
    Vectors,
    /// `.data` runs in RAM and is loaded from flash.
    Data,
    /// `.bss` and `.uninit` are in RAM and not in the file.
    Bss,
    /// `.retained` is in RAM, not in the file, and after all that is initialised.
    Retained,
    /// The RTT block is found by its symbol, in RAM.
    Rtt,
    /// No code of `std` is in the image.
    NoStd,
    /// There is one panic handler.
    PanicHandler,
    /// Everything is in memory that the chip has.
    ChipMemory,
    /// No two sections or regions overlap.
    Overlap,
    /// The image has a build id, in flash.
    BuildId,
    /// Flash and RAM stay within the budget.
    Budget,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VectorTable => "vector-table",
            Self::Boot2 => "boot2",
            Self::ImageDefinition => "image-definition",
            Self::StackTop => "stack-top",
            Self::StackEnd => "stack-end",
            Self::StackRoom => "stack-room",
            Self::Vectors => "vectors",
            Self::Data => "data",
            Self::Bss => "bss",
            Self::Retained => "retained",
            Self::Rtt => "rtt",
            Self::NoStd => "no-std",
            Self::PanicHandler => "panic-handler",
            Self::ChipMemory => "chip-memory",
            Self::Overlap => "overlap",
            Self::BuildId => "build-id",
            Self::Budget => "budget",
        })
    }
}

impl Rule {
    /// How to mend an image that breaks it.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::VectorTable => {
                "FLASH in memory.x must begin where the chip's flash does, \
                 and link.x must be the linker script"
            }
            Self::Boot2 => {
                "memory.x must put a `.boot2` of 256 bytes where the chip's flash begins, and FLASH after \
                 it; `rp2040-boot2` has one for each kind of flash"
            }
            Self::ImageDefinition => {
                "memory.x must put `.start_block` right after the vector table, and `lockstep_rp::start!` \
                 puts the definition there"
            }
            Self::StackTop | Self::StackEnd => {
                "link with flip-link, and let RAM in memory.x begin where the chip's RAM does"
            }
            Self::StackRoom => {
                "the app lives on the stack: keep less in it, or less in `static`s; `hil size` shows \
                 who takes what"
            }
            Self::Vectors => "cortex-m-rt sets them: link with -Tlink.x",
            Self::Data => "leave `.data` to link.x of cortex-m-rt: `> RAM AT>FLASH`",
            Self::Bss => "declare the section NOLOAD, or leave only zeroes in it",
            Self::Retained => {
                "declare `.retained (NOLOAD) : { ... } > RETAINED`, a region after RAM"
            }
            Self::Rtt => "set up RTT channels at the start of the entry function",
            Self::NoStd => {
                "a dependency of the image uses std: `cargo tree -e features` shows which; \
                 turn off its default features"
            }
            Self::PanicHandler => {
                "leave the `#[panic_handler]` to one crate of the image: the runtime"
            }
            Self::ChipMemory => {
                "memory.x declares memory that the chip does not have: correct its lengths"
            }
            Self::Overlap => "two regions in memory.x share addresses: move one of them",
            Self::BuildId => {
                "link with --build-id=sha1 and keep .note.gnu.build-id in FLASH in memory.x"
            }
            Self::Budget => "`hil size` shows what grew; the budget is in board.toml",
        }
    }
}

/// A rule that an image or a linker script breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// The violations that were found so far.
#[derive(Default)]
struct Violations(Vec<Violation>);

impl Violations {
    fn add(&mut self, rule: Rule, message: String) {
        self.0.push(Violation { rule, message });
    }
}

/// Every rule that this image of the board breaks. The budget is for release images.
#[must_use]
pub fn check(elf: &Elf, board: &Board, profile: Profile) -> Vec<Violation> {
    let mut violations = Violations::default();
    vectors::check(elf, board, &mut violations);
    if board.boot2 {
        boot2::check(elf, board, &mut violations);
    }
    if board.image_definition {
        image_definition::check(elf, board, &mut violations);
    }
    memory::check(elf, board, &mut violations);
    code::check(elf, &mut violations);
    if profile == Profile::Release {
        memory::check_budget(elf, board, &mut violations);
    }
    violations.0
}
