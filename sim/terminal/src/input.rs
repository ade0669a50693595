//! What hands do to the board, and taking it back.

use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;

use super::held_buttons::Holder;
use super::ui_state::UiState;
use super::view::clock;
use lockstep_engine::script::{Action, BootCondition, SwitchState};
use lockstep_engine::timeline::TimelineError;

/// How often a contact that bounces moves to and fro, a tick apart, before it rests.
const BOUNCES: u32 = 6;

impl UiState {
    /// Presses a button at the cursor; one that is down there is let go.
    pub(super) fn press(&mut self, button: ButtonId, holder: Holder) {
        if self.is_repeated(button, holder) {
            self.hold(button, holder);
            return;
        }
        let is_down = self.runner.is_closed(button);
        if is_down {
            self.held.release(button);
        }
        let contact = if is_down {
            SwitchState::Open
        } else {
            SwitchState::Closed
        };
        self.latched.remove(&button);
        if self.apply_action(Action::Button(button, contact)) && !is_down {
            if holder == Holder::Latch {
                self.latched.insert(button);
            }
            self.hold(button, holder);
        }
    }

    /// Whether this is a key that is being held down and that the terminal repeats: a tap
    /// becomes longer by it, and a key that is known to be held stays so.
    fn is_repeated(&self, button: ButtonId, holder: Holder) -> bool {
        match (self.held.holder(button), holder) {
            (Some(Holder::Tap(_)), Holder::Tap(_)) => self.playing && self.at_end(),
            (Some(Holder::Key), Holder::Key) => self.at_end(),
            _ => false,
        }
    }

    fn hold(&mut self, button: ButtonId, holder: Holder) {
        let holder = match holder {
            Holder::Tap(length) => Holder::Tap(self.end().saturating_add(length)),
            Holder::Key | Holder::Mouse | Holder::Latch => holder,
        };
        self.held.hold(button, holder);
    }

    /// Lets go of a button that this holds. Where the cursor is in the past, it comes up as
    /// soon as time goes on: looking back does not do anything there.
    pub(super) fn release(&mut self, button: ButtonId, holder: Holder) {
        if self.held.holder(button) != Some(holder) {
            return;
        }
        if self.at_end() {
            self.held.release(button);
            self.apply_action(Action::Button(button, SwitchState::Open));
        } else {
            self.held.hold(button, Holder::Tap(self.end()));
        }
    }

    /// Resets the board at the cursor, and finds these condition.
    pub(super) fn reset(&mut self, condition: BootCondition) {
        self.apply_action(Action::Reset(condition));
    }

    /// Does something at the cursor: in the past, on a new branch.
    fn apply_action(&mut self, action: Action) -> bool {
        let branches = self.timeline.branches().len();
        let from = self.cursor;
        let acted = match action {
            Action::Button(button, contact) if self.bounce => {
                self.bounce_contact(from, button, contact)
            }
            action => self.timeline.apply(from, action).map(drop),
        };
        if self.timeline.branches().len() > branches {
            self.on_branch_changed();
            self.show_message(format!(
                "a new branch from {}; the old one is kept (v lists them)",
                clock(from)
            ));
        }
        self.move_to(self.end());
        match acted {
            Ok(()) => {
                self.mark_unsaved();
                true
            }
            Err(error) => {
                self.pause();
                self.show_error(error.to_string());
                false
            }
        }
    }

    /// The end of a tap, at the end of the branch.
    pub(super) fn release_contact(&mut self, button: ButtonId) -> Result<(), TimelineError> {
        let end = self.end();
        if self.bounce {
            self.bounce_contact(end, button, SwitchState::Open)
        } else {
            let open = Action::Button(button, SwitchState::Open);
            self.timeline.apply(end, open).map(drop)
        }
    }

    /// The contact moves to and fro before it rests.
    fn bounce_contact(
        &mut self,
        from: Ticks,
        button: ButtonId,
        contact: SwitchState,
    ) -> Result<(), TimelineError> {
        let mut tick = from;
        for bounce in 0..=BOUNCES {
            let position = if bounce % 2 == 0 {
                contact
            } else {
                contact.other()
            };
            tick = self
                .timeline
                .apply(tick, Action::Button(button, position))?;
            if bounce < BOUNCES {
                tick = tick.saturating_add(Ticks(1));
                self.timeline.advance(tick)?;
            }
        }
        Ok(())
    }

    pub(super) fn undo(&mut self) {
        self.pause();
        match self.timeline.undo() {
            Ok(true) => {
                self.on_branch_changed();
                self.move_to(self.end());
                self.show_message("taken back (Ctrl-r does it again)");
            }
            Ok(false) => self.show_message("there is nothing to take back"),
            Err(error) => self.show_error(error.to_string()),
        }
    }

    pub(super) fn redo(&mut self) {
        self.pause();
        if self.timeline.redo() {
            self.on_branch_changed();
            self.move_to(self.end());
            self.show_message("done again");
        } else {
            self.show_message("there is nothing to do again");
        }
    }
}
