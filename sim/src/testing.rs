//! Scripts for the tests of this crate.

use std::ops::ControlFlow;

use firmware_core::apps::toggle;
use firmware_core::event::ButtonId;
use firmware_core::time::{Instant, Ticks};

use crate::catalog::AppEntry;
use crate::play;
use crate::script::{Action, Conditions, Contact, Script, Timed};
use crate::trace::Trace;

/// What follows when `toggle` plays this script.
pub(crate) fn trace_of(script: &Script) -> Trace {
    let app = AppEntry::of::<toggle::Firmware>();
    play::trace(&app, script, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// A press at tick 2, held through a reset at tick 3, let go at tick 6.
pub(crate) fn press_and_reset() -> Script {
    let button = |contact| Action::Button(ButtonId(0), contact);
    let events = [
        (2, button(Contact::Closed)),
        (3, Action::Reset(Conditions::UartMissing)),
        (6, button(Contact::Open)),
    ];
    let timed = events.map(|(tick, action)| Timed {
        tick: Ticks(tick),
        action,
    });
    Script::new(Conditions::Ok, Instant::ZERO, timed.to_vec(), Ticks(9)).unwrap()
}
