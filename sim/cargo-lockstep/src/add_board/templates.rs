//! The texts of a board.

use super::chips::{Chip, FlashStart, Memory};

/// What is left for a crash record at the end of RAM.
pub(super) const RETAINED: u32 = 256;

/// The length of a second-stage bootloader.
const BOOT2: u32 = 256;

/// Where the image definition is, for the linker: the code begins after it.
const IMAGE_DEFINITION: &str = "\
/* The image definition, which the chip's ROM looks for in the first 4 KiB. */
SECTIONS
{
  .start_block : ALIGN(4)
  {
    KEEP(*(.start_block));
  } > FLASH
} INSERT AFTER .vector_table;

_stext = ADDR(.start_block) + SIZEOF(.start_block);

";

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
    let start = match chip.start {
        FlashStart::Vectors => "",
        FlashStart::Boot2 => {
            "# The chip's ROM starts a bootloader of 256 bytes at the start of flash.
boot2 = true
"
        }
        FlashStart::ImageDefinition => {
            "# The chip's ROM looks for an image definition in the first 4 KiB of flash.
image_definition = true
"
        }
    };
    let region = |memory: Memory| {
        format!(
            "origin = {:#010x}\nbytes = {}\n",
            memory.origin, memory.bytes
        )
    };
    format!(
        "name = \"{name}\"\n# As probe-rs names it.\nchip = \"{}\"\n{machine}target = \"{target}\"\n{start}\n\
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
    let vectors = format!("ORIGIN = {origin:#010x}, LENGTH = {}K", bytes / 1024);
    let (before, flash, section) = match chip.start {
        FlashStart::Vectors => (String::new(), vectors, ""),
        FlashStart::ImageDefinition => (String::new(), vectors, IMAGE_DEFINITION),
        FlashStart::Boot2 => (
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
    linker_script(
        chip.name,
        &format!(
            "{before}  FLASH (rx)    : {flash}\n{ABOVE_RAM}  \
             RAM (rwx)     : ORIGIN = {ram:#010x}, LENGTH = {}K - {RETAINED}\n{ABOVE_RETAINED}  \
             RETAINED (rw) : ORIGIN = {:#010x}, LENGTH = {RETAINED}\n",
            used / 1024,
            ram + used - RETAINED,
        ),
        section,
    )
}

/// What stands above the region of RAM, and above that of the crash record.
pub(super) const ABOVE_RAM: &str = "  /* flip-link moves the start of RAM up by the size of the stack: data at the top, the stack\n     \
     below it, and below the stack nothing, so that one that overflows faults. */\n";
pub(super) const ABOVE_RETAINED: &str =
    "  /* Survives a reset, because no start-up code touches it: what a crash leaves behind. */\n";

/// A linker script with these regions, and a section of the chip.
pub(super) fn linker_script(chip: &str, regions: &str, section: &str) -> String {
    format!(
        "/* Memory of the {chip}, less {RETAINED} bytes of RAM, which keep a crash record. */\n\
         MEMORY\n{{\n{regions}}}\n\n{section}\
         SECTIONS\n{{\n  .retained (NOLOAD) : ALIGN(4)\n  {{\n    KEEP(*(.retained .retained.*));\n  }} > RETAINED\n}} INSERT AFTER .got;\n\n\
         /* The identity of the image: a GNU build note, which the image reads itself. */\n\
         SECTIONS\n{{\n  .note.gnu.build-id : ALIGN(4)\n  {{\n    __build_note = .;\n    KEEP(*(.note.gnu.build-id));\n  }} > FLASH\n}} INSERT AFTER .rodata;\n",
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
    let leds = chip.leds.map_or_else(String::new, |leds| {
        format!(
            "# A low level lights the LEDs of a {}, {leds}, and an output is high while it is on: these are\n\
             # free pins of its connectors.\n",
            chip.board
        )
    });
    format!(
        "# The pins are those of a {}, as far as it has buttons and LEDs: put in those of your board.\n\n\
         # How many pins each port of the chip has.\nports = {}\n\n{}\n\
         [contacts]\n# The level of a pin while its button is pressed.\nactive = \"low\"\n\n\
         [apps.{app}.buttons]\n{}\n{leds}[apps.{app}.outputs]\n{}",
        chip.board,
        chip.ports,
        chip.registers,
        named(buttons, chip.buttons),
        named(outputs, chip.outputs),
    )
}
