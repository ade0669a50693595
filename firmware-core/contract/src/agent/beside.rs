//! The agent of a firmware that goes on by itself: its tasks are not polled by [`Agent::tick`], so a tick
//! begins, the firmware does in it what it does, and the tick is finished when it is over.
//!
//! A run begins in two steps as well. What is left to whoever calls is to start the firmware between
//! them, by a reset of the chip.

use super::outbox::Tracer;
use super::{Agent, Link};
use crate::app::{App, Log};
use crate::contacts::Contacts;
use crate::protocol::{Command, Message, Phase, Refusal, RunParameters, Stimulus};
use crate::runner::{Observation, Observer};

/// What a bench wants of whoever starts the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That nothing runs.
    Stop,
    /// That the firmware starts over, and then [`Agent::power_up`] with these.
    Start(RunParameters),
}

impl<A: App, const QUEUE: usize> Agent<A, QUEUE> {
    /// Carries out the commands that have come, like [`Agent::receive`], up to the first that is for
    /// whoever starts the firmware. What comes after it is left for the next call.
    ///
    /// A run that the order begins is checked already, and its phase is that of a board that stands still.
    pub fn receive_order(&mut self, link: &mut dyn Link) -> Option<Order> {
        let mut budget = super::RECEIVE_BUDGET;
        while let Some(command) = self.inbox.next(&mut budget, link) {
            match command {
                Ok(Command::Stop) => {
                    self.scheduled.clear();
                    self.stop(link);
                    return Some(Order::Stop);
                }
                Ok(Command::Start(start)) => match self.check_start(&start) {
                    Ok(()) => {
                        self.stop(link);
                        return Some(Order::Start(start));
                    }
                    Err(refusal) => self.refuse(refusal, link),
                },
                Ok(Command::Hello) => self.outbox.send_hello(link),
                Ok(Command::Query) => {
                    let status = self.status();
                    self.outbox.send(Message::Status(status), link);
                }
                Ok(Command::At(tick, action)) => {
                    if let Err(refusal) = self.schedule(tick, action) {
                        self.refuse(refusal, link);
                    }
                }
                Err(_) => self.refuse(Refusal::Malformed, link),
            }
        }
        None
    }

    /// Lets the next tick begin: tells what the app shows by now, and does what is due.
    ///
    /// `contacts` are as they were sampled in this tick.
    pub fn begin_tick(&mut self, contacts: Contacts, link: &mut dyn Link) {
        self.flush(link);
        if self.phase == Phase::Stopped {
            return;
        }
        let Self { runner, outbox, .. } = self;
        runner.tick(&mut Tracer { outbox, link });
        self.act(contacts, link);
    }

    /// Tells a log at the present tick.
    pub fn say(&mut self, log: Log, link: &mut dyn Link) {
        if self.phase != Phase::Stopped {
            let Self { runner, outbox, .. } = self;
            let now = runner.now();
            Tracer { outbox, link }.observe(now, Observation::Log(log));
        }
    }

    /// Ends the present tick: tells what the app shows by now, and ends the run if this was its last.
    pub fn finish_tick(&mut self, link: &mut dyn Link) {
        if self.phase != Phase::Stopped {
            self.settle(link);
            self.end_when_due(link);
        }
    }

    /// What is observed so often found no room on its way to the agent, and will not be told.
    pub fn lose_observations(&mut self, count: u32) {
        if self.phase != Phase::Stopped {
            let lost = &mut self.outbox.losses.frames;
            *lost = lost.saturating_add(count);
        }
    }

    /// The contacts as the run has left them.
    pub const fn contacts(&self) -> &Contacts {
        self.runner.contacts()
    }

    /// What moves the buttons.
    pub const fn stimulus(&self) -> Stimulus {
        self.stimulus
    }
}
