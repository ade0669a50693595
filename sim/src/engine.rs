//! Plays events into an app and tells an observer what followed.
//!
//! A tick has two halves. First time passes: the app takes [`Event::Tick`], and what it
//! says and shows is observed. Then hands act: the app takes the actions of the tick, and
//! what it says and shows because of them is observed. Nothing else moves an app, so a
//! run depends on its script alone.

use firmware_core::contract::{App, Interface, Log};
use firmware_core::event::{ButtonId, Event};
use firmware_core::output::Level;
use firmware_core::time::Ticks;

use crate::script::{Action, Conditions, Contact};

/// One thing that was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observation {
    /// The world did something to the app.
    Input(Action),
    /// The app said something.
    Log(Log),
    /// An output, by its place in [`Interface::outputs`], changed to this level.
    Output(u8, Level),
}

/// Sees everything that can be observed of an app, in the order it happens.
pub trait Observer {
    /// Takes one observation, made at this tick of the run.
    fn observe(&mut self, tick: Ticks, what: Observation);
}

/// Sees nothing.
impl Observer for () {
    fn observe(&mut self, _: Ticks, _: Observation) {}
}

/// An app that is being played, whichever app it is.
pub trait Player {
    /// What the app declares.
    fn interface(&self) -> &'static Interface;

    /// The ticks played so far.
    fn now(&self) -> Ticks;

    /// Plays up to and with `tick`, with nobody touching anything.
    fn advance(&mut self, tick: Ticks, observer: &mut dyn Observer);

    /// Does this to the app at the present tick.
    fn act(&mut self, action: Action, observer: &mut dyn Observer);

    /// Shows the outputs that the actions of the present tick have changed.
    fn settle(&mut self, observer: &mut dyn Observer);

    /// The levels of all outputs.
    fn levels(&self) -> &[Level];

    /// Whether the contact of a button is closed.
    fn is_closed(&self, button: ButtonId) -> bool;

    /// The app's state, as its `Debug` writes it over several lines.
    fn state(&self) -> String;

    /// A copy that goes its own way from here.
    fn fork(&self) -> Box<dyn Player>;
}

/// Plays one app.
#[derive(Clone, Debug)]
pub struct Engine<A: App> {
    after_reset: A,
    app: A,
    now: Ticks,
    shown: A::Outputs,
    closed: u64,
}

impl<A: App + 'static> Engine<A> {
    /// Powers up `app` at tick 0 under these conditions; `after_reset` is what a later
    /// reset makes of it.
    pub fn power_up(
        app: A,
        after_reset: A,
        conditions: Conditions,
        observer: &mut dyn Observer,
    ) -> Self {
        let mut engine = Self {
            shown: app.outputs(),
            after_reset,
            app,
            now: Ticks::ZERO,
            closed: 0,
        };
        engine.initialise(conditions, observer);
        engine.shown = engine.app.outputs();
        for (index, &level) in (0..).zip(engine.shown.as_ref()) {
            observer.observe(engine.now, Observation::Output(index, level));
        }
        engine
    }

    fn initialise(&mut self, conditions: Conditions, observer: &mut dyn Observer) {
        observer.observe(self.now, Observation::Input(Action::Reset(conditions)));
        self.handle(Event::Init(conditions.init()), observer);
    }

    fn reset(&mut self, conditions: Conditions, observer: &mut dyn Observer) {
        self.app = self.after_reset.clone();
        self.initialise(conditions, observer);
        self.press_what_is_held(observer);
    }

    /// A reset does not open a contact: the app that comes up finds it closed, and the
    /// press follows the reset in the trace.
    fn press_what_is_held(&mut self, observer: &mut dyn Observer) {
        for button in (0..64).map(ButtonId) {
            if self.is_closed(button) {
                self.move_contact(button, Contact::Closed, observer);
            }
        }
    }

    fn move_contact(&mut self, button: ButtonId, contact: Contact, observer: &mut dyn Observer) {
        let mask = mask(button);
        let event = match contact {
            Contact::Closed => {
                self.closed |= mask;
                Event::Press(button)
            }
            Contact::Open => {
                self.closed &= !mask;
                Event::Release(button)
            }
        };
        observer.observe(
            self.now,
            Observation::Input(Action::Button(button, contact)),
        );
        self.handle(event, observer);
    }

    fn handle(&mut self, event: Event, observer: &mut dyn Observer) {
        let now = self.now;
        self.app.handle(event, &mut |log| {
            observer.observe(now, Observation::Log(log));
        });
    }

    #[cold]
    fn show(&mut self, levels: A::Outputs, observer: &mut dyn Observer) {
        let pairs = self.shown.as_ref().iter().zip(levels.as_ref());
        for (index, (before, &level)) in (0..).zip(pairs) {
            if *before != level {
                observer.observe(self.now, Observation::Output(index, level));
            }
        }
        self.shown = levels;
    }
}

impl<A: App + 'static> Player for Engine<A> {
    fn interface(&self) -> &'static Interface {
        const { &A::INTERFACE }
    }

    fn now(&self) -> Ticks {
        self.now
    }

    fn advance(&mut self, tick: Ticks, observer: &mut dyn Observer) {
        while self.now < tick {
            self.now = Ticks(self.now.0 + 1);
            self.handle(Event::Tick, observer);
            self.settle(observer);
        }
    }

    fn act(&mut self, action: Action, observer: &mut dyn Observer) {
        match action {
            Action::Reset(conditions) => self.reset(conditions, observer),
            Action::Button(button, contact) => self.move_contact(button, contact, observer),
        }
    }

    fn settle(&mut self, observer: &mut dyn Observer) {
        let levels = self.app.outputs();
        if levels != self.shown {
            self.show(levels, observer);
        }
    }

    fn levels(&self) -> &[Level] {
        self.shown.as_ref()
    }

    fn is_closed(&self, button: ButtonId) -> bool {
        self.closed & mask(button) != 0
    }

    fn state(&self) -> String {
        format!("{:#?}", self.app)
    }

    fn fork(&self) -> Box<dyn Player> {
        Box::new(self.clone())
    }
}

/// The bit of a button; one beyond [`Interface::MAX_ITEMS`] has none.
fn mask(button: ButtonId) -> u64 {
    1_u64.checked_shl(u32::from(button.0)).unwrap_or(0)
}
