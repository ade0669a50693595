//! The tasks of the executor: which there are, which is polled, and how to poll one that nothing woke.

use std::cell::RefCell;
use std::future::Ready;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use embassy_executor::raw::{Executor, TaskStorage};
use lockstep_isolation::hints::{self, Doing};

use crate::virtual_time;

/// The tasks of this thread.
#[derive(Default)]
struct Tasks {
    all: Vec<Task>,
    /// What is spawned next, if this crate spawns it.
    next: Option<Task>,
    /// The executor, by its address.
    executor: usize,
    /// How wakers of the executor work.
    wakers: Option<&'static RawWakerVTable>,
}

#[derive(Clone, Copy)]
struct Task {
    /// As the executor counts them: its address, shortened.
    id: u32,
    /// What its future is called.
    name: Option<&'static str>,
    /// Where its storage is, if that is known for sure.
    address: Option<usize>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// The lower half of an address, by which the executor counts tasks.
#[allow(clippy::cast_possible_truncation, reason = "as the executor does it")]
pub(crate) fn shortened(address: usize) -> u32 {
    address as u32
}

/// Forgets the tasks of another app.
pub(crate) fn start_over(executor: &'static Executor) {
    TASKS.set(Tasks {
        executor: ptr::from_ref(executor).expose_provenance(),
        ..Tasks::default()
    });
}

/// A future of type `F` is spawned next, in this storage.
pub(crate) fn expect<F>(storage: usize) {
    let task = Task {
        id: shortened(storage),
        name: Some(name_of::<F>()),
        address: Some(storage),
    };
    TASKS.with_borrow_mut(|tasks| tasks.next = Some(task));
}

/// What an async function is called, without what it is generic over.
fn name_of<F>() -> &'static str {
    let name = std::any::type_name::<F>();
    let name = name.strip_suffix("::{{closure}}").unwrap_or(name);
    match name.find('<') {
        None | Some(0) => name,
        Some(generics) => &name[..generics],
    }
}

/// Notes how a waker of the executor works.
pub(crate) fn note_waker(waker: &Waker) {
    let wakers = waker.vtable();
    TASKS.with_borrow_mut(|tasks| tasks.wakers = Some(wakers));
}

/// Makes every task ready.
pub(crate) fn wake_all() {
    let (addresses, wakers) = TASKS.with_borrow(|tasks| {
        let addresses = tasks.all.iter().filter_map(|task| task.address);
        (addresses.collect::<Vec<_>>(), tasks.wakers)
    });
    let Some(wakers) = wakers else { return };
    for address in addresses {
        let task = ptr::with_exposed_provenance(address);
        #[allow(
            unsafe_code,
            reason = "there is no safe way to wake a task that has given no waker"
        )]
        // SAFETY: a waker of this executor is the address of a storage and this table. The address is
        // that of a storage that was spawned and has not ended: one that this crate made, or a static
        // whose header names this executor. Dropping a waker of the executor does nothing.
        let waker = ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(task, wakers)) });
        waker.wake_by_ref();
    }
}

/// The address of a task that is a static, as `#[task]` makes it.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn static_address(id: u32, executor: usize) -> Option<usize> {
    #[allow(unsafe_code, reason = "the linker sets these")]
    unsafe extern "C" {
        static __executable_start: u8;
        static _end: u8;
    }
    let start = (&raw const __executable_start).addr();
    let end = (&raw const _end).addr();
    // A program is shorter than what the shortened address can tell apart.
    let offset = id.wrapping_sub(shortened(start));
    let address = start.checked_add(usize::try_from(offset).ok()?)?;
    let header = size_of::<TaskStorage<Ready<()>>>();
    let is_inside = address % align_of::<usize>() == 0 && address + header <= end;
    (is_inside && names(address, header, executor)).then_some(address)
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn static_address(_: u32, _: usize) -> Option<usize> {
    None
}

/// Whether one of the words there is this address.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn names(address: usize, bytes: usize, searched: usize) -> bool {
    let words = ptr::with_exposed_provenance::<MaybeUninit<usize>>(address);
    (0..bytes / size_of::<usize>()).any(|index| {
        #[allow(
            unsafe_code,
            reason = "there is no safe way to look at a static of the firmware"
        )]
        // SAFETY: the address is aligned, and so many bytes from it lie in the program, between the
        // first and the last that the linker placed. What is read is a word of any kind, which a
        // processor has as some number.
        let word = unsafe { ptr::read_volatile(words.add(index)).assume_init() };
        word == searched
    })
}

/// Defines functions that the executor calls by name.
macro_rules! called_by_the_executor {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident),*) $body:block)*) => {$(
        $(#[$doc])*
        #[allow(unsafe_code, reason = "the executor asks for a symbol of this name")]
        // SAFETY: it is the only function of this name: nothing else in a program of Lockstep traces
        // the executor.
        #[unsafe(no_mangle)]
        fn $name($($argument: u32),*) $body
    )*};
}

called_by_the_executor! {
    fn _embassy_trace_task_new(_executor, id) {
        TASKS.with_borrow_mut(|tasks| {
            let expected = tasks.next.take().filter(|task| task.id == id);
            let task = expected.unwrap_or_else(|| Task {
                id,
                name: None,
                address: static_address(id, tasks.executor),
            });
            tasks.all.push(task);
        });
    }

    fn _embassy_trace_task_end(_executor, id) {
        TASKS.with_borrow_mut(|tasks| tasks.all.retain(|task| task.id != id));
    }

    fn _embassy_trace_task_exec_begin(_executor, id) {
        virtual_time::poll_begins(id);
        let task = TASKS.with_borrow(|tasks| tasks.all.iter().find(|task| task.id == id).copied());
        hints::doing(match task {
            Some(Task { name: Some(name), .. }) => Doing::Task(name),
            Some(Task { address: Some(address), .. }) => Doing::TaskAt(address),
            _ => Doing::Nothing,
        });
    }

    fn _embassy_trace_task_exec_end(_executor, id) {
        virtual_time::poll_ends(id);
    }

    fn _embassy_trace_poll_start(_executor) {}

    fn _embassy_trace_task_ready_begin(_executor, _id) {}

    fn _embassy_trace_executor_idle(_executor) {}
}
