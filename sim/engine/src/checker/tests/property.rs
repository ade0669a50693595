//! No trace and no check make it panic.

use lockstep_core::app::{Log, LogId};
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::short::ShortBytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn observations() -> impl Strategy<Value = Observation> {
    prop_oneof![
        (0_u8..4, any::<i32>())
            .prop_map(|(output, level)| Observation::Output(output, Level(level))),
        (0_u8..4, -1..4).prop_map(|(id, value)| Observation::Log(Log::new(LogId(id), value))),
        (0_u8..4, "[ab]{0,3}").prop_map(|(id, text)| Observation::Log(Log::text(LogId(id), &text))),
        (0_u8..3, "[ab]{0,3}").prop_map(|(line, text)| Observation::Sent(
            SerialId(line),
            ShortBytes::new(text.as_bytes())
        )),
        (0_u8..3, any::<u8>())
            .prop_map(|(line, byte)| Observation::Input(Action::Byte(SerialId(line), byte))),
        (0_u8..3, any::<i32>())
            .prop_map(|(id, number)| Observation::Input(Action::Number(NumberId(id), number))),
        (0_u8..3, any::<bool>()).prop_map(|(button, closed)| {
            let contact = if closed {
                SwitchState::Closed
            } else {
                SwitchState::Open
            };
            Observation::Input(Action::Button(ButtonId(button), contact))
        }),
        Just(Observation::Input(Action::Reset(BootCondition::OK))),
    ]
}

fn sample_points() -> impl Strategy<Value = SamplePoint> {
    let ticks = prop_oneof![4 => 0_u64..50, 1 => any::<u64>()];
    (ticks, any::<bool>()).prop_map(|(tick, is_before)| {
        if is_before {
            before_inputs(tick)
        } else {
            after_inputs(tick)
        }
    })
}

fn assertions() -> impl Strategy<Value = Assertion> {
    let length = || prop_oneof![4 => 0_u64..50, 1 => any::<u64>()].prop_map(RunTicks);
    let target = || {
        prop_oneof![
            Just(TargetLevel::On),
            Just(TargetLevel::Off),
            any::<i32>().prop_map(TargetLevel::Level),
            any::<i32>().prop_map(TargetLevel::AtLeast),
            any::<i32>().prop_map(TargetLevel::AtMost),
            any::<(i32, i32)>().prop_map(|(least, most)| TargetLevel::Between(least, most)),
        ]
    };
    let measure = || {
        (length(), length(), length()).prop_map(|(length, tolerance, within)| Measurement {
            length,
            tolerance,
            within,
        })
    };
    let output = prop_oneof![
        target().prop_map(OutputAssertion::Is),
        target().prop_map(OutputAssertion::IsNot),
        (target(), length()).prop_map(|(target, within)| OutputAssertion::Becomes(target, within)),
        length().prop_map(OutputAssertion::Changes),
        (proptest::option::of(target()), length())
            .prop_map(|(target, length)| OutputAssertion::Stays(target, length)),
        measure().prop_map(|measure| OutputAssertion::Pulse(Polarity::High, measure)),
        measure().prop_map(|measure| OutputAssertion::Pulse(Polarity::Low, measure)),
        measure().prop_map(OutputAssertion::Period),
    ];
    let log = prop_oneof![
        Just(LogAssertion::Logged),
        length().prop_map(LogAssertion::LoggedWithin),
        length().prop_map(LogAssertion::NotLogged),
    ];
    let pattern = || "[ab]{0,3}".prop_map(|text| Pattern::exactly(text.as_bytes()));
    let value = prop_oneof![
        (-1..4).prop_map(LogTarget::Number),
        pattern().prop_map(LogTarget::Text),
    ];
    let serial = prop_oneof![
        pattern().prop_map(SerialAssertion::Sent),
        (pattern(), length())
            .prop_map(|(pattern, within)| SerialAssertion::SentWithin(pattern, within)),
        length().prop_map(SerialAssertion::Silent),
    ];
    prop_oneof![
        (0_u8..4, output).prop_map(|(output, assertion)| Assertion::Output(output, assertion)),
        (0_u8..4, proptest::option::of(value), log).prop_map(|(log, value, assertion)| {
            Assertion::Log {
                log: LogId(log),
                value,
                assertion,
            }
        }),
        (0_u8..3, serial)
            .prop_map(|(line, assertion)| Assertion::Serial(SerialId(line), assertion)),
        vec(0_u8..4, 0..4).prop_map(Assertion::OnlyOn),
    ]
}

proptest! {
    #[test]
    fn no_trace_and_no_check_make_it_panic(
        entries in vec((0_u64..5, observations()), 0..40),
        checks in vec((sample_points(), sample_points(), any::<bool>(), assertions()), 1..10),
        in_order: bool,
    ) {
        let mut trace = Trace::new(APP);
        let mut now = 0_u64;
        for (tick, what) in entries {
            now = if in_order { now + tick } else { tick };
            trace.observe(RunTicks(now), what);
        }
        let checks: Vec<_> = checks
            .into_iter()
            .map(|(at, start, follows_cause, assertion)| Check {
                span: Span::START,
                at,
                cause: Cause { kind: CauseKind::Tap, start },
                follows_cause,
                assertion,
            })
            .collect();
        prop_assert!(check_trace(&checks, &trace).len() <= checks.len());
    }
}
