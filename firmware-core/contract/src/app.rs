//! The contract between an app and every world that runs it.
//!
//! An app is a plain state machine. Its world builds it, tells it what happens, and
//! looks at what it shows:
//!
//! ```
//! use lockstep_apps::toggle::Firmware;
//! use lockstep_core::app::App;
//! use lockstep_core::event::Event;
//!
//! let mut firmware = <Firmware as App>::new();
//! App::handle(&mut firmware, Event::Init(Ok(())), &mut |log| println!("{log:?}"));
//! App::handle(&mut firmware, Event::Tick, &mut |_| ());
//! println!("{:?}", firmware.outputs());
//! ```
//!
//! Because it has no clock, no globals and no heap, a world can copy it, compare it, set
//! it back, and play it a million times faster than life.

use core::fmt::Debug;
use core::hash::Hash;

use crate::event::Event;
use crate::output::{Level, Output};
use crate::time::Instant;

/// Firmware that any world can run.
///
/// What the types cannot enforce and every world relies on: the state changes only in
/// [`App::handle`], [`App::outputs`] depends on the state alone, and neither panics.
pub trait App: Clone + Eq + Hash + Debug {
    /// The names of everything the app has: the one list that panels, scenarios,
    /// waveforms and pin maps are derived from.
    const DESCRIPTOR: AppDescriptor;

    /// The levels of all outputs, in the order [`AppDescriptor::outputs`] declares them:
    /// `[Level; N]`, and no other type, so that the number of outputs cannot change.
    type Outputs: Levels;

    /// The app as it is after a reset, before its first event.
    fn new() -> Self;

    /// Takes one event, and says through `log` what happened.
    fn handle(&mut self, event: Event, log: &mut dyn FnMut(Log));

    /// What the app shows now.
    fn outputs(&self) -> Self::Outputs;

    /// The app as [`App::new`] makes it, but with its tick counter at `now`.
    ///
    /// Scenarios use it to come near the wrap of the counter without waiting 49 days.
    /// An app that keeps no counter, or lets nobody set it, leaves this as it is.
    #[must_use]
    fn starting_at(now: Instant) -> Option<Self> {
        let _ = now;
        None
    }
}

/// The levels of a fixed number of outputs: `[Level; N]`.
pub trait Levels: Copy + Debug + Eq + AsRef<[Level]> + sealed::Sealed {
    /// How many outputs there are.
    const COUNT: usize;
}

impl<const N: usize> Levels for [Level; N] {
    const COUNT: usize = N;
}

mod sealed {
    use crate::output::Level;

    pub trait Sealed {}

    impl<const N: usize> Sealed for [Level; N] {}
}

/// What an app has, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppDescriptor {
    /// The app's name: lower-case letters, digits and `-`, beginning with a letter.
    pub name: &'static str,
    /// The app's version.
    pub version: &'static str,
    /// What tells two builds of one version apart: a hash of the source, a revision.
    pub build: &'static str,
    /// The names of the buttons, by [`ButtonId`](crate::event::ButtonId): letters,
    /// digits and `-`, beginning with a letter. At most [`AppDescriptor::MAX_ITEMS`].
    pub buttons: &'static [&'static str],
    /// The outputs, in the order of [`App::outputs`]. At most [`AppDescriptor::MAX_ITEMS`].
    pub outputs: &'static [Output],
    /// The kinds of logs, by [`LogId`]. At most [`AppDescriptor::MAX_ITEMS`].
    pub logs: &'static [LogKind],
}

impl AppDescriptor {
    /// The most buttons, outputs and kinds of logs that an app can declare, of each.
    pub const MAX_ITEMS: usize = 64;

    /// The build of an app that does not say: taken to differ from any other.
    pub const UNKNOWN_BUILD: &'static str = "unknown";

    /// What tells this list from any other: two interfaces with the same fingerprint give
    /// every place the same meaning.
    ///
    /// Events and observations travel as places in these lists, so whoever reads them has
    /// to hold the same ones. FNV-1a, 64 bits, over names, ranges and words; not over
    /// version, build and colours.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = Fnv1a::new().text(self.name).list(self.buttons);
        hash = hash.number(self.outputs.len());
        let mut index = 0;
        while index < self.outputs.len() {
            let output = &self.outputs[index];
            hash = hash.text(output.name).number(output.range.max().0 as usize);
            index += 1;
        }
        hash = hash.number(self.logs.len());
        index = 0;
        while index < self.logs.len() {
            let log = &self.logs[index];
            hash = match log.values {
                LogValues::Words(words) => hash.text(log.name).list(words),
                LogValues::Number => hash.text(log.name).text("number"),
            };
            index += 1;
        }
        hash.0
    }

    /// An descriptor with nothing but a name and a version, to be filled in:
    ///
    /// ```
    /// use lockstep_core::app::AppDescriptor;
    /// use lockstep_core::output::Output;
    ///
    /// const DOORBELL: AppDescriptor = AppDescriptor {
    ///     buttons: &["bell"],
    ///     outputs: &[Output::digital("chime")],
    ///     ..AppDescriptor::named("doorbell", env!("CARGO_PKG_VERSION"))
    /// };
    /// ```
    #[must_use]
    pub const fn named(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            build: Self::UNKNOWN_BUILD,
            buttons: &[],
            outputs: &[],
            logs: &[],
        }
    }
}

/// FNV-1a, 64 bits: an identity, not a defence.
struct Fnv1a(u64);

impl Fnv1a {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    /// Its length comes first, so that no two lists of texts run into the same bytes.
    const fn text(self, text: &str) -> Self {
        let mut hash = self.number(text.len());
        let mut index = 0;
        while index < text.len() {
            hash = hash.byte(text.as_bytes()[index]);
            index += 1;
        }
        hash
    }

    /// Its 32 lowest bits, so that the hash is the same on a board and on a host.
    const fn number(self, number: usize) -> Self {
        let [a, b, c, d, ..] = (number as u64).to_le_bytes();
        self.byte(a).byte(b).byte(c).byte(d)
    }

    const fn list(self, texts: &[&str]) -> Self {
        let mut hash = self.number(texts.len());
        let mut index = 0;
        while index < texts.len() {
            hash = hash.text(texts[index]);
            index += 1;
        }
        hash
    }
}

/// A kind of log, by its place in [`AppDescriptor::logs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub struct LogId(pub u8);

/// One thing an app says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub struct Log {
    /// What kind of thing.
    pub id: LogId,
    /// Which of the kind's words, or its number.
    pub value: u16,
}

impl Log {
    /// A log of this kind with this value.
    #[must_use]
    pub const fn new(id: LogId, value: u16) -> Self {
        Self { id, value }
    }
}

/// A kind of log as its app declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogKind {
    /// Its name: lower-case letters, digits and `-`, beginning with a letter.
    pub name: &'static str,
    /// What its value means.
    pub values: LogValues,
}

impl LogKind {
    /// A kind whose values are words; [`Log::value`] is a place in `words`.
    #[must_use]
    pub const fn words(name: &'static str, words: &'static [&'static str]) -> Self {
        Self {
            name,
            values: LogValues::Words(words),
        }
    }

    /// A kind whose values are numbers.
    #[must_use]
    pub const fn number(name: &'static str) -> Self {
        Self {
            name,
            values: LogValues::Number,
        }
    }
}

/// What the value of a log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogValues {
    /// A place in this list of words, each of lower-case letters, digits and `-`.
    Words(&'static [&'static str]),
    /// Itself.
    Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: AppDescriptor = AppDescriptor {
        buttons: &["A", "B"],
        outputs: &[Output::digital("led"), Output::analog("lamp", 100)],
        logs: &[
            LogKind::words("power", &["off", "on"]),
            LogKind::number("level"),
        ],
        ..AppDescriptor::named("lamp", "1.0.0")
    };

    #[test]
    fn a_fingerprint_is_of_what_places_mean() {
        const OTHERS: [AppDescriptor; 6] = [
            AppDescriptor {
                name: "lamb",
                ..LAMP
            },
            AppDescriptor {
                buttons: &["B", "A"],
                ..LAMP
            },
            AppDescriptor {
                buttons: &["AB"],
                ..LAMP
            },
            AppDescriptor {
                outputs: &[Output::digital("led"), Output::analog("lamp", 99)],
                ..LAMP
            },
            AppDescriptor {
                logs: &[
                    LogKind::words("power", &["on", "off"]),
                    LogKind::number("level"),
                ],
                ..LAMP
            },
            AppDescriptor {
                logs: &[LogKind::number("power"), LogKind::number("level")],
                ..LAMP
            },
        ];
        for other in OTHERS {
            assert_ne!(other.fingerprint(), LAMP.fingerprint(), "{other:?}");
        }
        let rebuilt = AppDescriptor {
            version: "2.0.0",
            build: "1",
            ..LAMP
        };
        assert_eq!(rebuilt.fingerprint(), LAMP.fingerprint());
    }
}
