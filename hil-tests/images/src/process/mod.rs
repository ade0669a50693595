//! Runs a program whose output people see, and ends it with its children when interrupted.

mod groups;

pub use groups::kill_all;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use groups::Signal;

/// How often is looked whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a program has to end by itself once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How long a program is listened to after it has ended.
const LINGER: Duration = Duration::from_secs(2);

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
    let output = output.map(|output| Listener::new(output, keep));
    let errors = child.stderr.take();
    let errors = errors.map(|errors| Listener::new(errors, pass_on));
    let group = groups::Running::new(&child, call);
    let watched = watch(&mut child, call, interrupted);
    drop(group);
    let said = errors.map(Listener::heard).unwrap_or_default();
    Outcome {
        ended: ended(watched, said.into()),
        output: output.map(Listener::heard).unwrap_or_default(),
    }
}

/// Takes what comes out of a stream, while the program runs and a moment longer: whoever the
/// program has left behind may keep the stream open for ever.
struct Listener<T> {
    heard: Arc<Mutex<T>>,
    over: mpsc::Receiver<()>,
}

impl<T: Default + Send + 'static> Listener<T> {
    fn new<S: Read + Send + 'static>(stream: S, listen: fn(S, &Mutex<T>)) -> Self {
        let heard = Arc::new(Mutex::default());
        let (hung_up, over) = mpsc::channel();
        let into = Arc::clone(&heard);
        thread::spawn(move || {
            listen(stream, &into);
            drop(hung_up);
        });
        Self { heard, over }
    }

    fn heard(self) -> T {
        let _ = self.over.recv_timeout(LINGER);
        mem::take(&mut *lock(&self.heard))
    }
}

fn lock<T>(heard: &Mutex<T>) -> MutexGuard<'_, T> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
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
        groups::in_its_own(&mut command);
    }
    command.spawn()
}

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
                    groups::signal(child, call, Signal::Kill);
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
    groups::signal(child, call, Signal::Interrupt);
    let asked = Instant::now();
    while child.try_wait()?.is_none() && asked.elapsed() < GRACE {
        thread::sleep(LOOK_EVERY);
    }
    groups::signal(child, call, Signal::Kill);
    child.wait().map(drop)
}

/// What can be read of it: a stream that breaks off is a program that does, and its exit code
/// tells.
fn keep(mut output: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut chunk) {
        lock(kept).extend_from_slice(&chunk[..length]);
    }
}

/// Shows what a program says, and keeps its last lines.
fn pass_on(errors: impl Read, kept: &Mutex<VecDeque<String>>) {
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        // With standard error gone there is nobody left to tell.
        let _ = anstream::stderr().write_all(&line);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let mut kept = lock(kept);
        if !text.is_empty() {
            kept.push_back(text);
        }
        if kept.len() > KEPT_LINES {
            kept.pop_front();
        }
        line.clear();
    }
}

#[cfg(all(test, unix))]
mod tests;
