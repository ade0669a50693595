//! The keys of menus, of the help and of questions, and what choosing does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use lockstep_core::event::ButtonId;

use super::file_system::FileSystem;
use super::held_buttons::{Holder, TAP};
use super::key_bindings::UiCommand;
use super::overlay::{
    Confirmation, LeaveAction, Menu, MenuAction, MenuItem, Overlay, PromptKind, SaveFormat,
};
use super::ui_state::UiState;
use lockstep_engine::script::{BootCondition, Script};

impl UiState {
    pub(super) fn overlay_key(&mut self, event: KeyEvent, files: &mut dyn FileSystem) {
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
                    self.run_menu_action(&item.choice);
                }
                return;
            }
            KeyCode::Char('c') => {
                if let Some(MenuAction::Branch(branch)) =
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

    fn confirm_key(&mut self, code: KeyCode, question: Confirmation, files: &mut dyn FileSystem) {
        match code {
            KeyCode::Char('y' | 'Y') => match question {
                Confirmation::Overwrite { kind, path } => self.save(kind, &path, files),
                Confirmation::Leave(LeaveAction::Quit) => self.quit = true,
                Confirmation::Leave(LeaveAction::App(index)) => self.start_app(index),
                Confirmation::Leave(LeaveAction::Open(path)) => self.open(&path, None, files),
            },
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {}
            _ => self.overlay = Some(Overlay::Confirm(question)),
        }
    }

    fn run_menu_action(&mut self, choice: &MenuAction) {
        match *choice {
            MenuAction::UiCommand(command) => self.command(command),
            MenuAction::Reset(conditions) => self.reset(conditions),
            MenuAction::Bounce => {
                self.bounce = !self.bounce;
                let now = if self.bounce {
                    "bounce for 6 ms"
                } else {
                    "are clean"
                };
                self.show_message(format!("from now on, contacts {now}"));
            }
            MenuAction::Buttons => self.overlay = Some(Overlay::Menu(self.button_menu())),
            MenuAction::Tap(button) => self.press(button, Holder::Tap(TAP)),
            MenuAction::Apps => self.overlay = Some(Overlay::Menu(self.app_menu())),
            MenuAction::App(index) if self.has_unsaved() => {
                self.overlay = Some(Overlay::Confirm(Confirmation::Leave(LeaveAction::App(
                    index,
                ))));
            }
            MenuAction::App(index) => self.start_app(index),
            MenuAction::Branch(branch) => self.switch_branch(branch),
            MenuAction::Save(kind) => {
                let app = self.timeline.app().descriptor().name();
                self.open_prompt(
                    PromptKind::Save(kind),
                    format!("{app}.{}", kind.extension()),
                );
            }
        }
    }

    fn start_app(&mut self, index: usize) {
        let Some(app) = self.registry.apps().get(index).cloned() else {
            return;
        };
        match self.replace(&app, &Script::default()) {
            Ok(()) => self.playing = true,
            Err(error) => self.show_error(error.to_string()),
        }
    }

    pub(super) fn main_menu(&self) -> Menu {
        let item = |text: &str, choice| MenuItem {
            text: text.to_owned(),
            choice,
        };
        let command = |text, asked| item(text, MenuAction::UiCommand(asked));
        let bounce = if self.bounce { "on" } else { "off" };
        let conditions = self.timeline.app().descriptor().boot_conditions();
        let mut items = vec![item(
            "reset the board",
            MenuAction::Reset(BootCondition::OK),
        )];
        items.extend(
            (1..)
                .map(BootCondition)
                .zip(conditions)
                .map(|(condition, name)| {
                    let text = format!("reset with {}", name.replace('-', " "));
                    item(&text, MenuAction::Reset(condition))
                }),
        );
        items.extend([
            item(&format!("contacts bounce: {bounce}"), MenuAction::Bounce),
            item("press a button...", MenuAction::Buttons),
            item("another app...", MenuAction::Apps),
            command("branches...", UiCommand::Branches),
            command("save...", UiCommand::Save),
            command("open...", UiCommand::Open),
            command("undo", UiCommand::Undo),
            command("redo", UiCommand::Redo),
            command("all keys", UiCommand::Help),
            command("quit", UiCommand::Quit),
        ]);
        if self.timeline.app().descriptor().buttons().is_empty() {
            items.retain(|item| item.choice != MenuAction::Buttons);
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
        let items = (0..)
            .map(ButtonId)
            .zip(buttons)
            .map(|(button, name)| MenuItem {
                text: (*name).to_owned(),
                choice: MenuAction::Tap(button),
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
        let items = (0..).zip(apps).map(|(index, app)| MenuItem {
            text: format!("{} {}", app.descriptor().name(), app.descriptor().version()),
            choice: MenuAction::App(index),
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
    let items = SaveFormat::ALL.map(|kind| MenuItem {
        text: kind.title().to_owned(),
        choice: MenuAction::Save(kind),
    });
    Menu {
        title: "save this branch as",
        items: items.to_vec(),
        selected: 0,
    }
}
