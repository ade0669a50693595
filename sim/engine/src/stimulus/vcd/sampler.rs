//! What a board that samples its pins once a tick sees of a waveform.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, Ticks};
use vcd::{TimescaleUnit, Value};

use super::Stimulus;
use super::error::VcdErrorKind;
use crate::diagnostic::one_of;
use crate::sanitize::excerpt;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, MAX_LENGTH, Script, ScriptError, ScriptEvent, SwitchState,
};

/// Ticks in a second.
const TICKS_PER_SECOND: u128 = 1_000;

/// The unit of time in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timescale {
    count: u32,
    unit: TimescaleUnit,
}

impl Timescale {
    /// This many of the unit; `None` for zero. The standard allows 1, 10 and 100.
    pub(super) fn new(count: u32, unit: TimescaleUnit) -> Option<Self> {
        (count > 0).then_some(Self { count, unit })
    }

    /// The first tick at or after this time; `None` beyond the longest script.
    fn tick(self, time: u64) -> Option<Ticks> {
        // 64 + 32 + 10 bits: no file can make it overflow.
        let scaled = u128::from(time) * u128::from(self.count) * TICKS_PER_SECOND;
        let tick = scaled.div_ceil(self.unit.divisor().into());
        u32::try_from(tick)
            .ok()
            .map(Ticks)
            .filter(|tick| *tick <= MAX_LENGTH)
    }
}

/// Samples the inputs once a tick.
pub(super) struct Sampler<'a> {
    descriptor: &'a AppDescriptor,
    timescale: Timescale,
    pins: Vec<Pin>,
    /// The time of the file.
    time: u64,
    /// The tick at which the present levels are sampled.
    tick: Ticks,
    power_up: Option<BootCondition>,
    last_reset: Option<Ticks>,
    events: Vec<ScriptEvent>,
    vanished_pulses: u64,
    unknown_levels: u64,
}

struct Pin {
    sampled: SwitchState,
    contact: SwitchState,
    /// The number of changes since the last sample.
    changes: u64,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(timescale: Timescale, descriptor: &'a AppDescriptor) -> Self {
        let open = || Pin {
            sampled: SwitchState::Open,
            contact: SwitchState::Open,
            changes: 0,
        };
        Self {
            descriptor,
            timescale,
            pins: (0..descriptor.buttons().len()).map(|_| open()).collect(),
            time: 0,
            tick: Ticks::ZERO,
            power_up: None,
            last_reset: None,
            events: Vec::new(),
            vanished_pulses: 0,
            unknown_levels: 0,
        }
    }

    /// Advances to this time of the file.
    pub(super) fn advance(&mut self, time: u64) -> Result<(), VcdErrorKind> {
        if time < self.time {
            return Err(VcdErrorKind::TimeRunsBack {
                time,
                previous: self.time,
            });
        }
        let tick = self
            .timescale
            .tick(time)
            .ok_or(VcdErrorKind::TooLate { time })?;
        if tick > self.tick {
            self.sample()?;
        }
        self.time = time;
        self.tick = tick;
        Ok(())
    }

    /// Sets the level of a button.
    pub(super) fn set(&mut self, button: ButtonId, level: Value) {
        let contact = match level {
            Value::V1 => SwitchState::Closed,
            Value::V0 => SwitchState::Open,
            Value::X | Value::Z => {
                self.unknown_levels += 1;
                SwitchState::Open
            }
        };
        if let Some(pin) = self.pins.get_mut(usize::from(button.0))
            && pin.contact != contact
        {
            pin.contact = contact;
            pin.changes += 1;
        }
    }

    /// Sets the value of the string `reset`. The empty one is not a reset.
    pub(super) fn reset(&mut self, word: &str) -> Result<(), VcdErrorKind> {
        if word.is_empty() {
            return Ok(());
        }
        let condition = self
            .descriptor
            .boot_condition(word)
            .ok_or_else(|| self.unknown_condition(word))?;
        let tick = self.tick;
        if tick == Ticks::ZERO && self.power_up.is_none() {
            self.power_up = Some(condition);
            return Ok(());
        }
        if self.last_reset.replace(tick) == Some(tick) {
            return Err(ScriptError::TwoResets { tick }.into());
        }
        self.note(Action::Reset(condition))
    }

    fn unknown_condition(&self, word: &str) -> VcdErrorKind {
        let ok = [BootCondition::OK_NAME];
        let known = ok.iter().chain(self.descriptor.boot_conditions());
        VcdErrorKind::UnknownBootCondition {
            found: excerpt(word),
            known: one_of(known.copied()),
        }
    }

    /// The script of the samples, with the tick counter starting at `clock`.
    pub(super) fn finish(mut self, clock: Instant) -> Result<Stimulus, VcdErrorKind> {
        self.sample()?;
        let condition = self.power_up.unwrap_or_default();
        Ok(Stimulus {
            script: Script::new(condition, clock, self.events, self.tick)?,
            vanished_pulses: self.vanished_pulses,
            unknown_levels: self.unknown_levels,
        })
    }

    fn sample(&mut self) -> Result<(), VcdErrorKind> {
        for index in 0..=u8::MAX {
            let Some(pin) = self.pins.get_mut(usize::from(index)) else {
                break;
            };
            // Two changes make a pulse; a remaining one is seen.
            self.vanished_pulses += std::mem::take(&mut pin.changes) / 2;
            if pin.sampled != pin.contact {
                pin.sampled = pin.contact;
                let contact = pin.contact;
                self.note(Action::Button(ButtonId(index), contact))?;
            }
        }
        Ok(())
    }

    fn note(&mut self, action: Action) -> Result<(), VcdErrorKind> {
        if self.events.len() == MAX_EVENTS {
            return Err(VcdErrorKind::TooManyEvents);
        }
        self.events.push(ScriptEvent {
            tick: self.tick,
            action,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_belongs_to_the_first_tick_at_or_after_it() {
        for (count, unit, time, tick) in [
            (1, TimescaleUnit::MS, 7, Some(7)),
            (10, TimescaleUnit::NS, 0, Some(0)),
            (10, TimescaleUnit::NS, 1, Some(1)),
            (10, TimescaleUnit::NS, 100_000, Some(1)),
            (10, TimescaleUnit::NS, 100_001, Some(2)),
            (1, TimescaleUnit::FS, u64::MAX, Some(18_446_745)),
            (1, TimescaleUnit::S, 604_800, Some(MAX_LENGTH.0)),
            (1, TimescaleUnit::S, 604_801, None),
            (u32::MAX, TimescaleUnit::S, u64::MAX, None),
        ] {
            let timescale = Timescale::new(count, unit).unwrap();
            assert_eq!(timescale.tick(time), tick.map(Ticks));
        }
        assert!(Timescale::new(0, TimescaleUnit::MS).is_none());
    }
}
