//! Going back in an app that cannot be copied, with statics: its process is copied.

use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Trial;
use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::output::{Level, Output};
use lockstep_core::time::RunTicks;
use lockstep_sim::registry::{AppEntry, Registry};
use lockstep_sim::script::{Action, Script, SwitchState};
use lockstep_sim::timeline::{MAX_BRANCHES, SPACING, Timeline};

/// Counts ticks and presses in a static, and nothing in itself.
struct Hidden;

static COUNTED: AtomicU64 = AtomicU64::new(0);

impl App for Hidden {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("hidden", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[Output::analog("sum", 999)])
        .with_logs(&[LogKind::number("presses")]);
    type Outputs = [Level; 1];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Tick => drop(COUNTED.fetch_add(1, Ordering::Relaxed)),
            Event::Press(_) => {
                COUNTED.fetch_add(1_000_000_000, Ordering::Relaxed);
                out.log(Log::new(LogId(0), presses()));
            }
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 1] {
        let ticks = COUNTED.load(Ordering::Relaxed) % 1_000_000_000;
        [Level(i32::try_from(ticks / 1_000 % 1_000).unwrap())]
    }
}

fn presses() -> i32 {
    i32::try_from(COUNTED.load(Ordering::Relaxed) / 1_000_000_000).unwrap()
}

const PRESS: Action = Action::Button(ButtonId(0), SwitchState::Closed);
const RELEASE: Action = Action::Button(ButtonId(0), SwitchState::Open);

/// The app, each run in a process of its own.
pub(crate) fn isolated() -> AppEntry {
    let registry = Registry::new(vec![lockstep_sim::app!(Hidden)]).unwrap();
    let isolated = lockstep_sim::isolation::isolate(&registry, &Default::default()).unwrap();
    isolated.apps()[0].clone()
}

pub(crate) fn trials(app: &AppEntry) -> Vec<Trial> {
    type Test = fn(&AppEntry);
    let tests: [(&str, Test); 4] = [
        ("timeline: any point of an hour", any_point_of_an_hour),
        ("timeline: branches go their own ways", branches),
        ("timeline: undo and redo", undo_and_redo),
        ("timeline: as many branches as are kept", many_branches),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        let app = app.clone();
        Trial::test(name, move || {
            test(&app);
            Ok(())
        })
    });
    trials.collect()
}

fn sum(timeline: &Timeline, tick: u64) -> i32 {
    let there = timeline.branch().at(RunTicks(tick)).unwrap();
    assert_eq!(there.now(), RunTicks(tick));
    there.levels()[0].0
}

fn any_point_of_an_hour(app: &AppEntry) {
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(3_600_000)).unwrap();
    for tick in [
        3_600_000,
        7,
        1_234_567,
        SPACING.0,
        SPACING.0 - 1,
        3_599_999,
        0,
    ] {
        assert_eq!(
            u64::try_from(sum(&timeline, tick)).unwrap(),
            tick / 1_000 % 1_000
        );
    }
    // Nothing in this process has counted.
    assert_eq!(COUNTED.load(Ordering::Relaxed), 0);
}

fn branches(app: &AppEntry) {
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(2_000)).unwrap();
    for tick in [500, 1_500] {
        timeline.switch(0);
        timeline.apply(RunTicks(tick), PRESS).unwrap();
        timeline.advance(RunTicks(3_000)).unwrap();
    }
    assert_eq!(timeline.branches().len(), 3);
    assert_eq!(timeline.compare(0, 1).unwrap().tick, RunTicks(500));
    assert_eq!(timeline.compare(1, 2).unwrap().tick, RunTicks(500));
    for branch in 1..=2 {
        let trace = lockstep_sim::golden::render(timeline.branches()[branch].trace());
        assert!(trace.contains("log  presses  1\n"), "{trace}");
        assert_eq!(timeline.branches()[branch].live().levels(), [Level(3)]);
    }
    assert_eq!(timeline.branches()[0].live().levels(), [Level(2)]);
}

fn undo_and_redo(app: &AppEntry) {
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.apply(RunTicks(1_000), PRESS).unwrap();
    timeline.apply(RunTicks(2_000), RELEASE).unwrap();
    timeline.apply(RunTicks(3_000), PRESS).unwrap();
    assert_eq!(timeline.undo(), Ok(true));
    assert_eq!(timeline.branch().events().len(), 2);
    assert!(timeline.redo());
    assert_eq!(timeline.branch().events().len(), 3);
    assert_eq!(timeline.branch().live().levels(), [Level(3)]);
}

/// Each has a process at its end, beside the copies: there are enough, or the rest is played again.
fn many_branches(app: &AppEntry) {
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(40 * SPACING.0)).unwrap();
    for branch in 1..MAX_BRANCHES as u64 {
        timeline.switch(0);
        timeline.apply(RunTicks(branch * 1_000), PRESS).unwrap();
        timeline.advance(RunTicks(branch * 1_000 + 5)).unwrap();
    }
    assert_eq!(timeline.branches().len(), MAX_BRANCHES);
    for (index, branch) in (0..).zip(timeline.branches()).skip(1) {
        assert_eq!(branch.live().levels(), [Level(index)]);
    }
    assert_eq!(sum(&timeline, 63_005), 63);
}
