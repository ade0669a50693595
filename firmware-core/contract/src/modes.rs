//! Modes: which variants of its enums an app is in, for questions that are asked of it.
//!
//! A simulator asks what of an app nothing reaches, and draws its states. What an app declares in its
//! [`AppDescriptor`] is what it shows and says; an enum of its state may be neither. [`Modes`] names
//! them, and [`WithModes`] is the same app that also says each change of them, as a log with the
//! name of the mode and the word of the variant. Only questions play it: traces and boards have the
//! app as it is.
//!
//! ```
//! use lockstep_core::app::{App, AppDescriptor, Sink};
//! use lockstep_core::event::Event;
//! use lockstep_core::modes::{Mode, Modes, WithModes};
//!
//! #[derive(Default)]
//! enum Door {
//!     #[default]
//!     Closed,
//!     Open,
//! }
//!
//! impl App for Door {
//!     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("door", "1.0.0").with_buttons(&["push"]);
//!     type Outputs = [lockstep_core::output::Level; 0];
//!
//!     fn new() -> Self {
//!         Self::default()
//!     }
//!     fn handle(&mut self, event: Event, _: &mut dyn Sink) {
//!         if let Event::Press(_) = event {
//!             *self = Door::Open;
//!         }
//!     }
//!     fn outputs(&self) -> Self::Outputs {
//!         []
//!     }
//! }
//!
//! impl Modes for Door {
//!     const MODES: &'static [Mode] = &[Mode::new("leaf", &["closed", "open"])];
//!
//!     fn variant(&self, _mode: usize) -> usize {
//!         match self {
//!             Door::Closed => 0,
//!             Door::Open => 1,
//!         }
//!     }
//! }
//!
//! assert_eq!(WithModes::<Door>::DESCRIPTOR.logs()[0].name(), "leaf");
//! ```

use crate::app::{App, AppDescriptor, Sink};
use crate::event::Event;
use crate::log::{Log, LogId, LogKind};
use crate::time::{Instant, Ticks};
use crate::wakeup::Wakeup;

/// An app that says which variants of its enums it is in.
pub trait Modes: App {
    /// Its modes: at most [`MAX_MODES`], and with its logs at most [`AppDescriptor::MAX_LOGS`]. None
    /// has the name of a log or an output.
    const MODES: &'static [Mode];

    /// The variant in which the mode at this place of [`Modes::MODES`] is, by its place among the
    /// variants; `sim reach --dead` fails where it is not one of them. It changes only in
    /// [`App::handle`], as outputs do.
    fn variant(&self, mode: usize) -> usize;
}

/// The most modes of an app.
pub const MAX_MODES: usize = 8;

/// An enum of an app's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    name: &'static str,
    variants: &'static [&'static str],
}

impl Mode {
    /// A mode with this name and these variants: lower-case letters, digits, `-` and `_`, the name
    /// beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, variants: &'static [&'static str]) -> Self {
        Self { name, variants }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its variants.
    #[must_use]
    pub const fn variants(&self) -> &'static [&'static str] {
        self.variants
    }
}

/// An app that also says its modes, as logs: all of them when it comes up, and each that changed
/// after an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WithModes<A> {
    app: A,
    /// The variants that were said last, by the places of the modes.
    said: [usize; MAX_MODES],
}

impl<A: Modes> WithModes<A> {
    const LOGS: &'static [LogKind; AppDescriptor::MAX_LOGS] = &{
        let (logs, modes) = (A::DESCRIPTOR.logs(), A::MODES);
        assert!(modes.len() <= MAX_MODES, "an app has at most 8 modes");
        assert!(
            logs.len() + modes.len() <= AppDescriptor::MAX_LOGS,
            "an app has at most 64 logs and modes"
        );
        let mut all = [LogKind::number(""); AppDescriptor::MAX_LOGS];
        let mut at = 0;
        while at < logs.len() {
            all[at] = logs[at];
            at += 1;
        }
        while at < logs.len() + modes.len() {
            let mode = modes[at - logs.len()];
            all[at] = LogKind::words(mode.name, mode.variants);
            at += 1;
        }
        all
    };

    fn of(app: A) -> Self {
        let mut said = [0; MAX_MODES];
        for (mode, said) in said.iter_mut().enumerate().take(A::MODES.len()) {
            *said = app.variant(mode);
        }
        Self { app, said }
    }

    /// Says the modes that are others than what was said, or all of them.
    fn say(&mut self, is_all: bool, out: &mut dyn Sink) {
        let first = A::DESCRIPTOR.logs().len();
        for (mode, said) in self.said.iter_mut().enumerate().take(A::MODES.len()) {
            let variant = self.app.variant(mode);
            if core::mem::replace(said, variant) == variant && !is_all {
                continue;
            }
            // The places of logs are bytes, of which there are enough for all.
            let id = u8::try_from(first + mode).unwrap_or(u8::MAX);
            let word = i32::try_from(variant).unwrap_or(i32::MAX);
            out.log(Log::new(LogId(id), word));
        }
    }
}

impl<A: Modes> App for WithModes<A> {
    const DESCRIPTOR: AppDescriptor = A::DESCRIPTOR.with_logs(
        Self::LOGS
            .split_at(A::DESCRIPTOR.logs().len() + A::MODES.len())
            .0,
    );

    type Outputs = A::Outputs;

    fn new() -> Self {
        Self::of(A::new())
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        self.app.handle(event, out);
        self.say(matches!(event, Event::Init(_)), out);
    }

    fn outputs(&self) -> A::Outputs {
        self.app.outputs()
    }

    fn next_wakeup(&self) -> Wakeup {
        self.app.next_wakeup()
    }

    fn pass(&mut self, ticks: Ticks) {
        self.app.pass(ticks);
    }

    fn counted_from_now(self) -> Option<Self> {
        let said = self.said;
        let app = self.app.counted_from_now()?;
        Some(Self { app, said })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        A::starting_at(now).map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{BootCondition, ButtonId};
    use crate::output::Level;

    /// Counts presses up to two.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Counter(usize);

    impl App for Counter {
        const DESCRIPTOR: AppDescriptor = AppDescriptor::new("counter", "1.0.0")
            .with_buttons(&["A"])
            .with_logs(&[LogKind::number("presses")]);
        type Outputs = [Level; 0];

        fn new() -> Self {
            Self(0)
        }

        fn handle(&mut self, event: Event, out: &mut dyn Sink) {
            if let Event::Press(_) = event {
                self.0 = (self.0 + 1).min(2);
                out.log(Log::new(LogId(0), 1));
            }
        }

        fn outputs(&self) -> [Level; 0] {
            []
        }
    }

    impl Modes for Counter {
        const MODES: &'static [Mode] = &[
            Mode::new("count", &["none", "one", "more"]),
            Mode::new("parity", &["even", "odd"]),
        ];

        fn variant(&self, mode: usize) -> usize {
            match mode {
                0 => self.0,
                _ => self.0 % 2,
            }
        }
    }

    #[derive(Default)]
    struct Said([Option<(u8, Log)>; 8], usize);

    impl Sink for Said {
        fn log(&mut self, log: Log) {
            self.0[self.1] = Some((log.id.0, log));
            self.1 += 1;
        }

        fn send(&mut self, _: crate::event::SerialId, _: &[u8]) {}
    }

    fn said(app: &mut WithModes<Counter>, event: Event) -> [Option<(u8, i32)>; 3] {
        let mut out = Said::default();
        app.handle(event, &mut out);
        let mut all = [None; 3];
        for (to, (id, log)) in all.iter_mut().zip(out.0.iter().flatten()) {
            let crate::log::LogValue::Number(word) = log.value else {
                continue;
            };
            *to = Some((*id, word));
        }
        all
    }

    #[test]
    fn modes_are_said_when_it_comes_up_and_where_they_change_after_what_the_app_says() {
        let mut app = WithModes::<Counter>::new();
        let press = Event::Press(ButtonId(0));
        let init = Event::Init(BootCondition::OK);
        assert_eq!(said(&mut app, init), [Some((1, 0)), Some((2, 0)), None]);
        let first = [Some((0, 1)), Some((1, 1)), Some((2, 1))];
        assert_eq!(said(&mut app, press), first);
        assert_eq!(
            said(&mut app, press),
            [Some((0, 1)), Some((1, 2)), Some((2, 0))]
        );
        // It is two for ever.
        assert_eq!(said(&mut app, press), [Some((0, 1)), None, None]);
        assert_eq!(said(&mut app, Event::Tick), [None; 3]);
    }

    #[test]
    fn its_descriptor_has_logs_first_and_then_modes() {
        let names = WithModes::<Counter>::DESCRIPTOR.logs();
        assert_eq!(names.len(), 3);
        assert_eq!(names[0], LogKind::number("presses"));
        assert_eq!(names[1], LogKind::words("count", &["none", "one", "more"]));
        assert_eq!(names[2].name(), "parity");
    }
}
