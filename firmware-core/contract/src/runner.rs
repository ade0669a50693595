//! The order of one run, the same in every world: time passes, then inputs are applied.
//!
//! A tick has two halves. First time passes: the app takes [`Event::Tick`], and what it
//! says and shows is observed. Then inputs are applied: the app takes the actions of the tick, and
//! what it says and shows because of them is observed. Nothing else moves an app, so a
//! run depends on its events alone.

use crate::action::{Action, SwitchState};
use crate::app::{App, AppDescriptor, Levels, Log};
use crate::contacts::Contacts;
use crate::event::{BootCondition, ButtonId, Event, NumberId, SerialId};
use crate::matrix::{Matrix, MatrixId};
use crate::output::Level;
use crate::short::{self, ShortBytes};
use crate::sink::Sink;
use crate::time::{RunTicks, Ticks};

/// One thing that was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Observation {
    /// The world did something to the app.
    Input(Action),
    /// The app said something.
    Log(Log),
    /// An output, by its place in [`AppDescriptor::outputs`], changed to this level.
    Output(u8, Level),
    /// The app sent bytes on a serial line. More than these can hold are observed in pieces.
    Sent(SerialId, ShortBytes),
    /// The app drew a row of a matrix, [packed](crate::matrix::Matrix::pack); without cells where it
    /// is not as the app declares.
    Row(MatrixId, u8, ShortBytes),
}

/// Sees everything that can be observed of an app, in the order it happens.
pub trait Observer {
    /// Takes one observation, made at this tick of the run.
    fn observe(&mut self, tick: RunTicks, what: Observation);
}

/// Sees nothing.
impl Observer for () {
    fn observe(&mut self, _: RunTicks, _: Observation) {}
}

/// A run as it was just before a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeforeReset<'a> {
    /// The tick of the reset.
    pub now: RunTicks,
    /// The contacts.
    pub contacts: Contacts,
    /// What the number inputs were, as the app declares them.
    pub numbers: &'a [i32],
    /// The levels of all outputs as they were observed last.
    pub levels: &'a [Level],
}

/// Makes an app as it is after a reset.
pub trait AppFactory<A> {
    /// The app, before its first event.
    fn create(&self) -> A;
}

impl<A, F: Fn() -> A> AppFactory<A> for F {
    fn create(&self) -> A {
        self()
    }
}

/// Makes an app by [`App::new`]. A type of its own, because what a pointer to a function makes
/// cannot be made in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NewApp;

impl<A: App> AppFactory<A> for NewApp {
    fn create(&self) -> A {
        A::new()
    }
}

/// One app and how far it has been played.
///
/// `B` makes the app as it is after a reset.
#[derive(Clone, Debug)]
pub struct Runner<A: App, B = NewApp> {
    factory: B,
    app: A,
    now: RunTicks,
    last_outputs: A::Outputs,
    contacts: Contacts,
    numbers: [i32; AppDescriptor::MAX_NUMBERS],
}

impl<A: App, B: AppFactory<A>> Runner<A, B> {
    /// Powers up `app` at tick 0 under this boot condition; `factory` makes the app
    /// after a later reset. All contacts are open.
    pub fn power_up(
        app: A,
        factory: B,
        condition: BootCondition,
        observer: &mut dyn Observer,
    ) -> Self {
        let mut runner = Self::new(app, factory);
        runner.boot(condition, observer);
        runner
    }

    /// Goes on with a run in which the board is reset at its present tick, and comes up under this
    /// boot condition: `app` is what it is after the reset. What [`Action::Reset`] does to a runner,
    /// but in another one, for a world that starts the firmware over as a board does.
    pub fn resume_after_reset(
        app: A,
        factory: B,
        before: &BeforeReset<'_>,
        condition: BootCondition,
        observer: &mut dyn Observer,
    ) -> Self {
        let mut runner = Self::new(app, factory);
        runner.now = before.now;
        runner.contacts = before.contacts;
        for (number, before) in runner.numbers.iter_mut().zip(before.numbers) {
            *number = *before;
        }
        let levels = runner.last_outputs.as_mut().iter_mut();
        for (level, before) in levels.zip(before.levels) {
            *level = *before;
        }
        runner.initialise(condition, observer);
        runner.press_what_is_held(observer);
        runner
    }

    /// A runner of an app that is not powered up yet: [`Runner::boot`] does that.
    ///
    /// In two steps, and inlined, because a board has no room for a second copy of a large app on
    /// its stack.
    #[inline(always)]
    pub fn new(app: A, factory: B) -> Self {
        const {
            assert!(
                A::Outputs::COUNT == A::DESCRIPTOR.outputs().len(),
                "the length of `Outputs` is not the number of outputs in `DESCRIPTOR`"
            );
        }
        Self {
            app,
            factory,
            now: RunTicks::ZERO,
            last_outputs: A::Outputs::OFF,
            contacts: Contacts::OPEN,
            numbers: const { first_numbers(&A::DESCRIPTOR) },
        }
    }

    /// Takes another app in its place, which is not powered up yet, with all contacts open and all
    /// numbers as at first.
    #[inline(always)]
    pub fn replace(&mut self, app: A) {
        self.app = app;
        self.now = RunTicks::ZERO;
        self.contacts = Contacts::OPEN;
        self.numbers = const { first_numbers(&A::DESCRIPTOR) };
    }

    /// Powers the app up at tick 0 under this boot condition, and observes all of its outputs.
    pub fn boot(&mut self, condition: BootCondition, observer: &mut dyn Observer) {
        self.last_outputs = self.app.outputs();
        self.initialise(condition, observer);
        self.last_outputs = self.app.outputs();
        for (index, &level) in (0..).zip(self.last_outputs.as_ref()) {
            observer.observe(self.now, Observation::Output(index, level));
        }
    }

    /// Lets one tick pass, with nobody touching anything, and shows what it changed.
    pub fn tick(&mut self, observer: &mut dyn Observer) {
        self.now = self.now.saturating_add(RunTicks(1));
        self.handle(Event::Tick, observer);
        self.flush_outputs(observer);
    }

    /// Lets time pass up to and including this tick, as [`Runner::tick`] does, but passes over
    /// the ticks in which the app says that nothing happens.
    pub fn advance(&mut self, until: RunTicks, observer: &mut dyn Observer) {
        while self.now < until {
            let left = until.saturating_sub(self.now).0;
            let left = Ticks(u32::try_from(left).unwrap_or(u32::MAX));
            let idle = self.idle_ticks();
            if idle >= left {
                self.pass(left);
            } else {
                if idle > Ticks::ZERO {
                    self.pass(idle);
                }
                self.tick(observer);
            }
        }
    }

    /// The ticks from now on in which the app says that nothing happens.
    pub fn idle_ticks(&self) -> Ticks {
        self.app.next_wakeup().idle_ticks()
    }

    /// Lets so many ticks pass at once, at most [`Runner::idle_ticks`].
    pub fn pass(&mut self, ticks: Ticks) {
        self.now = self.now.saturating_add(ticks.into());
        self.app.pass(ticks);
    }

    /// Does this to the app at the present tick.
    pub fn apply(&mut self, action: Action, observer: &mut dyn Observer) {
        match action {
            Action::Reset(condition) => self.reset(condition, observer),
            Action::Button(button, contact) => self.move_contact(button, contact, observer),
            Action::Number(id, number) => self.set_number(id, number, observer),
            Action::Byte(line, byte) => {
                observer.observe(self.now, Observation::Input(action));
                self.handle(Event::Byte(line, byte), observer);
            }
        }
    }

    /// Shows the outputs that the actions of the present tick have changed.
    pub fn flush_outputs(&mut self, observer: &mut dyn Observer) {
        let levels = self.app.outputs();
        if levels != self.last_outputs {
            self.show(levels, observer);
        }
    }

    /// A copy, whose app `copy` makes of this one; `None` where it makes none.
    pub fn copy_with(&self, copy: impl FnOnce(&A) -> Option<A>) -> Option<Self>
    where
        B: Clone,
    {
        Some(Self {
            factory: self.factory.clone(),
            app: copy(&self.app)?,
            now: self.now,
            last_outputs: self.last_outputs,
            contacts: self.contacts,
            numbers: self.numbers,
        })
    }

    /// The app as it is.
    pub const fn app(&self) -> &A {
        &self.app
    }

    /// The ticks played so far.
    pub const fn now(&self) -> RunTicks {
        self.now
    }

    /// The levels of all outputs as they were observed last.
    pub fn levels(&self) -> &[Level] {
        self.last_outputs.as_ref()
    }

    /// The contacts of all buttons.
    pub const fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// What the number inputs are, as the app declares them.
    pub fn numbers(&self) -> &[i32] {
        let declared = A::DESCRIPTOR.numbers().len();
        self.numbers.get(..declared).unwrap_or(&self.numbers)
    }

    fn initialise(&mut self, condition: BootCondition, observer: &mut dyn Observer) {
        observer.observe(self.now, Observation::Input(Action::Reset(condition)));
        self.handle(Event::Init(condition), observer);
        for id in (0..).map(NumberId).take(A::DESCRIPTOR.numbers().len()) {
            if let Some(number) = self.numbers.get(usize::from(id.0)) {
                self.tell_number(id, *number, observer);
            }
        }
    }

    fn reset(&mut self, condition: BootCondition, observer: &mut dyn Observer) {
        self.rebuild();
        self.initialise(condition, observer);
        self.press_what_is_held(observer);
    }

    /// Not inlined: what it takes of the stack, up to the size of the app, is free again before the
    /// app is called.
    #[inline(never)]
    fn rebuild(&mut self) {
        self.app = self.factory.create();
    }

    /// A reset does not open a contact: the app that comes up finds it closed, and the
    /// press follows the reset in the trace.
    fn press_what_is_held(&mut self, observer: &mut dyn Observer) {
        let contacts = self.contacts;
        for button in contacts.closed() {
            self.move_contact(button, SwitchState::Closed, observer);
        }
    }

    fn move_contact(
        &mut self,
        button: ButtonId,
        contact: SwitchState,
        observer: &mut dyn Observer,
    ) {
        self.contacts.set(button, contact);
        let event = match contact {
            SwitchState::Closed => Event::Press(button),
            SwitchState::Open => Event::Release(button),
        };
        observer.observe(
            self.now,
            Observation::Input(Action::Button(button, contact)),
        );
        self.handle(event, observer);
    }

    /// A number that is set to what it is does not change, and the app is not told.
    fn set_number(&mut self, id: NumberId, number: i32, observer: &mut dyn Observer) {
        if let Some(present) = self.numbers.get_mut(usize::from(id.0))
            && core::mem::replace(present, number) == number
        {
            return;
        }
        self.tell_number(id, number, observer);
    }

    fn tell_number(&mut self, id: NumberId, number: i32, observer: &mut dyn Observer) {
        observer.observe(self.now, Observation::Input(Action::Number(id, number)));
        self.handle(Event::Number(id, number), observer);
    }

    fn handle(&mut self, event: Event, observer: &mut dyn Observer) {
        let mut out = ObservedSink {
            now: self.now,
            matrices: A::DESCRIPTOR.matrices(),
            observer,
        };
        self.app.handle(event, &mut out);
    }

    #[cold]
    fn show(&mut self, levels: A::Outputs, observer: &mut dyn Observer) {
        let pairs = self.last_outputs.as_ref().iter().zip(levels.as_ref());
        for (index, (before, &level)) in (0..).zip(pairs) {
            if *before != level {
                observer.observe(self.now, Observation::Output(index, level));
            }
        }
        self.last_outputs = levels;
    }
}

/// What the number inputs are at power-up.
const fn first_numbers(descriptor: &AppDescriptor) -> [i32; AppDescriptor::MAX_NUMBERS] {
    let mut numbers = [0; AppDescriptor::MAX_NUMBERS];
    let mut index = 0;
    while index < descriptor.numbers().len() && index < numbers.len() {
        numbers[index] = descriptor.numbers()[index].start();
        index += 1;
    }
    numbers
}

/// Observes what an app says.
struct ObservedSink<'a> {
    now: RunTicks,
    matrices: &'static [Matrix],
    observer: &'a mut dyn Observer,
}

impl Sink for ObservedSink<'_> {
    fn log(&mut self, log: Log) {
        self.observer.observe(self.now, Observation::Log(log));
    }

    fn send(&mut self, line: SerialId, bytes: &[u8]) {
        for piece in bytes.chunks(short::MAX) {
            let piece = ShortBytes::new(piece);
            self.observer
                .observe(self.now, Observation::Sent(line, piece));
        }
    }

    fn draw(&mut self, matrix: MatrixId, row: u8, levels: &[u8]) {
        let declared = self.matrices.get(usize::from(matrix.0));
        // What is not declared is told too, as no cells: whoever checks the trace can say so.
        let declared = declared.filter(|it| it.accepts(levels));
        let packed = declared.map_or(ShortBytes::new(&[]), |it| it.pack(levels));
        self.observer
            .observe(self.now, Observation::Row(matrix, row, packed));
    }
}
