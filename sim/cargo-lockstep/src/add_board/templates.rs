//! The texts of a board.

use super::chips::{Chip, Memory};

/// What is left for a crash record at the end of RAM.
const RETAINED: u32 = 256;

/// The length of a second-stage bootloader.
const BOOT2: u32 = 256;

/// The workspace of the boards, which is not that of the project: its profiles and its target are its own.
pub(super) const WORKSPACE: &str = r#"# The boards of the project: every folder that is a package. A workspace of its own, so that nothing of it
# reaches what is built for the host.
[workspace]
resolver = "3"
members = ["*"]
exclude = [".cargo", "target"]

[profile.dev]
# An image that is not optimised is too slow for its ticks.
opt-level = "s"
panic = "abort"

[profile.release]
opt-level = "s"
lto = "fat"
codegen-units = 1
panic = "abort"
debug = "full"
overflow-checks = true
"#;

/// How images are linked.
pub(super) const CARGO_CONFIG: &str = r#"[target.'cfg(all(target_arch = "arm", target_os = "none"))']
# It lays the stack below everything else, so that one that overflows faults.
linker = "flip-link"
rustflags = [
    "-C", "link-arg=-Tlink.x",
    "-C", "link-arg=-Tdefmt.x",
    # Sections follow each other without the padding of a paged system.
    "-C", "link-arg=--nmagic",
    # The identity of the image, which it can read itself.
    "-C", "link-arg=--build-id=sha1",
]

[env]
DEFMT_LOG = "info"
"#;

pub(super) const BUILD_SCRIPT: &str = "//! Gives the linker its memory map, and the code its pins.\n\n\
     fn main() -> std::process::ExitCode {\n    lockstep_pins::build_script()\n}\n";

/// The manifest of a board.
pub(super) fn manifest(board: &str, app: &str, dependencies: &str, build: &str) -> String {
    format!(
        "[package]\nname = \"{board}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n{dependencies}\n[build-dependencies]\n{build}\n\
         # An image is named BOARD-APP.\n\
         [[bin]]\nname = \"{board}-{app}\"\npath = \"src/bin/{app}.rs\"\ntest = false\n"
    )
}

/// The image of an app.
pub(super) fn entry(board: &str, app: &str, app_type: &str, chip: &Chip) -> String {
    let family = chip.family.0.replace('-', "_");
    let initialise = chip
        .initialise
        .map(|code| format!(", {code}"))
        .unwrap_or_default();
    format!(
        "//! The image of `{app}` for `{board}`.\n\n#![no_std]\n#![no_main]\n\n\
         // `PINS`, from `pins.toml`.\n\
         include!(concat!(env!(\"OUT_DIR\"), \"/pins.rs\"));\n\n\
         #[cortex_m_rt::entry]\nfn main() -> ! {{\n    \
         {family}::start!({app_type}, PINS{initialise})\n}}\n"
    )
}

/// What the board is.
pub(super) fn board(name: &str, chip: &Chip) -> String {
    let Chip { target, .. } = chip;
    let machine = chip.machine.map_or_else(String::new, |machine| {
        format!("# The machine of QEMU that emulates this chip.\nmachine = \"{machine}\"\n")
    });
    let boot2 = match chip.boot2 {
        true => {
            "# The chip's ROM starts a bootloader of 256 bytes at the start of flash.\nboot2 = true\n"
        }
        false => "",
    };
    let region = |memory: Memory| {
        format!(
            "origin = {:#010x}\nbytes = {}\n",
            memory.origin, memory.bytes
        )
    };
    format!(
        "name = \"{name}\"\n# As probe-rs names it.\nchip = \"{}\"\n{machine}target = \"{target}\"\n{boot2}\n\
         # What the chip has.\n[memory.flash]\n{}\n[memory.ram]\n{}\n\
         # The most that a release image may take, the stack not included.\n\
         [budget]\nflash = {}\nram = {}\n",
        chip.name,
        region(chip.flash),
        region(chip.ram),
        chip.flash.bytes / 4,
        chip.ram.bytes / 8 * 5
    )
}

/// The linker's memory map.
pub(super) fn memory_map(chip: &Chip) -> String {
    let Memory { origin, bytes } = chip.flash;
    let (before, flash, section) = match chip.boot2 {
        false => (
            String::new(),
            format!("ORIGIN = {origin:#010x}, LENGTH = {}K", bytes / 1024),
            "",
        ),
        true => (
            format!(
                "  /* The second-stage bootloader, which the chip's ROM starts. */\n  \
                 BOOT2 (rx)    : ORIGIN = {origin:#010x}, LENGTH = {BOOT2}\n"
            ),
            format!(
                "ORIGIN = {:#010x}, LENGTH = {}K - {BOOT2}",
                origin + BOOT2,
                bytes / 1024
            ),
            "SECTIONS\n{\n  .boot2 ORIGIN(BOOT2) :\n  {\n    KEEP(*(.boot2));\n  } > BOOT2\n} INSERT BEFORE .text;\n\n",
        ),
    };
    let (ram, used) = (chip.ram.origin, chip.ram_used);
    format!(
        "/* Memory of the {}, less {RETAINED} bytes of RAM, which keep a crash record. */\n\
         MEMORY\n{{\n{before}  FLASH (rx)    : {flash}\n  \
         /* flip-link moves the start of RAM up by the size of the stack: data at the top, the stack\n     \
         below it, and below the stack nothing, so that one that overflows faults. */\n  \
         RAM (rwx)     : ORIGIN = {ram:#010x}, LENGTH = {}K - {RETAINED}\n  \
         /* Survives a reset, because no start-up code touches it: what a crash leaves behind. */\n  \
         RETAINED (rw) : ORIGIN = {:#010x}, LENGTH = {RETAINED}\n}}\n\n{section}\
         SECTIONS\n{{\n  .retained (NOLOAD) : ALIGN(4)\n  {{\n    KEEP(*(.retained .retained.*));\n  }} > RETAINED\n}} INSERT AFTER .got;\n\n\
         /* The identity of the image: a GNU build note, which the image reads itself. */\n\
         SECTIONS\n{{\n  .note.gnu.build-id : ALIGN(4)\n  {{\n    __build_note = .;\n    KEEP(*(.note.gnu.build-id));\n  }} > FLASH\n}} INSERT AFTER .rodata;\n",
        chip.name,
        used / 1024,
        ram + used - RETAINED,
    )
}

/// The pin map.
pub(super) fn pins(chip: &Chip, app: &str, buttons: &[String], outputs: &[String]) -> String {
    let named = |names: &[String], pins: &[&str]| -> String {
        let pins = pins.iter().map(|pin| format!("\"{pin}\""));
        // Those without a pin are told by the build, by name.
        let lines = names.iter().zip(pins);
        lines
            .map(|(name, pin)| format!("{name} = {pin}\n"))
            .collect()
    };
    format!(
        "# The pins are those of a {}, as far as it has buttons and LEDs: put in those of your board.\n\n\
         # How many pins each port of the chip has.\nports = {}\n\n{}\n\
         [contacts]\n# The level of a pin while its button is pressed.\nactive = \"low\"\n\n\
         [apps.{app}.buttons]\n{}\n[apps.{app}.outputs]\n{}",
        chip.board,
        chip.ports,
        chip.registers,
        named(buttons, chip.buttons),
        named(outputs, chip.outputs),
    )
}
