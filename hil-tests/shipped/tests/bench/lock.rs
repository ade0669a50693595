//! Locks of probes, with two processes.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use libtest_mimic::Failed;
use lockstep_hil::bench::lock::{LockError, LockHolder, ProbeLock};
use probe_rs::probe::DebugProbeSelector;
use tempfile::TempDir;

/// The argument that makes this program another process with a lock.
const HOLD: &str = "--hold";

/// What such a process prints when it has the lock.
const HELD: &str = "held";

const PROBE: &str = "0d28:0204:9900";

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(10);

fn probe(text: &str) -> DebugProbeSelector {
    text.parse().unwrap()
}

fn owner(command: &str) -> LockHolder {
    LockHolder {
        pid: std::process::id(),
        command: command.to_owned(),
        since: 1_000,
    }
}

/// With the right arguments: takes the lock, and keeps it until standard input ends.
pub(crate) fn hold_when_asked(mut arguments: impl Iterator<Item = String>) -> Option<ExitCode> {
    arguments.next().filter(|first| first == HOLD)?;
    let folder = PathBuf::from(arguments.next()?);
    let wanted = probe(&arguments.next()?);
    let lock = ProbeLock::acquire(
        &folder,
        &wanted,
        &owner("hil run lamp/lock"),
        PATIENCE,
        &|| false,
    );
    if lock.is_err() {
        return Some(ExitCode::FAILURE);
    }
    println!("{HELD}");
    let _ = io::stdin().read_to_end(&mut Vec::new());
    Some(ExitCode::SUCCESS)
}

/// Another process that has the lock of a probe.
struct Other(Child);

impl Other {
    fn holding(folder: &Path, wanted: &str) -> Result<Self, Failed> {
        let mut child = Command::new(env::current_exe()?)
            .arg(HOLD)
            .arg(folder)
            .arg(wanted)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        assert_eq!(line.trim(), HELD);
        Ok(Self(child))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn locks() -> Result<(TempDir, PathBuf), Failed> {
    let folder = tempfile::tempdir()?;
    let locks = folder.path().join("locks");
    Ok((folder, locks))
}

pub(crate) fn another_process_has_it() -> Result<(), Failed> {
    let (_folder, locks) = locks()?;
    let other = Other::holding(&locks, PROBE)?;
    let patience = Duration::from_millis(100);
    // By its serial number and by its kind alone, it is the same probe.
    for wanted in [PROBE, "0d28:0204", "0d28:0204-1:9900"] {
        let error =
            ProbeLock::acquire(&locks, &probe(wanted), &owner("hil run"), patience, &|| {
                false
            });
        let error = error.err().ok_or("it was free")?;
        let LockError::InUse {
            holder: Some(found),
            waited,
            ..
        } = &error
        else {
            return Err(format!("another error: {error}").into());
        };
        assert_eq!(found.pid, other.0.id());
        assert!(*waited >= patience, "it did not wait");
        let told = error.to_string();
        let expected = format!(
            "the probe `{wanted}` is in use by process {} (`hil run lamp/lock`) for ",
            found.pid
        );
        assert!(told.starts_with(&expected), "{told}");
        let expected = format!(" s; gave up after {:.1} s", waited.as_secs_f64());
        assert!(told.ends_with(&expected), "{told}");
    }
    // Another probe of that kind is free, and so is another kind.
    for wanted in ["0d28:0204:9906", "1366:1015"] {
        ProbeLock::acquire(
            &locks,
            &probe(wanted),
            &owner("hil run"),
            Duration::ZERO,
            &|| false,
        )?;
    }
    Ok(())
}

pub(crate) fn ends_with_its_process() -> Result<(), Failed> {
    let (_folder, locks) = locks()?;
    for wanted in [PROBE, "0d28:0204"] {
        let mut other = Other::holding(&locks, wanted)?;
        // Killed, it can give nothing back by itself.
        other.0.kill()?;
        let lock = ProbeLock::acquire(&locks, &probe(PROBE), &owner("hil run"), PATIENCE, &|| {
            false
        })?;
        drop(lock);
    }
    Ok(())
}
