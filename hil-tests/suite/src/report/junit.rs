//! A suite for CI servers: JUnit XML.
//!
//! A bench with a stimulus is a test suite. A fail is a `failure`; infra is an `error`, which CI
//! servers count separately. Flaky is a `failure` too, and every attempt that did not pass is a
//! `flakyFailure` or `flakyError`. Board, probe and build are properties, and the details are the
//! standard output of a test.

use std::time::Duration;

use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use super::details::{attempts, details};
use super::grid::column_title;
use super::{RenderError, reason};
use crate::verdict::{Attempt, Case, Ending, Outcome, Suite, Verdict};
use lockstep_engine::sanitize::{scrub, scrub_line};

/// The name of the report.
const NAME: &str = "lockstep";

/// What every report has near its beginning, and other files do not have.
pub const MARK: &str = "<testsuites name=\"lockstep\"";

/// The whole report. Attributes have spaces in place of newlines, which XML does not keep there.
///
/// # Errors
///
/// Those of the XML writer.
pub fn render(suite: &Suite) -> Result<String, RenderError> {
    let mut report = Report::new(NAME);
    report.set_time(suite.took);
    let mut suites: Vec<(String, TestSuite, Duration)> = Vec::new();
    for case in &suite.cases {
        let name = column_title(case);
        let index = match suites.iter().position(|(known, ..)| *known == name) {
            Some(index) => index,
            None => {
                let mut tests = TestSuite::new(&name);
                tests.add_property(("ending", suite.ending.word()));
                suites.push((name, tests, Duration::ZERO));
                suites.len() - 1
            }
        };
        let (_, tests, took) = &mut suites[index];
        *took += case.took();
        tests.add_test_case(test_case(case));
    }
    for (_, mut tests, took) in suites {
        tests.set_time(took);
        report.add_test_suite(tests);
    }
    if suite.ending != Ending::Complete {
        report.add_test_suite(unfinished(suite.ending));
    }
    report
        .to_string()
        .map_err(|error| RenderError::new("JUnit", error))
}

/// An error for a suite that was cut short: a CI server that only counts would call it green.
fn unfinished(ending: Ending) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let message = match ending {
        Ending::TimedOut => "the suite timed out",
        Ending::Complete | Ending::Interrupted => "the suite was interrupted",
    };
    status.set_type(ending.word()).set_message(message);
    let mut tests = TestSuite::new("suite");
    tests.add_test_case(TestCase::new("comes to its end", status));
    tests
}

fn test_case(case: &Case) -> TestCase {
    let mut test = TestCase::new(scrub_line(&case.scenario), status(case));
    test.set_classname(column_title(case)).set_time(case.took());
    let evidence: Vec<_> = case
        .evidence
        .iter()
        .map(|evidence| evidence.word())
        .collect();
    let build = case.bench.build.as_deref().unwrap_or_default();
    for (name, value) in [
        ("file", case.path.as_str()),
        ("bench", &case.bench.name),
        ("board", &case.bench.board),
        ("probe", &case.bench.probe),
        ("build", build),
        ("stimulus", case.stimulus.word()),
        ("evidence", &evidence.join(" ")),
        ("verdict", case.verdict().word()),
        ("attempts", &attempts(case)),
    ] {
        if !value.is_empty() {
            test.add_property(Property::new(name, scrub_line(value)));
        }
    }
    if case.tolerance.0 > 0 {
        let ticks = case.tolerance.0.to_string();
        test.add_property(Property::new("tolerance-ticks", ticks));
    }
    if let Some(slack) = case.slack() {
        test.add_property(Property::new("slack-ticks", slack.0.to_string()));
    }
    let details = details(case);
    if !details.is_empty() {
        test.set_system_out(details);
    }
    test
}

fn status(case: &Case) -> TestCaseStatus {
    let verdict = case.verdict();
    let mut status = match verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Skipped => TestCaseStatus::skipped(),
        Verdict::Fail | Verdict::Flaky => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Infra => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if let Some(reason) = reason(case) {
        let message = match case.divergence() {
            Some(divergence) => format!("{reason}: {}", divergence.summary),
            None => reason.to_owned(),
        };
        status
            .set_type(verdict.word())
            .set_message(scrub_line(&message));
    }
    if verdict == Verdict::Flaky {
        status.set_rerun_kind(FlakyOrRerun::Flaky);
        status.add_reruns(case.attempts.iter().filter_map(rerun));
    } else if verdict.needs_attention() {
        // The decisive attempt is the failure itself.
        let decisive = case.decisive_attempt();
        let others = case
            .attempts
            .iter()
            .filter(|attempt| !decisive.is_some_and(|one| std::ptr::eq(one, *attempt)));
        status.add_reruns(others.filter_map(rerun));
    }
    status
}

/// An attempt that did not pass, as one of several.
fn rerun(attempt: &Attempt) -> Option<TestRerun> {
    let (kind, cause) = match &attempt.outcome {
        Outcome::Fail(cause) => (NonSuccessKind::Failure, cause),
        Outcome::Infra(cause) => (NonSuccessKind::Error, cause),
        Outcome::Pass | Outcome::Skipped(_) => return None,
    };
    let log: String = attempt
        .log
        .iter()
        .map(|line| format!("{}\n", scrub_line(&line.to_string())))
        .collect();
    let mut rerun = TestRerun::new(kind);
    rerun
        .set_type(attempt.outcome.verdict().word())
        .set_message(scrub_line(&cause.message))
        .set_time(attempt.took);
    if !cause.details.is_empty() {
        rerun.set_description(scrub(&cause.details));
    }
    if !log.is_empty() {
        rerun.set_system_out(log);
    }
    Some(rerun)
}
