//! The board's side of the wire: what a bench asks is played, and all that is observed is
//! told, in the order that [`Runner`] gives to every world.
//!
//! A board layer only samples its pins and calls [`Agent::tick`] once a tick and
//! [`Agent::receive`] between ticks. From power-up on the app is the product; a bench
//! that says [`Command::Stop`] and [`Command::Start`] takes it over.

mod beside;
mod crash_loop;
mod inbox;
mod outbox;

pub use beside::Order;
pub use crash_loop::CrashLoop;

use heapless::Deque;

use core::cmp::Ordering;

use crate::action::Action;
use crate::app::App;
use crate::contacts::Contacts;
use crate::event::{BootCondition, ButtonId, NumberId, SerialId};
use crate::matrix::MatrixId;
use crate::output::Level;
use crate::protocol::{
    BootReport, Command, MAX_COMMAND, Message, Phase, Refusal, RunParameters, Status, Stimulus,
};
use crate::runner::{NewApp, Runner};
use crate::time::{Instant, RunTicks, Ticks};
use inbox::Inbox;
use outbox::{Outbox, Tracer};

/// Ticks a second.
pub const TICK_HZ: u32 = 1_000;

/// The bytes between a board and a bench.
pub trait Link {
    /// Writes the whole frame, or nothing of it and returns `false`. Never waits.
    fn send(&mut self, frame: &[u8]) -> bool;

    /// Takes bytes that the app sends on a serial line, for a board that has it on pins. Never waits.
    fn transmit(&mut self, line: SerialId, bytes: &[u8]) {
        let _ = (line, bytes);
    }

    /// Takes a row that the app drew, [packed](crate::matrix::Matrix::pack), for a board that has the
    /// matrix. Never waits.
    fn draw(&mut self, matrix: MatrixId, row: u8, packed: &[u8]) {
        let _ = (matrix, row, packed);
    }

    /// Makes every matrix dark: the app is reset. Never waits.
    fn darken(&mut self) {}

    /// Reads what has come, at most as much as `into` holds, and returns how much. Never
    /// waits.
    fn receive(&mut self, into: &mut [u8]) -> usize;
}

/// What a board knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootIdentity {
    /// The image's build id.
    pub image: &'static [u8],
    /// How this boot went.
    pub boot: BootReport,
    /// What the crash before this boot left in retained memory; empty when there was none.
    pub crash_record: &'static [u8],
}

/// The most bytes of commands that are carried out at once: a host that sends without end
/// keeps no tick from being played.
pub const RECEIVE_BUDGET: usize = 8 * MAX_COMMAND;

/// Plays one app on a board, for nobody or for a bench that can schedule `QUEUE` events.
#[derive(Debug)]
pub struct Agent<A: App, const QUEUE: usize> {
    runner: Runner<A>,
    phase: Phase,
    stimulus: Stimulus,
    passes_idle: bool,
    end: RunTicks,
    scheduled: Deque<(RunTicks, Action), QUEUE>,
    inbox: Inbox,
    outbox: Outbox,
}

impl<A: App, const QUEUE: usize> Agent<A, QUEUE> {
    /// An agent whose app is not powered up yet: [`Agent::boot`] does that.
    ///
    /// In two steps, and inlined, so that the app is made in its place: a second copy of a large
    /// one has no room on the stack of a board.
    #[inline(always)]
    pub fn new(identity: BootIdentity) -> Self {
        Self {
            runner: Runner::new(A::new(), NewApp),
            phase: Phase::Normal,
            stimulus: Stimulus::Pins,
            passes_idle: false,
            end: RunTicks::MAX,
            scheduled: Deque::new(),
            inbox: Inbox::new(),
            outbox: Outbox::new(identity, capacity(QUEUE), const { &A::DESCRIPTOR }),
        }
    }

    /// Powers the app up as the product, under the conditions of this boot, and says hello.
    pub fn boot(&mut self, link: &mut dyn Link) {
        let Self { runner, outbox, .. } = self;
        outbox.begin(None, link);
        let condition = outbox.identity.boot.condition;
        runner.boot(condition, &mut Tracer { outbox, link });
    }

    /// Lets one tick pass and does what is due in it.
    ///
    /// `contacts` are as they were sampled in this tick.
    pub fn tick(&mut self, contacts: Contacts, link: &mut dyn Link) {
        self.flush(link);
        if self.phase == Phase::Stopped {
            return;
        }
        let Self { runner, outbox, .. } = self;
        runner.tick(&mut Tracer { outbox, link });
        self.act(contacts, link);
        self.end_when_due(link);
    }

    /// Gives the app a byte that has arrived on the pins of a serial line, at the present tick. Where
    /// a bench has the app, its bytes are those that the bench sends, and this one is dropped.
    pub fn take_byte(&mut self, line: SerialId, byte: u8, link: &mut dyn Link) {
        if self.phase == Phase::Normal {
            let Self { runner, outbox, .. } = self;
            runner.apply(Action::Byte(line, byte), &mut Tracer { outbox, link });
            self.settle(link);
        }
    }

    /// The ticks from now on in which nothing happens, in a run whose bench lets them be passed
    /// over: the app is idle, no event is due, and the run does not end.
    pub fn idle_ticks(&self) -> Ticks {
        if self.phase != Phase::Playing || !self.passes_idle {
            return Ticks::ZERO;
        }
        let next = self.scheduled.front().map_or(self.end, |(tick, _)| *tick);
        let free = next.min(self.end).saturating_sub(self.runner.now()).0;
        let free = Ticks(u32::try_from(free).unwrap_or(u32::MAX));
        self.runner.idle_ticks().min(free.saturating_sub(Ticks(1)))
    }

    /// Lets so many ticks pass at once, at most [`Agent::idle_ticks`].
    pub fn pass(&mut self, ticks: Ticks) {
        self.runner.pass(ticks);
    }

    /// Tells the end of a run that found no room before. To be called now and then while the
    /// board stands still.
    pub fn flush(&mut self, link: &mut dyn Link) {
        self.outbox.flush(link);
    }

    /// Notes that this many ticks passed unseen: their samples found no room.
    pub fn lose_ticks(&mut self, count: u32) {
        if self.phase != Phase::Stopped {
            let lost = &mut self.outbox.losses.ticks;
            *lost = lost.saturating_add(count);
        }
    }

    /// Carries out the commands that have come, at most [`RECEIVE_BUDGET`] bytes of them. True
    /// when a run began, whose tick 0 is now.
    ///
    /// `contacts` samples them, as [`Agent::tick`] takes them: those of tick 0.
    pub fn receive(&mut self, contacts: &dyn Fn() -> Contacts, link: &mut dyn Link) -> bool {
        let mut began = false;
        let mut budget = RECEIVE_BUDGET;
        while let Some(command) = self.inbox.next(&mut budget, link) {
            match command {
                Ok(command) => began |= self.handle_command(command, contacts, link),
                Err(_) => self.refuse(Refusal::Malformed, link),
            }
        }
        began
    }

    /// Notes that so many bytes of serial lines found no room on the board.
    pub fn lose_bytes(&mut self, count: u32) {
        if self.phase != Phase::Stopped {
            let lost = &mut self.outbox.losses.bytes;
            *lost = lost.saturating_add(count);
        }
    }

    /// What the outputs show now.
    pub fn levels(&self) -> &[Level] {
        self.runner.levels()
    }

    /// What the board is up to.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The tick of the runner.
    pub const fn now(&self) -> RunTicks {
        self.runner.now()
    }

    fn handle_command(
        &mut self,
        command: Command,
        contacts: &dyn Fn() -> Contacts,
        link: &mut dyn Link,
    ) -> bool {
        match command {
            Command::Hello => self.outbox.send_hello(link),
            Command::Query => {
                let status = self.status();
                self.outbox.send(Message::Status(status), link);
            }
            Command::Stop => {
                self.scheduled.clear();
                self.stop(link);
            }
            Command::At(tick, action) => {
                if let Err(refusal) = self.schedule(tick, action) {
                    self.refuse(refusal, link);
                }
            }
            Command::Start(start) => match self.start(start, contacts, link) {
                Ok(()) => return true,
                Err(refusal) => self.refuse(refusal, link),
            },
        }
        false
    }

    /// What a query is answered with: phase, tick, queue and losses.
    pub fn status(&self) -> Status {
        Status {
            phase: self.phase,
            tick: self.runner.now(),
            queued: capacity(self.scheduled.len()),
            losses: self.outbox.losses,
        }
    }

    fn refuse(&mut self, refusal: Refusal, link: &mut dyn Link) {
        self.outbox.send(Message::Refused(refusal), link);
    }

    fn schedule(&mut self, tick: RunTicks, action: Action) -> Result<(), Refusal> {
        check_declared::<A>(action)?;
        if matches!(action, Action::Button(..))
            && self.phase == Phase::Playing
            && self.stimulus == Stimulus::Pins
        {
            return Err(Refusal::PinsMoveButtons);
        }
        let now = self.runner.now();
        match self.phase {
            Phase::Playing if tick <= now => return Err(Refusal::Late(now)),
            Phase::Playing | Phase::Stopped => {}
            Phase::Normal | Phase::CrashLoop => return Err(Refusal::NotStopped),
        }
        if let Some(&(last, before)) = self.scheduled.back() {
            if last == tick && before.excludes(action) {
                return Err(Refusal::TwiceInOneTick);
            }
            if last.cmp(&tick).then(before.compare_order(action)) == Ordering::Greater {
                return Err(Refusal::OutOfOrder);
            }
        }
        self.scheduled
            .push_back((tick, action))
            .map_err(|_| Refusal::QueueFull)
    }

    fn start(
        &mut self,
        start: RunParameters,
        contacts: &dyn Fn() -> Contacts,
        link: &mut dyn Link,
    ) -> Result<(), Refusal> {
        self.check_start(&start)?;
        self.stop(link);
        self.power_up(start, contacts, link);
        Ok(())
    }

    /// Whether a run can begin so.
    fn check_start(&self, start: &RunParameters) -> Result<(), Refusal> {
        if self.phase == Phase::Playing {
            return Err(Refusal::AlreadyPlaying);
        }
        declared::<A>(start.condition)?;
        let moves_buttons = |(_, action): &(RunTicks, Action)| matches!(action, Action::Button(..));
        if start.stimulus == Stimulus::Pins && self.scheduled.iter().any(moves_buttons) {
            return Err(Refusal::PinsMoveButtons);
        }
        match can_start_at::<A>(start.clock) {
            true => Ok(()),
            false => Err(Refusal::ClockNotSettable),
        }
    }

    /// Begins a run that was [ordered](Agent::receive_order), at tick 0, which is now. `contacts` samples
    /// those of this tick.
    pub fn power_up(
        &mut self,
        start: RunParameters,
        contacts: &dyn Fn() -> Contacts,
        link: &mut dyn Link,
    ) {
        self.rebuild(start.clock);
        let Self { runner, outbox, .. } = self;
        outbox.begin(Some(start.run), link);
        runner.boot(start.condition, &mut Tracer { outbox, link });
        self.phase = Phase::Playing;
        self.stimulus = start.stimulus;
        self.passes_idle = start.passes_idle;
        self.end = start.end;
        let contacts = match start.stimulus {
            Stimulus::Pins => contacts(),
            Stimulus::Scheduled => Contacts::OPEN,
        };
        self.act(contacts, link);
        self.end_when_due(link);
    }

    /// Makes the app as it is after a reset, with its tick counter at `clock`.
    ///
    /// Not inlined: what it takes of the stack, up to the size of the app, is free again before
    /// the app is called.
    #[inline(never)]
    fn rebuild(&mut self, clock: Instant) {
        if clock == Instant::ZERO {
            self.runner.replace(A::new());
        } else if let Some(app) = A::starting_at(clock) {
            self.runner.replace(app);
        }
    }

    fn act(&mut self, contacts: Contacts, link: &mut dyn Link) {
        if self.stimulus == Stimulus::Pins {
            self.act_sampled(contacts, link);
        }
        self.act_scheduled(link);
        self.settle(link);
    }

    fn act_sampled(&mut self, contacts: Contacts, link: &mut dyn Link) {
        let Self { runner, outbox, .. } = self;
        for (button, _) in (0..).map(ButtonId).zip(A::DESCRIPTOR.buttons()) {
            let contact = contacts.state(button);
            if contact != runner.contacts().state(button) {
                runner.apply(
                    Action::Button(button, contact),
                    &mut Tracer { outbox, link },
                );
            }
        }
    }

    fn act_scheduled(&mut self, link: &mut dyn Link) {
        let Self {
            runner,
            outbox,
            scheduled,
            ..
        } = self;
        while let Some(&(tick, action)) = scheduled.front() {
            if tick > runner.now() {
                break;
            }
            runner.apply(action, &mut Tracer { outbox, link });
            scheduled.pop_front();
        }
    }

    fn settle(&mut self, link: &mut dyn Link) {
        let Self { runner, outbox, .. } = self;
        runner.flush_outputs(&mut Tracer { outbox, link });
    }

    fn end_when_due(&mut self, link: &mut dyn Link) {
        if self.phase == Phase::Playing && self.runner.now() >= self.end {
            self.scheduled.clear();
            self.stop(link);
        }
    }

    fn stop(&mut self, link: &mut dyn Link) {
        if self.phase != Phase::Stopped {
            self.phase = Phase::Stopped;
            self.outbox.end(self.runner.now(), link);
        }
    }
}

/// Whether the tick counter of the app can start at `clock`. Not inlined, as [`Agent::rebuild`].
#[inline(never)]
fn can_start_at<A: App>(clock: Instant) -> bool {
    clock == Instant::ZERO || A::starting_at(clock).is_some()
}

/// Whether the app declares the condition: another one it could not tell from any.
fn declared<A: App>(condition: BootCondition) -> Result<(), Refusal> {
    match A::DESCRIPTOR.boot_condition_name(condition) {
        Some(_) => Ok(()),
        None => Err(Refusal::NoSuchBootCondition),
    }
}

/// Whether the app has what this is done to.
fn check_declared<A: App>(action: Action) -> Result<(), Refusal> {
    let (id, count, refusal) = match action {
        Action::Button(ButtonId(id), _) => {
            (id, A::DESCRIPTOR.buttons().len(), Refusal::NoSuchButton)
        }
        Action::Number(NumberId(id), number) => {
            let declared = A::DESCRIPTOR.numbers().get(usize::from(id));
            let declared = declared.ok_or(Refusal::NoSuchNumber)?;
            return match declared.scale().contains(number) {
                true => Ok(()),
                false => Err(Refusal::NumberOutOfRange),
            };
        }
        Action::Byte(SerialId(id), _) => {
            let count = A::DESCRIPTOR.serial_lines().len();
            (id, count, Refusal::NoSuchSerialLine)
        }
        Action::Reset(condition) => return declared::<A>(condition),
    };
    match usize::from(id) < count {
        true => Ok(()),
        false => Err(refusal),
    }
}

/// A count as it travels: no queue is longer than its number can say.
fn capacity(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
