//! How far ways are looked for, by `sim reach`, `sim coverage` and `sim map`.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use super::prove::memory;
use lockstep_core::app::AppDescriptor;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::duration::parse_duration;
use lockstep_engine::search::Settings;
use lockstep_rules::explore::ExploreProgress;
use lockstep_rules::goals::{Answers, Effort, ReachQuery, seek};

/// What an assumption begins with, in rules.
pub(super) const ASSUME: &str = "assume ";

/// In how many parts the range of a number is divided.
const PARTS: i64 = 6;

const STATES: u64 = 1_000_000;
/// How many states are looked at briefly.
const FEW_STATES: u64 = 10_000;
const MEMORY: u64 = 4 << 30;
const TIME: Duration = Duration::from_secs(10);

/// What is assumed of the world, and how far ways are looked for.
#[derive(Clone, Debug, Args)]
pub(super) struct SeekArgs {
    /// What the world does not do, as rules assume it: `at most one button at a time`.
    #[arg(long, value_name = "SENTENCE")]
    assume: Vec<String>,

    /// Also reset the board, and let it fail to come up.
    #[arg(long)]
    pub(super) resets: bool,

    /// Look at every tick, for the way that takes the least time.
    #[arg(long)]
    pub(super) every_tick: bool,

    /// Look at no more than this many states.
    #[arg(long, value_name = "N", default_value_t = STATES)]
    states: u64,

    /// Take at most this much memory for them, such as `500M` or `4G`.
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = memory)]
    memory: u64,

    /// Play at random for at most this long, where no way was found: `0ms`, `30s`.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    time: Duration,

    /// Play other runs at random; the same seed gives the same runs.
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
}

impl SeekArgs {
    /// As far as is usual.
    pub(super) fn assuming(assume: Vec<String>) -> Self {
        Self {
            assume,
            resets: false,
            every_tick: false,
            states: STATES,
            memory: MEMORY,
            time: TIME,
            seed: 1,
        }
    }

    /// A short way, for what is not asked for by name: few states, and nothing at random.
    pub(super) fn briefly(self) -> Self {
        Self {
            states: FEW_STATES,
            time: Duration::ZERO,
            ..self
        }
    }

    /// The first lines of rules: the app, and what is assumed.
    pub(super) fn preface(&self, app: &str, resets: bool) -> String {
        let mut text = format!("app {app}\n");
        if !resets {
            text += "assume no resets\nassume no failed boots\n";
        }
        for assumed in &self.assume {
            text += &format!("{ASSUME}{assumed}\n");
        }
        text
    }

    /// The same, with numbers from all of their range where nothing is assumed of them.
    pub(super) fn wide_preface(&self, descriptor: &AppDescriptor) -> String {
        let mut text = self.preface(descriptor.name(), true);
        for range in self.unassumed(descriptor) {
            text += &format!("{ASSUME}{range}\n");
        }
        text
    }

    /// The whole ranges of the numbers of which nothing is assumed, in a few steps.
    pub(super) fn unassumed(&self, descriptor: &AppDescriptor) -> impl Iterator<Item = String> {
        let numbers = descriptor.numbers().iter().filter(|it| !it.is_seed());
        let is_said = |name: &str| {
            let mut first = self.assume.iter().map(|it| it.split_whitespace().next());
            first.any(|word| word == Some(name))
        };
        numbers
            .filter(move |number| !is_said(number.name()))
            .map(|number| {
                let scale = number.scale();
                let step = (i64::from(scale.max()) - i64::from(scale.min())) / PARTS;
                let step = i32::try_from(step).unwrap_or(i32::MAX).max(1);
                let unit = match scale.unit() {
                    "" => String::new(),
                    unit => format!(" {unit}"),
                };
                let [least, most, step] =
                    [scale.min(), scale.max(), step].map(|it| scale.shown(it));
                let name = number.name();
                format!(
                    "{name} is between {least}{unit} and {most}{unit} with steps of {step}{unit}"
                )
            })
    }

    /// Looks for ways.
    pub(super) fn seek(
        &self,
        app: &AppEntry,
        query: &ReachQuery<'_>,
        registry: &Registry,
    ) -> Answers {
        let mut start = None;
        let mut watch = |_: &ExploreProgress| {
            let start = start.get_or_insert_with(Instant::now);
            match start.elapsed() >= self.time {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        seek(
            app,
            query,
            Effort {
                every_tick: self.every_tick,
                settings: Settings {
                    jobs: thread::available_parallelism().map_or(1, usize::from),
                    max_states: self.states,
                    max_memory: self.memory,
                    catch_panic: registry.panic_guard().catch_panic(),
                    ..Settings::new(query.inputs, query.monitor)
                },
                seed: self.seed,
                watch: &mut watch,
            },
        )
    }
}

/// A length of real time.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .map_err(|diagnostic| format!("{}; {}", diagnostic.message, diagnostic.expected))
}
