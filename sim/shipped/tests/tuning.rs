//! No number of the lamp can be changed by one without a golden noticing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::path::Path;
use std::sync::Arc;
use std::thread;

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_core::time::Ticks;
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::plan;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;

/// A number of the lamp, as a name and a way to change it by one.
type Number = (&'static str, fn(&mut Tuning, Step));

#[derive(Clone, Copy, Debug)]
enum Step {
    Up,
    Down,
}

trait ByOne {
    fn by_one(&mut self, step: Step);
}

impl ByOne for Ticks {
    fn by_one(&mut self, step: Step) {
        self.0.by_one(step);
    }
}

impl ByOne for u8 {
    fn by_one(&mut self, step: Step) {
        *self = match step {
            Step::Up => *self + 1,
            Step::Down => *self - 1,
        };
    }
}

impl ByOne for u32 {
    fn by_one(&mut self, step: Step) {
        *self = match step {
            Step::Up => *self + 1,
            Step::Down => *self - 1,
        };
    }
}

macro_rules! numbers {
    ($($field:ident),* ; $list:ident [$($place:literal),*]) => {{
        // A number that is added to the lamp and not to this list does not compile.
        let Tuning { $($field: _,)* $list: [$(_ignore!($place)),*] } = Tuning::SHIPPED;
        let numbers: Vec<Number> = vec![
            $((stringify!($field), |tuning, step| tuning.$field.by_one(step)),)*
            $((
                concat!(stringify!($list), "[", $place, "]"),
                |tuning, step| tuning.$list[$place].by_one(step),
            ),)*
        ];
        numbers
    }};
}

macro_rules! _ignore {
    ($place:literal) => {
        _
    };
}

fn numbers() -> Vec<Number> {
    numbers![
        debounce, long_press, double_press, lock_hold, auto_off, heartbeat, blink_half_period,
        breathe_step, breathe_steps, fault_on, fault_off, fault_pause, clock_failed_blinks,
        uart_missing_blinks, start_level, night_brightness;
        levels [0, 1, 2, 3]
    ]
}

#[test]
fn every_number_of_the_lamp_is_held_by_a_golden() {
    let scenarios = Arc::new(lamp_scenarios());
    let shipped: Arc<Vec<_>> = Arc::new(traces(Tuning::SHIPPED, &scenarios).collect());
    let mutants: Vec<_> = numbers()
        .into_iter()
        .flat_map(|(name, change)| {
            [Step::Up, Step::Down].map(|step| {
                let mut tuning = Tuning::SHIPPED;
                change(&mut tuning, step);
                (format!("{name} {step:?}"), tuning)
            })
        })
        .collect();

    let half = mutants.len() / 2;
    let (first, second) = mutants.split_at(half);
    let survivors: Vec<_> = thread::scope(|scope| {
        let workers = [first, second].map(|mutants| {
            let (scenarios, shipped) = (Arc::clone(&scenarios), Arc::clone(&shipped));
            scope.spawn(move || {
                let survived =
                    |tuning: &Tuning| traces(*tuning, &scenarios).eq(shipped.iter().cloned());
                let survivors = mutants.iter().filter(|(_, tuning)| survived(tuning));
                survivors.map(|(name, _)| name.clone()).collect::<Vec<_>>()
            })
        });
        let results = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap());
        results.collect()
    });

    assert!(
        survivors.is_empty(),
        "no golden notices: {}",
        survivors.join(", ")
    );
}

fn lamp_scenarios() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios/lamp");
    let descriptor = AppEntry::of::<Lamp>().descriptor();
    let scripts: Vec<_> = files::below(&folder, SCENARIO_EXTENSION)
        .unwrap()
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let scenario = grammar::parse(&text).unwrap();
            plan(&scenario, descriptor).unwrap().script
        })
        .collect();
    assert!(!scripts.is_empty());
    scripts
}

fn traces(tuning: Tuning, scripts: &[Script]) -> impl Iterator<Item = Trace> + '_ {
    let tuning: &'static Tuning = Box::leak(Box::new(tuning));
    let app = AppEntry::built_by(
        move |clock| Some(Lamp::with_tuning_at(tuning, clock)),
        move || Lamp::with_tuning(tuning),
        Capabilities::none(),
    );
    scripts.iter().map(move |script| {
        play::trace(&app, script, &mut |_| std::ops::ControlFlow::Continue(())).unwrap()
    })
}
