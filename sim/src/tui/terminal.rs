//! The real terminal: taken over, and given back as it was found.

use std::io::{self, IsTerminal};
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{
    self, DisableMouseCapture, EnableMouseCapture, Event, KeyCode, KeyEvent, KeyModifiers,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

use super::files::Files;
use super::ui::Ui;
use super::view::{self, Screen};
use crate::file;

/// How long a frame lasts while time goes by.
const FRAME: Duration = Duration::from_millis(33);

/// How often somebody looks around while nothing happens.
const IDLE: Duration = Duration::from_millis(250);

/// The most real time that is made up for: after a suspension, time goes on from there.
const LONGEST_FRAME: Duration = Duration::from_millis(250);

/// Whether there is a terminal to draw on and to read keys from.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Runs the UI until people quit, the terminal goes away or the process is asked to end.
pub(super) fn run(ui: &mut Ui) -> io::Result<()> {
    let signals = Signals::register()?;
    restore_on_panic();
    let guard = Guard::enter()?;
    ui.keys_report_release = guard.keys_report_release;
    let mut screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let ended = drive(ui, &mut screen, &signals);
    drop(guard);
    match ended {
        // Whoever closed the terminal has seen enough.
        Err(error) if is_gone(&error) => Ok(()),
        ended => ended,
    }
}

/// Opens a file of this machine.
pub(super) fn open(ui: &mut Ui, file: &Path) {
    ui.open(&file.display().to_string(), &Disk);
}

type Screens = Terminal<CrosstermBackend<io::Stdout>>;

fn drive(ui: &mut Ui, terminal: &mut Screens, signals: &Signals) -> io::Result<()> {
    let mut last = Instant::now();
    let mut dirty = true;
    while !ui.quit && !signals.end.load(Ordering::Relaxed) {
        if dirty {
            let size = terminal.size()?;
            let area = Rect::new(0, 0, size.width, size.height);
            ui.fit(area);
            terminal.draw(|frame| view::draw(ui, frame))?;
        }
        let wait = if ui.playing {
            FRAME
        } else {
            ui.next_change().unwrap_or(IDLE).min(IDLE)
        };
        let mut input = event::poll(wait.saturating_sub(last.elapsed()))?;
        dirty = input || ui.playing;
        while input {
            take(ui, terminal, &event::read()?)?;
            input = event::poll(Duration::ZERO)?;
        }
        if signals.resumed.swap(false, Ordering::Relaxed) {
            Guard::enter()?.keep();
            terminal.clear()?;
            dirty = true;
        }
        let elapsed = last.elapsed().min(LONGEST_FRAME);
        last = Instant::now();
        dirty |= ui.next_change().is_some_and(|change| change <= elapsed);
        let ticks = ui.pass(elapsed);
        ui.took(ticks, elapsed, last.elapsed());
    }
    Ok(())
}

fn take(ui: &mut Ui, terminal: &mut Screens, event: &Event) -> io::Result<()> {
    match *event {
        Event::Key(key) if is_control(key, 'z') => suspend(terminal),
        Event::Key(key) if is_control(key, 'l') => terminal.clear(),
        Event::Key(key) => {
            ui.key(key, &mut Disk);
            Ok(())
        }
        Event::Mouse(mouse) => {
            let size = terminal.size()?;
            let area = Rect::new(0, 0, size.width, size.height);
            if let Some(screen) = Screen::of(ui, area) {
                ui.mouse(mouse, &screen);
            }
            Ok(())
        }
        Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Paste(_) => Ok(()),
    }
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter)
        && key.modifiers.contains(KeyModifiers::CONTROL)
        && key.kind == event::KeyEventKind::Press
}

/// Gives the terminal back, stops as the shell expects, and takes it again after `fg`.
fn suspend(terminal: &mut Screens) -> io::Result<()> {
    restore();
    low_level::emulate_default_handler(SIGTSTP)?;
    Guard::enter()?.keep();
    terminal.clear()
}

/// What the system tells a process.
struct Signals {
    end: Arc<AtomicBool>,
    resumed: Arc<AtomicBool>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        let signals = Self {
            end: Arc::default(),
            resumed: Arc::default(),
        };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGCONT, Arc::clone(&signals.resumed))?;
        Ok(signals)
    }
}

/// While it lives, the terminal is ours.
struct Guard {
    keys_report_release: bool,
    restores: bool,
}

impl Guard {
    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let guard = Self {
            keys_report_release: terminal::supports_keyboard_enhancement().unwrap_or(false),
            restores: true,
        };
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            cursor::Hide
        )?;
        if guard.keys_report_release {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_EVENT_TYPES;
            execute!(io::stdout(), PushKeyboardEnhancementFlags(flags))?;
        }
        Ok(guard)
    }

    /// Leaves giving the terminal back to an earlier guard.
    fn keep(mut self) {
        self.restores = false;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.restores {
            restore();
        }
    }
}

/// Gives the terminal back. What cannot be undone on a terminal that is gone does not
/// matter.
fn restore() {
    let mut stdout = io::stdout();
    let _ = execute!(stdout, PopKeyboardEnhancementFlags);
    let _ = execute!(
        stdout,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// A panic is told on the screen that people see.
fn restore_on_panic() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !crate::play::is_guarded() {
            restore();
        }
        previous(info);
    }));
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | NotConnected | UnexpectedEof)
        // EIO: the other end of a pseudo-terminal was closed.
        || error.raw_os_error() == Some(5)
}

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        file::read(path, limit)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        file::write(path, bytes)
    }
}
