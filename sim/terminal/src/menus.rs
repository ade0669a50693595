//! The keys of menus, of the help and of questions, and what choosing does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use lockstep_core::event::ButtonId;

use super::files::Files;
use super::hands::{Holder, TAP};
use super::keys::Command;
use super::overlay::{Choice, Item, Kind, Menu, Next, Overlay, Purpose, Question};
use super::ui::Ui;
use lockstep_engine::script::{BootCondition, Script};

impl Ui {
    pub(super) fn overlay_key(&mut self, event: KeyEvent, files: &mut dyn Files) {
        let plain = !event
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match self.overlay.take() {
            Some(Overlay::Prompt(prompt)) => self.prompt_key(event, prompt, files),
            Some(Overlay::Help { scroll }) if plain => self.help_key(event.code, scroll),
            Some(Overlay::Menu(menu)) if plain => self.menu_key(event.code, menu),
            Some(Overlay::Confirm(question)) if plain => {
                self.confirm_key(event.code, question, files);
            }
            other => self.overlay = other,
        }
    }

    fn help_key(&mut self, code: KeyCode, scroll: u16) {
        let scroll = match code {
            KeyCode::Down | KeyCode::Char('j') => scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => scroll.saturating_add(10),
            KeyCode::PageUp => scroll.saturating_sub(10),
            KeyCode::Home => 0,
            KeyCode::End => u16::MAX,
            KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) | KeyCode::Char('q' | '?') => return,
            _ => scroll,
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
            KeyCode::Esc | KeyCode::Char('q') => return,
            _ => {}
        }
        self.overlay = Some(Overlay::Menu(menu));
    }

    fn confirm_key(&mut self, code: KeyCode, question: Question, files: &mut dyn Files) {
        match code {
            KeyCode::Char('y' | 'Y') => match question {
                Question::Overwrite { kind, path } => self.save(kind, &path, files),
                Question::Leave(Next::Quit) => self.quit = true,
                Question::Leave(Next::App(index)) => self.start_app(index),
                Question::Leave(Next::Open(path)) => self.open(&path, None, files),
            },
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {}
            _ => self.overlay = Some(Overlay::Confirm(question)),
        }
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
                self.say(format!("from now on, contacts {now}"));
            }
            Choice::Buttons => self.overlay = Some(Overlay::Menu(self.button_menu())),
            Choice::Tap(button) => self.press(button, Holder::Tap(TAP)),
            Choice::Apps => self.overlay = Some(Overlay::Menu(self.app_menu())),
            Choice::App(index) if self.has_unsaved() => {
                self.overlay = Some(Overlay::Confirm(Question::Leave(Next::App(index))));
            }
            Choice::App(index) => self.start_app(index),
            Choice::Branch(branch) => self.switch_branch(branch),
            Choice::Save(kind) => {
                let app = self.timeline.app().descriptor().name();
                self.ask(Purpose::Save(kind), format!("{app}.{}", kind.extension()));
            }
        }
    }

    fn start_app(&mut self, index: usize) {
        let Some(app) = self.registry.apps().get(index).cloned() else {
            return;
        };
        match self.replace(&app, &Script::default()) {
            Ok(()) => self.playing = true,
            Err(error) => self.complain(error.to_string()),
        }
    }

    pub(super) fn main_menu(&self) -> Menu {
        let item = |text: &str, choice| Item {
            text: text.to_owned(),
            choice,
        };
        let command = |text, asked| item(text, Choice::Command(asked));
        let bounce = if self.bounce { "on" } else { "off" };
        let conditions = self.timeline.app().descriptor().boot_conditions();
        let mut items = vec![item("reset the board", Choice::Reset(BootCondition::OK))];
        items.extend(
            (1..)
                .map(BootCondition)
                .zip(conditions)
                .map(|(condition, name)| {
                    let text = format!("reset with {}", name.replace('-', " "));
                    item(&text, Choice::Reset(condition))
                }),
        );
        items.extend([
            item(&format!("contacts bounce: {bounce}"), Choice::Bounce),
            item("press a button...", Choice::Buttons),
            item("another app...", Choice::Apps),
            command("branches...", Command::Branches),
            command("save...", Command::Save),
            command("open...", Command::Open),
            command("undo", Command::Undo),
            command("redo", Command::Redo),
            command("all keys", Command::Help),
            command("quit", Command::Quit),
        ]);
        if self.timeline.app().descriptor().buttons().is_empty() {
            items.retain(|item| item.choice != Choice::Buttons);
        }
        Menu {
            title: "menu",
            selected: 0,
            items,
        }
    }

    /// Every button, also one that no key is left for.
    fn button_menu(&self) -> Menu {
        let buttons = self.timeline.app().descriptor().buttons().iter();
        let items = (0..).map(ButtonId).zip(buttons).map(|(button, name)| Item {
            text: (*name).to_owned(),
            choice: Choice::Tap(button),
        });
        Menu {
            title: "press",
            items: items.collect(),
            selected: 0,
        }
    }

    fn app_menu(&self) -> Menu {
        let apps = self.registry.apps();
        let current = self.timeline.app().descriptor().name();
        let items = (0..).zip(apps).map(|(index, app)| Item {
            text: format!("{} {}", app.descriptor().name(), app.descriptor().version()),
            choice: Choice::App(index),
        });
        Menu {
            title: "apps",
            items: items.collect(),
            selected: apps
                .iter()
                .position(|app| app.descriptor().name() == current)
                .unwrap_or(0),
        }
    }
}

pub(super) fn save_menu() -> Menu {
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
