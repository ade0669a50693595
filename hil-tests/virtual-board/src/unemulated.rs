//! Peripherals of the chip that the emulator does not have, and what a firmware did with them.
//!
//! The emulator lets the firmware go on: a register of theirs reads as zero, what is written to it is
//! lost, and no event ever comes. A firmware that waits for one stands still.

use std::fmt;
use std::ops::Range;

/// The size of the block of registers of a peripheral (nRF51 Series Reference Manual v3.0, section 4.2).
const BLOCK: u32 = 0x1000;

/// Where the blocks of registers begin.
const FIRST_BLOCK: u32 = 0x4000_0000;

/// A peripheral that the emulator does not have.
///
/// ```
/// use lockstep_virtual_board::unemulated::Peripheral;
///
/// let peripheral = Peripheral::at(0x4001_1504).unwrap();
/// assert_eq!(peripheral.name, "RTC1");
/// // A timer is emulated.
/// assert_eq!(Peripheral::at(0x4000_8540), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peripheral {
    /// Its name in the reference manual.
    pub name: &'static str,
    /// The first address of its registers.
    pub base: u32,
    /// What to do about it, as a sentence.
    pub advice: &'static str,
}

const RTC: &str = "keep time by TIMER0, TIMER1 or TIMER2, which are emulated; Embassy firmware needs no \
                   RTC as the app of `lockstep-embassy-board`";
const GPIOTE: &str =
    "read the levels of the pins at each tick of a timer, as `lockstep-board` does";
const PPI: &str = "start the task in the interrupt of the event";
const RADIO: &str = "keep the radio behind a trait, so that an image without it can be built";
const WATCHDOG: &str =
    "it never bites here; nothing has to be done unless the firmware waits for it";
const OTHER: &str = "keep it behind a trait, so that an image without it can be built, or play this image on \
                     a bench with a probe";

/// The peripherals by the numbers of their blocks (section 4.2.1 of the manual), those alone that neither
/// the emulated chip nor the emulated board has.
const PERIPHERALS: [(u32, &str, &str); 13] = [
    (0x01, "RADIO", RADIO),
    (0x04, "SPI1/TWI1", OTHER),
    (0x06, "GPIOTE", GPIOTE),
    (0x07, "ADC", OTHER),
    (0x0b, "RTC0", RTC),
    (0x0c, "TEMP", OTHER),
    (0x0e, "ECB", OTHER),
    (0x0f, "CCM/AAR", OTHER),
    (0x10, "WDT", WATCHDOG),
    (0x11, "RTC1", RTC),
    (0x12, "QDEC", OTHER),
    (0x13, "LPCOMP", OTHER),
    (0x1f, "PPI", PPI),
];

impl Peripheral {
    /// That of a register, unless it is emulated or nothing is there.
    #[must_use]
    pub fn at(register: u32) -> Option<Self> {
        Self::all().find(|peripheral| peripheral.registers().contains(&register))
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        PERIPHERALS.iter().map(|(number, name, advice)| Self {
            name,
            base: FIRST_BLOCK + number * BLOCK,
            advice,
        })
    }

    /// The addresses of its registers.
    #[must_use]
    pub const fn registers(&self) -> Range<u32> {
        self.base..self.base + BLOCK
    }
}

/// The first access to a peripheral that the emulator does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The register.
    pub register: u32,
    /// Whether it was written.
    pub is_write: bool,
    /// Whose it is, if the manual has something there.
    pub peripheral: Option<Peripheral>,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did = if self.is_write { "wrote" } else { "read" };
        let name = self.peripheral.map_or("a register", |it| it.name);
        write!(
            f,
            "the firmware {did} {name} at {:#010x}, which is not emulated",
            self.register
        )
    }
}

impl Access {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.peripheral.map_or(OTHER, |it| it.advice)
    }

    /// The block of registers that it is in.
    #[must_use]
    pub const fn registers(&self) -> Range<u32> {
        let first = self.register / BLOCK * BLOCK;
        first..first + BLOCK
    }

    /// By a line of the emulator's log; none where it is about something else.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("nrf51_soc.io: unimplemented device ")?;
        let (kind, rest) = rest.split_once('(')?;
        let (_, rest) = rest.split_once("offset 0x")?;
        let digits = rest.find(|it: char| !it.is_ascii_hexdigit())?;
        let offset = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
        let register = FIRST_BLOCK.checked_add(offset)?;
        Some(Self {
            register,
            is_write: kind.trim() == "write",
            peripheral: Peripheral::at(register),
        })
    }

    /// Whether another one is of the same block of registers.
    pub(crate) fn is_of_block(&self, other: &Self) -> bool {
        self.registers() == other.registers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_emulator_are_accesses() {
        let write = "nrf51_soc.io: unimplemented device write (size 4, offset 0x00011000, value 0x00000001)";
        let write = Access::parse(write).unwrap();
        assert_eq!(
            write.to_string(),
            "the firmware wrote RTC1 at 0x40011000, which is not emulated"
        );
        let read =
            Access::parse("nrf51_soc.io: unimplemented device read  (size 4, offset 0x11504)");
        let read = read.unwrap();
        assert_eq!((read.register, read.is_write), (0x4001_1504, false));
        assert!(read.is_of_block(&write));
        let nothing = "nrf51_soc.io: unimplemented device read  (size 4, offset 0x1e000)";
        let nothing = Access::parse(nothing).unwrap();
        assert_eq!(
            nothing.to_string(),
            "the firmware read a register at 0x4001e000, which is not emulated"
        );
        for other in [
            "",
            "clock_write: 0x0 <- 0x1 [4]",
            "nrf51_soc.io: unimplemented device read  (size 4, offset 0x",
            "nrf51_soc.io: unimplemented device read  (size 4, offset 0xffffffffff)",
        ] {
            assert_eq!(Access::parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_emulated_is_no_such_peripheral() {
        let gpiote = Peripheral::at(0x4000_6000).unwrap();
        assert_eq!(gpiote.registers(), 0x4000_6000..0x4000_7000);
        for emulated in [
            0x4000_0000,
            0x4000_2000,
            0x4000_8000,
            0x4000_d000,
            0x4001_e000,
        ] {
            assert_eq!(Peripheral::at(emulated), None);
        }
        assert_eq!(Peripheral::at(0x2000_0000), None);
        assert_eq!(Peripheral::at(0x5000_0000), None);
    }
}
