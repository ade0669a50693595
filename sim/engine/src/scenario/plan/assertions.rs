//! Resolves what is expected: names, levels as outputs count them, values of logs.

use lockstep_core::app::LogValues;
use lockstep_core::matrix::MatrixId;
use lockstep_core::output::Range;

use super::{Assertion, LogTarget, Planner};
use crate::diagnostic::{Diagnostic, Span};
use crate::sanitize::excerpt;
use crate::scenario::lexer::Token;
use crate::scenario::names;
use crate::scenario::pattern::Pattern;
use crate::scenario::quantity::Quantity;
use crate::scenario::{MatrixAssertion, Name, OutputAssertion, TargetLevel};

impl Planner<'_> {
    pub(super) fn only_on(&self, outputs: &[Name]) -> Result<Assertion, Diagnostic> {
        names::check_distinct("output", outputs)?;
        let mut on = Vec::new();
        for name in outputs {
            let index = names::output(name, self.descriptor)?;
            let output = self.descriptor.outputs().get(usize::from(index));
            if output.is_some_and(|it| matches!(it.range(), Range::Number(_))) {
                return Err(Diagnostic::new(
                    name.span,
                    format!("output `{name}` is a number, which is neither on nor off"),
                    "expected outputs that are on or off, or levels",
                ));
            }
            on.push(index);
        }
        Ok(Assertion::OnlyOn(on))
    }

    pub(super) fn matrix(
        &self,
        matrix: &Name,
        assertion: &MatrixAssertion,
        span: Span,
    ) -> Result<Assertion, Diagnostic> {
        let index = names::matrix(matrix, self.descriptor)?;
        let pattern = assertion.pattern();
        if let Some(declared) = self.descriptor.matrices().get(usize::from(index)) {
            pattern.check(declared, span)?;
        }
        let assertion = assertion.with_pattern(pattern.without_spans());
        Ok(Assertion::Matrix(MatrixId(index), assertion))
    }

    /// The assertion with its levels as the output counts them.
    pub(super) fn resolve(
        &self,
        index: u8,
        assertion: OutputAssertion,
        span: Span,
    ) -> Result<OutputAssertion<i32>, Diagnostic> {
        let Some(output) = self.descriptor.outputs().get(usize::from(index)) else {
            return assertion.try_map(|_| Ok(0));
        };
        let range = output.range();
        let scale = range.scale();
        let resolved = assertion.try_map(|level| {
            let number = level.on(output.name(), &scale, span);
            number.map_err(|diagnostic| match range {
                Range::Number(_) => diagnostic,
                _ if !level.unit.is_none() => diagnostic,
                Range::Digital | Range::Analog { .. } => Diagnostic {
                    expected: match range.max().0 {
                        1 => "expected `on` or `off`: it is digital".to_owned(),
                        max => format!("expected a level from 0 to {max}"),
                    },
                    message: format!("level {level} is out of range for `{}`", output.name()),
                    ..diagnostic
                },
            })
        })?;
        match resolved.target() {
            Some(TargetLevel::On | TargetLevel::Off) if matches!(range, Range::Number(_)) => {
                Err(Diagnostic::new(
                    span,
                    format!(
                        "`{}` is a number, which is neither on nor off",
                        output.name()
                    ),
                    "expected a number, `at least` or `at most` and a number, or a range",
                ))
            }
            Some(TargetLevel::Between(least, most)) if least > most => {
                let [least, most] = [least, most].map(|it| Quantity::of(&scale, it));
                Err(Diagnostic::new(
                    span,
                    format!("nothing is between {least} and {most}"),
                    "expected the smaller number first",
                ))
            }
            _ => Ok(resolved),
        }
    }

    pub(super) fn log_value(&self, log: u8, value: &Name) -> Result<LogTarget, Diagnostic> {
        let kind = self.descriptor.logs().get(usize::from(log));
        let name = kind.map_or("", |kind| kind.name());
        match kind.map(|kind| kind.values()) {
            Some(LogValues::Words(words)) => {
                let word = names::log_word(value, name, words)?;
                Ok(LogTarget::Number(word.into()))
            }
            Some(LogValues::Text) => {
                let token = Token {
                    text: &value.text,
                    span: value.span,
                };
                Pattern::read(token).map(LogTarget::Text)
            }
            Some(LogValues::Number) | None => {
                value.text.parse().map(LogTarget::Number).map_err(|_| {
                    Diagnostic::new(
                        value.span,
                        format!(
                            "log `{name}` takes a number, and `{}` is not one",
                            excerpt(&value.text)
                        ),
                        format!("expected a whole number from {} to {}", i32::MIN, i32::MAX),
                    )
                })
            }
        }
    }
}
