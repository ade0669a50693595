//! A board that has crashed too often in a row: it says so, and starts the app no more.

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::{Identity, Link};
use crate::contract::{App, Interface};
use crate::time::Ticks;
use crate::wire::{Command, Losses, Message, Phase, Refusal, Status};

/// Answers a bench in place of an app that is not started.
#[derive(Debug)]
pub struct Broken {
    inbox: Inbox,
    outbox: Outbox,
}

impl Broken {
    /// Says hello for an app that is not started. `interface` is that of the app.
    pub fn boot<A: App>(identity: Identity, link: &mut dyn Link) -> Self {
        const fn interface<A: App>() -> &'static Interface {
            const { &A::INTERFACE }
        }
        let mut outbox = Outbox::new(identity, 0, interface::<A>());
        outbox.begin(None, link);
        Self {
            inbox: Inbox::new(),
            outbox,
        }
    }

    /// Answers the commands that have come: none is carried out.
    pub fn receive(&mut self, link: &mut dyn Link) {
        let Self { inbox, outbox } = self;
        while let Some(command) = inbox.next(link) {
            match command {
                Ok(Command::Hello) => outbox.greet(link),
                Ok(Command::Query) => outbox.send(Message::Status(status(outbox.losses)), link),
                Ok(_) => outbox.send(Message::Refused(Refusal::Broken), link),
                Err(_) => outbox.send(Message::Refused(Refusal::Malformed), link),
            }
        }
    }
}

const fn status(losses: Losses) -> Status {
    Status {
        phase: Phase::Broken,
        tick: Ticks::ZERO,
        queued: 0,
        losses,
    }
}
