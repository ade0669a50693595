//! Looks for ways to goals: first everything that takes few actions, then at random.

use std::ops::ControlFlow;

use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::Scenario;
use lockstep_engine::scenario::plan::plan_with;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use lockstep_search::settings::{Ending, Exploration, FindingKind, Order};
use lockstep_search::{InputModel, Monitor, RuleSet, Settings};

use crate::counterexample::{inputs_of, script_of};
use crate::explore::{ExploreProgress, ExploreSettings, explore};
use crate::failure::Requirements;
use crate::shrink::shrink;
use crate::trace_check::reached_in;

/// What ways are looked for to.
#[derive(Clone, Copy)]
pub struct ReachQuery<'a> {
    /// Says which goals are reached.
    pub monitor: &'a dyn Monitor,
    /// The goals.
    pub goals: RuleSet,
    /// What the world may do.
    pub inputs: &'a InputModel,
}

/// How far ways are looked for.
pub struct Effort<'a> {
    /// Look at every tick, and for what takes the fewest of them.
    pub every_tick: bool,
    /// How an exploration is bounded, and what watches it.
    pub settings: Settings<'a>,
    /// The seed of what is played at random.
    pub seed: u64,
    /// Whether it is played on at random.
    pub watch: &'a mut dyn FnMut(&ExploreProgress) -> ControlFlow<()>,
}

/// What is known of a goal.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A way, as small as it could be made.
    Found(Box<Way>),
    /// No behaviour reaches it.
    Never,
    /// No way was found.
    NotFound,
}

/// A way to a goal.
#[derive(Clone, Debug)]
pub struct Way {
    /// What is to be done.
    pub scenario: Scenario,
    /// The same, as a script.
    pub script: Script,
    /// Whether no way takes less: fewer actions, or fewer ticks where every tick was looked at.
    pub is_shortest: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Of each goal, in order.
    pub goals: Vec<(usize, Answer)>,
    /// How far everything was explored; `None` of an app that cannot be.
    pub explored: Option<Exploration>,
    /// What was played at random.
    pub played: ExploreProgress,
}

/// Looks for ways to goals.
#[must_use]
pub fn seek(app: &AppEntry, query: &ReachQuery<'_>, effort: Effort<'_>) -> Answers {
    let mut ways: Vec<(usize, Script, bool)> = Vec::new();
    let explored = app.state_space().map(|space| {
        space.explore(&Settings {
            inputs: query.inputs,
            monitor: query.monitor,
            rules: RuleSet::NONE,
            goals: query.goals,
            always_possible: &[],
            is_sparse: !effort.every_tick,
            order: match effort.every_tick {
                true => Order::Ticks,
                false => Order::Actions,
            },
            ..effort.settings
        })
    });
    for finding in explored.iter().flat_map(|it| &it.findings) {
        if let (FindingKind::Reached(goal), Ok(script)) = (&finding.kind, script_of(&finding.path))
        {
            ways.push((*goal, script, true));
        }
    }
    let mut left = query.goals;
    for (goal, ..) in &ways {
        left.remove(*goal);
    }
    let is_all = explored
        .as_ref()
        .is_some_and(|it| it.ending == Ending::Complete && effort.every_tick);
    let mut played = ExploreProgress::default();
    if !left.is_empty() && !is_all {
        let requirements = Requirements {
            app,
            rules: &[],
            files: None,
        };
        let settings = ExploreSettings {
            inputs: query.inputs,
            seed: effort.seed,
            shard: (1, 1),
            runs: u64::MAX,
            corpus: &[],
        };
        let watch = effort.watch;
        let mut look = |script: &Script, trace: &Trace| {
            for goal in reached_in(query.monitor, left, trace).iter() {
                left.remove(goal);
                ways.push((goal, script.clone(), false));
            }
            match left.is_empty() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        played = explore(&requirements, &settings, &mut look, &mut |progress, _| {
            watch(progress)
        })
        .progress;
    }
    let goals = query.goals.iter().map(|goal| {
        let way = ways.iter().find(|(reached, ..)| *reached == goal);
        let answer = match way {
            Some((_, script, is_shortest)) => Answer::Found(Box::new(smallest_way(
                app,
                query,
                goal,
                script,
                *is_shortest,
            ))),
            None if is_all => Answer::Never,
            None => Answer::NotFound,
        };
        (goal, answer)
    });
    Answers {
        goals: goals.collect(),
        explored,
        played,
    }
}

/// The same, with less done, or sooner.
fn smallest_way(
    app: &AppEntry,
    query: &ReachQuery<'_>,
    goal: usize,
    script: &Script,
    is_shortest: bool,
) -> Way {
    let mut only = RuleSet::NONE;
    only.insert(goal);
    let found = inputs_of(app.descriptor(), script);
    let mut still_reaches = |candidate: &Scenario| {
        plan_with(candidate, app.descriptor(), None).is_ok_and(|plan| {
            let mut watch = |_| ControlFlow::Continue(());
            plan.script.end() <= script.end()
                && play::trace(app, &plan.script, &mut watch)
                    .is_ok_and(|trace| reached_in(query.monitor, only, &trace) == only)
        })
    };
    let scenario = shrink(&found, &mut still_reaches);
    let plan = plan_with(&scenario, app.descriptor(), None);
    Way {
        script: plan.map_or_else(|_| script.clone(), |plan| plan.script),
        scenario,
        is_shortest,
    }
}
