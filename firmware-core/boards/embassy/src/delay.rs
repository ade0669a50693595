//! Delays, with the trait of `embedded-hal-async`.

use core::future::poll_fn;
use core::task::Poll;

use embedded_hal_async::delay::DelayNs;

use crate::virtual_time;

/// An async delay.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delay;

impl Delay {
    pub(crate) const fn new() -> Self {
        Self
    }

    async fn wait(ns: u64) {
        let end = virtual_time::now().saturating_add(virtual_time::ticks_of(ns));
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

impl DelayNs for Delay {
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
