//! Prompts: how a line of text is edited, and what it is used for.

use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::file_system::FileSystem;
use super::overlay::{Confirmation, LeaveAction, Overlay, Prompt, PromptKind};
use super::rule_watch::is_rules;
use super::time_parser::parse_time;
use super::ui_state::UiState;
use lockstep_engine::load::LoadOptions;

/// The most bytes of a line.
const LONGEST: usize = 1_000;

impl Prompt {
    pub(super) fn new(kind: PromptKind, text: String) -> Self {
        let cursor = text.len();
        Self { kind, text, cursor }
    }

    /// The text before the cursor, and the text from it on.
    pub(super) fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    fn insert(&mut self, typed: char) {
        if !is_hidden(typed) && self.text.len() + typed.len_utf8() <= LONGEST {
            self.text.insert(self.cursor, typed);
            self.cursor += typed.len_utf8();
        }
    }

    fn edit(&mut self, event: KeyEvent) {
        let (before, after) = self.halves();
        let previous = before.char_indices().next_back().map_or(0, |(at, _)| at);
        let next = self.cursor + after.chars().next().map_or(0, char::len_utf8);
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('u') if control => self.cut(0, self.cursor),
            KeyCode::Char('w') if control => self.cut(self.word_start(), self.cursor),
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(_) if control || event.modifiers.contains(KeyModifiers::ALT) => {}
            KeyCode::Char(typed) => self.insert(typed),
            KeyCode::Backspace => self.cut(previous, self.cursor),
            KeyCode::Delete => self.cut(self.cursor, next),
            KeyCode::Left => self.cursor = previous,
            KeyCode::Right => self.cursor = next,
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => {}
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    /// Where the word before the cursor begins, as in a shell.
    fn word_start(&self) -> usize {
        let before = self.halves().0.trim_end();
        before.rfind([' ', '/']).map_or(0, |sign| sign + 1)
    }
}

/// Whether a character is invisible or changes how the rest of the line is shown: control
/// characters, characters of zero width, and those that set the direction of text. A file
/// name with one of them looks like another name.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

impl UiState {
    pub(super) fn open_prompt(&mut self, kind: PromptKind, text: String) {
        self.overlay = Some(Overlay::Prompt(Prompt::new(kind, text)));
    }

    /// Handles pasted text: a prompt takes its first line, everything else ignores it.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(Overlay::Prompt(prompt)) = &mut self.overlay {
            text.trim_start()
                .chars()
                .take_while(|c| !matches!(c, '\n' | '\r'))
                .for_each(|c| prompt.insert(c));
        }
    }

    pub(super) fn prompt_key(
        &mut self,
        event: KeyEvent,
        mut prompt: Prompt,
        files: &mut dyn FileSystem,
    ) {
        match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter => self.submit_prompt(&prompt, files),
            _ => {
                prompt.edit(event);
                self.overlay = Some(Overlay::Prompt(prompt));
            }
        }
    }

    fn submit_prompt(&mut self, prompt: &Prompt, files: &mut dyn FileSystem) {
        let text = prompt.text.trim();
        match &prompt.kind {
            PromptKind::Search => {
                text.clone_into(&mut self.search);
                if !text.is_empty() {
                    self.search_again(true);
                }
            }
            // Blanks may be meant, and an empty line is a line.
            PromptKind::Send { id, .. } => self.send_typed(*id, &prompt.text),
            _ if text.is_empty() => {}
            PromptKind::Number { id, .. } => self.set_typed(*id, text),
            PromptKind::GoTo => match parse_time(text, self.tick_period()) {
                Ok(tick) => self.go_to(tick),
                Err(problem) => self.show_error(problem),
            },
            PromptKind::Reach => self.seek(text),
            // Rules are held to the run that is shown.
            PromptKind::Open if is_rules(text) => {
                self.open(Path::new(text), &LoadOptions::default(), files);
            }
            PromptKind::Open if self.has_unsaved() => {
                let next = LeaveAction::Open(text.to_owned());
                self.overlay = Some(Overlay::Confirm(Confirmation::Leave(next)));
            }
            PromptKind::Open => self.open(Path::new(text), &LoadOptions::default(), files),
            PromptKind::Map { path, .. } => self.open_mapped(path, text, files),
            PromptKind::Save(format) if files.exists(Path::new(text)) => {
                let (format, path) = (*format, text.to_owned());
                self.overlay = Some(Overlay::Confirm(Confirmation::Overwrite { format, path }));
            }
            PromptKind::Save(format) => self.save(*format, text, files),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(start: &str, keys: &[KeyEvent]) -> (String, String) {
        let mut prompt = Prompt::new(PromptKind::Search, start.to_owned());
        for key in keys {
            prompt.edit(*key);
        }
        let (before, after) = prompt.halves();
        (before.to_owned(), after.to_owned())
    }

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn control(letter: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    #[test]
    fn a_line_is_edited_by_characters_and_not_by_bytes() {
        let keys = [
            key(KeyCode::Left),
            key(KeyCode::Backspace),
            key(KeyCode::Char('ß')),
            key(KeyCode::Delete),
        ];
        assert_eq!(typed("aé語", &keys), ("aß".to_owned(), String::new()));
    }

    #[test]
    fn shell_keys_cut_a_word_or_the_line() {
        let word = typed("a/long name", &[control('w')]);
        assert_eq!(word.0, "a/long ");
        let twice = typed("a/long name", &[control('w'), control('w')]);
        assert_eq!(twice.0, "a/");
        assert_eq!(typed("name", &[control('u')]).0, "");
        assert_eq!(typed("name", &[control('a')]).1, "name");
    }

    #[test]
    fn characters_that_hide_are_not_typed() {
        let hidden = "\u{0}\u{7f}\u{9b}\u{200f}\u{202e}\u{2066}\u{feff}";
        let keys: Vec<_> = hidden.chars().map(|c| key(KeyCode::Char(c))).collect();
        assert_eq!(typed("a", &keys).0, "a");
        let letters = "ß語עא".chars().map(|c| key(KeyCode::Char(c)));
        assert_eq!(typed("a", &letters.collect::<Vec<_>>()).0, "aß語עא");
    }

    #[test]
    fn control_and_alt_type_nothing() {
        let alt = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT);
        assert_eq!(typed("a", &[control('x'), alt]).0, "a");
    }
}
