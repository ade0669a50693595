use lockstep_apps::lamp::Lamp;
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::matrix::Matrix;
use lockstep_core::ports::{Decimal, NumberInput};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::grammar::MAX_DIAGNOSTICS;
use super::plan::{Check, Plan, plan};
use super::quantity::{Quantity, Unit};
use super::*;
use crate::diagnostic::Diagnostic;
use crate::script::MAX_EVENTS;

/// The lamp, with what it lacks.
const LAMP: AppDescriptor = Lamp::DESCRIPTOR
    .with_numbers(&[NumberInput::seed("seed")])
    .with_matrices(&[Matrix::new("display", 2, 3).with_max(9)]);

fn name(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        span: Span::START,
    }
}

fn lengths() -> impl Strategy<Value = RunTicks> {
    prop_oneof![
        8 => 1_u64..3_000,
        1 => (1_u64..600).prop_map(|seconds| seconds * 1_000),
        1 => (1_u64..60).prop_map(|minutes| minutes * 60_000),
    ]
    .prop_map(RunTicks)
}

fn measures() -> impl Strategy<Value = Measurement> {
    (lengths(), 0_u64..50, lengths()).prop_map(|(length, tolerance, within)| Measurement {
        length,
        tolerance: RunTicks(tolerance.min(length.0 - 1)),
        within,
    })
}

fn level(digits: i64) -> Quantity {
    Quantity {
        number: Decimal { digits, places: 0 },
        unit: Unit::default(),
    }
}

fn levels() -> impl Strategy<Value = Quantity> {
    (0_i64..=1).prop_map(level)
}

/// Targets that are no ranges: `is not` takes no others.
fn single_targets() -> impl Strategy<Value = TargetLevel> {
    prop_oneof![
        Just(TargetLevel::On),
        Just(TargetLevel::Off),
        levels().prop_map(TargetLevel::Level),
    ]
}

fn targets() -> impl Strategy<Value = TargetLevel> {
    prop_oneof![
        3 => single_targets(),
        1 => levels().prop_map(TargetLevel::AtLeast),
        1 => levels().prop_map(TargetLevel::AtMost),
        1 => (0_i64..=1).prop_map(|least| TargetLevel::Between(level(least), level(1)))
    ]
}

fn expectations() -> impl Strategy<Value = Expectation> {
    let assertion = prop_oneof![
        targets().prop_map(OutputAssertion::Is),
        single_targets().prop_map(OutputAssertion::IsNot),
        (targets(), lengths())
            .prop_map(|(target, within)| OutputAssertion::Becomes(target, within)),
        lengths().prop_map(OutputAssertion::Changes),
        (option::of(targets()), lengths())
            .prop_map(|(target, length)| OutputAssertion::Stays(target, length)),
        measures().prop_map(|measure| OutputAssertion::Pulse(Polarity::High, measure)),
        measures().prop_map(|measure| OutputAssertion::Pulse(Polarity::Low, measure)),
        measures().prop_map(OutputAssertion::Period),
    ];
    let said = prop_oneof![
        Just(LogAssertion::Logged),
        lengths().prop_map(LogAssertion::LoggedWithin),
        lengths().prop_map(LogAssertion::NotLogged),
    ];
    let log = prop_oneof![
        option::of(select(vec!["off", "on", "auto-off"])).prop_map(|value| ("power", value)),
        option::of(Just("42")).prop_map(|value| ("level", value)),
    ];
    prop_oneof![
        (select(vec!["lamp", "heartbeat", "locked"]), assertion).prop_map(|(output, assertion)| {
            Expectation::Output {
                output: name(output),
                assertion,
                target_span: None,
            }
        }),
        (pictures(), option::of(lengths())).prop_map(|(picture, within)| Expectation::Matrix {
            matrix: name("display"),
            assertion: match within {
                Some(within) => MatrixAssertion::ShowsWithin(picture, within),
                None => MatrixAssertion::Shows(picture),
            },
        }),
        (log, said).prop_map(|((log, value), assertion)| Expectation::Log {
            log: name(log),
            value: value.map(name),
            assertion,
        }),
    ]
}

fn pictures() -> impl Strategy<Value = PicturePattern> {
    prop_oneof![
        Just(PicturePattern::DARK),
        "\"[.#0-9?]{3}/[.#0-9?]{3}\"".prop_map(|text| {
            let (text, span) = (text.as_str(), Span::START);
            PicturePattern::read(lexer::Token { text, span }).unwrap()
        }),
    ]
}

fn conditions() -> impl Strategy<Value = Option<Name>> {
    select(vec![None, Some("clock-failed"), Some("uart-missing")])
        .prop_map(|name| name.map(self::name))
}

/// What a statement does between two waits.
#[derive(Clone, Debug)]
enum TestAction {
    Move(usize, RunTicks),
    Both,
    Tap(usize, RunTicks),
    Reset(Option<Name>),
    Expect(Expectation),
}

fn actions() -> impl Strategy<Value = TestAction> {
    let bouncing = prop_oneof![3 => Just(0), 1 => 2_u64..10].prop_map(RunTicks);
    prop_oneof![
        2 => (0_usize..2, bouncing).prop_map(|(button, bouncing)| TestAction::Move(button, bouncing)),
        1 => Just(TestAction::Both),
        2 => (0_usize..2, lengths()).prop_map(|(button, length)| TestAction::Tap(button, length)),
        1 => conditions().prop_map(TestAction::Reset),
        4 => expectations().prop_map(TestAction::Expect),
    ]
}

/// The lamp, with ticks of these lengths.
static LAMPS: [AppDescriptor; 4] = [
    LAMP,
    LAMP.with_tick(TickPeriod::MIN),
    LAMP.with_tick(TickPeriod::from_us(250)),
    LAMP.with_tick(TickPeriod::MAX),
];

/// The lamp that a scenario is for.
fn lamp_of(scenario: &Scenario) -> &'static AppDescriptor {
    let found = LAMPS.iter().find(|lamp| lamp.tick() == scenario.tick);
    found.unwrap()
}

/// Scenarios that fit the lamp.
fn scenarios() -> impl Strategy<Value = Scenario> {
    let clock = prop_oneof![Just(0), any::<u32>()].prop_map(Instant);
    let tick = select(LAMPS.iter().map(AppDescriptor::tick).collect::<Vec<_>>());
    (
        tick,
        conditions(),
        clock,
        option::of(0_i32..=i32::MAX),
        vec((actions(), lengths()), 0..25),
    )
        .prop_map(|(tick, conditions, clock, seed, acts)| {
            let mut closed = [false; 2];
            let mut statements = Vec::new();
            let follows =
                |index: usize| matches!(acts.get(index), Some((TestAction::Expect(_), _)));
            let follows: Vec<_> = (1..=acts.len()).map(follows).collect();
            for ((act, wait), follows) in acts.into_iter().zip(follows) {
                if let Some(kind) = statement(act, &mut closed) {
                    statements.push(kind);
                }
                // An expectation may stand immediately below what was done.
                if !follows || wait.0 % 2 == 0 {
                    statements.push(StatementKind::Wait(wait));
                }
            }
            let span = Span::START;
            Scenario {
                app: Some(name("lamp")),
                condition: conditions,
                clock,
                seed: seed.map(|seed| (seed, Span::START)),
                tick,
                statements: statements
                    .into_iter()
                    .map(|kind| Statement { span, kind })
                    .collect(),
            }
        })
}

fn statement(action: TestAction, closed: &mut [bool; 2]) -> Option<StatementKind> {
    let names = ["A", "B"];
    let contact = |closed| {
        if closed {
            SwitchState::Closed
        } else {
            SwitchState::Open
        }
    };
    Some(match action {
        TestAction::Move(button, bouncing) => {
            closed[button] = !closed[button];
            StatementKind::Move {
                buttons: vec![name(names[button])],
                contact: contact(closed[button]),
                bouncing,
            }
        }
        TestAction::Both if closed[0] == closed[1] => {
            *closed = closed.map(|closed| !closed);
            StatementKind::Move {
                buttons: names.map(name).to_vec(),
                contact: contact(closed[0]),
                bouncing: RunTicks::ZERO,
            }
        }
        TestAction::Tap(button, length) if !closed[button] => StatementKind::Tap {
            buttons: vec![name(names[button])],
            length,
        },
        TestAction::Both | TestAction::Tap(..) => return None,
        TestAction::Reset(conditions) => StatementKind::Reset(conditions),
        TestAction::Expect(expectation) => StatementKind::Expect(expectation),
    })
}

/// What a plan plays and expects, without its spans.
fn meaning(plan: &Plan) -> (crate::script::Script, Vec<String>) {
    let checks = plan.checks.iter();
    let checks = checks.map(|check| Check {
        span: Span::START,
        ..check.clone()
    });
    let checks = checks.map(|check| format!("{check:?}"));
    (plan.script.clone(), checks.collect())
}

/// Diagnostics have spans within their text, and there are not too many.
fn check_diagnostics(text: &str, diagnostics: &[Diagnostic]) {
    assert!((1..=MAX_DIAGNOSTICS).contains(&diagnostics.len()));
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for Diagnostic { span, .. } in diagnostics {
        let line = text.lines().nth(span.line - 1).unwrap_or_default();
        let width = line.chars().count();
        let within = (1..=width + 1).contains(&span.column) && span.width >= 1;
        assert!(within, "{span:?} in {line:?}");
    }
}

/// Whatever the text, what is read from it is within the limits.
fn read_anything(text: &str) {
    for parse in [grammar::parse, compact::parse] {
        let scenario = match parse(text) {
            Ok(scenario) => scenario,
            Err(diagnostics) => {
                check_diagnostics(text, &diagnostics);
                continue;
            }
        };
        assert!(scenario.statements.len() <= MAX_STATEMENTS);
        match plan(&scenario, &LAMP) {
            Ok(plan) => assert!(plan.script.events().len() <= MAX_EVENTS),
            Err(diagnostics) => check_diagnostics(text, &diagnostics),
        }
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Put(Index, String),
    Take(Index, usize),
    Swap(Index, Index),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let pieces = prop_oneof![
        "[ -~]",
        "[ \t\r\n#~@:=+!.%-]",
        any::<char>().prop_map(String::from),
        select(vec![
            " ",
            "\n",
            "press A\n",
            "within",
            "for",
            "0",
            "999999999999",
            "+-",
            "ms",
            "min",
            "app lamp\n",
            "bouncing for 600 min",
            "\u{feff}",
            "reset\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (any::<Index>(), pieces).prop_map(|(at, piece)| Mutation::Put(at, piece)),
        (any::<Index>(), 1_usize..8).prop_map(|(at, count)| Mutation::Take(at, count)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Mutation::Swap(one, other)),
    ]
}

fn mutated(text: &str, mutations: &[Mutation]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for mutation in mutations {
        match mutation {
            Mutation::Put(at, piece) => {
                let at = at.index(chars.len() + 1);
                chars.splice(at..at, piece.chars());
            }
            Mutation::Take(at, count) if !chars.is_empty() => {
                let at = at.index(chars.len());
                chars.drain(at..chars.len().min(at + count));
            }
            Mutation::Swap(one, other) if !chars.is_empty() => {
                let count = chars.len();
                chars.swap(one.index(count), other.index(count));
            }
            Mutation::Take(..) | Mutation::Swap(..) => {}
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #[test]
    fn what_is_printed_means_the_same(scenario in scenarios()) {
        let lamp = lamp_of(&scenario);
        let original = plan(&scenario, lamp).unwrap();
        let printed = scenario.to_string();
        let read = grammar::parse_for(&printed, &|_| scenario.tick).unwrap();
        prop_assert_eq!(meaning(&plan(&read, lamp).unwrap()), meaning(&original));
        prop_assert_eq!(read.to_string(), printed);
    }

    #[test]
    fn what_is_written_on_one_line_means_the_same(scenario in scenarios()) {
        let lamp = lamp_of(&scenario);
        let original = plan(&scenario, lamp).unwrap();
        let written = compact::write(&scenario);
        prop_assert!(!written.contains('\n'));
        let read = compact::parse_for(&written, &|_| scenario.tick).unwrap();
        prop_assert_eq!(meaning(&plan(&read, lamp).unwrap()), meaning(&original));
        prop_assert_eq!(compact::write(&read), written);
    }

    #[test]
    fn expectations_move_no_event(scenario in scenarios()) {
        let lamp = lamp_of(&scenario);
        let mut without = scenario.clone();
        let is_expectation = |it: &Statement| matches!(it.kind, StatementKind::Expect(_));
        without.statements.retain(|it| !is_expectation(it));
        let (with, without) = (plan(&scenario, lamp).unwrap(), plan(&without, lamp).unwrap());
        prop_assert_eq!(with.script.events(), without.script.events());
    }

    #[test]
    fn no_text_makes_it_panic(text: String, bytes: Vec<u8>) {
        read_anything(&text);
        read_anything(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_sentence_makes_it_panic(
        words in vec(select(vec![
            "app", "lamp", "board", "clock", "failed", "starts", "at", "press", "release", "tap", "wait",
            "reset", "with", "expect", "A", "B", "and", "for", "5", "ms", "5ms", "1.5", "s", "%", "+-", "log",
            "no", "power", "on", "is", "not", "becomes", "changes", "stays", "pulses", "high", "low",
            "repeats", "every", "within", "bouncing", "#", "\n", "\n", "d:A", "u:A", "t:5", "r", "is:lamp=1",
            "pulse:lamp=1+-1@5", "nolog:power@5", ":", "@", "d:A+B~3", "tap:A@5",
        ]), 0..40),
    ) {
        read_anything(&words.join(" "));
    }

    #[test]
    fn no_slip_of_the_finger_makes_it_panic(
        scenario in scenarios(),
        mutations in vec(mutations(), 1..6),
    ) {
        read_anything(&mutated(&scenario.to_string(), &mutations));
        read_anything(&mutated(&compact::write(&scenario), &mutations));
    }
}

#[test]
fn limits_are_named_once() {
    let sentences = "app lamp\n".to_owned() + &"expect lamp is off\n".repeat(MAX_STATEMENTS + 50);
    let words = "is:lamp=off ".repeat(MAX_STATEMENTS + 50);
    // The limit in bytes comes first, so there is no way to exceed both.
    let short = "app lamp\n".to_owned() + &"reset\n".repeat(MAX_STATEMENTS + 50);
    let short_words = "r ".repeat(MAX_STATEMENTS + 50);
    for (text, parse) in [
        (sentences, grammar::parse as fn(&str) -> _),
        (words, compact::parse),
        (short, grammar::parse),
        (short_words, compact::parse),
    ] {
        let diagnostics: Vec<Diagnostic> = parse(&text).unwrap_err();
        assert_eq!(diagnostics.len(), 1);
        assert!(
            diagnostics[0].expected.contains("at most"),
            "{diagnostics:?}"
        );
    }
    let bounces = "app lamp\n".to_owned() + &"press A bouncing for 9000 min\nrelease A\n".repeat(3);
    let scenario = grammar::parse(&bounces).unwrap();
    let diagnostics = plan(&scenario, &LAMP).unwrap_err();
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
}

#[test]
fn a_long_word_of_many_names_is_refused_at_once() {
    let names: Vec<_> = (0..100_000).map(|number| format!("b{number}")).collect();
    let diagnostics = compact::parse(&format!("d:{}", names.join("+"))).unwrap_err();
    assert!(diagnostics[0].expected.contains("at most 1000"));
}
