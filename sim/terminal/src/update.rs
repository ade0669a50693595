//! What keys and the mouse do to the screen.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;
use ratatui::layout::Position;

use super::files::Files;
use super::hands::{Holder, TAP};
use super::keys::{Command, Meaning, Pane, buttons_of, meaning};
use super::menus::save_menu;
use super::overlay::{Next, Overlay, Purpose, Question};
use super::signals::Edge;
use super::ui::Ui;
use super::view::Screen;

impl Ui {
    /// Takes a key.
    pub(super) fn key(&mut self, event: KeyEvent, files: &mut dyn Files) {
        if event.kind == KeyEventKind::Release {
            self.key_up(event);
            return;
        }
        self.forget_error();
        if is_interrupt(event) {
            self.quit = true;
        } else if self.overlay.is_some() {
            self.overlay_key(event, files);
        } else {
            let prefix = self.prefix.take();
            match meaning(event, prefix, self.pane, &self.letters) {
                Meaning::Button(index, hold) => self.button_down(index, hold, event.kind),
                Meaning::Command(command) => self.command(command),
                Meaning::Prefix(first) => self.prefix = Some(first),
                Meaning::Nothing => {}
            }
        }
    }

    fn button_down(&mut self, index: usize, hold: bool, kind: KeyEventKind) {
        let Ok(button) = u8::try_from(index).map(ButtonId) else {
            return;
        };
        let holder = if hold {
            Holder::Latch
        } else if self.keys_report_release {
            Holder::Key
        } else {
            Holder::Tap(TAP)
        };
        if kind == KeyEventKind::Press {
            self.press(button, holder);
        }
    }

    /// A key comes up: also one that went down before a menu opened or another pane got
    /// the focus.
    fn key_up(&mut self, event: KeyEvent) {
        self.keys_report_release = true;
        for index in buttons_of(event, &self.letters) {
            if let Ok(button) = u8::try_from(index).map(ButtonId) {
                self.let_go(button, Holder::Key);
            }
        }
    }

    /// Takes what the mouse does.
    pub(super) fn mouse(&mut self, event: MouseEvent, screen: &Screen) {
        let position = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::Up(MouseButton::Left) => {
                for button in self.hands.held_by(Holder::Mouse) {
                    self.let_go(button, Holder::Mouse);
                }
            }
            _ if self.overlay.is_some() => {}
            MouseEventKind::Down(MouseButton::Left) => {
                self.forget_error();
                self.click(position, screen);
            }
            MouseEventKind::Drag(MouseButton::Left)
                if self.hands.held_by(Holder::Mouse).is_empty() =>
            {
                self.point(position, screen);
            }
            MouseEventKind::ScrollUp => self.scroll(position, screen, true),
            MouseEventKind::ScrollDown => self.scroll(position, screen, false),
            _ => {}
        }
    }

    fn click(&mut self, position: Position, screen: &Screen) {
        if let Some(button) = screen.button_at(self, position) {
            self.press(button, Holder::Mouse);
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

    fn point(&mut self, position: Position, screen: &Screen) {
        if let Some(tick) = screen.tick_at(self, position) {
            self.jump(tick.min(self.end()));
        }
    }

    fn scroll(&mut self, position: Position, screen: &Screen, up: bool) {
        match screen.pane_at(position) {
            Some(Pane::Waves) if up => self.command(Command::ZoomIn),
            Some(Pane::Waves) => self.command(Command::ZoomOut),
            Some(Pane::Events) if up => self.previous_event(),
            // Looking around does not make time go on.
            Some(Pane::Events) if !self.at_end() => self.next_event(),
            Some(Pane::State) => self.scroll_state(if up { -1 } else { 1 }),
            Some(Pane::Board | Pane::Events) | None => {}
        }
    }

    /// Does what a key or a row of the menu asks for.
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::PlayPause => self.play_or_pause(),
            Command::StepForward => self.step(1),
            Command::StepBack => self.step(-1),
            Command::NextEvent => self.next_event(),
            Command::PreviousEvent => self.previous_event(),
            Command::TenthForward => self.tenth(1),
            Command::TenthBack => self.tenth(-1),
            Command::Start => self.jump(Ticks::ZERO),
            Command::End => self.jump(self.end()),
            Command::GoTo => self.ask(Purpose::GoTo, String::new()),
            Command::Faster => self.pace.faster(),
            Command::Slower => self.pace.slower(),
            Command::Unlimited => self.pace.unlimited(),
            Command::RealTime => self.pace.normal(),
            Command::NextPane => self.turn_pane(1),
            Command::PreviousPane => self.turn_pane(Pane::ALL.len() - 1),
            Command::CellLeft => self.step(-i64::from(self.waves.per_cell)),
            Command::CellRight => self.step(i64::from(self.waves.per_cell)),
            Command::Up => self.up_or_down(-1),
            Command::Down => self.up_or_down(1),
            Command::First => self.waves.selected = 0,
            Command::Last => self.waves.selected = self.signals.all().len() - 1,
            Command::NextRise => self.edge(Edge::Rising, true),
            Command::NextFall => self.edge(Edge::Falling, true),
            Command::PreviousRise => self.edge(Edge::Rising, false),
            Command::ZoomIn => self.zoom(self.waves.per_cell / 2),
            Command::ZoomOut => self.zoom(self.waves.per_cell.saturating_mul(2)),
            Command::ZoomFit => self.zoom_to_fit(),
            Command::ZoomCentre => self.centre(),
            Command::Mark => self.toggle_mark(),
            Command::PutAway => self.put_away(),
            Command::Search => self.ask(Purpose::Search, self.search.clone()),
            Command::SearchAgain => self.search_again(true),
            Command::SearchBack => self.search_again(false),
            Command::Menu => self.overlay = Some(Overlay::Menu(self.main_menu())),
            Command::Branches => self.overlay = Some(Overlay::Menu(self.branch_menu())),
            Command::Save => self.overlay = Some(Overlay::Menu(save_menu())),
            Command::Open => self.ask(Purpose::Open, String::new()),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            Command::Quit => self.leave(),
            // The terminal sees to these.
            Command::Redraw | Command::Suspend => {}
        }
    }

    fn leave(&mut self) {
        if self.has_unsaved() {
            self.overlay = Some(Overlay::Confirm(Question::Leave(Next::Quit)));
        } else {
            self.quit = true;
        }
    }

    fn turn_pane(&mut self, by: usize) {
        let place = Pane::ALL.iter().position(|pane| *pane == self.pane);
        self.pane = Pane::ALL[(place.unwrap_or(0) + by) % Pane::ALL.len()];
    }

    fn up_or_down(&mut self, by: isize) {
        match self.pane {
            Pane::Board | Pane::Waves => {
                let last = self.signals.all().len() - 1;
                self.waves.selected = self.waves.selected.saturating_add_signed(by).min(last);
            }
            Pane::Events if by < 0 => self.previous_event(),
            Pane::Events => self.next_event(),
            Pane::State => self.scroll_state(by),
        }
    }

    /// Where the last row is, only who draws it knows: see [`Ui::fit`].
    fn scroll_state(&mut self, by: isize) {
        self.state_scroll = self.state_scroll.saturating_add_signed(by);
    }
}

/// Whether people want out at once, whatever is open or not saved.
fn is_interrupt(event: KeyEvent) -> bool {
    event.modifiers.contains(KeyModifiers::CONTROL) && event.code == KeyCode::Char('c')
}
