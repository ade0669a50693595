//! Reports diagnostics on standard error.

use std::borrow::Cow;
use std::error::Error;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};

use crate::commands::Commands;
use crate::exit::Exit;
use lockstep_engine::diagnostic::{Diagnostic, Span, error_chain};
use lockstep_engine::load::{LoadError, WaveformLoadError};
use lockstep_engine::sanitize::LineExcerpt;
use lockstep_engine::scenario::grammar::MAX_DIAGNOSTICS;
use lockstep_engine::shell::{quoted, quoted_path};
use lockstep_engine::source::Source;
use lockstep_engine::waveform::WaveformErrorKind;

/// Renders problems for where they are shown.
pub struct Report {
    renderer: Renderer,
    commands: Commands,
}

impl Report {
    /// For standard error as it is now, with color where it is wanted.
    #[must_use]
    pub fn to_stderr() -> Self {
        let plain = AutoStream::choice(&std::io::stderr()) == ColorChoice::Never;
        Self {
            renderer: if plain {
                Renderer::plain()
            } else {
                Renderer::styled()
            },
            commands: Commands::default(),
        }
    }

    /// The same, which names these commands where a message names a program.
    #[must_use]
    pub fn naming(self, commands: Commands) -> Self {
        Self { commands, ..self }
    }

    /// How people call the programs.
    #[must_use]
    pub fn commands(&self) -> &Commands {
        &self.commands
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
        // If standard error is closed, the message is lost.
        let _ = writeln!(stderr, "{rendered}");
    }

    /// A message that stands nowhere in a text.
    #[must_use]
    pub fn plain(&self, message: &str, help: Option<&str>) -> String {
        let (message, help) = (self.commands.name_in(message), self.named(help));
        let group = Group::with_title(Level::ERROR.primary_title(message));
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }

    /// What is good to know, and no error.
    #[must_use]
    pub fn note(&self, message: &str, help: Option<&str>) -> String {
        let (message, help) = (self.commands.name_in(message), self.named(help));
        let group = Group::with_title(Level::NOTE.primary_title(message));
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        self.renderer.render(&[group])
    }

    /// A message that stands nowhere in a text, and what is known about it.
    #[must_use]
    pub fn noted(&self, message: &str, note: &str) -> String {
        let (message, note) = (self.commands.name_in(message), self.commands.name_in(note));
        let group = Group::with_title(Level::ERROR.primary_title(message));
        self.renderer
            .render(&[group.element(Level::NOTE.message(note))])
    }

    /// The problems, each with its line.
    #[must_use]
    pub fn diagnostics(&self, source: &Source, diagnostics: &[Diagnostic]) -> String {
        let rendered: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| {
                let Diagnostic {
                    span,
                    message,
                    expected,
                    help,
                } = diagnostic;
                self.at(source, *span, message, expected, None, help.as_deref())
            })
            .collect();
        let mut rendered = rendered.join("\n\n");
        if diagnostics.len() >= MAX_DIAGNOSTICS {
            rendered += &format!("\n\nnote: no more than {MAX_DIAGNOSTICS} problems are shown");
        }
        rendered
    }

    /// What is wrong with an input that cannot be played.
    #[must_use]
    pub fn unloadable(&self, source: &Source, error: &LoadError) -> String {
        match error {
            LoadError::Diagnostics(diagnostics) => self.diagnostics(source, diagnostics),
            LoadError::Recording(error) => {
                self.plain(&format!("`{}`: {error}", source.name), error.help())
            }
            LoadError::Waveform(refused) => self.waveform(source, refused),
            _ => self.plain(&format!("`{}`: {}", source.name, error_chain(error)), None),
        }
    }

    /// What is wrong with a waveform; where it is not clear which signals are meant, with the
    /// command that says so.
    fn waveform(&self, source: &Source, refused: &WaveformLoadError) -> String {
        let kind = &refused.error.kind;
        let (message, expected) = (kind.message(), kind.expected());
        let (note, help) = match &**kind {
            WaveformErrorKind::NoInputs(candidates) => (
                Some(candidates.to_string()),
                map_command(source, refused, &candidates.mappings),
            ),
            _ => (None, kind.help()),
        };
        let help = help.as_deref();
        match refused.error.span {
            Some(span) => self.at(source, span, &message, &expected, note.as_deref(), help),
            None => {
                let title = format!("`{}`: {message}", source.name);
                let help = self.named(help);
                let group = Group::with_title(Level::ERROR.primary_title(&title))
                    .elements(note.as_deref().map(|note| Level::NOTE.message(note)))
                    .elements(help.map(|help| Level::HELP.message(help)));
                self.renderer.render(&[group])
            }
        }
    }

    fn named<'t>(&self, text: Option<&'t str>) -> Option<Cow<'t, str>> {
        text.map(|text| self.commands.name_in(text))
    }

    /// A message about a place in a text, with what follows it as notes.
    pub fn at(
        &self,
        source: &Source,
        span: Span,
        message: &str,
        label: &str,
        note: Option<&str>,
        help: Option<&str>,
    ) -> String {
        let message = self.commands.name_in(message);
        let label = self.commands.name_in(label);
        let (note, help) = (self.named(note), self.named(help));
        let line = source.line(span.line);
        let excerpt = LineExcerpt::new(&line, span);
        let snippet = Snippet::source(&excerpt.text)
            .line_start(span.line)
            .path((excerpt.skipped == 0).then_some(source.name.as_str()))
            .annotation(
                AnnotationKind::Primary
                    .span(excerpt.start..excerpt.end)
                    .label(label),
            );
        // The columns of an excerpt that begins within the line are not the line's.
        let origin = (excerpt.skipped > 0).then(|| {
            Origin::path(&source.name)
                .line(span.line)
                .char_column(span.column)
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

/// The command that plays a waveform with these signals as the buttons.
fn map_command(
    source: &Source,
    refused: &WaveformLoadError,
    mappings: &[String],
) -> Option<String> {
    if mappings.is_empty() {
        return None;
    }
    let app = refused
        .requested_app
        .iter()
        .map(|app| format!("--app {app}"));
    let maps = mappings.iter().map(|map| format!("--map {}", quoted(map)));
    let words: Vec<_> = app.chain(maps).collect();
    let file = quoted_path(&source.name);
    Some(format!(
        "say which is which: `sim run {file} {}`",
        words.join(" ")
    ))
}
