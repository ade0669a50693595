//! Numbers that the world gives a firmware: what a converter reads.

use std::cell::Cell;
use std::rc::Rc;

use crate::ports::PortStates;
use crate::wait_queue::WaitQueue;

/// A number as it is now, how often it changed, and who waits for the next change.
#[derive(Default)]
pub(crate) struct NumberState {
    value: Cell<i32>,
    changes: Cell<u64>,
    waiting: WaitQueue,
}

impl NumberState {
    pub(crate) fn starting_at(value: i32) -> Self {
        Self {
            value: Cell::new(value),
            ..Self::default()
        }
    }

    /// Changes it, and wakes whoever waits for that.
    pub(crate) fn set(&self, value: i32) {
        self.value.set(value);
        self.changes.set(self.changes.get() + 1);
        self.waiting.wake_all();
    }
}

/// A number input: the reading of an analog-to-digital converter, or of any sensor that has no bus.
///
/// `embedded-hal` 1.0 has no trait for converters. A firmware takes a closure or a trait of its own
/// for what it reads, and this is what stands behind it.
#[derive(Clone)]
pub struct Number {
    pub(crate) states: Rc<PortStates>,
    pub(crate) index: usize,
}

impl Number {
    /// What it is now, as the descriptor counts it: with one decimal, 215 is 21.5.
    #[must_use]
    pub fn read(&self) -> i32 {
        self.state().value.get()
    }

    /// Waits until it is set again, and gives what it is then.
    pub async fn wait_for_change(&self) -> i32 {
        let state = self.state();
        let before = state.changes.get();
        let changed = || (state.changes.get() != before).then(|| self.read());
        state.waiting.until(changed).await
    }

    fn state(&self) -> &NumberState {
        self.states.number(self.index)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use lockstep_core::app::AppDescriptor;
    use lockstep_core::event::NumberId;
    use lockstep_core::ports::NumberInput;

    use super::*;
    use crate::ports::Ports;

    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("numbers", "1.0.0").with_numbers(&[
        NumberInput::new("light", 0, 4_095),
        NumberInput::new("temperature", -400, 850).starting_at(215),
    ]);

    #[test]
    fn a_number_is_what_it_was_set_to_last() {
        let states = PortStates::new(const { &DESCRIPTOR });
        let ports = Ports::of(&states);
        let (light, temperature) = (ports.number("light"), ports.number("temperature"));
        assert_eq!((light.read(), temperature.read()), (0, 215));
        states.set_number(NumberId(1), -40);
        // One that is not declared is nobody's.
        states.set_number(NumberId(2), 7);
        assert_eq!((light.read(), temperature.read()), (0, -40));
    }

    #[test]
    fn a_change_is_one_after_the_wait_began_also_to_the_same_value() {
        let states = PortStates::new(const { &DESCRIPTOR });
        let light = Ports::of(&states).number("light");
        let mut context = Context::from_waker(Waker::noop());
        states.set_number(NumberId(0), 7);
        let mut change = pin!(light.wait_for_change());
        assert!(change.as_mut().poll(&mut context).is_pending());
        states.set_number(NumberId(1), 9);
        assert!(change.as_mut().poll(&mut context).is_pending());
        states.set_number(NumberId(0), 7);
        assert_eq!(change.as_mut().poll(&mut context), Poll::Ready(7));
    }
}
