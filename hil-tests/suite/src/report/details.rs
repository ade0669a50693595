//! Everything that is known of a case, as lines of text.

use std::fmt::Display;

use super::{reason, seconds};
use crate::TICK;
use crate::verdict::{BoardDivergence, Case, FailureContext, Reason};
use lockstep_engine::sanitize::{scrub, scrub_line};

/// The lines: why it did not pass, where it leaves the expected trace, the samples of its
/// outputs, what the board logged, and the commands that play it here.
pub(super) fn details(case: &Case) -> String {
    let mut lines = Lines::default();
    if let Some(reason) = reason(case) {
        lines.push(0, scrub_line(reason));
    }
    if let Some(cause) = case.cause() {
        explain(cause, &mut lines);
    }
    if let Some(slack) = case.slack().filter(|_| case.tolerance.0 > 0) {
        let [slack, allowed] = [slack, case.tolerance].map(|ticks| TICK.length(ticks));
        lines.push(0, format!("slack: {slack} of {allowed} allowed"));
    }
    if case.attempts.len() > 1 {
        lines.push(0, format!("attempts: {}", attempts(case)));
    }
    let divergence = case.divergence();
    if let Some(comparison) = comparison(case, divergence.as_ref()) {
        lines.push(0, comparison);
    }
    if let Some(divergence) = divergence {
        lines.block(&divergence.timelines);
    }
    let clues = case.failure_context();
    if let Some(clues) = &clues {
        lines.list("seen around it:", &clues.pins);
    }
    if let Some(attempt) = case.decisive_attempt() {
        lines.list("log of the board:", &attempt.log);
    }
    if let Some(FailureContext { replay, open, .. }) = clues {
        lines.push(0, format!("replay on the host:        {replay}"));
        lines.push(0, format!("in the terminal simulator: {open}"));
    }
    lines.0
}

/// Where the board leaves the expected trace; of a run that was cut short and never left it, how
/// far it matches.
pub(super) fn comparison(case: &Case, divergence: Option<&BoardDivergence>) -> Option<String> {
    if let Some(BoardDivergence { tick, summary, .. }) = divergence {
        return Some(format!("first difference at tick {}: {summary}", tick.0));
    }
    let attempt = case
        .decisive_attempt()
        .filter(|attempt| attempt.is_partial)?;
    let last = attempt.trace.as_ref()?.end.0.checked_sub(1)?;
    Some(format!("up to tick {last} it did what the golden says"))
}

/// How each attempt ended: `1 fail 0.20 s, 2 pass 0.21 s`.
pub(super) fn attempts(case: &Case) -> String {
    let attempts = case.attempts.iter().zip(1..).map(|(attempt, number)| {
        let verdict = attempt.outcome.verdict().word();
        format!("{number} {verdict} {}", seconds(attempt.took))
    });
    attempts.collect::<Vec<_>>().join(", ")
}

fn explain(cause: &Reason, lines: &mut Lines) {
    if let Some(place) = &cause.place {
        lines.push(0, format!("at {}", scrub_line(&place.to_string())));
    }
    lines.block(&cause.details);
    if let Some(help) = &cause.help {
        lines.push(0, format!("help: {}", scrub_line(help)));
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, indent: usize, line: impl AsRef<str>) {
        let line = format!("{:indent$}{}", "", scrub(line.as_ref()));
        self.0 += line.trim_end();
        self.0 += "\n";
    }

    fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.push(2, line);
        }
    }

    fn list<T: Display>(&mut self, title: &str, items: &[T]) {
        if !items.is_empty() {
            self.push(0, title);
        }
        for item in items {
            self.push(2, scrub_line(&item.to_string()));
        }
    }
}
