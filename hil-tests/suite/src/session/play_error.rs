//! Why a board has not played a script, or its trace is not known to be whole.

use lockstep_core::agent::TICK_HZ;
use lockstep_core::protocol::{self, Losses, Phase, Refusal, RunEnd};
use lockstep_core::time::RunTicks;
use lockstep_images::elf::BuildId;
use thiserror::Error;

use super::board_message::BoardHello;
use super::link::LinkError;
use super::query::SILENCE;
use crate::TICK;

/// A board has not played the script, or not sent all of its trace: no verdict about its firmware
/// follows from that.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardPlayError {
    /// The board cannot be communicated with.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The board rebooted during the run: it crashed, or something reset it.
    #[error("board rebooted during the run (last known tick {})", .tick.0)]
    Rebooted {
        /// The last tick that it reported.
        tick: RunTicks,
        /// What it said then: [`BoardHello::crash_record`] tells whether it crashed.
        hello: Box<BoardHello>,
    },
    /// The board answers, but its time stands still.
    #[error("the board has been at tick {} for {} s: the firmware hangs, or a debugger holds it", .0.0, SILENCE.as_secs())]
    Stuck(RunTicks),
    /// The board is not playing the run it was started with.
    #[error("the board is in phase {0:?} during the run: expected {playing:?}", playing = Phase::Playing)]
    Phase(Phase),
    /// A pin was moved too late: what followed tells nothing about the firmware.
    #[error("an input pin moved up to {} late (due at tick {}): the bench allows {}", TICK.length(*.late), .tick.0, TICK.length(*.allowed))]
    Late {
        /// When it was to move.
        tick: RunTicks,
        /// How late it may have been.
        late: RunTicks,
        /// How late it may be.
        allowed: RunTicks,
    },
    /// The run was over before a pin was moved.
    #[error("the run ended before the input pin due at tick {} moved: the probe is too slow for this scenario", .0.0)]
    PinNotMoved(RunTicks),
    /// More events fall on one tick than the board can hold.
    #[error("{events} events at tick {}: the board holds at most {capacity}", .tick.0)]
    TooManyAtOnce {
        /// The tick.
        tick: RunTicks,
        /// How many events there are.
        events: usize,
        /// How many the board can hold.
        capacity: usize,
    },
    /// The run was cancelled.
    #[error("cancelled before the run was over")]
    Cancelled,
    /// The board shows or says something that its app does not declare.
    #[error(transparent)]
    Contract(#[from] lockstep_engine::play::PlayError),
    /// The board says nothing any more.
    #[error("the board sent nothing for {} s: expected {awaited}", SILENCE.as_secs())]
    Silent {
        /// What was awaited.
        awaited: &'static str,
    },
    /// The board speaks another version of the protocol.
    #[error("the image speaks protocol version {0}: expected {expected}", expected = protocol::VERSION)]
    Version(u8),
    /// The image on the board is not the one that was expected.
    #[error("the image on the board is {found}: expected {expected}; flash it again")]
    Image {
        /// The identity on the board.
        found: BuildId,
        /// The identity of the image on disk.
        expected: BuildId,
    },
    /// The image holds another app, or an app with other names.
    #[error(
        "the board runs `{found}`, which is not `{expected}` as it is here: its buttons, outputs or logs differ"
    )]
    App {
        /// The app on the board.
        found: String,
        /// The app that was expected.
        expected: &'static str,
    },
    /// The board counts its time otherwise.
    #[error("the board has {0} ticks a second: expected {TICK_HZ}")]
    TickRate(u32),
    /// The board did not carry out a command.
    #[error("the board refused a command: {0:?}")]
    Refused(Refusal),
    /// A frame is missing.
    #[error(
        "frame {expected} is missing: the next one is {found}; the {after} before it are complete"
    )]
    Gap {
        /// The number that was expected.
        expected: u32,
        /// The number that came.
        found: u32,
        /// How many frames came before it.
        after: u32,
    },
    /// The board itself reports that something was lost.
    #[error("the board lost {} frames, {} ticks and {} bytes of serial lines: its trace cannot be trusted", .0.frames, .0.ticks, .0.bytes)]
    Lost(Losses),
    /// The end does not fit what came before it.
    #[error("the run ended at tick {} with {} observations: expected tick {}, and {received} came", .end.tick.0, .end.observations, .expected.0)]
    End {
        /// What the board says.
        end: RunEnd,
        /// When the run should have ended.
        expected: RunTicks,
        /// How many observations came.
        received: u32,
    },
}
