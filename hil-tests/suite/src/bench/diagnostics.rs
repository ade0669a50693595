//! The problems of one text, collected with their spans.

use std::ops::Range;

use lockstep_engine::diagnostic::{Diagnostic, span_of};

/// The most problems that are reported for one file.
pub(super) const MAX_PROBLEMS: usize = 20;

/// Collects what is wrong with a text.
pub(super) struct Diagnostics<'t> {
    text: &'t str,
    problems: Vec<Diagnostic>,
}

impl<'t> Diagnostics<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: Vec::new(),
        }
    }

    /// Adds a problem at these bytes.
    pub(super) fn add(&mut self, span: Range<usize>, message: &str, expected: &str) {
        self.add_with_help(span, message, expected, None);
    }

    /// Adds a problem at these bytes and, where it is known, what to do about it.
    pub(super) fn add_with_help(
        &mut self,
        span: Range<usize>,
        message: &str,
        expected: &str,
        help: Option<String>,
    ) {
        if self.problems.len() < MAX_PROBLEMS {
            let mut problem = Diagnostic::new(span_of(self.text, span), message, expected);
            problem.help = help;
            self.problems.push(problem);
        }
    }

    /// Everything that was added, in the order of the text.
    pub(super) fn into_problems(mut self) -> Vec<Diagnostic> {
        self.problems.sort_by_key(|problem| problem.span);
        self.problems
    }
}
