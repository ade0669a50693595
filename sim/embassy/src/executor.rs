//! The executor, polled by the app until no task is ready.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use embassy_executor::Spawner;
use embassy_executor::raw::{Executor, TaskStorage};
use lockstep_engine::task_wakeups::WakeupFault;
use lockstep_isolation::hints::{self, Doing};

use crate::stack::{FirmwareStack, Pause};
use crate::tasks;

/// Whether a task is ready, for the executor that is given a pointer to it. Atomic, because a waker
/// may be called on any thread.
struct Pending(AtomicBool);

/// The executor of one app, and the stack that its tasks run on.
pub(crate) struct PolledExecutor {
    stack: FirmwareStack,
}

impl PolledExecutor {
    /// An executor that begins with `start`. What it takes is never given back: tasks live as long as
    /// the process.
    pub(crate) fn new(fault: Option<WakeupFault>, start: impl FnOnce(Spawner) + 'static) -> Self {
        let pending: &'static Pending = Box::leak(Box::new(Pending(AtomicBool::new(false))));
        let context = std::ptr::from_ref(pending).cast_mut().cast();
        let executor: &'static Executor = Box::leak(Box::new(Executor::new(context)));
        let is_spurious = fault == Some(WakeupFault::Spurious);
        tasks::start_over(executor);
        let mut start = Some(start);
        let stack = FirmwareStack::new(move || {
            if let Some(start) = start.take() {
                if is_spurious {
                    spawn(executor.spawner(), note_waker());
                }
                start(executor.spawner());
            }
            poll(executor, pending);
            if is_spurious {
                tasks::wake_all();
                poll(executor, pending);
            }
        });
        Self { stack }
    }

    /// Polls the tasks that are ready, until none is or one blocks.
    pub(crate) fn run(&mut self) {
        self.stack.run();
        hints::doing(Doing::Nothing);
    }

    /// Why it does not go on.
    pub(crate) fn pause(&self) -> Pause {
        self.stack.pause()
    }
}

fn poll(executor: &'static Executor, pending: &Pending) {
    while pending.0.swap(false, Ordering::AcqRel) {
        #[allow(unsafe_code, reason = "there is no safe way to poll an executor")]
        // SAFETY: the executor was initialised when it was made, and is polled by this function alone:
        // on one thread, that of the tasks, since what holds it is not `Send`, and not from within
        // itself, since it is called on the stack of the tasks, below them.
        unsafe {
            executor.poll();
        }
    }
}

/// A task that shows how wakers work here.
async fn note_waker() {
    poll_fn(|context| {
        tasks::note_waker(context.waker());
        Poll::Ready(())
    })
    .await;
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
    tasks::expect::<F>(std::ptr::from_ref(storage).expose_provenance());
    // A storage that was made just now is free.
    if let Ok(token) = storage.spawn(|| future) {
        spawner.spawn(token);
    }
}
