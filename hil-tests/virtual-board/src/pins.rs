//! The world outside the chip: inputs that are driven, outputs that are watched.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many pins a port can have; that of this chip has one less.
pub const PINS: u8 = 32;
/// How many edges are kept for whoever asks; after that the oldest are counted as lost.
const KEPT: usize = 1 << 16;

/// An input pin, driven at the sample of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drive {
    /// The tick whose sample is the first to see it.
    pub tick: u32,
    /// The pin of the port.
    pub pin: u8,
    /// High or low.
    pub high: bool,
}

/// An output pin that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The tick that was sampled last when it changed; unknown where ticks are not followed, or
    /// where the firmware was not stopped around it.
    pub tick: Option<u32>,
    /// The pin of the port.
    pub pin: u8,
    /// High or low.
    pub high: bool,
}

/// Where a firmware shows its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickClock {
    /// Where the firmware is stopped: the first instruction of the interrupt handler that counts
    /// and samples, or of the function that it calls at an alarm.
    pub stop: u32,
    /// The word that counts: the tick sampled last.
    pub counter: u32,
    /// The words that say when `stop` is called; none where it is before every sample.
    pub alarms: Option<Alarms>,
}

/// Where a firmware is told at which ticks to come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarms {
    /// The word with the tick to come by before the sample of.
    pub sample: u32,
    /// The word with the tick to come by after the outputs of which are shown.
    pub shown: u32,
    /// The word that counts: the tick whose outputs are shown.
    pub shown_counter: u32,
}

/// The tick of an alarm that never comes.
pub const NEVER: u32 = u32::MAX;

/// What the world does and sees.
#[derive(Debug, Default)]
pub(super) struct Pins {
    /// What is driven, and must be driven anew after a reset.
    levels: BTreeMap<u8, bool>,
    /// A bit for each output that is watched, and for each that is high.
    watched: u32,
    high: u32,
    /// Edges since the last tick that was seen.
    fresh: VecDeque<(u8, bool)>,
    edges: VecDeque<Edge>,
    lost: u64,
    script: BTreeMap<u32, Vec<(u8, bool)>>,
    /// The ticks after whose outputs the firmware stops, and the last one that was.
    looks: BTreeSet<u32>,
    looked: Option<u32>,
}

impl Pins {
    pub(super) fn watch(&mut self, mask: u32) {
        self.watched = mask;
    }

    /// Takes a line of the machine; true if it told of a pin.
    pub(super) fn hear(&mut self, line: &str) -> bool {
        let Some(told) = line.strip_prefix("IRQ ") else {
            return false;
        };
        let (high, pin) = match told.split_once(' ') {
            Some(("raise", pin)) => (true, pin),
            Some(("lower", pin)) => (false, pin),
            _ => return true,
        };
        let pin = pin.parse().ok().filter(|pin: &u8| *pin < PINS);
        if let Some(pin) = pin {
            self.change(pin, high);
        }
        true
    }

    /// The levels of all outputs, a bit a pin: after a reset, of which the machine does not tell
    /// what it did to them.
    pub(super) fn settle(&mut self, levels: u32) {
        for pin in 0..PINS {
            self.change(pin, levels >> pin & 1 == 1);
        }
    }

    fn change(&mut self, pin: u8, high: bool) {
        let bit = 1u32 << pin;
        if (self.high & bit != 0) == high {
            return;
        }
        self.high ^= bit;
        if self.watched & bit == 0 {
            return;
        }
        if self.fresh.len() == KEPT {
            self.fresh.pop_front();
            self.lost += 1;
        }
        self.fresh.push_back((pin, high));
    }

    /// Dates what was heard since the last time.
    pub(super) fn date(&mut self, tick: Option<u32>) {
        for (pin, high) in self.fresh.drain(..) {
            if self.edges.len() == KEPT {
                self.edges.pop_front();
                self.lost += 1;
            }
            self.edges.push_back(Edge { tick, pin, high });
        }
    }

    /// The edges nobody took yet, and how many there was no room for.
    pub(super) fn take_edges(&mut self) -> (Vec<Edge>, u64) {
        (
            self.edges.drain(..).collect(),
            std::mem::take(&mut self.lost),
        )
    }

    pub(super) fn note_level(&mut self, pin: u8, high: bool) {
        self.levels.insert(pin, high);
    }

    pub(super) fn levels(&self) -> Vec<(u8, bool)> {
        self.levels
            .iter()
            .map(|(&pin, &high)| (pin, high))
            .collect()
    }

    /// Dates what was heard since the outputs of another tick were shown: now those of this one
    /// are. What came between two stops that do not follow each other has no tick.
    pub(super) fn shown(&mut self, tick: u32) {
        let known = match self.looked {
            Some(before) => before.checked_add(1) == Some(tick),
            None => tick == 0,
        };
        self.date(known.then_some(tick));
        self.looked = Some(tick);
    }

    /// The next tick to look at the outputs of, after this one; the first where there is none.
    pub(super) fn next_look(&self, after: Option<u32>) -> u32 {
        let first = after.map_or(0, |tick| tick.saturating_add(1));
        self.looks.range(first..).next().copied().unwrap_or(NEVER)
    }

    /// The next tick before whose sample a pin is driven.
    pub(super) fn next_drive(&self) -> u32 {
        self.script.keys().next().copied().unwrap_or(NEVER)
    }

    /// `looks` are the ticks whose edges are to be dated.
    pub(super) fn schedule(&mut self, drives: &[Drive], looks: &[u32]) {
        self.script.clear();
        let both = looks
            .iter()
            .flat_map(|tick| [tick.saturating_sub(1), *tick]);
        self.looks = both.chain([0]).collect();
        self.looked = None;
        for drive in drives {
            let pins = self.script.entry(drive.tick).or_default();
            pins.push((drive.pin, drive.high));
        }
    }

    /// What is due by the sample of a tick, in its order.
    pub(super) fn due(&mut self, tick: u32) -> Vec<(u8, bool)> {
        let later = match tick.checked_add(1) {
            Some(next) => self.script.split_off(&next),
            None => BTreeMap::new(),
        };
        let due = std::mem::replace(&mut self.script, later);
        due.into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_watched_pins_that_change_are_edges() {
        let mut pins = Pins::default();
        pins.watch(1 << 3);
        for line in ["IRQ raise 3", "IRQ raise 3", "IRQ raise 4", "IRQ raise 99"] {
            assert!(pins.hear(line));
        }
        assert!(!pins.hear("OK"));
        pins.date(Some(7));
        let edge = Edge {
            tick: Some(7),
            pin: 3,
            high: true,
        };
        assert_eq!(pins.take_edges(), (vec![edge], 0));
    }

    #[test]
    fn a_script_gives_each_drive_once_and_none_too_early() {
        let mut pins = Pins::default();
        let drive = |tick, high| Drive {
            tick,
            pin: 17,
            high,
        };
        pins.schedule(&[drive(5, true), drive(2, false), drive(9, false)], &[7]);
        assert_eq!(pins.next_drive(), 2);
        assert_eq!(pins.next_look(None), 0);
        assert_eq!(pins.next_look(Some(0)), 6);
        assert_eq!(pins.next_look(Some(7)), NEVER);
        assert_eq!(pins.due(1), []);
        assert_eq!(pins.due(5), [(17, false), (17, true)]);
        assert_eq!(pins.due(5), []);
        assert_eq!(pins.due(u32::MAX), [(17, false)]);
    }

    #[test]
    fn an_edge_has_a_tick_where_the_outputs_of_the_tick_before_were_seen() {
        let mut pins = Pins::default();
        pins.watch(1 << 3);
        pins.schedule(&[], &[7]);
        let mut seen = Vec::new();
        for (line, shown) in [("IRQ raise 3", 0), ("IRQ lower 3", 6), ("IRQ raise 3", 7)] {
            pins.hear(line);
            pins.shown(shown);
            seen.extend(pins.take_edges().0.into_iter().map(|edge| edge.tick));
        }
        assert_eq!(seen, [Some(0), None, Some(7)]);
    }
}
