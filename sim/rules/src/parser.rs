//! Reads a file of rules.
//!
//! ```text
//! app lamp
//! safe means board is not ok                           a name for what is said often
//!
//! assume at most one button at a time                  what the world does not do
//! never lamp is above 0 while safe
//! lock-holds: after log lock on, no log level until log lock off
//! ```
//!
//! A `#` begins a comment. What each sentence means is in `docs/rules.md`.

use lockstep_engine::diagnostic::{Diagnostic, Span, one_of};
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::grammar::{MAX_DIAGNOSTICS, name};
use lockstep_engine::scenario::lexer::{Token, TokenCursor, tokenize};
use lockstep_engine::scenario::{MAX_BYTES, MAX_LINE, Name};
use lockstep_search::RuleSet;

use crate::assumptions::Assumptions;
use crate::expression::{Expression, Memory};
use crate::rule::Rule;
use crate::rule_file::RuleFile;
use crate::sentence::{self, Context};

/// What a name that stands for an expression cannot be.
const TAKEN: [&str; 21] = [
    "after", "always", "and", "app", "assume", "before", "board", "it", "last", "log", "means",
    "never", "no", "not", "or", "reset", "until", "whenever", "while", "within", "on",
];

/// The app that a file of rules is for, if its first sentence says so.
#[must_use]
pub fn app_of(text: &str) -> Option<String> {
    let lines = text.lines().zip(1..);
    let mut lines = lines.map(|(line, number)| tokenize(line, number));
    let first = lines.find(|tokens| !tokens.is_empty())?;
    match first.as_slice() {
        [app, name, ..] if app.text == "app" => Some(name.text.to_owned()),
        _ => None,
    }
}

/// Reads the rules for one of these apps.
///
/// # Errors
///
/// All diagnostics, in the order of their lines, but at most [`MAX_DIAGNOSTICS`].
pub fn parse(text: &str, registry: &Registry) -> Result<RuleFile, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        return Err(vec![Diagnostic::new(
            Span::START,
            format!("the rules have {} bytes", text.len()),
            format!("expected at most {MAX_BYTES}"),
        )]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .zip(1..)
        .map(|(line, number)| (line, split(tokenize(line, number)), number))
        .filter(|(_, tokens, _)| !tokens.is_empty());
    let Some((_, header, _)) = lines.next() else {
        return Err(vec![Diagnostic::new(
            Span::START,
            "there is no rule",
            "expected `app` and the name of an app, and rules below it",
        )]);
    };
    let mut parser = RuleParser::new(&header, registry).map_err(|it| vec![it])?;
    let mut diagnostics = Vec::new();
    for (line, tokens, number) in lines {
        let read = check_length(line, number).and_then(|()| parser.line(line, &tokens));
        if let Err(diagnostic) = read {
            diagnostics.push(diagnostic);
            if diagnostics.len() == MAX_DIAGNOSTICS {
                break;
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(parser.file)
    } else {
        Err(diagnostics)
    }
}

fn check_length(line: &str, number: usize) -> Result<(), Diagnostic> {
    let width = line.chars().count();
    if width <= MAX_LINE {
        return Ok(());
    }
    let span = Span {
        line: number,
        column: MAX_LINE + 1,
        width: 1,
    };
    Err(Diagnostic::new(
        span,
        format!("the line has {width} characters"),
        format!("expected at most {MAX_LINE}"),
    ))
}

/// Makes a token of a comma at the end of a word.
fn split(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut all = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Some(word) = token.text.strip_suffix(',').filter(|word| !word.is_empty()) else {
            all.push(token);
            continue;
        };
        let width = token.span.width - 1;
        all.push(Token {
            text: word,
            span: Span {
                width,
                ..token.span
            },
        });
        all.push(Token {
            text: &token.text[word.len()..],
            span: Span {
                column: token.span.column + width,
                width: 1,
                ..token.span
            },
        });
    }
    all
}

struct RuleParser {
    file: RuleFile,
    definitions: Vec<(String, Expression)>,
}

impl RuleParser {
    fn new(header: &[Token<'_>], registry: &Registry) -> Result<Self, Diagnostic> {
        let mut cursor = TokenCursor::new(header, registry.tick_of(None));
        cursor.keyword(&["app"])?;
        let app = name(&mut cursor, "the name of an app")?;
        cursor.expect_end()?;
        let entry = registry.find(&app.text).map_err(|unknown| {
            Diagnostic::new(
                app.span,
                format!("there is no app `{app}`"),
                format!("expected {}", one_of(unknown.known.iter().copied())),
            )
        })?;
        let descriptor = entry.descriptor();
        Ok(Self {
            file: RuleFile {
                descriptor,
                rules: Vec::new(),
                memory: Memory::default(),
                assumptions: Assumptions::none(descriptor),
            },
            definitions: Vec::new(),
        })
    }

    fn line(&mut self, line: &str, tokens: &[Token<'_>]) -> Result<(), Diagnostic> {
        let (label, tokens) = label(tokens);
        let tick = self.file.descriptor.tick();
        let mut cursor = TokenCursor::new(tokens, tick);
        let span = cursor.span().unwrap_or(Span::START);
        let text = written(line, span);
        let mut context = Context {
            descriptor: self.file.descriptor,
            definitions: &self.definitions,
            memory: &mut self.file.memory,
        };
        if cursor.accept("assume") {
            self.file.assumptions.read(&mut cursor, &mut context)?;
            cursor.expect_end()?;
            let assumed = text.strip_prefix("assume ").unwrap_or(&text);
            self.file.assumptions.sentences.push(assumed.to_owned());
            return Ok(());
        }
        if cursor
            .peek_second()
            .is_some_and(|token| token.text == "means")
        {
            let name = name(&mut cursor, "a name")?;
            cursor.keyword(&["means"])?;
            let expression = sentence::expression(&mut cursor, &mut context)?;
            cursor.expect_end()?;
            return self.define(&name, expression);
        }
        let (scope, kind) = sentence::rule(&mut cursor, &mut context)?;
        cursor.expect_end()?;
        if self.file.rules.len() == RuleSet::MAX {
            return Err(Diagnostic::new(
                span,
                "there are too many rules",
                format!("expected at most {} in a file", RuleSet::MAX),
            ));
        }
        self.file.rules.push(Rule {
            name: label.unwrap_or_else(|| text.clone()),
            text,
            span,
            scope,
            kind,
        });
        Ok(())
    }

    fn define(&mut self, name: &Name, expression: Expression) -> Result<(), Diagnostic> {
        let descriptor = self.file.descriptor;
        let outputs = descriptor.outputs().iter().map(|it| it.name());
        let numbers = descriptor.numbers().iter().map(|it| it.name());
        let buttons = descriptor.buttons().iter().copied();
        let mut ports = outputs.chain(numbers).chain(buttons);
        let is_port = ports.any(|port| port == name.text);
        let is_known = self
            .definitions
            .iter()
            .any(|(known, _)| *known == name.text);
        if is_port || is_known || TAKEN.contains(&name.text.as_str()) {
            return Err(Diagnostic::new(
                name.span,
                format!("`{name}` means something already"),
                "expected another name",
            ));
        }
        self.definitions.push((name.text.clone(), expression));
        Ok(())
    }
}

/// The name before a rule, and what follows it.
fn label<'t, 's>(tokens: &'t [Token<'s>]) -> (Option<String>, &'t [Token<'s>]) {
    match tokens {
        [first, rest @ ..] if !rest.is_empty() => match first.text.strip_suffix(':') {
            Some(label) if !label.is_empty() => (Some(label.to_owned()), rest),
            _ => (None, tokens),
        },
        _ => (None, tokens),
    }
}

/// The characters of a span.
fn written(line: &str, span: Span) -> String {
    let after = line.chars().skip(span.column - 1);
    after.take(span.width).collect()
}
