//! Inputs of several ticks that one sentence can do: a `send`, or a `turn`.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::SerialId;
use lockstep_core::time::RunTicks;

use crate::script::{Action, Script, ScriptEvent};
use crate::timed_input::{self, MOVES_A_CLICK};
use crate::trace::Entry;

/// The clicks that one sentence is looked for; by hand, there are no more at once.
const MAX_CLICKS: i32 = 10;

/// Inputs that one sentence can do, with nothing to be seen between them.
pub(super) struct LongInput {
    /// How many events they are.
    pub(super) count: usize,
    /// The tick at which the sentence ends.
    pub(super) end: RunTicks,
    /// `None` for bytes on a serial line.
    pub(super) turn: Option<Turn>,
}

/// A turn of an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// The encoder, by its place in the descriptor.
    pub(super) encoder: u8,
    pub(super) clicks: i32,
    pub(super) length: RunTicks,
}

impl LongInput {
    /// The longest one that these events of a script begin with; the entries are those of their
    /// first tick and of what follows.
    pub(super) fn at(
        descriptor: &AppDescriptor,
        script: &Script,
        events: &[ScriptEvent],
        entries: &[Entry],
    ) -> Option<Self> {
        let found = Finder {
            descriptor,
            end: script.end(),
            events,
            entries,
        };
        match events.first()?.action {
            Action::Byte(line, _) => found.send(line),
            Action::Button(..) => found.turn(),
            Action::Number(..) | Action::Reset(_) => None,
        }
    }
}

struct Finder<'a> {
    descriptor: &'a AppDescriptor,
    /// The end of the script.
    end: RunTicks,
    events: &'a [ScriptEvent],
    entries: &'a [Entry],
}

impl Finder<'_> {
    /// Bytes of several ticks that arrive as fast as their line carries them.
    fn send(&self, line: SerialId) -> Option<LongInput> {
        let declared = self.descriptor.serial_lines().get(usize::from(line.0))?;
        let period = self.descriptor.tick();
        let start = self.events.first()?.tick;
        let mut found = None;
        let mut count = 0;
        for same_tick in self.events.chunk_by(|a, b| a.tick == b.tick) {
            let fits = same_tick.iter().zip(count..).all(|(event, before)| {
                let arrives = timed_input::arrival(declared, period, before);
                matches!(event.action, Action::Byte(other, _) if other == line)
                    && event.tick == start.saturating_add(arrives)
            });
            let tick = same_tick.first()?.tick;
            if !fits || count > 0 && !self.is_quiet(start, tick) {
                break;
            }
            count += u64::try_from(same_tick.len()).ok()?;
            found = (tick > start).then_some(LongInput {
                count: usize::try_from(count).ok()?,
                end: tick,
                turn: None,
            });
        }
        found
    }

    /// Clicks of an encoder, in equal steps.
    fn turn(&self) -> Option<LongInput> {
        let first = self.events.first()?;
        let step = self.events.get(1)?.tick.saturating_sub(first.tick);
        let encoders = (0..).zip(self.descriptor.encoders());
        let mut turns = encoders.flat_map(|(id, encoder)| {
            let clicks = (1..=MAX_CLICKS).rev().flat_map(|clicks| [clicks, -clicks]);
            clicks.map(move |clicks| (id, encoder, clicks))
        });
        turns.find_map(|(id, encoder, clicks)| {
            let count = u64::from(clicks.unsigned_abs()) * MOVES_A_CLICK;
            let length = RunTicks(step.0.checked_mul(count)?);
            let count = usize::try_from(count).ok()?;
            let moves = self.events.get(..count)?;
            let is_it = step > RunTicks::ZERO
                && timed_input::turn(encoder, clicks, length)
                    .map(|event| ScriptEvent {
                        tick: first.tick.saturating_add(event.tick),
                        ..event
                    })
                    .eq(moves.iter().copied());
            let end = first.tick.saturating_add(length);
            let last = moves.last()?.tick;
            let next = self.events.get(count).map_or(self.end, |next| next.tick);
            let after = self.within(last.saturating_add(RunTicks(1)), end);
            let fits = is_it
                && end <= next
                && self.is_quiet(first.tick, last)
                && after.first().is_none_or(|entry| entry.what.is_input());
            fits.then_some(LongInput {
                count,
                end,
                turn: Some(Turn {
                    encoder: id,
                    clicks,
                    length,
                }),
            })
        })
    }

    /// Whether nothing but inputs is seen from the inputs of one tick to those of another.
    fn is_quiet(&self, first: RunTicks, last: RunTicks) -> bool {
        let mut seen = self.within(first, last).iter();
        // What comes as time passes stands before the inputs of its tick.
        let has_inputs = seen.any(|entry| entry.what.is_input());
        let mut until_last = seen.take_while(|it| it.tick < last || !it.what.is_input());
        has_inputs && until_last.all(|entry| entry.what.is_input())
    }

    /// The entries from one tick to another.
    fn within(&self, first: RunTicks, last: RunTicks) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.tick < first);
        let to = self.entries.partition_point(|entry| entry.tick <= last);
        self.entries.get(from..to).unwrap_or_default()
    }
}
