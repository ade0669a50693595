//! The executor, polled by the app until no task is ready.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::Spawner;
use embassy_executor::raw::{Executor, TaskStorage};

/// Whether a task is ready, for the executor that is given a pointer to it. Atomic, because a waker
/// may be called on any thread.
struct Pending(AtomicBool);

/// The executor of one app.
pub(crate) struct PolledExecutor {
    executor: &'static Executor,
    pending: &'static Pending,
}

impl PolledExecutor {
    /// An executor without tasks. What it takes is never given back: tasks live as long as the
    /// process.
    pub(crate) fn new() -> Self {
        let pending: &'static Pending = Box::leak(Box::new(Pending(AtomicBool::new(false))));
        let context = std::ptr::from_ref(pending).cast_mut().cast();
        let executor = Box::leak(Box::new(Executor::new(context)));
        Self { executor, pending }
    }

    pub(crate) fn spawner(&self) -> Spawner {
        self.executor.spawner()
    }

    /// Polls the tasks that are ready, until none is.
    pub(crate) fn run(&self) {
        while self.pending.0.swap(false, Ordering::AcqRel) {
            #[allow(unsafe_code, reason = "there is no safe way to poll an executor")]
            // SAFETY: the executor was initialised when it was made, and is polled by this method
            // alone: on one thread, that of the tasks, since neither it nor what holds it is `Send`,
            // and not from within itself, since a task has no way to the app that holds it.
            unsafe {
                self.executor.poll();
            }
        }
    }
}

/// Called by an executor when one of its tasks becomes ready.
#[allow(unsafe_code, reason = "the executor asks for a symbol of this name")]
// SAFETY: it is the only function of this name: nothing else in a program of Lockstep is a platform
// of Embassy.
#[unsafe(export_name = "__pender")]
fn pend(context: *mut ()) {
    #[allow(unsafe_code, reason = "the executor passes a pointer")]
    // SAFETY: the pointer is the one that `PolledExecutor::new` gave the executor, to an atomic in
    // memory that is never given back: any thread may access it at any time.
    let pending = unsafe { context.cast::<Pending>().as_ref() };
    if let Some(pending) = pending {
        pending.0.store(true, Ordering::Release);
    }
}

/// Spawns a future that is no `#[task]`: one that is generic over its pins, as firmware that does not
/// know its board is.
pub fn spawn<F: Future<Output = ()> + 'static>(spawner: Spawner, future: F) {
    let storage: &'static TaskStorage<F> = Box::leak(Box::new(TaskStorage::new()));
    // A storage that was made just now is free.
    if let Ok(token) = storage.spawn(|| future) {
        spawner.spawn(token);
    }
}
