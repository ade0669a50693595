//! An interruption or a deadline ends what is running; what ran is told before the process ends.

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
pub(super) struct Cancel {
    supervisor: Supervisor,
    deadline: Option<Instant>,
}

impl Cancel {
    /// An interruption stops it, and so does the end of `limit`.
    ///
    /// # Errors
    ///
    /// That the system lets nobody listen: then the process ends.
    pub(super) fn new(limit: Option<Duration>, report: &Report) -> Result<Self, Exit> {
        let supervisor = listen(report)?;
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

    pub(super) fn is_wanted(&self) -> bool {
        self.supervisor.is_interrupted()
    }

    pub(super) fn ending(&self) -> Ending {
        let is_over = |deadline: Instant| Instant::now() >= deadline;
        match self.is_wanted() {
            false => Ending::Complete,
            true if self.deadline.is_some_and(is_over) => Ending::TimedOut,
            true => Ending::Interrupted,
        }
    }
}

/// Runs programs, and ends them once the process is interrupted. A second interruption kills them
/// and ends the process at once.
///
/// # Errors
///
/// That the system lets nobody listen: then the process ends.
pub(super) fn listen(report: &Report) -> Result<Supervisor, Exit> {
    register().map_err(|error| {
        let message = format!("cannot listen for an interruption: {error}");
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
                    std::process::exit(Exit::Interrupted.code().into());
                }
            }
        })?;
    Ok(supervisor)
}
