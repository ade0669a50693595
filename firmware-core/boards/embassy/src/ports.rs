//! The ports of the firmware, by their names: pins, with the traits of `embedded-hal`, numbers, serial lines and
//! logs.

use core::convert::Infallible;
use core::sync::atomic::{AtomicBool, Ordering};

use embedded_hal::digital::{ErrorType, InputPin, OutputPin, StatefulOutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use embedded_hal_async::digital::Wait;
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::SerialId;
use lockstep_core::output::Level;
use lockstep_embassy_ports::messages::MessageFilter;

use crate::delay::Delay;
use crate::logger::Logger;
#[cfg(feature = "log")]
use crate::messages;
use crate::number::Number;
use crate::port_states::{self, Edges, InputState};
use crate::serial::Serial;

/// The ports of a firmware, by the names that its descriptor declares.
#[derive(Debug)]
pub struct Ports {
    descriptor: &'static AppDescriptor,
}

impl Ports {
    pub(crate) const fn new(descriptor: &'static AppDescriptor) -> Self {
        Self { descriptor }
    }

    /// The pin of a button: high while its contact is closed, whatever that is on the pins of the board.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no button of this name, or its pin is taken.
    #[track_caller]
    #[must_use]
    pub fn input(&self, button: &str) -> Input {
        let buttons = self.descriptor.buttons();
        let state = port_states::input(place(buttons.iter().copied(), "button", button));
        take(&state.is_taken, "the pin of button", button);
        Input {
            state,
            is_active_low: false,
        }
    }

    /// The pin of an output: its level is 1 while it is high; of an analog one, the maximum, and what
    /// [`SetDutyCycle`] sets.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no output of this name, or its pin is taken.
    #[track_caller]
    #[must_use]
    pub fn output(&self, output: &str) -> Output {
        let outputs = self.descriptor.outputs();
        let index = place(outputs.iter().map(|it| it.name()), "output", output);
        take(
            &port_states::output(index).is_taken,
            "the pin of output",
            output,
        );
        Output {
            index,
            max: outputs.get(index).map_or(Level(1), |it| it.range().max()),
            is_active_low: false,
        }
    }

    /// An async delay.
    #[must_use]
    pub fn delay(&self) -> Delay {
        Delay::new()
    }

    /// A number input.
    ///
    /// # Panics
    ///
    /// If the descriptor declares none of this name.
    #[track_caller]
    #[must_use]
    pub fn number(&self, number: &str) -> Number {
        let numbers = self.descriptor.numbers();
        let index = place(numbers.iter().map(|it| it.name()), "number input", number);
        Number {
            state: port_states::number(index),
        }
    }

    /// A serial line.
    ///
    /// # Panics
    ///
    /// If the descriptor declares none of this name, or it is taken.
    #[track_caller]
    #[must_use]
    pub fn serial(&self, line: &str) -> Serial {
        let lines = self.descriptor.serial_lines();
        let index = place(lines.iter().map(|it| it.name()), "serial line", line);
        let id = SerialId(u8::try_from(index).unwrap_or(u8::MAX));
        let state = port_states::received(id);
        take(&state.is_taken, "serial line", line);
        Serial::new(id, state)
    }

    /// Makes what the firmware says with the crate `log` logs of this kind, which is one of texts: `info`, a
    /// space and the message. A long message is several logs. Nothing comes without the feature `log` of
    /// this crate.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no log of this name.
    #[track_caller]
    pub fn messages(&self, log: &str, filter: MessageFilter) {
        let id = self.log(log).id();
        #[cfg(feature = "log")]
        messages::receive(id, filter);
        #[cfg(not(feature = "log"))]
        let _ = (id, filter);
    }

    /// A kind of log.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no log of this name.
    #[track_caller]
    #[must_use]
    pub fn log(&self, log: &str) -> Logger {
        let logs = self.descriptor.logs();
        let index = place(logs.iter().map(|it| it.name()), "log", log);
        Logger::new(self.descriptor, index)
    }
}

/// The place of a name in what a descriptor declares.
#[track_caller]
pub(crate) fn place<'a>(
    mut declared: impl Iterator<Item = &'a str>,
    what: &str,
    name: &str,
) -> usize {
    let Some(place) = declared.position(|declared| declared == name) else {
        panic!("the descriptor declares no {what} `{name}`")
    };
    place
}

/// Takes what can be taken once: two drivers of one pin fight over it.
#[track_caller]
fn take(is_taken: &AtomicBool, what: &str, name: &str) {
    // Two steps: a Cortex-M0 swaps nothing, and the main loop alone does this.
    assert!(
        !is_taken.load(Ordering::Relaxed),
        "{what} `{name}` is taken already: a pin has one user"
    );
    is_taken.store(true, Ordering::Relaxed);
}

/// A pin that a button moves.
pub struct Input {
    state: &'static InputState,
    is_active_low: bool,
}

impl Input {
    /// The same pin with a pull-up: low while the contact is closed.
    #[must_use]
    pub fn active_low(self) -> Self {
        Self {
            is_active_low: true,
            ..self
        }
    }

    fn is_at(&self, high: bool) -> bool {
        (self.state.is_closed() != self.is_active_low) == high
    }

    /// The edges at which it goes high, or low.
    fn edges(&self, high: bool) -> &'static Edges {
        match high != self.is_active_low {
            true => &self.state.closed,
            false => &self.state.opened,
        }
    }

    /// Waits until it is high, or low.
    async fn level(&self, high: bool) {
        self.edges(high).waiting.until(|| self.is_at(high)).await;
    }

    /// Waits until it goes high, or low.
    async fn edge(&self, high: bool) {
        let edges = self.edges(high);
        let before = edges.count();
        edges.waiting.until(|| edges.count() != before).await;
    }
}

impl ErrorType for Input {
    type Error = Infallible;
}

impl InputPin for Input {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.is_at(true))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.is_at(false))
    }
}

impl Wait for Input {
    async fn wait_for_high(&mut self) -> Result<(), Infallible> {
        self.level(true).await;
        Ok(())
    }

    async fn wait_for_low(&mut self) -> Result<(), Infallible> {
        self.level(false).await;
        Ok(())
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
        self.edge(true).await;
        Ok(())
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
        self.edge(false).await;
        Ok(())
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
        let count = || (self.state.closed.count(), self.state.opened.count());
        let before = count();
        self.state.waiting.until(|| count() != before).await;
        Ok(())
    }
}

/// A pin that an output shows.
pub struct Output {
    index: usize,
    max: Level,
    is_active_low: bool,
}

impl Output {
    /// The same pin of something that is on while the pin is low.
    #[must_use]
    pub fn active_low(self) -> Self {
        Self {
            is_active_low: true,
            ..self
        }
    }

    fn set(&self, is_high: bool) {
        let level = match is_high != self.is_active_low {
            true => self.max,
            false => Level::OFF,
        };
        port_states::set_level(self.index, level);
    }
}

impl ErrorType for Output {
    type Error = Infallible;
}

impl OutputPin for Output {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

impl StatefulOutputPin for Output {
    fn is_set_high(&mut self) -> Result<bool, Infallible> {
        let is_on = port_states::level(self.index) > Level::OFF;
        Ok(is_on != self.is_active_low)
    }

    fn is_set_low(&mut self) -> Result<bool, Infallible> {
        self.is_set_high().map(|is_high| !is_high)
    }
}

impl pwm::ErrorType for Output {
    type Error = Infallible;
}

impl SetDutyCycle for Output {
    fn max_duty_cycle(&self) -> u16 {
        u16::try_from(self.max.0).unwrap_or(u16::MAX)
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        let duty = match self.is_active_low {
            true => self.max_duty_cycle().saturating_sub(duty),
            false => duty,
        };
        port_states::set_level(self.index, Level(duty.into()));
        Ok(())
    }
}
