//! The pins as seen from outside the chip: inputs that are driven, outputs that are watched.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::emulator::LineChange;

/// How many pins a port can have; that of this chip has one less.
pub const PINS: u8 = 32;
/// How many edges are kept until they are taken; after that the oldest are counted as lost.
const MAX_EDGES: usize = 1 << 16;

/// A level that is driven on an input pin at the sample of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScheduledInput {
    /// The tick whose sample is the first to see it.
    pub tick: u32,
    /// The pin of the port.
    pub pin: u8,
    /// High or low.
    pub high: bool,
}

/// A change of an output pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinEdge {
    /// The tick that was sampled last when it changed; unknown where ticks are not followed, or
    /// where the firmware was not stopped around it.
    pub tick: Option<u32>,
    /// The pin of the port.
    pub pin: u8,
    /// High or low.
    pub high: bool,
}

/// Where a firmware can be stopped at a tick, and where it counts its ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickHook {
    /// The address where the firmware is stopped: the first instruction of the interrupt handler
    /// that counts and samples, or of the function that it calls at a break tick.
    pub address: u32,
    /// The word that counts: the tick sampled last.
    pub counter: u32,
    /// The words that say at which ticks `address` is reached; none where it is before every
    /// sample.
    pub break_ticks: Option<BreakTicks>,
}

/// The words of a firmware that hold the ticks at which it reaches its hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakTicks {
    /// The word with the tick before whose sample the hook is reached.
    pub sample: u32,
    /// The word with the tick after whose outputs the hook is reached.
    pub output: u32,
    /// The word that counts: the tick whose outputs were written last.
    pub output_counter: u32,
}

/// The break tick that is never reached.
pub const NEVER: u32 = u32::MAX;

/// The driven levels, the schedule of those to come, and the edges that were seen.
#[derive(Debug, Default)]
pub(crate) struct PinMonitor {
    /// What is driven, and must be driven again after a reset.
    driven: BTreeMap<u8, bool>,
    /// A bit for each output that is watched, and for each that is high.
    watched: u32,
    high: u32,
    /// Edges since the last tick that was seen.
    undated: VecDeque<(u8, bool)>,
    edges: VecDeque<PinEdge>,
    lost: u64,
    schedule: BTreeMap<u32, Vec<(u8, bool)>>,
    /// The ticks after whose outputs the firmware stops, and the last one at which it did.
    output_ticks: BTreeSet<u32>,
    last_output_tick: Option<u32>,
}

impl PinMonitor {
    pub(crate) fn watch(&mut self, mask: u32) {
        self.watched = mask;
    }

    /// Takes a change that the emulator reports; one of something else is ignored.
    pub(crate) fn record(&mut self, change: LineChange) {
        let pin = u8::try_from(change.line).ok();
        if let Some(pin) = pin.filter(|pin| *pin < PINS) {
            self.set(pin, change.high);
        }
    }

    /// Takes the levels of all outputs, a bit a pin: after a reset, of whose effects on them the
    /// emulator reports nothing.
    pub(crate) fn synchronize(&mut self, levels: u32) {
        for pin in 0..PINS {
            self.set(pin, levels >> pin & 1 == 1);
        }
    }

    fn set(&mut self, pin: u8, high: bool) {
        let bit = 1u32 << pin;
        if (self.high & bit != 0) == high {
            return;
        }
        self.high ^= bit;
        if self.watched & bit == 0 {
            return;
        }
        if self.undated.len() == MAX_EDGES {
            self.undated.pop_front();
            self.lost += 1;
        }
        self.undated.push_back((pin, high));
    }

    /// Dates the edges since the last time.
    pub(crate) fn date(&mut self, tick: Option<u32>) {
        for (pin, high) in self.undated.drain(..) {
            if self.edges.len() == MAX_EDGES {
                self.edges.pop_front();
                self.lost += 1;
            }
            self.edges.push_back(PinEdge { tick, pin, high });
        }
    }

    /// The edges that were not taken yet, and how many there was no room for.
    pub(crate) fn take_edges(&mut self) -> (Vec<PinEdge>, u64) {
        (
            self.edges.drain(..).collect(),
            std::mem::take(&mut self.lost),
        )
    }

    pub(crate) fn note_driven(&mut self, pin: u8, high: bool) {
        self.driven.insert(pin, high);
    }

    pub(crate) fn note_released(&mut self, pin: u8) {
        self.driven.remove(&pin);
    }

    pub(crate) fn driven(&self) -> Vec<(u8, bool)> {
        self.driven
            .iter()
            .map(|(&pin, &high)| (pin, high))
            .collect()
    }

    /// Dates the edges since the outputs of the previous break tick: they are those of this one
    /// where it follows it. What came between two stops further apart has no tick.
    pub(crate) fn outputs_written(&mut self, tick: u32) {
        let is_next = match self.last_output_tick {
            Some(before) => before.checked_add(1) == Some(tick),
            None => tick == 0,
        };
        self.date(is_next.then_some(tick));
        self.last_output_tick = Some(tick);
    }

    /// The next tick after whose outputs to stop; the first where none is given.
    pub(crate) fn next_output_tick(&self, after: Option<u32>) -> u32 {
        let first = after.map_or(0, |tick| tick.saturating_add(1));
        let mut later = self.output_ticks.range(first..);
        later.next().copied().unwrap_or(NEVER)
    }

    /// The next tick before whose sample a pin is driven.
    pub(crate) fn next_input_tick(&self) -> u32 {
        self.schedule.keys().next().copied().unwrap_or(NEVER)
    }

    /// Replaces the schedule. `dated` are the ticks whose edges are to have a tick.
    pub(crate) fn schedule(&mut self, inputs: &[ScheduledInput], dated: &[u32]) {
        self.schedule.clear();
        let both = dated
            .iter()
            .flat_map(|tick| [tick.saturating_sub(1), *tick]);
        self.output_ticks = both.chain([0]).collect();
        self.last_output_tick = None;
        for input in inputs {
            let pins = self.schedule.entry(input.tick).or_default();
            pins.push((input.pin, input.high));
        }
    }

    /// Takes what is due by the sample of a tick, in its order.
    pub(crate) fn take_due(&mut self, tick: u32) -> Vec<(u8, bool)> {
        let later = match tick.checked_add(1) {
            Some(next) => self.schedule.split_off(&next),
            None => BTreeMap::new(),
        };
        let due = std::mem::replace(&mut self.schedule, later);
        due.into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(line: u32, high: bool) -> LineChange {
        LineChange { line, high }
    }

    #[test]
    fn only_watched_pins_that_change_have_edges() {
        let mut pins = PinMonitor::default();
        pins.watch(1 << 3);
        for line in [3, 3, 4, 99] {
            pins.record(change(line, true));
        }
        pins.date(Some(7));
        let edge = PinEdge {
            tick: Some(7),
            pin: 3,
            high: true,
        };
        assert_eq!(pins.take_edges(), (vec![edge], 0));
    }

    #[test]
    fn a_scheduled_input_is_due_once_and_not_too_early() {
        let mut pins = PinMonitor::default();
        let input = |tick, high| ScheduledInput {
            tick,
            pin: 17,
            high,
        };
        pins.schedule(&[input(5, true), input(2, false), input(9, false)], &[7]);
        assert_eq!(pins.next_input_tick(), 2);
        assert_eq!(pins.next_output_tick(None), 0);
        assert_eq!(pins.next_output_tick(Some(0)), 6);
        assert_eq!(pins.next_output_tick(Some(7)), NEVER);
        assert_eq!(pins.take_due(1), []);
        assert_eq!(pins.take_due(5), [(17, false), (17, true)]);
        assert_eq!(pins.take_due(5), []);
        assert_eq!(pins.take_due(u32::MAX), [(17, false)]);
    }

    #[test]
    fn an_edge_has_a_tick_where_the_outputs_of_the_tick_before_were_seen() {
        let mut pins = PinMonitor::default();
        pins.watch(1 << 3);
        pins.schedule(&[], &[7]);
        let mut seen = Vec::new();
        for (high, tick) in [(true, 0), (false, 6), (true, 7)] {
            pins.record(change(3, high));
            pins.outputs_written(tick);
            seen.extend(pins.take_edges().0.into_iter().map(|edge| edge.tick));
        }
        assert_eq!(seen, [Some(0), None, Some(7)]);
    }
}
