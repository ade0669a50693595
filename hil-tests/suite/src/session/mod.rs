//! A board through its probe: flashed, started, asked, listened to. A virtual board and a real one
//! differ in nothing but their selector.
//!
//! - [`target`]: what is needed of a probe, and [`probe_target`]: that over probe-rs.
//! - [`board_message`]: the bytes of a trace channel become messages.
//! - [`link`]: the RTT channels of a running image.
//! - [`logs`]: what it logs for people.
//! - [`query`]: a board is asked, and answers.
//! - [`play`]: a script goes down, its trace comes up.
//! - `event_feed`: the events of the script, ahead of their ticks.
//! - [`pin_driver`]: buttons pressed through the probe meanwhile.
//! - [`run_capture`]: that trace, and what registers held meanwhile.

pub mod board_message;
mod event_feed;
pub mod link;
pub mod logs;
pub mod pin_driver;
pub mod play;
pub mod play_error;
pub mod probe_target;
pub mod query;
pub mod run_capture;
pub mod target;
#[cfg(test)]
mod tests;

use std::time::Duration;

use thiserror::Error;

use link::{CONTROL_BLOCK, Channels, Link, LinkError, PATIENCE};
use lockstep_images::board::ChipId;
use lockstep_images::elf::Elf;
use probe_target::{AttachError, AttachOptions, ProbeTarget};
use target::{Core, Target, TargetError};

/// The id in an RTT control block, by which probes find it.
const CONTROL_BLOCK_ID: &[u8; 16] = b"SEGGER RTT\0\0\0\0\0\0";

/// The register that names the core, with its part number in bits 4 to 15 (Armv6-M Architecture
/// Reference Manual, B3.2.3).
const CPUID: u32 = 0xe000_ed00;

/// A board cannot be reached, or not be worked with: never a verdict about its firmware.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The probe or the chip behind it does not answer.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The core is another one than that of the board.
    #[error("the CPU behind the probe is {found}: the board has {expected}; this is another board")]
    Core {
        /// The core that is there.
        found: String,
        /// The cores that the target triple of the board is for.
        expected: &'static str,
    },
    /// The chip is another one than that of the board.
    #[error(
        "the chip behind the probe has {found:#x} in {}: expected {:#x}, as {chip} has; this is another board",
        .expected.register, .expected.value
    )]
    Chip {
        /// What the register holds.
        found: u32,
        /// The register, and what it should hold.
        expected: ChipId,
        /// Which chip was expected.
        chip: String,
    },
    /// The image cannot be written into flash.
    #[error("cannot flash the image{image}")]
    Flash {
        /// Which image, after a space, if it has an identity.
        image: String,
        /// What the target reports.
        #[source]
        source: TargetError,
    },
    /// The image has no such symbol.
    #[error("the image has no symbol `{0}`: expected an image that `hil build` has made")]
    Symbol(String),
    /// The target failed.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The image cannot be communicated with.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// What the chip behind a probe should be.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedChip<'a> {
    /// The chip, as probe-rs names it.
    pub chip: &'a str,
    /// The target triple of its images, which tells what core it has.
    pub triple: &'a str,
    /// A register by which the chip can be told from others, where there is one.
    pub chip_id: Option<&'a ChipId>,
}

/// A board that is attached to.
pub struct Session {
    target: Box<dyn Target>,
    channels: Option<Channels>,
    /// Whether the image has not been communicated with since this session has reset it.
    was_reset: bool,
}

impl Session {
    /// Opens the probe, attaches to the chip behind it, and checks that it is the expected one.
    ///
    /// # Errors
    ///
    /// The probe or the chip does not answer, or it is another chip.
    pub fn attach(
        options: &AttachOptions<'_>,
        expected: &ExpectedChip<'_>,
    ) -> Result<Self, SessionError> {
        Self::with(Box::new(ProbeTarget::attach(options)?), expected)
    }

    /// A session with a target, which is checked to be the expected one.
    ///
    /// # Errors
    ///
    /// Those of the target, and another chip.
    pub fn with(
        target: Box<dyn Target>,
        expected: &ExpectedChip<'_>,
    ) -> Result<Self, SessionError> {
        let mut session = Self {
            target,
            channels: None,
            was_reset: false,
        };
        session.check_core(expected.triple)?;
        session.check_chip(expected)?;
        Ok(session)
    }

    /// probe-rs takes the chip it is given on trust: the core itself tells what it is.
    fn check_core(&mut self, triple: &str) -> Result<(), SessionError> {
        let part = self.word_at(CPUID)? >> 4 & 0xfff;
        let (parts, expected): (&[u32], _) = match triple.split('-').next() {
            Some("thumbv6m") => (&[0xc20, 0xc60], "a Cortex-M0 or M0+"),
            Some("thumbv7m") => (&[0xc23], "a Cortex-M3"),
            Some("thumbv7em") => (&[0xc24, 0xc27], "a Cortex-M4 or M7"),
            _ => return Ok(()),
        };
        if parts.contains(&part) {
            return Ok(());
        }
        let found = match part {
            0xc20 => "a Cortex-M0".to_owned(),
            0xc60 => "a Cortex-M0+".to_owned(),
            0xc23 => "a Cortex-M3".to_owned(),
            0xc24 => "a Cortex-M4".to_owned(),
            0xc27 => "a Cortex-M7".to_owned(),
            other => format!("part {other:#05x}"),
        };
        Err(SessionError::Core { found, expected })
    }

    /// Two chips can have one kind of core: a register of this one tells which it is.
    fn check_chip(&mut self, expected: &ExpectedChip<'_>) -> Result<(), SessionError> {
        let Some(register) = expected.chip_id else {
            return Ok(());
        };
        let found = self.word_at(register.address)?;
        if found == register.value {
            return Ok(());
        }
        Err(SessionError::Chip {
            found,
            expected: register.clone(),
            chip: expected.chip.to_owned(),
        })
    }

    /// Writes the image, an ELF file, into flash, verifies it, and lets it run from reset.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image that does not fit.
    pub fn flash(&mut self, bytes: &[u8], elf: &Elf) -> Result<(), SessionError> {
        self.channels = None;
        self.target
            .flash(bytes)
            .map_err(|source| SessionError::Flash {
                image: elf
                    .build_id
                    .as_ref()
                    .map_or_else(String::new, |id| format!(" {id}")),
                source,
            })?;
        self.reset(elf)
    }

    /// Resets the board and lets it run. What an earlier run left of the image's channels is wiped
    /// first: they are those of this run, once they are there.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image without channels.
    pub fn reset(&mut self, elf: &Elf) -> Result<(), SessionError> {
        let control_block = address(elf, CONTROL_BLOCK)?;
        self.channels = None;
        let mut core = self.target.core()?;
        core.reset_and_halt()?;
        core.write_bytes(control_block, &[0; CONTROL_BLOCK_ID.len()])?;
        core.run()?;
        drop(core);
        self.was_reset = true;
        Ok(())
    }

    /// Halts the core, does this, and lets it run on.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn halted<T>(
        &mut self,
        act: impl FnOnce(&mut dyn Core) -> Result<T, TargetError>,
    ) -> Result<T, SessionError> {
        let mut core = self.target.core()?;
        core.halt()?;
        let result = act(core.as_mut());
        core.run()?;
        Ok(result?)
    }

    /// The word at the symbol, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image without the symbol.
    pub fn word(&mut self, elf: &Elf, symbol: &str) -> Result<u32, SessionError> {
        self.word_at(address(elf, symbol)?)
    }

    /// The word at this address, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn word_at(&mut self, address: u32) -> Result<u32, SessionError> {
        Ok(self.target.core()?.read_word(address)?)
    }

    /// Writes the word at this address while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn write_at(&mut self, address: u32, word: u32) -> Result<(), SessionError> {
        Ok(self.target.core()?.write_word(address, word)?)
    }

    /// The channels of the image that runs, opened if they are not.
    ///
    /// # Errors
    ///
    /// The image does not set them up, or has none.
    pub fn link(&mut self, elf: &Elf) -> Result<Link<'_>, SessionError> {
        self.link_within(elf, PATIENCE)
    }

    /// The same for an image that may be another one: its channels are not waited for any longer.
    ///
    /// # Errors
    ///
    /// See [`Session::link`].
    pub fn link_within(&mut self, elf: &Elf, patience: Duration) -> Result<Link<'_>, SessionError> {
        let mut core = self.target.core()?;
        let channels = match self.channels.take().filter(|channels| channels.are_of(elf)) {
            Some(channels) => channels,
            None => Channels::open(core.as_mut(), elf, self.was_reset, patience)?,
        };
        self.was_reset = false;
        Ok(Link::new(core, self.channels.insert(channels)))
    }

    /// The core of the board.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn core(&mut self) -> Result<Box<dyn Core + '_>, SessionError> {
        Ok(self.target.core()?)
    }
}

fn address(elf: &Elf, symbol: &str) -> Result<u32, SessionError> {
    let found = elf.symbol(symbol).map(|symbol| symbol.address);
    found.ok_or_else(|| SessionError::Symbol(symbol.to_owned()))
}
