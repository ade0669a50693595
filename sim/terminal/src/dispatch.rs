//! Dispatches keys, the mouse and commands.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use lockstep_core::time::RunTicks;
use ratatui::layout::Position;

use super::controls::{Control, LARGE_STEP};
use super::file_system::FileSystem;
use super::held_buttons::{Holder, tap};
use super::key_bindings::{KeyAction, Pane, UiCommand, buttons_of, resolve_key};
use super::menus::save_menu;
use super::overlay::{Confirmation, LeaveAction, Overlay, PromptKind};
use super::signal_history::Edge;
use super::ui_state::UiState;
use super::view::ScreenLayout;

impl UiState {
    /// Handles a key event.
    pub(super) fn key(&mut self, event: KeyEvent, files: &mut dyn FileSystem) {
        if event.kind == KeyEventKind::Release {
            self.key_up(event);
            return;
        }
        self.dismiss_error();
        if is_interrupt(event) {
            self.quit = true;
        } else if self.overlay.is_some() {
            self.overlay_key(event, files);
        } else {
            let prefix = self.prefix.take();
            match resolve_key(event, prefix, self.pane, &self.letters) {
                KeyAction::Button(index, hold) => self.button_down(index, hold, event.kind),
                KeyAction::Command(command) => self.command(command),
                KeyAction::Prefix(first) => self.prefix = Some(first),
                KeyAction::Nothing => {}
            }
        }
    }

    fn button_down(&mut self, index: usize, hold: bool, kind: KeyEventKind) {
        let Some(button) = self.buttons.get(index).copied() else {
            return;
        };
        let holder = if hold {
            Holder::Latch
        } else if self.keys_report_release {
            Holder::Key
        } else {
            Holder::Tap(tap(self.tick_period()))
        };
        if kind == KeyEventKind::Press {
            self.press(button, holder);
        }
    }

    /// Handles the release of a key, also of one that was pressed before a menu opened or the
    /// focus moved.
    fn key_up(&mut self, event: KeyEvent) {
        self.keys_report_release = true;
        for index in buttons_of(event, &self.letters) {
            if let Some(button) = self.buttons.get(index).copied() {
                self.release(button, Holder::Key);
            }
        }
    }

    /// Handles a mouse event.
    pub(super) fn mouse(&mut self, event: MouseEvent, screen: &ScreenLayout) {
        let position = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::Up(MouseButton::Left) => {
                self.dragged = None;
                for button in self.held.held_by(Holder::Mouse) {
                    self.release(button, Holder::Mouse);
                }
            }
            _ if self.overlay.is_some() => {}
            MouseEventKind::Down(MouseButton::Left) => {
                self.dismiss_error();
                self.click(position, screen);
            }
            MouseEventKind::Drag(MouseButton::Left) if self.dragged.is_some() => {
                self.drag_slider(position, screen);
            }
            MouseEventKind::Drag(MouseButton::Left)
                if self.held.held_by(Holder::Mouse).is_empty() =>
            {
                self.point(position, screen);
            }
            MouseEventKind::ScrollUp => self.scroll(position, screen, true),
            MouseEventKind::ScrollDown => self.scroll(position, screen, false),
            _ => {}
        }
    }

    fn click(&mut self, position: Position, screen: &ScreenLayout) {
        if let Some(button) = screen.button_at(self, position) {
            self.press(button, Holder::Mouse);
        } else if let Some(control) = screen.control_at(self, position) {
            self.select_control(control);
            self.dragged = screen.slider_at(self, position);
            self.drag_slider(position, screen);
        } else {
            self.point(position, screen);
        }
        if let Some(row) = screen.signal_at(self, position) {
            self.waves.selected = row;
        }
        if let Some(pane) = screen.pane_at(position) {
            self.pane = pane;
        }
    }

    /// Sets the number whose slider is dragged to where the mouse is.
    fn drag_slider(&mut self, position: Position, screen: &ScreenLayout) {
        if let Some(id) = self.dragged
            && let Some(number) = screen.number_at(self, id, position)
            && number != self.number(id)
        {
            self.set_number(id, number);
        }
    }

    fn point(&mut self, position: Position, screen: &ScreenLayout) {
        if let Some(tick) = screen.tick_at(self, position) {
            self.jump(tick.min(self.end()));
        }
    }

    fn scroll(&mut self, position: Position, screen: &ScreenLayout, up: bool) {
        let by = if up { -1 } else { 1 };
        match screen.pane_at(position) {
            Some(Pane::Board) => match screen.control_at(self, position) {
                Some(control @ (Control::Number(_) | Control::Encoder(_))) => {
                    self.select_control(control);
                    self.change_control(control, if up { 1 } else { -1 });
                }
                Some(Control::Serial(_)) | None => self.scroll_board(by),
            },
            Some(Pane::Waves) if up => self.command(UiCommand::ZoomIn),
            Some(Pane::Waves) => self.command(UiCommand::ZoomOut),
            Some(Pane::Events) if up => self.previous_event(),
            // Scrolling does not play beyond the end.
            Some(Pane::Events) if !self.at_end() => self.next_event(),
            Some(Pane::State) => self.scroll_state(by),
            Some(Pane::Events) | None => {}
        }
    }

    /// Runs a command.
    pub(super) fn command(&mut self, command: UiCommand) {
        match command {
            UiCommand::PlayPause => self.play_or_pause(),
            UiCommand::StepForward => self.step(1),
            UiCommand::StepBack => self.step(-1),
            UiCommand::NextEvent => self.next_event(),
            UiCommand::PreviousEvent => self.previous_event(),
            UiCommand::TenthForward => self.move_by_tenth(1),
            UiCommand::TenthBack => self.move_by_tenth(-1),
            UiCommand::Start => self.jump(RunTicks::ZERO),
            UiCommand::End => self.jump(self.end()),
            UiCommand::GoTo => self.open_prompt(PromptKind::GoTo, String::new()),
            UiCommand::Faster => self.speed.faster(),
            UiCommand::Slower => self.speed.slower(),
            UiCommand::Unlimited => self.speed.unlimited(),
            UiCommand::RealTime => self.speed.reset_to_real_time(),
            UiCommand::NextPane => self.cycle_pane(1),
            UiCommand::PreviousPane => self.cycle_pane(Pane::ALL.len() - 1),
            UiCommand::CellLeft => self.step(-self.cell_ticks()),
            UiCommand::CellRight => self.step(self.cell_ticks()),
            UiCommand::Up => self.up_or_down(-1),
            UiCommand::Down => self.up_or_down(1),
            UiCommand::First => self.waves.selected = 0,
            UiCommand::Last => self.waves.selected = self.signal_list.shown().len() - 1,
            UiCommand::FoldSignal => {
                self.signal_list.fold(self.waves.selected);
                let last = self.signal_list.shown().len() - 1;
                self.waves.selected = self.waves.selected.min(last);
            }
            UiCommand::UnfoldSignals => self.signal_list.unfold(),
            UiCommand::SignalUp => self.shift_signal(-1),
            UiCommand::SignalDown => self.shift_signal(1),
            UiCommand::NextRise => self.edge(Edge::Rising, true),
            UiCommand::NextFall => self.edge(Edge::Falling, true),
            UiCommand::PreviousRise => self.edge(Edge::Rising, false),
            UiCommand::ZoomIn => self.zoom(self.waves.per_cell / 2),
            UiCommand::ZoomOut => self.zoom(self.waves.per_cell.saturating_mul(2)),
            UiCommand::ZoomFit => self.zoom_to_fit(),
            UiCommand::ZoomCenter => self.center(),
            UiCommand::StepUp => self.change_selected(1),
            UiCommand::StepDown => self.change_selected(-1),
            UiCommand::LargeStepUp => self.change_selected(LARGE_STEP),
            UiCommand::LargeStepDown => self.change_selected(-LARGE_STEP),
            UiCommand::TypeInto => self.type_into_selected(),
            UiCommand::Hex => self.toggle_hex(),
            UiCommand::Mark => self.toggle_mark(),
            UiCommand::Dismiss => self.dismiss(),
            UiCommand::Search => self.open_prompt(PromptKind::Search, self.search.clone()),
            UiCommand::SearchAgain => self.search_again(true),
            UiCommand::SearchBack => self.search_again(false),
            UiCommand::Menu => self.overlay = Some(Overlay::Menu(self.main_menu())),
            UiCommand::Branches => self.overlay = Some(Overlay::Menu(self.branch_menu())),
            UiCommand::Reach => self.open_prompt(PromptKind::Reach, String::new()),
            UiCommand::Map => self.show_map(),
            UiCommand::Save => self.overlay = Some(Overlay::Menu(save_menu())),
            UiCommand::Open => self.open_prompt(PromptKind::Open, String::new()),
            UiCommand::Undo => self.undo(),
            UiCommand::Redo => self.redo(),
            UiCommand::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            UiCommand::Quit => self.request_quit(),
            // The event loop of the terminal handles these.
            UiCommand::Redraw | UiCommand::Suspend => {}
        }
    }

    fn request_quit(&mut self) {
        if self.has_unsaved() {
            self.overlay = Some(Overlay::Confirm(Confirmation::Leave(LeaveAction::Quit)));
        } else {
            self.quit = true;
        }
    }

    fn cycle_pane(&mut self, by: usize) {
        let index = Pane::ALL.iter().position(|pane| *pane == self.pane);
        self.pane = Pane::ALL[(index.unwrap_or(0) + by) % Pane::ALL.len()];
    }

    fn up_or_down(&mut self, by: isize) {
        let has_controls = !self.controls.is_empty();
        match self.pane {
            Pane::Board if has_controls || self.board.last_first > 0 => self.move_on_board(by),
            Pane::Board | Pane::Waves => {
                let last = self.signal_list.shown().len() - 1;
                self.waves.selected = self.waves.selected.saturating_add_signed(by).min(last);
            }
            Pane::Events if by < 0 => self.previous_event(),
            Pane::Events => self.next_event(),
            Pane::State => self.scroll_state(by),
        }
    }

    fn shift_signal(&mut self, by: isize) {
        self.waves.selected = self.signal_list.shift(self.waves.selected, by);
    }

    /// [`UiState::fit`] limits it to the last row, which only drawing knows.
    fn scroll_state(&mut self, by: isize) {
        self.state_scroll = self.state_scroll.saturating_add_signed(by);
    }
}

/// Whether to quit at once, whatever is open or not saved.
fn is_interrupt(event: KeyEvent) -> bool {
    event.modifiers.contains(KeyModifiers::CONTROL) && event.code == KeyCode::Char('c')
}
