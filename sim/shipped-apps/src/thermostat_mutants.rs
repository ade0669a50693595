//! Thermostats of which one number is another by one.

use lockstep_apps::thermostat::{Thermostat, Tuning};
use lockstep_core::time::Instant;
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::{AppEntry, Mutant};

use crate::by_one::{ByOne, mutants, numbers};

/// All thermostats of which one number is one more, or one less.
pub(crate) fn thermostat_mutants() -> Vec<Mutant> {
    let numbers = numbers![
        Tuning;
        first_setpoint, lowest_setpoint, highest_setpoint, click, heater_on_below, fan_on_above,
        fan_off_below, lowest_possible, highest_possible, trusted_after
    ];
    mutants(Tuning::SHIPPED, numbers, with_tuning)
}

fn with_tuning(tuning: &'static Tuning) -> AppEntry {
    AppEntry::with_builder(
        move |clock| Some(Thermostat::with_tuning_at(tuning, clock)),
        move || Thermostat::with_tuning_at(tuning, Instant::ZERO),
        Capabilities::<Thermostat>::none()
            .with_copies()
            .with_state()
            .with_comparison(),
    )
}
