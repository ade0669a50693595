//! What is found first, and that nothing depends on how it is looked for.

use std::io::{self, Cursor, Read, Write};
use std::sync::Mutex;

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::output::{Level, Output};
use lockstep_core::sink::Sink;
use lockstep_core::time::Ticks;

use crate::checkpoint::{CheckpointError, CheckpointStore};
use crate::monitor::{Moment, Monitor, MonitorVerdict, RuleSet};
use crate::settings::{Ending, FindingKind, Order, Possibility, Progress, Settings};
use crate::state_space::{AppSpace, StateSpace};
use crate::{Exploration, InputModel};

/// Comes on by three presses, or when a button was held for 20 ticks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TwoWays {
    presses: u8,
    held: Option<u8>,
}

impl App for TwoWays {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("two-ways", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[Output::digital("led")]);
    type Outputs = [Level; 1];

    fn new() -> Self {
        Self {
            presses: 0,
            held: None,
        }
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        match event {
            Event::Press(ButtonId(0)) => {
                self.presses = (self.presses + 1).min(3);
                self.held = Some(0);
            }
            Event::Release(ButtonId(0)) => self.held = None,
            Event::Tick => self.held = self.held.map(|held| (held + 1).min(20)),
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 1] {
        [(self.presses == 3 || self.held == Some(20)).into()]
    }
}

/// Asks whether the output comes on.
struct IsOn;

impl Monitor for IsOn {
    fn word_count(&self) -> usize {
        0
    }

    fn start(&self, _: &mut [u32]) {}

    fn step(&self, _: &mut [u32], moment: &Moment<'_>, _: RuleSet) -> MonitorVerdict {
        let mut verdict = MonitorVerdict::default();
        if moment.levels.first() == Some(&Level::ON) {
            verdict.reached.insert(0);
        }
        verdict
    }

    fn idle_ticks(&self, _: &[u32]) -> u32 {
        u32::MAX
    }
}

fn explored(change: impl Fn(&mut Settings<'_>)) -> Exploration {
    let mut inputs = InputModel::free(1, &[], 0);
    inputs.resets.clear();
    let mut settings = Settings::new(&inputs, &IsOn);
    settings.goals = RuleSet::first(1);
    change(&mut settings);
    AppSpace::new(<TwoWays as App>::new, None).explore(&settings)
}

#[test]
fn few_ticks_or_few_actions_come_first_as_is_asked() {
    let way = |order| {
        let found = explored(|settings| settings.order = order);
        assert_eq!(found.findings[0].kind, FindingKind::Reached(0));
        let path = &found.findings[0].path;
        (path.end, path.actions.len())
    };
    assert_eq!(way(Order::Ticks), (4, 5));
    assert_eq!(way(Order::Actions), (20, 1));
}

#[test]
fn the_answers_do_not_depend_on_how_many_threads_there_are() {
    for order in [Order::Ticks, Order::Actions] {
        let found = |jobs| {
            let found = explored(|settings| {
                settings.order = order;
                settings.jobs = jobs;
            });
            (found.findings, found.progress.states)
        };
        assert_eq!(found(1), found(2));
        assert_eq!(found(1), found(3));
    }
}

#[test]
fn everything_is_reached_in_either_order() {
    let all = |order| {
        let found = explored(|settings| {
            settings.order = order;
            settings.goals = RuleSet::NONE;
        });
        assert_eq!(found.ending, Ending::Complete);
        (found.progress.states, found.progress.transitions)
    };
    assert_eq!(all(Order::Ticks), all(Order::Actions));
}

/// The lamp with its times scaled down.
static SCALED: Tuning = Tuning {
    debounce: Ticks(1),
    long_press: Ticks(3),
    double_press: Ticks(2),
    lock_hold: Ticks(3),
    auto_off: Ticks(2),
    heartbeat: Ticks(2),
    blink_half_period: Ticks(2),
    breathe_step: Ticks(1),
    breathe_steps: 1,
    fault_on: Ticks(1),
    fault_off: Ticks(1),
    fault_pause: Ticks(2),
    ..Tuning::SHIPPED
};

/// Remembers the brightest level of the last ticks, and asks for some levels at different times.
struct Brightest;

impl Monitor for Brightest {
    fn word_count(&self) -> usize {
        1
    }

    fn start(&self, _: &mut [u32]) {}

    fn step(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> MonitorVerdict {
        let level = moment.levels[0].0.cast_unsigned();
        // It forgets where the first is not asked any more: what is remembered depends on that.
        memory[0] = match asked.contains(0) {
            true => memory[0].max(level),
            false => level,
        };
        let mut verdict = MonitorVerdict::default();
        for (rule, least) in [(0, 50), (1, 100)] {
            if level >= least {
                verdict.broken.insert(rule);
                verdict.exercised.insert(rule);
            }
        }
        if moment.levels[1] == Level::ON && memory[0] == 75 {
            verdict.reached.insert(2);
        }
        if moment.levels[0] == Level::OFF {
            verdict.reached.insert(3);
        }
        verdict
    }

    fn idle_ticks(&self, _: &[u32]) -> u32 {
        u32::MAX
    }
}

/// Keeps what was written last.
#[derive(Default)]
struct LastKept(Mutex<Vec<u8>>);

impl CheckpointStore for LastKept {
    fn is_due(&self, progress: &Progress) -> bool {
        progress.depth.is_multiple_of(3)
    }

    fn keep(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        *self.0.lock().unwrap() = bytes;
    }
}

fn of_the_lamp(
    change: impl Fn(&mut Settings<'_>),
    resume: Option<&[u8]>,
    keeps: Option<&LastKept>,
) -> Exploration {
    let mut inputs = InputModel::free(2, &[], 1);
    inputs.resets.truncate(1);
    let from = Mutex::new(Cursor::new(resume.unwrap_or_default().to_vec()));
    let from: &Mutex<dyn Read + Send> = &from;
    let mut settings = Settings::new(&inputs, &Brightest);
    settings.rules = RuleSet(0b11);
    settings.goals = RuleSet(0b100);
    settings.resume = resume.is_some().then_some(from);
    settings.checkpoint = keeps.map(|it| it as &dyn CheckpointStore);
    change(&mut settings);
    AppSpace::new(|| Lamp::with_tuning(&SCALED), None).explore(&settings)
}

fn outcome(explored: Exploration) -> impl PartialEq + std::fmt::Debug {
    let Progress {
        states,
        open,
        transitions,
        depth,
        ..
    } = explored.progress;
    let exercised = explored.exercised;
    let counts = (states, open, transitions, depth);
    (explored.ending, counts, exercised, explored.findings)
}

#[test]
fn merging_ticks_changes_no_count_and_no_answer() {
    let asked = |settings: &mut Settings<'_>, is_compact, merges_ticks, jobs| {
        settings.is_compact = is_compact;
        settings.merges_ticks = merges_ticks;
        settings.jobs = jobs;
    };
    for is_compact in [false, true] {
        // Without a rule, since what is remembered of one depends on when it is decided.
        let counts = |merges_ticks, jobs| {
            let explored = of_the_lamp(
                |settings| {
                    asked(settings, is_compact, merges_ticks, jobs);
                    settings.rules = RuleSet::NONE;
                    settings.goals = RuleSet::NONE;
                },
                None,
                None,
            );
            assert_eq!(explored.ending, Ending::Complete);
            let progress = explored.progress;
            (progress.states, progress.transitions, progress.depth)
        };
        let costs = |merges_ticks, jobs| {
            let set = |settings: &mut Settings<'_>| asked(settings, is_compact, merges_ticks, jobs);
            let findings = of_the_lamp(set, None, None).findings;
            assert_eq!(findings.len(), 2);
            let costs = findings.into_iter().map(|it| {
                let path = it.path;
                (format!("{:?}", it.kind), path.end, path.actions.len())
            });
            costs.collect::<Vec<_>>()
        };
        for jobs in [1, 2] {
            assert_eq!(counts(true, jobs), counts(false, 1));
            assert_eq!(costs(true, jobs), costs(false, 1));
        }
    }
}

#[test]
fn what_is_gone_on_with_comes_to_the_same_as_if_it_had_not_been_interrupted() {
    const POSSIBLE: &[Possibility] = &[Possibility {
        rule: 3,
        within: Some(9),
    }];
    for (is_compact, possible) in [(false, &[][..]), (true, &[]), (false, POSSIBLE)] {
        let set = |settings: &mut Settings<'_>| {
            settings.is_compact = is_compact;
            settings.always_possible = possible;
        };
        let whole = of_the_lamp(set, None, None);
        assert_eq!(whole.ending, Ending::Complete);
        let (states, whole) = (whole.progress.states, outcome(whole));
        for parts in [2, 5] {
            let mut last: Option<Vec<u8>> = None;
            for part in 1..parts {
                let kept = LastKept::default();
                let explored = of_the_lamp(
                    |settings| {
                        set(settings);
                        settings.max_states = states * part / parts;
                        settings.jobs = usize::try_from(part % 2).unwrap() + 1;
                    },
                    last.as_deref(),
                    Some(&kept),
                );
                assert_eq!(explored.ending, Ending::StateLimit);
                last = Some(kept.0.into_inner().unwrap());
            }
            assert_eq!(
                outcome(of_the_lamp(set, last.as_deref(), None)),
                whole,
                "{is_compact} {parts}"
            );
        }
    }
}

#[test]
fn what_was_kept_of_something_else_or_is_damaged_is_not_gone_on_with() {
    let kept = LastKept::default();
    let limited = |settings: &mut Settings<'_>| settings.max_states = 3_000;
    of_the_lamp(limited, None, Some(&kept));
    let kept = kept.0.into_inner().unwrap();
    let resumed = |bytes: &[u8]| of_the_lamp(limited, Some(bytes), None);
    assert_eq!(resumed(&kept).ending, Ending::StateLimit);
    for at in (0..kept.len()).step_by(kept.len() / 12) {
        let mut damaged = kept.clone();
        damaged[at] ^= 4;
        let refused = resumed(&damaged);
        assert_eq!(refused.ending, Ending::NotResumed);
        assert!(refused.not_resumed.is_some());
        let cut = resumed(&kept[..at]);
        assert!(matches!(cut.not_resumed, Some(CheckpointError::Damaged)));
    }
    let mut inputs = InputModel::free(1, &[], 0);
    inputs.resets.clear();
    let from = Mutex::new(Cursor::new(kept));
    let mut settings = Settings::new(&inputs, &());
    settings.resume = Some(&from);
    let other = AppSpace::new(<TwoWays as App>::new, None).explore(&settings);
    assert_eq!(other.ending, Ending::NotResumed);
}
