//! The controls of the board besides its buttons: number inputs, encoders and serial lines.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::time::RunTicks;

use super::overlay::PromptKind;
use super::ui_state::UiState;
use lockstep_engine::quoted::unescape;
use lockstep_engine::scenario::quantity::Quantity;
use lockstep_engine::script::{Action, ScriptEvent};
use lockstep_engine::timed_input::{self, MOVES_A_CLICK};

/// How many steps a large step is.
pub(super) const LARGE_STEP: i32 = 10;

/// A control of the board besides its buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// A number input.
    Number(NumberId),
    /// An encoder, by its index.
    Encoder(u8),
    /// A serial line.
    Serial(SerialId),
}

/// All controls of an app, in the order in which they are drawn.
pub(super) fn controls(descriptor: &AppDescriptor) -> Vec<Control> {
    let numbers = (0..).map(NumberId).zip(descriptor.numbers());
    let encoders = (0..).zip(descriptor.encoders());
    let lines = (0..).map(SerialId).zip(descriptor.serial_lines());
    let numbers = numbers.map(|(id, _)| Control::Number(id));
    let encoders = encoders.map(|(id, _)| Control::Encoder(id));
    let lines = lines.map(|(id, _)| Control::Serial(id));
    numbers.chain(encoders).chain(lines).collect()
}

/// What is said of an app that has nothing but buttons.
const NO_CONTROLS: &str = "the app has no number inputs, encoders or serial lines";

impl UiState {
    pub(super) fn selected_control(&self) -> Option<Control> {
        self.controls.get(self.board.selected).copied()
    }

    pub(super) fn select_control(&mut self, control: Control) {
        if let Some(index) = self.controls.iter().position(|other| *other == control) {
            self.board.selected = index;
            self.board.reveals_selected = true;
        }
    }

    /// Selects the next control, or the one before; beyond the first and the last, and of a board
    /// without controls, the rows are scrolled.
    pub(super) fn move_on_board(&mut self, by: isize) {
        let next = self.board.selected.checked_add_signed(by);
        match next.filter(|next| *next < self.controls.len()) {
            Some(next) => {
                self.board.selected = next;
                self.board.reveals_selected = true;
            }
            None => self.scroll_board(by),
        }
    }

    pub(super) fn scroll_board(&mut self, by: isize) {
        let first = self.board.first.saturating_add_signed(by);
        self.board.first = first.min(self.board.last_first);
    }

    /// Changes the selected control by so many steps.
    pub(super) fn change_selected(&mut self, steps: i32) {
        match self.selected_control() {
            Some(control) => self.change_control(control, steps),
            None => self.show_message(NO_CONTROLS),
        }
    }

    /// Moves a number by so many steps of its last digit, or turns an encoder by so many clicks.
    pub(super) fn change_control(&mut self, control: Control, steps: i32) {
        match control {
            Control::Number(id) => {
                let number = self.number(id).saturating_add(steps);
                self.set_number(id, number);
            }
            Control::Encoder(id) => self.turn_encoder(id, steps),
            Control::Serial(id) => {
                let name = self.line_name(id);
                self.show_message(format!("Enter types a line for `{name}`"));
            }
        }
    }

    /// Asks for the number of the selected control, or for a line to send.
    pub(super) fn type_into_selected(&mut self) {
        match self.selected_control() {
            Some(Control::Number(id)) => {
                let Some(input) = self.descriptor().numbers().get(usize::from(id.0)) else {
                    return;
                };
                let scale = input.scale();
                let [min, max] = [scale.min(), scale.max()].map(|it| Quantity::of(&scale, it));
                let label = format!("{}, {min} to {max}", input.name());
                self.open_prompt(PromptKind::Number { id, label }, String::new());
            }
            Some(Control::Encoder(_)) => self.show_message("< and > turn an encoder"),
            Some(Control::Serial(id)) => {
                let name = self.line_name(id);
                self.open_prompt(PromptKind::Send { id, name }, String::new());
            }
            None => self.show_message(NO_CONTROLS),
        }
    }

    pub(super) fn toggle_hex(&mut self) {
        self.shows_hex = !self.shows_hex;
        let what = if self.shows_hex { "hex" } else { "text" };
        self.show_message(format!("bytes of serial lines as {what}"));
    }

    /// What a number input is at the cursor.
    pub(super) fn number(&self, id: NumberId) -> i32 {
        let number = self.snapshot.numbers().get(usize::from(id.0));
        number.copied().unwrap_or_default()
    }

    /// Sets a number input at the cursor, to the nearest number in its range.
    pub(super) fn set_number(&mut self, id: NumberId, to: i32) {
        let Some(input) = self.descriptor().numbers().get(usize::from(id.0)) else {
            return;
        };
        let scale = input.scale();
        let to = to.clamp(scale.min(), scale.max());
        if to == self.number(id) {
            let number = Quantity::of(&scale, to);
            self.show_message(format!("`{}` is {number} already", input.name()));
        } else {
            self.apply_action(Action::Number(id, to));
        }
    }

    /// Sets a number input to what was typed.
    pub(super) fn set_typed(&mut self, id: NumberId, text: &str) {
        let Some(input) = self.descriptor().numbers().get(usize::from(id.0)) else {
            return;
        };
        match Quantity::parse(text, input.name(), &input.scale()) {
            Ok(number) => self.set_number(id, number),
            Err(error) => self.show_error(format!("{}; {}", error.message, error.expected)),
        }
    }

    /// Turns an encoder by so many clicks, each move of a contact a tick after the one before.
    fn turn_encoder(&mut self, id: u8, clicks: i32) {
        let Some(encoder) = self.descriptor().encoders().get(usize::from(id)) else {
            return;
        };
        if [encoder.a(), encoder.b()].map(|it| self.snapshot.is_closed(it)) != [false, false] {
            let name = encoder.name();
            self.show_error(format!(
                "`{name}` is between two clicks here: it can be turned where both contacts are open"
            ));
            return;
        }
        let length = RunTicks(u64::from(clicks.unsigned_abs()) * MOVES_A_CLICK);
        let moves = timed_input::turn(encoder, clicks, length).collect();
        if self.apply_input(moves) {
            // The last contact rests for as long as the others.
            self.play_to(self.end().saturating_add(RunTicks(1)));
        }
    }

    /// Sends what was typed on a serial line, and ends it with `\n`.
    pub(super) fn send_typed(&mut self, id: SerialId, text: &str) {
        let Some(line) = self.descriptor().serial_lines().get(usize::from(id.0)) else {
            return;
        };
        match unescape(text) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                let sent = timed_input::send(id, line, self.tick_period(), &bytes);
                let sent: Vec<ScriptEvent> = sent.collect();
                self.apply_input(sent);
            }
            Err(problem) => self.show_error(problem),
        }
    }

    fn line_name(&self, id: SerialId) -> &'static str {
        let line = self.descriptor().serial_lines().get(usize::from(id.0));
        line.map_or("?", |line| line.name())
    }
}
