//! What a board that samples its pins once a tick sees of a waveform.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::SerialId;
use lockstep_core::output::{Level, Range};
use lockstep_core::ports::Scale;
use lockstep_core::time::{Instant, RunTicks};

use super::capture::{CapturedOutput, RestingLevel, WaveformCapture};
use super::change::{BitLevel, ChangeSink, Flow, Value};
use super::clock::TickClock;
use super::error::{BIT, BYTES, CONDITIONS, WaveformErrorKind, unexpected};
use super::number::number_of;
use super::port::{Binding, Encoding, Port};
use super::signals::SignalId;
use super::uart::{DecodedByte, UartDecoder};
use crate::diagnostic::one_of;
use crate::sanitize::excerpt;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, Script, ScriptError, ScriptEvent, SwitchState,
};

/// Samples the inputs and the captured outputs once a tick.
pub(super) struct Sampler<'a> {
    descriptor: &'a AppDescriptor,
    clock: TickClock,
    bindings: &'a [Binding],
    /// Which signals are bound, by number.
    watched: Vec<bool>,
    /// The state of each binding.
    pins: Vec<Pin>,
    /// The time of the file; `None` before the first.
    time: Option<u64>,
    /// Whether the file goes on after the end that was asked for.
    is_past_end: bool,
    /// Whether the tick of this time is known.
    is_current: bool,
    /// The tick at which the present levels are sampled.
    tick: RunTicks,
    power_up: Option<BootCondition>,
    last_reset: Option<RunTicks>,
    events: Vec<ScriptEvent>,
    outputs: Vec<CapturedOutput>,
    vanished_pulses: u64,
    unknown_levels: u64,
    unknown_numbers: u64,
}

/// The state of a port.
#[derive(Clone, Default)]
struct Pin {
    /// As it was sampled last: closed, the number of an input, or the level of an output.
    sampled: Option<Level>,
    level: Option<Level>,
    /// How often it changed since then.
    changes: u64,
    /// The level at the start of the file.
    initial: Option<BitLevel>,
    /// Why it cannot be what it is, where that only matters if it still is when the part of the
    /// file that is played begins.
    refused: Option<WaveformErrorKind>,
    /// What it carries, where it is a serial line of one bit.
    uart: Option<UartDecoder>,
}

impl<'a> Sampler<'a> {
    /// A sampler of the signals that are bound; an error where one of them cannot be followed.
    pub(super) fn new(
        clock: TickClock,
        descriptor: &'a AppDescriptor,
        bindings: &'a [Binding],
    ) -> Result<Self, WaveformErrorKind> {
        let last = bindings.iter().map(|binding| binding.signal.0 as usize);
        let mut watched = vec![false; last.max().map_or(0, |last| last + 1)];
        let mut outputs = Vec::new();
        for binding in bindings {
            watched[binding.signal.0 as usize] = true;
            if let Port::Output(output) = binding.port {
                outputs.push(CapturedOutput {
                    output,
                    path: binding.path.clone(),
                    changes: Vec::new(),
                });
            }
        }
        let pins = bindings
            .iter()
            .map(|binding| pin(binding, descriptor, &clock));
        Ok(Self {
            descriptor,
            clock,
            bindings,
            watched,
            pins: pins.collect::<Result<_, _>>()?,
            time: None,
            is_past_end: false,
            is_current: false,
            tick: clock.tick(0),
            power_up: None,
            last_reset: None,
            events: Vec::new(),
            outputs,
            vanished_pulses: 0,
            unknown_levels: 0,
            unknown_numbers: 0,
        })
    }

    /// Comes to the tick of the present time: what was there before is sampled.
    fn settle(&mut self) -> Result<(), WaveformErrorKind> {
        self.is_current = true;
        let tick = self.clock.tick(self.time.unwrap_or(0));
        if tick > self.tick {
            self.sample()?;
            self.tick = tick;
        }
        Ok(())
    }

    fn set(&mut self, index: usize, value: Value<'_>) -> Result<(), WaveformErrorKind> {
        let Some(binding) = self.bindings.get(index) else {
            return Ok(());
        };
        let bit = match (binding.encoding, value) {
            (Encoding::Text, _) => return self.set_text(binding.port, value),
            (Encoding::Vector { .. } | Encoding::Real, _) => return self.set_number(index, value),
            (Encoding::At(place), Value::Bits(bits)) => BitLevel::at(bits, place),
            (Encoding::Single, Value::Bits(bits)) => BitLevel::single(bits),
            (Encoding::At(_) | Encoding::Single, Value::Sample(field)) => {
                BitLevel::of_sample(field)
            }
            (_, Value::Text(_) | Value::Real(_)) => None,
        };
        let bit = bit.ok_or_else(|| not(value, BIT))?;
        let bit = if binding.is_active_low {
            bit.inverted()
        } else {
            bit
        };
        if let Port::Line(line) = binding.port {
            return self.set_line(index, line, bit);
        }
        let is_first = self.time.is_none_or(|time| self.clock.is_first(time));
        if let Some(pin) = self.pins.get_mut(index)
            && is_first
            && self.clock.is_whole()
            && pin.initial.is_none_or(|level| level == BitLevel::Unknown)
        {
            pin.initial = Some(bit);
        }
        let level = match bit {
            BitLevel::High => Some(Level::ON),
            BitLevel::Low => Some(Level::OFF),
            BitLevel::Unknown if matches!(binding.port, Port::Button(_)) => {
                self.unknown_levels += 1;
                Some(Level::OFF)
            }
            BitLevel::Unknown => None,
        };
        self.set_level(index, level);
        Ok(())
    }

    fn set_level(&mut self, index: usize, level: Option<Level>) {
        let is_before = self.time.is_some_and(|time| self.clock.is_before(time));
        if let Some(pin) = self.pins.get_mut(index)
            && pin.level != level
        {
            pin.level = level;
            pin.changes += u64::from(!is_before);
        }
    }

    /// Takes the level of a serial line from now on, and the bytes that have come by then.
    fn set_line(
        &mut self,
        index: usize,
        line: SerialId,
        bit: BitLevel,
    ) -> Result<(), WaveformErrorKind> {
        let level = match bit {
            BitLevel::High => Some(true),
            BitLevel::Low => Some(false),
            BitLevel::Unknown => None,
        };
        let now = self.clock.femtoseconds(self.time.unwrap_or(0));
        let mut bytes = Vec::new();
        if let Some(uart) = self.pins.get_mut(index).and_then(|pin| pin.uart.as_mut()) {
            uart.change(now, level, &mut bytes);
        }
        self.note_bytes(line, &bytes)
    }

    fn note_bytes(
        &mut self,
        line: SerialId,
        bytes: &[DecodedByte],
    ) -> Result<(), WaveformErrorKind> {
        for DecodedByte { time, byte } in bytes {
            if !self.clock.is_before_start(*time) {
                let tick = self.clock.tick_of(*time);
                self.note_at(tick, Action::Byte(line, *byte))?;
            }
        }
        Ok(())
    }

    /// Takes the number of an input, or the level of an output that has more than two.
    fn set_number(&mut self, index: usize, value: Value<'_>) -> Result<(), WaveformErrorKind> {
        let Some(binding) = self.bindings.get(index) else {
            return Ok(());
        };
        let range = range(binding.port, self.descriptor);
        let number = number_of(value, binding.encoding, range.scale().decimals())?;
        let level = number.and_then(|number| i32::try_from(number).ok());
        let level = level.map(Level).filter(|level| range.contains(*level));
        let is_before = self.time.is_some_and(|time| self.clock.is_before(time));
        let is_input = binding.port.is_input();
        if let Some(pin) = self.pins.get_mut(index) {
            pin.refused = None;
        }
        match (number, level) {
            (Some(number), None) if is_input => {
                let refused = self.out_of_range(binding.port, range.scale(), number, value);
                match self.pins.get_mut(index).filter(|_| is_before) {
                    Some(pin) => pin.refused = Some(refused),
                    None => return Err(refused),
                }
            }
            // It stays what it was.
            (None, _) if is_input => self.unknown_numbers += u64::from(!is_before),
            _ => self.set_level(index, level),
        }
        Ok(())
    }

    fn out_of_range(
        &self,
        port: Port,
        scale: Scale,
        number: i128,
        value: Value<'_>,
    ) -> WaveformErrorKind {
        let shown = |number| {
            let unit = if scale.unit().is_empty() { "" } else { " " };
            format!("{}{unit}{}", scale.shown(number), scale.unit())
        };
        WaveformErrorKind::OutOfRange {
            port: port.name(self.descriptor),
            number: match i32::try_from(number) {
                Ok(number) => shown(number),
                Err(_) => String::from_utf8_lossy(value.bytes()).into_owned(),
            },
            time: self.clock.shown(self.time.unwrap_or(0)),
            range: format!("{} to {}", shown(scale.min()), shown(scale.max())),
        }
    }

    /// Takes the value of a string: what a serial line carries in this moment, or a reset.
    fn set_text(&mut self, port: Port, value: Value<'_>) -> Result<(), WaveformErrorKind> {
        let Value::Text(text) = value else {
            let expected = match port {
                Port::Line(_) => BYTES,
                _ => CONDITIONS,
            };
            return Err(not(value, expected));
        };
        if text.is_empty() || self.time.is_some_and(|time| self.clock.is_before(time)) {
            return Ok(());
        }
        match port {
            Port::Line(line) => text
                .iter()
                .try_for_each(|byte| self.note(Action::Byte(line, *byte))),
            _ => self.reset(&String::from_utf8_lossy(text)),
        }
    }

    /// Takes the value of the string `reset`, which is not empty.
    fn reset(&mut self, word: &str) -> Result<(), WaveformErrorKind> {
        let condition = self
            .descriptor
            .boot_condition(word)
            .ok_or_else(|| self.unknown_condition(word))?;
        let tick = self.tick;
        if tick == RunTicks::ZERO && self.power_up.is_none() {
            self.power_up = Some(condition);
            return Ok(());
        }
        if self.last_reset.replace(tick) == Some(tick) {
            return Err(ScriptError::TwoResets { tick }.into());
        }
        self.note(Action::Reset(condition))
    }

    fn unknown_condition(&self, word: &str) -> WaveformErrorKind {
        let ok = [BootCondition::OK_NAME];
        let known = ok.iter().chain(self.descriptor.boot_conditions());
        WaveformErrorKind::UnknownBootCondition {
            found: excerpt(word),
            known: one_of(known.copied()),
        }
    }

    /// The script of the samples, with the tick counter starting at `reading`.
    pub(super) fn finish(mut self, reading: Instant) -> Result<WaveformCapture, WaveformErrorKind> {
        self.sample()?;
        let (last_byte, framing_errors) = self.finish_lines()?;
        let resting = self.bindings.iter().zip(&self.pins);
        let resting = resting.filter(|(binding, pin)| {
            matches!(binding.port, Port::Button(_)) && pin.initial == Some(BitLevel::High)
        });
        let resting = resting.map(|(binding, _)| RestingLevel {
            port: binding.port.name(self.descriptor),
            path: binding.path.clone(),
            is_active_low: binding.is_active_low,
        });
        let resting = resting.collect();
        let last = if self.is_past_end {
            u64::MAX
        } else {
            self.time.unwrap_or(0)
        };
        let end = self.clock.end(last).max(last_byte);
        let condition = self.power_up.unwrap_or_default();
        Ok(WaveformCapture {
            script: Script::new(condition, reading, self.events, end)?,
            outputs: self.outputs,
            vanished_pulses: self.vanished_pulses,
            unknown_levels: self.unknown_levels,
            unknown_numbers: self.unknown_numbers,
            framing_errors,
            gaps: 0,
            undeclared_changes: 0,
            start: self.clock.moved_start(),
            pressed_at_start: resting,
            unused_mappings: Vec::new(),
            unmapped_buttons: Vec::new(),
            unmapped_ports: Vec::new(),
        })
    }

    /// Takes the bytes that are under way: a line keeps its level after the last change of the file,
    /// which need not show the stop bit. Gives the tick of the last byte, and how many had no stop
    /// bit.
    fn finish_lines(&mut self) -> Result<(RunTicks, u64), WaveformErrorKind> {
        let end = self.clock.cut_off().unwrap_or(u128::MAX);
        let mut last = RunTicks::ZERO;
        let mut framing_errors = 0;
        for index in 0..self.pins.len() {
            let binding = self.bindings.get(index);
            let uart = self.pins.get_mut(index).and_then(|pin| pin.uart.as_mut());
            let (Some(uart), Some(Port::Line(line))) = (uart, binding.map(|it| it.port)) else {
                continue;
            };
            let mut bytes = Vec::new();
            uart.advance(end, &mut bytes);
            framing_errors += uart.framing_errors();
            self.note_bytes(line, &bytes)?;
            if let Some(byte) = bytes.last() {
                last = last.max(self.clock.tick_of(byte.time));
            }
        }
        Ok((last, framing_errors))
    }

    fn sample(&mut self) -> Result<(), WaveformErrorKind> {
        for index in 0..self.pins.len() {
            let (Some(pin), Some(binding)) = (self.pins.get_mut(index), self.bindings.get(index))
            else {
                break;
            };
            let port = binding.port;
            if let Some(refused) = pin.refused.take() {
                return Err(refused);
            }
            // Two changes make a pulse; a remaining one is seen.
            let vanished = std::mem::take(&mut pin.changes) / 2;
            let level = pin.level;
            let is_changed = pin.sampled != level;
            pin.sampled = level;
            match port {
                Port::Button(button) => {
                    self.vanished_pulses += vanished;
                    if is_changed {
                        self.note(Action::Button(button, contact(level)))?;
                    }
                }
                Port::Output(output) => {
                    let tick = self.tick;
                    let captured = self.outputs.iter_mut().find(|it| it.output == output);
                    if let Some(captured) = captured.filter(|_| is_changed) {
                        if captured.changes.len() == MAX_EVENTS {
                            return Err(WaveformErrorKind::TooManyEvents);
                        }
                        captured.changes.push((tick, level));
                    }
                }
                Port::Number(id) => {
                    if let Some(level) = level.filter(|_| is_changed) {
                        self.note(Action::Number(id, level.0))?;
                    }
                }
                Port::Line(_) | Port::Reset => {}
            }
        }
        Ok(())
    }

    fn note(&mut self, action: Action) -> Result<(), WaveformErrorKind> {
        self.note_at(self.tick, action)
    }

    /// Notes an action, in whatever order: a script puts them in theirs.
    fn note_at(&mut self, tick: RunTicks, action: Action) -> Result<(), WaveformErrorKind> {
        if self.events.len() == MAX_EVENTS {
            return Err(WaveformErrorKind::TooManyEvents);
        }
        self.events.push(ScriptEvent { tick, action });
        Ok(())
    }
}

impl ChangeSink for Sampler<'_> {
    #[inline]
    fn watches(&self, signal: SignalId) -> bool {
        self.watched.get(signal.0 as usize) == Some(&true)
    }

    #[inline]
    fn time(&mut self, time: u64) -> Result<Flow, WaveformErrorKind> {
        if self.clock.advance(time)? {
            // The levels hold until the end that was asked for, and beyond.
            self.is_past_end = true;
            return Ok(Flow::Stop);
        }
        self.time = Some(time);
        self.is_current = false;
        Ok(Flow::Continue)
    }

    fn change(&mut self, signal: SignalId, value: Value<'_>) -> Result<(), WaveformErrorKind> {
        if !self.is_current {
            self.settle()?;
        }
        for index in 0..self.bindings.len() {
            if self.bindings[index].signal == signal {
                self.set(index, value)?;
            }
        }
        Ok(())
    }
}

fn contact(level: Option<Level>) -> SwitchState {
    match level {
        Some(level) if level > Level::OFF => SwitchState::Closed,
        _ => SwitchState::Open,
    }
}

/// A port before the first change.
fn pin(
    binding: &Binding,
    descriptor: &AppDescriptor,
    clock: &TickClock,
) -> Result<Pin, WaveformErrorKind> {
    let level = match binding.port {
        // A contact that no value is known of is open.
        Port::Button(_) => Some(Level::OFF),
        Port::Number(id) => {
            let input = descriptor.numbers().get(usize::from(id.0));
            input.map(|input| Level(input.start()))
        }
        Port::Line(_) | Port::Reset | Port::Output(_) => None,
    };
    let uart = match binding.port {
        Port::Line(line) if binding.encoding.is_bit() => {
            let line = descriptor.serial_lines().get(usize::from(line.0));
            line.map(|line| UartDecoder::new(line.name(), line.baud(), clock.timescale()))
                .transpose()?
        }
        _ => None,
    };
    Ok(Pin {
        sampled: level,
        level,
        uart,
        ..Pin::default()
    })
}

/// What the port can be.
fn range(port: Port, descriptor: &AppDescriptor) -> Range {
    let range = match port {
        Port::Number(id) => {
            let input = descriptor.numbers().get(usize::from(id.0));
            input.map(|input| Range::Number(input.scale()))
        }
        Port::Output(index) => {
            let output = descriptor.outputs().get(usize::from(index));
            output.map(|output| output.range())
        }
        Port::Button(_) | Port::Line(_) | Port::Reset => None,
    };
    range.unwrap_or(Range::Digital)
}

fn not(value: Value<'_>, expected: &'static str) -> WaveformErrorKind {
    unexpected(&String::from_utf8_lossy(value.bytes()), expected)
}
