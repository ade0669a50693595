//! The task: tells what the firmware has done, tick by tick, and does what a bench wants.

use embassy_time::{Duration, Timer};
use lockstep_core::agent::Order;
use lockstep_core::contacts::Contacts;
use lockstep_core::protocol::{Phase, Stimulus};

use crate::app::{self, Firmware};
use crate::bench::Beginning;
use crate::channels::Channels;
use crate::retained::{self, Kept, Reason};
use crate::{crash, notes, pins, ticks};

/// How often the agent looks for a bench while the firmware runs as the product.
const PRODUCT: Duration = Duration::from_millis(10);

/// After so many ticks without a crash, the count of crashes in a row is 0 again.
const SETTLED: u32 = 10_000;

/// Tells a bench what the firmware does. One task runs it.
pub struct Agent<F: Firmware> {
    kept: &'static mut Kept<F>,
    channels: Channels,
    beginning: Beginning,
    sample: fn() -> u64,
}

impl<F: Firmware> Agent<F> {
    pub(crate) const fn new(
        kept: &'static mut Kept<F>,
        channels: Channels,
        beginning: Beginning,
        sample: fn() -> u64,
    ) -> Self {
        Self {
            kept,
            channels,
            beginning,
            sample,
        }
    }

    /// Runs as long as the firmware does.
    pub async fn run(mut self) -> ! {
        self.power_up().await;
        let mut has_settled = false;
        loop {
            if !has_settled && ticks::now() >= SETTLED {
                has_settled = true;
                crash::reset_count();
            }
            match self.kept.agent.phase() {
                Phase::Playing => Timer::at(ticks::middle(self.tick().saturating_add(1))).await,
                _ => Timer::after(PRODUCT).await,
            }
            self.catch_up();
            self.obey();
        }
    }

    /// Begins with what the firmware did when it started.
    async fn power_up(&mut self) {
        Timer::at(ticks::middle(ticks::begun())).await;
        let Self { kept, channels, .. } = self;
        match self.beginning {
            Beginning::Product => {}
            Beginning::Run => {
                if let Some(ordered) = kept.ordered.take() {
                    let sample = self.sample;
                    let contacts = move || Contacts::from_bits(sample());
                    kept.agent.power_up(ordered, &contacts, channels);
                    // The firmware has started over.
                    app::take_reset();
                }
            }
            Beginning::Resumed => {
                if kept.agent.stimulus() == Stimulus::Scheduled {
                    let contacts = *kept.agent.contacts();
                    contacts
                        .closed()
                        .for_each(|button| pins::move_contact(button, true));
                }
            }
        }
        self.stop_if_over();
    }

    /// The tick that began last.
    fn tick(&self) -> u32 {
        u32::try_from(self.kept.agent.now().0).unwrap_or(u32::MAX)
    }

    /// Finishes the ticks that are over, and begins those that have begun.
    fn catch_up(&mut self) {
        while self.tick() < ticks::now() {
            self.finish();
            let tick = self.tick().saturating_add(1);
            ticks::sampled(tick);
            let contacts = Contacts::from_bits((self.sample)());
            self.kept.agent.begin_tick(contacts, &mut self.channels);
            if app::take_reset() {
                retained::reset(Reason::Resume);
            }
        }
    }

    /// Tells what else was done in the present tick.
    fn finish(&mut self) {
        let tick = self.tick();
        let Self { kept, channels, .. } = self;
        kept.agent.lose_observations(notes::take_lost());
        notes::take(tick, |log| kept.agent.say(log, channels));
        kept.agent.finish_tick(channels);
        ticks::told(tick);
        self.stop_if_over();
    }

    fn stop_if_over(&mut self) {
        if self.kept.agent.phase() == Phase::Stopped {
            self.stand_still();
        }
    }

    fn obey(&mut self) {
        match self.kept.agent.receive_order(&mut self.channels) {
            None => {}
            Some(Order::Stop) => retained::reset(Reason::Hold),
            Some(Order::Start(parameters)) => {
                self.kept.ordered = Some(parameters);
                retained::reset(Reason::Start)
            }
        }
    }

    /// Leaves the pins as they are, and lets nothing of the firmware run any more: a bench reads what there
    /// is to read, and then stops the board or begins another run.
    fn stand_still(&mut self) -> ! {
        cortex_m::interrupt::disable();
        ticks::stand_still();
        loop {
            self.kept.agent.flush(&mut self.channels);
            self.obey();
        }
    }
}
