//! Pressing buttons and resetting the board, undo and redo.

use lockstep_core::event::ButtonId;
use lockstep_core::time::RunTicks;

use super::held_buttons::Holder;
use super::ui_state::UiState;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::script::{Action, BootCondition, ScriptEvent, SwitchState};
use lockstep_engine::timeline::TimelineError;

/// How often a contact that bounces opens and closes, a tick apart, before it settles.
const BOUNCES: u64 = 6;

impl UiState {
    /// Presses a button at the cursor, or releases it if it is down there.
    pub(super) fn press(&mut self, button: ButtonId, holder: Holder) {
        if self.is_repeated(button, holder) {
            self.hold(button, holder);
            return;
        }
        let is_down = self.snapshot.is_closed(button);
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

    /// Whether this is the repetition of a key that is held down: it prolongs a tap, and
    /// changes nothing where the terminal reports releases.
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

    /// Releases a button that is held by this. Where the cursor is in the past, the button is
    /// released when the run plays on: an input there would fork a new branch.
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

    /// Resets the board at the cursor, which then boots with this condition.
    pub(super) fn reset(&mut self, condition: BootCondition) {
        self.apply_action(Action::Reset(condition));
    }

    /// Applies an action at the cursor: in the past, on a new branch.
    pub(super) fn apply_action(&mut self, action: Action) -> bool {
        let input = match action {
            Action::Button(button, contact) => self.contact_moves(button, contact),
            action => vec![ScriptEvent {
                tick: RunTicks::ZERO,
                action,
            }],
        };
        self.apply_input(input)
    }

    /// Applies events at the cursor, with their ticks counted from there: in the past, on a new
    /// branch.
    pub(super) fn apply_input(&mut self, mut input: Vec<ScriptEvent>) -> bool {
        let branches = self.timeline.branches().len();
        let from = self.cursor;
        if self.at_end() {
            self.end_taps_during(&mut input);
        }
        let acted = self.timeline.apply_input(from, &input);
        if self.timeline.branches().len() > branches {
            self.on_branch_changed();
            self.show_message(format!(
                "new branch at {}; the old one is kept (v lists branches)",
                self.clock(from)
            ));
        }
        self.move_to(self.end());
        match acted {
            Ok(_) => {
                self.mark_unsaved();
                self.hold_to_rules();
                true
            }
            Err(error) => {
                self.pause();
                self.show_error(error_chain(&error));
                false
            }
        }
    }

    /// Ends the taps that are over before an input of several ticks is.
    fn end_taps_during(&mut self, input: &mut Vec<ScriptEvent>) {
        let start = self.timeline.branch().next_input_tick();
        let length = input.last().map_or(RunTicks::ZERO, |event| event.tick);
        if length == RunTicks::ZERO {
            return;
        }
        let last = start.saturating_add(length);
        while let Some((until, button)) = self.held.next_release().filter(|it| it.0 <= last) {
            self.held.release(button);
            let from = until.saturating_sub(start);
            let moves = self.contact_moves(button, SwitchState::Open);
            input.extend(moves.into_iter().map(|event| ScriptEvent {
                tick: from.saturating_add(event.tick),
                ..event
            }));
        }
        input.sort_by(|a, b| {
            let by_tick = a.tick.cmp(&b.tick);
            by_tick.then_with(|| a.action.compare_order(b.action))
        });
    }

    /// Opens the contact of a button at the end of the branch.
    pub(super) fn release_contact(&mut self, button: ButtonId) -> Result<(), TimelineError> {
        let moves = self.contact_moves(button, SwitchState::Open);
        self.timeline.apply_input(self.end(), &moves).map(drop)
    }

    /// The moves of a contact, which may bounce before it settles.
    fn contact_moves(&self, button: ButtonId, contact: SwitchState) -> Vec<ScriptEvent> {
        let bounces = if self.bounce { BOUNCES } else { 0 };
        let moves = (0..=bounces).map(|bounce| {
            let position = match bounce.is_multiple_of(2) {
                true => contact,
                false => contact.other(),
            };
            ScriptEvent {
                tick: RunTicks(bounce),
                action: Action::Button(button, position),
            }
        });
        moves.collect()
    }

    pub(super) fn undo(&mut self) {
        self.pause();
        match self.timeline.undo() {
            Ok(true) => {
                self.on_branch_changed();
                self.move_to(self.end());
                self.show_message("undone (Ctrl-r redoes it)");
            }
            Ok(false) => self.show_message("nothing to undo"),
            Err(error) => self.show_error(error_chain(&error)),
        }
    }

    pub(super) fn redo(&mut self) {
        self.pause();
        if self.timeline.redo() {
            self.on_branch_changed();
            self.move_to(self.end());
            self.show_message("redone");
        } else {
            self.show_message("nothing to redo");
        }
    }
}
