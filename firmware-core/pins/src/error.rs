//! What can be wrong with a pin map, shown in its text.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use thiserror::Error;

use crate::UnfinishedBoard;

/// There is no pin map to work with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PinMapError {
    /// A file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is not a valid pin map.
    #[error(transparent)]
    Invalid(#[from] InvalidPinMap),
    /// The board has blanks.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedBoard),
    /// A variable that cargo sets for build scripts is missing.
    #[error("`{0}` is not set: expected to run as the build script of a crate")]
    NoBuildScript(&'static str),
}

/// A text that is not a valid pin map, and everything that is wrong with it. It is displayed with an excerpt
/// for each diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPinMap {
    path: PathBuf,
    text: String,
    diagnostics: Vec<Diagnostic>,
}

/// Something that is wrong in the text of a pin map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What was expected; empty where the message says it.
    pub expected: String,
}

impl InvalidPinMap {
    pub(crate) fn new(path: &Path, text: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            diagnostics,
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The diagnostics, in the order in which they were found; at least one.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for InvalidPinMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            let end = diagnostic.span.end.min(self.text.len());
            let span = diagnostic.span.start.min(end)..end;
            let label = (!diagnostic.expected.is_empty()).then_some(diagnostic.expected.as_str());
            let annotation = AnnotationKind::Primary.span(span).label(label);
            let snippet = Snippet::source(&self.text)
                .path(&path)
                .annotation(annotation);
            // Whoever shows the error puts `error:` before it.
            let title = Level::ERROR.no_name().primary_title(&diagnostic.message);
            let shown = Renderer::plain().render(&[Group::with_title(title).element(snippet)]);
            let separator = if index == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{}", shown.trim_end())?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidPinMap {}
