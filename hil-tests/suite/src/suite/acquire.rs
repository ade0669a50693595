//! A bench with hardware is taken before it is used: its probe is found, and is nobody else's
//! meanwhile.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use thiserror::Error;

use super::station::Station;
use crate::bench::lock::{LockError, LockHolder, ProbeLock};
use crate::bench::probe_lookup::{ProbeLookupError, resolve};
use crate::bench::{Bench, ProbeMatcher};

/// How long somebody else's probe is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A bench cannot be taken.
#[derive(Debug, Error)]
pub enum TakeError {
    /// Its probe is not there.
    #[error(transparent)]
    Absent(#[from] ProbeLookupError),
    /// Somebody else has its probe.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// The one probe that is meant, as it is plugged in now.
///
/// # Errors
///
/// That there is none, or more than one.
pub fn find_probe(probe: &ProbeMatcher) -> Result<DebugProbeSelector, ProbeLookupError> {
    resolve(probe, &Lister::new().list_all())
}

/// Takes the bench with this probe for this process. `locks` is the folder of locks; somebody
/// else's probe is not waited for any longer once `cancelled`.
///
/// # Errors
///
/// That the probe is not there, or stays somebody else's.
pub fn take<'b>(
    bench: &'b Bench,
    probe: &ProbeMatcher,
    locks: &Path,
    cancelled: &dyn Fn() -> bool,
) -> Result<Station<'b>, TakeError> {
    let selector = find_probe(probe)?;
    let lock = ProbeLock::acquire(locks, &selector, &owner(), PATIENCE, cancelled)?;
    Ok(Station::on_probe(bench, selector, lock))
}

/// This process, as others are told who has the probe.
fn owner() -> LockHolder {
    let command: Vec<_> = std::env::args().collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    LockHolder {
        pid: std::process::id(),
        command: command.join(" "),
        since: now.unwrap_or_default().as_secs(),
    }
}
