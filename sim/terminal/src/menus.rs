//! Menus, the help and confirmations: their items, their keys, and what they do.

use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::file_system::FileSystem;
use super::held_buttons::{Holder, tap};
use super::key_bindings::UiCommand;
use super::overlay::{
    Confirmation, LeaveAction, Menu, MenuAction, MenuItem, Overlay, PromptKind, SaveFormat,
};
use super::ui_state::UiState;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::load::LoadOptions;
use lockstep_engine::script::{BootCondition, Script};

impl UiState {
    pub(super) fn overlay_key(&mut self, event: KeyEvent, files: &mut dyn FileSystem) {
        let plain = !event
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match self.overlay.take() {
            Some(Overlay::Prompt(prompt)) => self.prompt_key(event, prompt, files),
            Some(Overlay::Help { scroll }) if plain => self.help_key(event.code, scroll),
            Some(Overlay::Map { scroll }) if plain => self.map_key(event.code, scroll),
            Some(Overlay::Menu(menu)) if plain => self.menu_key(event.code, menu),
            Some(Overlay::Confirm(confirmation)) if plain => {
                self.confirm_key(event.code, confirmation, files);
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
                    self.run_menu_action(&item.action);
                }
                return;
            }
            KeyCode::Char('c') => {
                if let Some(MenuAction::Branch(branch)) =
                    menu.items.get(menu.selected).map(|item| &item.action)
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

    fn confirm_key(
        &mut self,
        code: KeyCode,
        confirmation: Confirmation,
        files: &mut dyn FileSystem,
    ) {
        match code {
            KeyCode::Char('y' | 'Y') => match confirmation {
                Confirmation::Overwrite { format, path } => self.save(format, &path, files),
                Confirmation::Play(way) => self.play_way(&way),
                Confirmation::Leave(LeaveAction::Quit) => self.quit = true,
                Confirmation::Leave(LeaveAction::App(index)) => self.start_app(index),
                Confirmation::Leave(LeaveAction::Open(path)) => {
                    self.open(Path::new(&path), &LoadOptions::default(), files);
                }
            },
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {}
            _ => self.overlay = Some(Overlay::Confirm(confirmation)),
        }
    }

    fn run_menu_action(&mut self, action: &MenuAction) {
        match *action {
            MenuAction::Command(command) => self.command(command),
            MenuAction::Reset(conditions) => self.reset(conditions),
            MenuAction::Bounce => {
                self.bounce = !self.bounce;
                let state = if self.bounce { "on" } else { "off" };
                self.show_message(format!("contact bounce is {state}"));
            }
            MenuAction::Buttons => self.overlay = Some(Overlay::Menu(self.button_menu())),
            MenuAction::Tap(button) => self.press(button, Holder::Tap(tap(self.tick_period()))),
            MenuAction::Apps => self.overlay = Some(Overlay::Menu(self.app_menu())),
            MenuAction::App(index) if self.has_unsaved() => {
                self.overlay = Some(Overlay::Confirm(Confirmation::Leave(LeaveAction::App(
                    index,
                ))));
            }
            MenuAction::App(index) => self.start_app(index),
            MenuAction::Branch(branch) => self.switch_branch(branch),
            MenuAction::Save(format) => {
                let app = self.timeline.app().descriptor().name();
                self.open_prompt(
                    PromptKind::Save(format),
                    format!("{app}.{}", format.extension()),
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
            Err(error) => self.show_error(error_chain(&error)),
        }
    }

    pub(super) fn main_menu(&self) -> Menu {
        let item = |text: &str, action| MenuItem {
            text: text.to_owned(),
            action,
        };
        let command = |text, asked| item(text, MenuAction::Command(asked));
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
            item(&format!("contact bounce: {bounce}"), MenuAction::Bounce),
            item("press a button...", MenuAction::Buttons),
            item("another app...", MenuAction::Apps),
            command("shortest way to...", UiCommand::Reach),
            command("state diagram", UiCommand::Map),
            command("branches...", UiCommand::Branches),
            command("save...", UiCommand::Save),
            command("open...", UiCommand::Open),
            command("undo", UiCommand::Undo),
            command("redo", UiCommand::Redo),
            command("all keys", UiCommand::Help),
            command("quit", UiCommand::Quit),
        ]);
        if self.buttons.is_empty() {
            items.retain(|item| item.action != MenuAction::Buttons);
        }
        Menu {
            title: "menu",
            selected: 0,
            items,
        }
    }

    /// Every button, including those without a key.
    fn button_menu(&self) -> Menu {
        let items = self.buttons.iter().map(|button| MenuItem {
            text: self.button_name(*button).to_owned(),
            action: MenuAction::Tap(*button),
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
            action: MenuAction::App(index),
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
        action: MenuAction::Save(kind),
    });
    Menu {
        title: "save this branch as",
        items: items.to_vec(),
        selected: 0,
    }
}
