//! An interruption ends what is running; what ran is told before the process ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use sim::cli::exit::Exit;
use sim::cli::report::Report;

use crate::process;

/// Becomes true once somebody interrupts. Whoever does so twice ends the process at once.
///
/// # Errors
///
/// That the system lets nobody listen: then the process ends.
pub(super) fn listen(report: &Report) -> Result<Arc<AtomicBool>, Exit> {
    register().map_err(|error| {
        let message = format!("cannot listen for an interruption: {error}");
        report.print(&report.plain(&message, None));
        Exit::Infrastructure
    })
}

fn register() -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                if flag.swap(true, Ordering::Relaxed) {
                    process::kill_all();
                    std::process::exit(Exit::Interrupted.code().into());
                }
            }
        })?;
    Ok(interrupted)
}
