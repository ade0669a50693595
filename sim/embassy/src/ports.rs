//! The ports of the firmware, by their names: pins, with the traits of `embedded-hal`, numbers, serial
//! lines and logs.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin, StatefulOutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use embedded_hal_async::digital::Wait;
use lockstep_core::app::{AppDescriptor, Log, LogId, LogValues};
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::output::Level;

use crate::delay::Delay;
use crate::messages::{self, MessageFilter};
use crate::number::{Number, NumberState};
use crate::serial::{ReceiveState, Serial};
use crate::virtual_time;
use crate::wait_queue::WaitQueue;

/// What the app and its firmware share.
pub(crate) struct PortStates {
    descriptor: &'static AppDescriptor,
    inputs: Vec<InputState>,
    outputs: Vec<OutputState>,
    numbers: Vec<NumberState>,
    received: Vec<ReceiveState>,
    said: RefCell<Vec<FirmwareOutput>>,
}

/// What the firmware said, in order.
pub(crate) enum FirmwareOutput {
    Log(Log),
    Bytes(SerialId, Vec<u8>),
}

#[derive(Default)]
struct InputState {
    is_closed: Cell<bool>,
    closed: Edges,
    opened: Edges,
    /// Who waits for any of them.
    waiting: WaitQueue,
    /// Whether a port has it already.
    is_taken: Cell<bool>,
}

/// The edges of one direction.
#[derive(Default)]
struct Edges {
    /// How many there were: one is seen, however short the pulse.
    count: Cell<u64>,
    waiting: WaitQueue,
}

struct OutputState {
    level: Cell<Level>,
    is_taken: Cell<bool>,
}

impl PortStates {
    pub(crate) fn new(descriptor: &'static AppDescriptor) -> Rc<Self> {
        let outputs = descriptor.outputs().iter();
        let buttons = descriptor.buttons().iter();
        let numbers = descriptor.numbers().iter();
        let lines = descriptor.serial_lines().iter();
        Rc::new(Self {
            descriptor,
            inputs: buttons.map(|_| InputState::default()).collect(),
            outputs: outputs
                .map(|_| OutputState {
                    level: Cell::new(Level::OFF),
                    is_taken: Cell::new(false),
                })
                .collect(),
            numbers: numbers
                .map(|it| NumberState::starting_at(it.start()))
                .collect(),
            received: lines.map(|_| ReceiveState::default()).collect(),
            said: RefCell::new(Vec::new()),
        })
    }

    /// Moves a contact, and wakes whoever waits for it.
    pub(crate) fn move_contact(&self, button: ButtonId, is_closed: bool) {
        let Some(input) = self.inputs.get(usize::from(button.0)) else {
            return;
        };
        input.is_closed.set(is_closed);
        let edges = match is_closed {
            true => &input.closed,
            false => &input.opened,
        };
        edges.count.set(edges.count.get() + 1);
        // As by an interrupt that is set to what is waited for: the other edge wakes nobody.
        edges.waiting.wake_all();
        input.waiting.wake_all();
    }

    fn set_level(&self, output: usize, level: Level) {
        if let Some(output) = self.outputs.get(output) {
            output.level.set(level);
        }
        virtual_time::something_shown();
    }

    pub(crate) fn level(&self, output: usize) -> Level {
        self.outputs
            .get(output)
            .map_or(Level::OFF, |it| it.level.get())
    }

    pub(crate) fn set_number(&self, number: NumberId, value: i32) {
        if let Some(state) = self.numbers.get(usize::from(number.0)) {
            state.set(value);
        }
    }

    pub(crate) fn number(&self, index: usize) -> &NumberState {
        &self.numbers[index]
    }

    pub(crate) fn receive(&self, line: SerialId, byte: u8) {
        if let Some(state) = self.received.get(usize::from(line.0)) {
            state.push(byte);
        }
    }

    pub(crate) fn received(&self, line: SerialId) -> &ReceiveState {
        &self.received[usize::from(line.0)]
    }

    pub(crate) fn send(&self, line: SerialId, bytes: &[u8]) {
        self.said
            .borrow_mut()
            .push(FirmwareOutput::Bytes(line, bytes.to_vec()));
        virtual_time::something_shown();
    }

    pub(crate) fn log(&self, log: Log) {
        self.said.borrow_mut().push(FirmwareOutput::Log(log));
        virtual_time::something_shown();
    }

    /// What was said since the last time.
    pub(crate) fn take_said(&self) -> Vec<FirmwareOutput> {
        self.said.take()
    }
}

/// The ports of a firmware, by the names that its descriptor declares.
pub struct Ports {
    states: Rc<PortStates>,
}

impl Ports {
    pub(crate) fn of(states: &Rc<PortStates>) -> Self {
        let states = Rc::clone(states);
        Self { states }
    }

    /// The pin of a button: high while its contact is closed.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no button of this name, or its pin is taken.
    #[must_use]
    pub fn input(&self, button: &str) -> Input {
        let buttons = self.states.descriptor.buttons();
        let index = place(buttons.iter().copied(), "button", button);
        take(
            &self.states.inputs[index].is_taken,
            "the pin of button",
            button,
        );
        Input {
            index,
            states: Rc::clone(&self.states),
            is_active_low: false,
        }
    }

    /// The pin of an output: its level is 1 while it is high; of an analog one, the maximum, and
    /// what [`SetDutyCycle`] sets.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no output of this name, or its pin is taken.
    #[must_use]
    pub fn output(&self, output: &str) -> Output {
        let outputs = self.states.descriptor.outputs();
        let index = place(outputs.iter().map(|it| it.name()), "output", output);
        take(
            &self.states.outputs[index].is_taken,
            "the pin of output",
            output,
        );
        Output {
            index,
            states: Rc::clone(&self.states),
            is_active_low: false,
        }
    }

    /// A delay, blocking and async. `embassy_time::Delay` can be used as well.
    #[must_use]
    pub fn delay(&self) -> Delay {
        Delay::new()
    }

    /// A number input.
    ///
    /// # Panics
    ///
    /// If the descriptor declares none of this name.
    #[must_use]
    pub fn number(&self, number: &str) -> Number {
        let numbers = self.states.descriptor.numbers();
        Number {
            index: place(numbers.iter().map(|it| it.name()), "number input", number),
            states: Rc::clone(&self.states),
        }
    }

    /// A serial line.
    ///
    /// # Panics
    ///
    /// If the descriptor declares none of this name, or it is taken.
    #[must_use]
    pub fn serial(&self, line: &str) -> Serial {
        let lines = self.states.descriptor.serial_lines();
        let index = place(lines.iter().map(|it| it.name()), "serial line", line);
        take(&self.states.received[index].is_taken, "serial line", line);
        Serial {
            line: SerialId(u8::try_from(index).unwrap_or(u8::MAX)),
            states: Rc::clone(&self.states),
        }
    }

    /// Makes what the firmware says with the crates `log` and `defmt` logs of this kind, which is one of
    /// texts: `info`, a space and the message. A long message is several logs. Nothing comes without the
    /// feature of this crate that has the name of the other one.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no log of this name.
    pub fn messages(&self, log: &str, filter: MessageFilter) {
        messages::receive(&self.states, self.log(log).id(), filter);
    }

    /// A kind of log.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no log of this name.
    #[must_use]
    pub fn log(&self, log: &str) -> Logger {
        let logs = self.states.descriptor.logs();
        Logger {
            index: place(logs.iter().map(|it| it.name()), "log", log),
            states: Rc::clone(&self.states),
        }
    }
}

/// The place of a name in what a descriptor declares.
#[allow(
    clippy::panic,
    reason = "a port that is not declared is a mistake in the code, and becomes a verdict"
)]
fn place<'a>(declared: impl Iterator<Item = &'a str>, what: &str, name: &str) -> usize {
    let mut declared = declared;
    declared
        .position(|declared| declared == name)
        .unwrap_or_else(|| panic!("the descriptor declares no {what} `{name}`"))
}

/// Takes what can be taken once: two drivers of one pin fight over it, and a board has no second.
#[allow(
    clippy::panic,
    reason = "a pin that is used twice is a mistake in the code, and becomes a verdict"
)]
fn take(is_taken: &Cell<bool>, what: &str, name: &str) {
    assert!(
        !is_taken.replace(true),
        "{what} `{name}` is taken already: a pin has one user"
    );
}

/// A pin that a button moves.
pub struct Input {
    states: Rc<PortStates>,
    index: usize,
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

    fn state(&self) -> &InputState {
        &self.states.inputs[self.index]
    }

    fn is_at(&self, high: bool) -> bool {
        (self.state().is_closed.get() != self.is_active_low) == high
    }

    /// The edges at which it goes high, or low.
    fn edges(&self, high: bool) -> &Edges {
        match high != self.is_active_low {
            true => &self.state().closed,
            false => &self.state().opened,
        }
    }

    /// Waits until it is high, or low.
    async fn level(&self, high: bool) {
        let is_there = || self.is_at(high).then_some(());
        self.edges(high).waiting.until(is_there).await;
    }

    /// Waits until it goes high, or low.
    async fn edge(&self, high: bool) {
        let edges = self.edges(high);
        let before = edges.count.get();
        let came = || (edges.count.get() != before).then_some(());
        edges.waiting.until(came).await;
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
        let InputState {
            closed,
            opened,
            waiting,
            ..
        } = self.state();
        let count = || (closed.count.get(), opened.count.get());
        let before = count();
        waiting.until(|| (count() != before).then_some(())).await;
        Ok(())
    }
}

/// A pin that an output shows.
pub struct Output {
    states: Rc<PortStates>,
    index: usize,
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

    fn max(&self) -> Level {
        let output = self.states.descriptor.outputs().get(self.index);
        output.map_or(Level(1), |output| output.range().max())
    }

    fn set(&self, is_high: bool) {
        let level = match is_high != self.is_active_low {
            true => self.max(),
            false => Level::OFF,
        };
        self.states.set_level(self.index, level);
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
        let is_on = self.states.level(self.index) > Level::OFF;
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
        u16::try_from(self.max().0).unwrap_or(u16::MAX)
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        let duty = match self.is_active_low {
            true => self.max_duty_cycle().saturating_sub(duty),
            false => duty,
        };
        self.states.set_level(self.index, Level(duty.into()));
        Ok(())
    }
}

/// Where the firmware says what happened.
#[derive(Clone)]
pub struct Logger {
    states: Rc<PortStates>,
    index: usize,
}

impl Logger {
    /// Says one of the words that the descriptor declares.
    ///
    /// # Panics
    ///
    /// If it declares no such word.
    pub fn word(&self, word: &str) {
        let kind = self.states.descriptor.logs().get(self.index);
        let words = match kind.map(|kind| kind.values()) {
            Some(LogValues::Words(words)) => words,
            _ => &[],
        };
        let value = place(words.iter().copied(), "word", word);
        self.number(i32::try_from(value).unwrap_or(i32::MAX));
    }

    /// Says a number.
    pub fn number(&self, value: i32) {
        self.states.log(Log::new(self.id(), value));
    }

    /// Says a text: of a long one, the first 64 bytes.
    pub fn text(&self, text: &str) {
        self.states.log(Log::text(self.id(), text));
    }

    fn id(&self) -> LogId {
        LogId(u8::try_from(self.index).unwrap_or(u8::MAX))
    }
}
