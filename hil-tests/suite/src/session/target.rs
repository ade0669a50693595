//! A target through a debug probe: what a session needs of it. `probe_target` implements it over
//! probe-rs; tests have one in memory.

use std::error::Error;
use std::time::Duration;

use thiserror::Error;

/// What a probe library reports.
pub type ProbeFailure = Box<dyn Error + Send + Sync>;

/// A target did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The probe failed, or the target did not answer it.
    #[error("the probe failed")]
    Probe(#[source] ProbeFailure),
    /// The image was not written into flash.
    #[error("the image was not written into flash")]
    Flash(#[source] ProbeFailure),
    /// There is no RTT control block at its address.
    #[error("there is no RTT control block")]
    NoControlBlock,
    /// The firmware has set up its RTT channels again since they were opened.
    #[error("the firmware has set up its RTT channels again")]
    ChannelsReplaced,
    /// The firmware has no such RTT channel.
    #[error("the image has no RTT {direction} channel {number}")]
    NoChannel {
        /// Which way its bytes go.
        direction: Direction,
        /// Which one.
        number: usize,
    },
    /// RTT failed in another way.
    #[error("RTT failed")]
    Rtt(#[source] ProbeFailure),
}

/// Which way the bytes of an RTT channel go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the target to the host.
    Up,
    /// From the host to the target.
    Down,
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// A core register, by its number in the Armv6-M and Armv7-M debug interfaces: 0 to 12 are R0 to
/// R12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register(pub u16);

impl Register {
    /// The stack pointer.
    pub const SP: Self = Self(13);
    /// The link register.
    pub const LR: Self = Self(14);
    /// The program counter.
    pub const PC: Self = Self(15);
}

/// A chip that a probe is attached to.
pub trait Target: Send {
    /// The core of the chip. To be kept for as long as it is used: getting one takes a probe
    /// several transfers.
    ///
    /// # Errors
    ///
    /// Those of the probe.
    fn core(&mut self) -> Result<Box<dyn Core + '_>, TargetError>;

    /// Writes an ELF file into flash and verifies it. Where the core stands then is not defined.
    ///
    /// # Errors
    ///
    /// Those of the probe, and an image that does not fit.
    fn flash(&mut self, elf: &[u8]) -> Result<(), TargetError>;
}

/// The core of a target. Memory is read and written while it runs.
pub trait Core {
    /// The time of whoever waits for the target.
    fn now(&mut self) -> Duration;

    /// Leaves the target alone for this long.
    fn sleep(&mut self, time: Duration);

    /// Reads words of memory, aligned to 4 bytes.
    ///
    /// # Errors
    ///
    /// Those of the probe; so for all of them.
    fn read_words(&mut self, address: u32, into: &mut [u32]) -> Result<(), TargetError>;

    /// Writes one word of memory, aligned to 4 bytes.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn write_word(&mut self, address: u32, word: u32) -> Result<(), TargetError>;

    /// Writes bytes of memory.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError>;

    /// Reads one word of memory, aligned to 4 bytes.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn read_word(&mut self, address: u32) -> Result<u32, TargetError> {
        let mut word = [0];
        self.read_words(address, &mut word)?;
        Ok(word[0])
    }

    /// Reads a register of a core that is halted.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn read_register(&mut self, register: Register) -> Result<u32, TargetError>;

    /// Writes a register of a core that is halted.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn write_register(&mut self, register: Register, value: u32) -> Result<(), TargetError>;

    /// Halts the core.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn halt(&mut self) -> Result<(), TargetError>;

    /// Lets the core run.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn run(&mut self) -> Result<(), TargetError>;

    /// Resets the chip and halts the core before its first instruction.
    ///
    /// # Errors
    ///
    /// See [`Core::read_words`].
    fn reset_and_halt(&mut self) -> Result<(), TargetError>;

    /// Opens the RTT channels of the control block at this address.
    ///
    /// # Errors
    ///
    /// Those of the probe, and [`TargetError::NoControlBlock`] for one that the firmware has not
    /// set up (yet).
    fn open_channels(&mut self, control_block: u32) -> Result<(), TargetError>;

    /// Reads what has come up a channel, and returns how many bytes those are. Never waits.
    ///
    /// # Errors
    ///
    /// Those of the probe, a channel that is not there, and [`TargetError::ChannelsReplaced`].
    fn read_up(&mut self, channel: usize, into: &mut [u8]) -> Result<usize, TargetError>;

    /// Sends as many of these bytes down a channel as it has room for, and returns how many those
    /// are. Never waits.
    ///
    /// # Errors
    ///
    /// See [`Core::read_up`].
    fn write_down(&mut self, channel: usize, bytes: &[u8]) -> Result<usize, TargetError>;

    /// Whether the firmware has read all that was sent down a channel.
    ///
    /// # Errors
    ///
    /// See [`Core::read_up`].
    fn down_is_empty(&mut self, channel: usize) -> Result<bool, TargetError>;
}
