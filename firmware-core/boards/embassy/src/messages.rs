//! What the firmware says with `log`, as logs of its app.

use core::cell::Cell;
use core::fmt::Write as _;

use critical_section::Mutex;
use lockstep_core::log::{Log, LogId};
use lockstep_embassy_ports::messages::{MessageFilter, MessageParts, Severity};

use crate::port_states;

/// Where messages go, and which.
static RECEIVER: Mutex<Cell<Option<(LogId, MessageFilter)>>> = Mutex::new(Cell::new(None));

struct Records;

impl log::Log for Records {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let Some((log, filter)) = critical_section::with(|cs| RECEIVER.borrow(cs).get()) else {
            return;
        };
        let severity = match record.level() {
            log::Level::Error => Severity::Error,
            log::Level::Warn => Severity::Warn,
            log::Level::Info => Severity::Info,
            log::Level::Debug => Severity::Debug,
            log::Level::Trace => Severity::Trace,
        };
        // `target` is the module, if the firmware says nothing else.
        if !filter.takes(severity, record.target()) {
            return;
        }
        let mut parts = MessageParts::new(|part| port_states::log(Log::text(log, part)));
        // It takes everything.
        let _ = write!(parts, "{severity} {}", record.args());
        parts.end();
    }

    fn flush(&self) {}
}

/// From now on, messages are logs of this kind.
pub(crate) fn receive(log: LogId, filter: MessageFilter) {
    critical_section::with(|cs| RECEIVER.borrow(cs).set(Some((log, filter))));
    let level = match filter.least() {
        Severity::Error => log::LevelFilter::Error,
        Severity::Warn => log::LevelFilter::Warn,
        Severity::Info => log::LevelFilter::Info,
        Severity::Debug => log::LevelFilter::Debug,
        Severity::Trace => log::LevelFilter::Trace,
    };
    // SAFETY: the main loop alone runs this and everything that says something: no other call of it, and
    // no message, is under way. It fails where the image has set a logger of its own, which wants them then.
    unsafe {
        let _ = log::set_logger_racy(&Records);
        log::set_max_level_racy(level);
    }
}
