//! What a board that samples its pins once a tick sees of a waveform.

use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;
use lockstep_core::time::{Instant, RunTicks};

use super::captured::{CapturedOutput, RestingLevel, Stimulus};
use super::change::{BitLevel, ChangeSink, Flow, Value};
use super::clock::TickClock;
use super::error::{BIT, CONDITIONS, WaveformErrorKind, unexpected};
use super::resolve::{Binding, Bits, Port};
use super::signals::SignalId;
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
}

/// The state of a port.
#[derive(Clone, Copy, Default)]
struct Pin {
    /// As it was sampled last: closed, or the level of an output.
    sampled: Option<Level>,
    level: Option<Level>,
    /// How often it changed since then.
    changes: u64,
    /// The level at the start of the file.
    initial: Option<BitLevel>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(
        clock: TickClock,
        descriptor: &'a AppDescriptor,
        bindings: &'a [Binding],
    ) -> Self {
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
        let pins = bindings.iter().map(|binding| Pin {
            // A contact that no value is known of is open.
            sampled: matches!(binding.port, Port::Button(_)).then_some(Level::OFF),
            level: matches!(binding.port, Port::Button(_)).then_some(Level::OFF),
            ..Pin::default()
        });
        Self {
            descriptor,
            clock,
            bindings,
            watched,
            pins: pins.collect(),
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
        }
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
        if binding.bits == Bits::Text {
            return match value {
                Value::Text(word) => self.reset(&String::from_utf8_lossy(word)),
                Value::Bits(found) | Value::Real(found) => Err(not(found, CONDITIONS)),
            };
        }
        let (Value::Bits(bits) | Value::Text(bits) | Value::Real(bits)) = value;
        if !matches!(value, Value::Bits(_)) {
            return Err(not(bits, BIT));
        }
        let bit = match binding.bits {
            Bits::At(place) => BitLevel::at(bits, place),
            Bits::Single => BitLevel::single(bits),
            Bits::Number | Bits::Text => {
                self.set_level(index, number(bits));
                return Ok(());
            }
        };
        let bit = bit.ok_or_else(|| not(bits, BIT))?;
        let bit = if binding.is_active_low {
            bit.inverted()
        } else {
            bit
        };
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

    /// Takes the value of the string `reset`. The empty one is not a reset.
    fn reset(&mut self, word: &str) -> Result<(), WaveformErrorKind> {
        if word.is_empty() || self.time.is_some_and(|time| self.clock.is_before(time)) {
            return Ok(());
        }
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
    pub(super) fn finish(mut self, reading: Instant) -> Result<Stimulus, WaveformErrorKind> {
        self.sample()?;
        let resting = self.bindings.iter().zip(&self.pins);
        let resting = resting.filter(|(binding, pin)| {
            matches!(binding.port, Port::Button(_)) && pin.initial == Some(BitLevel::High)
        });
        let resting = resting.map(|(binding, _)| RestingLevel {
            port: self.port_name(binding.port),
            path: binding.path.clone(),
            is_active_low: binding.is_active_low,
        });
        let resting = resting.collect();
        let last = if self.is_past_end {
            u64::MAX
        } else {
            self.time.unwrap_or(0)
        };
        let end = self.clock.end(last);
        let condition = self.power_up.unwrap_or_default();
        Ok(Stimulus {
            script: Script::new(condition, reading, self.events, end)?,
            outputs: self.outputs,
            vanished_pulses: self.vanished_pulses,
            unknown_levels: self.unknown_levels,
            gaps: 0,
            undeclared_changes: 0,
            start: self.clock.moved_start(),
            pressed_at_start: resting,
            unused_mappings: Vec::new(),
            unmapped_buttons: Vec::new(),
        })
    }

    fn port_name(&self, port: Port) -> &'static str {
        match port {
            Port::Button(button) => {
                let names = self.descriptor.buttons();
                names.get(usize::from(button.0)).copied().unwrap_or("?")
            }
            Port::Reset | Port::Output(_) => "?",
        }
    }

    fn sample(&mut self) -> Result<(), WaveformErrorKind> {
        for index in 0..self.pins.len() {
            let (Some(pin), Some(binding)) = (self.pins.get_mut(index), self.bindings.get(index))
            else {
                break;
            };
            let port = binding.port;
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
                Port::Reset => {}
            }
        }
        Ok(())
    }

    fn note(&mut self, action: Action) -> Result<(), WaveformErrorKind> {
        if self.events.len() == MAX_EVENTS {
            return Err(WaveformErrorKind::TooManyEvents);
        }
        self.events.push(ScriptEvent {
            tick: self.tick,
            action,
        });
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

/// The bits as a number, if all of them are known and it fits.
fn number(bits: &[u8]) -> Option<Level> {
    let mut number = 0_i32;
    for bit in bits {
        let bit = match BitLevel::of(*bit)? {
            BitLevel::Low => 0,
            BitLevel::High => 1,
            BitLevel::Unknown => return None,
        };
        number = number.checked_mul(2)?.checked_add(bit)?;
    }
    (!bits.is_empty()).then_some(Level(number))
}

fn not(found: &[u8], expected: &'static str) -> WaveformErrorKind {
    unexpected(&String::from_utf8_lossy(found), expected)
}
