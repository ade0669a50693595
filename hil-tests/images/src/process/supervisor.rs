//! Starts programs, watches them, and ends them with all that they have started.

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessGroup};
use rustix::process::Signal;

use super::capture::{self, Capture};
use super::{CommandSpec, ProcessOutput, StderrMode, StdoutMode, Termination};

/// How often a running program is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How long a program has to end after an interrupt, before it is killed.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// A program that runs. Signals reach its whole process group.
type SharedChild = Arc<Mutex<Box<dyn ChildWrapper>>>;

/// Runs programs until they end, time out, or the process is interrupted.
///
/// Clones share the interrupt flag and the running programs.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    interrupted: Arc<AtomicBool>,
    groups: Arc<Mutex<Vec<SharedChild>>>,
}

impl Supervisor {
    /// A supervisor that ends its programs once the flag is set.
    #[must_use]
    pub fn new(interrupted: Arc<AtomicBool>) -> Self {
        Self {
            interrupted,
            groups: Arc::default(),
        }
    }

    /// The flag that ends what runs.
    #[must_use]
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }

    /// Whether the process was interrupted.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Kills every program that runs and is not interactive, with all that it has started: for a
    /// process that is about to exit.
    pub fn kill_all(&self) {
        for group in lock(&self.groups).iter() {
            // A program that has ended by now needs no signal.
            let _ = lock(group).start_kill();
        }
    }

    /// Runs a program to its end. Its output is shown unless it is captured.
    #[must_use]
    pub fn run(&self, spec: &CommandSpec) -> ProcessOutput {
        if self.is_interrupted() {
            return Termination::Interrupted.into();
        }
        let mut child = match spawn(spec) {
            Ok(child) => child,
            Err(error) => return Termination::SpawnFailed(error.to_string()).into(),
        };
        let stdout = child.stdout().take();
        let read = match spec.stdout {
            StdoutMode::ShowAndCapture => capture::show_and_read_all,
            StdoutMode::Inherit | StdoutMode::Capture => capture::read_all,
        };
        let stdout = stdout.map(|stream| Capture::start(stream, read));
        let stderr = child.stderr().take();
        let stderr = stderr.map(|stream| Capture::start(stream, capture::show_and_keep_tail));
        let child = Arc::new(Mutex::new(child));
        let ending = {
            let _registration = (!spec.is_interactive).then(|| self.register(&child));
            self.watch(&child, spec)
        };
        let tail = stderr.map(Capture::finish).unwrap_or_default();
        ProcessOutput {
            termination: termination(ending, tail.into()),
            stdout: stdout.map(Capture::finish).unwrap_or_default(),
        }
    }

    fn register(&self, child: &SharedChild) -> Registration<'_> {
        lock(&self.groups).push(Arc::clone(child));
        Registration {
            groups: &self.groups,
            child: Arc::clone(child),
        }
    }

    fn watch(&self, child: &SharedChild, spec: &CommandSpec) -> io::Result<Ending> {
        let started = Instant::now();
        loop {
            let status = lock(child).try_wait()?;
            match status {
                Some(_) if self.is_interrupted() => {
                    // What the program has started may still run.
                    if !spec.is_interactive {
                        let _ = lock(child).start_kill();
                    }
                    return Ok(Ending::Interrupted);
                }
                Some(status) => return Ok(Ending::Exited(status)),
                None if self.is_interrupted() => {
                    end(child)?;
                    return Ok(Ending::Interrupted);
                }
                None => {}
            }
            if let Some(timeout) = spec.timeout.filter(|timeout| started.elapsed() > *timeout) {
                end(child)?;
                return Ok(Ending::TimedOut(timeout));
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// While it lives, [`Supervisor::kill_all`] reaches the program.
struct Registration<'s> {
    groups: &'s Mutex<Vec<SharedChild>>,
    child: SharedChild,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        lock(self.groups).retain(|child| !Arc::ptr_eq(child, &self.child));
    }
}

/// How watching a program came to its end.
enum Ending {
    Exited(ExitStatus),
    TimedOut(Duration),
    Interrupted,
}

fn termination(ending: io::Result<Ending>, stderr_tail: Vec<String>) -> Termination {
    match ending {
        Ok(Ending::Exited(status)) => match status.code() {
            Some(code) => Termination::Exited { code, stderr_tail },
            None => Termination::Signaled,
        },
        Ok(Ending::TimedOut(timeout)) => Termination::TimedOut(timeout),
        Ok(Ending::Interrupted) => Termination::Interrupted,
        Err(error) => Termination::SpawnFailed(error.to_string()),
    }
}

fn spawn(spec: &CommandSpec) -> io::Result<Box<dyn ChildWrapper>> {
    let Some((program, arguments)) = spec.argv.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(folder) = &spec.current_dir {
        command.current_dir(folder);
    }
    for (name, value) in &spec.env {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if spec.stdout != StdoutMode::Inherit {
        command.stdout(Stdio::piped());
    }
    match spec.stderr {
        StderrMode::Inherit => {}
        StderrMode::KeepTail => drop(command.stderr(Stdio::piped())),
        StderrMode::Discard => drop(command.stderr(Stdio::null())),
    }
    if spec.is_interactive {
        return CommandWrap::from(command).spawn();
    }
    command.stdin(Stdio::null());
    CommandWrap::from(command)
        .wrap(ProcessGroup::leader())
        .spawn()
}

/// Interrupts the program and what it has started, and kills what is still there afterwards.
fn end(child: &SharedChild) -> io::Result<()> {
    // A program that has ended by now needs no signal.
    let _ = lock(child).signal(Signal::INT.as_raw());
    let interrupted = Instant::now();
    while lock(child).try_wait()?.is_none() && interrupted.elapsed() < GRACE_PERIOD {
        thread::sleep(POLL_INTERVAL);
    }
    let _ = lock(child).start_kill();
    while lock(child).try_wait()?.is_none() {
        thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
