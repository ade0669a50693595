//! What is said about a waveform, in all the places where it can be said.

use std::path::Path;

use thiserror::Error;

use crate::diagnostic::Diagnostic;
use crate::project::{Project, ProjectError};
use crate::source::{Source, SourceError};
use crate::waveform::{WaveformOptions, map_file};

/// What stands beside a waveform or in the project file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WaveformOptionsError {
    /// The file beside the waveform cannot be read.
    #[error(transparent)]
    Input(#[from] SourceError),
    /// One of the two files is malformed.
    #[error("{}", first_problem(.text, .diagnostics))]
    #[non_exhaustive]
    Malformed {
        /// The file.
        text: Source,
        /// What is wrong in it, by place.
        diagnostics: Vec<Diagnostic>,
    },
    /// The project file cannot be read.
    #[error(transparent)]
    Project(ProjectError),
}

fn first_problem(text: &Source, diagnostics: &[Diagnostic]) -> String {
    let name = &text.name;
    match diagnostics.first() {
        Some(Diagnostic {
            span,
            message,
            expected,
            ..
        }) => format!("{name}:{span}: {message}; {expected}"),
        None => name.clone(),
    }
}

/// What a user says about a waveform, then what the file beside it says, then the project file of
/// the current folder.
///
/// # Errors
///
/// A [`WaveformOptionsError`] if one of the two files is there and cannot be used.
pub fn complete(
    mut said: WaveformOptions,
    waveform: &Path,
) -> Result<WaveformOptions, WaveformOptionsError> {
    let beside = map_file::beside(waveform);
    if beside.is_file() {
        let text = Source::read(&beside, map_file::MAX_BYTES)?;
        said = match map_file::parse(&text.bytes) {
            Ok(others) => said.or(others),
            Err(diagnostic) => {
                let diagnostics = vec![diagnostic];
                return Err(WaveformOptionsError::Malformed { text, diagnostics });
            }
        };
    }
    match Project::find(Path::new("")) {
        Ok(project) => Ok(said.or(WaveformOptions {
            map: project.map().to_vec(),
            ..WaveformOptions::default()
        })),
        Err(ProjectError::NotFound { .. }) => Ok(said),
        Err(ProjectError::Malformed { text, diagnostics }) => {
            Err(WaveformOptionsError::Malformed { text, diagnostics })
        }
        Err(error) => Err(WaveformOptionsError::Project(error)),
    }
}
