//! The RTT channels of a running image, through the probe.

use std::time::{Duration, Instant};

use lockstep_core::protocol::{self, Command, MAX_COMMAND};
use probe_rs::rtt::{self, Rtt};
use probe_rs::{Core, MemoryInterface};
use thiserror::Error;

use super::frames::{Frames, Malformed, Received};
use super::logs::MAX_BYTES;
use lockstep_images::elf::Elf;

/// The channel of logs.
const LOGS: usize = 0;

/// The channel of frames.
const FRAMES: usize = 1;

/// The channel of commands.
const COMMANDS: usize = 0;

/// How long an image may take to come up, and a board to take what it is sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// The RTT control block, by the name of its symbol.
pub(super) const CONTROL_BLOCK: &str = "_SEGGER_RTT";

/// The image cannot be talked to.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The image has no control block.
    #[error("the image has no symbol `{CONTROL_BLOCK}`: it does not speak RTT")]
    NoControlBlock,
    /// The running image has not set up its channels.
    #[error("no RTT channels {} s after reset: the image on the board is another one, or does not run", PATIENCE.as_secs())]
    NotUp,
    /// A channel is missing.
    #[error("the image has no RTT {direction} channel {number}")]
    NoChannel {
        /// `up` or `down`.
        direction: &'static str,
        /// Which one.
        number: usize,
    },
    /// The board does not take commands.
    #[error("the board took no command for {} s: it hangs, or does not run", PATIENCE.as_secs())]
    Deaf,
    /// RTT failed.
    #[error("RTT failed: {0}")]
    Rtt(#[from] rtt::Error),
    /// A word cannot be read or written.
    #[error("the probe failed")]
    Probe(#[from] probe_rs::Error),
    /// The board says something that is no frame.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The channels of a running image.
pub struct Link<'s> {
    core: Core<'s>,
    rtt: Rtt,
    frames: Frames,
    logs: Vec<u8>,
}

impl<'s> Link<'s> {
    /// Waits for the image to set up its channels, and opens them.
    ///
    /// # Errors
    ///
    /// That it does not, or has none.
    pub fn open(mut core: Core<'s>, elf: &Elf) -> Result<Self, LinkError> {
        let symbol = elf.symbol(CONTROL_BLOCK).ok_or(LinkError::NoControlBlock)?;
        let address = u64::from(symbol.address);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match Rtt::attach_at(&mut core, address) {
                Ok(rtt) => {
                    return Ok(Self {
                        core,
                        rtt,
                        frames: Frames::default(),
                        logs: Vec::new(),
                    });
                }
                Err(rtt::Error::ControlBlockNotFound | rtt::Error::ControlBlockCorrupted(_))
                    if Instant::now() < deadline => {}
                Err(rtt::Error::ControlBlockNotFound | rtt::Error::ControlBlockCorrupted(_)) => {
                    return Err(LinkError::NotUp);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next frame that has come, if one has.
    ///
    /// # Errors
    ///
    /// Those of the probe, and bytes that are no frame.
    pub fn receive(&mut self) -> Result<Option<Received>, LinkError> {
        if let Some(frame) = self.frames.next_frame() {
            return Ok(Some(frame?));
        }
        let bytes = self.read(FRAMES)?;
        if bytes.is_empty() {
            self.gather_logs()?;
        }
        self.frames.push(&bytes);
        Ok(self.frames.next_frame().transpose()?)
    }

    /// The bytes of logs that have come since the last time, at most [`MAX_BYTES`] of them. A
    /// probe that fails meanwhile ends them, and keeps nothing back of what had come.
    pub fn take_logs(&mut self) -> Vec<u8> {
        let _ = self.gather_logs();
        std::mem::take(&mut self.logs)
    }

    /// The word at this address, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn word(&mut self, address: u32) -> Result<u32, LinkError> {
        Ok(self.core.read_word_32(u64::from(address))?)
    }

    /// Writes the word at this address while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    pub fn write_word(&mut self, address: u32, word: u32) -> Result<(), LinkError> {
        Ok(self.core.write_word_32(u64::from(address), word)?)
    }

    fn gather_logs(&mut self) -> Result<(), LinkError> {
        let bytes = self.read(LOGS)?;
        let room = MAX_BYTES.saturating_sub(self.logs.len());
        self.logs.extend(bytes.iter().take(room));
        Ok(())
    }

    fn read(&mut self, number: usize) -> Result<Vec<u8>, LinkError> {
        let missing = LinkError::NoChannel {
            direction: "up",
            number,
        };
        let channel = self.rtt.up_channel(number).ok_or(missing)?;
        let mut buffer = vec![0; 1024];
        let count = channel.read(&mut self.core, &mut buffer)?;
        buffer.truncate(count);
        Ok(buffer)
    }

    /// Sends a command.
    ///
    /// # Errors
    ///
    /// Those of the probe, and [`LinkError::Deaf`] when the board takes nothing.
    pub fn send(&mut self, command: &Command) -> Result<(), LinkError> {
        let mut buffer = [0; MAX_COMMAND];
        let mut bytes = protocol::encode(command, &mut buffer).unwrap_or_default();
        let missing = LinkError::NoChannel {
            direction: "down",
            number: COMMANDS,
        };
        let channel = self.rtt.down_channel(COMMANDS).ok_or(missing)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let count = channel.write(&mut self.core, bytes)?;
            bytes = bytes.get(count..).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(LinkError::Deaf);
            }
        }
    }
}
