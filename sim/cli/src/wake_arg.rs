//! `--wake`: how the tasks of an app are woken.

use clap::ValueEnum;

use lockstep_engine::task_wakeups::WakeupFault;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum WakeArg {
    /// Poll every task also when nothing woke it.
    Spurious,
    /// Leave out wake-ups of timers that nothing waits for any more.
    Lost,
}

impl WakeArg {
    pub(super) fn fault(self) -> WakeupFault {
        match self {
            Self::Spurious => WakeupFault::Spurious,
            Self::Lost => WakeupFault::Lost,
        }
    }
}
