//! Locks on probes: one process at a time uses a probe, and the lock ends with its process,
//! however that ends.
//!
//! A probe has two lock files in a private folder of the user: one for its kind (VID and PID)
//! and one for its serial number. A process that names a serial number locks the first file
//! shared and the second exclusively. One that names none may get any probe of the kind, and
//! locks the first file exclusively. The name of a lock file says what is locked, its content
//! which process holds it.

use std::fmt::{self, Write as _};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use lockstep_engine::sanitize::excerpt;
use probe_rs::probe::DebugProbeSelector;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How often a lock that is held is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(20);

/// The most that is read of a lock file, in bytes.
const MAX_HOLDER: u64 = 4096;

/// The most of its command line that a holder writes, in characters.
const MAX_COMMAND: usize = 200;

/// The extension of lock files.
const LOCK: &str = "lock";

/// The process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The process id.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// Since when it holds the lock, in seconds of Unix time. While a lock is acquired, the time
    /// now.
    pub since: u64,
}

/// A probe cannot be locked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process holds the lock.
    #[error(
        "the probe `{probe}` is in use by {}; gave up after {:.1} s",
        HolderAt(.holder.as_ref(), *.now), .waited.as_secs_f64()
    )]
    #[non_exhaustive]
    InUse {
        /// Which probe.
        probe: String,
        /// The process that holds it, if its lock file can be read.
        holder: Option<LockHolder>,
        /// How long the lock was waited for.
        waited: Duration,
        /// When the wait ended, in seconds of Unix time.
        now: u64,
    },
    /// The wait was cancelled.
    #[error("cancelled while waiting for the probe `{0}`")]
    Cancelled(String),
    /// Other users can access the folder of locks.
    #[error(
        "`{}` is accessible to other users: expected a folder that you own with mode 700; \
         delete it, or set XDG_RUNTIME_DIR",
        .0.display()
    )]
    NotPrivate(PathBuf),
    /// The folder or a file in it cannot be used.
    #[error("cannot lock `{}`", .path.display())]
    #[non_exhaustive]
    Io {
        /// The file or the folder.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
}

/// A holder as a message names it at a time.
struct HolderAt<'h>(Option<&'h LockHolder>, u64);

impl fmt::Display for HolderAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("another process, whose lock file cannot be read"),
            Some(LockHolder {
                pid,
                command,
                since,
            }) => {
                let held = self.1.saturating_sub(*since);
                write!(f, "process {pid} (`{}`) for {held} s", excerpt(command))
            }
        }
    }
}

/// The exclusive use of a probe, until this is dropped.
#[derive(Debug)]
pub struct ProbeLock {
    _files: Vec<File>,
}

impl ProbeLock {
    /// Waits for the probe, at most for `patience` and until `cancelled`. The folder is created
    /// where it is missing. A serial number must be spelled as the probe reports it, which is
    /// what [`resolve`] returns.
    ///
    /// [`resolve`]: super::probe_lookup::resolve
    ///
    /// # Errors
    ///
    /// Which process holds it, and those of the file system.
    pub fn acquire(
        folder: &Path,
        probe: &DebugProbeSelector,
        holder: &LockHolder,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, LockError> {
        create_private(folder)?;
        let begun = Instant::now();
        loop {
            let waited = begun.elapsed();
            let now = holder.since.saturating_add(waited.as_secs());
            let holder = LockHolder {
                since: now,
                ..holder.clone()
            };
            if let Some(lock) = Self::try_acquire(folder, probe, &holder)? {
                return Ok(lock);
            }
            if cancelled() {
                return Err(LockError::Cancelled(probe.to_string()));
            }
            if waited >= patience {
                return Err(LockError::InUse {
                    probe: probe.to_string(),
                    holder: current_holder(folder, probe),
                    waited,
                    now,
                });
            }
            thread::sleep(RETRY_EVERY.min(patience - waited));
        }
    }

    /// The lock, if no other process holds it now.
    fn try_acquire(
        folder: &Path,
        probe: &DebugProbeSelector,
        holder: &LockHolder,
    ) -> Result<Option<Self>, LockError> {
        let kind_path = folder.join(kind_name(probe));
        let mut kind = open(&kind_path)?;
        let Some(serial_name) = serial_name(probe) else {
            if !is_locked(kind.try_lock(), &kind_path)? {
                return Ok(None);
            }
            write_holder(&mut kind, holder, &kind_path)?;
            return Ok(Some(Self { _files: vec![kind] }));
        };
        if !is_locked(kind.try_lock_shared(), &kind_path)? {
            return Ok(None);
        }
        let path = folder.join(serial_name);
        let mut serial = open(&path)?;
        if !is_locked(serial.try_lock(), &path)? {
            return Ok(None);
        }
        write_holder(&mut serial, holder, &path)?;
        Ok(Some(Self {
            _files: vec![kind, serial],
        }))
    }
}

/// The folder of locks of this user: below `runtime`, the value of `XDG_RUNTIME_DIR`; else below
/// the folder that it usually names; else among the temporary files.
#[must_use]
pub fn folder(runtime: Option<PathBuf>, temporary: &Path) -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    let usual = || Some(PathBuf::from(format!("/run/user/{user}"))).filter(|path| path.is_dir());
    match runtime.filter(|path| path.is_absolute()).or_else(usual) {
        Some(runtime) => runtime.join("lockstep"),
        None => temporary.join(format!("lockstep-{user}")),
    }
}

/// Creates the folder with access for this user alone: whoever can write there can lock probes.
fn create_private(folder: &Path) -> Result<(), LockError> {
    let failed = |error| io_error(folder, error);
    let mut builder = DirBuilder::new();
    let created = builder.recursive(true).mode(0o700).create(folder);
    created.map_err(failed)?;
    let found = fs::symlink_metadata(folder).map_err(failed)?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_dir() && is_ours && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(LockError::NotPrivate(folder.to_owned()))
}

fn kind_name(probe: &DebugProbeSelector) -> String {
    format!("{}.{LOCK}", kind(probe))
}

fn kind(probe: &DebugProbeSelector) -> String {
    format!("{:04x}-{:04x}", probe.vendor_id, probe.product_id)
}

/// The name of the file of a serial number: different serial numbers have different files.
fn serial_name(probe: &DebugProbeSelector) -> Option<String> {
    let serial = probe.serial_number.as_ref()?;
    let mut name = kind(probe);
    name.push('-');
    for byte in serial.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => name.push(byte.into()),
            // Writing to a string cannot fail.
            _ => _ = write!(name, "%{byte:02x}"),
        }
    }
    name.push('.');
    name.push_str(LOCK);
    Some(name)
}

fn open(path: &Path) -> Result<File, LockError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(0o600).open(path);
    file.map_err(|error| io_error(path, error))
}

fn io_error(path: &Path, source: io::Error) -> LockError {
    let path = path.to_owned();
    LockError::Io { path, source }
}

fn is_locked(tried: Result<(), TryLockError>, path: &Path) -> Result<bool, LockError> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(io_error(path, error)),
    }
}

/// Writes the holder of a lock into its file.
fn write_holder(file: &mut File, holder: &LockHolder, path: &Path) -> Result<(), LockError> {
    let holder = LockHolder {
        command: holder.command.chars().take(MAX_COMMAND).collect(),
        ..*holder
    };
    let text = serde_json::to_string(&holder).unwrap_or_default();
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()));
    written.map_err(|error| io_error(path, error))
}

/// The process that prevents the lock: the holder of the probe, of its kind, or of any probe of
/// its kind.
fn current_holder(folder: &Path, probe: &DebugProbeSelector) -> Option<LockHolder> {
    let of_kind = folder.join(kind_name(probe));
    if let Some(serial) = serial_name(probe) {
        return holder_of(&folder.join(serial)).or_else(|| holder_of(&of_kind));
    }
    let prefix = kind(probe) + "-";
    let entries = fs::read_dir(folder).ok()?.flatten();
    let of_one = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .find_map(|entry| holder_of(&entry.path()));
    of_one.or_else(|| holder_of(&of_kind))
}

/// The process that holds an exclusive lock on this file, if any.
fn holder_of(path: &Path) -> Option<LockHolder> {
    let file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) | Err(TryLockError::Error(_)) => return None,
    }
    let mut text = String::new();
    file.take(MAX_HOLDER).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
