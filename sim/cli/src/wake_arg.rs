//! `--wake`: how the tasks of an app are woken.

use clap::ValueEnum;

use lockstep_engine::waking::Waking;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum WakeArg {
    /// Poll every task also when nothing woke it.
    Spurious,
    /// Leave out wake-ups of timers that nothing waits for any more.
    Lost,
}

impl WakeArg {
    pub(super) fn waking(self) -> Waking {
        match self {
            Self::Spurious => Waking::Spurious,
            Self::Lost => Waking::Lost,
        }
    }
}
