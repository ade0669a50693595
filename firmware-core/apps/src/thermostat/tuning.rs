//! Every number of the product.

use lockstep_core::time::Ticks;

use super::Tenths;

/// Every number of the product: a product line tunes this one table. Temperatures are tenths of a
/// degree.
///
/// It is a value and not a set of constants so that a test can change one number and see that
/// somebody notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The setpoint after a reset.
    pub first_setpoint: Tenths,
    /// The lowest setpoint that can be chosen.
    pub lowest_setpoint: Tenths,
    /// The highest setpoint that can be chosen.
    pub highest_setpoint: Tenths,
    /// How far a click of the knob moves the setpoint.
    pub click: Tenths,
    /// How far below the setpoint the heater goes on.
    pub heater_on_below: Tenths,
    /// How far above the setpoint the fan goes on.
    pub fan_on_above: Tenths,
    /// How far above the setpoint the fan goes off.
    pub fan_off_below: Tenths,
    /// The lowest reading that a room can have.
    pub lowest_possible: Tenths,
    /// The highest reading that a room can have.
    pub highest_possible: Tenths,
    /// How long readings are possible before a sensor is trusted that had failed.
    pub trusted_after: Ticks,
}

impl Tuning {
    /// The thermostat as it ships.
    pub const SHIPPED: Self = Self {
        first_setpoint: 200,
        lowest_setpoint: 50,
        highest_setpoint: 300,
        click: 5,
        heater_on_below: 5,
        fan_on_above: 20,
        fan_off_below: 10,
        lowest_possible: -400,
        highest_possible: 850,
        trusted_after: Ticks::from_secs(2),
    };

    /// Whether this setpoint can be chosen.
    pub(super) fn has_setpoint(&self, setpoint: Tenths) -> bool {
        (self.lowest_setpoint..=self.highest_setpoint).contains(&setpoint)
    }
}

/// The table of a thermostat never changes: hashing it would tell nothing apart.
impl core::hash::Hash for Tuning {
    fn hash<H: core::hash::Hasher>(&self, _: &mut H) {}
}
