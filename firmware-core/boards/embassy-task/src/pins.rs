//! Wrappers of the pins of a HAL: what a bench moves, and what it hears of.

use core::cell::Cell;
use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Poll;

use critical_section::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::waitqueue::GenericAtomicWaker;
use embedded_hal::digital::{self, InputPin, OutputPin, StatefulOutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use embedded_hal_async::digital::Wait;
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;

use crate::notes;

/// How many buttons a firmware can have.
pub(crate) const BUTTONS: usize = 16;

/// Whether a bench moves the buttons, and no pin does. Set before the firmware starts.
static IS_BENCH: AtomicBool = AtomicBool::new(false);

/// Lets a bench move the buttons, whatever their pins do.
pub(crate) fn leave_to_bench() {
    IS_BENCH.store(true, Ordering::Relaxed);
}

/// A button as a bench moves it.
struct Contact {
    state: Mutex<Cell<ContactState>>,
    /// Whoever has the pin waits for it, and nobody else can.
    waker: GenericAtomicWaker<CriticalSectionRawMutex>,
}

#[derive(Clone, Copy)]
struct ContactState {
    is_closed: bool,
    /// How often it closed, and how often it opened: an edge is seen, however short the pulse.
    closed: u32,
    opened: u32,
}

impl Contact {
    fn get(&self) -> ContactState {
        critical_section::with(|cs| self.state.borrow(cs).get())
    }
}

static CONTACTS: [Contact; BUTTONS] = [const {
    Contact {
        state: Mutex::new(Cell::new(ContactState {
            is_closed: false,
            closed: 0,
            opened: 0,
        })),
        waker: GenericAtomicWaker::new(CriticalSectionRawMutex::new()),
    }
}; BUTTONS];

/// Moves a contact, and wakes whoever waits for it.
pub(crate) fn move_contact(button: ButtonId, is_closed: bool) {
    let Some(contact) = CONTACTS.get(usize::from(button.0)) else {
        return;
    };
    critical_section::with(|cs| {
        let state = contact.state.borrow(cs);
        let mut moved = state.get();
        moved.is_closed = is_closed;
        let edges = match is_closed {
            true => &mut moved.closed,
            false => &mut moved.opened,
        };
        *edges = edges.wrapping_add(1);
        state.set(moved);
    });
    contact.waker.wake();
}

/// The pin of a button: the pin of the HAL, but where a bench presses the buttons itself.
pub struct Input<P> {
    pin: P,
    contact: &'static Contact,
    is_active_low: bool,
}

impl<P> Input<P> {
    /// # Panics
    ///
    /// Where the firmware has more buttons than there is room for.
    pub(crate) fn new(index: usize, pin: P) -> Self {
        let Some(contact) = CONTACTS.get(index) else {
            panic!("a firmware on a board has at most {BUTTONS} buttons")
        };
        Self {
            pin,
            contact,
            is_active_low: false,
        }
    }

    /// The same pin with a pull-up: low while the contact is closed.
    #[must_use]
    pub fn active_low(self) -> Self {
        Self {
            is_active_low: true,
            ..self
        }
    }

    fn is_at(&self, high: bool) -> bool {
        (self.contact.get().is_closed != self.is_active_low) == high
    }

    /// How often it went high, or low.
    fn edges(&self, high: bool) -> u32 {
        let state = self.contact.get();
        match high != self.is_active_low {
            true => state.closed,
            false => state.opened,
        }
    }

    async fn until(&self, is_there: impl Fn() -> bool) {
        poll_fn(|context| {
            self.contact.waker.register(context.waker());
            match is_there() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

fn is_bench() -> bool {
    IS_BENCH.load(Ordering::Relaxed)
}

impl<P: digital::ErrorType> digital::ErrorType for Input<P> {
    type Error = P::Error;
}

impl<P: InputPin> InputPin for Input<P> {
    fn is_high(&mut self) -> Result<bool, P::Error> {
        match is_bench() {
            true => Ok(self.is_at(true)),
            false => self.pin.is_high(),
        }
    }

    fn is_low(&mut self) -> Result<bool, P::Error> {
        match is_bench() {
            true => Ok(self.is_at(false)),
            false => self.pin.is_low(),
        }
    }
}

impl<P: Wait> Wait for Input<P> {
    async fn wait_for_high(&mut self) -> Result<(), P::Error> {
        if !is_bench() {
            return self.pin.wait_for_high().await;
        }
        self.until(|| self.is_at(true)).await;
        Ok(())
    }

    async fn wait_for_low(&mut self) -> Result<(), P::Error> {
        if !is_bench() {
            return self.pin.wait_for_low().await;
        }
        self.until(|| self.is_at(false)).await;
        Ok(())
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), P::Error> {
        if !is_bench() {
            return self.pin.wait_for_rising_edge().await;
        }
        let before = self.edges(true);
        self.until(|| self.edges(true) != before).await;
        Ok(())
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), P::Error> {
        if !is_bench() {
            return self.pin.wait_for_falling_edge().await;
        }
        let before = self.edges(false);
        self.until(|| self.edges(false) != before).await;
        Ok(())
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), P::Error> {
        if !is_bench() {
            return self.pin.wait_for_any_edge().await;
        }
        let edges = || (self.edges(true), self.edges(false));
        let before = edges();
        self.until(|| edges() != before).await;
        Ok(())
    }
}

/// The pin of an output: what it is set to is told.
pub struct Output<P> {
    pin: P,
    index: usize,
    max: Level,
    is_active_low: bool,
}

impl<P> Output<P> {
    /// # Panics
    ///
    /// Where the firmware has more outputs than there is room for.
    pub(crate) fn new(index: usize, max: Level, pin: P) -> Self {
        assert!(
            index < notes::OUTPUTS,
            "a firmware on a board has at most {} outputs",
            notes::OUTPUTS
        );
        Self {
            pin,
            index,
            max,
            is_active_low: false,
        }
    }

    /// The same pin of something that is on while the pin is low.
    #[must_use]
    pub fn active_low(self) -> Self {
        Self {
            is_active_low: true,
            ..self
        }
    }

    fn note(&self, is_high: bool) {
        let level = match is_high != self.is_active_low {
            true => self.max,
            false => Level::OFF,
        };
        notes::set(self.index, level);
    }
}

impl<P: digital::ErrorType> digital::ErrorType for Output<P> {
    type Error = P::Error;
}

impl<P: OutputPin> OutputPin for Output<P> {
    fn set_low(&mut self) -> Result<(), P::Error> {
        self.pin.set_low()?;
        self.note(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), P::Error> {
        self.pin.set_high()?;
        self.note(true);
        Ok(())
    }
}

impl<P: OutputPin> StatefulOutputPin for Output<P> {
    fn is_set_high(&mut self) -> Result<bool, P::Error> {
        let is_on = notes::level(self.index) > Level::OFF;
        Ok(is_on != self.is_active_low)
    }

    fn is_set_low(&mut self) -> Result<bool, P::Error> {
        self.is_set_high().map(|is_high| !is_high)
    }
}

impl<P: pwm::ErrorType> pwm::ErrorType for Output<P> {
    type Error = P::Error;
}

impl<P: SetDutyCycle> SetDutyCycle for Output<P> {
    fn max_duty_cycle(&self) -> u16 {
        self.pin.max_duty_cycle()
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), P::Error> {
        self.pin.set_duty_cycle(duty)?;
        let max = self.max_duty_cycle().max(1);
        let lit = match self.is_active_low {
            true => max.saturating_sub(duty),
            false => duty,
        };
        let levels = u32::try_from(self.max.0).unwrap_or_default();
        // Rounded up, as percentages are rounded down.
        let level = (u32::from(lit).saturating_mul(levels)).div_ceil(max.into());
        notes::set(self.index, Level(i32::try_from(level).unwrap_or(i32::MAX)));
        Ok(())
    }
}
