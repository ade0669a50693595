mod matrix;
mod property;
mod windows;

use lockstep_core::app::{Log, LogId, LogKind};
use lockstep_core::event::ButtonId;
use lockstep_core::output::Output;
use lockstep_core::ports::SerialLine;

use super::*;
use crate::dyn_runner::{Observation, Observer};
use crate::scenario::pattern::Pattern;
use crate::scenario::plan::{Cause, CauseKind, LogTarget};
use crate::scenario::{
    LogAssertion, Measurement, OutputAssertion, Polarity, SerialAssertion, TargetLevel,
};
use crate::script::{Action, BootCondition, SwitchState};

const APP: &AppDescriptor = &AppDescriptor::new("app", "1")
    .with_buttons(&["A"])
    .with_outputs(&[Output::analog("lamp", 100), Output::digital("led")])
    .with_logs(&[
        LogKind::words("power", &["off", "on"]),
        LogKind::number("level"),
        LogKind::text("said"),
    ])
    .with_serial_lines(&[SerialLine::new("uart")]);

const POWER: LogId = LogId(0);

/// A trace that begins with a power-up and both outputs at 0.
fn trace(entries: &[(u64, Observation)]) -> Trace {
    let mut trace = Trace::new(APP);
    let begin = [
        (0, Observation::Input(Action::Reset(BootCondition::OK))),
        (0, lamp(0)),
        (0, Observation::Output(1, Level(0))),
    ];
    for &(tick, what) in begin.iter().chain(entries) {
        trace.observe(RunTicks(tick), what);
    }
    trace.set_end(RunTicks(1_000));
    trace
}

fn lamp(level: i32) -> Observation {
    Observation::Output(0, Level(level))
}

fn press() -> Observation {
    Observation::Input(Action::Button(ButtonId(0), SwitchState::Closed))
}

fn power(value: i32) -> Observation {
    Observation::Log(Log::new(POWER, value))
}

fn before_inputs(tick: u64) -> SamplePoint {
    SamplePoint {
        tick: RunTicks(tick),
        phase: TickPhase::BeforeInputs,
    }
}

fn after_inputs(tick: u64) -> SamplePoint {
    SamplePoint {
        tick: RunTicks(tick),
        phase: TickPhase::AfterInputs,
    }
}

fn failure(at: SamplePoint, assertion: Assertion, trace: &Trace) -> Option<Failure> {
    let check = Check {
        span: Span::START,
        at,
        cause: Cause::POWER_UP,
        follows_cause: false,
        assertion,
    };
    check_trace(&[check], trace).pop()
}

/// Whether the assertion about the lamp holds.
fn holds(at: SamplePoint, assertion: OutputAssertion<i32>, trace: &Trace) -> bool {
    failure(at, Assertion::Output(0, assertion), trace).is_none()
}

/// Whether the assertion about the log of the power holds.
fn log_holds(
    at: SamplePoint,
    assertion: LogAssertion,
    value: Option<i32>,
    since: Option<SamplePoint>,
    trace: &Trace,
) -> bool {
    let start = since.unwrap_or(Cause::POWER_UP.start);
    let check = Check {
        span: Span::START,
        at,
        cause: Cause {
            kind: CauseKind::Press,
            start,
        },
        follows_cause: false,
        assertion: power_assertion(value, assertion),
    };
    check_trace(&[check], trace).is_empty()
}

fn power_assertion(value: Option<i32>, assertion: LogAssertion) -> Assertion {
    Assertion::Log {
        log: POWER,
        value: value.map(LogTarget::Number),
        assertion,
    }
}

fn measure(length: u64, tolerance: u64, within: u64) -> Measurement {
    Measurement {
        length: RunTicks(length),
        tolerance: RunTicks(tolerance),
        within: RunTicks(within),
    }
}

#[test]
fn mismatches_are_the_failures_without_what_was_nearest() {
    let trace = trace(&[(10, lamp(5)), (20, power(1))]);
    let target = TargetLevel::On;
    let becomes = |within| OutputAssertion::Becomes(target, RunTicks(within));
    let checks = [
        Assertion::Output(0, becomes(5)),
        Assertion::Output(0, becomes(50)),
        power_assertion(Some(1), LogAssertion::LoggedWithin(RunTicks(5))),
    ];
    let checks = checks.map(|assertion| Check {
        span: Span::START,
        at: before_inputs(0),
        cause: Cause::POWER_UP,
        follows_cause: false,
        assertion,
    });
    let failures = check_trace(&checks, &trace);
    assert_eq!(failures.len(), 2);
    assert!(failures.iter().all(|failure| failure.note.is_some()));
    let failures = failures
        .into_iter()
        .map(|failure| (failure.span, Mismatch::new(failure.tick, failure.message)));
    assert!(mismatches(&checks, &trace).eq(failures));
}

#[test]
fn a_level_is_checked_before_or_after_the_inputs_of_a_tick() {
    // Time takes the lamp to 10, a press in the same tick to 20.
    let trace = trace(&[(5, lamp(10)), (5, press()), (5, lamp(20))]);
    for (at, level) in [
        (after_inputs(4), 0),
        (before_inputs(5), 10),
        (after_inputs(5), 20),
        (before_inputs(6), 20),
        (after_inputs(1_000), 20),
    ] {
        let target = TargetLevel::Level(level);
        assert!(holds(at, OutputAssertion::Is(target), &trace), "{at:?}");
        assert!(!holds(at, OutputAssertion::IsNot(target), &trace), "{at:?}");
    }
}

#[test]
fn power_up_is_not_an_input_of_tick_0() {
    let trace = trace(&[(0, press()), (0, lamp(50))]);
    assert!(holds(
        before_inputs(0),
        OutputAssertion::Is(TargetLevel::Off),
        &trace
    ));
    assert!(holds(
        after_inputs(0),
        OutputAssertion::Is(TargetLevel::On),
        &trace
    ));
}

#[test]
fn an_output_that_the_trace_does_not_show_is_not_off() {
    let mut nothing = Trace::new(APP);
    nothing.set_end(RunTicks(1_000));
    for assertion in [
        OutputAssertion::Is(TargetLevel::Off),
        OutputAssertion::IsNot(TargetLevel::On),
        OutputAssertion::Stays(Some(TargetLevel::Off), RunTicks(10)),
        OutputAssertion::Stays(None, RunTicks(10)),
    ] {
        assert!(
            !holds(before_inputs(0), assertion, &nothing),
            "{assertion:?}"
        );
    }
}

#[test]
fn no_expectation_holds_beyond_the_end_of_the_trace() {
    let mut cut = trace(&[]);
    cut.set_end(RunTicks(9));
    assert!(holds(
        after_inputs(0),
        OutputAssertion::Stays(None, RunTicks(9)),
        &cut
    ));
    assert!(!holds(
        after_inputs(0),
        OutputAssertion::Stays(None, RunTicks(10)),
        &cut
    ));
}

#[test]
fn on_is_any_level_above_zero() {
    let trace = trace(&[(5, lamp(1))]);
    for (target, met) in [
        (TargetLevel::On, true),
        (TargetLevel::Off, false),
        (TargetLevel::Level(1), true),
        (TargetLevel::Level(2), false),
    ] {
        assert_eq!(
            holds(after_inputs(5), OutputAssertion::Is(target), &trace),
            met
        );
        assert_eq!(
            holds(after_inputs(5), OutputAssertion::IsNot(target), &trace),
            !met
        );
    }
}

#[test]
fn a_change_at_the_last_tick_of_the_window_counts_and_one_at_its_start_does_not() {
    let trace = trace(&[(10, lamp(50))]);
    let becomes = |within| OutputAssertion::Becomes(TargetLevel::On, RunTicks(within));
    let changes = |within| OutputAssertion::Changes(RunTicks(within));
    for (at, within, counts) in [
        (after_inputs(0), 10, true),
        (after_inputs(0), 9, false),
        (after_inputs(9), 1, true),
        (before_inputs(10), 100, false),
        (after_inputs(10), 100, false),
    ] {
        assert_eq!(
            holds(at, becomes(within), &trace),
            counts,
            "{at:?} {within}"
        );
        assert_eq!(
            holds(at, changes(within), &trace),
            counts,
            "{at:?} {within}"
        );
        let stays = OutputAssertion::Stays(None, RunTicks(within));
        assert_eq!(holds(at, stays, &trace), !counts, "{at:?} {within}");
    }
}

#[test]
fn a_window_sees_the_inputs_of_its_first_tick_that_come_after_it() {
    let trace = trace(&[(10, press()), (10, lamp(50))]);
    let becomes = OutputAssertion::Becomes(TargetLevel::On, RunTicks(5));
    assert!(holds(before_inputs(10), becomes, &trace));
    assert!(!holds(after_inputs(10), becomes, &trace));
    let stays = OutputAssertion::Stays(None, RunTicks(5));
    assert!(!holds(before_inputs(10), stays, &trace));
    assert!(holds(after_inputs(10), stays, &trace));
}

#[test]
fn becomes_takes_a_change_to_the_right_level() {
    let trace = trace(&[(10, lamp(50)), (20, lamp(75)), (30, lamp(50))]);
    let becomes = |level| OutputAssertion::Becomes(TargetLevel::Level(level), RunTicks(15));
    assert!(!holds(after_inputs(0), becomes(0), &trace));
    assert!(holds(after_inputs(0), becomes(50), &trace));
    assert!(!holds(after_inputs(0), becomes(75), &trace));
    assert!(holds(after_inputs(10), becomes(75), &trace));
    assert!(holds(after_inputs(15), becomes(50), &trace));
}

#[test]
fn stays_checks_the_level_at_its_start_too() {
    let trace = trace(&[(10, lamp(50)), (20, lamp(60))]);
    let stays = |target, length| OutputAssertion::Stays(Some(target), RunTicks(length));
    assert!(holds(
        after_inputs(10),
        stays(TargetLevel::Level(50), 9),
        &trace
    ));
    assert!(!holds(
        after_inputs(10),
        stays(TargetLevel::Level(50), 10),
        &trace
    ));
    assert!(!holds(
        after_inputs(10),
        stays(TargetLevel::Level(51), 9),
        &trace
    ));
    // Nothing may change, not even to another level that is on.
    assert!(!holds(after_inputs(10), stays(TargetLevel::On, 10), &trace));
    let failure = failure(
        after_inputs(10),
        Assertion::Output(0, stays(TargetLevel::On, 10)),
        &trace,
    )
    .unwrap();
    assert_eq!(failure.tick, RunTicks(20));
}

#[test]
fn other_outputs_do_not_matter() {
    let trace = trace(&[(10, Observation::Output(1, Level(1)))]);
    assert!(holds(
        after_inputs(0),
        OutputAssertion::Stays(None, RunTicks(100)),
        &trace
    ));
    assert!(!holds(
        after_inputs(0),
        OutputAssertion::Changes(RunTicks(100)),
        &trace
    ));
}

#[test]
fn every_whole_pulse_is_measured() {
    // Up for 10 ms, down for 20, up for 30; dimming on the way is no edge.
    let trace = trace(&[
        (10, lamp(50)),
        (15, lamp(60)),
        (20, lamp(0)),
        (40, lamp(1)),
        (70, lamp(0)),
    ]);
    let high = |length, within| OutputAssertion::Pulse(Polarity::High, measure(length, 0, within));
    let low = |length, within| OutputAssertion::Pulse(Polarity::Low, measure(length, 0, within));
    assert!(!holds(after_inputs(0), high(10, 100), &trace));
    assert!(!holds(after_inputs(0), high(30, 100), &trace));
    // The second may be as long as the first where the window ends, and no longer.
    assert!(holds(after_inputs(0), high(10, 50), &trace));
    assert!(!holds(after_inputs(0), high(10, 51), &trace));
    // The end of the pulse may be the last tick of the window.
    assert!(holds(after_inputs(0), high(10, 20), &trace));
    assert!(!holds(after_inputs(0), high(10, 19), &trace));
    // From within the first pulse, the second is the first whole one.
    assert!(holds(after_inputs(10), high(30, 100), &trace));
    assert!(holds(after_inputs(0), low(20, 40), &trace));
    assert!(!holds(after_inputs(0), low(20, 39), &trace));
    // A low pulse begins with a falling edge: being low at first is not one.
    assert!(!holds(after_inputs(0), low(10, 30), &trace));
    assert!(!holds(after_inputs(20), low(20, 100), &trace));
}

#[test]
fn every_period_is_from_one_rising_edge_to_the_next() {
    let trace = trace(&[
        (10, lamp(1)),
        (20, lamp(0)),
        (35, lamp(1)),
        (40, lamp(0)),
        (90, lamp(1)),
    ]);
    let period = |length, within| OutputAssertion::Period(measure(length, 0, within));
    assert!(holds(after_inputs(0), period(25, 35), &trace));
    assert!(!holds(after_inputs(0), period(25, 34), &trace));
    assert!(holds(after_inputs(10), period(55, 100), &trace));
    // The next edge may be due where the window ends, and not be missing.
    assert!(holds(after_inputs(0), period(25, 60), &trace));
    assert!(!holds(after_inputs(0), period(25, 61), &trace));
    assert!(!holds(after_inputs(0), period(25, 100), &trace));
    assert!(!holds(after_inputs(35), period(55, 100), &trace));
}

#[test]
fn a_tolerance_is_inclusive_on_both_sides() {
    let trace = trace(&[(100, lamp(1)), (200, lamp(0)), (300, lamp(1))]);
    for (length, tolerance, within_it) in [
        (100, 0, true),
        (95, 5, true),
        (105, 5, true),
        (94, 5, false),
        (106, 5, false),
    ] {
        let pulse = OutputAssertion::Pulse(Polarity::High, measure(length, tolerance, 300));
        assert_eq!(holds(after_inputs(0), pulse, &trace), within_it, "{length}");
        let period = OutputAssertion::Period(measure(2 * length, 2 * tolerance, 300));
        assert_eq!(
            holds(after_inputs(0), period, &trace),
            within_it,
            "{length}"
        );
    }
}

#[test]
fn a_log_is_looked_for_since_the_last_press() {
    let trace = trace(&[
        (10, power(1)),
        (20, power(0)),
        (20, press()),
        (20, power(1)),
    ]);
    let logged = |at, value, since| log_holds(at, LogAssertion::Logged, value, since, &trace);
    assert!(logged(before_inputs(10), Some(1), None));
    assert!(!logged(after_inputs(9), Some(1), None));
    assert!(!logged(after_inputs(10), Some(0), None));
    assert!(logged(after_inputs(10), None, None));
    // What time brings in the tick of the press comes before it.
    assert!(logged(after_inputs(20), Some(1), Some(before_inputs(20))));
    assert!(!logged(after_inputs(20), Some(0), Some(before_inputs(20))));
    assert!(logged(before_inputs(20), Some(0), None));
    assert!(!logged(before_inputs(20), None, Some(before_inputs(20))));
}

#[test]
fn a_log_counts_from_the_start_of_its_window_to_the_last_tick() {
    let trace = trace(&[(10, power(1)), (10, press()), (10, power(0))]);
    let within = |at, value, time| {
        log_holds(
            at,
            LogAssertion::LoggedWithin(RunTicks(time)),
            Some(value),
            None,
            &trace,
        )
    };
    let silent = |at, value, time| {
        log_holds(
            at,
            LogAssertion::NotLogged(RunTicks(time)),
            Some(value),
            None,
            &trace,
        )
    };
    for (at, value, time, logged) in [
        (after_inputs(0), 1, 10, true),
        (after_inputs(0), 1, 9, false),
        (before_inputs(10), 1, 10, false),
        (before_inputs(10), 0, 10, true),
        (after_inputs(10), 0, 10, false),
        // The inputs of the last tick come after the window.
        (after_inputs(0), 0, 10, false),
        (after_inputs(0), 0, 11, true),
    ] {
        assert_eq!(within(at, value, time), logged, "{at:?} {value} {time}");
        assert_eq!(silent(at, value, time), !logged, "{at:?} {value} {time}");
    }
}

#[test]
fn a_failure_says_what_happened_when_and_what_was_expected() {
    let trace = trace(&[(10, lamp(50)), (10, power(1)), (300, power(0))]);
    let becomes = |within| {
        Assertion::Output(
            0,
            OutputAssertion::Becomes(TargetLevel::On, RunTicks(within)),
        )
    };
    let late = failure(after_inputs(0), becomes(8), &trace).unwrap();
    assert_eq!(
        late.message,
        "`lamp` did not become on within 8 ms, from tick 0 to 8: it stayed 0"
    );
    assert_eq!(
        late.note.as_deref(),
        Some("it became 50 at tick 10, 2 ms too late")
    );
    assert_eq!(late.tick, RunTicks(8));
    let already = failure(after_inputs(10), becomes(8), &trace).unwrap();
    assert!(already.note.unwrap().contains("`becomes` needs a change"));
    let assertion = Assertion::Log {
        log: POWER,
        value: Some(LogTarget::Number(0)),
        assertion: LogAssertion::Logged,
    };
    let not_logged = failure(after_inputs(100), assertion, &trace).unwrap();
    assert_eq!(
        not_logged.note.as_deref(),
        Some("it came at tick 300, 200 ms later")
    );
    assert_eq!(
        not_logged.help.as_deref(),
        Some("this holds: `expect log power off within 200 ms`")
    );
}
