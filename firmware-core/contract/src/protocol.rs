//! What a board and a bench say to each other, and how it stands in bytes.
//!
//! A message is written by [postcard](https://postcard.jamesmunns.com/wire-format), framed
//! by COBS and closed by a zero byte, so that whoever comes in late finds the next one.
//! Up go [`Frame`]s, numbered from the hello of each run; down come [`Command`]s. The
//! bytes follow from the order of fields and variants here and in the types they carry:
//! an order that changes is a new [`VERSION`], and the tests below hold it.
//!
//! ```
//! use lockstep_core::protocol::{self, Command};
//!
//! let mut buffer = [0; protocol::MAX_COMMAND];
//! assert_eq!(protocol::encode(&Command::Stop, &mut buffer), Some(&[2, 3, 0][..]));
//! assert_eq!(protocol::decode_in_place(&mut [2, 3, 0]), Ok(Command::Stop));
//! ```

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::event::BootCondition;
use crate::runner::Observation;
use crate::time::{Instant, RunTicks};

/// The version of everything in this module.
pub const VERSION: u8 = 3;

/// The most bytes of a frame, its closing zero included.
pub const MAX_FRAME: usize = 384;

/// The most bytes of a command, its closing zero included.
pub const MAX_COMMAND: usize = 32;

/// The longest name, version or build in a hello, in bytes.
pub const MAX_TEXT: usize = 32;

/// The most bytes of a crash record.
pub const MAX_CRASH_RECORD: usize = 192;

/// One numbered message of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame<'a> {
    /// 0 for the hello of a run, then one more a frame, whether or not it found room: a
    /// gap is a frame that was lost.
    pub number: u32,
    /// What it says.
    #[serde(borrow)]
    pub message: Message<'a>,
}

/// What a board says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<'a> {
    /// Who is speaking: the first frame of every run.
    #[serde(borrow)]
    Hello(Hello<'a>),
    /// Something was observed at this tick of the run.
    Observed(RunTicks, Observation),
    /// The run is over: its last frame.
    End(RunEnd),
    /// The answer to [`Command::Query`].
    Status(Status),
    /// A command was not carried out.
    Refused(Refusal),
}

/// Who is speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// [`VERSION`].
    pub protocol: u8,
    /// [`RunParameters::run`] of the run that this begins or that is being played; nothing when the
    /// board has come up by itself.
    pub run: Option<u32>,
    /// [`AppDescriptor::name`](crate::app::AppDescriptor::name).
    pub app: &'a str,
    /// [`AppDescriptor::version`](crate::app::AppDescriptor::version).
    pub version: &'a str,
    /// [`AppDescriptor::build`](crate::app::AppDescriptor::build): the core's sources.
    pub build: &'a str,
    /// [`AppDescriptor::fingerprint`](crate::app::AppDescriptor::fingerprint).
    pub fingerprint: u64,
    /// The image's identity: its build id, as the linker wrote it.
    pub image: &'a [u8],
    /// Ticks a second.
    pub tick_hz: u32,
    /// How many scheduled events the board can hold.
    pub capacity: u16,
    /// How the board came up.
    pub boot: BootReport,
    /// What was left in retained memory by the crash before this boot, as
    /// it was written there; empty when there was none.
    pub crash_record: &'a [u8],
}

/// How a board came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootReport {
    /// What initialisation found.
    pub condition: BootCondition,
    /// Start-up code copied `.data` from flash.
    pub data_copied: bool,
    /// Start-up code zeroed `.bss`.
    pub bss_zeroed: bool,
    /// Crashes in a row before this boot.
    pub crashes: u8,
}

/// How a run ended, and whether all of it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// The last tick that was played.
    pub tick: RunTicks,
    /// How many observations were made, those included that found no room.
    pub observations: u32,
    /// What was lost on the way.
    pub losses: Losses,
}

/// What was lost in a run: anything but zeroes makes its trace worthless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Frames that found no room.
    pub frames: u32,
    /// Ticks whose sample found no room, because the work of earlier ones took too long.
    pub ticks: u32,
    /// Bytes of serial lines that found no room on the board, in either direction: what a trace has
    /// as sent did not leave, and what arrived the app did not get.
    pub bytes: u32,
}

/// What a board is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What it is up to.
    pub phase: Phase,
    /// The tick of the run.
    pub tick: RunTicks,
    /// How many events are scheduled.
    pub queued: u16,
    /// What was lost since the hello of the run.
    pub losses: Losses,
}

/// What a board is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It is the product: it has run from power-up and its buttons act.
    Normal,
    /// It plays a run for a bench.
    Playing,
    /// It stands still and waits for [`Command::Start`].
    Stopped,
    /// It has crashed too often in a row, and starts the app no more.
    CrashLoop,
}

/// What moves the buttons of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stimulus {
    /// Scheduled events, sent over RTT; the pins are not looked at.
    Scheduled,
    /// The pins, sampled once a tick; everything but buttons is scheduled.
    Pins,
}

impl Stimulus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Scheduled, Self::Pins];

    /// Its word in names of tests, in reports and on command lines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "rtt",
            Self::Pins => "pins",
        }
    }
}

/// What a bench asks of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Say hello again. Its number is the next one: no run begins.
    Hello,
    /// Begin a run at tick 0.
    Start(RunParameters),
    /// Do this at this tick of the run, the present or the next one. Sent in the order of
    /// tick and [`Action::compare_order`]; at most [`Hello::capacity`] may be waiting.
    At(RunTicks, Action),
    /// End the run at the present tick and forget what is scheduled.
    Stop,
    /// Say how far you are.
    Query,
}

/// How a run begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunParameters {
    /// A number for this run, of the bench's choice, that its hello repeats.
    pub run: u32,
    /// What the board pretends to find at tick 0.
    pub condition: BootCondition,
    /// Where the app's tick counter starts.
    pub clock: Instant,
    /// The last tick that is played.
    pub end: RunTicks,
    /// What moves the buttons.
    pub stimulus: Stimulus,
    /// Whether the board may pass over ticks in which the app says that nothing happens. Then it
    /// samples no pins in them, which no bench may ask for where somebody can move one unseen.
    pub passes_idle: bool,
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are not a command.
    Malformed,
    /// The tick of an event is over: now it is this one.
    Late(RunTicks),
    /// An event comes before the one that was scheduled last.
    OutOfOrder,
    /// As many events are waiting as can be held.
    QueueFull,
    /// The app has no such button.
    NoSuchButton,
    /// The pins move the buttons of this run.
    PinsMoveButtons,
    /// The app's tick counter cannot start anywhere but at zero.
    ClockNotSettable,
    /// A run is being played already.
    AlreadyPlaying,
    /// The board has crashed too often in a row: it has to be reset by hand, or flashed.
    CrashLoop,
    /// The app runs as the product: nothing is scheduled for that.
    NotStopped,
    /// The button moves in this tick already, the number changes in it already, or a reset comes in
    /// it already.
    TwiceInOneTick,
    /// The app declares no such boot condition.
    NoSuchBootCondition,
    /// The app has no such number input.
    NoSuchNumber,
    /// The app has no such serial line.
    NoSuchSerialLine,
    /// The number is not in the range that the app declares.
    NumberOutOfRange,
}

/// What is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a message of this version of the protocol")
    }
}

impl core::error::Error for DecodeError {}

/// The message in bytes, its closing zero included; nothing where `buffer` has no room.
pub fn encode<'b>(message: &impl Serialize, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    postcard::to_slice_cobs(message, buffer)
        .ok()
        .map(|bytes| &*bytes)
}

/// The message in one frame of bytes, with or without its closing zero.
///
/// The frame is unpacked in place.
///
/// # Errors
///
/// [`DecodeError`] when it is anything but one whole message.
pub fn decode_in_place<'a, T: Deserialize<'a>>(frame: &'a mut [u8]) -> Result<T, DecodeError> {
    let stuffed = match frame.split_last() {
        Some((0, _)) => frame.len() - 1,
        _ => frame.len(),
    };
    let frame = &mut frame[..stuffed];
    if frame.contains(&0) {
        return Err(DecodeError);
    }
    let length = cobs::decode_in_place(frame).map_err(|_| DecodeError)?;
    match postcard::take_from_bytes(&frame[..length]) {
        Ok((message, [])) => Ok(message),
        _ => Err(DecodeError),
    }
}

#[cfg(test)]
mod tests;
