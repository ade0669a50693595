//! The time limit of a command.

use std::time::Duration;

use clap::Args;

/// The time limit of a command.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct TimeLimit {
    /// End with exit code 42 after this many seconds of real time.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|limit| *limit > Duration::ZERO)
        .ok_or_else(|| "expected a number of seconds above 0, such as 10 or 0.5".to_owned())
}
