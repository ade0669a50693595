//! Who waits for a pin to change.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use critical_section::Mutex;
use heapless::Vec;

/// How many can wait for one edge: more than the one port of a pin has use for.
const ROOM: usize = 2;

/// The tasks that wait for one thing. Whoever stops waiting is not woken any more, as by a HAL that
/// switches its interrupt off then.
pub(crate) struct Waiting(Mutex<RefCell<State>>);

struct State {
    /// Each with the number of its wait.
    wakers: Vec<(u32, Waker), ROOM>,
    /// How many have waited.
    count: u32,
}

impl Waiting {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(RefCell::new(State {
            wakers: Vec::new(),
            count: 0,
        })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        critical_section::with(|cs| act(&mut self.0.borrow_ref_mut(cs)))
    }

    /// Wakes all that wait, in the order in which they began to.
    pub(crate) fn wake_all(&self) {
        for (_, waker) in self.with(|state| core::mem::take(&mut state.wakers)) {
            waker.wake();
        }
    }

    /// Waits until `is_there`.
    pub(crate) fn until<F: FnMut() -> bool>(&self, is_there: F) -> Until<'_, F> {
        let number = self.with(|state| {
            state.count = state.count.wrapping_add(1);
            state.count
        });
        Until {
            waiting: self,
            number,
            is_there,
        }
    }
}

/// Waits until something is there.
pub(crate) struct Until<'a, F> {
    waiting: &'a Waiting,
    number: u32,
    is_there: F,
}

// Nothing in it is pinned.
impl<F> Unpin for Until<'_, F> {}

impl<F: FnMut() -> bool> Future for Until<'_, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if (self.is_there)() {
            return Poll::Ready(());
        }
        let waker = context.waker();
        let has_room = self.waiting.with(|state| {
            let mut wakers = state.wakers.iter_mut();
            match wakers.find(|(number, _)| *number == self.number) {
                Some((_, known)) => known.clone_from(waker),
                None => return state.wakers.push((self.number, waker.clone())).is_ok(),
            }
            true
        });
        assert!(has_room, "more than {ROOM} wait for one edge of a pin");
        Poll::Pending
    }
}

impl<F> Drop for Until<'_, F> {
    fn drop(&mut self) {
        self.waiting
            .with(|state| state.wakers.retain(|(number, _)| *number != self.number));
    }
}
