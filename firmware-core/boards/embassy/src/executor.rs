//! The executor, polled by the app until no task is ready, and room for futures that are no `#[task]`.

use core::cell::{Cell, UnsafeCell};
use core::future::Future;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use critical_section::Mutex;
use embassy_executor::Spawner;
use embassy_executor::raw::{Executor, TaskStorage};

use crate::virtual_time;

/// Whether a task is ready.
static PENDING: AtomicBool = AtomicBool::new(false);

struct ExecutorMemory(UnsafeCell<MaybeUninit<Executor>>);

// SAFETY: only the main loop uses it, on the one core of the chip.
unsafe impl Sync for ExecutorMemory {}

static EXECUTOR: ExecutorMemory = ExecutorMemory(UnsafeCell::new(MaybeUninit::uninit()));

/// How many bytes there are for the futures of [`spawn`].
const ROOM: usize = 1_536;

#[repr(align(8))]
struct Arena(UnsafeCell<MaybeUninit<[u8; ROOM]>>);

// SAFETY: `allocate` gives each part of it away once.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new(MaybeUninit::uninit()));

/// How many of its bytes are given away.
static ALLOCATED: Mutex<Cell<usize>> = Mutex::new(Cell::new(0));

/// Makes the executor. To be called once after the statics were initialised, before anything else here.
pub(crate) fn start() {
    let memory = EXECUTOR.0.get().cast::<Executor>();
    // SAFETY: the memory is that of a static, aligned for it, and nobody refers to it yet: what
    // refers to an executor begins in `executor`, after this.
    unsafe { memory.write(Executor::new(ptr::null_mut())) };
}

fn executor() -> &'static Executor {
    // SAFETY: `start` has initialised it, and nobody writes to it until the statics start over.
    unsafe { &*EXECUTOR.0.get().cast::<Executor>() }
}

pub(crate) fn spawner() -> Spawner {
    executor().spawner()
}

/// Polls the tasks that are ready, until none is.
pub(crate) fn poll() {
    while PENDING.load(Ordering::Relaxed) {
        PENDING.store(false, Ordering::Relaxed);
        virtual_time::poll_begins();
        // SAFETY: the executor is initialised, and polled by this function alone, which the main loop
        // calls and no task can.
        unsafe { executor().poll() };
    }
}

/// Called by the executor when one of its tasks becomes ready.
// SAFETY: the symbol is unique in the link: nothing else in the image is a platform of Embassy.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    PENDING.store(true, Ordering::Release);
}

/// Memory that is given back only when the statics start over.
fn allocate<T>() -> *mut T {
    assert!(
        align_of::<T>() <= align_of::<Arena>(),
        "a future has a large alignment"
    );
    let begin = critical_section::with(|cs| {
        let allocated = ALLOCATED.borrow(cs);
        let begin = allocated.get().next_multiple_of(align_of::<T>());
        allocated.set(begin.saturating_add(size_of::<T>()));
        begin
    });
    assert!(
        begin.saturating_add(size_of::<T>()) <= ROOM,
        "the futures of `spawn` take more than {ROOM} bytes: a #[task] has memory of its own"
    );
    ARENA.0.get().cast::<u8>().wrapping_add(begin).cast()
}

/// Spawns a future that is no `#[task]`: one that is generic over its pins, as firmware that does not
/// know its board is.
///
/// # Panics
///
/// If the futures take more than 1.5 KiB together.
pub fn spawn<F: Future<Output = ()> + 'static>(spawner: Spawner, future: F) {
    let memory = allocate::<TaskStorage<F>>();
    // SAFETY: the memory is aligned, large enough, of a static, and nobody else's.
    let storage: &'static TaskStorage<F> = unsafe {
        memory.write(TaskStorage::new());
        &*memory
    };
    // A storage that was made just now is free.
    if let Ok(token) = storage.spawn(|| future) {
        spawner.spawn(token);
    }
}
