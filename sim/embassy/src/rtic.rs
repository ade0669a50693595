//! The time of RTIC: tasks over `rtic_time::Monotonic` wait in virtual time too.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use embassy_time_driver::TICK_HZ;
use rtic_time::{Timebase, TimeoutError, fugit};

use crate::virtual_time;

/// A clock of RTIC that counts microseconds of virtual time.
///
/// ```
/// use lockstep_embassy::RticClock;
/// use rtic_time::Monotonic;
///
/// async fn blink<M: Monotonic>(every: M::Duration) {
///     M::delay(every).await;
/// }
///
/// let blink = blink::<RticClock>(<RticClock as rtic_time::Timebase>::Duration::from_millis(500));
/// # drop(blink);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RticClock;

type Instant = fugit::MonotonicInstant<u64, 1, 1_000_000>;
type Duration = fugit::Duration<u64, 1, 1_000_000>;

/// The time of `embassy-time` at which an instant is there.
fn time_of(instant: Instant) -> u64 {
    let ticks = u128::from(instant.as_ticks()) * u128::from(TICK_HZ);
    u64::try_from(ticks.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl Timebase for RticClock {
    type Instant = Instant;
    type Duration = Duration;

    fn now() -> Instant {
        let us = u128::from(virtual_time::now()) * 1_000_000 / u128::from(TICK_HZ);
        Instant::from_ticks(u64::try_from(us).unwrap_or(u64::MAX))
    }

    async fn delay(duration: Duration) {
        Self::delay_until(Self::now() + duration).await;
    }

    async fn delay_until(instant: Instant) {
        let at = time_of(instant);
        poll_fn(|context| {
            if virtual_time::now() >= at {
                return Poll::Ready(());
            }
            virtual_time::wake_at(at, context.waker());
            Poll::Pending
        })
        .await;
    }

    async fn timeout_at<F: Future>(instant: Instant, future: F) -> Result<F::Output, TimeoutError> {
        let mut future = pin!(future);
        let mut delay = pin!(Self::delay_until(instant));
        poll_fn(|context| {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            delay.as_mut().poll(context).map(|()| Err(TimeoutError))
        })
        .await
    }

    async fn timeout_after<F: Future>(
        duration: Duration,
        future: F,
    ) -> Result<F::Output, TimeoutError> {
        Self::timeout_at(Self::now() + duration, future).await
    }
}
