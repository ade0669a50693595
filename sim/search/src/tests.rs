//! What is found first, and that nothing depends on how it is looked for.

use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::output::{Level, Output};
use lockstep_core::sink::Sink;

use crate::judge::{Judge, Judgement, Moment, RuleSet};
use crate::settings::{Ending, FindingKind, Order, Settings};
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

impl Judge for IsOn {
    fn word_count(&self) -> usize {
        0
    }

    fn start(&self, _: &mut [u32]) {}

    fn judge(&self, _: &mut [u32], moment: &Moment<'_>, _: RuleSet) -> Judgement {
        let mut judgement = Judgement::default();
        if moment.levels.first() == Some(&Level::ON) {
            judgement.reached.insert(0);
        }
        judgement
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
