//! A room thermostat: a sensor, a knob for the setpoint, a heater, a fan, and a serial console.
//!
//! Control:
//! - The heater goes on at half a degree below the setpoint, and off at the setpoint.
//! - The fan goes on at two degrees above the setpoint, and off at one degree above it.
//! - In between, both stay as they are. Each change is logged.
//!
//! Setpoint:
//! - It is 20.0 C after a reset. A click of the knob moves it by half a degree, the console sets it
//!   to any tenth; it stays between 5.0 C and 30.0 C.
//!
//! Sensor:
//! - A reading below -40.0 C or above 85.0 C is none that a room can have: the sensor has failed.
//!   Heater and fan go off, `fault` goes on, and `sensor failed` is logged.
//! - After two seconds of readings that are possible the sensor is trusted again: `fault` goes off,
//!   `sensor ok` is logged, and control goes on.
//!
//! Console, a line each, ended by `\n` or `\r\n`; answers end with `\n`:
//! - `status` is answered by `temp 21.5 set 20.0 heater off fan off`, with `sensor failed` in place
//!   of the temperature while it has.
//! - `set 21.5` sets the setpoint, and is answered by `ok`; a number out of range or none at all by
//!   `error: set takes 5.0 to 30.0`.
//! - A `\r` without `\n` after it ends no line, and is a blank in it: `set 2\r5` is no number.
//! - Anything else is answered by `error: status or set`; a line of more than 24 bytes by
//!   `error: line too long`. An empty line is not answered.
//!
//! Boot:
//! - A failed clock: as if the sensor had failed, and nothing brings it back. A missing UART: the
//!   console is not there, and everything else works.

mod console;
mod tuning;

pub use tuning::Tuning;

use lockstep_core::action::SwitchState;
use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::{BootCondition, ButtonId, Event, SerialId};
use lockstep_core::modes::{Mode, Modes};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::{Encoder, NumberInput, SerialLine};
use lockstep_core::quadrature::{Click, QuadratureDecoder};
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::timer::Timer;
use lockstep_core::wakeup::Wakeup;

use crate::board::{BOOT_CONDITIONS, InitError};
use console::{Console, Request};

/// Tenths of a degree.
type Tenths = i32;

const KNOB_A: ButtonId = ButtonId(0);
const UART: SerialId = SerialId(0);

const HEATER: LogId = LogId(0);
const FAN: LogId = LogId(1);
const SENSOR: LogId = LogId(2);
const COMMAND: LogId = LogId(3);

/// The thermostat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thermostat {
    now: Instant,
    temperature: Tenths,
    setpoint: Tenths,
    heater: bool,
    fan: bool,
    sensor: Sensor,
    knob: QuadratureDecoder,
    /// `None` where the board has no UART.
    console: Option<Console>,
    tuning: &'static Tuning,
}

/// Whether readings are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sensor {
    Trusted,
    /// The timer runs while readings are possible.
    Failed(Timer),
    /// There is no clock: nothing is to be trusted.
    NoClock,
}

impl Thermostat {
    /// The thermostat after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn starting_at(now: Instant) -> Self {
        Self::with_tuning_at(&Tuning::SHIPPED, now)
    }

    /// A thermostat that goes by other numbers, after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn with_tuning_at(tuning: &'static Tuning, now: Instant) -> Self {
        Self {
            tuning,
            now,
            temperature: tuning.first_setpoint,
            setpoint: tuning.first_setpoint,
            heater: false,
            fan: false,
            sensor: Sensor::Trusted,
            knob: QuadratureDecoder::new(),
            console: Some(Console::new()),
        }
    }

    fn init(&mut self, condition: BootCondition) {
        match InitError::outcome(condition) {
            Ok(()) => {}
            Err(InitError::ClockFailed) => self.sensor = Sensor::NoClock,
            Err(InitError::UartUnavailable) => self.console = None,
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.now = self.now.next();
        if let Sensor::Failed(timer) = &mut self.sensor
            && timer.poll(self.now)
        {
            self.sensor = Sensor::Trusted;
            out.log(Log::new(SENSOR, 1));
            self.control(out);
        }
    }

    fn measured(&mut self, temperature: Tenths, out: &mut dyn Sink) {
        self.temperature = temperature;
        let tuning = self.tuning;
        let possible = (tuning.lowest_possible..=tuning.highest_possible).contains(&temperature);
        match &mut self.sensor {
            Sensor::Trusted if possible => {}
            Sensor::Trusted => {
                self.sensor = Sensor::Failed(Timer::stopped());
                out.log(Log::new(SENSOR, 0));
            }
            Sensor::Failed(timer) if !possible => timer.stop(),
            Sensor::Failed(timer) if !timer.is_running() => {
                timer.start(self.now, tuning.trusted_after);
            }
            Sensor::Failed(_) | Sensor::NoClock => {}
        }
        self.control(out);
    }

    fn move_setpoint(&mut self, to: Tenths, out: &mut dyn Sink) {
        // Not `clamp`, which carries a panic with both numbers in it.
        let to = to
            .max(self.tuning.lowest_setpoint)
            .min(self.tuning.highest_setpoint);
        if to != self.setpoint {
            self.setpoint = to;
            self.control(out);
        }
    }

    fn control(&mut self, out: &mut dyn Sink) {
        let above = self.temperature - self.setpoint;
        let tuning = self.tuning;
        let (heater, fan) = match self.sensor {
            Sensor::Trusted => (
                above < 0 && (self.heater || above.saturating_add(tuning.heater_on_below) <= 0),
                above > tuning.fan_off_below && (self.fan || above >= tuning.fan_on_above),
            ),
            Sensor::Failed(_) | Sensor::NoClock => (false, false),
        };
        if heater != self.heater {
            self.heater = heater;
            out.log(Log::new(HEATER, heater.into()));
        }
        if fan != self.fan {
            self.fan = fan;
            out.log(Log::new(FAN, fan.into()));
        }
    }

    fn turned(&mut self, contact: ButtonId, to: SwitchState, out: &mut dyn Sink) {
        let click = match contact {
            KNOB_A => self.knob.move_a(to),
            _ => self.knob.move_b(to),
        };
        let setpoint = match click {
            Some(Click::Clockwise) => self.setpoint.saturating_add(self.tuning.click),
            Some(Click::Counterclockwise) => self.setpoint.saturating_sub(self.tuning.click),
            None => return,
        };
        self.move_setpoint(setpoint, out);
    }

    fn received(&mut self, byte: u8, out: &mut dyn Sink) {
        let Some(console) = &mut self.console else {
            return;
        };
        let Some(line) = console.take(byte) else {
            return;
        };
        if let Some(text) = line.as_str().filter(|text| !text.is_empty()) {
            out.log(Log::text(COMMAND, text));
        }
        let request = line.request(self.tuning);
        if let Request::Set(setpoint) = request {
            self.move_setpoint(setpoint, out);
        }
        // A serial line takes whatever is written.
        let _ = console::answer(request, self, out);
    }
}

impl Modes for Thermostat {
    const MODES: &'static [Mode] = &[Mode::new("readings", &["trusted", "failed", "no-clock"])];

    fn variant(&self, _mode: usize) -> usize {
        match self.sensor {
            Sensor::Trusted => 0,
            Sensor::Failed(_) => 1,
            Sensor::NoClock => 2,
        }
    }
}

impl App for Thermostat {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("thermostat", env!("CARGO_PKG_VERSION"))
        .with_build(env!("LOCKSTEP_APPS_BUILD"))
        .with_buttons(&["knob-a", "knob-b"])
        .with_encoders(&[Encoder::new("knob", KNOB_A, ButtonId(1))])
        .with_numbers(&[NumberInput::new("temperature", -550, 1_250)
            .with_decimals(1)
            .with_unit("C")
            .starting_at(200)])
        .with_serial_lines(&[SerialLine::new("uart")])
        .with_outputs(&[
            Output::digital("heater"),
            Output::digital("fan"),
            Output::digital("fault"),
            Output::number(
                "setpoint",
                Tuning::SHIPPED.lowest_setpoint,
                Tuning::SHIPPED.highest_setpoint,
            )
            .with_decimals(1)
            .with_unit("C"),
        ])
        .with_logs(&[
            LogKind::words("heater", &["off", "on"]),
            LogKind::words("fan", &["off", "on"]),
            LogKind::words("sensor", &["failed", "ok"]),
            LogKind::text("command"),
        ])
        .with_boot_conditions(BOOT_CONDITIONS);

    type Outputs = [Level; 4];

    fn new() -> Self {
        Self::starting_at(Instant::ZERO)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Init(condition) => self.init(condition),
            Event::Tick => self.tick(out),
            Event::Press(contact) => self.turned(contact, SwitchState::Closed, out),
            Event::Release(contact) => self.turned(contact, SwitchState::Open, out),
            Event::Number(_, temperature) => self.measured(temperature, out),
            Event::Byte(_, byte) => self.received(byte, out),
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 4] {
        let fault = !matches!(self.sensor, Sensor::Trusted);
        [
            self.heater.into(),
            self.fan.into(),
            fault.into(),
            Level(self.setpoint),
        ]
    }

    fn next_wakeup(&self) -> Wakeup {
        match self.sensor {
            Sensor::Failed(timer) => timer.next_wakeup(self.now),
            Sensor::Trusted | Sensor::NoClock => Wakeup::NEVER,
        }
    }

    fn pass(&mut self, ticks: Ticks) {
        self.now = self.now + ticks;
    }

    fn counted_from_now(self) -> Option<Self> {
        Some(Self {
            now: Instant::ZERO,
            sensor: match self.sensor {
                Sensor::Failed(timer) => Sensor::Failed(timer.counted_from(self.now)),
                other => other,
            },
            ..self
        })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self::starting_at(now))
    }
}

#[cfg(test)]
mod tests;
