//! An interruption ends what is running; what ran is told before the process ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use sim::cli::exit::Exit;
use sim::cli::report::Report;

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
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first one finds the flag unset.
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}
