//! What the firmware says with `log` or `defmt`, as logs of its app.

#[cfg(feature = "defmt")]
mod defmt_frames;
#[cfg(feature = "log")]
mod log_records;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::{Rc, Weak};

use lockstep_core::app::{Log, LogId};
use lockstep_embassy_ports::messages::MessageParts;
pub use lockstep_embassy_ports::messages::{MessageFilter, Severity};

use crate::ports::PortStates;

/// Where messages go.
struct Receiver {
    world: Weak<PortStates>,
    log: LogId,
    filter: MessageFilter,
}

thread_local! {
    static RECEIVER: RefCell<Option<Receiver>> = const { RefCell::new(None) };
}

/// From now on, messages are logs of this kind.
pub(crate) fn receive(world: &Rc<PortStates>, log: LogId, filter: MessageFilter) {
    RECEIVER.set(Some(Receiver {
        world: Rc::downgrade(world),
        log,
        filter,
    }));
    #[cfg(feature = "log")]
    log_records::receive(filter.least());
}

#[cfg_attr(
    not(any(feature = "log", feature = "defmt")),
    allow(dead_code, reason = "without either there are no messages")
)]
fn say(severity: Severity, module: &str, text: &str) {
    RECEIVER.with_borrow(|receiver| {
        let receiver = receiver.as_ref();
        let Some(receiver) = receiver.filter(|it| it.filter.takes(severity, module)) else {
            return;
        };
        let Some(world) = receiver.world.upgrade() else {
            return;
        };
        let mut parts = MessageParts::new(|part| world.log(Log::text(receiver.log, part)));
        // It takes everything.
        let _ = write!(parts, "{severity} {text}");
        parts.end();
    });
}

/// Reads what `defmt` needs to know of this program, which every run would do by itself: to be called
/// at the start of `main`.
#[cfg(feature = "defmt")]
pub fn prepare_defmt() {
    defmt_frames::prepare();
}
