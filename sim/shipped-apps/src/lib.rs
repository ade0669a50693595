//! The apps that ship, as the simulator and the hardware suite take them.

mod by_one;
mod keypad_mutants;
mod lamp_mutants;
mod thermostat_mutants;

use lockstep_apps::keypad::Keypad;
use lockstep_apps::lamp::Lamp;
use lockstep_apps::snake::Snake;
use lockstep_apps::thermostat::Thermostat;
use lockstep_apps::toggle;
use lockstep_core::modes::WithModes;
use lockstep_engine::app;
use lockstep_engine::output_color::OutputColor;
use lockstep_engine::registry::AppEntry;

/// The apps that ship; the first is the one that is played where none is named.
#[must_use]
pub fn shipped() -> Vec<AppEntry> {
    vec![
        app!(Lamp)
            .with_modes(app!(WithModes<Lamp>))
            .with_output_color("lamp", OutputColor::White)
            .with_output_color("locked", OutputColor::Amber)
            .with_output_color("heartbeat", OutputColor::Green)
            .with_mutants(lamp_mutants::lamp_mutants),
        app!(toggle::Toggle).with_output_color("led", OutputColor::Green),
        app!(Thermostat)
            .with_modes(app!(WithModes<Thermostat>))
            .with_output_color("heater", OutputColor::Amber)
            .with_output_color("fan", OutputColor::Green)
            .with_mutants(thermostat_mutants::thermostat_mutants),
        app!(Keypad)
            .with_output_color("rollover", OutputColor::Amber)
            .with_mutants(keypad_mutants::keypad_mutants),
        app!(Snake)
            .with_modes(app!(WithModes<Snake>))
            .with_output_color("display", OutputColor::Red)
            .with_output_color("buzzer", OutputColor::Amber),
    ]
}

#[cfg(test)]
mod tests {
    use lockstep_engine::registry::Registry;

    #[test]
    fn what_ships_is_usable() {
        Registry::new(super::shipped()).unwrap();
    }
}
