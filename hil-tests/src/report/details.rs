//! Everything that is known of a case, as lines for people.

use std::fmt::Display;

use super::{clean, one_line, reason, seconds};
use crate::verdict::{Attempt, Case, Cause};

/// The lines: why it is no pass, where it leaves the expected trace, what was seen of the
/// outputs, what the board logged, and the commands that play it here.
pub(super) fn details(case: &Case) -> String {
    let mut lines = Lines::default();
    if let Some(reason) = reason(case) {
        lines.push(0, one_line(reason));
    }
    if let Some(cause) = case.cause() {
        explain(cause, &mut lines);
    }
    if case.tolerance.0 > 0 {
        let slack = case
            .slack()
            .map_or("not measured".to_owned(), |slack| slack.to_string());
        lines.push(0, format!("slack: {slack} of {} allowed", case.tolerance));
    }
    if case.attempts.len() > 1 {
        lines.push(0, format!("attempts: {}", attempts(case)));
    }
    if let Some(divergence) = case.divergence() {
        lines.push(
            0,
            format!(
                "first difference at tick {}: {}",
                divergence.tick.0, divergence.summary
            ),
        );
        lines.block(&divergence.timelines);
        lines.list("seen around it:", &divergence.pins);
        tell_log(case.telling(), &mut lines);
        lines.push(
            0,
            format!("replay on the host:        {}", divergence.replay),
        );
        lines.push(0, format!("in the terminal simulator: {}", divergence.open));
    } else {
        tell_log(case.telling(), &mut lines);
    }
    lines.0
}

/// How each attempt ended: `1 fail 0.20 s, 2 pass 0.21 s`.
pub(super) fn attempts(case: &Case) -> String {
    let attempts = case.attempts.iter().zip(1..).map(|(attempt, number)| {
        let verdict = attempt.outcome.verdict().word();
        format!("{number} {verdict} {}", seconds(attempt.took))
    });
    attempts.collect::<Vec<_>>().join(", ")
}

fn explain(cause: &Cause, lines: &mut Lines) {
    if let Some(place) = &cause.place {
        lines.push(0, format!("at {}", one_line(&place.to_string())));
    }
    lines.block(&cause.details);
    if let Some(help) = &cause.help {
        lines.push(0, format!("help: {}", one_line(help)));
    }
}

fn tell_log(attempt: Option<&Attempt>, lines: &mut Lines) {
    if let Some(attempt) = attempt {
        lines.list("log of the board:", &attempt.log);
    }
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, indent: usize, line: impl AsRef<str>) {
        let line = format!("{:indent$}{}", "", clean(line.as_ref()));
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
            self.push(2, one_line(&item.to_string()));
        }
    }
}
