//! The whole UI, driven by keys, the mouse and time.

mod apps;
mod controls;
mod every_key;
mod input;
mod navigation;
mod property;
mod questions;
mod save;
mod screens;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::appearance::Appearance;
use super::file_system::{FileSystem, LocalFiles};
use super::theme::Theme;
use super::ui_state::UiState;
use super::view::{self, ScreenLayout};
use lockstep_engine::load::LoadOptions;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use shipped_apps::shipped;

/// How long a frame lasts, as in a terminal.
const FRAME: Duration = Duration::from_millis(33);

/// Files in memory.
#[derive(Clone, Debug, Default)]
struct MemoryFiles(BTreeMap<PathBuf, Vec<u8>>);

impl FileSystem for MemoryFiles {
    fn exists(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        assert!(bytes.len() <= limit);
        Ok(bytes.clone())
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if path.starts_with("/no/such") {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.0.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// A user at a terminal.
struct Driver {
    ui: UiState,
    terminal: Terminal<TestBackend>,
    files: MemoryFiles,
}

impl Driver {
    /// The lamp, as `sim` opens it.
    fn lamp(width: u16, height: u16) -> Self {
        Self::new(shipped(), width, height, Theme::new(Appearance::default()))
    }

    fn of(app: AppEntry, width: u16, height: u16) -> Self {
        Self::new(vec![app], width, height, Theme::new(Appearance::default()))
    }

    fn new(apps: Vec<AppEntry>, width: u16, height: u16, theme: Theme) -> Self {
        let registry = Registry::new(apps).unwrap();
        let app = registry.apps()[0].clone();
        let mut ui = UiState::new(registry, &app, &Script::default(), theme).unwrap();
        ui.playing = true;
        let mut driver = Self {
            ui,
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
            files: MemoryFiles::default(),
        };
        driver.draw();
        driver
    }

    /// Opens a file of this machine.
    fn open(&mut self, path: &Path) {
        self.ui.open(path, &LoadOptions::default(), &LocalFiles);
        self.draw();
    }

    /// Presses keys, named as in the table of key bindings and separated by blanks.
    fn press(&mut self, keys: &str) -> &mut Self {
        for name in keys.split_whitespace() {
            match name.strip_prefix('z') {
                // A sequence of two keys.
                Some(second @ ("i" | "o" | "c" | "z")) => {
                    self.key(key("z"));
                    self.key(key(second));
                }
                _ => self.key(key(name)),
            }
        }
        self
    }

    /// Types text.
    fn text(&mut self, text: &str) -> &mut Self {
        for typed in text.chars() {
            self.key(KeyEvent::new(KeyCode::Char(typed), KeyModifiers::NONE));
        }
        self
    }

    /// Releases a key, on a terminal that reports it.
    fn release(&mut self, name: &str) -> &mut Self {
        let mut event = key(name);
        event.kind = KeyEventKind::Release;
        self.key(event);
        self
    }

    fn key(&mut self, event: KeyEvent) {
        self.ui.key(event, &mut self.files);
        self.draw();
    }

    /// Advances real time, frame by frame.
    fn wait(&mut self, ms: u64) -> &mut Self {
        let mut left = Duration::from_millis(ms);
        while !left.is_zero() {
            let frame = left.min(FRAME);
            left -= frame;
            let ticks = self.ui.advance_clock(frame);
            self.ui.record_play_time(ticks, frame, Duration::ZERO);
            self.draw();
        }
        self
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        let event = MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        };
        if let Some(screen) = ScreenLayout::of(&self.ui, self.area()) {
            self.ui.mouse(event, &screen);
        }
        self.draw();
        self
    }

    /// Clicks on the first occurrence of a text.
    fn down_on(&mut self, text: &str) -> &mut Self {
        let (column, row) = self.place_of(text);
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    fn up(&mut self) -> &mut Self {
        self.mouse(MouseEventKind::Up(MouseButton::Left), 0, 0)
    }

    fn place_of(&self, text: &str) -> (u16, u16) {
        let (row, line) = (0..)
            .zip(self.lines())
            .find(|(_, line)| line.contains(text))
            .unwrap_or_else(|| panic!("no `{text}` in\n{}", self.lines().join("\n")));
        let bytes = line.find(text).unwrap();
        let column = line[..bytes].chars().count();
        (column.try_into().unwrap(), row)
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.draw();
    }

    fn area(&self) -> Rect {
        self.terminal.backend().buffer().area
    }

    fn draw(&mut self) {
        self.ui.fit(self.area());
        let ui = &self.ui;
        self.terminal.draw(|frame| view::draw(ui, frame)).unwrap();
    }

    /// The lines of the screen.
    fn lines(&self) -> Vec<String> {
        let buffer = self.terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width).max(1));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
            .collect()
    }

    fn shows(&self, text: &str) -> bool {
        self.lines().iter().any(|line| line.contains(text))
    }

    #[track_caller]
    fn assert_shows(&self, text: &str) -> &Self {
        assert!(
            self.shows(text),
            "no `{text}` in\n{}",
            self.lines().join("\n")
        );
        self
    }

    /// The screen as text, followed by the runs of equal style of each line that has any style.
    fn screen(&self) -> String {
        let mut screen = self
            .lines()
            .iter()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect::<String>();
        screen.push_str("styles:\n");
        let buffer = self.terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width));
        for (y, row) in rows.enumerate() {
            let mut runs = String::new();
            let mut x = 0;
            for run in row.chunk_by(|a, b| a.style() == b.style()) {
                let style = style_of(&run[0]);
                if !style.is_empty() {
                    write!(runs, "  {x}+{} {style}", run.len()).unwrap();
                }
                x += run.len();
            }
            if !runs.is_empty() {
                writeln!(screen, "{y:>2}:{runs}").unwrap();
            }
        }
        screen
    }
}

/// A style in words; empty for the default one.
fn style_of(cell: &ratatui::buffer::Cell) -> String {
    let color = match cell.fg {
        Color::Reset => String::new(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        named => named.to_string().to_lowercase(),
    };
    let modifiers = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::REVERSED, "reversed"),
    ];
    let modifiers = modifiers
        .iter()
        .filter(|(flag, _)| cell.modifier.contains(*flag));
    let words = modifiers.map(|(_, word)| (*word).to_owned());
    let words: Vec<_> = [color]
        .into_iter()
        .chain(words)
        .filter(|word| !word.is_empty())
        .collect();
    words.join("/")
}

/// The key of a name in the table of keys.
fn key(name: &str) -> KeyEvent {
    super::key_bindings::key_of(name).unwrap_or_else(|| panic!("no key is called `{name}`"))
}
