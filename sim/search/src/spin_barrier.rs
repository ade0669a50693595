//! Where threads wait for each other, often and for a short time.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

/// A barrier that looks for a moment before it sleeps, and breaks if a thread panics.
pub(crate) struct SpinBarrier {
    threads: usize,
    arrived: AtomicUsize,
    turn: AtomicUsize,
    is_broken: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

/// A thread panicked that others wait for.
#[derive(Debug)]
pub(crate) struct Broken;

/// How often it looks before it sleeps: some microseconds.
const LOOKS: u32 = 1 << 11;

impl SpinBarrier {
    pub(crate) const fn new(threads: usize) -> Self {
        Self {
            threads,
            arrived: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
            lock: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    /// Waits until all threads are here.
    pub(crate) fn wait(&self) -> Result<(), Broken> {
        let turn = self.turn.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Release);
            self.change(|| self.turn.store(turn.wrapping_add(1), Ordering::Release));
            return self.state();
        }
        let is_over = || self.turn.load(Ordering::Acquire) != turn || self.state().is_err();
        for _ in 0..LOOKS {
            if is_over() {
                return self.state();
            }
            hint::spin_loop();
        }
        let mut guard = self.lock.lock().map_err(|_| Broken)?;
        while !is_over() {
            guard = self.changed.wait(guard).map_err(|_| Broken)?;
        }
        self.state()
    }

    /// What breaks it when it is dropped by a panic.
    pub(crate) const fn guard(&self) -> impl Drop + '_ {
        BreakOnPanic(self)
    }

    fn change(&self, change: impl FnOnce()) {
        // Whoever is about to sleep has looked, or holds the lock.
        let guard = self.lock.lock();
        change();
        self.changed.notify_all();
        drop(guard);
    }

    fn state(&self) -> Result<(), Broken> {
        match self.is_broken.load(Ordering::Acquire) {
            true => Err(Broken),
            false => Ok(()),
        }
    }
}

struct BreakOnPanic<'a>(&'a SpinBarrier);

impl Drop for BreakOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0
                .change(|| self.0.is_broken.store(true, Ordering::Release));
        }
    }
}
