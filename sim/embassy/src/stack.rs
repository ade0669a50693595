//! The stack of the firmware: its own, so that it can stand still in the middle of a task while time
//! goes on.

use std::cell::Cell;
use std::mem;
use std::ptr;

use corosensei::stack::{DefaultStack, Stack as _};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use lockstep_isolation::hints;

/// As much as a program has for its own; of memory, what is used.
const SIZE: usize = 8 << 20;

/// What the firmware waits for in the middle of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// For this time, in ticks of `embassy-time`.
    Until(u64),
    /// For something to come in.
    ForInput,
}

/// Why the firmware stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// No task is ready.
    Idle,
    /// A task blocks.
    Blocked(Blocked),
}

enum Order {
    GoOn,
    End,
}

type Firmware = Coroutine<Order, Pause, ()>;

thread_local! {
    /// Where the firmware that runs on this thread leaves its stack.
    static LEAVES: Cell<*const Yielder<Order, Pause>> = const { Cell::new(ptr::null()) };
}

/// Code of the firmware on its stack.
pub(crate) struct FirmwareStack {
    /// `None` once it is dropped.
    firmware: Option<Firmware>,
    pause: Pause,
}

impl FirmwareStack {
    /// Calls `run` on a stack of its own each time it is to go on, until it returns.
    #[allow(
        clippy::panic,
        reason = "an app is made without a way to fail, and a system without memory ends it anyway"
    )]
    pub(crate) fn new(mut run: impl FnMut() + 'static) -> Self {
        let stack = DefaultStack::new(SIZE)
            .unwrap_or_else(|error| panic!("no memory for the stack of the firmware: {error}"));
        hints::stack(stack.limit().get()..stack.base().get());
        let firmware = Coroutine::with_stack(stack, move |yielder, first| {
            let mut order = first;
            while let Order::GoOn = order {
                LEAVES.set(yielder);
                run();
                order = yielder.suspend(Pause::Idle);
            }
        });
        Self {
            firmware: Some(firmware),
            pause: Pause::Idle,
        }
    }

    /// Lets it go on, until no task is ready or one blocks.
    pub(crate) fn run(&mut self) {
        /// Also where the firmware panics.
        struct Left;
        impl Drop for Left {
            fn drop(&mut self) {
                LEAVES.set(ptr::null());
            }
        }
        let Some(firmware) = self.firmware.as_mut().filter(|firmware| !firmware.done()) else {
            return;
        };
        let left = Left;
        self.pause = match firmware.resume(Order::GoOn) {
            CoroutineResult::Yield(pause) => pause,
            CoroutineResult::Return(()) => Pause::Idle,
        };
        drop(left);
    }

    pub(crate) fn pause(&self) -> Pause {
        self.pause
    }
}

impl Drop for FirmwareStack {
    fn drop(&mut self) {
        let Some(mut firmware) = self.firmware.take() else {
            return;
        };
        match self.pause {
            Pause::Idle if firmware.started() && !firmware.done() => {
                firmware.resume(Order::End);
            }
            // What it is in the middle of is left as it is, as by a board that is reset.
            Pause::Blocked(_) if !firmware.done() => mem::forget(firmware),
            _ => {}
        }
    }
}

/// Whether this is code of the firmware.
pub(crate) fn is_firmware() -> bool {
    !LEAVES.get().is_null()
}

/// Stands still, in the middle of a task: until the app goes on, which may be too early.
///
/// # Panics
///
/// Outside of a firmware, where nothing else could go on.
#[allow(
    clippy::panic,
    reason = "it would stand still for ever, and becomes a verdict"
)]
pub(crate) fn block(why: Blocked) {
    let leaves = LEAVES.get();
    assert!(
        !leaves.is_null(),
        "this blocks, and is no code of a firmware that is played: nothing would go on"
    );
    #[allow(unsafe_code, reason = "a task has no other way to what plays it")]
    // SAFETY: it is set to the yielder of the coroutine that runs on this thread, which is on its
    // stack until it returns, and to null whenever the coroutine is left.
    unsafe {
        (*leaves).suspend(Pause::Blocked(why));
    }
    LEAVES.set(leaves);
}
