//! The simulator on the real terminal: input, time and frames.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::force_color_output;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::tcgetattr;
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level;

use super::ExitReason;
use super::file_system::LocalFiles;
use super::late_reply::LateReplyFilter;
use super::process_hooks::{ProcessHooks, SignalFlags};
use super::signal_memory::SignalMemory;
use super::terminal_modes::TerminalGuard;
use super::ui_state::UiState;
use super::view::{self, ScreenLayout};
use lockstep_engine::load::LoadOptions;

/// How long a frame lasts while the run plays.
const FRAME: Duration = Duration::from_millis(33);

/// How long to wait for input at most: signals and the end of messages are noticed then.
const IDLE: Duration = Duration::from_millis(250);

/// The most real time that one frame plays: after a suspension, the run goes on from where
/// it was.
const LONGEST_FRAME: Duration = Duration::from_millis(250);

/// After so long without an answer, what was typed meanwhile is not meant any more.
const STALE: Duration = Duration::from_secs(1);

/// How long crossterm may wait for input that is already there. It reads nothing at zero.
const READ: Duration = Duration::from_millis(1);

/// Whether standard input and output are a terminal.
pub(super) fn is_available() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether the terminal is still there: its modes can be read.
fn is_open() -> bool {
    tcgetattr(io::stdin()).is_ok()
}

/// Runs the UI until it is quit, the terminal is closed or the process is asked to end.
pub(super) fn run(ui: &mut UiState, hooks: &ProcessHooks) -> io::Result<ExitReason> {
    // Decided by whoever called: crossterm would look at `NO_COLOR` by itself.
    force_color_output(true);
    let guard = hooks.modes.enter()?;
    ui.keys_report_release = guard.keys_report_release;
    let mut screen = Terminal::new(CrosstermBackend::new(TerminalOutput(io::stdout())))?;
    let ended = event_loop(ui, &mut screen, &hooks.signals, &guard);
    drop(guard);
    match ended {
        // Closing the terminal ends the simulator as quitting does.
        Err(error) if is_open() => Err(error),
        _ if hooks.signals.is_interrupted() => Ok(ExitReason::Interrupted),
        _ => Ok(ExitReason::Quit),
    }
}

/// Opens a file of this machine.
pub(super) fn open(ui: &mut UiState, file: &Path, options: &LoadOptions<'_>) {
    ui.open(file, options, &LocalFiles);
}

type CrosstermTerminal = Terminal<CrosstermBackend<TerminalOutput>>;

/// Standard output, or nothing once the terminal is closed: [`wait_for_input`] notices that,
/// and ratatui would print about a cursor that it cannot show, on a closed standard error.
struct TerminalOutput(io::Stdout);

impl Write for TerminalOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .write(bytes)
            .or_else(|error| if_open(error, bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().or_else(|error| if_open(error, ()))
    }
}

/// The error where the terminal is open, else what would have been returned without it.
fn if_open<T>(error: io::Error, without: T) -> io::Result<T> {
    if is_open() { Err(error) } else { Ok(without) }
}

fn event_loop(
    ui: &mut UiState,
    terminal: &mut CrosstermTerminal,
    signals: &SignalFlags,
    guard: &TerminalGuard<'_>,
) -> io::Result<()> {
    let mut last = Instant::now();
    let mut dirty = true;
    let mut late_reply = LateReplyFilter::default();
    let mut memory = SignalMemory::of_user();
    // Every other frame is skipped while only the time changes: half the work.
    let (mut drawn, mut skipped) = (0, false);
    while !ui.quit && !signals.is_end_requested() {
        memory.follow(ui);
        if dirty {
            let size = terminal.size()?;
            ui.fit(Rect::new(0, 0, size.width, size.height));
            terminal.draw(|frame| view::draw(ui, frame))?;
            (drawn, skipped) = (ui.trace().entries().len(), false);
        }
        let wait = if ui.playing {
            FRAME
        } else {
            ui.next_change().unwrap_or(IDLE).min(IDLE)
        };
        let mut input = wait_for_input(wait.saturating_sub(last.elapsed()))?;
        dirty = input;
        while input && !ui.quit {
            let event = event::read()?;
            let started = Instant::now();
            if !late_reply.drops(&event) {
                handle_event(ui, terminal, signals, &event)?;
            }
            for event in kept_of_stale_input(started.elapsed())? {
                handle_event(ui, terminal, signals, &event)?;
            }
            input = event::poll(READ)?;
        }
        if signals.take_suspend() {
            guard.leave();
            low_level::emulate_default_handler(SIGTSTP)?;
        }
        if signals.take_resumed() {
            // The shell may have changed the modes in the meantime.
            guard.leave();
            guard.reenter()?;
            redraw(terminal)?;
            dirty = true;
        }
        let elapsed = last.elapsed().min(LONGEST_FRAME);
        last = Instant::now();
        dirty |= ui.next_change().is_some_and(|change| change <= elapsed);
        let was_playing = ui.playing;
        let ticks = ui.advance_clock(elapsed);
        ui.record_play_time(ticks, elapsed, last.elapsed());
        for event in kept_of_stale_input(last.elapsed())? {
            handle_event(ui, terminal, signals, &event)?;
        }
        if was_playing && !dirty {
            let happened = !ui.at_end() || ui.trace().entries().len() != drawn;
            dirty = skipped || happened || !ui.playing;
            skipped = !dirty;
        }
    }
    Ok(())
}

/// What counts of the input that came while nothing was answered for too long. Keys were meant for
/// the screen of then, and would hide what the app did meanwhile; all but those that interrupt go.
fn kept_of_stale_input(unanswered: Duration) -> io::Result<Vec<Event>> {
    let mut kept = Vec::new();
    if unanswered > STALE {
        while event::poll(READ)? {
            let event = event::read()?;
            let is_key = |key: &KeyEvent| {
                !key.modifiers.contains(KeyModifiers::CONTROL) || key.code != KeyCode::Char('c')
            };
            match &event {
                Event::Key(key) if is_key(key) => {}
                Event::Mouse(_) | Event::Paste(_) => {}
                _ => kept.push(event),
            }
        }
    }
    Ok(kept)
}

/// Waits until there is an event to read, at most this long.
///
/// The wait is not left to crossterm, which keeps reading at the end of input: a closed
/// terminal would keep a core busy.
fn wait_for_input(wait: Duration) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = Timespec::try_from(wait).ok();
    match poll(&mut fds, timeout.as_ref()) {
        // The next frame is drawn in the size of the terminal in any case, and crossterm would keep
        // a core busy while it waits.
        Ok(0) if wait <= FRAME => return Ok(false),
        // A signal: of a resize, crossterm makes an event.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    event::poll(READ)
}

fn handle_event(
    ui: &mut UiState,
    terminal: &mut CrosstermTerminal,
    signals: &SignalFlags,
    event: &Event,
) -> io::Result<()> {
    match event {
        Event::Key(key) if is_control(*key, 'z') => signals.request_suspend(),
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
        && key.kind == KeyEventKind::Press
}
