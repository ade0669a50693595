//! The events of a script on their way to a board that can hold only some of them.
//!
//! The board is given a limit: it plays no tick beyond it. While events are still to be sent, the
//! limit is the last tick before the first of them, so that none can come too late, however slow
//! the probe and however fast the board.

use std::collections::VecDeque;

use lockstep_core::action::Action;
use lockstep_core::protocol::{Command, Status, Stimulus};
use lockstep_core::time::RunTicks;
use lockstep_engine::script::ScriptEvent;

use super::link::{Link, LinkError};
use super::play_error::BoardPlayError;

/// The limit of a board that plays on by itself.
const NO_LIMIT: u32 = u32::MAX;

/// Sends events ahead of their ticks, as many as the board can hold.
pub(super) struct EventFeed {
    unsent: VecDeque<ScriptEvent>,
    /// The ticks of the events that may still be waiting on the board.
    waiting: VecDeque<RunTicks>,
    capacity: usize,
    sent: usize,
    /// How many events had been sent when the board was last asked for its status.
    sent_before_query: usize,
    /// The word that holds the limit, in images that have one.
    limit: Option<u32>,
    /// Whether the limit is still that of what was sent before: it moves once the board has taken
    /// what was sent since.
    limit_is_behind: bool,
}

impl EventFeed {
    /// A feed of the events that have to be sent with this stimulus, to a board that can hold
    /// `capacity` of them. `limit` is the address of its limit.
    ///
    /// # Errors
    ///
    /// More events fall on one tick than the board can hold.
    pub(super) fn new(
        events: &[ScriptEvent],
        stimulus: Stimulus,
        capacity: u16,
        limit: Option<u32>,
    ) -> Result<Self, BoardPlayError> {
        let is_sent = |event: &&ScriptEvent| {
            stimulus == Stimulus::Scheduled || !matches!(event.action, Action::Button(..))
        };
        let unsent: Vec<ScriptEvent> = events.iter().filter(is_sent).copied().collect();
        let capacity = usize::from(capacity);
        for at_once in unsent.chunk_by(|one, other| one.tick == other.tick) {
            if at_once.len() > capacity {
                return Err(BoardPlayError::TooManyAtOnce {
                    tick: at_once[0].tick,
                    events: at_once.len(),
                    capacity,
                });
            }
        }
        Ok(Self {
            unsent: unsent.into(),
            waiting: VecDeque::new(),
            capacity,
            sent: 0,
            sent_before_query: 0,
            limit,
            limit_is_behind: false,
        })
    }

    /// Sends the first events to a board that is stopped.
    pub(super) fn begin(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        self.send(link)?;
        self.move_limit(link)
    }

    /// Sends what has room on a board that has come to this tick: the events before it are played,
    /// those of the tick itself may still be waiting.
    pub(super) fn came_to(&mut self, link: &mut Link<'_>, now: RunTicks) -> Result<(), LinkError> {
        while self.waiting.front().is_some_and(|tick| *tick < now) {
            self.waiting.pop_front();
        }
        self.send(link)
    }

    /// Sends what has room on a board with this status.
    pub(super) fn has_status(
        &mut self,
        link: &mut Link<'_>,
        status: &Status,
    ) -> Result<(), LinkError> {
        let queued = usize::from(status.queued);
        let played = self.sent_before_query.saturating_sub(queued);
        let at_most = self.sent.saturating_sub(played);
        while self.waiting.len() > at_most {
            self.waiting.pop_front();
        }
        self.send(link)
    }

    /// Lets the board play on as far as it has all events. To be called now and then.
    pub(super) fn advance(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        // A board that has not taken an event yet must not come to its tick.
        if self.limit_is_behind && link.commands_are_taken()? {
            self.move_limit(link)?;
        }
        Ok(())
    }

    /// Whether more could be sent if the status of the board were known, which is at this tick.
    pub(super) fn needs_status(&self, now: RunTicks) -> bool {
        let may_be_played = self.waiting.front().is_some_and(|tick| *tick <= now);
        !self.unsent.is_empty() && may_be_played
    }

    /// Notes that the board is being asked for its status.
    pub(super) fn asks_status(&mut self) {
        self.sent_before_query = self.sent;
    }

    /// Lets the board play on by itself.
    pub(super) fn lift_limit(&self, link: &mut Link<'_>) -> Result<(), LinkError> {
        match self.limit {
            Some(address) => link.write_word(address, NO_LIMIT),
            None => Ok(()),
        }
    }

    fn send(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        while self.waiting.len() < self.capacity
            && let Some(ScriptEvent { tick, action }) = self.unsent.pop_front()
        {
            link.send(&Command::At(tick, action))?;
            self.waiting.push_back(tick);
            self.sent += 1;
            self.limit_is_behind = self.limit.is_some();
        }
        Ok(())
    }

    fn move_limit(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        self.limit_is_behind = false;
        let limit = match self.unsent.front() {
            // The board counts with 32 bits.
            Some(next) => u32::try_from(next.tick.0.saturating_sub(1)).unwrap_or(NO_LIMIT),
            None => NO_LIMIT,
        };
        match self.limit {
            Some(address) => link.write_word(address, limit),
            None => Ok(()),
        }
    }
}
