//! A lamp that is broken is noticed by the expectations of its scenarios, without goldens.
//!
//! Each fault is played with the scenarios of the topic that promises otherwise, and an
//! expectation there has to fail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::ops::ControlFlow;
use std::path::Path;

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_core::app::{App, AppDescriptor, Log, LogValue, Sink};
use lockstep_core::event::{BootCondition, ButtonId, Event};
use lockstep_core::output::Level;
use lockstep_core::time::{Instant, Ticks};
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::checker::check_trace;
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::{Plan, plan};

const A: ButtonId = ButtonId(0);
const B: ButtonId = ButtonId(1);

const LAMP: usize = 0;
const LOCKED: usize = 1;
const STATUS: usize = 2;
const HEARTBEAT: usize = 3;

const BOOT: u8 = 0;
const POWER: u8 = 1;
const LEVEL: u8 = 2;
const NIGHT: u8 = 3;
const PATTERN: u8 = 4;
const LOCK: u8 = 5;
const IGNORED: u8 = 6;

/// What is wrong with a lamp, beside its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fault {
    None,
    /// The wires of A and B are swapped.
    ButtonsSwapped,
    /// A button does nothing.
    ButtonDead(ButtonId),
    /// The lamp never sees that a button is released.
    ReleaseLost(ButtonId),
    /// Every press is seen twice as long: its release comes 50 ticks late.
    ReleaseLate,
    /// A press of A is seen as a press of both.
    CrossTalk,
    /// An output is this level, whatever the lamp does.
    Stuck(usize, i32),
    /// An output is on where it should be off.
    Inverted(usize),
    /// An output shows what another one should.
    Miswired(usize, usize),
    /// The outputs follow a tick late.
    OutputsLate,
    /// The lamp goes dark for one tick, 100 ticks after each log.
    Flickers,
    /// The lamp is a percent too bright while it is on.
    TooBright,
    /// It never goes below 10 percent while it is on.
    NeverDim,
    /// A kind of log is not written.
    LogLost(u8),
    /// Every log comes twice, the second time ten ticks later.
    LogAgain,
    /// Logs come a tick late.
    LogsLate,
    /// A kind of log has another value.
    LogWrong(u8),
    /// Any log of the power is written with each log of the level too.
    LogTooMany,
    /// The clock runs twice as fast.
    ClockFast,
    /// The clock loses a tick in a hundred.
    ClockSlow,
    /// Whatever failed, the lamp takes it that the board came up.
    BootIgnored,
    /// The lamp takes it that the clock failed, whatever did.
    BootMistaken,
    /// The lamp resets itself after a minute.
    ResetsItself,
    /// After ten ticks a reset is remembered: what was pressed before it acts again.
    HearsInSafeState,
}

/// A lamp with a fault.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FaultyLamp {
    lamp: Lamp,
    tuning: &'static Tuning,
    fault: Fault,
    ticks: u32,
    /// The outputs of the tick before.
    before: [Level; 4],
    /// What is yet to come, and when.
    releases: Vec<(u32, ButtonId)>,
    logs: Vec<(u32, Log)>,
    dark_at: Option<u32>,
    safe: bool,
}

impl FaultyLamp {
    fn new(tuning: &'static Tuning, fault: Fault, clock: Instant) -> Self {
        let lamp = Lamp::with_tuning_at(tuning, clock);
        Self {
            before: lamp.outputs(),
            lamp,
            tuning,
            fault,
            ticks: 0,
            releases: Vec::new(),
            logs: Vec::new(),
            dark_at: None,
            safe: false,
        }
    }

    fn pass_on(&mut self, event: Event, out: &mut dyn Sink) {
        let mut logs = Vec::new();
        self.lamp.handle(event, &mut |log: Log| logs.push(log));
        for entry in logs {
            self.log(entry, out);
        }
    }

    fn log(&mut self, entry: Log, out: &mut dyn Sink) {
        if self.fault == Fault::Flickers {
            self.dark_at = Some(self.ticks + 100);
        }
        match self.fault {
            Fault::LogLost(id) if entry.id.0 == id => {}
            Fault::LogWrong(id) if entry.id.0 == id => {
                let LogValue::Number(value) = entry.value else {
                    panic!("the lamp logs no texts: {entry:?}");
                };
                let wrong = if value == 0 { 1 } else { value - 1 };
                out.log(Log::new(entry.id, wrong));
            }
            Fault::LogsLate => self.logs.push((self.ticks + 1, entry)),
            Fault::LogAgain => {
                self.logs.push((self.ticks + 10, entry));
                out.log(entry);
            }
            Fault::LogTooMany if entry.id.0 == LEVEL => {
                out.log(entry);
                out.log(Log::new(lockstep_core::app::LogId(POWER), 1));
            }
            _ => out.log(entry),
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.before = self.lamp.outputs();
        self.ticks += 1;
        for (_, entry) in due(&mut self.logs, self.ticks) {
            out.log(entry);
        }
        for (_, button) in due(&mut self.releases, self.ticks) {
            self.pass_on(Event::Release(button), out);
        }
        match self.fault {
            Fault::ClockFast => {
                self.pass_on(Event::Tick, out);
                self.pass_on(Event::Tick, out);
            }
            Fault::ClockSlow if self.ticks.is_multiple_of(100) => {}
            Fault::ResetsItself if self.ticks == 60_000 => {
                self.lamp = Lamp::with_tuning(self.tuning);
            }
            _ => self.pass_on(Event::Tick, out),
        }
    }

    fn init(&mut self, condition: BootCondition, out: &mut dyn Sink) {
        let condition = match self.fault {
            Fault::BootIgnored => BootCondition::OK,
            Fault::BootMistaken if condition != BootCondition::OK => BootCondition(1),
            _ => condition,
        };
        self.safe = condition != BootCondition::OK;
        self.pass_on(Event::Init(condition), out);
    }
}

/// Takes out what is due.
fn due<T: Copy>(waiting: &mut Vec<(u32, T)>, now: u32) -> Vec<(u32, T)> {
    let (due, later) = waiting.iter().partition(|(tick, _)| *tick <= now);
    *waiting = later;
    due
}

impl App for FaultyLamp {
    const DESCRIPTOR: AppDescriptor = Lamp::DESCRIPTOR;

    type Outputs = [Level; 4];

    fn new() -> Self {
        Self::new(&Tuning::SHIPPED, Fault::None, Instant::ZERO)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match (self.fault, event) {
            (_, Event::Tick) => self.tick(out),
            (_, Event::Init(condition)) => self.init(condition, out),
            (Fault::ButtonsSwapped, Event::Press(button)) => {
                self.pass_on(Event::Press(ButtonId(1 - button.0)), out);
            }
            (Fault::ButtonsSwapped, Event::Release(button)) => {
                self.pass_on(Event::Release(ButtonId(1 - button.0)), out);
            }
            (Fault::ButtonDead(dead), Event::Press(button) | Event::Release(button))
                if dead == button => {}
            (Fault::ReleaseLost(lost), Event::Release(button)) if lost == button => {}
            (Fault::ReleaseLate, Event::Release(button)) => {
                self.releases.push((self.ticks + 50, button));
            }
            (Fault::CrossTalk, Event::Press(A)) => {
                self.pass_on(Event::Press(A), out);
                self.pass_on(Event::Press(B), out);
            }
            (Fault::CrossTalk, Event::Release(A)) => {
                self.pass_on(Event::Release(A), out);
                self.pass_on(Event::Release(B), out);
            }
            (Fault::HearsInSafeState, Event::Press(_)) if self.safe => {
                self.safe = false;
                self.lamp = Lamp::with_tuning(self.tuning);
                self.pass_on(event, out);
            }
            (_, event) => self.pass_on(event, out),
        }
    }

    fn outputs(&self) -> [Level; 4] {
        let mut outputs = self.lamp.outputs();
        match self.fault {
            Fault::Stuck(output, level) => outputs[output] = Level(level),
            Fault::Inverted(output) => outputs[output] = Level(1 - outputs[output].0),
            Fault::Miswired(output, other) => outputs[output] = outputs[other],
            Fault::OutputsLate => outputs = self.before,
            Fault::Flickers if self.dark_at == Some(self.ticks) => outputs[LAMP] = Level::OFF,
            Fault::TooBright if outputs[LAMP].0 > 0 => {
                outputs[LAMP] = Level((outputs[LAMP].0 + 1).min(99));
            }
            Fault::NeverDim if outputs[LAMP].0 > 0 => {
                outputs[LAMP] = Level(outputs[LAMP].0.max(10));
            }
            _ => {}
        }
        outputs
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self::new(&Tuning::SHIPPED, Fault::None, now))
    }
}

/// Faults beside the numbers, and the topic that promises otherwise.
const FAULTS: [(Fault, &str); 47] = [
    (Fault::ButtonsSwapped, "power"),
    (Fault::ButtonDead(A), "power"),
    (Fault::ButtonDead(B), "brightness"),
    (Fault::ReleaseLost(A), "power"),
    (Fault::ReleaseLost(B), "brightness"),
    (Fault::ReleaseLate, "power"),
    (Fault::CrossTalk, "power"),
    (Fault::Stuck(LAMP, 0), "power"),
    (Fault::Stuck(LAMP, 50), "power"),
    (Fault::Stuck(LOCKED, 0), "lock"),
    (Fault::Stuck(LOCKED, 1), "lock"),
    (Fault::Stuck(STATUS, 0), "safe-state"),
    (Fault::Stuck(STATUS, 1), "safe-state"),
    (Fault::Stuck(HEARTBEAT, 0), "heartbeat"),
    (Fault::Stuck(HEARTBEAT, 1), "heartbeat"),
    (Fault::Inverted(LOCKED), "lock"),
    (Fault::Inverted(STATUS), "safe-state"),
    (Fault::Inverted(HEARTBEAT), "heartbeat"),
    (Fault::Miswired(LOCKED, HEARTBEAT), "lock"),
    (Fault::Miswired(STATUS, HEARTBEAT), "safe-state"),
    (Fault::Miswired(HEARTBEAT, STATUS), "heartbeat"),
    (Fault::Miswired(LAMP, LOCKED), "power"),
    (Fault::OutputsLate, "power"),
    (Fault::OutputsLate, "heartbeat"),
    (Fault::Flickers, "power"),
    (Fault::TooBright, "power"),
    (Fault::NeverDim, "night"),
    (Fault::LogLost(BOOT), "reset"),
    (Fault::LogLost(POWER), "power"),
    (Fault::LogLost(LEVEL), "brightness"),
    (Fault::LogLost(NIGHT), "night"),
    (Fault::LogLost(PATTERN), "pattern"),
    (Fault::LogLost(LOCK), "lock"),
    (Fault::LogLost(IGNORED), "lock"),
    (Fault::LogAgain, "power"),
    (Fault::LogsLate, "power"),
    (Fault::LogWrong(BOOT), "safe-state"),
    (Fault::LogWrong(POWER), "power"),
    (Fault::LogWrong(LEVEL), "brightness"),
    (Fault::LogWrong(IGNORED), "lock"),
    (Fault::LogTooMany, "brightness"),
    (Fault::ClockFast, "power"),
    (Fault::ClockSlow, "heartbeat"),
    (Fault::BootIgnored, "safe-state"),
    (Fault::BootMistaken, "safe-state"),
    (Fault::ResetsItself, "auto-off"),
    (Fault::HearsInSafeState, "safe-state"),
];

/// A number of the lamp, changed, and the topic that promises another.
type ChangedNumber = (&'static str, &'static str, fn(&mut Tuning));

/// Each number of the lamp, by the least that can be.
const NUMBERS: [ChangedNumber; 20] = [
    ("debounce", "contacts", |tuning| tuning.debounce.0 += 1),
    ("long_press", "night", |tuning| tuning.long_press.0 += 1),
    ("double_press", "double", |tuning| {
        tuning.double_press.0 += 1;
    }),
    ("lock_hold", "lock", |tuning| tuning.lock_hold.0 += 1),
    ("auto_off", "auto-off", |tuning| tuning.auto_off.0 += 1),
    ("heartbeat", "heartbeat", |tuning| tuning.heartbeat.0 += 1),
    ("blink_half_period", "pattern", |tuning| {
        tuning.blink_half_period.0 += 1;
    }),
    ("breathe_step", "pattern", |tuning| {
        tuning.breathe_step.0 += 1;
    }),
    ("breathe_steps", "pattern", |tuning| {
        tuning.breathe_steps += 1;
    }),
    ("fault_on", "safe-state", |tuning| tuning.fault_on.0 += 1),
    ("fault_off", "safe-state", |tuning| tuning.fault_off.0 += 1),
    ("fault_pause", "safe-state", |tuning| {
        tuning.fault_pause.0 += 1;
    }),
    ("clock_failed_blinks", "safe-state", |tuning| {
        tuning.clock_failed_blinks += 1;
    }),
    ("uart_missing_blinks", "safe-state", |tuning| {
        tuning.uart_missing_blinks += 1;
    }),
    ("levels[0]", "brightness", |tuning| tuning.levels[0] += 1),
    ("levels[1]", "brightness", |tuning| tuning.levels[1] += 1),
    ("levels[2]", "brightness", |tuning| tuning.levels[2] += 1),
    ("levels[3]", "double", |tuning| tuning.levels[3] -= 1),
    ("start_level", "power", |tuning| tuning.start_level += 1),
    ("night_brightness", "night", |tuning| {
        tuning.night_brightness += 1;
    }),
];

/// The scenarios of a topic, or of all.
fn plans(topic: &str) -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios/lamp");
    let folder = folder.join(topic);
    let plans: Vec<_> = files::below(&folder, SCENARIO_EXTENSION)
        .unwrap()
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let scenario = grammar::parse(&text).unwrap();
            let plan = plan(&scenario, AppEntry::of::<Lamp>().descriptor()).unwrap();
            (path.display().to_string(), plan)
        })
        .collect();
    assert!(!plans.is_empty(), "no scenarios in `{topic}`");
    plans
}

/// How many expectations of the scenarios fail with this lamp.
fn failed(tuning: Tuning, fault: Fault, plans: &[(String, Plan)]) -> usize {
    let tuning: &'static Tuning = Box::leak(Box::new(tuning));
    let app = AppEntry::with_builder(
        move |clock| Some(FaultyLamp::new(tuning, fault, clock)),
        move || FaultyLamp::new(tuning, fault, Instant::ZERO),
        Capabilities::none(),
    );
    let failures = plans.iter().map(|(_, plan)| {
        let trace = play::trace(&app, &plan.script, &mut |_| ControlFlow::Continue(()));
        check_trace(&plan.checks, &trace.unwrap()).len()
    });
    failures.sum()
}

#[test]
fn a_lamp_without_a_fault_is_the_lamp() {
    for topic in ["power", "night", "double", "pattern", "lock", "safe-state"] {
        assert_eq!(failed(Tuning::SHIPPED, Fault::None, &plans(topic)), 0);
    }
}

#[test]
fn expectations_notice_a_fault_without_goldens() {
    let survivors: Vec<_> = FAULTS
        .iter()
        .filter(|(fault, topic)| failed(Tuning::SHIPPED, *fault, &plans(topic)) == 0)
        .collect();
    assert!(survivors.is_empty(), "nothing notices {survivors:?}");
}

#[test]
fn expectations_notice_each_number_that_is_one_off_without_goldens() {
    let mutant = |change: &fn(&mut Tuning)| {
        let mut tuning = Tuning::SHIPPED;
        change(&mut tuning);
        tuning
    };
    let survivors: Vec<_> = NUMBERS
        .iter()
        .filter(|(_, topic, change)| failed(mutant(change), Fault::None, &plans(topic)) == 0)
        .map(|(name, topic, _)| (name, topic))
        .collect();
    assert!(survivors.is_empty(), "nothing notices {survivors:?}");
}

/// A lamp whose one number is shorter, as `+ 1` says nothing of what happens too early.
#[test]
fn expectations_notice_a_time_that_is_one_tick_short_without_goldens() {
    type Time = (&'static str, &'static str, fn(&mut Tuning) -> &mut Ticks);
    let times: [Time; 12] = [
        ("debounce", "contacts", |tuning| &mut tuning.debounce),
        ("long_press", "night", |tuning| &mut tuning.long_press),
        ("double_press", "double", |tuning| &mut tuning.double_press),
        ("lock_hold", "lock", |tuning| &mut tuning.lock_hold),
        ("auto_off", "auto-off", |tuning| &mut tuning.auto_off),
        ("heartbeat", "heartbeat", |tuning| &mut tuning.heartbeat),
        ("blink_half_period", "pattern", |tuning| {
            &mut tuning.blink_half_period
        }),
        ("breathe_step", "pattern", |tuning| &mut tuning.breathe_step),
        ("fault_on", "safe-state", |tuning| &mut tuning.fault_on),
        ("fault_off", "safe-state", |tuning| &mut tuning.fault_off),
        ("fault_pause", "safe-state", |tuning| {
            &mut tuning.fault_pause
        }),
        ("double_press at power", "power", |tuning| {
            &mut tuning.double_press
        }),
    ];
    let survivors: Vec<_> = times
        .iter()
        .filter(|(_, topic, time)| {
            let mut tuning = Tuning::SHIPPED;
            time(&mut tuning).0 -= 1;
            failed(tuning, Fault::None, &plans(topic)) == 0
        })
        .map(|(name, topic, _)| (name, topic))
        .collect();
    assert!(survivors.is_empty(), "nothing notices {survivors:?}");
}
