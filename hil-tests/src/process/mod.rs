//! Runs a program whose output people see, and ends it with its children when interrupted.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often is looked whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a program has to end by itself once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How many of its last lines are kept as the cause of a failure.
const KEPT_LINES: usize = 20;

/// How a program is started.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Call {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Where it is started; here, if nothing is said.
    pub folder: Option<PathBuf>,
    /// Variables that are set, or taken away.
    pub variables: Vec<(OsString, Option<OsString>)>,
    /// How long it may take.
    pub limit: Option<Duration>,
    /// Whether its last words on standard error are kept, as the cause of a failure.
    pub keeps_errors: bool,
    /// Whether it may ask people something.
    pub asks: bool,
    /// Whether what it prints on standard output is kept instead of shown.
    pub keeps_output: bool,
}

impl Call {
    /// A program with its arguments.
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same, started in a folder.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The same, with a variable that is set, or taken away.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.variables.push((name.into(), value.map(Into::into)));
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elsewhere = |folder: &&PathBuf| folder.as_path() != Path::new(".");
        if let Some(folder) = self.folder.as_ref().filter(elsewhere) {
            write!(f, "cd {}; ", folder.display())?;
        }
        for (name, value) in &self.variables {
            let name = name.to_string_lossy();
            match value {
                Some(value) => write!(f, "{name}={} ", quoted(&value.to_string_lossy()))?,
                None => write!(f, "{name}= ")?,
            }
        }
        let words = self.words.iter();
        let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        f.write_str(&words.join(" "))
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// How a program ended, and what it printed, if that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// What it printed on standard output.
    pub output: Vec<u8>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code, and these last lines on standard error, if they were kept.
    Exit(i32, Vec<String>),
    /// A signal ended it.
    Killed,
    /// It took longer than it may, and was ended.
    TooLong(Duration),
    /// It was ended because somebody interrupted.
    Interrupted,
    /// It could not be started.
    NotStarted(String),
}

impl Ended {
    /// Why it is no success, in one sentence.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Exit(0, _) => None,
            Self::Exit(code, said) => Some(match telling(said) {
                Some(line) => line.to_owned(),
                None => format!("it ended with exit code {code}"),
            }),
            Self::Killed => Some("a signal ended it".to_owned()),
            Self::TooLong(limit) => Some(format!("it was not done after {} s", limit.as_secs())),
            Self::Interrupted => Some("interrupted".to_owned()),
            Self::NotStarted(error) => Some(format!("it cannot be started: {error}")),
        }
    }
}

/// The line that says most about why a program failed: the last that is called an error, and
/// where there is none, the last one.
fn telling(lines: &[String]) -> Option<&str> {
    let is_error = |line: &&String| {
        let line = line.trim_start().to_lowercase();
        ["error", "e:", "caused by"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let line = lines.iter().rev().find(is_error).or(lines.last())?;
    Some(line.trim())
}

/// Runs a program to its end. What it prints goes where this process prints, unless it is kept.
#[must_use]
pub fn run(call: &Call, interrupted: &AtomicBool) -> Outcome {
    let nothing = |ended| Outcome {
        ended,
        output: Vec::new(),
    };
    if interrupted.load(Ordering::Relaxed) {
        return nothing(Ended::Interrupted);
    }
    let mut child = match start(call) {
        Ok(child) => child,
        Err(error) => return nothing(Ended::NotStarted(error.to_string())),
    };
    let output = child.stdout.take();
    let output = output.map(|output| thread::spawn(|| keep(output)));
    let errors = child.stderr.take();
    let errors = errors.map(|errors| thread::spawn(|| pass_on(errors)));
    let watched = watch(&mut child, call, interrupted);
    if !matches!(watched, Ok(Watched::Ended(_))) {
        // Whoever was ended by force may have left a child that keeps the streams open.
        return nothing(ended(watched, Vec::new()));
    }
    let said = errors.map(|errors| errors.join().unwrap_or_default());
    let output = output.map(|output| output.join().unwrap_or_default());
    Outcome {
        ended: ended(watched, said.unwrap_or_default()),
        output: output.unwrap_or_default(),
    }
}

fn ended(watched: io::Result<Watched>, said: Vec<String>) -> Ended {
    match watched {
        Ok(Watched::Ended(status)) => match status.code() {
            Some(code) => Ended::Exit(code, said),
            None => Ended::Killed,
        },
        Ok(Watched::TooLong(limit)) => Ended::TooLong(limit),
        Ok(Watched::Interrupted) => Ended::Interrupted,
        Err(error) => Ended::NotStarted(error.to_string()),
    }
}

fn start(call: &Call) -> io::Result<Child> {
    let Some((program, arguments)) = call.words.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(folder) = &call.folder {
        command.current_dir(folder);
    }
    for (name, value) in &call.variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if call.keeps_output {
        command.stdout(Stdio::piped());
    }
    if call.keeps_errors {
        command.stderr(Stdio::piped());
    }
    if !call.asks {
        command.stdin(Stdio::null());
        in_own_group(&mut command);
    }
    command.spawn()
}

/// One who asks people something must stay in the group that the terminal listens to.
#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(not(unix))]
fn in_own_group(_: &mut Command) {}

enum Watched {
    Ended(ExitStatus),
    TooLong(Duration),
    Interrupted,
}

fn watch(child: &mut Child, call: &Call, interrupted: &AtomicBool) -> io::Result<Watched> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(match interrupted.load(Ordering::Relaxed) {
                true => {
                    signal(child, call, Signal::Kill);
                    Watched::Interrupted
                }
                false => Watched::Ended(status),
            });
        }
        if interrupted.load(Ordering::Relaxed) {
            end(child, call)?;
            return Ok(Watched::Interrupted);
        }
        if let Some(limit) = call.limit.filter(|limit| started.elapsed() > *limit) {
            end(child, call)?;
            return Ok(Watched::TooLong(limit));
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Asks the program and its children to end, and ends those who do not.
fn end(child: &mut Child, call: &Call) -> io::Result<()> {
    signal(child, call, Signal::Interrupt);
    let asked = Instant::now();
    while child.try_wait()?.is_none() && asked.elapsed() < GRACE {
        thread::sleep(LOOK_EVERY);
    }
    signal(child, call, Signal::Kill);
    child.wait().map(drop)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Kill,
}

/// Who has already ended cannot be told anything: that is no error.
#[cfg(unix)]
fn signal(child: &mut Child, call: &Call, signal: Signal) {
    use rustix::process::{self, Pid};

    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return;
    };
    let signal = match signal {
        Signal::Interrupt => process::Signal::INT,
        Signal::Kill => process::Signal::KILL,
    };
    let _ = match call.asks {
        true if matches!(child.try_wait(), Ok(None)) => process::kill_process(pid, signal),
        true => Ok(()),
        false => process::kill_process_group(pid, signal),
    };
}

#[cfg(not(unix))]
fn signal(child: &mut Child, _: &Call, signal: Signal) {
    if signal == Signal::Kill {
        let _ = child.kill();
    }
}

/// What can be read of it: a stream that breaks off is a program that does, and its exit code
/// tells.
fn keep(mut output: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let _ = output.read_to_end(&mut kept);
    kept
}

/// Shows what a program says, and keeps its last lines.
fn pass_on(errors: impl Read) -> Vec<String> {
    let mut kept = VecDeque::new();
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        // With standard error gone there is nobody left to tell.
        let _ = anstream::stderr().write_all(&line);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() {
            kept.push_back(text);
        }
        if kept.len() > KEPT_LINES {
            kept.pop_front();
        }
        line.clear();
    }
    kept.into()
}

#[cfg(all(test, unix))]
mod tests;
