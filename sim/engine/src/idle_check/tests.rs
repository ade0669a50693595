//! Apps whose answer to when they wake next is wrong are found out, each in its own way.

use std::ops::ControlFlow;

use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::debounce::{Debounce, Edge};
use lockstep_core::event::Event;
use lockstep_core::gesture::{Config, Gesture, GestureDetector};
use lockstep_core::hold_timer::HoldTimer;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant, RunTicks, Ticks};
use lockstep_core::timer::{Periodic, Timer};
use lockstep_core::wakeup::Wakeup;

use crate::capabilities::Capabilities;
use crate::play::PlayError;
use crate::registry::AppEntry;
use crate::scenario::grammar;
use crate::scenario::plan::plan;
use crate::testing::shipped;

/// What is wrong with the answer, or with how a stretch is passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    ForgetsBeat,
    ForgetsDebounce,
    ForgetsGesture,
    ForgetsHold,
    ForgetsTimer,
    BeatLate,
    DebounceLate,
    GestureLate,
    HoldLate,
    TimerLate,
    AlwaysNever,
    LatestInsteadOfEarliest,
    FixedTen,
    AsOfPowerUp,
    TimerFromStart,
    NotAskedAfterPress,
    NeverWhileUp,
    NeverAtNight,
    PassesNothing,
    PassesOneTooFew,
    PassesOneTooMany,
    PassesAtMost50,
    PassStopsTimer,
    PassPollsOnce,
    PassTurnsOff,
    PassForgetsPress,
    PassRestartsBeat,
}

/// All of the pieces at once: short presses switch, long ones dim, holding locks.
#[derive(Clone, Debug)]
struct Pieces {
    fault: Fault,
    now: Instant,
    button: Debounce,
    gesture: GestureDetector,
    hold: HoldTimer,
    auto_off: Timer,
    beat: Periodic,
    on: bool,
    dim: bool,
    locked: bool,
    beating: bool,
}

impl Pieces {
    const LONG: Ticks = Ticks(60);
    const AUTO_OFF: Ticks = Ticks(250);
    const BEAT: Ticks = Ticks(90);

    fn with(fault: Fault) -> Self {
        let config = Config {
            long: Self::LONG,
            double: Some(Ticks(40)),
        };
        Self {
            fault,
            now: Instant::ZERO,
            button: Debounce::new(Ticks(7)),
            gesture: GestureDetector::new(config),
            hold: HoldTimer::new(Ticks(130)),
            auto_off: Timer::stopped(),
            beat: Periodic::starting(Instant::ZERO, Self::BEAT),
            on: false,
            dim: false,
            locked: false,
            beating: false,
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.now = self.now.next();
        if self.beat.poll(self.now) {
            self.beating = !self.beating;
        }
        let edge = self.button.poll(self.now);
        if edge == Some(Edge::Pressed) {
            self.auto_off.start(self.now, Self::AUTO_OFF);
        }
        if self.hold.poll(self.now, self.button.is_pressed()) {
            self.locked = !self.locked;
        }
        match self.gesture.poll(self.now, edge) {
            Some(Gesture::Short | Gesture::Double) => self.on = !self.on,
            Some(Gesture::Long) => self.dim = !self.dim,
            None => {}
        }
        if self.auto_off.poll(self.now) {
            self.on = false;
            out.log(Log::new(LogId(0), 0));
        }
    }

    /// The answer of each piece: beat, debounce, gesture, hold, timer.
    fn answers(&self) -> [Wakeup; 5] {
        let now = self.now;
        [
            self.beat.next_wakeup(now),
            self.button.next_wakeup(now),
            self.gesture.next_wakeup(now),
            self.hold.next_wakeup(now),
            self.auto_off.next_wakeup(now),
        ]
    }
}

fn late(wakeup: Wakeup) -> Wakeup {
    match wakeup {
        Wakeup::NEVER => Wakeup::NEVER,
        wakeup => Wakeup::after(wakeup.idle_ticks().saturating_add(Ticks(2))),
    }
}

impl App for Pieces {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("pieces", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[
            Output::digital("on"),
            Output::digital("dim"),
            Output::digital("locked"),
            Output::digital("beat"),
        ])
        .with_logs(&[LogKind::words("power", &["auto-off"])]);
    type Outputs = [Level; 4];

    fn new() -> Self {
        Self::with(Fault::None)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Tick => self.tick(out),
            Event::Press(_) => self.button.raw(self.now, true),
            Event::Release(_) => self.button.raw(self.now, false),
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 4] {
        [self.on, self.dim, self.locked, self.beating].map(Level::from)
    }

    fn next_wakeup(&self) -> Wakeup {
        let mut answers = self.answers();
        let earliest = |answers: [Wakeup; 5]| answers.into_iter().min().unwrap_or(Wakeup::NEVER);
        let right = earliest(answers);
        match self.fault {
            Fault::ForgetsBeat => answers[0] = Wakeup::NEVER,
            Fault::ForgetsDebounce => answers[1] = Wakeup::NEVER,
            Fault::ForgetsGesture => answers[2] = Wakeup::NEVER,
            Fault::ForgetsHold => answers[3] = Wakeup::NEVER,
            Fault::ForgetsTimer => answers[4] = Wakeup::NEVER,
            Fault::BeatLate => answers[0] = late(answers[0]),
            Fault::DebounceLate => answers[1] = late(answers[1]),
            Fault::GestureLate => answers[2] = late(answers[2]),
            Fault::HoldLate => answers[3] = late(answers[3]),
            Fault::TimerLate => answers[4] = late(answers[4]),
            Fault::AlwaysNever => return Wakeup::NEVER,
            Fault::LatestInsteadOfEarliest => {
                let running = answers
                    .into_iter()
                    .filter(|answer| *answer != Wakeup::NEVER);
                return running.max().unwrap_or(Wakeup::NEVER);
            }
            Fault::FixedTen => return Wakeup::after(Ticks(10)),
            Fault::AsOfPowerUp => answers[0] = self.beat.next_wakeup(Instant::ZERO),
            Fault::TimerFromStart if self.auto_off.is_running() => {
                answers[4] = Wakeup::after(Self::AUTO_OFF);
            }
            Fault::NotAskedAfterPress if answers[1] != Wakeup::NEVER => return answers[0],
            Fault::NeverWhileUp if !self.button.is_pressed() => return answers[0].max(answers[4]),
            Fault::NeverAtNight if self.dim => return Wakeup::NEVER,
            _ => return right,
        }
        earliest(answers)
    }

    fn pass(&mut self, ticks: Ticks) {
        let passed = match self.fault {
            Fault::PassesNothing => 0,
            Fault::PassesOneTooFew => ticks.0 - 1,
            Fault::PassesOneTooMany => ticks.0 + 1,
            Fault::PassesAtMost50 => ticks.0.min(50),
            _ => ticks.0,
        };
        self.now = self.now + Ticks(passed);
        match self.fault {
            Fault::PassStopsTimer => self.auto_off.stop(),
            Fault::PassPollsOnce => self.tick(&mut ()),
            Fault::PassTurnsOff => self.on = false,
            Fault::PassForgetsPress => self.gesture.cancel(),
            Fault::PassRestartsBeat => self.beat = Periodic::starting(self.now, Self::BEAT),
            _ => {}
        }
    }
}

const WRONG: [Fault; 27] = [
    Fault::ForgetsBeat,
    Fault::ForgetsDebounce,
    Fault::ForgetsGesture,
    Fault::ForgetsHold,
    Fault::ForgetsTimer,
    Fault::BeatLate,
    Fault::DebounceLate,
    Fault::GestureLate,
    Fault::HoldLate,
    Fault::TimerLate,
    Fault::AlwaysNever,
    Fault::LatestInsteadOfEarliest,
    Fault::FixedTen,
    Fault::AsOfPowerUp,
    Fault::TimerFromStart,
    Fault::NotAskedAfterPress,
    Fault::NeverWhileUp,
    Fault::NeverAtNight,
    Fault::PassesNothing,
    Fault::PassesOneTooFew,
    Fault::PassesOneTooMany,
    Fault::PassesAtMost50,
    Fault::PassStopsTimer,
    Fault::PassPollsOnce,
    Fault::PassTurnsOff,
    Fault::PassForgetsPress,
    Fault::PassRestartsBeat,
];

const SCENARIO: &str = "app pieces
wait 100 ms
tap A for 20 ms
wait 100 ms
tap A for 20 ms
wait 300 ms
tap A for 80 ms
wait 60 ms
tap A for 160 ms
wait 600 ms
";

/// Plays the scenario with an app that can be copied and printed, or not.
fn checked(fault: Fault, capabilities: Capabilities<Pieces>) -> Result<RunTicks, PlayError> {
    let app = AppEntry::with_builder(
        move |_| Some(Pieces::with(fault)),
        move || Pieces::with(fault),
        capabilities,
    );
    let scenario = grammar::parse(SCENARIO).unwrap();
    let script = plan(&scenario, app.descriptor()).unwrap().script;
    super::check(&app, &script, script.end(), &mut go_on)
}

fn go_on(_: RunTicks) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_right_answer_is_held() {
    let passed = checked(Fault::None, Capabilities::none()).unwrap();
    assert!(passed > RunTicks(1_000), "{passed:?}");
    checked(Fault::None, Capabilities::none().with_state()).unwrap();
}

#[test]
fn every_wrong_answer_is_found_in_what_the_app_shows() {
    for fault in WRONG {
        let found = checked(fault, Capabilities::none());
        assert!(
            matches!(found, Err(PlayError::ContractBroken { .. })),
            "{fault:?}: {found:?}"
        );
    }
}

#[test]
fn a_verdict_says_the_tick_what_was_promised_and_what_happened() {
    let verdicts = [
        Fault::ForgetsBeat,
        Fault::TimerLate,
        Fault::PassesOneTooMany,
        Fault::PassStopsTimer,
    ]
    .map(|fault| {
        let with_state = checked(fault, Capabilities::none().with_state()).unwrap_err();
        let without = checked(fault, Capabilities::none()).unwrap_err();
        format!("{fault:?}\n  {with_state}\n  {without}")
    });
    insta::assert_snapshot!(verdicts.join("\n"));
}

#[test]
fn the_apps_that_ship_are_held_for_an_hour() {
    for app in shipped() {
        let button = app.descriptor().buttons()[0];
        let text = format!("tap {button} for 40 ms\nwait 60 min\n");
        let scenario = grammar::parse(&text).unwrap();
        let script = plan(&scenario, app.descriptor()).unwrap().script;
        super::check(&app, &script, script.end(), &mut go_on).unwrap();
    }
}

#[test]
fn a_check_can_be_stopped() {
    let app = AppEntry::of::<Pieces>();
    let scenario = grammar::parse("app pieces\nwait 60 min\n").unwrap();
    let script = plan(&scenario, app.descriptor()).unwrap().script;
    let stopped = super::check(&app, &script, script.end(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(PlayError::Stopped(_))));
}
