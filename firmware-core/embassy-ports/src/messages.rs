//! Which of the messages of a firmware become logs, and how.

use core::fmt;

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
/// use lockstep_embassy_ports::messages::{MessageFilter, Severity};
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

    /// How much the least of them matters.
    #[must_use]
    pub const fn least(&self) -> Severity {
        self.at_least
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

/// The most bytes of a log that is a text.
const MAX_TEXT: usize = 64;

/// What the second and later parts of a message begin with.
const GOES_ON: &str = "+ ";

/// Takes a message piece by piece, and says it as texts that are short enough: nothing of it is lost.
///
/// ```
/// use std::fmt::Write as _;
///
/// use lockstep_embassy_ports::messages::{MessageParts, Severity};
///
/// let mut said = Vec::new();
/// let mut parts = MessageParts::new(|text| said.push(text.to_owned()));
/// write!(parts, "{} {}", Severity::Info, "x".repeat(60))?;
/// parts.end();
/// assert_eq!(said, [format!("info {}", "x".repeat(59)), "+ x".to_owned()]);
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Debug)]
pub struct MessageParts<S> {
    say: S,
    part: [u8; MAX_TEXT],
    length: usize,
}

impl<S: FnMut(&str)> MessageParts<S> {
    /// A message that `say` is told of, part by part.
    pub const fn new(say: S) -> Self {
        Self {
            say,
            part: [0; MAX_TEXT],
            length: 0,
        }
    }

    /// The message is over: says what is left of it.
    pub fn end(mut self) {
        self.say();
    }

    fn say(&mut self) {
        // Whole characters alone are put into it.
        let part = self.part.get(..self.length).unwrap_or(&self.part);
        (self.say)(str::from_utf8(part).unwrap_or_default());
        self.length = 0;
    }

    fn push(&mut self, text: &str) {
        for (place, byte) in self.part[self.length..].iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        self.length += text.len();
    }
}

impl<S: FnMut(&str)> fmt::Write for MessageParts<S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let mut bytes = [0; 4];
            let text = character.encode_utf8(&mut bytes);
            if self.length + text.len() > MAX_TEXT {
                self.say();
                self.push(GOES_ON);
            }
            self.push(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;
    use std::borrow::ToOwned as _;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn parts(message: &str) -> Vec<String> {
        let mut said = Vec::new();
        let mut parts = MessageParts::new(|part| said.push(part.to_owned()));
        parts.write_str(message).unwrap();
        parts.end();
        said
    }

    #[test]
    fn a_long_message_is_said_in_parts() {
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("info up"), ["info up"]);
        assert_eq!(parts(&"x".repeat(64)).len(), 1);
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
