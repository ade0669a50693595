//! What went wrong, told to people on standard error.

use std::error::Error;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};

use super::exit::Exit;
use super::input::Source;
use crate::source::{Place, Problem};

/// How many characters of a long line are shown, and how many before the place.
const SHOWN: usize = 160;
const SHOWN_BEFORE: usize = 60;

/// Renders problems for where they are shown.
pub(super) struct Report {
    renderer: Renderer,
}

impl Report {
    pub(super) fn to_stderr() -> Self {
        let plain = AutoStream::choice(&std::io::stderr()) == ColorChoice::Never;
        Self {
            renderer: if plain {
                Renderer::plain()
            } else {
                Renderer::styled()
            },
        }
    }

    /// Prints an error that stands nowhere in a text.
    pub(super) fn error(&self, error: impl Error) -> Exit {
        self.print(&self.plain(&error.to_string(), None));
        Exit::BadInput
    }

    /// Prints what [`Report::problems`] and the like have rendered.
    pub(super) fn print(&self, rendered: &str) {
        let mut stderr = anstream::stderr().lock();
        // With standard error gone there is nobody left to tell.
        let _ = writeln!(stderr, "{rendered}");
    }

    /// A message that stands nowhere in a text.
    pub(super) fn plain(&self, message: &str, help: Option<&str>) -> String {
        let group = Group::with_title(Level::ERROR.primary_title(message));
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }

    /// The problems, each with its line.
    pub(super) fn problems(&self, source: &Source, problems: &[Problem]) -> String {
        let rendered: Vec<_> = problems
            .iter()
            .map(|problem| {
                let Problem {
                    place,
                    message,
                    expected,
                    help,
                } = problem;
                self.at(source, *place, message, expected, None, help.as_deref())
            })
            .collect();
        rendered.join("\n")
    }

    /// A message about a place in a text, with what follows it as notes.
    pub(super) fn at(
        &self,
        source: &Source,
        place: Place,
        message: &str,
        label: &str,
        note: Option<&str>,
        help: Option<&str>,
    ) -> String {
        let line = source.line(place.line);
        let excerpt = Excerpt::of(&line, place);
        let snippet = Snippet::source(&excerpt.text)
            .line_start(place.line)
            .path(&source.name)
            .annotation(
                AnnotationKind::Primary
                    .span(excerpt.start..excerpt.end)
                    .label(label),
            );
        // A shortened line would shift the column that the excerpt's head shows.
        let message = match excerpt.shortened {
            true => format!("{message} (column {})", place.column),
            false => message.to_owned(),
        };
        let group = Level::ERROR
            .primary_title(message)
            .element(snippet)
            .elements(note.map(|note| Level::NOTE.message(note)))
            .elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }
}

/// The part of a line around a place, and where in it the place is, in bytes.
struct Excerpt {
    text: String,
    start: usize,
    end: usize,
    shortened: bool,
}

impl Excerpt {
    fn of(line: &str, place: Place) -> Self {
        // Control characters would move the cursor of whoever reads this.
        let chars: Vec<char> = line
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        let column = (place.column - 1).min(chars.len());
        let shortened = chars.len() > SHOWN;
        let first = match shortened {
            true => column.saturating_sub(SHOWN_BEFORE),
            false => 0,
        };
        let last = chars.len().min(first + SHOWN);
        // Where something is missing at the end of a line, a space stands for it.
        let missing = if column + place.width > last { " " } else { "" };
        let text = String::from_iter(&chars[first..last]) + missing;
        let byte = |index: usize| {
            let position = text.char_indices().nth(index - first);
            position.map_or(text.len(), |(byte, _)| byte)
        };
        let end = (column + place.width)
            .min(last + missing.len())
            .max(column + 1);
        Self {
            start: byte(column),
            end: byte(end),
            shortened,
            text,
        }
    }
}
