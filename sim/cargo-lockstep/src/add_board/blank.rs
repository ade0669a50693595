//! A board for a chip that no template knows: whole, but for the values that somebody has to give.

use lockstep_pins::BLANK;

use super::chips::Memory;
use super::templates::{ABOVE_RAM, ABOVE_RETAINED, RETAINED, linker_script};

/// What is known of the chip.
#[derive(Clone, Debug, Default)]
pub(super) struct BlankChip {
    pub(super) name: Option<String>,
    pub(super) target: Option<String>,
    pub(super) flash: Option<Memory>,
    pub(super) ram: Option<Memory>,
}

/// The crates of the registry that a board needs.
pub(super) const DEPENDENCIES: [&str; 3] = [
    "cortex-m = \"0.7\"\n",
    "cortex-m-rt = \"0.7\"\n",
    "embedded-hal = \"1.0\"\n",
];

/// The code of the board.
pub(super) fn library(board: &str) -> String {
    include_str!("blank/lib.rs").replace("{board}", board)
}

/// The image of an app.
pub(super) fn entry(board: &str, app: &str, app_type: &str) -> String {
    let board_crate = board.replace('-', "_");
    format!(
        "//! The image of `{app}` for `{board}`.\n\n#![no_std]\n#![no_main]\n\n\
         use lockstep_core::app::App;\n\ntype Image = {app_type};\n\n\
         #[cortex_m_rt::entry]\nfn main() -> ! {{\n    \
         lockstep_board::outputs_off!(|| {board_crate}::outputs_off(\n        \
         const {{ {board_crate}::PINS.outputs() }}\n    ));\n    \
         lockstep_board::app_bytes!(Image);\n    \
         {board_crate}::run::<Image>(const {{ {board_crate}::PINS.of(&Image::DESCRIPTOR).without_uart() }})\n}}\n"
    )
}

impl BlankChip {
    /// What the board is.
    pub(super) fn board(&self, name: &str) -> String {
        let text = |known: &Option<String>, what: &str| match known {
            Some(known) => format!("\"{known}\"\n"),
            None => format!("\"{BLANK}\" # {what}\n"),
        };
        let region = |memory: Option<Memory>, what: &str, origin: &str| match memory {
            Some(Memory { origin, bytes }) => format!("origin = {origin:#010x}\nbytes = {bytes}\n"),
            None => format!(
                "origin = {BLANK} # 3. where the {what} of the chip begins, such as {origin}\n\
                 bytes = {BLANK} # 3. how long it is, such as 65_536\n"
            ),
        };
        format!(
            "# The numbers are those of the ten questions that a new board asks: docs/new-board.md of Lockstep.\n\
             name = \"{name}\"\nchip = {}target = {}\
             # 4. The vector table is the first thing in flash, and the chip starts there.\n\n\
             # What the chip has.\n[memory.flash]\n{}\n[memory.ram]\n{}\n\
             # The most that a release image may take, the stack not included.\n\
             [budget]\nflash = 65_536\nram = 16_384\n",
            text(
                &self.name,
                "2. what probe-rs calls the chip: `probe-rs chip list`"
            ),
            text(
                &self.target,
                "1. the target of its core, such as thumbv7em-none-eabihf for a Cortex-M4F"
            ),
            region(self.flash, "flash", "0x0800_0000"),
            region(self.ram, "RAM", "0x2000_0000"),
        )
    }

    /// The linker's memory map.
    pub(super) fn memory_map(&self) -> String {
        let flash = match self.flash {
            Some(Memory { origin, bytes }) => format!("ORIGIN = {origin:#010x}, LENGTH = {bytes}"),
            None => format!("ORIGIN = {BLANK}, LENGTH = {BLANK}"),
        };
        let (ram, retained) = match self.ram {
            Some(Memory { origin, bytes }) => (
                format!("ORIGIN = {origin:#010x}, LENGTH = {bytes} - {RETAINED}"),
                format!("ORIGIN = {origin:#010x} + {bytes} - {RETAINED}"),
            ),
            None => (
                format!("ORIGIN = {BLANK}, LENGTH = {BLANK} - {RETAINED}"),
                format!("ORIGIN = {BLANK} + {BLANK} - {RETAINED}"),
            ),
        };
        let regions = format!(
            "  /* 3. As in board.toml; lengths may be 512K or 1M. */\n  FLASH (rx)    : {flash}\n\
             {ABOVE_RAM}  RAM (rwx)     : {ram}\n\
             {ABOVE_RETAINED}  /* 5. The end of RAM: where it begins, plus its length. A chip whose ROM writes there has it further\n     \
             down, and so ends its RAM. */\n  \
             RETAINED (rw) : {retained}, LENGTH = {RETAINED}\n"
        );
        linker_script(self.name.as_deref().unwrap_or("chip"), &regions, "")
    }
}

/// The pin map.
pub(super) fn pins(app: &str, buttons: &[String], outputs: &[String]) -> String {
    let named = |names: &[String], what: &str| -> String {
        let lines = names.iter();
        lines
            .map(|name| format!("{name} = \"{BLANK}\" # 10. {what}\n"))
            .collect()
    };
    format!(
        "# The numbers are those of the ten questions that a new board asks: docs/new-board.md of Lockstep.\n\
         # Pins have the names of the chip's maker: PA5, P0.17 or GPIO25.\n\n\
         ports = {BLANK} # 8. how many pins each port has, from the first on, such as [16, 16, 16]\n\
         level_registers = {BLANK} # 8. the address of the register with the levels of each port, such as [0x4002_0010, 0x4002_0410, 0x4002_0810]\n\n\
         [contacts]\nactive = \"{BLANK}\" # 10. the level of a pin while its button is pressed: low or high\n\n\
         [apps.{app}.buttons]\n{}\n[apps.{app}.outputs]\n{}",
        named(buttons, "the pin of this button"),
        named(outputs, "the pin of this output"),
    )
}
