//! A bench with hardware is acquired before it is used: its probe is found and locked, so that no
//! other process uses it meanwhile.

use std::path::Path;
use std::time::Duration;

use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use thiserror::Error;

use super::bench_session::BenchSession;
use super::board_access::ProbeAccess;
use super::uart_bridge::{UartBridge, UartBridgeError};
use crate::bench::lock::{LockError, LockHolder, ProbeLock};
use crate::bench::probe_lookup::{ProbeLookupError, resolve};
use crate::bench::{Bench, ProbeMatcher};

/// How long a probe is waited for that another process has.
const PATIENCE: Duration = Duration::from_secs(30);

/// A bench cannot be acquired.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AcquireError {
    /// Its probe is not there.
    #[error(transparent)]
    Absent(#[from] ProbeLookupError),
    /// Another process has its probe.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The serial port that its UART is wired to cannot be used.
    #[error(transparent)]
    Uart(#[from] UartBridgeError),
}

/// The one probe that is meant, as it is plugged in now.
///
/// # Errors
///
/// There is none, or more than one.
pub fn find_probe(probe: &ProbeMatcher) -> Result<DebugProbeSelector, ProbeLookupError> {
    resolve(probe, &Lister::new().list_all())
}

/// Acquires the bench with this probe for its `owner`, this process. `locks` is the folder of locks;
/// a probe that another process has is not waited for any longer once `cancelled`.
///
/// # Errors
///
/// The probe is not there, or another process keeps it; the serial port of the bench cannot be used.
pub fn acquire<'b>(
    bench: &'b Bench,
    probe: &ProbeMatcher,
    locks: &Path,
    owner: &LockHolder,
    cancelled: &dyn Fn() -> bool,
) -> Result<BenchSession<'b>, AcquireError> {
    let selector = find_probe(probe)?;
    let lock = ProbeLock::acquire(locks, &selector, owner, PATIENCE, cancelled)?;
    let uart = bench.uart.as_deref().map(UartBridge::open).transpose()?;
    Ok(BenchSession::new(
        bench,
        Box::new(ProbeAccess::new(selector, lock, uart)),
    ))
}
