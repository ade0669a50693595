//! The executor, polled by the app until no task is ready.

use std::cell::Cell;
use std::future::Future;

use embassy_executor::Spawner;
use embassy_executor::raw::{Executor, TaskStorage};

/// Whether a task is ready, for the executor that is given a pointer to it.
struct Pending(Cell<bool>);

/// The executor of one app.
pub(crate) struct PolledExecutor {
    executor: &'static Executor,
    pending: &'static Pending,
}

impl PolledExecutor {
    /// An executor without tasks. What it takes is never given back: tasks live as long as the
    /// process.
    pub(crate) fn new() -> Self {
        let pending: &'static Pending = Box::leak(Box::new(Pending(Cell::new(false))));
        let context = std::ptr::from_ref(pending).cast_mut().cast();
        let executor = Box::leak(Box::new(Executor::new(context)));
        Self { executor, pending }
    }

    pub(crate) fn spawner(&self) -> Spawner {
        self.executor.spawner()
    }

    /// Polls the tasks that are ready, until none is.
    pub(crate) fn run(&self) {
        while self.pending.0.replace(false) {
            #[allow(unsafe_code, reason = "there is no safe way to poll an executor")]
            // SAFETY: the executor was initialised when it was made, is polled by this method alone,
            // on the thread that its tasks were spawned on, and not from within: a task has no way to
            // the app.
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
    // SAFETY: the pointer is the one that `PolledExecutor::new` gave the executor, to memory that is
    // never given back, and is used on one thread.
    let pending = unsafe { context.cast::<Pending>().as_ref() };
    if let Some(pending) = pending {
        pending.0.set(true);
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
