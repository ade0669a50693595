//! Numbers that the world gives a firmware: what a converter reads.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use crate::wait_queue::WaitQueue;

/// How many tasks can wait for a number to change: its port can be copied.
const TASKS: usize = 4;

/// A number as it is now, how often it changed, and who waits for the next change. The atomics have one user,
/// the main loop, and are atomic only because they are static.
pub(crate) struct NumberState {
    value: AtomicI32,
    changes: AtomicU32,
    waiting: WaitQueue<TASKS>,
}

impl NumberState {
    pub(crate) const fn new() -> Self {
        Self {
            value: AtomicI32::new(0),
            changes: AtomicU32::new(0),
            waiting: WaitQueue::new(),
        }
    }

    /// What it is before the world says anything.
    pub(crate) fn start_at(&self, value: i32) {
        self.value.store(value, Ordering::Relaxed);
    }

    /// Changes it, and wakes whoever waits for that.
    pub(crate) fn set(&self, value: i32) {
        self.value.store(value, Ordering::Relaxed);
        self.changes
            .store(self.changes().wrapping_add(1), Ordering::Relaxed);
        self.waiting.wake_all();
    }

    fn changes(&self) -> u32 {
        self.changes.load(Ordering::Relaxed)
    }
}

/// A number input: the reading of an analog-to-digital converter, or of any sensor that has no bus.
///
/// `embedded-hal` 1.0 has no trait for converters. A firmware takes a closure or a trait of its own
/// for what it reads, and this is what stands behind it.
#[derive(Clone, Copy)]
pub struct Number {
    pub(crate) state: &'static NumberState,
}

impl Number {
    /// What it is now, as the descriptor counts it: with one decimal, 215 is 21.5.
    #[must_use]
    pub fn read(&self) -> i32 {
        self.state.value.load(Ordering::Relaxed)
    }

    /// Waits until it is set again, and gives what it is then.
    pub async fn wait_for_change(&self) -> i32 {
        let before = self.state.changes();
        let has_changed = || self.state.changes() != before;
        self.state.waiting.until(has_changed).await;
        self.read()
    }
}
