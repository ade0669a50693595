//! What the lamp says, in one list: the kinds it declares and the logs it writes.

use crate::board::InitError;
use lockstep_core::app::{Log, LogId, LogKind};

/// The kinds of logs, by [`LogId`].
pub(super) const KINDS: &[LogKind] = &[
    LogKind::words("boot", &["ok", "clock-failed", "uart-unavailable"]),
    LogKind::words("power", &["off", "on", "auto-off"]),
    LogKind::number("level"),
    LogKind::words("night", &["off", "on"]),
    LogKind::words("pattern", &["steady", "blink", "breathe"]),
    LogKind::words("lock", &["off", "on"]),
    LogKind::words("ignored", &["a", "b"]),
];

const BOOT: u8 = 0;
const POWER: u8 = 1;
const LEVEL: u8 = 2;
const NIGHT: u8 = 3;
const PATTERN: u8 = 4;
const LOCK: u8 = 5;
const IGNORED: u8 = 6;

pub(super) const POWER_OFF: Log = log(POWER, 0);
pub(super) const POWER_ON: Log = log(POWER, 1);
pub(super) const POWER_AUTO_OFF: Log = log(POWER, 2);
pub(super) const PATTERN_STEADY: Log = log(PATTERN, 0);
pub(super) const PATTERN_BLINK: Log = log(PATTERN, 1);
pub(super) const PATTERN_BREATHE: Log = log(PATTERN, 2);
pub(super) const IGNORED_A: Log = log(IGNORED, 0);
pub(super) const IGNORED_B: Log = log(IGNORED, 1);

pub(super) const fn boot(result: Result<(), InitError>) -> Log {
    match result {
        Ok(()) => log(BOOT, 0),
        Err(InitError::ClockFailed) => log(BOOT, 1),
        Err(InitError::UartUnavailable) => log(BOOT, 2),
    }
}

pub(super) fn level(percent: u8) -> Log {
    log(LEVEL, percent.into())
}

pub(super) fn night(on: bool) -> Log {
    log(NIGHT, on.into())
}

pub(super) fn lock(on: bool) -> Log {
    log(LOCK, on.into())
}

const fn log(id: u8, value: i32) -> Log {
    Log::new(LogId(id), value)
}
