//! The contract between an app and every world that runs it.
//!
//! An app is a plain state machine. Its world builds it, tells it what happens, and
//! looks at what it shows:
//!
//! ```
//! use lockstep_core::app::App;
//! use lockstep_core::event::{BootCondition, Event};
//!
//! fn first_outputs<A: App>() -> A::Outputs {
//!     let mut app = A::new();
//!     app.handle(Event::Init(BootCondition::OK), &mut |_| ());
//!     app.handle(Event::Tick, &mut |_| ());
//!     app.outputs()
//! }
//! ```
//!
//! Any type can be one. What it can do beyond the trait makes more possible: one that is `Clone`
//! is set back by a copy instead of being played again, one that is `Debug` shows its state, and
//! one that says when it wakes next ([`App::next_wakeup`]) is played a million times faster than
//! life.

use core::fmt::Debug;

use crate::event::{BootCondition, Event};
use crate::fnv::Fnv1a;
use crate::output::{Level, Output};
use crate::time::{Instant, TickPeriod, Ticks};
use crate::wakeup::Wakeup;

/// Firmware that any world can run.
///
/// What the types cannot enforce and every world relies on: the state changes only in
/// [`App::handle`], [`App::outputs`] depends on the state alone, and neither panics.
pub trait App: Sized {
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

    /// When the app can change next by itself, if nobody touches anything.
    ///
    /// Until that tick neither outputs nor logs change, whatever the world does not do: the ticks
    /// before it are passed over, by [`App::pass`]. The app is asked after each event, and again
    /// where a stretch ended before its time. The pieces of this crate answer the same question,
    /// so that an app gives the earliest of their answers. One that does not say is ticked.
    fn next_wakeup(&self) -> Wakeup {
        Wakeup::NEXT_TICK
    }

    /// Lets so many ticks pass at once: fewer than [`App::next_wakeup`] just said.
    ///
    /// The app is afterwards as if it had taken [`Event::Tick`] as often. One that counts ticks
    /// adds them to its counter.
    fn pass(&mut self, ticks: Ticks) {
        for _ in 0..ticks.0 {
            self.handle(Event::Tick, &mut |_| ());
        }
    }

    /// The app with all its times counted from now: as if its tick counter had just been zero.
    ///
    /// Two apps that are equal so go on equally, whenever they came there, which is how a situation
    /// is recognised. The pieces of this crate are counted from now by a method of their own. An
    /// app that cannot say leaves this as it is.
    #[must_use]
    fn counted_from_now(self) -> Option<Self> {
        None
    }

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
pub trait Levels: Copy + Debug + Eq + AsRef<[Level]> + AsMut<[Level]> + sealed::Sealed {
    /// How many outputs there are.
    const COUNT: usize;
    /// All of them off.
    const OFF: Self;
}

impl<const N: usize> Levels for [Level; N] {
    const COUNT: usize = N;
    const OFF: Self = [Level::OFF; N];
}

mod sealed {
    use crate::output::Level;

    pub trait Sealed {}

    impl<const N: usize> Sealed for [Level; N] {}
}

/// What an app has, by name.
///
/// Built by a const builder, so that what is added to it later has a default:
///
/// ```
/// use lockstep_core::app::AppDescriptor;
/// use lockstep_core::output::Output;
///
/// const DOORBELL: AppDescriptor = AppDescriptor::new("doorbell", env!("CARGO_PKG_VERSION"))
///     .with_buttons(&["bell"])
///     .with_outputs(&[Output::digital("chime")]);
/// assert_eq!(DOORBELL.buttons(), ["bell"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppDescriptor {
    name: &'static str,
    version: &'static str,
    build: &'static str,
    tick: TickPeriod,
    buttons: &'static [&'static str],
    outputs: &'static [Output],
    logs: &'static [LogKind],
    boot_conditions: &'static [&'static str],
}

impl AppDescriptor {
    /// The most buttons, outputs and kinds of logs that an app can declare, of each.
    pub const MAX_ITEMS: usize = 64;

    /// The most boot conditions that an app can declare.
    pub const MAX_BOOT_CONDITIONS: usize = 16;

    /// The build of an app that does not say: taken to differ from any other.
    pub const UNKNOWN_BUILD: &'static str = "unknown";

    /// A descriptor with nothing but a name and a version.
    ///
    /// The name is of lower-case letters, digits and `-`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            build: Self::UNKNOWN_BUILD,
            tick: TickPeriod::MILLISECOND,
            buttons: &[],
            outputs: &[],
            logs: &[],
            boot_conditions: &[],
        }
    }

    /// With what tells two builds of one version apart: a hash of the source, a revision.
    #[must_use]
    pub const fn with_build(mut self, build: &'static str) -> Self {
        self.build = build;
        self
    }

    /// With ticks of this length, instead of [`TickPeriod::MILLISECOND`]. A board says which it can
    /// keep.
    #[must_use]
    pub const fn with_tick(mut self, tick: TickPeriod) -> Self {
        self.tick = tick;
        self
    }

    /// With buttons, by [`ButtonId`](crate::event::ButtonId): names of letters, digits and
    /// `-`, beginning with a letter. At most [`AppDescriptor::MAX_ITEMS`].
    #[must_use]
    pub const fn with_buttons(mut self, buttons: &'static [&'static str]) -> Self {
        self.buttons = buttons;
        self
    }

    /// With outputs, in the order of [`App::outputs`]. At most
    /// [`AppDescriptor::MAX_ITEMS`].
    #[must_use]
    pub const fn with_outputs(mut self, outputs: &'static [Output]) -> Self {
        self.outputs = outputs;
        self
    }

    /// With kinds of logs, by [`LogId`]. At most [`AppDescriptor::MAX_ITEMS`].
    #[must_use]
    pub const fn with_logs(mut self, logs: &'static [LogKind]) -> Self {
        self.logs = logs;
        self
    }

    /// With what can be wrong when the board comes up, by [`BootCondition`]: names of
    /// lower-case letters, digits and `-`, beginning with a letter, such as
    /// `clock-failed`. At most [`AppDescriptor::MAX_BOOT_CONDITIONS`].
    #[must_use]
    pub const fn with_boot_conditions(mut self, conditions: &'static [&'static str]) -> Self {
        self.boot_conditions = conditions;
        self
    }

    /// The app's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The app's version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// What tells two builds of one version apart.
    #[must_use]
    pub const fn build(&self) -> &'static str {
        self.build
    }

    /// How long a tick is.
    #[must_use]
    pub const fn tick(&self) -> TickPeriod {
        self.tick
    }

    /// The names of the buttons, by [`ButtonId`](crate::event::ButtonId).
    #[must_use]
    pub const fn buttons(&self) -> &'static [&'static str] {
        self.buttons
    }

    /// The outputs, in the order of [`App::outputs`].
    #[must_use]
    pub const fn outputs(&self) -> &'static [Output] {
        self.outputs
    }

    /// The kinds of logs, by [`LogId`].
    #[must_use]
    pub const fn logs(&self) -> &'static [LogKind] {
        self.logs
    }

    /// The names of what can be wrong when the board comes up.
    #[must_use]
    pub const fn boot_conditions(&self) -> &'static [&'static str] {
        self.boot_conditions
    }

    /// The name of a condition: [`BootCondition::OK_NAME`], or one that the app declares.
    #[must_use]
    pub fn boot_condition_name(&self, condition: BootCondition) -> Option<&'static str> {
        match condition {
            BootCondition::OK => Some(BootCondition::OK_NAME),
            BootCondition(number) => self.boot_conditions.get(usize::from(number) - 1).copied(),
        }
    }

    /// The condition of this name.
    #[must_use]
    pub fn boot_condition(&self, name: &str) -> Option<BootCondition> {
        let mut declared = (1..).map(BootCondition).zip(self.boot_conditions);
        if name == BootCondition::OK_NAME {
            return Some(BootCondition::OK);
        }
        declared.find_map(|(condition, known)| (*known == name).then_some(condition))
    }

    /// What tells this list from any other: two descriptors with the same fingerprint give
    /// every place the same meaning.
    ///
    /// Events and observations travel as places in these lists, so whoever reads them has
    /// to hold the same ones. FNV-1a, 64 bits, over names, ranges, words and the tick; not over
    /// version and build.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = Fnv1a::new().text(self.name).list(self.buttons);
        hash = hash.number(self.outputs.len());
        let mut index = 0;
        while index < self.outputs.len() {
            let output = &self.outputs[index];
            hash = hash
                .text(output.name())
                .number(output.range().max().0 as usize);
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
        hash = hash.list(self.boot_conditions);
        // An app that says nothing has the fingerprint that it had before ticks could be declared.
        if self.tick.as_us() != TickPeriod::MILLISECOND.as_us() {
            hash = hash.text("tick").number(self.tick.as_us() as usize);
        }
        hash.finish()
    }
}

/// A kind of log, by its place in [`AppDescriptor::logs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogId(pub u8);

/// One thing an app says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    name: &'static str,
    values: LogValues,
}

impl LogKind {
    /// Its name: lower-case letters, digits and `-`, beginning with a letter.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What its value means.
    #[must_use]
    pub const fn values(&self) -> LogValues {
        self.values
    }

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

    const LAMP: AppDescriptor = AppDescriptor::new("lamp", "1.0.0")
        .with_buttons(&["A", "B"])
        .with_outputs(&[Output::digital("led"), Output::analog("lamp", 100)])
        .with_logs(&[
            LogKind::words("power", &["off", "on"]),
            LogKind::number("level"),
        ])
        .with_boot_conditions(&["clock-failed"]);

    #[test]
    fn a_fingerprint_is_of_what_places_mean() {
        const OTHERS: [AppDescriptor; 7] = [
            AppDescriptor {
                name: "lamb",
                ..LAMP
            },
            LAMP.with_buttons(&["B", "A"]),
            LAMP.with_buttons(&["AB"]),
            LAMP.with_outputs(&[Output::digital("led"), Output::analog("lamp", 99)]),
            LAMP.with_logs(&[
                LogKind::words("power", &["on", "off"]),
                LogKind::number("level"),
            ]),
            LAMP.with_logs(&[LogKind::number("power"), LogKind::number("level")]),
            LAMP.with_boot_conditions(&["uart-missing"]),
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

    #[test]
    fn a_boot_condition_has_one_name() {
        for (number, name) in [(0, "ok"), (1, "clock-failed")] {
            let condition = BootCondition(number);
            assert_eq!(LAMP.boot_condition_name(condition), Some(name));
            assert_eq!(LAMP.boot_condition(name), Some(condition));
        }
        assert_eq!(LAMP.boot_condition_name(BootCondition(2)), None);
        assert_eq!(LAMP.boot_condition("uart-missing"), None);
    }
}
