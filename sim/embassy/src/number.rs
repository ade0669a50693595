//! Numbers that the world gives a firmware: what a converter reads.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::ports::World;

/// A number as it is now, how often it changed, and who waits for the next change.
#[derive(Default)]
pub(crate) struct NumberState {
    value: Cell<i32>,
    changes: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
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
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

/// A number input: the reading of an analog-to-digital converter, or of any sensor that has no bus.
///
/// `embedded-hal` 1.0 has no trait for converters. A firmware takes a closure or a trait of its own
/// for what it reads, and this is what stands behind it.
#[derive(Clone)]
pub struct Number {
    pub(crate) world: Rc<World>,
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
        let before = self.state().changes.get();
        poll_fn(|context| {
            if self.state().changes.get() != before {
                return Poll::Ready(self.read());
            }
            let mut waiting = self.state().waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn state(&self) -> &NumberState {
        self.world.number(self.index)
    }
}
