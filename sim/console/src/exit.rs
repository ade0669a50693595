//! What the process says when it ends.

use std::io::Write;
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::file;

/// The verdict of a command, by severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All held.
    Held,
    /// An expectation or a comparison failed.
    Failed,
    /// Usage or bad input.
    BadInput,
    /// What the command needs is missing or broke: nothing was judged.
    Infrastructure,
    /// The time for it was over.
    TimedOut,
    /// The process was asked to end.
    Interrupted,
}

const TIMED_OUT: u8 = 42;
const INTERRUPTED: u8 = 130;

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::Infrastructure => 3,
            Self::TimedOut => TIMED_OUT,
            Self::Interrupted => INTERRUPTED,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Ends the process with its own exit code when it is interrupted.
///
/// A file that is being written is written first. Where the handler cannot be set up, the
/// signal ends the process all the same.
pub fn on_interrupt() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    thread::spawn(move || {
        for _ in signals.forever() {
            let first = FIRST_TIME.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(act) = { first }.take() {
                act();
                continue;
            }
            say("interrupted");
            end(INTERRUPTED.into());
        }
    });
}

/// What the first interrupt does instead of ending the process.
static FIRST_TIME: Mutex<Option<fn()>> = Mutex::new(None);

/// Does this at the first interrupt instead of ending the process, so that what is under way can come
/// to its end; the second one ends it.
pub fn at_first_interrupt(act: fn()) {
    let mut first = FIRST_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    *first = Some(act);
}

/// Says it if anybody listens: the process ends whether or not standard error takes it.
fn say(message: &str) {
    let _ = writeln!(anstream::stderr(), "{message}");
}

/// What is done before an interrupt or a time limit ends the process.
static BEFORE_END: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Does this too before an interrupt or a time limit ends the process.
pub fn before_end(act: fn()) {
    let mut acts = BEFORE_END.lock().unwrap_or_else(PoisonError::into_inner);
    acts.push(act);
}

/// Ends the process, but leaves no file half written behind.
fn end(code: i32) -> ! {
    let acts = BEFORE_END.lock().unwrap_or_else(PoisonError::into_inner);
    for act in acts.iter() {
        act();
    }
    file::stop_writing();
    process::exit(code)
}

/// While it lives, the process has this long before it ends with its own exit code.
pub struct Deadline {
    _alive: Option<mpsc::Sender<()>>,
}

impl Deadline {
    /// Starts the clock; without a limit there is none.
    pub fn after(limit: Option<Duration>) -> Self {
        let alive = limit.map(|limit| {
            let (alive, watched) = mpsc::channel::<()>();
            thread::spawn(move || {
                if watched.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    say(&format!("timed out after {} s", limit.as_secs_f64()));
                    end(TIMED_OUT.into());
                }
            });
            alive
        });
        Self { _alive: alive }
    }
}
