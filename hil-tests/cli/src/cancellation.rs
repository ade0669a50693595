//! Ends what is running after an interrupt or at a deadline, so that the process can still report
//! what it ran.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use lockstep_hil::verdict::Ending;
use lockstep_images::process::Supervisor;

/// Whether a suite is to stop, and why.
pub(super) struct Cancellation {
    supervisor: Supervisor,
    deadline: Option<Instant>,
}

impl Cancellation {
    /// Cancels on an interrupt, and after `limit`.
    ///
    /// # Errors
    ///
    /// The system refuses the signal handler.
    pub(super) fn new(limit: Option<Duration>, report: &Report) -> Result<Self, Exit> {
        let supervisor = on_interrupt(report)?;
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        if let Some(deadline) = deadline {
            let stop = supervisor.interrupt_flag();
            thread::spawn(move || {
                thread::sleep(deadline.saturating_duration_since(Instant::now()));
                stop.store(true, Ordering::Relaxed);
            });
        }
        Ok(Self {
            supervisor,
            deadline,
        })
    }

    /// Runs programs, and ends them once the suite is to stop.
    pub(super) fn supervisor(&self) -> Supervisor {
        self.supervisor.clone()
    }

    /// Whether the suite is to stop.
    pub(super) fn is_requested(&self) -> bool {
        self.supervisor.is_interrupted()
    }

    /// How the suite ended, if it ends now.
    pub(super) fn ending(&self) -> Ending {
        let is_over = |deadline: Instant| Instant::now() >= deadline;
        match self.is_requested() {
            false => Ending::Complete,
            true if self.deadline.is_some_and(is_over) => Ending::TimedOut,
            true => Ending::Interrupted,
        }
    }
}

/// Runs programs, and ends them after an interrupt. A second interrupt kills them and ends the
/// process at once.
///
/// # Errors
///
/// The system refuses the signal handler.
pub(super) fn on_interrupt(report: &Report) -> Result<Supervisor, Exit> {
    register().map_err(|error| {
        let message = format!("cannot handle interrupts: {error}");
        report.print(&report.plain(&message, None));
        Exit::Infrastructure
    })
}

fn register() -> io::Result<Supervisor> {
    let flag = Arc::new(AtomicBool::new(false));
    let supervisor = Supervisor::new(Arc::clone(&flag));
    let of_handler = supervisor.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                if flag.swap(true, Ordering::Relaxed) {
                    of_handler.kill_all();
                    lockstep_isolation::exit_guard::disarm();
                    std::process::exit(Exit::Interrupted.code().into());
                }
            }
        })?;
    Ok(supervisor)
}
