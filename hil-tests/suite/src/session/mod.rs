//! A board through its probe: flashed, started, asked, listened to. Only probe-rs is spoken to
//! here, so a virtual board and a real one differ in nothing but their selector.
//!
//! - [`frames`]: what comes up a channel becomes messages.
//! - [`link`]: the RTT channels of a running image.
//! - [`logs`]: what it logs for people.
//! - [`play`]: a script goes down, its trace comes up.
//! - [`hands`]: buttons pressed through the probe meanwhile.
//! - [`heard`]: that trace, and what registers said meanwhile.

pub mod frames;
pub mod hands;
pub mod heard;
pub mod link;
pub mod logs;
pub mod play;

use std::io::Cursor;
use std::time::Duration;

use probe_rs::flashing::{DownloadOptions, ElfLoader, ElfOptions, FileDownloadError};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeError, DebugProbeSelector, WireProtocol};
use probe_rs::rtt::Rtt;
use probe_rs::{Core, MemoryInterface, Permissions};
use thiserror::Error;

use crate::bench::probe_lookup::is_on_network;
use link::{CONTROL_BLOCK, Link, LinkError};
use lockstep_images::board::ChipId;
use lockstep_images::elf::Elf;

/// How long a core may take to halt.
const HALT: Duration = Duration::from_secs(1);

/// The register that names the core, with its part number in bits 4 to 15 (Armv6-M Architecture
/// Reference Manual, B3.2.3).
const CPUID: u32 = 0xe000_ed00;

/// A board cannot be reached, or not be worked with: never a verdict about its firmware.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The probe cannot be opened.
    #[error("cannot open the probe `{selector}`{}", if *.on_network { ": no probe answers there" } else { "" })]
    Open {
        /// Which probe.
        selector: String,
        /// Whether it is reached over the network.
        on_network: bool,
        /// What probe-rs says.
        #[source]
        error: DebugProbeError,
    },
    /// The chip cannot be attached to.
    #[error("cannot attach to {chip}: is it the chip of the bench?")]
    Attach {
        /// Which chip was expected.
        chip: String,
        /// What probe-rs says.
        #[source]
        error: probe_rs::Error,
    },
    /// The core is another one than that of the board.
    #[error(
        "the core behind the probe is {found}: the board has {expected}; this is another board"
    )]
    Core {
        /// The core that is there.
        found: String,
        /// The cores that its target is for.
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
        /// Which image, after a space, if it says.
        image: String,
        /// What probe-rs says.
        #[source]
        error: FileDownloadError,
    },
    /// The image has no such symbol.
    #[error("the image has no symbol `{0}`: expected an image that `hil build` has made")]
    Symbol(String),
    /// The probe failed.
    #[error("the probe failed")]
    Probe(#[from] probe_rs::Error),
    /// The image cannot be talked to.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// What is attached to, and how.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The probe.
    pub selector: DebugProbeSelector,
    /// The chip, as probe-rs names it.
    pub chip: &'a str,
    /// What that chip says of itself, where it can be asked.
    pub chip_id: Option<&'a ChipId>,
    /// The target triple of its images, which says what core it has.
    pub triple: &'a str,
    /// What the probe speaks to the chip.
    pub protocol: WireProtocol,
    /// The clock of that, in kHz; the probe's own choice where nothing is said.
    pub speed_khz: Option<u32>,
    /// Whether the chip is held in reset meanwhile.
    pub under_reset: bool,
}

/// A board that is attached to.
pub struct Session {
    probe: probe_rs::Session,
}

impl Session {
    /// Opens the probe and attaches to the chip behind it.
    ///
    /// # Errors
    ///
    /// That there is no such probe, or no such chip behind it.
    pub fn attach(target: &Target<'_>) -> Result<Self, SessionError> {
        let open = |error| SessionError::Open {
            selector: target.selector.to_string(),
            on_network: is_on_network(&target.selector),
            error,
        };
        let mut probe = Lister::new().open(target.selector.clone()).map_err(open)?;
        probe.select_protocol(target.protocol).map_err(open)?;
        if let Some(speed) = target.speed_khz {
            probe.set_speed(speed).map_err(open)?;
        }
        let permissions = Permissions::default();
        let attached = match target.under_reset {
            true => probe.attach_under_reset(target.chip, permissions),
            false => probe.attach(target.chip, permissions),
        };
        let probe = attached.map_err(|error| SessionError::Attach {
            chip: target.chip.to_owned(),
            error,
        })?;
        let mut session = Self { probe };
        session.check_core(target.triple)?;
        session.check_chip(target)?;
        Ok(session)
    }

    /// What probe-rs is told of the chip it takes on trust: the core itself says what it is.
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
    fn check_chip(&mut self, target: &Target<'_>) -> Result<(), SessionError> {
        let Some(expected) = target.chip_id else {
            return Ok(());
        };
        let found = self.word_at(expected.address)?;
        if found == expected.value {
            return Ok(());
        }
        Err(SessionError::Chip {
            found,
            expected: expected.clone(),
            chip: target.chip.to_owned(),
        })
    }

    /// Writes the image, an ELF file, into flash, verifies it, and lets it run from reset.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image that does not fit.
    pub fn flash(&mut self, bytes: &[u8], elf: &Elf) -> Result<(), SessionError> {
        let failed = |error| SessionError::Flash {
            image: elf
                .build_id
                .as_ref()
                .map_or_else(String::new, |id| format!(" {id}")),
            error,
        };
        let mut loader = self.probe.target().flash_loader();
        let format = ElfLoader(ElfOptions::default());
        loader
            .load_image(&mut self.probe, &mut Cursor::new(bytes), format, None)
            .map_err(failed)?;
        let mut options = DownloadOptions::default();
        options.verify = true;
        loader
            .commit(&mut self.probe, options)
            .map_err(|error| failed(FileDownloadError::Flash(error)))?;
        self.reset(elf)
    }

    /// Resets the board and lets it run. What an earlier run left of the image's channels is
    /// wiped first: they are those of this run, once they are there.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image without channels.
    pub fn reset(&mut self, elf: &Elf) -> Result<(), SessionError> {
        let control_block = address(elf, CONTROL_BLOCK)?;
        let mut core = self.core()?;
        core.reset_and_halt(HALT)?;
        core.write_8(control_block, &[0; Rtt::RTT_ID.len()])?;
        Ok(core.run()?)
    }

    /// Halts the core, does this, and lets it run on.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn halted<T>(
        &mut self,
        act: impl FnOnce(&mut Core<'_>) -> Result<T, probe_rs::Error>,
    ) -> Result<T, SessionError> {
        let mut core = self.core()?;
        core.halt(HALT)?;
        let result = act(&mut core);
        core.run()?;
        Ok(result?)
    }

    /// The word at the symbol, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image without the symbol.
    pub fn word(&mut self, elf: &Elf, symbol: &str) -> Result<u32, SessionError> {
        let address = address(elf, symbol)?;
        Ok(self.core()?.read_word_32(address)?)
    }

    /// The word at this address, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn word_at(&mut self, address: u32) -> Result<u32, SessionError> {
        Ok(self.core()?.read_word_32(u64::from(address))?)
    }

    /// Writes the word at this address while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn write_at(&mut self, address: u32, word: u32) -> Result<(), SessionError> {
        Ok(self.core()?.write_word_32(u64::from(address), word)?)
    }

    /// Opens the channels of the image that runs.
    ///
    /// # Errors
    ///
    /// Those of [`Link::open`].
    pub fn link(&mut self, elf: &Elf) -> Result<Link<'_>, SessionError> {
        Ok(Link::open(self.probe.core(0)?, elf)?)
    }

    fn core(&mut self) -> Result<Core<'_>, probe_rs::Error> {
        self.probe.core(0)
    }
}

fn address(elf: &Elf, symbol: &str) -> Result<u64, SessionError> {
    let found = elf.symbol(symbol).map(|symbol| u64::from(symbol.address));
    found.ok_or_else(|| SessionError::Symbol(symbol.to_owned()))
}
