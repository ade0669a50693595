//! Lamps of which one number is another by one.

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::{AppEntry, Mutant};

use crate::by_one::{ByOne, mutants, numbers};

/// All lamps of which one number is one more, or one less.
pub(crate) fn lamp_mutants() -> Vec<Mutant> {
    let numbers = numbers![
        Tuning;
        debounce, long_press, double_press, lock_hold, auto_off, heartbeat, blink_half_period,
        breathe_step, breathe_steps, fault_on, fault_off, fault_pause, clock_failed_blinks,
        uart_missing_blinks, start_level, night_brightness;
        levels [0, 1, 2, 3]
    ];
    mutants(Tuning::SHIPPED, numbers, with_tuning)
}

fn with_tuning(tuning: &'static Tuning) -> AppEntry {
    AppEntry::with_builder(
        move |clock| Some(Lamp::with_tuning_at(tuning, clock)),
        move || Lamp::with_tuning(tuning),
        Capabilities::<Lamp>::none()
            .with_copies()
            .with_state()
            .with_comparison(),
    )
}
