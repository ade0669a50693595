//! How long the emulator may leave a request unanswered, and who hears of a long wait.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the emulator may take over one request unless the caller says otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_secs(4);

/// How long a request may go unanswered before the emulator counts as hung.
#[derive(Clone)]
pub struct ResponseTimeout {
    limit: Duration,
    warning: Option<Warning>,
}

#[derive(Clone)]
struct Warning {
    every: Duration,
    callback: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for ResponseTimeout {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl ResponseTimeout {
    /// Gives up on a request after `limit`.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            warning: None,
        }
    }

    /// Calls `callback` with the time waited so far, each time that `every` has passed without an
    /// answer. The callback runs on the thread that waits.
    #[must_use]
    pub fn with_warning(
        self,
        every: Duration,
        callback: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        Self {
            warning: Some(Warning {
                every,
                callback: Arc::new(callback),
            }),
            ..self
        }
    }

    /// The longest wait for an answer.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The wait for the answer to a request that is sent now.
    pub(crate) fn start(&self) -> Wait {
        let now = Instant::now();
        Wait {
            end: now + self.limit,
            warning: self.warning.clone().map(|warning| WarningTimer {
                started: now,
                next: now + warning.every,
                warning,
            }),
        }
    }
}

impl fmt::Debug for ResponseTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseTimeout")
            .field("limit", &self.limit)
            .field("warning", &self.warning.as_ref().map(|it| it.every))
            .finish()
    }
}

/// One wait, with its end.
pub(crate) struct Wait {
    end: Instant,
    warning: Option<WarningTimer>,
}

struct WarningTimer {
    started: Instant,
    next: Instant,
    warning: Warning,
}

impl Wait {
    /// Waits this long at most, and warns nobody.
    pub(crate) fn at_most(duration: Duration) -> Self {
        Self {
            end: Instant::now() + duration,
            warning: None,
        }
    }

    /// How long to wait before [`Wait::is_over`] has to be asked again.
    pub(crate) fn next_pause(&self) -> Duration {
        let next = self.warning.as_ref().map(|timer| timer.next);
        let next = next.map_or(self.end, |next| next.min(self.end));
        next.saturating_duration_since(Instant::now())
    }

    /// Whether the time is up; warns where that is due.
    pub(crate) fn is_over(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.end {
            return true;
        }
        if let Some(timer) = self.warning.as_mut().filter(|timer| now >= timer.next) {
            timer.next = now + timer.warning.every;
            (timer.warning.callback)(now.duration_since(timer.started));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_wait_warns_each_time_its_interval_has_passed_and_then_ends() {
        let warnings = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&warnings);
        let timeout = ResponseTimeout::new(Duration::from_millis(50)).with_warning(
            Duration::from_millis(10),
            move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            },
        );
        let mut wait = timeout.start();
        while !wait.is_over() {
            std::thread::yield_now();
        }
        let warnings = warnings.load(Ordering::Relaxed);
        assert!((1..=5).contains(&warnings), "{warnings}");
    }

    #[test]
    fn a_short_wait_is_over_at_once() {
        assert!(Wait::at_most(Duration::ZERO).is_over());
    }
}
