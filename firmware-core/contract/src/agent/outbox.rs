//! What a board tells: frames with numbers, and a count of those that found no room.

use super::{BootIdentity, Link, TICK_HZ};
use crate::action::Action;
use crate::app::AppDescriptor;
use crate::protocol::{self, Frame, Hello, Losses, MAX_FRAME, Message, RunEnd};
use crate::runner::{Observation, Observer};
use crate::time::RunTicks;

/// Tells the bench what is observed.
pub(super) struct Tracer<'o, 'l> {
    pub(super) outbox: &'o mut Outbox,
    pub(super) link: &'l mut dyn Link,
}

impl Observer for Tracer<'_, '_> {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        match &what {
            Observation::Sent(line, bytes) => self.link.transmit(*line, bytes),
            Observation::Row(matrix, row, packed) => self.link.draw(*matrix, *row, packed),
            Observation::Input(Action::Reset(_)) => self.link.darken(),
            _ => {}
        }
        self.outbox.observed(tick, what, self.link);
    }
}

/// Numbers the frames and counts what found no room.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) identity: BootIdentity,
    descriptor: &'static AppDescriptor,
    capacity: u16,
    run: Option<u32>,
    number: u32,
    observations: u32,
    pub(super) losses: Losses,
    /// The last tick of a run whose end found no room yet.
    unsent_end: Option<RunTicks>,
}

impl Outbox {
    pub(super) const fn new(
        identity: BootIdentity,
        capacity: u16,
        descriptor: &'static AppDescriptor,
    ) -> Self {
        Self {
            identity,
            descriptor,
            capacity,
            run: None,
            number: 0,
            observations: 0,
            losses: Losses {
                frames: 0,
                ticks: 0,
                bytes: 0,
            },
            unsent_end: None,
        }
    }

    /// Begins the frames of a run: one that a bench has given a number, or that of the product.
    pub(super) fn begin(&mut self, run: Option<u32>, link: &mut dyn Link) {
        self.flush(link);
        *self = Self {
            run,
            ..Self::new(self.identity, self.capacity, self.descriptor)
        };
        self.send_hello(link);
    }

    pub(super) fn send_hello(&mut self, link: &mut dyn Link) {
        let hello = Hello {
            protocol: protocol::VERSION,
            run: self.run,
            app: truncated(self.descriptor.name()),
            version: truncated(self.descriptor.version()),
            build: truncated(self.descriptor.build()),
            fingerprint: self.descriptor.fingerprint(),
            image: self.identity.image,
            tick_hz: TICK_HZ,
            capacity: self.capacity,
            boot: self.identity.boot,
            crash_record: self.identity.crash_record,
        };
        self.send(Message::Hello(hello), link);
    }

    fn observed(&mut self, tick: RunTicks, what: Observation, link: &mut dyn Link) {
        self.observations = self.observations.saturating_add(1);
        self.send(Message::Observed(tick, what), link);
    }

    /// The end of a run is sent again until it finds room: without it the bench would not
    /// learn what was lost.
    pub(super) fn end(&mut self, tick: RunTicks, link: &mut dyn Link) {
        self.unsent_end = Some(tick);
        self.flush(link);
    }

    pub(super) fn flush(&mut self, link: &mut dyn Link) {
        let Some(tick) = self.unsent_end else {
            return;
        };
        let end = RunEnd {
            tick,
            observations: self.observations,
            losses: self.losses,
        };
        if self.try_send(Message::End(end), link) {
            self.unsent_end = None;
        }
    }

    /// Sends it, or counts it as lost. Nothing overtakes the end of a run: what is asked while
    /// that waits is not answered, and whoever asked asks again.
    pub(super) fn send(&mut self, message: Message<'_>, link: &mut dyn Link) {
        self.flush(link);
        if self.unsent_end.is_some() {
            return;
        }
        if !self.try_send(message, link) {
            self.losses.frames = self.losses.frames.saturating_add(1);
            self.number = self.number.wrapping_add(1);
        }
    }

    fn try_send(&mut self, message: Message<'_>, link: &mut dyn Link) -> bool {
        let frame = Frame {
            number: self.number,
            message,
        };
        let mut buffer = [0; MAX_FRAME];
        let sent = protocol::encode(&frame, &mut buffer).is_some_and(|bytes| link.send(bytes));
        if sent {
            self.number = self.number.wrapping_add(1);
        }
        sent
    }
}

/// A text no longer than a hello can carry.
fn truncated(text: &'static str) -> &'static str {
    let mut length = text.len().min(protocol::MAX_TEXT);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    text.get(..length).unwrap_or_default()
}
