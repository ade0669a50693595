//! The fields of a TOML table: each is asked for by name and kind, and what is wrong with one
//! is told with its place, while the others are still read.

use std::ops::Range;

use lockstep_engine::diagnostic::{Diagnostic, closest, one_of, span_of};
use lockstep_engine::sanitize::excerpt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most problems that are told of one file.
pub(super) const MAX_PROBLEMS: usize = 20;

/// A text of which problems are told.
pub(super) struct Told<'t> {
    text: &'t str,
    problems: Vec<Diagnostic>,
}

impl<'t> Told<'t> {
    /// The tables of the text, as far as it is TOML, and what of it is not.
    pub(super) fn parse(text: &'t str) -> (Spanned<DeTable<'t>>, Self) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut told = Self {
            text,
            problems: Vec::new(),
        };
        for error in errors {
            let message = format!("this is not TOML: {}", error.message());
            let span = error.span().unwrap_or_default();
            told.add(
                span,
                &message,
                "expected one `key = value` on each line, texts in quotes",
            );
        }
        (table, told)
    }

    /// Tells a problem at these bytes.
    pub(super) fn add(&mut self, span: Range<usize>, message: &str, expected: &str) {
        self.push(span, message, expected, None);
    }

    /// Tells a problem, and how to mend it.
    pub(super) fn push(
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

    /// All that was told, by place.
    pub(super) fn into_problems(mut self) -> Vec<Diagnostic> {
        self.problems.sort_by_key(|problem| problem.span);
        self.problems
    }

    /// Refuses every key of the table that is not one of these.
    pub(super) fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref();
            if known.contains(&name.as_ref()) {
                continue;
            }
            let meant = closest(name, known.iter().copied());
            self.push(
                key.span(),
                &format!("there is no key `{}` here", excerpt(name)),
                &format!("expected {}", one_of(known.iter().copied())),
                meant.map(|meant| format!("did you mean `{meant}`?")),
            );
        }
    }

    /// The text at this key, and where it stands.
    pub(super) fn text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        expected: &str,
    ) -> Option<Spanned<String>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(value.span(), text.to_string())),
            _ => self.mistyped(value, expected),
        }
    }

    /// Whether it is so, at this key.
    pub(super) fn flag(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.mistyped(value, "expected `true` or `false`"),
        }
    }

    /// The number at this key, which must lie in the range.
    pub(super) fn number(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        range: Range<u32>,
        unit: &str,
    ) -> Option<u32> {
        let value = table.get(key)?;
        let last = range.end.saturating_sub(1);
        let expected = format!(
            "expected a whole number from {} to {last}{unit}",
            range.start
        );
        let DeValue::Integer(number) = value.get_ref() else {
            return self.mistyped(value, &expected);
        };
        let parsed = u32::from_str_radix(number.as_str(), number.radix());
        let parsed = parsed.ok().filter(|number| range.contains(number));
        if parsed.is_none() {
            let message = format!("`{key}` is out of its range");
            self.add(value.span(), &message, &expected);
        }
        parsed
    }

    /// The texts of the list at this key.
    pub(super) fn texts(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        expected: &str,
    ) -> Vec<Spanned<String>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(values) = value.get_ref() else {
            return self.mistyped(value, expected).unwrap_or_default();
        };
        let mut texts = Vec::new();
        for value in values.iter() {
            match value.get_ref() {
                DeValue::String(text) => texts.push(Spanned::new(value.span(), text.to_string())),
                _ => texts.extend(self.mistyped(value, expected)),
            }
        }
        texts
    }

    /// Tells that a value is of the wrong kind.
    pub(super) fn mistyped<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
    ) -> Option<T> {
        let kind = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.add(value.span(), &format!("this is {kind}"), expected);
        None
    }
}
