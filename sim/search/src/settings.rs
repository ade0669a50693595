//! What is explored, how far, and what came of it.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Mutex;

use lockstep_core::action::Action;
use lockstep_core::event::BootCondition;

use crate::checkpoint::{CheckpointError, CheckpointStore};
use crate::input_model::InputModel;
use crate::monitor::{Monitor, RuleSet};

/// A function that calls the closure once and gives the message of its panic, if it panics.
pub type CatchPanic = fn(&mut dyn FnMut()) -> Result<(), String>;

/// What is explored, and how far.
pub struct Settings<'a> {
    /// What the world may do.
    pub inputs: &'a InputModel,
    /// What judges each behaviour.
    pub monitor: &'a dyn Monitor,
    /// The rules that are broken or hold.
    pub rules: RuleSet,
    /// The rules of which it is asked whether they can be reached.
    pub goals: RuleSet,
    /// The rules of which it is asked whether they can always be reached, and within how many ticks.
    pub always_possible: &'a [Possibility],
    /// Whether ticks in which the app says that nothing happens are passed, not played.
    pub passes_idle: bool,
    /// Whether ticks in which nothing happens and nothing can be done are one step.
    pub skips_forced: bool,
    /// Whether what can be done in a tick is played once where several ways lead to the same before it.
    /// Not with [`Settings::is_sparse`] or [`Settings::always_possible`], which needs all ways.
    pub merges_ticks: bool,
    /// Whether things are done only in the tick after the last ones, and where the app wakes. Then
    /// what is found is so, and what is not found may be all the same.
    pub is_sparse: bool,
    /// Whether of situations that were gone on from only hashes are kept, of [`HASH_BITS`] bits: then
    /// some may be taken for others ([`chance_of_a_miss`]). What is found is so all the same, because
    /// it is played again. Not with [`Order::Actions`], [`Settings::is_sparse`] or
    /// [`Settings::always_possible`], which need them whole.
    pub is_compact: bool,
    /// What comes first.
    pub order: Order,
    /// How many threads explore.
    pub jobs: usize,
    /// The most situations.
    pub max_states: u64,
    /// The most memory, in bytes.
    pub max_memory: u64,
    /// What calls the app, so that its panics are found.
    pub catch_panic: CatchPanic,
    /// Is told how far it is, from time to time, and can stop it.
    pub watch: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync),
    /// Where the exploration is kept, so that it can be gone on with. Not with [`Order::Actions`] or
    /// [`Settings::is_sparse`].
    pub checkpoint: Option<&'a dyn CheckpointStore>,
    /// What was kept of one that is gone on with.
    pub resume: Option<&'a Mutex<dyn Read + Send>>,
}

impl<'a> Settings<'a> {
    /// Everything that the world may do, judged so, without a limit. A panic of the app is a panic.
    #[must_use]
    pub fn new(inputs: &'a InputModel, monitor: &'a dyn Monitor) -> Self {
        Self {
            inputs,
            monitor,
            rules: RuleSet::NONE,
            goals: RuleSet::NONE,
            always_possible: &[],
            passes_idle: true,
            skips_forced: true,
            merges_ticks: true,
            is_sparse: false,
            is_compact: false,
            order: Order::Ticks,
            jobs: 1,
            max_states: u64::MAX,
            max_memory: u64::MAX,
            catch_panic: |code| {
                code();
                Ok(())
            },
            watch: &|_| ControlFlow::Continue(()),
            checkpoint: None,
            resume: None,
        }
    }
}

/// What comes first in an exploration, so that what is found has as little of it as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What takes few ticks.
    Ticks,
    /// What takes few actions, however many ticks pass between them.
    Actions,
}

/// A goal that is always to be possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possibility {
    /// The rule.
    pub rule: usize,
    /// Within how many ticks; at any time if that is not said.
    pub within: Option<u32>,
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The situations that were reached.
    pub states: u64,
    /// Those of them that were not gone on from.
    pub open: u64,
    /// The ways from one to the next that were gone.
    pub transitions: u64,
    /// The tick up to which all behaviours are known; with [`Order::Actions`], the number of actions.
    pub depth: u32,
    /// The memory that they take, in bytes.
    pub memory: u64,
}

/// Why an exploration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// Every behaviour was explored.
    Complete,
    /// There is an answer for everything that was asked.
    Decided,
    /// There are more situations than were allowed.
    StateLimit,
    /// They take more memory than was allowed.
    MemoryLimit,
    /// It was stopped.
    Stopped,
    /// It could not be gone on with: see [`Exploration::not_resumed`].
    NotResumed,
}

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// How far it came.
    pub progress: Progress,
    /// Why it ended.
    pub ending: Ending,
    /// Why it could not be gone on with.
    pub not_resumed: Option<CheckpointError>,
    /// What was found, in the order of the ticks.
    pub findings: Vec<Finding>,
    /// The rules of which something was asked.
    pub exercised: RuleSet,
    /// Whether the app is counted from now.
    pub is_counted: bool,
    /// Whether situations were compared by their hashes alone.
    pub is_compact: bool,
    /// What some of the situations that were reached last look like, as their `Debug` has them.
    pub samples: Vec<String>,
}

/// The bits of a hash by which situations are compared where they are not kept whole.
pub const HASH_BITS: u32 = 64;

/// How likely it is at most that any of so many situations was taken for another, if hashes are as
/// good as drawn at random: each of the n (n - 1) / 2 pairs has the same hash with a chance of
/// 2^-64.
///
/// ```
/// use lockstep_search::settings::chance_of_a_miss;
///
/// assert_eq!(chance_of_a_miss(1), 0.0);
/// assert!(chance_of_a_miss(1_000_000_000) < 0.028);
/// ```
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    reason = "it is the order of magnitude that counts"
)]
pub fn chance_of_a_miss(states: u64) -> f64 {
    let states = states as f64;
    let pairs = states * (states - 1.0).max(0.0) / 2.0;
    (pairs / 2_f64.powi(64)).min(1.0)
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// What leads there, with as few ticks as can be.
    pub path: Path,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A rule is broken.
    Broken(usize),
    /// A goal is reached.
    Reached(usize),
    /// A goal that is always to be possible is not possible any more, or not in time.
    Impossible(usize),
    /// The app panics, with this message.
    Panicked(String),
}

/// What the world does in a behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// How the board comes up.
    pub boot: BootCondition,
    /// What is done, and at which ticks.
    pub actions: Vec<(u32, Action)>,
    /// The last tick.
    pub end: u32,
}
