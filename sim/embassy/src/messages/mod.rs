//! What the firmware says with `log` or `defmt`, as logs of its app.

#[cfg(feature = "defmt")]
mod defmt_frames;
#[cfg(feature = "log")]
mod log_records;

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use lockstep_core::app::{Log, LogId};

use crate::ports::World;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Of no use but to follow each step.
    Trace,
    /// Of use to find a fault.
    Debug,
    /// What happens.
    Info,
    /// What should not happen.
    Warn,
    /// What must not happen.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// Which messages become logs.
///
/// ```
/// use lockstep_embassy::{MessageFilter, Severity};
///
/// let filter = MessageFilter::at_least(Severity::Info).of(&["stairs_firmware"]);
/// assert!(filter.takes(Severity::Warn, "stairs_firmware::button"));
/// assert!(!filter.takes(Severity::Debug, "stairs_firmware::button"));
/// assert!(!filter.takes(Severity::Warn, "embassy_time"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageFilter {
    at_least: Severity,
    modules: &'static [&'static str],
}

impl MessageFilter {
    /// Those that matter at least so much, of every module.
    #[must_use]
    pub const fn at_least(severity: Severity) -> Self {
        Self {
            at_least: severity,
            modules: &[],
        }
    }

    /// Only those of these modules, and of the modules in them. Of `defmt` only the crate is known.
    #[must_use]
    pub const fn of(self, modules: &'static [&'static str]) -> Self {
        Self { modules, ..self }
    }

    /// Whether a message becomes a log.
    #[must_use]
    pub fn takes(&self, severity: Severity, module: &str) -> bool {
        let is_in = |outer: &&str| {
            let inner = module.strip_prefix(*outer);
            inner.is_some_and(|inner| inner.is_empty() || inner.starts_with("::"))
        };
        severity >= self.at_least && (self.modules.is_empty() || self.modules.iter().any(is_in))
    }
}

/// Where messages go.
struct Receiver {
    world: Weak<World>,
    log: LogId,
    filter: MessageFilter,
}

thread_local! {
    static RECEIVER: RefCell<Option<Receiver>> = const { RefCell::new(None) };
}

/// From now on, messages are logs of this kind.
pub(crate) fn receive(world: &Rc<World>, log: LogId, filter: MessageFilter) {
    RECEIVER.set(Some(Receiver {
        world: Rc::downgrade(world),
        log,
        filter,
    }));
    #[cfg(feature = "log")]
    log_records::receive(filter.at_least);
}

/// The most bytes of a log that is a text.
const MAX_TEXT: usize = 64;

/// What the second and later parts of a message begin with.
const GOES_ON: &str = "+ ";

#[cfg_attr(
    not(any(feature = "log", feature = "defmt")),
    allow(dead_code, reason = "without either there are no messages")
)]
fn say(severity: Severity, module: &str, text: &str) {
    RECEIVER.with_borrow(|receiver| {
        let receiver = receiver.as_ref();
        let Some(receiver) = receiver.filter(|it| it.filter.takes(severity, module)) else {
            return;
        };
        let Some(world) = receiver.world.upgrade() else {
            return;
        };
        for part in parts(&format!("{severity} {text}")) {
            world.log(Log::text(receiver.log, &part));
        }
    });
}

/// A message as texts that are short enough: nothing of it is lost.
fn parts(message: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut rest, mut begins) = (message, "");
    loop {
        let most = MAX_TEXT - begins.len();
        let end = (0..=most.min(rest.len())).rev();
        let end = end.into_iter().find(|end| rest.is_char_boundary(*end));
        let (part, later) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(format!("{begins}{part}"));
        (rest, begins) = (later, GOES_ON);
        if rest.is_empty() {
            return parts;
        }
    }
}

/// Reads what `defmt` needs to know of this program, which every run would do by itself: to be called
/// at the start of `main`.
#[cfg(feature = "defmt")]
pub fn prepare_defmt() {
    defmt_frames::prepare();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_said_in_parts() {
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("info up"), ["info up"]);
        let long = "ä".repeat(100);
        let parts = parts(&long);
        assert_eq!(parts.len(), 4);
        assert!(parts.iter().all(|part| part.len() <= MAX_TEXT));
        let whole: String = parts
            .iter()
            .map(|part| part.trim_start_matches(GOES_ON))
            .collect();
        assert_eq!(whole, long);
    }

    #[test]
    fn a_filter_takes_modules_and_what_is_in_them() {
        let all = MessageFilter::at_least(Severity::Trace);
        assert!(all.takes(Severity::Trace, "anything"));
        let some = all.of(&["light", "stairs::bell"]);
        assert!(some.takes(Severity::Trace, "light::dim"));
        assert!(some.takes(Severity::Trace, "stairs::bell"));
        assert!(!some.takes(Severity::Error, "lighter"));
        assert!(!some.takes(Severity::Error, "stairs"));
    }
}
