//! What the processes say to each other.

use lockstep_core::action::Action;
use lockstep_core::contacts::Contacts;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::runner::BeforeReset;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::dyn_runner::Pace;
use lockstep_engine::registry::Boot;
use lockstep_engine::task_wakeups::WakeupFault;
use serde::{Deserialize, Serialize};

/// To the fork server.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum ServerRequest {
    /// Power up an app in a new process, which is connected by the socket that comes with it.
    Start {
        /// The app, by its place in the registry.
        app: usize,
        slot: usize,
        boot: BootMessage,
        condition: BootCondition,
        fault: Option<WakeupFault>,
    },
    /// Say how a player ended. One that has not ended is given a moment, and killed.
    Reap(i32),
    /// Kill a player, and say how it ended.
    Kill(i32),
}

/// From the fork server.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum ServerReply {
    /// The player was forked; at first, the server is ready.
    Started,
    /// It ended.
    Reaped(ProcessEnd),
    /// The system refused.
    Failed(String),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) enum ProcessEnd {
    Exited(i32),
    Signaled(i32),
}

/// To a player.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Request {
    /// Play a stretch: events as their ticks and actions.
    Play {
        events: Vec<(RunTicks, Action)>,
        until: RunTicks,
        pace: Pace,
        holds_outputs: bool,
    },
    FlushOutputs,
    NextWakeup,
    State,
    /// Make a copy of the process, which is connected by the socket that comes with it.
    Copy {
        slot: usize,
    },
    /// What was observed is taken: there is room again.
    Continue,
}

/// From a player.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Reply {
    /// It is at the end of what was asked for, or its app panicked with this message.
    Done {
        status: Status,
        panicked: Option<String>,
    },
    /// The app cannot start its tick counter there.
    NotSettable,
    /// The idle ticks ahead.
    Idle(Result<u32, String>),
    State(Result<Option<String>, String>),
    /// Whether there is a copy.
    Copied(bool),
    /// There is no room for what was observed: it waits for [`Request::Continue`].
    Full,
}

/// How an app comes up: at power-up with its tick counter there, or by a reset in a run that was so.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum BootMessage {
    PowerUp(Instant),
    Reset(Status),
}

impl From<Boot<'_>> for BootMessage {
    fn from(boot: Boot<'_>) -> Self {
        match boot {
            Boot::PowerUp(clock) => Self::PowerUp(clock),
            Boot::Reset(before) => Self::Reset(Status {
                now: before.now,
                levels: before.levels.to_vec(),
                contacts: before.contacts,
                numbers: before.numbers.to_vec(),
            }),
        }
    }
}

impl BootMessage {
    pub(super) fn boot(&self) -> Boot<'_> {
        match self {
            Self::PowerUp(clock) => Boot::PowerUp(*clock),
            Self::Reset(status) => Boot::Reset(status.before_reset()),
        }
    }
}

impl Status {
    pub(super) fn before_reset(&self) -> BeforeReset<'_> {
        BeforeReset {
            now: self.now,
            contacts: self.contacts,
            numbers: &self.numbers,
            levels: &self.levels,
        }
    }
}

/// What a runner says of itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Status {
    pub(super) now: RunTicks,
    pub(super) levels: Vec<Level>,
    pub(super) contacts: Contacts,
    pub(super) numbers: Vec<i32>,
}
