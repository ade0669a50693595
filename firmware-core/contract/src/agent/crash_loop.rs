//! A board that has crashed too often in a row: it says so, and starts the app no more.

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::{BootIdentity, Link};
use crate::app::{App, AppDescriptor};
use crate::protocol::{Command, Losses, Message, Phase, Refusal, Status};
use crate::time::RunTicks;

/// Answers a bench in place of an app that is not started.
#[derive(Debug)]
pub struct CrashLoop {
    inbox: Inbox,
    outbox: Outbox,
}

impl CrashLoop {
    /// Says hello for an app that is not started. `descriptor` is that of the app.
    pub fn boot<A: App>(identity: BootIdentity, link: &mut dyn Link) -> Self {
        const fn descriptor<A: App>() -> &'static AppDescriptor {
            const { &A::DESCRIPTOR }
        }
        let mut outbox = Outbox::new(identity, 0, descriptor::<A>());
        outbox.begin(None, link);
        Self {
            inbox: Inbox::new(),
            outbox,
        }
    }

    /// Answers the commands that have come: none is carried out.
    pub fn receive(&mut self, link: &mut dyn Link) {
        let Self { inbox, outbox } = self;
        let mut budget = super::RECEIVE_BUDGET;
        while let Some(command) = inbox.next(&mut budget, link) {
            match command {
                Ok(Command::Hello) => outbox.send_hello(link),
                Ok(Command::Query) => outbox.send(Message::Status(status(outbox.losses)), link),
                Ok(_) => outbox.send(Message::Refused(Refusal::CrashLoop), link),
                Err(_) => outbox.send(Message::Refused(Refusal::Malformed), link),
            }
        }
    }
}

const fn status(losses: Losses) -> Status {
    Status {
        phase: Phase::CrashLoop,
        tick: RunTicks::ZERO,
        queued: 0,
        losses,
    }
}
