//! What was done, in sentences.

use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;

use super::gap::Gap;
use super::history::{Beat, History};
use super::{condition_name, name};
use crate::scenario::{Name, StatementKind};
use crate::script::{Action, SwitchState};

/// So many buttons in a sentence keep within the length of a line.
const BUTTONS: usize = 8;

/// What was done from one beat on.
pub(super) struct Sentence {
    pub(super) verbs: Vec<StatementKind>,
    /// The beat with which it ends.
    pub(super) last: usize,
}

/// Says what was done from this beat on: one thing that takes time, such as a tap, if
/// nothing has to be expected while it lasts, and otherwise the actions of this tick.
pub(super) fn at(history: &History<'_>, gaps: &[Gap], beat: usize) -> Sentence {
    let teller = Teller { history, gaps };
    teller
        .bounce(beat)
        .or_else(|| teller.tap(beat))
        .unwrap_or_else(|| teller.actions(beat))
}

struct Teller<'a> {
    history: &'a History<'a>,
    gaps: &'a [Gap],
}

/// Contacts that all do the same in one tick.
struct Together {
    buttons: Vec<ButtonId>,
    contact: SwitchState,
}

impl Teller<'_> {
    fn actions(&self, beat: usize) -> Sentence {
        let actions = self.history.beats[beat].actions;
        let resets = actions.iter().filter_map(|event| match event.action {
            Action::Reset(condition) => Some(StatementKind::Reset(condition_name(
                self.history.descriptor,
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
        Sentence { verbs, last: beat }
    }

    fn tap(&self, beat: usize) -> Option<Sentence> {
        let together = self.together(beat)?;
        let goes_on = together.contact == SwitchState::Closed
            && self.goes_back(beat)
            // A release that bounces is a sentence of its own.
            && self.bounce(beat + 1).is_none();
        let length = self.history.beats[beat].length();
        goes_on.then(|| Sentence {
            verbs: vec![StatementKind::Tap {
                buttons: self.names(&together),
                length,
            }],
            last: beat + 1,
        })
    }

    /// Contacts that move in every tick, as a bouncing press or release makes them: of an
    /// odd length, they miss the last tick but one.
    fn bounce(&self, beat: usize) -> Option<Sentence> {
        let together = self.together(beat)?;
        let mut last = beat;
        while self.beats_apart(last) == Some(1) && self.goes_back(last) {
            last += 1;
        }
        if (last - beat) % 2 == 1 {
            if self.beats_apart(last) == Some(2) && self.goes_back(last) {
                last += 1;
            } else {
                last -= 1;
            }
        }
        let beats = &self.history.beats;
        let bouncing = beats[last].tick.saturating_sub(beats[beat].tick);
        // A log would be looked for from the beginning of the sentence on.
        let fits = bouncing > Ticks(1) && !self.gaps[last].says_at_once;
        fits.then(|| Sentence {
            verbs: vec![StatementKind::Move {
                buttons: self.names(&together),
                contact: together.contact,
                bouncing,
            }],
            last,
        })
    }

    fn beats_apart(&self, beat: usize) -> Option<u32> {
        let next = self.history.beats.get(beat + 1)?;
        Some(next.tick.saturating_sub(self.history.beats[beat].tick).0)
    }

    /// Whether the contacts of this beat go back in the next one, with nothing else done
    /// then and nothing expected before.
    fn goes_back(&self, beat: usize) -> bool {
        let (now, next) = (self.together(beat), self.together(beat + 1));
        let back = now.zip(next).is_some_and(|(now, next)| {
            next.buttons == now.buttons && next.contact == now.contact.other()
        });
        back && !self.gaps[beat].is_needed
    }

    /// What moves in this beat, if it all moves the same way and nothing else happens.
    fn together(&self, beat: usize) -> Option<Together> {
        let Beat { actions, .. } = self.history.beats.get(beat)?;
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
        (same && buttons.len() <= BUTTONS).then_some(Together { buttons, contact })
    }

    fn names(&self, together: &Together) -> Vec<Name> {
        together
            .buttons
            .iter()
            .map(|button| self.button(*button))
            .collect()
    }

    fn button(&self, button: ButtonId) -> Name {
        let names = self.history.descriptor.buttons();
        name(names.get(usize::from(button.0)).copied().unwrap_or("?"))
    }
}
