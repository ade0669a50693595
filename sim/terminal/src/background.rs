//! Questions that are answered in a thread of their own, so that keys keep working.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use lockstep_core::time::RunTicks;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;
use lockstep_rules::map::{MapSettings, StateMap, fewer_names, map, usual};
use lockstep_rules::reach_from_here::{ReachFromHere, reach_from_here};
use lockstep_rules::rule_file::RuleFile;

/// How many situations a way is looked for among.
const SITUATIONS: usize = 200_000;

/// How long a question may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The most states of a map that is read on a screen.
const STATES: usize = 24;

/// How many situations that look the same a map goes on from.
const EACH: usize = 24;

/// A question that is being answered. It is given up where this is dropped.
pub(super) struct BackgroundJob {
    /// What is asked.
    pub(super) question: Question,
    answers: Receiver<Answer>,
    /// What was waited for.
    waited: Option<Result<Answer, NoAnswer>>,
    stop: Arc<AtomicBool>,
}

/// What is asked of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A way to something, from this tick of this branch.
    Way {
        what: String,
        branch: usize,
        from: RunTicks,
    },
    /// Its state diagram.
    Map,
}

/// What is found.
pub(super) enum Answer {
    Way(ReachFromHere),
    /// The map, and what it shows.
    Map(StateMap, Vec<String>),
}

/// The thread ended without an answer.
pub(super) struct NoAnswer;

impl BackgroundJob {
    pub(super) fn seek_way(
        question: Question,
        app: AppEntry,
        run: Script,
        goals: RuleFile,
    ) -> Self {
        Self::start(question, move |stop| {
            let mut watch = stopped_by(&stop, SITUATIONS);
            Answer::Way(reach_from_here(&app, &run, &goals, &mut watch))
        })
    }

    pub(super) fn find_map(app: AppEntry) -> Self {
        Self::start(Question::Map, move |stop| {
            let shown = usual(&app);
            let mapped = |shown: &[String]| {
                let settings = MapSettings {
                    shown: shown.to_vec(),
                    each: EACH,
                    ..MapSettings::default()
                };
                map(&app, &settings, &mut stopped_by(&stop, usize::MAX))
            };
            let whole = mapped(&shown);
            let fewer = fewer_names(&whole, &shown, STATES);
            match fewer == shown {
                true => Answer::Map(whole, shown),
                false => Answer::Map(mapped(&fewer), fewer),
            }
        })
    }

    fn start(
        question: Question,
        answer: impl FnOnce(Arc<AtomicBool>) -> Answer + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, answers) = channel();
        let told = Arc::clone(&stop);
        // Nobody waits for it where it is given up.
        thread::spawn(move || sender.send(answer(told)));
        Self {
            question,
            answers,
            waited: None,
            stop,
        }
    }

    /// Waits for the answer: without a terminal nobody presses keys meanwhile.
    pub(super) fn wait(&mut self) {
        self.waited = Some(self.answers.recv().map_err(|_| NoAnswer));
    }

    /// The answer, once there is one; an error where there will be none.
    pub(super) fn answer(&mut self) -> Option<Result<Answer, NoAnswer>> {
        if self.waited.is_some() {
            return self.waited.take();
        }
        match self.answers.try_recv() {
            Ok(answer) => Some(Ok(answer)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(NoAnswer)),
        }
    }
}

impl Drop for BackgroundJob {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Stops what counts up to `most`, what takes too long, and what nobody wants any more.
fn stopped_by(stop: &AtomicBool, most: usize) -> impl FnMut(usize) -> ControlFlow<()> {
    let begun = Instant::now();
    move |count| {
        let is_over = count >= most || begun.elapsed() >= LIMIT || stop.load(Ordering::Relaxed);
        match is_over {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
