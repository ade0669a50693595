//! The firmware as the agent sees it: what it has noted is what it shows and says.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

use lockstep_core::app::{App, AppDescriptor, Levels};
use lockstep_core::event::Event;
use lockstep_core::sink::Sink;

use crate::{notes, pins, ticks};

/// What a firmware has: the same that its simulator declares on the host.
pub trait Firmware: 'static {
    /// The names of everything the firmware has: buttons, outputs and logs.
    const DESCRIPTOR: AppDescriptor;

    /// `[Level; N]`, one for each declared output.
    type Outputs: Levels;
}

/// Whether the agent has made the app anew since [`take_reset`].
static IS_NEW: AtomicBool = AtomicBool::new(false);

/// The firmware, which is not here: its executor polls it.
#[derive(Debug)]
pub(crate) struct Beside<F>(PhantomData<F>);

impl<F: Firmware> App for Beside<F> {
    const DESCRIPTOR: AppDescriptor = F::DESCRIPTOR;
    type Outputs = F::Outputs;

    fn new() -> Self {
        IS_NEW.store(true, Ordering::Relaxed);
        Self(PhantomData)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Press(button) => pins::move_contact(button, true),
            Event::Release(button) => pins::move_contact(button, false),
            // The firmware goes on by itself.
            Event::Init(_) | Event::Tick => notes::take(ticks::begun(), |log| out.log(log)),
            _ => {}
        }
    }

    fn outputs(&self) -> Self::Outputs {
        let mut outputs = F::Outputs::OFF;
        for (level, told) in outputs.as_mut().iter_mut().zip(notes::told()) {
            *level = told;
        }
        outputs
    }
}

/// Whether the firmware has to start over: the agent has made the app anew.
pub(crate) fn take_reset() -> bool {
    let is_new = IS_NEW.load(Ordering::Relaxed);
    IS_NEW.store(false, Ordering::Relaxed);
    is_new
}
