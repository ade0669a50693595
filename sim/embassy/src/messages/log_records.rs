//! Messages of the crate `log`.

use super::{Severity, say};

struct Records;

impl log::Log for Records {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let severity = match record.level() {
            log::Level::Error => Severity::Error,
            log::Level::Warn => Severity::Warn,
            log::Level::Info => Severity::Info,
            log::Level::Debug => Severity::Debug,
            log::Level::Trace => Severity::Trace,
        };
        // `target` is the module, if the firmware says nothing else.
        say(severity, record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}

/// Takes the records that matter at least so much.
pub(super) fn receive(at_least: Severity) {
    // It fails where it is set already: by this crate in the same process, or by the program, which
    // wants them itself then.
    let _ = log::set_logger(&Records);
    log::set_max_level(match at_least {
        Severity::Error => log::LevelFilter::Error,
        Severity::Warn => log::LevelFilter::Warn,
        Severity::Info => log::LevelFilter::Info,
        Severity::Debug => log::LevelFilter::Debug,
        Severity::Trace => log::LevelFilter::Trace,
    });
}
