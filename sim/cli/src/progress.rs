//! The progress of a long run, on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lockstep_core::time::RunTicks;

/// No progress is shown before this.
const QUIET: Duration = Duration::from_secs(1);

/// How often a line is printed if standard error is not a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

const TEMPLATE: &str = "playing {bar:30} {percent:>3} % of {len} ticks, {eta} left";

/// Reports the progress of everything that a command plays.
pub(super) struct ProgressReporter {
    start: Instant,
    bar: ProgressBar,
    next_line: Mutex<Duration>,
}

impl ProgressReporter {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self {
            start: Instant::now(),
            bar,
            next_line: Mutex::new(QUIET),
        }
    }

    /// Adds ticks that are to be played.
    pub(super) fn expect(&self, ticks: RunTicks) {
        self.bar.inc_length(ticks.0);
    }

    /// Adds ticks that have been played.
    pub(super) fn advance(&self, ticks: RunTicks) {
        self.bar.inc(ticks.0);
        let elapsed = self.start.elapsed();
        let Ok(mut next_line) = self.next_line.lock() else {
            return;
        };
        if elapsed < *next_line {
            return;
        }
        *next_line = elapsed + LINE_EVERY;
        if stderr().is_terminal() {
            if self.bar.is_hidden() {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        } else {
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            // Progress is not worth an error.
            let _ = writeln!(anstream::stderr(), "playing: {done} of {all} ticks");
        }
    }

    /// Removes the progress bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
