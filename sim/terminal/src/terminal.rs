//! The real terminal: taken over, and given back as it was found.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::panic;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    Event, KeyCode, KeyEvent, KeyModifiers, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

use super::ExitReason;
use super::save::FileSystem;
use super::ui_state::UiState;
use super::view::{self, ScreenLayout};
use lockstep_console::{file, panics};
use lockstep_engine::files;

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
pub(super) fn run(ui: &mut UiState) -> io::Result<ExitReason> {
    let signals = ProcessSignals::register()?;
    restore_on_panic();
    let guard = TerminalGuard::enter()?;
    ui.keys_report_release = guard.keys_report_release;
    let mut screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let ended = drive(ui, &mut screen, &signals, &guard);
    drop(guard);
    match ended {
        // Whoever closed the terminal has seen enough.
        Err(error) if !is_gone(&error) => Err(error),
        _ if signals.interrupted.load(Ordering::Relaxed) => Ok(ExitReason::Interrupted),
        _ => Ok(ExitReason::Quit),
    }
}

/// Opens a file of this machine.
pub(super) fn open(ui: &mut UiState, file: &Path, app: Option<&str>) {
    ui.open(&file.display().to_string(), app, &LocalFiles);
}

type CrosstermTerminal = Terminal<CrosstermBackend<io::Stdout>>;

fn drive(
    ui: &mut UiState,
    terminal: &mut CrosstermTerminal,
    signals: &ProcessSignals,
    guard: &TerminalGuard,
) -> io::Result<()> {
    let polls = InputWatchdog::watched();
    let mut last = Instant::now();
    let mut dirty = true;
    // Where nothing but time goes by, every other frame is left out: half the work.
    let (mut drawn, mut left_out) = (0, false);
    while !ui.quit && !signals.end.load(Ordering::Relaxed) {
        if dirty {
            let size = terminal.size()?;
            ui.fit(Rect::new(0, 0, size.width, size.height));
            terminal.draw(|frame| view::draw(ui, frame))?;
            (drawn, left_out) = (ui.trace().entries().len(), false);
        }
        let wait = if ui.playing {
            FRAME
        } else {
            ui.next_change().unwrap_or(IDLE).min(IDLE)
        };
        let mut input = polls.poll(wait.saturating_sub(last.elapsed()))?;
        dirty = input;
        while input && !ui.quit {
            take(ui, terminal, signals, &event::read()?)?;
            input = polls.poll(Duration::ZERO)?;
        }
        if signals.stop.swap(false, Ordering::Relaxed) {
            restore();
            low_level::emulate_default_handler(SIGTSTP)?;
        }
        if signals.resumed.swap(false, Ordering::Relaxed) {
            // A shell may have changed the modes behind our back: they are set anew.
            restore();
            guard.take_over()?;
            redraw(terminal)?;
            dirty = true;
        }
        let elapsed = last.elapsed().min(LONGEST_FRAME);
        last = Instant::now();
        dirty |= ui.next_change().is_some_and(|change| change <= elapsed);
        let was_playing = ui.playing;
        let ticks = ui.advance_clock(elapsed);
        ui.record_play_time(ticks, elapsed, last.elapsed());
        if was_playing && !dirty {
            let happened = !ui.at_end() || ui.trace().entries().len() != drawn;
            dirty = left_out || happened || !ui.playing;
            left_out = !dirty;
        }
    }
    Ok(())
}

fn take(
    ui: &mut UiState,
    terminal: &mut CrosstermTerminal,
    signals: &ProcessSignals,
    event: &Event,
) -> io::Result<()> {
    match event {
        Event::Key(key) if is_control(*key, 'z') => signals.stop.store(true, Ordering::Relaxed),
        Event::Key(key) if is_control(*key, 'l') => redraw(terminal)?,
        Event::Key(key) => ui.key(*key, &mut LocalFiles),
        Event::Mouse(mouse) => {
            let size = terminal.size()?;
            let area = Rect::new(0, 0, size.width, size.height);
            if let Some(screen) = ScreenLayout::of(ui, area) {
                ui.mouse(*mouse, &screen);
            }
        }
        Event::Paste(text) => ui.paste(text),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => {}
    }
    Ok(())
}

/// Clears the screen, so that the next frame draws all of it. `Terminal::clear` would ask
/// the terminal where its cursor is, and fail where the answer is slow.
fn redraw(terminal: &mut CrosstermTerminal) -> io::Result<()> {
    let size = terminal.size()?;
    terminal.resize(Rect::new(0, 0, size.width, size.height))
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter)
        && key.modifiers.contains(KeyModifiers::CONTROL)
        && key.kind == event::KeyEventKind::Press
}

/// What the system tells a process.
struct ProcessSignals {
    end: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    resumed: Arc<AtomicBool>,
}

impl ProcessSignals {
    fn register() -> io::Result<Self> {
        let signals = Self {
            end: Arc::default(),
            interrupted: Arc::default(),
            stop: Arc::default(),
            resumed: Arc::default(),
        };
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        for signal in [SIGINT, SIGTERM] {
            flag::register(signal, Arc::clone(&signals.interrupted))?;
        }
        flag::register(SIGTSTP, Arc::clone(&signals.stop))?;
        flag::register(SIGCONT, Arc::clone(&signals.resumed))?;
        Ok(signals)
    }
}

/// Waiting for input, and somebody who watches over it: where the terminal was closed,
/// crossterm reads its end for ever and never comes back.
struct InputWatchdog {
    /// The number of the wait that is under way; 0 for none.
    current: Arc<AtomicU32>,
    count: Cell<u32>,
}

impl InputWatchdog {
    /// How often a wait is looked at, and how many looks in a row it may last: much longer
    /// than any wait that is asked for. Looks are counted, not time, which goes on while a
    /// process is suspended.
    const LOOK: Duration = Duration::from_millis(500);
    const LOOKS: u32 = 4;

    fn watched() -> Self {
        let current = Arc::new(AtomicU32::new(0));
        let watched = Arc::clone(&current);
        thread::spawn(move || {
            let (mut seen, mut looks) = (0, 0);
            while looks < Self::LOOKS {
                thread::sleep(Self::LOOK);
                let now = watched.load(Ordering::Relaxed);
                looks = if now != 0 && now == seen {
                    looks + 1
                } else {
                    0
                };
                seen = now;
            }
            restore();
            process::exit(0);
        });
        Self {
            current,
            count: Cell::new(0),
        }
    }

    fn poll(&self, wait: Duration) -> io::Result<bool> {
        self.count.set(self.count.get().wrapping_add(1).max(1));
        self.current.store(self.count.get(), Ordering::Relaxed);
        let input = event::poll(wait);
        self.current.store(0, Ordering::Relaxed);
        input
    }
}

/// While it lives, the terminal is ours.
struct TerminalGuard {
    keys_report_release: bool,
}

impl TerminalGuard {
    fn enter() -> io::Result<Self> {
        OURS.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut guard = Self {
            keys_report_release: false,
        };
        guard.keys_report_release = terminal::supports_keyboard_enhancement().unwrap_or(false);
        guard.take_over()?;
        Ok(guard)
    }

    fn take_over(&self) -> io::Result<()> {
        OURS.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.keys_report_release {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_EVENT_TYPES;
            execute!(io::stdout(), PushKeyboardEnhancementFlags(flags))?;
        }
        Ok(())
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether the terminal is ours: it is given back once, however many ways lead there.
static OURS: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back, if it is ours. What cannot be undone on a terminal that is gone
/// does not matter.
fn restore() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut stdout = io::stdout();
    let _ = execute!(
        stdout,
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
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
        if !panics::is_guarded() {
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
struct LocalFiles;

impl FileSystem for LocalFiles {
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        files::read(path, limit)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        file::write(path, bytes)
    }
}
