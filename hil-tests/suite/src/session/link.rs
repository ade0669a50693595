//! The RTT channels of a running image: frames and logs come up, commands go down.

use std::time::Duration;

use lockstep_core::protocol::{self, Command, MAX_COMMAND};
use lockstep_core::time::RunTicks;
use thiserror::Error;

use super::board_message::{BoardFrame, FrameReader, MalformedFrame};
use super::logs::MAX_BYTES;
use super::target::{Core, TargetError};
use lockstep_images::elf::Elf;

/// The channel of logs.
const LOGS: usize = 0;

/// The channel of frames.
const FRAMES: usize = 1;

/// The channel of commands.
const COMMANDS: usize = 0;

/// The most bytes that are read from a channel at once: more than its buffer holds.
const READ_AT_ONCE: usize = 16 * 1024;

/// How long an image may take to set up its channels, and a board to take a command.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long a board that has nothing to say is left alone: reading from it slows it down.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The symbol of the RTT control block.
pub(super) const CONTROL_BLOCK: &str = "_SEGGER_RTT";

/// An image cannot be communicated with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The image has no control block.
    #[error("the image has no symbol `{CONTROL_BLOCK}`: it does not use RTT")]
    NoControlBlock,
    /// The running image has not set up its channels.
    #[error("no RTT channels {} s after reset: the image on the board is another one, or does not run", PATIENCE.as_secs())]
    NotUp,
    /// The board does not take commands.
    #[error("the board took no command for {} s: it hangs, or does not run", PATIENCE.as_secs())]
    CommandNotTaken,
    /// The target failed.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The bytes on the trace channel are not a frame.
    #[error(transparent)]
    MalformedFrame(#[from] MalformedFrame),
}

/// What has come up the channels of an image and was not taken yet. It outlives each [`Link`].
pub(super) struct Channels {
    control_block: u32,
    frames: FrameReader,
    logs: Vec<u8>,
    buffer: Vec<u8>,
}

impl Channels {
    /// Whether these are the channels of this image.
    pub(super) fn are_of(&self, elf: &Elf) -> bool {
        control_block(elf).is_ok_and(|address| address == self.control_block)
    }

    /// Waits for the image to set up its channels, no longer than this, and opens them. Those of
    /// an image that was just reset begin with a whole frame.
    pub(super) fn open(
        core: &mut dyn Core,
        elf: &Elf,
        was_reset: bool,
        patience: Duration,
    ) -> Result<Self, LinkError> {
        let mut channels = Self {
            control_block: control_block(elf)?,
            frames: FrameReader::default(),
            logs: Vec::new(),
            buffer: vec![0; READ_AT_ONCE],
        };
        channels.attach(core, patience)?;
        if !was_reset {
            let count = core.read_up(FRAMES, &mut channels.buffer)?;
            // Frames are written whole: an empty channel is between two of them.
            if count > 0 {
                channels.frames = FrameReader::mid_stream();
                channels.frames.push(&channels.buffer[..count]);
            }
        }
        Ok(channels)
    }

    fn attach(&self, core: &mut dyn Core, patience: Duration) -> Result<(), LinkError> {
        let deadline = core.now() + patience;
        loop {
            let opened = core
                .open_channels(self.control_block)
                .and_then(|()| require_channels(core));
            match opened {
                // A control block that has no channels yet is that of the boot before.
                Err(TargetError::NoControlBlock | TargetError::NoChannel { .. })
                    if core.now() < deadline =>
                {
                    core.sleep(POLL_INTERVAL);
                }
                Err(TargetError::NoControlBlock) => return Err(LinkError::NotUp),
                opened => return Ok(opened?),
            }
        }
    }

    /// Reads a channel. One that the firmware has set up again, because it has rebooted, is opened
    /// again: what had come before is not continued.
    fn read(&mut self, core: &mut dyn Core, channel: usize) -> Result<usize, LinkError> {
        match core.read_up(channel, &mut self.buffer) {
            Err(TargetError::ChannelsReplaced | TargetError::NoControlBlock) => {
                self.attach(core, PATIENCE)?;
                self.frames = FrameReader::default();
                Ok(core.read_up(channel, &mut self.buffer)?)
            }
            read => Ok(read?),
        }
    }

    /// Sends as much of a command as there is room for.
    fn write(&mut self, core: &mut dyn Core, bytes: &[u8]) -> Result<usize, LinkError> {
        match core.write_down(COMMANDS, bytes) {
            Err(TargetError::ChannelsReplaced | TargetError::NoControlBlock) => {
                self.attach(core, PATIENCE)?;
                self.frames = FrameReader::default();
                Ok(core.write_down(COMMANDS, bytes)?)
            }
            written => Ok(written?),
        }
    }

    fn gather_logs(&mut self, core: &mut dyn Core) -> Result<(), LinkError> {
        let count = self.read(core, LOGS)?;
        let room = MAX_BYTES.saturating_sub(self.logs.len());
        self.logs.extend(self.buffer[..count].iter().take(room));
        Ok(())
    }
}

/// Makes sure that the channels are there that are used.
fn require_channels(core: &mut dyn Core) -> Result<(), TargetError> {
    for channel in [LOGS, FRAMES] {
        core.read_up(channel, &mut [])?;
    }
    core.write_down(COMMANDS, &[])?;
    Ok(())
}

fn control_block(elf: &Elf) -> Result<u32, LinkError> {
    let symbol = elf.symbol(CONTROL_BLOCK).ok_or(LinkError::NoControlBlock)?;
    Ok(symbol.address)
}

/// The channels of a running image, in use.
pub struct Link<'s> {
    core: Box<dyn Core + 's>,
    channels: &'s mut Channels,
}

impl<'s> Link<'s> {
    pub(super) fn new(core: Box<dyn Core + 's>, channels: &'s mut Channels) -> Self {
        Self { core, channels }
    }

    /// The next frame that has come, if one has.
    ///
    /// # Errors
    ///
    /// Those of the target, and bytes that are not a frame: these are dropped.
    pub fn receive(&mut self) -> Result<Option<BoardFrame>, LinkError> {
        let Self { core, channels } = self;
        if let Some(frame) = channels.frames.next_frame() {
            return Ok(Some(frame?));
        }
        let count = channels.read(core.as_mut(), FRAMES)?;
        channels.frames.push(&channels.buffer[..count]);
        if count == 0 {
            channels.gather_logs(core.as_mut())?;
        }
        Ok(channels.frames.next_frame().transpose()?)
    }

    /// The bytes of logs that have come since the last call, at most [`MAX_BYTES`] of them. Those
    /// that had come before the probe failed are among them.
    pub fn take_logs(&mut self) -> Vec<u8> {
        // What is left in the channel of a probe that fails is lost.
        let _ = self.channels.gather_logs(self.core.as_mut());
        std::mem::take(&mut self.channels.logs)
    }

    /// Sends a command.
    ///
    /// # Errors
    ///
    /// Those of the target, and [`LinkError::CommandNotTaken`] while the channel stays full.
    pub fn send(&mut self, command: &Command) -> Result<(), LinkError> {
        let mut buffer = [0; MAX_COMMAND];
        let mut bytes = protocol::encode(command, &mut buffer).unwrap_or_default();
        let deadline = self.core.now() + PATIENCE;
        loop {
            let count = self.channels.write(self.core.as_mut(), bytes)?;
            bytes = bytes.get(count..).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(());
            }
            if self.core.now() > deadline {
                return Err(LinkError::CommandNotTaken);
            }
            self.core.sleep(POLL_INTERVAL);
        }
    }

    /// Whether the board has taken every command that was sent.
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub fn commands_are_taken(&mut self) -> Result<bool, LinkError> {
        Ok(self.core.down_is_empty(COMMANDS)?)
    }

    /// The word at this address, read while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub fn word(&mut self, address: u32) -> Result<u32, LinkError> {
        Ok(self.core.read_word(address)?)
    }

    /// Reads the tick in the word at this address: a board counts with 32 bits.
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub(super) fn tick(&mut self, address: u32) -> Result<RunTicks, LinkError> {
        Ok(RunTicks(self.word(address)?.into()))
    }

    /// Writes the word at this address while the core runs.
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub fn write_word(&mut self, address: u32, word: u32) -> Result<(), LinkError> {
        Ok(self.core.write_word(address, word)?)
    }

    /// The time of whoever waits for the board.
    pub fn now(&mut self) -> Duration {
        self.core.now()
    }

    /// Leaves the board alone for a moment.
    pub fn pause(&mut self) {
        self.core.sleep(POLL_INTERVAL);
    }
}
