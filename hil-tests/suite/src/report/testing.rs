//! Suites that tests write down.

use std::time::Duration;

use lockstep_core::time::RunTicks;
use lockstep_engine::trace::document::Document;

use crate::verdict::{
    Attempt, BenchLabel, Case, Ending, Evidence, LogLevel, LogLine, Outcome, PinSample, Reason,
    SourceLocation, Suite,
};
use lockstep_core::protocol::Stimulus;

/// A name that breaks every format that does not escape it.
pub(super) const HOSTILE: &str = "a<b>&\"c'%0A|`,::]]>\n\u{202e}\u{1b}[31mz";

const HOST: &str = "lockstep trace 1: lamp, tick 1 ms
       0  in   reset      ok
       0  log  boot       ok
       0  out  lamp       0
       0  out  status     1
     120  in   A          press
     145  log  gesture    press
     170  in   A          release
     195  log  gesture    short
     195  out  lamp       25
     420  in   A          press
     440  out  status     0
     470  in   A          release
     495  log  gesture    short
     495  out  lamp       50
     640  out  status     1
     900  end  lines      15
";

pub(super) fn host() -> Document {
    Document::parse(HOST).unwrap()
}

/// What the host does, except that the lamp comes to 50 so many ticks late.
pub(super) fn late(by: u64) -> Document {
    let mut late = host();
    late.lines[13].tick = RunTicks(late.lines[13].tick.0 + by);
    late
}

pub(super) fn case(scenario: &str, stimulus: Stimulus, attempts: Vec<Attempt>) -> Case {
    Case {
        simulator: "cargo sim".to_owned(),
        scenario: scenario.to_owned(),
        path: format!("fixtures/scenarios/{scenario}.scn"),
        bench: BenchLabel {
            name: "virtual-v1".to_owned(),
            board: "microbit-v1".to_owned(),
            probe: "virtual".to_owned(),
            build: Some("0123abcd".to_owned()),
        },
        stimulus,
        evidence: vec![Evidence::Rtt, Evidence::Outside],
        expected: Some(host()),
        tolerance: RunTicks::ZERO,
        attempts,
    }
}

pub(super) fn suite(cases: Vec<Case>) -> Suite {
    Suite {
        cases,
        took: Duration::from_millis(1234),
        ending: Ending::Complete,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn passed() -> Attempt {
    Attempt {
        trace: Some(host()),
        slack: Some(RunTicks::ZERO),
        ..Attempt::new(Outcome::Pass, ms(210))
    }
}

pub(super) fn failed() -> Attempt {
    let cause = Reason {
        message: "the trace is not the golden".to_owned(),
        place: Some(SourceLocation {
            file: "fixtures/scenarios/lamp/brightness/cycles.scn".to_owned(),
            line: 7,
        }),
        ..Reason::default()
    };
    let sample = |tick, level, evidence| PinSample {
        tick: RunTicks(tick),
        output: "lamp".to_owned(),
        pin: "P0.03".to_owned(),
        level,
        evidence,
    };
    let line = |tick, level, text: &str, line| LogLine {
        tick: Some(RunTicks(tick)),
        level: Some(level),
        text: text.to_owned(),
        place: Some(SourceLocation {
            file: "firmware-core/src/apps/lamp/light.rs".to_owned(),
            line,
        }),
    };
    Attempt {
        trace: Some(late(2)),
        pins: vec![
            sample(195, 25, Evidence::Outside),
            sample(497, 50, Evidence::Outside),
            sample(900, 50, Evidence::Register),
        ],
        log: vec![
            line(0, LogLevel::Info, "up, clock ready", 20),
            line(497, LogLevel::Debug, "brightness 25 -> 50", 48),
        ],
        recording: Some("target/hil/lamp-brightness-cycles.rec".to_owned()),
        ..Attempt::new(Outcome::Fail(cause), ms(250))
    }
}

pub(super) fn broken() -> Attempt {
    let cause = Reason {
        message: "the board sent nothing for 5 s: expected the end of the run".to_owned(),
        details: "pc 0x00001a2c  lr 0x00000f01  HardFault\n  0: lamp::light::step at light.rs:48"
            .to_owned(),
        help: Some("reset the board, or look at its cable".to_owned()),
        tick: Some(RunTicks(440)),
        ..Reason::default()
    };
    Attempt::new(Outcome::Infra(cause), ms(5300))
}

/// A board that crashed after its first gesture, and did as the golden says until then.
pub(super) fn crashed() -> Attempt {
    let mut cut = host();
    cut.lines.truncate(11);
    cut.end = RunTicks(440);
    let cause = Reason {
        details: "at firmware-core/src/apps/lamp/light.rs:48".to_owned(),
        tick: Some(cut.end),
        ..Reason::new("the firmware panicked at tick 441: brightness is above 100")
    };
    let log = LogLine {
        tick: Some(RunTicks(440)),
        level: Some(LogLevel::Error),
        text: "panicked".to_owned(),
        place: None,
    };
    Attempt {
        trace: Some(cut),
        is_partial: true,
        log: vec![log],
        recording: Some("target/hil/virtual-v1/rtt/lamp/lock/holds.rec".to_owned()),
        ..Attempt::new(Outcome::Fail(cause), ms(480))
    }
}

pub(super) fn skipped() -> Attempt {
    Attempt::new(
        Outcome::Skipped(Reason::new("the bench cannot drive pins")),
        Duration::ZERO,
    )
}

/// A suite of each kind, with its name.
pub(super) fn suites() -> Vec<(&'static str, Suite)> {
    use Stimulus::{Pins, Scheduled as Rtt};
    let real = Case {
        tolerance: RunTicks(3),
        bench: BenchLabel {
            name: "desk".to_owned(),
            board: "microbit-v2".to_owned(),
            probe: "0d28:0204:9906".to_owned(),
            build: Some("0123abcd".to_owned()),
        },
        ..case(
            "lamp/brightness/cycles",
            Pins,
            vec![Attempt {
                trace: Some(late(2)),
                expected: Some(late(2)),
                slack: Some(RunTicks(2)),
                ..Attempt::new(Outcome::Pass, ms(1020))
            }],
        )
    };
    let failing = suite(vec![
        case("lamp/brightness/cycles", Rtt, vec![passed()]),
        case("lamp/brightness/cycles", Pins, vec![failed()]),
        real.clone(),
        case("lamp/lock/holds", Rtt, vec![passed()]),
        case("lamp/lock/holds", Pins, vec![skipped()]),
    ]);
    vec![
        ("empty", suite(Vec::new())),
        (
            "pass",
            suite(vec![
                case("lamp/brightness/cycles", Rtt, vec![passed()]),
                case("lamp/lock/holds", Rtt, vec![passed()]),
                real,
            ]),
        ),
        ("fail", failing.clone()),
        (
            "flaky",
            suite(vec![case(
                "lamp/brightness/cycles",
                Pins,
                vec![passed(), failed(), passed()],
            )]),
        ),
        (
            "infra",
            suite(vec![
                case("lamp/lock/holds", Rtt, vec![broken(), passed()]),
                case("lamp/power/on", Rtt, vec![passed()]),
            ]),
        ),
        (
            "crash",
            suite(vec![case("lamp/lock/holds", Rtt, vec![crashed()])]),
        ),
        (
            "skipped",
            suite(vec![case("lamp/lock/holds", Pins, vec![skipped()])]),
        ),
        (
            "interrupted",
            Suite {
                ending: Ending::Interrupted,
                ..suite(vec![
                    case("lamp/lock/holds", Rtt, vec![passed()]),
                    case("lamp/power/on", Rtt, Vec::new()),
                ])
            },
        ),
        ("hostile", hostile(failing)),
    ]
}

/// The suite with a hostile name wherever there is one.
fn hostile(mut suite: Suite) -> Suite {
    let name = || HOSTILE.to_owned();
    for case in &mut suite.cases {
        case.scenario = name();
        case.path = name();
        case.bench.name = name();
        case.bench.board = name();
        case.bench.probe = name();
        case.bench.build = Some(name());
        let attempts = case.attempts.iter_mut();
        let traces = attempts.map(|attempt| {
            attempt.recording = Some(name());
            for line in &mut attempt.log {
                line.text = name();
            }
            for sample in &mut attempt.pins {
                sample.output = name();
                sample.pin = name();
            }
            if let Outcome::Fail(cause) | Outcome::Skipped(cause) = &mut attempt.outcome {
                cause.message = name();
                cause.details = name();
                cause.help = Some(name());
                cause.place = Some(SourceLocation {
                    file: name(),
                    line: 7,
                });
            }
            attempt.trace.iter_mut().chain(&mut attempt.expected)
        });
        for document in traces.flatten().chain(&mut case.expected) {
            for line in &mut document.lines {
                if line.kind == lockstep_engine::trace::Kind::Log {
                    line.value = name();
                    line.name = name();
                }
            }
        }
    }
    suite
}
