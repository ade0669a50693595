//! The rule, and what follows from a board's trace.

use std::time::Duration;

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::{RunTicks, TickPeriod};
use lockstep_engine::trace::Kind;
use lockstep_engine::trace::document::{Document, Record};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn outcome(verdict: Verdict) -> Outcome {
    let cause = Reason::new("because");
    match verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Fail | Verdict::Flaky => Outcome::Fail(cause),
        Verdict::Infra => Outcome::Infra(cause),
        Verdict::Skipped => Outcome::Skipped(cause),
    }
}

fn case(verdicts: &[Verdict]) -> Case {
    let attempt = |verdict: &Verdict| Attempt::new(outcome(*verdict), Duration::from_millis(1));
    Case {
        simulator: "cargo sim".to_owned(),
        scenario: "lamp/lock".to_owned(),
        path: "it's a file.scn".to_owned(),
        bench: BenchLabel::default(),
        stimulus: Stimulus::Scheduled,
        evidence: vec![Evidence::Rtt],
        expected: None,
        tolerance: RunTicks::ZERO,
        attempts: verdicts.iter().map(attempt).collect(),
    }
}

fn suite(cases: &[Vec<Verdict>]) -> Suite {
    Suite {
        cases: cases.iter().map(|verdicts| case(verdicts)).collect(),
        ..Suite::default()
    }
}

/// Verdicts that one attempt can have.
fn single() -> impl Strategy<Value = Verdict> {
    prop::sample::select(vec![
        Verdict::Skipped,
        Verdict::Pass,
        Verdict::Infra,
        Verdict::Fail,
    ])
}

proptest! {
    #[test]
    fn the_order_of_attempts_changes_no_verdict(
        (verdicts, shuffled) in vec(single(), 0..6)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        prop_assert_eq!(case(&verdicts).verdict(), case(&shuffled).verdict());
    }

    #[test]
    fn a_case_passes_only_if_nothing_but_passes_was_judged(verdicts in vec(single(), 0..6)) {
        let verdict = case(&verdicts).verdict();
        let has = |one| verdicts.contains(&one);
        prop_assert_eq!(
            verdict == Verdict::Pass,
            has(Verdict::Pass) && !has(Verdict::Fail) && !has(Verdict::Infra)
        );
        prop_assert_eq!(verdict == Verdict::Flaky, has(Verdict::Pass) && has(Verdict::Fail));
        prop_assert_eq!(verdict == Verdict::Fail, has(Verdict::Fail) && !has(Verdict::Pass));
        prop_assert_eq!(verdict == Verdict::Infra, has(Verdict::Infra) && !has(Verdict::Fail));
        prop_assert_eq!(verdict.needs_attention(), !matches!(verdict, Verdict::Pass | Verdict::Skipped));
    }

    #[test]
    fn another_attempt_makes_nothing_green(
        verdicts in vec(single(), 1..6), more in vec(single(), 0..6)
    ) {
        let before = case(&verdicts).verdict();
        let after = case(&[verdicts, more].concat()).verdict();
        prop_assert!(!before.needs_attention() || after.needs_attention());
    }

    #[test]
    fn infra_alone_is_never_a_fail_nor_a_pass(count in 1..6_usize) {
        let suite = suite(&[vec![Verdict::Infra; count]]);
        prop_assert_eq!(suite.verdict(), Verdict::Infra);
        prop_assert_eq!(suite.exit_code(), 3);
    }

    #[test]
    fn the_exit_code_follows_from_the_cases(cases in vec(vec(single(), 0..4), 0..6)) {
        let mut suite = suite(&cases);
        let any = |wanted: &[Verdict]| {
            suite.cases.iter().any(|case| wanted.contains(&case.verdict()))
        };
        let expected = if any(&[Verdict::Fail, Verdict::Flaky]) {
            1
        } else if any(&[Verdict::Infra]) {
            3
        } else {
            0
        };
        prop_assert_eq!(suite.exit_code(), expected);
        let counted: usize = Verdict::ALL.into_iter().map(|verdict| suite.count(verdict)).sum();
        prop_assert_eq!(counted, cases.len());
        suite.ending = Ending::TimedOut;
        prop_assert_eq!(suite.exit_code(), 42);
        suite.ending = Ending::Interrupted;
        prop_assert_eq!(suite.exit_code(), 130);
    }

    #[test]
    fn the_told_attempt_is_the_last_of_the_worst(verdicts in vec(single(), 1..6)) {
        let case = case(&verdicts);
        let worst = verdicts.iter().max().unwrap();
        let last = verdicts.iter().rposition(|verdict| verdict == worst).unwrap();
        prop_assert!(std::ptr::eq(case.decisive_attempt().unwrap(), &raw const case.attempts[last]));
    }

    #[test]
    fn what_the_tolerance_allows_is_taken_away_and_a_verdict_is_exact(
        gaps in vec((4..9_u64, 0..4_u64), 0..6), tolerance in 0..4_u64
    ) {
        let mut tick = 10;
        let mut lines = (Vec::new(), Vec::new());
        let mut slack = 0;
        for &(gap, off) in &gaps {
            tick += gap;
            lines.0.push(line(tick, "lamp", "1"));
            lines.1.push(line(tick + off, "lamp", "1"));
            slack = slack.max(off);
        }
        let (host, board) = (document(lines.0, 99), document(lines.1, 99));
        let aligned = align(&host, &board, RunTicks(tolerance));
        let divergence = diverging(host.clone(), board.clone());
        let mut case = case(&[]);
        prop_assert_eq!(
            case.judge(board.clone(), Duration::ZERO).outcome.verdict(),
            Verdict::Infra
        );
        case.expected = Some(host.clone());
        let verdict = case.judge(board, Duration::ZERO).outcome.verdict();
        prop_assert_eq!(verdict == Verdict::Pass, slack == 0);
        prop_assert_eq!(verdict == Verdict::Fail, divergence.is_some());
        prop_assert_eq!(aligned.trace == host, slack <= tolerance);
        prop_assert!(aligned.slack.0 <= tolerance);
        if slack <= tolerance {
            prop_assert_eq!(aligned.slack.0, slack);
        }
    }
}

fn line(tick: u64, name: &str, value: &str) -> Record {
    Record {
        tick: RunTicks(tick),
        kind: Kind::Out,
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn document(lines: Vec<Record>, end: u64) -> Document {
    Document {
        tick: crate::TICK,
        app: "lamp".to_owned(),
        lines,
        end: RunTicks(end),
    }
}

fn diverging(host: Document, board: Document) -> Option<BoardDivergence> {
    let mut case = case(&[Verdict::Fail]);
    case.expected = Some(host);
    case.attempts[0].trace = Some(board);
    case.divergence()
}

#[test]
fn each_way_to_diverge_has_its_sentence() {
    let host = document(vec![line(1, "lamp", "0"), line(5, "lamp", "50")], 9);
    for (board, expected) in [
        (
            document(vec![line(1, "lamp", "0"), line(8, "lamp", "50")], 9),
            "out `lamp` `50` is at tick 8 on the board, 3 ms too late",
        ),
        (
            document(vec![line(1, "lamp", "0"), line(4, "lamp", "50")], 9),
            "out `lamp` `50` is at tick 4 on the board, 1 ms too early",
        ),
        (
            document(vec![line(1, "lamp", "0"), line(5, "lamp", "25")], 9),
            "out `lamp` is 25 on the board at tick 5: expected 50",
        ),
        (
            document(vec![line(1, "lamp", "0")], 9),
            "the board never has out `lamp` 50 at tick 5",
        ),
        (
            document(
                [host.lines.clone(), vec![line(6, "status", "1")]].concat(),
                9,
            ),
            "the board also has out `status` 1 at tick 6",
        ),
        (
            document(vec![line(1, "lamp", "0"), line(3, "status", "1")], 9),
            "the board has out `status` 1 at tick 3: expected out `lamp` 50 at tick 5",
        ),
        (
            document(host.lines.clone(), 12),
            "the golden goes to tick 9, the board to tick 12",
        ),
    ] {
        let found = diverging(host.clone(), board).unwrap();
        assert_eq!(found.summary, expected);
    }
}

#[test]
fn the_commands_are_safe_to_paste() {
    let mut case = case(&[Verdict::Fail]);
    case.expected = Some(document(vec![line(1, "lamp", "0")], 9));
    case.attempts[0].trace = Some(document(Vec::new(), 9));
    let found = case.failure_context().unwrap();
    assert_eq!(found.replay, r"cargo sim run 'it'\''s a file.scn'");
    assert_eq!(found.open, r"cargo sim open 'it'\''s a file.scn'");
}

#[test]
fn what_is_far_from_the_divergence_is_left_out() {
    let ticks = 0..40;
    let mut case = case(&[Verdict::Fail]);
    case.expected = Some(document(vec![line(20, "lamp", "0")], 99));
    case.attempts[0].trace = Some(document(Vec::new(), 99));
    case.attempts[0].pins = ticks
        .map(|tick| PinSample {
            tick: RunTicks(tick),
            output: "lamp".to_owned(),
            pin: "P0.03".to_owned(),
            level: 0,
            evidence: Evidence::Outside,
        })
        .collect();
    let pins = case.failure_context().unwrap().pins;
    let ticks: Vec<_> = pins.iter().map(|sample| sample.tick.0).collect();
    assert_eq!(ticks, (14..26).collect::<Vec<_>>());
}

#[test]
fn a_run_that_broke_off_is_judged_before_its_last_tick() {
    let golden = document(vec![line(1, "lamp", "0"), line(5, "lamp", "50")], 99);
    let cut = |lines: Vec<Record>, end: u64| {
        let mut case = case(&[Verdict::Fail]);
        case.expected = Some(golden.clone());
        case.attempts[0].trace = Some(document(lines, end));
        case.attempts[0].is_partial = true;
        case.divergence().map(|found| found.summary)
    };
    let first = line(1, "lamp", "0");
    assert_eq!(cut(vec![first.clone()], 5), None);
    let missed = "the board never has out `lamp` 50 at tick 5";
    assert_eq!(cut(vec![first.clone()], 6).as_deref(), Some(missed));
    let other = vec![first, line(4, "lamp", "50"), line(7, "lamp", "0")];
    let early = "out `lamp` `50` is at tick 4 on the board, 1 ms too early";
    assert_eq!(
        cut(other.clone(), 5).as_deref(),
        Some("the board also has out `lamp` 50 at tick 4")
    );
    assert_eq!(cut(other, 7).as_deref(), Some(early));
}

#[test]
fn an_error_is_a_cause_with_its_sources() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot attach")]
    struct Outer(#[source] std::fmt::Error);

    let cause = Reason::of(&Outer(std::fmt::Error));
    assert_eq!(cause.message, "cannot attach");
    assert!(cause.details.starts_with("caused by: an error"));
}

/// A trace of two outputs, each with the ticks at which it changes, in the order of the ticks.
fn two_outputs(light: &[u64], alive: &[u64]) -> Document {
    let lines = |name: &str, ticks: &[u64]| -> Vec<Record> {
        let lines = ticks.iter().enumerate();
        lines
            .map(|(place, tick)| Record {
                tick: RunTicks(*tick),
                kind: Kind::Out,
                name: name.to_owned(),
                value: (place % 2).to_string(),
            })
            .collect()
    };
    let mut lines = [lines("light", light), lines("alive", alive)].concat();
    lines.sort_by_key(|line| line.tick);
    Document {
        app: "stairs".to_owned(),
        tick: TickPeriod::MILLISECOND,
        lines,
        end: RunTicks(100),
    }
}

#[test]
fn two_signals_may_move_in_the_other_order_within_the_tolerance() {
    let host = two_outputs(&[10, 30], &[11, 50]);
    let board = two_outputs(&[12, 30], &[11, 49]);
    let aligned = align(&host, &board, RunTicks(2));
    assert_eq!((&aligned.trace, aligned.slack), (&host, RunTicks(2)));
    assert_ne!(align(&host, &board, RunTicks(1)).trace, host);
    // One signal has its own order, and nothing is missing or more.
    for other in [
        two_outputs(&[30], &[11, 50]),
        two_outputs(&[10, 30, 31], &[11, 50]),
    ] {
        assert_ne!(align(&host, &other, RunTicks(99)).trace, host);
    }
}
