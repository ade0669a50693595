//! Who waits for something of the world to change.

use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use critical_section::Mutex;
use heapless::Vec;

/// The tasks that wait for one thing, at most `ROOM`: as many as can have a port of it. Whoever stops
/// waiting is not woken any more, as by a HAL that switches its interrupt off then.
pub(crate) struct WaitQueue<const ROOM: usize = 1> {
    /// Each with the number of its wait.
    wakers: Mutex<Cell<Wakers<ROOM>>>,
    /// How many have waited.
    count: Mutex<Cell<u32>>,
}

type Wakers<const ROOM: usize> = Vec<(u32, Waker), ROOM, u8>;

impl<const ROOM: usize> WaitQueue<ROOM> {
    pub(crate) const fn new() -> Self {
        Self {
            wakers: Mutex::new(Cell::new(Vec::new())),
            count: Mutex::new(Cell::new(0)),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Wakers<ROOM>) -> T) -> T {
        critical_section::with(|cs| {
            let place = self.wakers.borrow(cs);
            let mut wakers = place.take();
            let result = act(&mut wakers);
            place.set(wakers);
            result
        })
    }

    /// Wakes all that wait, in the order in which they began to.
    pub(crate) fn wake_all(&self) {
        for (_, waker) in self.with(core::mem::take) {
            waker.wake();
        }
    }

    /// Waits until `is_there`.
    pub(crate) fn until<F: FnMut() -> bool>(&self, is_there: F) -> Until<'_, F, ROOM> {
        let number = critical_section::with(|cs| {
            let count = self.count.borrow(cs);
            count.set(count.get().wrapping_add(1));
            count.get()
        });
        Until {
            waiting: self,
            number,
            is_there,
        }
    }
}

/// Waits until something is there.
pub(crate) struct Until<'a, F, const ROOM: usize> {
    waiting: &'a WaitQueue<ROOM>,
    number: u32,
    is_there: F,
}

// Nothing in it is pinned.
impl<F, const ROOM: usize> Unpin for Until<'_, F, ROOM> {}

impl<F: FnMut() -> bool, const ROOM: usize> Future for Until<'_, F, ROOM> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if (self.is_there)() {
            return Poll::Ready(());
        }
        let waker = context.waker();
        let has_room = self.waiting.with(|wakers| {
            let known = wakers.iter_mut().find(|(number, _)| *number == self.number);
            match known {
                Some((_, known)) => known.clone_from(waker),
                None => return wakers.push((self.number, waker.clone())).is_ok(),
            }
            true
        });
        assert!(
            has_room,
            "more than {ROOM} wait for one pin, number or serial line"
        );
        Poll::Pending
    }
}

impl<F, const ROOM: usize> Drop for Until<'_, F, ROOM> {
    fn drop(&mut self) {
        self.waiting
            .with(|wakers| wakers.retain(|(number, _)| *number != self.number));
    }
}
