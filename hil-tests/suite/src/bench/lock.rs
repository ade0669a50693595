//! One process a probe: a lock that ends with the process that has it, whatever ends that.
//!
//! Two files in a folder of the user's own stand for a probe: one for its kind (VID and PID),
//! one for its serial number. Who names a serial number shares the first and has the second
//! alone; who names none may get any probe of the kind, and has the first alone. The name of
//! a lock file says what is locked, its content who has it.

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

/// How often a probe that is taken is asked for.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// The longest account of an owner that is read, in bytes.
const MAX_OWNER: u64 = 4096;

/// The most of its command that an owner writes, in characters.
const MAX_COMMAND: usize = 200;

/// The ending of lock files.
const LOCK: &str = "lock";

/// Who has a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The number of the process.
    pub pid: u32,
    /// Its command line.
    pub command: String,
    /// Since when, in seconds of Unix time; of somebody who asks for a probe, the time now.
    pub since: u64,
}

/// A probe cannot be had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error(
        "the probe `{probe}` is taken by {}: waited {:.1} s for it",
        Taker(.owner.as_ref(), *.now), .waited.as_secs_f64()
    )]
    Taken {
        /// Which probe.
        probe: String,
        /// Who has it, as far as they say.
        owner: Option<Owner>,
        /// How long it was waited for.
        waited: Duration,
        /// When that ended, in seconds of Unix time.
        now: u64,
    },
    /// Nobody wants it any more.
    #[error("stopped while the probe `{0}` was waited for")]
    Cancelled(String),
    /// The folder of locks is somebody else's as well.
    #[error(
        "`{}` is open to others: expected a folder of your own with mode 700; \
         delete it, or set XDG_RUNTIME_DIR",
        .0.display()
    )]
    Open(PathBuf),
    /// A file or the folder cannot be used.
    #[error("cannot lock `{}`: {error}", .path.display())]
    Io {
        /// The file or the folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Somebody, as people would look for them.
struct Taker<'o>(Option<&'o Owner>, u64);

impl fmt::Display for Taker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("another process, which does not say who it is"),
            Some(Owner {
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

/// A probe that this process has alone, until this is dropped.
#[derive(Debug)]
pub struct ProbeLock {
    _files: Vec<File>,
}

impl ProbeLock {
    /// Waits for the probe, at most this long and no longer than until `cancelled`. The folder is
    /// made where it is missing. A serial number must be written as the probe has it, as [`resolve`] gives it.
    ///
    /// [`resolve`]: super::presence::resolve
    ///
    /// # Errors
    ///
    /// Who has it then, and those of the file system.
    pub fn acquire(
        folder: &Path,
        probe: &DebugProbeSelector,
        owner: &Owner,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, LockError> {
        make_private(folder)?;
        let asked = Instant::now();
        loop {
            let waited = asked.elapsed();
            let now = owner.since.saturating_add(waited.as_secs());
            let owner = Owner {
                since: now,
                ..owner.clone()
            };
            if let Some(lock) = Self::attempt(folder, probe, &owner)? {
                return Ok(lock);
            }
            if cancelled() {
                return Err(LockError::Cancelled(probe.to_string()));
            }
            if waited >= patience {
                return Err(LockError::Taken {
                    probe: probe.to_string(),
                    owner: taker(folder, probe),
                    waited,
                    now,
                });
            }
            thread::sleep(ASK_EVERY.min(patience - waited));
        }
    }

    /// The probe, if nobody has it now.
    fn attempt(
        folder: &Path,
        probe: &DebugProbeSelector,
        owner: &Owner,
    ) -> Result<Option<Self>, LockError> {
        let kind_path = folder.join(kind_name(probe));
        let mut kind = open(&kind_path)?;
        let Some(serial_name) = serial_name(probe) else {
            if !is_ours(kind.try_lock(), &kind_path)? {
                return Ok(None);
            }
            sign(&mut kind, owner, &kind_path)?;
            return Ok(Some(Self { _files: vec![kind] }));
        };
        if !is_ours(kind.try_lock_shared(), &kind_path)? {
            return Ok(None);
        }
        let path = folder.join(serial_name);
        let mut serial = open(&path)?;
        if !is_ours(serial.try_lock(), &path)? {
            return Ok(None);
        }
        sign(&mut serial, owner, &path)?;
        Ok(Some(Self {
            _files: vec![kind, serial],
        }))
    }
}

/// The folder of locks of this user. `told` is what `XDG_RUNTIME_DIR` says; where it says
/// nothing, the place it usually names is looked for, then a folder beside `temporary` files
/// is taken.
#[must_use]
pub fn folder(told: Option<PathBuf>, temporary: &Path) -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    let usual = || Some(PathBuf::from(format!("/run/user/{user}"))).filter(|path| path.is_dir());
    match told.filter(|path| path.is_absolute()).or_else(usual) {
        Some(runtime) => runtime.join("lockstep"),
        None => temporary.join(format!("lockstep-{user}")),
    }
}

/// The folder, which nobody else may look into: who can write there can lock probes.
fn make_private(folder: &Path) -> Result<(), LockError> {
    let failed = |error| LockError::Io {
        path: folder.to_owned(),
        error,
    };
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(failed)?;
    let found = fs::symlink_metadata(folder).map_err(failed)?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_dir() && is_ours && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(LockError::Open(folder.to_owned()))
}

fn kind_name(probe: &DebugProbeSelector) -> String {
    format!("{}.{LOCK}", kind(probe))
}

fn kind(probe: &DebugProbeSelector) -> String {
    format!("{:04x}-{:04x}", probe.vendor_id, probe.product_id)
}

/// The serial number as the part of a file's name that no other serial number makes.
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

fn io_error(path: &Path, error: io::Error) -> LockError {
    let path = path.to_owned();
    LockError::Io { path, error }
}

fn is_ours(tried: Result<(), TryLockError>, path: &Path) -> Result<bool, LockError> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(io_error(path, error)),
    }
}

/// Writes who has the lock, over whoever had it.
fn sign(file: &mut File, owner: &Owner, path: &Path) -> Result<(), LockError> {
    let owner = Owner {
        command: owner.command.chars().take(MAX_COMMAND).collect(),
        ..*owner
    };
    let text = serde_json::to_string(&owner).unwrap_or_default();
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()));
    written.map_err(|error| io_error(path, error))
}

/// Who keeps the probe from being had: the owner of its kind, of itself, or of any probe of
/// its kind.
fn taker(folder: &Path, probe: &DebugProbeSelector) -> Option<Owner> {
    let of_kind = folder.join(kind_name(probe));
    if let Some(serial) = serial_name(probe) {
        return holder(&folder.join(serial)).or_else(|| holder(&of_kind));
    }
    let prefix = kind(probe) + "-";
    let entries = fs::read_dir(folder).ok()?.flatten();
    let of_one = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .find_map(|entry| holder(&entry.path()));
    of_one.or_else(|| holder(&of_kind))
}

/// Who has the lock of this file alone, if anybody has.
fn holder(path: &Path) -> Option<Owner> {
    let file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) | Err(TryLockError::Error(_)) => return None,
    }
    let mut text = String::new();
    file.take(MAX_OWNER).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
