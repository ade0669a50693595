//! Where windows open and close.

use super::*;

/// The failure of an expectation that stands immediately below what was done.
fn failure_after(
    kind: CauseKind,
    start: SamplePoint,
    at: SamplePoint,
    assertion: Assertion,
    trace: &Trace,
) -> Option<Failure> {
    let check = Check {
        span: Span::START,
        at,
        cause: Cause { kind, start },
        follows_cause: true,
        assertion,
    };
    check_trace(&[check], trace).pop()
}

#[test]
fn a_window_sees_what_its_own_press_caused() {
    let trace = trace(&[(10, press()), (10, power(1)), (10, lamp(50))]);
    let after_press = |assertion| {
        failure_after(
            CauseKind::Press,
            before_inputs(10),
            after_inputs(10),
            assertion,
            &trace,
        )
    };
    let output = |assertion| after_press(Assertion::Output(0, assertion));
    let level = TargetLevel::Level(50);
    assert_eq!(output(OutputAssertion::Becomes(level, RunTicks(5))), None);
    assert_eq!(output(OutputAssertion::Changes(RunTicks(5))), None);
    assert_eq!(
        output(OutputAssertion::Stays(Some(level), RunTicks(5))),
        None
    );
    assert!(output(OutputAssertion::Stays(None, RunTicks(5))).is_some());
    let off = OutputAssertion::Stays(Some(TargetLevel::Off), RunTicks(5));
    assert!(output(off).is_some());
    let log = |assertion| after_press(power_assertion(Some(1), assertion));
    assert_eq!(log(LogAssertion::LoggedWithin(RunTicks(1))), None);
    let logged = log(LogAssertion::NotLogged(RunTicks(50))).unwrap();
    assert_eq!(
        logged.message,
        "log `power on` at tick 10, with the press, expected no `power on` for 50 ms, from the \
         press at tick 10 to tick 60"
    );
    assert_eq!(
        logged.help.as_deref(),
        Some("this holds: `expect log power on`")
    );
}

#[test]
fn a_window_sees_what_happened_during_its_tap() {
    // Up and down again while the button is held.
    let trace = trace(&[(10, press()), (30, lamp(50)), (30, power(1)), (60, lamp(0))]);
    let after_tap = |assertion| {
        failure_after(
            CauseKind::Tap,
            before_inputs(10),
            after_inputs(110),
            assertion,
            &trace,
        )
    };
    let output = |assertion| after_tap(Assertion::Output(0, assertion));
    let becomes = OutputAssertion::Becomes(TargetLevel::On, RunTicks(5));
    assert_eq!(output(becomes), None);
    // It is off before and after, and was on in between.
    let stays = OutputAssertion::Stays(Some(TargetLevel::Off), RunTicks(5));
    assert!(output(stays).unwrap().message.contains("during the tap"));
    let pulse = |length| OutputAssertion::Pulse(Polarity::High, measure(length, 0, 5));
    assert_eq!(output(pulse(30)), None);
    assert!(output(pulse(31)).is_some());
    let silent = power_assertion(None, LogAssertion::NotLogged(RunTicks(5)));
    assert!(
        after_tap(silent)
            .unwrap()
            .message
            .contains("during the tap")
    );
}

#[test]
fn a_window_at_power_up_sees_its_logs_and_takes_no_level_for_a_change() {
    let mut trace = Trace::new(APP);
    for what in [
        Observation::Input(Action::Reset(BootCondition::OK)),
        power(1),
        lamp(50),
        Observation::Output(1, Level(0)),
    ] {
        trace.observe(RunTicks::ZERO, what);
    }
    trace.set_end(RunTicks(100));
    let Cause { kind, start } = Cause::POWER_UP;
    let at_start =
        |assertion| failure_after(kind, start, after_inputs(0), assertion, &trace).is_none();
    let log = |assertion| at_start(power_assertion(Some(1), assertion));
    assert!(log(LogAssertion::LoggedWithin(RunTicks(1))));
    assert!(!log(LogAssertion::NotLogged(RunTicks(50))));
    let output = |assertion| at_start(Assertion::Output(0, assertion));
    assert!(!output(OutputAssertion::Becomes(
        TargetLevel::On,
        RunTicks(5)
    )));
    assert!(!output(OutputAssertion::Changes(RunTicks(5))));
    assert!(output(OutputAssertion::Stays(None, RunTicks(5))));
}

#[test]
fn nothing_comes_to_be_in_a_window_by_a_reset() {
    let reset = Observation::Input(Action::Reset(BootCondition::OK));
    let trace = trace(&[
        (10, lamp(50)),
        (40, reset),
        (40, power(1)),
        (40, lamp(0)),
        (60, lamp(20)),
    ]);
    let output = |assertion| holds(after_inputs(20), assertion, &trace);
    assert!(!output(OutputAssertion::Becomes(
        TargetLevel::Off,
        RunTicks(50)
    )));
    assert!(!output(OutputAssertion::Changes(RunTicks(50))));
    let pulse = OutputAssertion::Pulse(Polarity::High, measure(30, 0, 100));
    assert!(!holds(after_inputs(0), pulse, &trace));
    let within = LogAssertion::LoggedWithin(RunTicks(50));
    assert!(!log_holds(after_inputs(20), within, Some(1), None, &trace));
    // What is not to happen may not happen in a reset either.
    assert!(!output(OutputAssertion::Stays(None, RunTicks(50))));
    let silent = LogAssertion::NotLogged(RunTicks(50));
    assert!(!log_holds(after_inputs(20), silent, Some(1), None, &trace));
    // Up to the reset, and from it on.
    assert!(output(OutputAssertion::Stays(None, RunTicks(19))));
    let becomes = OutputAssertion::Becomes(TargetLevel::Level(20), RunTicks(20));
    assert!(holds(after_inputs(40), becomes, &trace));
}
