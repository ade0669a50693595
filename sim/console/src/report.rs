//! What went wrong, told to people on standard error.

use std::error::Error;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};

use crate::exit::Exit;
use lockstep_engine::input::Source;
use lockstep_engine::load::LoadError;
use lockstep_engine::scenario::grammar::MAX_PROBLEMS;
use lockstep_engine::source::{Place, Problem, error_chain};

/// How many characters of a long line are shown, and how many before the place.
const SHOWN: usize = 110;
const SHOWN_BEFORE: usize = 60;

/// Renders problems for where they are shown.
pub struct Report {
    renderer: Renderer,
}

impl Report {
    /// For standard error as it is now, with colour where it is wanted.
    #[must_use]
    pub fn to_stderr() -> Self {
        let plain = AutoStream::choice(&std::io::stderr()) == ColorChoice::Never;
        Self {
            renderer: if plain {
                Renderer::plain()
            } else {
                Renderer::styled()
            },
        }
    }

    /// Prints an error that has no place in a text.
    pub fn error(&self, error: impl Error) -> Exit {
        self.print(&self.caused(&error));
        Exit::BadInput
    }

    /// An error that has no place in a text, with what caused it.
    #[must_use]
    pub fn caused(&self, error: &dyn Error) -> String {
        self.plain(&error_chain(error), None)
    }

    /// Prints what was rendered.
    pub fn print(&self, rendered: &str) {
        let mut stderr = anstream::stderr().lock();
        // With standard error gone there is nobody left to tell.
        let _ = writeln!(stderr, "{rendered}");
    }

    /// A message that stands nowhere in a text.
    #[must_use]
    pub fn plain(&self, message: &str, help: Option<&str>) -> String {
        let group = Group::with_title(Level::ERROR.primary_title(message));
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }

    /// What is good to know, and no error.
    #[must_use]
    pub fn note(&self, message: &str, help: Option<&str>) -> String {
        let group = Group::with_title(Level::NOTE.primary_title(message));
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }

    /// A message that stands nowhere in a text, and what is known about it.
    #[must_use]
    pub fn noted(&self, message: &str, note: &str) -> String {
        let group = Group::with_title(Level::ERROR.primary_title(message));
        self.renderer
            .render(&[group.element(Level::NOTE.message(note))])
    }

    /// The problems, each with its line.
    #[must_use]
    pub fn problems(&self, source: &Source, problems: &[Problem]) -> String {
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
        let mut rendered = rendered.join("\n\n");
        if problems.len() >= MAX_PROBLEMS {
            rendered += &format!("\n\nnote: no more than {MAX_PROBLEMS} problems are shown");
        }
        rendered
    }

    /// What is wrong with an input that cannot be played.
    #[must_use]
    pub fn unloadable(&self, source: &Source, error: &LoadError) -> String {
        match error {
            LoadError::Problems(problems) => self.problems(source, problems),
            LoadError::Recording(error) => {
                self.plain(&format!("`{}`: {error}", source.name), error.help())
            }
        }
    }

    /// A message about a place in a text, with what follows it as notes.
    pub fn at(
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
            .path((excerpt.first == 0).then_some(source.name.as_str()))
            .annotation(
                AnnotationKind::Primary
                    .span(excerpt.start..excerpt.end)
                    .label(label),
            );
        // The columns of an excerpt that begins within the line are not the line's.
        let origin = (excerpt.first > 0).then(|| {
            Origin::path(&source.name)
                .line(place.line)
                .char_column(place.column)
        });
        let group = Level::ERROR
            .primary_title(message)
            .elements(origin)
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
    /// How many characters of the line were left out before it.
    first: usize,
}

impl Excerpt {
    fn of(line: &str, place: Place) -> Self {
        let count = line.chars().count();
        let column = (place.column - 1).min(count);
        let first = match count > SHOWN {
            true => column.saturating_sub(SHOWN_BEFORE),
            false => 0,
        };
        let last = count.min(first + SHOWN);
        let mut chars: Vec<char> = line.chars().skip(first).take(last - first).collect();
        for c in &mut chars {
            *c = shown(*c);
        }
        if let (true, Some(c)) = (first > 0, chars.first_mut()) {
            *c = '…';
        }
        if let (true, Some(c)) = (last < count, chars.last_mut()) {
            *c = '…';
        }
        // Where something is missing at the end of a line, a space stands for it.
        let missing = if column + place.width > last { " " } else { "" };
        let text = String::from_iter(chars) + missing;
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
            first,
            text,
        }
    }
}

/// What stands for a character, one for one: nothing may move the cursor of whoever reads
/// this, nor hide, nor turn the line around.
fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}
