//! A board through its probe: flashed, started, asked, listened to. Only probe-rs is spoken to
//! here, so a virtual board and a real one differ in nothing but their selector.
//!
//! - [`frames`]: what comes up a channel becomes messages.
//! - [`link`]: the RTT channels of a running image.
//! - [`logs`]: what it logs for people.
//! - [`play`]: a script goes down, its trace comes up.

pub mod frames;
pub mod link;
pub mod logs;
pub mod play;

use std::path::Path;
use std::time::Duration;

use probe_rs::flashing::{self, DownloadOptions, ElfLoader, ElfOptions, FileDownloadError};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeError, DebugProbeSelector, WireProtocol};
use probe_rs::{Core, MemoryInterface, Permissions};
use thiserror::Error;

use crate::images::elf::Elf;
use link::{Link, LinkError};

/// How long a core may take to halt.
const HALT: Duration = Duration::from_secs(1);

/// A board cannot be reached, or not be worked with: never a verdict about its firmware.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The selector names no probe.
    #[error("`{selector}` is no probe selector: {reason}; expected VID:PID or VID:PID:SERIAL")]
    Selector {
        /// What was given.
        selector: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The probe cannot be opened.
    #[error("cannot open the probe `{selector}`: {error}")]
    Open {
        /// Which probe.
        selector: String,
        /// What probe-rs says.
        error: DebugProbeError,
    },
    /// The chip cannot be attached to.
    #[error("cannot attach to {chip}: {error}")]
    Attach {
        /// Which chip was expected.
        chip: String,
        /// What probe-rs says.
        error: probe_rs::Error,
    },
    /// The image cannot be written into flash.
    #[error("cannot flash `{path}`: {error}")]
    Flash {
        /// Which image.
        path: String,
        /// What probe-rs says.
        error: FileDownloadError,
    },
    /// The image has no such symbol.
    #[error("the image has no symbol `{0}`: expected an image that `hil build` has made")]
    Symbol(String),
    /// The probe failed.
    #[error("the probe failed: {0}")]
    Probe(#[from] probe_rs::Error),
    /// The image cannot be talked to.
    #[error(transparent)]
    Link(#[from] LinkError),
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
    pub fn attach(selector: &str, chip: &str) -> Result<Self, SessionError> {
        let parsed: DebugProbeSelector =
            selector.parse().map_err(|error| SessionError::Selector {
                selector: selector.to_owned(),
                reason: format!("{error}"),
            })?;
        let open = |error| SessionError::Open {
            selector: selector.to_owned(),
            error,
        };
        let mut probe = Lister::new().open(parsed).map_err(open)?;
        probe.select_protocol(WireProtocol::Swd).map_err(open)?;
        let attach = |error| SessionError::Attach {
            chip: chip.to_owned(),
            error,
        };
        let probe = probe.attach(chip, Permissions::default()).map_err(attach)?;
        Ok(Self { probe })
    }

    /// Writes the image into flash, verifies it, and lets it run from reset.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image that does not fit.
    pub fn flash(&mut self, path: &Path) -> Result<(), SessionError> {
        let failed = |error| SessionError::Flash {
            path: path.display().to_string(),
            error,
        };
        let format = ElfLoader(ElfOptions::default());
        let mut options = DownloadOptions::default();
        options.verify = true;
        flashing::download_file_with_options(&mut self.probe, path, format, options)
            .map_err(failed)?;
        self.reset()
    }

    /// Resets the board and lets it run.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn reset(&mut self) -> Result<(), SessionError> {
        Ok(self.core()?.reset()?)
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
        let address = elf
            .symbol(symbol)
            .ok_or_else(|| SessionError::Symbol(symbol.to_owned()))?
            .address;
        Ok(self.core()?.read_word_32(u64::from(address))?)
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
