//! What is run, as data.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a program is started, and what is done with what it prints.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CommandSpec {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The folder it is started in; that of this process where it is `None`.
    pub current_dir: Option<PathBuf>,
    /// Variables that are set, or removed where the value is `None`.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// What is done with its standard output.
    pub stdout: StdoutMode,
    /// What is done with its standard error.
    pub stderr: StderrMode,
    /// Whether it may ask the user: it then stays in the foreground process group.
    pub is_interactive: bool,
}

/// What is done with the standard output of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StdoutMode {
    /// It is shown.
    #[default]
    Inherit,
    /// It is captured.
    Capture,
    /// It is shown, and captured.
    ShowAndCapture,
}

/// What is done with the standard error of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StderrMode {
    /// It is shown.
    #[default]
    Inherit,
    /// It is shown, and its last lines are kept as the cause of a failure.
    KeepTail,
    /// It is dropped.
    Discard,
}

impl CommandSpec {
    /// A program with its arguments.
    #[must_use]
    pub fn new(argv: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same, started in a folder.
    #[must_use]
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(folder.into());
        self
    }

    /// The same, with a variable set, or removed where the value is `None`.
    #[must_use]
    pub fn env(mut self, name: &str, value: Option<&str>) -> Self {
        self.env.push((name.into(), value.map(Into::into)));
        self
    }
}

/// As it is typed into a shell.
impl fmt::Display for CommandSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_elsewhere = |folder: &&PathBuf| folder.as_path() != Path::new(".");
        if let Some(folder) = self.current_dir.as_ref().filter(is_elsewhere) {
            write!(f, "cd {}; ", shell_words::quote(&folder.to_string_lossy()))?;
        }
        for (name, value) in &self.env {
            let name = name.to_string_lossy();
            match value {
                Some(value) => write!(
                    f,
                    "{name}={} ",
                    shell_words::quote(&value.to_string_lossy())
                )?,
                None => write!(f, "{name}= ")?,
            }
        }
        f.write_str(&shell_words::join(
            self.argv.iter().map(|word| word.to_string_lossy()),
        ))
    }
}
