//! Delays, with the traits of `embedded-hal` and `embedded-hal-async`.

use std::future::poll_fn;
use std::task::Poll;

use crate::virtual_time;

/// A delay. A blocking one stands still, and the whole firmware with it, while time passes: outputs
/// are seen as they are then, and what comes in waits.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delay;

impl Delay {
    pub(crate) const fn new() -> Self {
        Self
    }

    fn end(ns: u64) -> u64 {
        virtual_time::now().saturating_add(virtual_time::ticks_of(ns))
    }

    fn block(ns: u64) {
        virtual_time::block_until(Self::end(ns));
    }

    async fn wait(ns: u64) {
        let end = Self::end(ns);
        poll_fn(|context| {
            if virtual_time::now() >= end {
                return Poll::Ready(());
            }
            virtual_time::wake_at(end, context.waker());
            Poll::Pending
        })
        .await;
    }
}

const NS_IN_US: u64 = 1_000;
const NS_IN_MS: u64 = 1_000_000;

impl embedded_hal::delay::DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        Self::block(ns.into());
    }

    fn delay_us(&mut self, us: u32) {
        Self::block(u64::from(us) * NS_IN_US);
    }

    fn delay_ms(&mut self, ms: u32) {
        Self::block(u64::from(ms) * NS_IN_MS);
    }
}

impl embedded_hal_async::delay::DelayNs for Delay {
    async fn delay_ns(&mut self, ns: u32) {
        Self::wait(ns.into()).await;
    }

    async fn delay_us(&mut self, us: u32) {
        Self::wait(u64::from(us) * NS_IN_US).await;
    }

    async fn delay_ms(&mut self, ms: u32) {
        Self::wait(u64::from(ms) * NS_IN_MS).await;
    }
}
