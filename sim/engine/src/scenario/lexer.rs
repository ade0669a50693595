//! Splits a line into tokens, and reads them from left to right.

use std::fmt;

use lockstep_core::time::TickPeriod;

use crate::diagnostic::{Diagnostic, Span, closest, one_of};
use crate::quoted::quoted_length;
use crate::sanitize::excerpt;

/// A word of a line.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// The word.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// The token as a message quotes it.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&excerpt(self.text))
    }
}

/// Splits a line at spaces, up to a `#`. A tolerance sign is a token of its own, whether or
/// not a space follows it; so is a text in quotes, with its spaces.
pub fn tokenize(line: &str, number: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut column = 1;
    let mut rest = line;
    while let Some(first) = rest.chars().next().filter(|c| *c != '#') {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            column += 1;
            continue;
        }
        let sign = TOLERANCE.iter().find(|sign| rest.starts_with(**sign));
        let length = match (first, sign) {
            ('"', _) => quoted_length(rest).unwrap_or(rest.len()),
            (_, Some(sign)) => sign.len(),
            _ => rest.find(ends_a_word).unwrap_or(rest.len()),
        };
        let (text, after) = rest.split_at(length);
        let span = Span {
            line: number,
            column,
            width: text.chars().count(),
        };
        tokens.push(Token { text, span });
        column += span.width;
        rest = after;
    }
    tokens
}

fn ends_a_word(c: char) -> bool {
    c.is_whitespace() || c == '#'
}

/// The signs between a duration and its tolerance.
pub const TOLERANCE: [&str; 2] = ["+-", "±"];

/// A position in the tokens of a line.
#[derive(Debug)]
pub struct TokenCursor<'a> {
    tokens: &'a [Token<'a>],
    /// How long the ticks are that lengths are counted in.
    pub tick: TickPeriod,
    next: usize,
    /// Keywords that could come next and did not.
    alternatives: Vec<&'static str>,
}

impl<'a> TokenCursor<'a> {
    /// At the first token.
    pub fn new(tokens: &'a [Token<'a>], tick: TickPeriod) -> Self {
        Self {
            tokens,
            tick,
            next: 0,
            alternatives: Vec::new(),
        }
    }

    /// The next token, without reading it.
    pub fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).copied()
    }

    /// The token after the next one, without reading either.
    pub fn peek_second(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next + 1).copied()
    }

    /// Reads the next token.
    pub fn next_token(&mut self, expected: &str) -> Result<Token<'a>, Diagnostic> {
        let token = self.peek().ok_or_else(|| self.ends_early(expected))?;
        self.advance();
        Ok(token)
    }

    /// Reads the next token if it is this keyword, and says whether it was.
    pub fn accept(&mut self, text: &'static str) -> bool {
        let found = self.peek().is_some_and(|token| token.text == text);
        if found {
            self.advance();
        } else {
            self.alternatives.push(text);
        }
        found
    }

    fn advance(&mut self) {
        self.next += 1;
        self.alternatives.clear();
    }

    /// Reads one of these keywords.
    pub fn keyword(&mut self, choices: &[&'static str]) -> Result<&'static str, Diagnostic> {
        let token = self.peek();
        let found = token.and_then(|token| choices.iter().find(|choice| **choice == token.text));
        if let Some(found) = found {
            self.advance();
            return Ok(found);
        }
        // Only now: nearly every keyword is the right one.
        let possible = [&self.alternatives, choices].concat();
        Err(match token {
            Some(token) => unexpected_token(token, &possible),
            None => self.ends_early(&one_of(possible.iter().copied())),
        })
    }

    /// Reads the keyword that introduces a duration.
    pub fn keyword_before_duration(&mut self, keyword: &'static str) -> Result<(), Diagnostic> {
        if self.peek().is_none() {
            let expected = format!("`{keyword}` and a duration, as in `{keyword} 300 ms`");
            return Err(self.ends_early(&expected));
        }
        self.keyword(&[keyword]).map(drop)
    }

    /// Makes sure that no token is left.
    pub fn expect_end(&self) -> Result<(), Diagnostic> {
        let Some(token) = self.peek() else {
            return Ok(());
        };
        let rest = self.tokens[self.next..].last().unwrap_or(&token);
        let also: Vec<_> = self
            .alternatives
            .iter()
            .map(|token| format!("`{token}`"))
            .collect();
        let or = if also.is_empty() { "" } else { " or " };
        let expected = format!("expected {}{or}the end of the line", also.join(", "));
        let diagnostic = Diagnostic::new(
            token.span.to(rest.span),
            "unexpected words after the sentence",
            expected,
        );
        Err(
            match closest(token.text, self.alternatives.iter().copied()) {
                Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
                None => diagnostic,
            },
        )
    }

    /// From the first token to the last.
    pub fn span(&self) -> Option<Span> {
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
            "the sentence is incomplete",
            format!("expected {expected}"),
        )
    }
}

/// A token that is none of the choices.
pub fn unexpected_token(token: Token<'_>, choices: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        token.span,
        match token.text {
            "" => "a word is missing".to_owned(),
            _ => format!("unexpected `{token}`"),
        },
        format!("expected {}", one_of(choices.iter().copied())),
    );
    match closest(token.text, choices.iter().copied()) {
        Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    }
}
