//! The chips that `add board` knows, by family.

use std::str::FromStr;

use thiserror::Error;

/// A chip, and what a board with it needs.
#[derive(Debug)]
pub(crate) struct Chip {
    /// Its name, as probe-rs has it.
    pub(crate) name: &'static str,
    /// A board of this name has the chip, and the pins below.
    pub(super) board: &'static str,
    pub(super) target: &'static str,
    pub(super) flash: Memory,
    pub(super) ram: Memory,
    /// Where in RAM the crash record is: at the end, but for what the chip's ROM writes to.
    pub(super) ram_used: u32,
    pub(super) start: FlashStart,
    /// The probe on that board, or the one that is sold with it.
    pub(crate) probe: &'static str,
    /// The machine that emulates it.
    pub(super) machine: Option<&'static str>,
    /// The crate of its family, and the feature for the chip.
    pub(super) family: (&'static str, Option<&'static str>),
    /// The third argument of `start!`, where the family needs one.
    pub(super) initialise: Option<&'static str>,
    /// The list `ports` of the pin map, and its registers.
    pub(super) ports: &'static str,
    pub(super) registers: &'static str,
    /// Pins for buttons and for outputs, those of the board first.
    pub(super) buttons: &'static [&'static str],
    pub(super) outputs: &'static [&'static str],
    /// The LEDs of that board, where a low level lights them: an output is high while it is on, so it is on
    /// none of them.
    pub(super) leds: Option<&'static str>,
}

/// What the chip's ROM looks for where flash begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashStart {
    /// The vectors.
    Vectors,
    /// A second-stage bootloader, before the vectors.
    Boot2,
    /// An image definition, after the vectors.
    ImageDefinition,
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(super) origin: u32,
    pub(super) bytes: u32,
}

/// A text is no range of addresses.
#[derive(Debug, Error)]
#[error("expected START+LENGTH, such as `0x08000000+512K`")]
pub(crate) struct ParseMemoryError;

impl FromStr for Memory {
    type Err = ParseMemoryError;

    fn from_str(text: &str) -> Result<Self, ParseMemoryError> {
        let (origin, length) = text.split_once('+').ok_or(ParseMemoryError)?;
        let (length, unit) = match length.strip_suffix(['K', 'M']) {
            Some(length) if text.ends_with('K') => (length, 1 << 10),
            Some(length) => (length, 1 << 20),
            None => (length, 1),
        };
        let bytes = number(length).and_then(|bytes| bytes.checked_mul(unit));
        match (number(origin), bytes) {
            (Some(origin), Some(bytes)) if bytes > 0 && origin.checked_add(bytes - 1).is_some() => {
                Ok(Self { origin, bytes })
            }
            _ => Err(ParseMemoryError),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    let text = text.replace('_', "");
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

const fn memory(origin: u32, kib: u32) -> Memory {
    Memory {
        origin,
        bytes: kib * 1024,
    }
}

const STM32F4_PORTS: &str = "[16, 16, 16, 3]";
const STM32F4_REGISTERS: &str = "# IDR of ports A to D: GPIOx_IDR in the reference manual of the chip.\n\
     level_registers = [0x4002_0010, 0x4002_0410, 0x4002_0810, 0x4002_0c10]\n";
const STM32F4_NUCLEO: &str =
    "|peripherals| peripherals.require_clock(lockstep_stm32f4::Oscillator::NUCLEO)";
const NUCLEO_BUTTONS: &[&str] = &["PC13", "PA10", "PB4", "PB5", "PC0", "PC1", "PC2", "PC3"];
const NUCLEO_OUTPUTS: &[&str] = &[
    "PA5", "PB10", "PA8", "PC7", "PA9", "PB6", "PA7", "PA6", "PB9", "PB8", "PC8", "PC9",
];

pub(crate) const CHIPS: [Chip; 9] = [
    Chip {
        name: "nRF51822_xxAA",
        board: "microbit-v1",
        target: "thumbv6m-none-eabi",
        flash: memory(0, 256),
        ram: memory(0x2000_0000, 16),
        ram_used: 16 * 1024,
        start: FlashStart::Vectors,
        probe: "0d28:0204",
        machine: Some("microbit"),
        family: ("lockstep-nordic", Some("nrf51")),
        initialise: None,
        ports: "[31]",
        registers: "# IN, OUTSET, OUTCLR, DIRSET and DIRCLR: nRF51 Series Reference Manual v3.0, section 14.2.\n\
             level_registers = [0x5000_0510]\n\
             drive_registers = [\n    \
             { high = 0x5000_0508, low = 0x5000_050c, output = 0x5000_0518, input = 0x5000_051c },\n]\n",
        buttons: &[
            "P0.17", "P0.26", "P0.20", "P0.23", "P0.22", "P0.21", "P0.18", "P0.30",
        ],
        outputs: &[
            "P0.03", "P0.02", "P0.01", "P0.16", "P0.04", "P0.05", "P0.06", "P0.07", "P0.08",
            "P0.09", "P0.10", "P0.11",
        ],
        leds: None,
    },
    Chip {
        name: "nRF52833_xxAA",
        board: "microbit-v2",
        target: "thumbv7em-none-eabihf",
        flash: memory(0, 512),
        ram: memory(0x2000_0000, 128),
        ram_used: 128 * 1024,
        start: FlashStart::Vectors,
        probe: "0d28:0204",
        machine: None,
        family: ("lockstep-nordic", Some("nrf52833")),
        initialise: None,
        ports: "[32, 10]",
        registers: "# IN, OUTSET, OUTCLR, DIRSET and DIRCLR: nRF52833 Product Specification v1.6, section 6.8.2.\n\
             level_registers = [0x5000_0510, 0x5000_0810]\n\
             drive_registers = [\n    \
             { high = 0x5000_0508, low = 0x5000_050c, output = 0x5000_0518, input = 0x5000_051c },\n    \
             { high = 0x5000_0808, low = 0x5000_080c, output = 0x5000_0818, input = 0x5000_081c },\n]\n",
        buttons: &[
            "P0.14", "P0.23", "P0.12", "P0.17", "P0.01", "P0.13", "P1.00", "P0.26",
        ],
        outputs: &[
            "P0.02", "P0.03", "P0.04", "P1.02", "P0.31", "P0.28", "P0.11", "P0.10", "P0.09",
            "P0.30", "P0.05", "P0.15",
        ],
        leds: None,
    },
    Chip {
        name: "nRF52832_xxAA",
        board: "nrf52-dk",
        target: "thumbv7em-none-eabihf",
        flash: memory(0, 512),
        ram: memory(0x2000_0000, 64),
        ram_used: 64 * 1024,
        start: FlashStart::Vectors,
        probe: "1366:1015",
        machine: None,
        family: ("lockstep-nordic", Some("nrf52832")),
        initialise: None,
        ports: "[32]",
        registers: "# IN, OUTSET, OUTCLR, DIRSET and DIRCLR: GPIO in the nRF52832 Product Specification.\n\
             level_registers = [0x5000_0510]\n\
             drive_registers = [\n    \
             { high = 0x5000_0508, low = 0x5000_050c, output = 0x5000_0518, input = 0x5000_051c },\n]\n",
        buttons: &[
            "P0.13", "P0.14", "P0.15", "P0.16", "P0.03", "P0.04", "P0.28", "P0.29",
        ],
        outputs: &[
            "P0.11", "P0.12", "P0.22", "P0.23", "P0.24", "P0.25", "P0.26", "P0.27", "P0.30",
            "P0.31", "P0.02",
        ],
        leds: Some("P0.17 to P0.20"),
    },
    Chip {
        name: "nRF52840_xxAA",
        board: "nrf52840-dk",
        target: "thumbv7em-none-eabihf",
        flash: memory(0, 1024),
        ram: memory(0x2000_0000, 256),
        ram_used: 256 * 1024,
        start: FlashStart::Vectors,
        probe: "1366:1015",
        machine: None,
        family: ("lockstep-nordic", Some("nrf52840")),
        initialise: None,
        ports: "[32, 16]",
        registers: "# IN, OUTSET, OUTCLR, DIRSET and DIRCLR: GPIO in the nRF52840 Product Specification.\n\
             level_registers = [0x5000_0510, 0x5000_0810]\n\
             drive_registers = [\n    \
             { high = 0x5000_0508, low = 0x5000_050c, output = 0x5000_0518, input = 0x5000_051c },\n    \
             { high = 0x5000_0808, low = 0x5000_080c, output = 0x5000_0818, input = 0x5000_081c },\n]\n",
        buttons: &[
            "P0.11", "P0.12", "P0.24", "P0.25", "P0.03", "P0.04", "P0.28", "P0.29",
        ],
        outputs: &[
            "P1.01", "P1.02", "P1.03", "P1.04", "P1.05", "P1.06", "P1.07", "P1.08", "P1.10",
            "P1.11", "P1.12", "P1.13",
        ],
        leds: Some("P0.13 to P0.16"),
    },
    Chip {
        name: "RP2040",
        board: "pico",
        target: "thumbv6m-none-eabi",
        flash: memory(0x1000_0000, 2048),
        ram: memory(0x2000_0000, 264),
        ram_used: 256 * 1024,
        start: FlashStart::Boot2,
        probe: "2e8a:000c",
        machine: None,
        family: ("lockstep-rp", Some("rp2040")),
        initialise: None,
        ports: "[30]",
        registers: "# GPIO_IN, GPIO_OUT_SET, GPIO_OUT_CLR, GPIO_OE_SET and GPIO_OE_CLR: RP2040 Datasheet, section 2.3.1.7.\n\
             level_registers = [0xd000_0004]\n\
             drive_registers = [\n    \
             { high = 0xd000_0014, low = 0xd000_0018, output = 0xd000_0024, input = 0xd000_0028 },\n]\n",
        buttons: &[
            "GPIO14", "GPIO15", "GPIO13", "GPIO12", "GPIO11", "GPIO10", "GPIO9", "GPIO8",
        ],
        outputs: &[
            "GPIO25", "GPIO16", "GPIO17", "GPIO18", "GPIO19", "GPIO20", "GPIO21", "GPIO22",
            "GPIO26", "GPIO27", "GPIO28", "GPIO2",
        ],
        leds: None,
    },
    Chip {
        name: "RP235x",
        board: "pico2",
        target: "thumbv8m.main-none-eabihf",
        flash: memory(0x1000_0000, 4096),
        ram: memory(0x2000_0000, 520),
        ram_used: 512 * 1024,
        start: FlashStart::ImageDefinition,
        probe: "2e8a:000c",
        machine: None,
        family: ("lockstep-rp", Some("rp2350")),
        initialise: None,
        ports: "[30]",
        registers: "# GPIO_IN, GPIO_OUT_SET, GPIO_OUT_CLR, GPIO_OE_SET and GPIO_OE_CLR: SIO in the RP2350 Datasheet.\n\
             level_registers = [0xd000_0004]\n\
             drive_registers = [\n    \
             { high = 0xd000_0018, low = 0xd000_0020, output = 0xd000_0038, input = 0xd000_0040 },\n]\n",
        buttons: &[
            "GPIO14", "GPIO15", "GPIO13", "GPIO12", "GPIO11", "GPIO10", "GPIO9", "GPIO8",
        ],
        outputs: &[
            "GPIO25", "GPIO16", "GPIO17", "GPIO18", "GPIO19", "GPIO20", "GPIO21", "GPIO22",
            "GPIO26", "GPIO27", "GPIO28", "GPIO2",
        ],
        leds: None,
    },
    Chip {
        name: "STM32F411RETx",
        board: "nucleo-f411re",
        target: "thumbv7em-none-eabihf",
        flash: memory(0x0800_0000, 512),
        ram: memory(0x2000_0000, 128),
        ram_used: 128 * 1024,
        start: FlashStart::Vectors,
        probe: "0483:374b",
        machine: None,
        family: ("lockstep-stm32f4", Some("stm32f411")),
        initialise: Some(STM32F4_NUCLEO),
        ports: STM32F4_PORTS,
        registers: STM32F4_REGISTERS,
        buttons: NUCLEO_BUTTONS,
        outputs: NUCLEO_OUTPUTS,
        leds: None,
    },
    Chip {
        name: "STM32F401RETx",
        board: "nucleo-f401re",
        target: "thumbv7em-none-eabihf",
        flash: memory(0x0800_0000, 512),
        ram: memory(0x2000_0000, 96),
        ram_used: 96 * 1024,
        start: FlashStart::Vectors,
        probe: "0483:374b",
        machine: None,
        family: ("lockstep-stm32f4", Some("stm32f401")),
        initialise: Some(STM32F4_NUCLEO),
        ports: STM32F4_PORTS,
        registers: STM32F4_REGISTERS,
        buttons: NUCLEO_BUTTONS,
        outputs: NUCLEO_OUTPUTS,
        leds: None,
    },
    Chip {
        name: "STM32F446RETx",
        board: "nucleo-f446re",
        target: "thumbv7em-none-eabihf",
        flash: memory(0x0800_0000, 512),
        ram: memory(0x2000_0000, 128),
        ram_used: 128 * 1024,
        start: FlashStart::Vectors,
        probe: "0483:374b",
        machine: None,
        family: ("lockstep-stm32f4", Some("stm32f446")),
        initialise: Some(STM32F4_NUCLEO),
        ports: STM32F4_PORTS,
        registers: STM32F4_REGISTERS,
        buttons: NUCLEO_BUTTONS,
        outputs: NUCLEO_OUTPUTS,
        leds: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_start_and_a_length() {
        let read = |text: &str| text.parse::<Memory>().ok();
        let expected = Some(memory(0x0800_0000, 512));
        for text in ["0x08000000+512K", "0x0800_0000+0x80000", "134217728+524288"] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("0+1M"), Some(memory(0, 1024)));
        for text in [
            "",
            "0x0",
            "0+0",
            "0+K",
            "+1K",
            "0xffffffff+2",
            "0+5000M",
            "1K+1K",
            "0+-1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
