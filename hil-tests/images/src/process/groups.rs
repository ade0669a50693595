//! Programs in groups of their own, so that they can be ended with all that they have started.

use std::process::{Child, Command};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::process::{self, Pid};

use super::Call;

/// What a program is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Kill,
}

/// The groups that run now.
#[cfg(unix)]
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// While it lives, [`kill_all`] reaches the program's group.
pub(super) struct Running {
    #[cfg(unix)]
    group: Option<Pid>,
}

/// One who asks people something must stay in the group that the terminal listens to.
#[cfg(unix)]
pub(super) fn in_its_own(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn in_its_own(_: &mut Command) {}

#[cfg(unix)]
impl Running {
    pub(super) fn new(child: &Child, call: &Call) -> Self {
        let group = pid(child).filter(|_| !call.asks);
        groups(|groups| groups.extend(group));
        Self { group }
    }
}

#[cfg(not(unix))]
impl Running {
    pub(super) fn new(_: &Child, _: &Call) -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        groups(|groups| groups.retain(|group| Some(*group) != self.group));
    }
}

/// Ends everything that runs, at once: for a process that ends itself at once.
pub fn kill_all() {
    #[cfg(unix)]
    groups(|groups| {
        for group in groups {
            // Who has already ended cannot be told anything: that is no error.
            let _ = process::kill_process_group(*group, process::Signal::KILL);
        }
    });
}

#[cfg(unix)]
fn groups<T>(act: impl FnOnce(&mut Vec<Pid>) -> T) -> T {
    act(&mut GROUPS.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(unix)]
fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Who has already ended cannot be told anything: that is no error.
#[cfg(unix)]
pub(super) fn signal(child: &mut Child, call: &Call, signal: Signal) {
    let Some(pid) = pid(child) else {
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
pub(super) fn signal(child: &mut Child, _: &Call, signal: Signal) {
    if signal == Signal::Kill {
        let _ = child.kill();
    }
}
