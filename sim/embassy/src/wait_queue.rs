//! Who waits for something of the world to change.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// The tasks that wait for one thing. Whoever stops waiting is not woken any more, as by a HAL that
/// switches its interrupt off then.
#[derive(Default)]
pub(crate) struct WaitQueue {
    wakers: RefCell<Vec<(u64, Waker)>>,
    /// How many have waited.
    count: Cell<u64>,
}

impl WaitQueue {
    /// Wakes all that wait, in the order in which they began to.
    pub(crate) fn wake_all(&self) {
        for (_, waker) in self.wakers.take() {
            waker.wake();
        }
    }

    /// Waits until there is something.
    pub(crate) fn until<T, F: FnMut() -> Option<T>>(&self, find: F) -> Until<'_, F> {
        self.count.set(self.count.get() + 1);
        Until {
            waiting: self,
            number: self.count.get(),
            find,
        }
    }
}

/// Waits until `find` finds something.
pub(crate) struct Until<'a, F> {
    waiting: &'a WaitQueue,
    number: u64,
    find: F,
}

// Nothing in it is pinned.
impl<F> Unpin for Until<'_, F> {}

impl<T, F: FnMut() -> Option<T>> Future for Until<'_, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if let Some(found) = (self.find)() {
            return Poll::Ready(found);
        }
        let mut wakers = self.waiting.wakers.borrow_mut();
        match wakers.iter_mut().find(|(number, _)| *number == self.number) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => wakers.push((self.number, context.waker().clone())),
        }
        Poll::Pending
    }
}

impl<F> Drop for Until<'_, F> {
    fn drop(&mut self) {
        let mut wakers = self.waiting.wakers.borrow_mut();
        wakers.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_is_woken_once_and_who_stopped_is_not() {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let waiting = WaitQueue::default();
        let there = Cell::new(false);
        let mut stays = pin!(waiting.until(|| there.get().then_some(7)));
        {
            let mut leaves = pin!(waiting.until(|| there.get().then_some(8)));
            assert!(leaves.as_mut().poll(&mut context).is_pending());
            assert!(stays.as_mut().poll(&mut context).is_pending());
            assert!(stays.as_mut().poll(&mut context).is_pending());
        }
        waiting.wake_all();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        there.set(true);
        assert_eq!(stays.as_mut().poll(&mut context), Poll::Ready(7));
        waiting.wake_all();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    }
}
