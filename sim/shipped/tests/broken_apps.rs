//! Apps that panic, or show and say what they do not declare, are found out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "an app that panics is what is tested"
)]

use std::ops::ControlFlow;

use lockstep_console::panics;
use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::plan;

/// What the app does wrong at tick 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fault {
    None,
    Panics,
    ShowsTooMuch,
    SaysTooMuch,
    SaysAnUnknownLog,
    PanicsWhenPressed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Faulty {
    fault: Fault,
    ticks: u32,
}

impl App for Faulty {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("faulty", "1")
        .with_buttons(&["A"])
        .with_outputs(&[Output::digital("led")])
        .with_logs(&[LogKind::words("power", &["off", "on"])]);
    type Outputs = [Level; 1];

    fn new() -> Self {
        Self {
            fault: Fault::None,
            ticks: 0,
        }
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match (event, self.fault) {
            (Event::Press(_), Fault::PanicsWhenPressed) => panic!("do not touch"),
            (Event::Tick, _) => self.ticks += 1,
            _ => return,
        }
        match (self.ticks, self.fault) {
            (5, Fault::Panics) => panic!("the fifth tick"),
            (5, Fault::SaysTooMuch) => out.log(Log::new(LogId(0), 2)),
            (5, Fault::SaysAnUnknownLog) => out.log(Log::new(LogId(1), 0)),
            _ => {}
        }
    }

    fn outputs(&self) -> Self::Outputs {
        let too_much = self.ticks >= 5 && self.fault == Fault::ShowsTooMuch;
        [Level(if too_much { 2 } else { 0 })]
    }
}

/// What comes of 100 ms with a tap in them.
fn play(fault: Fault, header: &str) -> Result<RunTicks, PlayError> {
    let app = AppEntry::with_builder(
        move |_| Some(Faulty { fault, ticks: 0 }),
        move || Faulty { fault, ticks: 0 },
        Capabilities::none(),
    );
    let app = match header {
        "" => app,
        _ => AppEntry::of::<Faulty>(),
    };
    let app = app.with_panic_guard(panics::install());
    let text = format!("app faulty\n{header}wait 20 ms\ntap A for 50 ms\nwait 30 ms\n");
    let scenario = grammar::parse(&text).unwrap();
    let plan = plan(&scenario, app.descriptor()).unwrap();
    play::trace(&app, &plan.script, &mut |_| ControlFlow::Continue(())).map(|trace| trace.end())
}

#[test]
fn an_app_that_keeps_its_contract_is_played() {
    assert_eq!(play(Fault::None, ""), Ok(RunTicks(100)));
}

#[test]
fn a_panic_is_an_error_with_its_tick_its_message_and_its_place() {
    for (fault, tick, message) in [
        (Fault::Panics, 5, "the fifth tick"),
        (Fault::PanicsWhenPressed, 20, "do not touch"),
    ] {
        let error = play(fault, "").unwrap_err();
        assert!(matches!(error, PlayError::Panicked { tick: at, .. } if at == RunTicks(tick)));
        let told = error.to_string();
        let start = format!("app `faulty` panicked at tick {tick}: {message} (");
        assert!(told.starts_with(&start), "{told}");
        assert!(told.contains("broken_apps.rs:"), "{told}");
    }
}

#[test]
fn what_an_app_does_not_declare_breaks_its_contract() {
    for (fault, problem) in [
        (
            Fault::ShowsTooMuch,
            "output `led` is at 2, above the 1 it declares",
        ),
        (
            Fault::SaysTooMuch,
            "log `power` has value 2, and declares 2 words",
        ),
        (
            Fault::SaysAnUnknownLog,
            "it logged kind 1, and declares 1 kinds",
        ),
    ] {
        let told = play(fault, "").unwrap_err().to_string();
        let expected = format!("app `faulty` broke its contract at tick 5: {problem}");
        assert_eq!(told, expected);
    }
}

#[test]
fn an_app_without_a_settable_counter_says_so() {
    let error = play(Fault::None, "clock starts at 7\n").unwrap_err();
    assert_eq!(
        error,
        PlayError::ClockNotSettable {
            app: "faulty",
            clock: Instant(7),
        }
    );
}
