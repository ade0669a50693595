//! What keys, the mouse and the menu do to the screen.

use std::path::Path;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use firmware_core::event::ButtonId;
use firmware_core::time::Ticks;
use ratatui::layout::Position;

use super::files::Files;
use super::hands::{Holder, TAP};
use super::keys::{Command, Meaning, Pane, meaning};
use super::overlay::{Choice, Item, Kind, Menu, Next, Overlay, Prompt, Purpose, Question};
use super::signals::{Edge, Signal};
use super::ui::Ui;
use super::view::Screen;
use crate::scenario::duration::parse_length;
use crate::script::Conditions;
use crate::trace::Line;

/// How many ticks an event is searched for beyond the end.
const SEARCHED: Ticks = Ticks::from_secs(60);

impl Ui {
    /// Takes a key.
    pub(super) fn key(&mut self, event: KeyEvent, files: &mut dyn Files) {
        let is_release = event.kind == KeyEventKind::Release;
        if is_release {
            self.keys_report_release = true;
        }
        if self.overlay.is_some() {
            if !is_release {
                self.overlay_key(event, files);
            }
            return;
        }
        let prefix = if is_release { None } else { self.prefix.take() };
        match meaning(event, prefix, self.pane, &self.letters) {
            Meaning::Button(index, hold) => self.button_key(index, hold, event.kind),
            _ if is_release => {}
            Meaning::Command(command) => self.command(command),
            Meaning::Prefix(first) => self.prefix = Some(first),
            Meaning::Nothing => {}
        }
    }

    fn button_key(&mut self, index: usize, hold: bool, kind: KeyEventKind) {
        let Ok(index) = u8::try_from(index) else {
            return;
        };
        let button = ButtonId(index);
        match kind {
            KeyEventKind::Repeat => {}
            KeyEventKind::Release => self.let_go(button, Holder::Key),
            KeyEventKind::Press if hold => self.press(button, Holder::Latch),
            KeyEventKind::Press if self.keys_report_release => self.press(button, Holder::Key),
            KeyEventKind::Press => self.press(button, Holder::Tap(TAP)),
        }
    }

    /// Takes what the mouse does.
    pub(super) fn mouse(&mut self, event: MouseEvent, screen: &Screen) {
        if self.overlay.is_some() {
            return;
        }
        let position = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(button) = screen.button_at(self, position) {
                    self.press(button, Holder::Mouse);
                } else if let Some(tick) = screen.tick_at(self, position) {
                    self.jump(tick.min(self.end()));
                }
                if let Some(pane) = screen.pane_at(position) {
                    self.pane = pane;
                }
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                if let Some(tick) = screen.tick_at(self, position)
                    && self.hands.held_by(Holder::Mouse).is_empty()
                {
                    self.jump(tick.min(self.end()));
                }
            }
            MouseEventKind::Up(MouseButton::Left) => {
                for button in self.hands.held_by(Holder::Mouse) {
                    self.let_go(button, Holder::Mouse);
                }
            }
            MouseEventKind::ScrollUp => self.command(Command::ZoomIn),
            MouseEventKind::ScrollDown => self.command(Command::ZoomOut),
            _ => {}
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
            Command::Quit => self.leave(Next::Quit),
            // The terminal sees to these.
            Command::Redraw | Command::Suspend => {}
        }
    }

    fn play_or_pause(&mut self) {
        self.playing = !self.playing;
        self.pace.forget();
    }

    fn pause(&mut self) {
        self.playing = false;
    }

    fn step(&mut self, ticks: i64) {
        self.pause();
        let tick = i64::from(self.cursor.0).saturating_add(ticks).max(0);
        self.play_to(Ticks(u32::try_from(tick).unwrap_or(u32::MAX)));
    }

    fn jump(&mut self, tick: Ticks) {
        self.pause();
        self.play_to(tick);
    }

    fn tenth(&mut self, direction: i64) {
        let tenth = i64::from(self.end().0 / 10).max(1);
        self.pause();
        let tick = i64::from(self.cursor.0) + direction * tenth;
        self.move_to(Ticks(u32::try_from(tick.max(0)).unwrap_or(u32::MAX)));
    }

    /// To the next tick at which something was seen, playing on to find one.
    fn next_event(&mut self) {
        self.pause();
        let next = |ui: &Self| {
            let entries = ui.trace().entries();
            let after = entries.partition_point(|entry| entry.tick <= ui.cursor);
            entries.get(after).map(|entry| entry.tick)
        };
        let limit = self.cursor.saturating_add(SEARCHED);
        while next(self).is_none() && self.end() < limit {
            let start = self.cursor;
            let further = self.end().saturating_add(Ticks(1_000)).min(limit);
            self.play_to(further);
            self.cursor = start;
            if self.end() < further {
                break;
            }
        }
        match next(self) {
            Some(tick) => self.move_to(tick),
            None => {
                self.move_to(self.end());
                self.say(format!("nothing happened for {SEARCHED}"));
            }
        }
    }

    fn previous_event(&mut self) {
        self.pause();
        let entries = self.trace().entries();
        let before = entries.partition_point(|entry| entry.tick < self.cursor);
        let tick = before
            .checked_sub(1)
            .map_or(Ticks::ZERO, |last| entries[last].tick);
        self.move_to(tick);
    }

    fn turn_pane(&mut self, by: usize) {
        let place = Pane::ALL.iter().position(|pane| *pane == self.pane);
        self.pane = Pane::ALL[(place.unwrap_or(0) + by) % Pane::ALL.len()];
    }

    fn up_or_down(&mut self, by: i64) {
        let moved = |from: usize, count: usize| {
            let last = i64::try_from(count).unwrap_or(i64::MAX).saturating_sub(1);
            let to = i64::try_from(from).unwrap_or(i64::MAX).saturating_add(by);
            usize::try_from(to.clamp(0, last.max(0))).unwrap_or(0)
        };
        match self.pane {
            Pane::Board | Pane::Waves => {
                self.waves.selected = moved(self.waves.selected, self.signals.all().len());
            }
            Pane::Events if by < 0 => self.previous_event(),
            Pane::Events => self.next_event(),
            Pane::State => {
                self.state_scroll = moved(self.state_scroll, self.here.state().lines().count());
            }
        }
    }

    pub(super) fn selected_signal(&self) -> Signal {
        let all = self.signals.all();
        all.get(self.waves.selected)
            .copied()
            .unwrap_or(Signal::Logs)
    }

    fn edge(&mut self, edge: Edge, forward: bool) {
        let signal = self.selected_signal();
        let found = if forward {
            self.signals.next(signal, self.cursor, edge)
        } else {
            self.signals.previous(signal, self.cursor, edge)
        };
        match found {
            Some(tick) => self.jump(tick),
            None => self.say(format!("no such edge of `{}`", self.signals.name(signal))),
        }
    }

    fn zoom(&mut self, per_cell: u32) {
        // A column of a day is enough for the longest run.
        self.waves.per_cell = per_cell.clamp(1, 86_400_000);
        self.centre();
    }

    fn zoom_to_fit(&mut self) {
        let columns = u32::from(self.waves.columns.max(1));
        self.waves.per_cell = (self.end().0 / columns + 1).max(1);
        self.waves.left = Ticks::ZERO;
        self.keep_in_view();
    }

    fn centre(&mut self) {
        let half = u32::from(self.waves.columns / 2).saturating_mul(self.waves.per_cell);
        self.waves.left = self.cursor.saturating_sub(Ticks(half));
        self.keep_in_view();
    }

    fn toggle_mark(&mut self) {
        self.compared = None;
        self.mark = match self.mark {
            Some(_) => None,
            None => Some(self.cursor),
        };
    }

    fn search_again(&mut self, forward: bool) {
        if self.search.is_empty() {
            self.ask(Purpose::Search, String::new());
            return;
        }
        let wanted = self.search.to_lowercase();
        let trace = self.trace();
        let interface = trace.interface();
        let entries = trace.entries();
        let is_it = |index: &usize| {
            let line = Line::new(interface, entries[*index]);
            let text = format!("{} {} {}", line.kind.word(), line.name, line.value);
            text.to_lowercase().contains(&wanted)
        };
        let here = self.cursor;
        let found = if forward {
            let first = entries.partition_point(|entry| entry.tick <= here);
            (first..entries.len()).find(is_it)
        } else {
            let last = entries.partition_point(|entry| entry.tick < here);
            (0..last).rev().find(is_it)
        };
        match found.map(|index| entries[index].tick) {
            Some(tick) => self.jump(tick),
            None => {
                let side = if forward { "after" } else { "before" };
                self.say(format!("no `{}` {side} this", self.search));
            }
        }
    }

    fn undo(&mut self) {
        self.pause();
        match self.timeline.undo() {
            Ok(true) => {
                self.changed_branch();
                self.move_to(self.end());
                self.say("taken back (Ctrl-r does it again)");
            }
            Ok(false) => self.say("there is nothing to take back"),
            Err(error) => self.complain(error.to_string()),
        }
    }

    fn redo(&mut self) {
        self.pause();
        if self.timeline.redo() {
            self.changed_branch();
            self.move_to(self.end());
        } else {
            self.say("there is nothing to do again");
        }
    }

    fn leave(&mut self, next: Next) {
        if self.has_unsaved() {
            self.overlay = Some(Overlay::Confirm(Question::Leave(next)));
        } else if next == Next::Quit {
            self.quit = true;
        }
    }

    fn ask(&mut self, purpose: Purpose, text: String) {
        self.overlay = Some(Overlay::Prompt(Prompt { purpose, text }));
    }

    fn main_menu(&self) -> Menu {
        let command = |text: &str, command| Item {
            text: text.to_owned(),
            choice: Choice::Command(command),
        };
        let reset = |text: &str, conditions| Item {
            text: text.to_owned(),
            choice: Choice::Reset(conditions),
        };
        let bounce = if self.bounce { "on" } else { "off" };
        Menu {
            title: "menu",
            selected: 0,
            items: vec![
                reset("reset the board", Conditions::Ok),
                reset("reset, and the clock fails", Conditions::ClockFailed),
                reset("reset, and the UART is missing", Conditions::UartMissing),
                Item {
                    text: format!("contacts bounce: {bounce}"),
                    choice: Choice::Bounce,
                },
                Item {
                    text: "another app...".to_owned(),
                    choice: Choice::Apps,
                },
                command("branches...", Command::Branches),
                command("save...", Command::Save),
                command("open...", Command::Open),
                command("undo", Command::Undo),
                command("redo", Command::Redo),
                command("all keys", Command::Help),
                command("quit", Command::Quit),
            ],
        }
    }

    fn branch_menu(&self) -> Menu {
        let current = self.timeline.current();
        let items = (0..)
            .zip(self.timeline.branches())
            .map(|(index, branch)| {
                let origin = branch.origin().map_or(String::new(), |origin| {
                    format!(
                        ", left {} at tick {}",
                        branch_name(origin.branch),
                        origin.tick.0
                    )
                });
                let difference = match self.timeline.compare(current, index) {
                    _ if index == current => "  (this one)".to_owned(),
                    None => "  (no difference)".to_owned(),
                    Some(divergence) => {
                        format!("  (differs at tick {})", divergence.tick.0)
                    }
                };
                Item {
                    text: format!(
                        "{}: to tick {}{origin}{difference}",
                        branch_name(index),
                        branch.end().0
                    ),
                    choice: Choice::Branch(index),
                }
            })
            .collect();
        Menu {
            title: "branches",
            items,
            selected: current,
        }
    }

    fn app_menu(&self) -> Menu {
        let apps = self.catalog.apps().iter();
        let items = (0..)
            .zip(apps)
            .map(|(index, app)| Item {
                text: format!("{} {}", app.interface().name, app.interface().version),
                choice: Choice::App(index),
            })
            .collect();
        Menu {
            title: "apps",
            items,
            selected: 0,
        }
    }

    fn overlay_key(&mut self, event: KeyEvent, files: &mut dyn Files) {
        let interrupted =
            event.modifiers.contains(KeyModifiers::CONTROL) && event.code == KeyCode::Char('c');
        let Some(overlay) = self.overlay.take() else {
            return;
        };
        if interrupted && matches!(overlay, Overlay::Confirm(Question::Leave(Next::Quit))) {
            self.quit = true;
            return;
        }
        if interrupted {
            self.leave(Next::Quit);
            return;
        }
        match overlay {
            Overlay::Help { scroll } => self.help_key(event.code, scroll),
            Overlay::Menu(menu) => self.menu_key(event.code, menu),
            Overlay::Prompt(prompt) => self.prompt_key(event.code, prompt, files),
            Overlay::Confirm(question) => self.confirm_key(event.code, question, files),
        }
    }

    fn help_key(&mut self, code: KeyCode, scroll: u16) {
        let scroll = match code {
            KeyCode::Down | KeyCode::Char('j') => scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => scroll.saturating_add(10),
            KeyCode::PageUp => scroll.saturating_sub(10),
            _ => return,
        };
        self.overlay = Some(Overlay::Help { scroll });
    }

    fn menu_key(&mut self, code: KeyCode, mut menu: Menu) {
        let last = menu.items.len().saturating_sub(1);
        match code {
            KeyCode::Down | KeyCode::Char('j') => menu.selected = (menu.selected + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => menu.selected = menu.selected.saturating_sub(1),
            KeyCode::Home => menu.selected = 0,
            KeyCode::End => menu.selected = last,
            KeyCode::Enter | KeyCode::Char(' ') => {
                if let Some(item) = menu.items.get(menu.selected) {
                    self.choose(&item.choice);
                }
                return;
            }
            KeyCode::Char('c') => {
                if let Some(Choice::Branch(branch)) =
                    menu.items.get(menu.selected).map(|item| &item.choice)
                {
                    self.compare_with(*branch);
                    return;
                }
            }
            KeyCode::Esc | KeyCode::Char('q' | 'x' | 'v') => return,
            _ => {}
        }
        self.overlay = Some(Overlay::Menu(menu));
    }

    fn choose(&mut self, choice: &Choice) {
        match *choice {
            Choice::Command(command) => self.command(command),
            Choice::Reset(conditions) => self.reset(conditions),
            Choice::Bounce => {
                self.bounce = !self.bounce;
                let now = if self.bounce {
                    "bounce for 6 ms"
                } else {
                    "are clean"
                };
                self.say(format!("contacts {now}"));
            }
            Choice::Apps => self.overlay = Some(Overlay::Menu(self.app_menu())),
            Choice::App(index) if self.has_unsaved() => {
                self.overlay = Some(Overlay::Confirm(Question::Leave(Next::App(index))));
            }
            Choice::App(index) => self.start_app(index),
            Choice::Branch(branch) => self.switch_branch(branch),
            Choice::Save(kind) => {
                let app = self.timeline.app().interface().name;
                self.ask(Purpose::Save(kind), format!("{app}.{}", kind.extension()));
            }
        }
    }

    fn start_app(&mut self, index: usize) {
        let Some(app) = self.catalog.apps().get(index).cloned() else {
            return;
        };
        if let Err(error) = self.replace(&app, &crate::script::Script::default()) {
            self.complain(error.to_string());
        }
    }

    fn prompt_key(&mut self, code: KeyCode, mut prompt: Prompt, files: &mut dyn Files) {
        const LONGEST: usize = 1_000;
        match code {
            KeyCode::Esc => return,
            KeyCode::Enter => {
                self.answer(&prompt, files);
                return;
            }
            KeyCode::Backspace => {
                prompt.text.pop();
            }
            KeyCode::Char(c) if prompt.text.len() < LONGEST => prompt.text.push(c),
            _ => {}
        }
        self.overlay = Some(Overlay::Prompt(prompt));
    }

    fn answer(&mut self, prompt: &Prompt, files: &mut dyn Files) {
        let text = prompt.text.trim();
        match prompt.purpose {
            Purpose::GoTo => match parse_length(text) {
                Ok(tick) => self.jump(tick),
                Err(problem) => {
                    self.complain(format!("{}; {}", problem.message, problem.expected));
                }
            },
            Purpose::Search => {
                text.clone_into(&mut self.search);
                if !text.is_empty() {
                    self.search_again(true);
                }
            }
            _ if text.is_empty() => {}
            Purpose::Open if self.has_unsaved() => {
                let next = Next::Open(text.to_owned());
                self.overlay = Some(Overlay::Confirm(Question::Leave(next)));
            }
            Purpose::Open => self.open(text, files),
            Purpose::Save(kind) if files.exists(Path::new(text)) => {
                let path = text.to_owned();
                self.overlay = Some(Overlay::Confirm(Question::Overwrite { kind, path }));
            }
            Purpose::Save(kind) => self.save(kind, text, files),
        }
    }

    fn confirm_key(&mut self, code: KeyCode, question: Question, files: &mut dyn Files) {
        match code {
            KeyCode::Char('y' | 'Y') => match question {
                Question::Overwrite { kind, path } => self.save(kind, &path, files),
                Question::Leave(Next::Quit) => self.quit = true,
                Question::Leave(Next::App(index)) => self.start_app(index),
                Question::Leave(Next::Open(path)) => self.open(&path, files),
            },
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {}
            _ => self.overlay = Some(Overlay::Confirm(question)),
        }
    }
}

/// How people know a branch.
pub(super) fn branch_name(index: usize) -> String {
    match index {
        0 => "main".to_owned(),
        index => format!("branch {index}"),
    }
}

fn save_menu() -> Menu {
    let items = Kind::ALL.map(|kind| Item {
        text: kind.title().to_owned(),
        choice: Choice::Save(kind),
    });
    Menu {
        title: "save this branch as",
        items: items.to_vec(),
        selected: 0,
    }
}
