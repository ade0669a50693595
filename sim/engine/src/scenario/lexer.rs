//! The words of a line and where they stand.

use std::fmt;

use crate::diagnostic::{Diagnostic, Span, closest, one_of};
use crate::sanitize::excerpt;

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// The word as a message repeats it.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpt(self.text))
    }
}

/// Splits a line at spaces, up to a `#`. A sign of tolerance is a word of its own, also
/// where no space follows it.
pub(super) fn tokenize(line: &str, number: usize) -> Vec<Token<'_>> {
    let text = line.split('#').next().unwrap_or_default();
    let mut tokens = Vec::new();
    let mut column = 1;
    for piece in text.split_inclusive(char::is_whitespace) {
        let token = piece.trim_end();
        let sign = TOLERANCE.iter().find(|sign| token.starts_with(**sign));
        let (first, rest) = token.split_at(sign.map_or(0, |sign| sign.len()));
        for text in [first, rest] {
            let width = text.chars().count();
            if width > 0 {
                let span = Span {
                    line: number,
                    column,
                    width,
                };
                tokens.push(Token { text, span });
            }
            column += width;
        }
        column += piece.chars().count() - token.chars().count();
    }
    tokens
}

/// What parts a length from its tolerance.
pub(super) const TOLERANCE: [&str; 2] = ["+-", "±"];

/// The words of a sentence, read from left to right.
#[derive(Debug)]
pub(super) struct TokenCursor<'a> {
    tokens: &'a [Token<'a>],
    next: usize,
    /// What could stand at the next place and was asked for already.
    tried: Vec<&'static str>,
}

impl<'a> TokenCursor<'a> {
    /// A sentence of at least one word.
    pub(super) fn new(tokens: &'a [Token<'a>]) -> Self {
        Self {
            tokens,
            next: 0,
            tried: Vec::new(),
        }
    }

    /// The next word, without reading it.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    /// The next word.
    pub(super) fn next_token(&mut self, expected: &str) -> Result<Token<'a>, Diagnostic> {
        let token = self.peek().ok_or_else(|| self.ends_early(expected))?;
        self.read();
        Ok(token)
    }

    /// Whether the next word is this one; if so it is read.
    pub(super) fn accept(&mut self, text: &'static str) -> bool {
        let found = self.peek().is_some_and(|token| token.text == text);
        if found {
            self.read();
        } else {
            self.tried.push(text);
        }
        found
    }

    fn read(&mut self) {
        self.next += 1;
        self.tried.clear();
    }

    /// One of these words.
    pub(super) fn keyword(&mut self, choices: &[&'static str]) -> Result<&'static str, Diagnostic> {
        let possible = [&self.tried, choices].concat();
        let token = self.next_token(&one_of(possible.iter().copied()))?;
        choices
            .iter()
            .find(|choice| **choice == token.text)
            .copied()
            .ok_or_else(|| unexpected_token(token, &possible))
    }

    /// The word that a duration follows.
    pub(super) fn before_duration(&mut self, keyword: &'static str) -> Result<(), Diagnostic> {
        if self.peek().is_none() {
            let expected = format!("`{keyword}` and a duration, as in `{keyword} 300 ms`");
            return Err(self.ends_early(&expected));
        }
        self.keyword(&[keyword]).map(drop)
    }

    /// The end of the sentence.
    pub(super) fn end(&self) -> Result<(), Diagnostic> {
        let Some(token) = self.peek() else {
            return Ok(());
        };
        let rest = self.tokens[self.next..].last().unwrap_or(&token);
        let also: Vec<_> = self
            .tried
            .iter()
            .map(|token| format!("`{token}`"))
            .collect();
        let or = if also.is_empty() { "" } else { " or " };
        let expected = format!("expected {}{or}the end of the line", also.join(", "));
        let diagnostic = Diagnostic::new(
            token.span.to(rest.span),
            "the sentence goes on after it is complete",
            expected,
        );
        Err(match closest(token.text, self.tried.iter().copied()) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        })
    }

    /// From the first word to the last.
    pub(super) fn span(&self) -> Option<Span> {
        Some(self.tokens.first()?.span.to(self.tokens.last()?.span))
    }

    fn ends_early(&self, expected: &str) -> Diagnostic {
        let span = self.tokens.last().map_or(
            Span {
                line: 1,
                column: 1,
                width: 1,
            },
            |token| token.span.after(),
        );
        Diagnostic::new(
            span,
            "the sentence ends too early",
            format!("expected {expected}"),
        )
    }
}

/// A word that is none of the choices.
pub(super) fn unexpected_token(token: Token<'_>, choices: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        token.span,
        match token.text {
            "" => "something is missing".to_owned(),
            _ => format!("unexpected `{token}`"),
        },
        format!("expected {}", one_of(choices.iter().copied())),
    );
    match closest(token.text, choices.iter().copied()) {
        Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    }
}
