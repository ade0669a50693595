//! An app with one wrong decision: it does as it should, until something rare happens.

use lockstep_core::app::{App, AppDescriptor, Log, LogId, Sink};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::output::Level;
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::wakeup::Wakeup;
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::AppEntry;

/// When it does otherwise. Times are from the first number of ticks to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum When {
    /// When the button is released and was held for so long.
    Released(u8, u32, u32),
    /// When the second button is pressed and the first one was held for so long.
    Chord(u8, u8, u32, u32),
    /// When the number input goes from the first to the second.
    Jump(i32, i32),
}

/// What it does otherwise, for [`LASTS`] where it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    /// The output is this.
    Shows(u8, i32),
    /// The output stays as it is.
    Stays(u8),
    /// This is said, once.
    Says(u8, i32),
    /// It panics.
    Panics,
}

/// How long a wrong output lasts.
const LASTS: u32 = 700;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bug {
    pub(crate) when: When,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Planted<A> {
    app: A,
    bug: Bug,
    /// How long the button that counts has been held.
    held_for: Option<u32>,
    number: i32,
    /// How long it still does otherwise.
    left: u32,
    stays_at: Option<i32>,
}

/// Beyond this it does not matter how long a button is held.
const LONG: u32 = 10_000;

impl<A: App> Planted<A> {
    fn happens(&mut self, out: &mut dyn Sink) {
        match self.bug.what {
            What::Shows(..) => self.left = LASTS,
            What::Stays(output) => {
                self.left = LASTS;
                let levels = self.app.outputs();
                self.stays_at = levels.as_ref().get(usize::from(output)).map(|it| it.0);
            }
            What::Says(log, value) => out.log(Log::new(LogId(log), value)),
            What::Panics => panic!("planted"),
        }
    }

    fn look(&mut self, event: Event, out: &mut dyn Sink) {
        let held = match self.bug.when {
            When::Released(button, ..) | When::Chord(button, ..) => Some(button),
            When::Jump(..) => None,
        };
        let was_held = |from, to| self.held_for.is_some_and(|it| (from..to).contains(&it));
        let is_it = match (self.bug.when, event) {
            (When::Released(button, from, to), Event::Release(ButtonId(moved)))
            | (When::Chord(_, button, from, to), Event::Press(ButtonId(moved))) => {
                button == moved && was_held(from, to)
            }
            (When::Jump(from, to), Event::Number(_, number)) => (self.number, number) == (from, to),
            _ => false,
        };
        match event {
            Event::Press(ButtonId(moved)) if held == Some(moved) => self.held_for = Some(0),
            Event::Release(ButtonId(moved)) if held == Some(moved) => self.held_for = None,
            Event::Number(_, number) => self.number = number,
            Event::Tick => self.age(1),
            _ => {}
        }
        if is_it {
            self.happens(out);
        }
    }

    fn age(&mut self, ticks: u32) {
        self.left = self.left.saturating_sub(ticks);
        self.held_for = self.held_for.map(|it| it.saturating_add(ticks).min(LONG));
    }
}

impl<A: App> App for Planted<A> {
    const DESCRIPTOR: AppDescriptor = A::DESCRIPTOR;
    type Outputs = A::Outputs;

    fn new() -> Self {
        unreachable!("it is made with its bug")
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        self.app.handle(event, out);
        self.look(event, out);
    }

    fn outputs(&self) -> A::Outputs {
        let mut levels = self.app.outputs();
        let wrong = match self.bug.what {
            What::Shows(output, level) => Some((output, level)),
            What::Stays(output) => self.stays_at.map(|level| (output, level)),
            _ => None,
        };
        if let Some((output, level)) = wrong.filter(|_| self.left > 0) {
            levels.as_mut()[usize::from(output)] = Level(level);
        }
        levels
    }

    fn next_wakeup(&self) -> Wakeup {
        let own = (self.left > 0).then(|| Wakeup::after(Ticks(self.left)));
        own.into_iter().fold(self.app.next_wakeup(), Wakeup::min)
    }

    fn pass(&mut self, ticks: Ticks) {
        self.app.pass(ticks);
        self.age(ticks.0);
    }

    fn counted_from_now(self) -> Option<Self> {
        Some(Self {
            app: self.app.counted_from_now()?,
            ..self
        })
    }
}

/// The app with a bug.
pub(crate) fn with_bug<A>(
    bug: Bug,
    power_up: fn(Instant) -> Option<A>,
    after_reset: fn() -> A,
) -> AppEntry
where
    A: App + Clone + std::fmt::Debug + Eq + std::hash::Hash + Send + Sync + 'static,
{
    let plant = move |app| Planted {
        app,
        bug,
        held_for: None,
        number: 0,
        left: 0,
        stays_at: None,
    };
    AppEntry::with_builder(
        move |clock| power_up(clock).map(plant),
        move || plant(after_reset()),
        Capabilities::<Planted<A>>::none()
            .with_copies()
            .with_state()
            .with_comparison(),
    )
}

impl What {
    pub(crate) fn text(self, app: &AppDescriptor) -> String {
        let output = |place: u8| app.outputs()[usize::from(place)].name();
        match self {
            Self::Shows(place, level) => format!("{} is {level}", output(place)),
            Self::Stays(place) => format!("{} stays", output(place)),
            Self::Says(place, value) => {
                format!("log {} {value}", app.logs()[usize::from(place)].name())
            }
            Self::Panics => "panics".to_owned(),
        }
    }
}

impl When {
    pub(crate) fn text(self, app: &AppDescriptor) -> String {
        let button = |place: u8| app.buttons()[usize::from(place)];
        match self {
            Self::Released(place, from, to) => {
                format!("{} released after {from} to {to} ms", button(place))
            }
            Self::Chord(first, second, from, to) => {
                format!(
                    "{} {from} to {to} ms after {}",
                    button(second),
                    button(first)
                )
            }
            Self::Jump(from, to) => format!("{from} to {to}"),
        }
    }
}
