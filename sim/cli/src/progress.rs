//! How far a long run has come, on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lockstep_core::time::Ticks;

/// A run shorter than this shows nothing.
const QUIET: Duration = Duration::from_secs(1);

/// How often a line is printed where there is no terminal to draw on.
const LINE_EVERY: Duration = Duration::from_secs(10);

const TEMPLATE: &str = "playing {bar:30} {percent:>3} % of {len} ticks, {eta} left";

/// The progress of everything that is played.
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

    /// So much more is to be played.
    pub(super) fn expect(&self, ticks: Ticks) {
        self.bar.inc_length(u64::from(ticks.0));
    }

    /// So much more has been played.
    pub(super) fn advance(&self, ticks: Ticks) {
        self.bar.inc(u64::from(ticks.0));
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
            // Nobody need listen.
            let _ = writeln!(anstream::stderr(), "playing: {done} of {all} ticks");
        }
    }

    /// Leaves nothing on the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
