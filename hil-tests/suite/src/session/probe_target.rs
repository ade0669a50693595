//! A target through probe-rs: the only file of a session that knows it.

use std::io::Cursor;
use std::thread;
use std::time::{Duration, Instant};

use probe_rs::flashing::{DownloadOptions, ElfLoader, ElfOptions};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeError, DebugProbeSelector, WireProtocol};
use probe_rs::rtt::{self, Rtt};
use probe_rs::{MemoryInterface, Permissions, RegisterId};
use thiserror::Error;

use super::target::{Core, Direction, ProbeFailure, Register, Target, TargetError};
use crate::bench::probe_lookup::is_on_network;

/// How long a core may take to halt.
const HALT: Duration = Duration::from_secs(1);

/// The layout of an RTT control block with 32-bit pointers: an id of 16 bytes, the count of up and
/// of down channels, then the channels of each direction.
const UP_COUNT: u64 = 16;
const CHANNELS: u64 = 24;
const CHANNEL_SIZE: u64 = 24;
/// The offset of the write offset in a channel; the read offset follows.
const WRITE_OFFSET: u64 = 12;

/// A target cannot be attached to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttachError {
    /// The probe cannot be opened.
    #[error("cannot open the probe `{selector}`{}", if *.on_network { ": no probe answers there" } else { "" })]
    Open {
        /// Which probe.
        selector: String,
        /// Whether it is reached over the network.
        on_network: bool,
        /// What the probe reports.
        #[source]
        source: ProbeFailure,
    },
    /// The chip cannot be attached to.
    #[error("cannot attach to {chip}: is it the chip of the bench?")]
    Attach {
        /// Which chip was expected.
        chip: String,
        /// What the probe reports.
        #[source]
        source: ProbeFailure,
    },
}

/// Which probe is opened, and how it attaches.
#[derive(Clone, Debug)]
pub struct AttachOptions<'a> {
    /// The probe.
    pub selector: DebugProbeSelector,
    /// The chip, as probe-rs names it.
    pub chip: &'a str,
    /// What the probe speaks to the chip.
    pub protocol: WireProtocol,
    /// The clock of that, in kHz; the probe's own choice where nothing is set.
    pub speed_khz: Option<u32>,
    /// Whether the chip is held in reset meanwhile.
    pub under_reset: bool,
}

/// A target behind a probe of probe-rs.
pub struct ProbeTarget {
    session: probe_rs::Session,
    channels: Option<Channels>,
    opened: Instant,
}

/// Open RTT channels, and where their control block is.
struct Channels {
    rtt: Rtt,
    control_block: u64,
}

impl ProbeTarget {
    /// Opens the probe and attaches to the chip behind it.
    ///
    /// # Errors
    ///
    /// The probe cannot be opened, or no such chip answers behind it.
    pub fn attach(options: &AttachOptions<'_>) -> Result<Self, AttachError> {
        let open = |error: DebugProbeError| AttachError::Open {
            selector: options.selector.to_string(),
            on_network: is_on_network(&options.selector),
            source: error.into(),
        };
        let mut probe = Lister::new().open(options.selector.clone()).map_err(open)?;
        probe.select_protocol(options.protocol).map_err(open)?;
        if let Some(speed) = options.speed_khz {
            probe.set_speed(speed).map_err(open)?;
        }
        let permissions = Permissions::default();
        let attached = match options.under_reset {
            true => probe.attach_under_reset(options.chip, permissions),
            false => probe.attach(options.chip, permissions),
        };
        let session = attached.map_err(|error| AttachError::Attach {
            chip: options.chip.to_owned(),
            source: error.into(),
        })?;
        Ok(Self {
            session,
            channels: None,
            opened: Instant::now(),
        })
    }
}

fn probe_error(error: probe_rs::Error) -> TargetError {
    TargetError::Probe(error.into())
}

impl Target for ProbeTarget {
    fn core(&mut self) -> Result<Box<dyn Core + '_>, TargetError> {
        Ok(Box::new(ProbeCore {
            core: self.session.core(0).map_err(probe_error)?,
            channels: &mut self.channels,
            opened: self.opened,
        }))
    }

    fn flash(&mut self, elf: &[u8]) -> Result<(), TargetError> {
        self.channels = None;
        let failed = |error: ProbeFailure| TargetError::Flash(error);
        let mut loader = self.session.target().flash_loader();
        let format = ElfLoader(ElfOptions::default());
        loader
            .load_image(&mut self.session, &mut Cursor::new(elf), format, None)
            .map_err(|error| failed(error.into()))?;
        let mut options = DownloadOptions::default();
        options.verify = true;
        loader
            .commit(&mut self.session, options)
            .map_err(|error| failed(error.into()))
    }
}

/// The core of a [`ProbeTarget`].
struct ProbeCore<'s> {
    core: probe_rs::Core<'s>,
    channels: &'s mut Option<Channels>,
    opened: Instant,
}

/// What RTT of probe-rs reports, while channels are used.
fn rtt_error(error: rtt::Error) -> TargetError {
    match error {
        rtt::Error::Probe(error) => probe_error(error),
        rtt::Error::ControlBlockNotFound | rtt::Error::NoControlBlockLocation => {
            TargetError::NoControlBlock
        }
        // Offsets that make no sense, or that only the firmware can have moved.
        rtt::Error::ControlBlockCorrupted(_) | rtt::Error::ReadPointerChanged => {
            TargetError::ChannelsReplaced
        }
        error => TargetError::Rtt(error.into()),
    }
}

fn opened(channels: &mut Option<Channels>) -> Result<&mut Channels, TargetError> {
    channels.as_mut().ok_or(TargetError::NoControlBlock)
}

impl Core for ProbeCore<'_> {
    fn now(&mut self) -> Duration {
        self.opened.elapsed()
    }

    fn sleep(&mut self, time: Duration) {
        thread::sleep(time);
    }

    fn read_words(&mut self, address: u32, into: &mut [u32]) -> Result<(), TargetError> {
        self.core
            .read_32(u64::from(address), into)
            .map_err(probe_error)
    }

    fn write_word(&mut self, address: u32, word: u32) -> Result<(), TargetError> {
        let written = self.core.write_word_32(u64::from(address), word);
        written.map_err(probe_error)
    }

    fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError> {
        self.core
            .write_8(u64::from(address), bytes)
            .map_err(probe_error)
    }

    fn read_register(&mut self, register: Register) -> Result<u32, TargetError> {
        let read = self.core.read_core_reg(RegisterId(register.0));
        read.map_err(probe_error)
    }

    fn write_register(&mut self, register: Register, value: u32) -> Result<(), TargetError> {
        let written = self.core.write_core_reg(RegisterId(register.0), value);
        written.map_err(probe_error)
    }

    fn halt(&mut self) -> Result<(), TargetError> {
        self.core.halt(HALT).map(drop).map_err(probe_error)
    }

    fn run(&mut self) -> Result<(), TargetError> {
        self.core.run().map_err(probe_error)
    }

    fn reset_and_halt(&mut self) -> Result<(), TargetError> {
        *self.channels = None;
        self.core
            .reset_and_halt(HALT)
            .map(drop)
            .map_err(probe_error)
    }

    fn open_channels(&mut self, control_block: u32) -> Result<(), TargetError> {
        *self.channels = None;
        let control_block = u64::from(control_block);
        let rtt = Rtt::attach_at(&mut self.core, control_block).map_err(|error| match error {
            // It is being set up at this moment.
            rtt::Error::ControlBlockCorrupted(_) => TargetError::NoControlBlock,
            error => rtt_error(error),
        })?;
        *self.channels = Some(Channels { rtt, control_block });
        Ok(())
    }

    fn read_up(&mut self, channel: usize, into: &mut [u8]) -> Result<usize, TargetError> {
        let missing = TargetError::NoChannel {
            direction: Direction::Up,
            number: channel,
        };
        let up = opened(self.channels)?.rtt.up_channel(channel);
        up.ok_or(missing)?
            .read(&mut self.core, into)
            .map_err(rtt_error)
    }

    fn write_down(&mut self, channel: usize, bytes: &[u8]) -> Result<usize, TargetError> {
        let missing = TargetError::NoChannel {
            direction: Direction::Down,
            number: channel,
        };
        let down = opened(self.channels)?.rtt.down_channel(channel);
        let down = down.ok_or(missing)?;
        down.write(&mut self.core, bytes).map_err(rtt_error)
    }

    fn down_is_empty(&mut self, channel: usize) -> Result<bool, TargetError> {
        // probe-rs does not tell how far the firmware has read.
        let control_block = opened(self.channels)?.control_block;
        let up_count = self.core.read_word_32(control_block + UP_COUNT);
        let before = u64::from(up_count.map_err(probe_error)?) + channel as u64;
        let offsets = control_block + CHANNELS + before * CHANNEL_SIZE + WRITE_OFFSET;
        let mut words = [0; 2];
        self.core
            .read_32(offsets, &mut words)
            .map_err(probe_error)?;
        Ok(words[0] == words[1])
    }
}
