//! Lamps of which one number is another by one.

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_core::time::Ticks;
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::{AppEntry, Mutant};

/// A number of the lamp, as a name and a way to change it by one.
type Number = (&'static str, fn(&mut Tuning, Step));

#[derive(Clone, Copy)]
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
            Step::Up => self.saturating_add(1),
            Step::Down => self.saturating_sub(1),
        };
    }
}

impl ByOne for u32 {
    fn by_one(&mut self, step: Step) {
        *self = match step {
            Step::Up => self.saturating_add(1),
            Step::Down => self.saturating_sub(1),
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

/// All lamps of which one number is one more, or one less.
pub(crate) fn lamp_mutants() -> Vec<Mutant> {
    let numbers = numbers().into_iter();
    numbers
        .flat_map(|(name, change)| {
            [(Step::Up, "+ 1"), (Step::Down, "- 1")].map(|(step, by)| {
                let mut tuning = Tuning::SHIPPED;
                change(&mut tuning, step);
                Mutant {
                    name: format!("{name} {by}"),
                    app: with_tuning(tuning),
                }
            })
        })
        .collect()
}

fn with_tuning(tuning: Tuning) -> AppEntry {
    // The lamp takes it for as long as the program runs; there are few of them.
    let tuning: &'static Tuning = Box::leak(Box::new(tuning));
    AppEntry::with_builder(
        move |clock| Some(Lamp::with_tuning_at(tuning, clock)),
        move || Lamp::with_tuning(tuning),
        Capabilities::<Lamp>::none()
            .with_copies()
            .with_state()
            .with_comparison(),
    )
}
