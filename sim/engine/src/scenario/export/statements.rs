//! What was done, in sentences.

use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;

use super::interval::Interval;
use super::step_trace::{Step, StepTrace};
use super::{condition_name, name};
use crate::scenario::{Name, StatementKind};
use crate::script::{Action, SwitchState};

/// So many buttons in a sentence keep within the length of a line.
const BUTTONS: usize = 8;

/// What was done from one beat on.
pub(super) struct StatementGroup {
    pub(super) verbs: Vec<StatementKind>,
    /// The beat with which it ends.
    pub(super) last: usize,
}

/// Says what was done from this beat on: one thing that takes time, such as a tap, if
/// nothing has to be expected while it lasts, and otherwise the actions of this tick.
pub(super) fn at(run: &StepTrace<'_>, intervals: &[Interval], step: usize) -> StatementGroup {
    let writer = StatementWriter { run, intervals };
    writer
        .bounce(step)
        .or_else(|| writer.tap(step))
        .unwrap_or_else(|| writer.actions(step))
}

struct StatementWriter<'a> {
    run: &'a StepTrace<'a>,
    intervals: &'a [Interval],
}

/// Contacts that all do the same in one tick.
struct ButtonGroup {
    buttons: Vec<ButtonId>,
    contact: SwitchState,
}

impl StatementWriter<'_> {
    fn actions(&self, step: usize) -> StatementGroup {
        let actions = self.run.steps[step].actions;
        let resets = actions.iter().filter_map(|event| match event.action {
            Action::Reset(condition) => Some(StatementKind::Reset(condition_name(
                self.run.descriptor,
                condition,
            ))),
            Action::Button(..) => None,
        });
        let mut verbs = Vec::new();
        for contact in [SwitchState::Closed, SwitchState::Open] {
            let moving = actions.iter().filter_map(|event| match event.action {
                Action::Button(button, to) if to == contact => Some(self.button(button)),
                _ => None,
            });
            let moving: Vec<_> = moving.collect();
            verbs.extend(moving.chunks(BUTTONS).map(|buttons| StatementKind::Move {
                buttons: buttons.to_vec(),
                contact,
                bouncing: Ticks::ZERO,
            }));
        }
        verbs.extend(resets);
        StatementGroup { verbs, last: step }
    }

    fn tap(&self, step: usize) -> Option<StatementGroup> {
        let group = self.group(step)?;
        let is_tap = group.contact == SwitchState::Closed
            && self.goes_back(step)
            // A release that bounces is a sentence of its own.
            && self.bounce(step + 1).is_none();
        let length = self.run.steps[step].length();
        is_tap.then(|| StatementGroup {
            verbs: vec![StatementKind::Tap {
                buttons: self.names(&group),
                length,
            }],
            last: step + 1,
        })
    }

    /// Contacts that move in every tick, as a bouncing press or release makes them: of an
    /// odd length, they miss the last tick but one.
    fn bounce(&self, step: usize) -> Option<StatementGroup> {
        let group = self.group(step)?;
        let mut last = step;
        while self.steps_apart(last) == Some(1) && self.goes_back(last) {
            last += 1;
        }
        if (last - step) % 2 == 1 {
            if self.steps_apart(last) == Some(2) && self.goes_back(last) {
                last += 1;
            } else {
                last -= 1;
            }
        }
        let steps = &self.run.steps;
        let bouncing = steps[last].tick.saturating_sub(steps[step].tick);
        // A log would be looked for from the beginning of the sentence on.
        let fits = bouncing > Ticks(1) && !self.intervals[last].logs_at_once;
        fits.then(|| StatementGroup {
            verbs: vec![StatementKind::Move {
                buttons: self.names(&group),
                contact: group.contact,
                bouncing,
            }],
            last,
        })
    }

    fn steps_apart(&self, step: usize) -> Option<u32> {
        let next = self.run.steps.get(step + 1)?;
        Some(next.tick.saturating_sub(self.run.steps[step].tick).0)
    }

    /// Whether the contacts of this beat go back in the next one, with nothing else done
    /// then and nothing expected before.
    fn goes_back(&self, step: usize) -> bool {
        let (now, next) = (self.group(step), self.group(step + 1));
        let back = now.zip(next).is_some_and(|(now, next)| {
            next.buttons == now.buttons && next.contact == now.contact.other()
        });
        back && !self.intervals[step].is_needed
    }

    /// What moves in this beat, if it all moves the same way and nothing else happens.
    fn group(&self, step: usize) -> Option<ButtonGroup> {
        let Step { actions, .. } = self.run.steps.get(step)?;
        let mut buttons = Vec::new();
        let mut contacts = Vec::new();
        for event in *actions {
            let Action::Button(button, contact) = event.action else {
                return None;
            };
            buttons.push(button);
            contacts.push(contact);
        }
        let contact = *contacts.first()?;
        let same = contacts.iter().all(|other| *other == contact);
        (same && buttons.len() <= BUTTONS).then_some(ButtonGroup { buttons, contact })
    }

    fn names(&self, group: &ButtonGroup) -> Vec<Name> {
        group
            .buttons
            .iter()
            .map(|button| self.button(*button))
            .collect()
    }

    fn button(&self, button: ButtonId) -> Name {
        let names = self.run.descriptor.buttons();
        name(names.get(usize::from(button.0)).copied().unwrap_or("?"))
    }
}
