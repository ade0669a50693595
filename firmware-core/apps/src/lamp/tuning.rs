//! Every number of the product.

use lockstep_core::time::Ticks;

/// Every number of the product: a product line tunes this one table.
///
/// It is a value and not a set of constants so that variants can live side by side, and
/// so that a test can change one number and see that somebody notices. All lengths are
/// at least one tick, but for the two that can be left out; all brightnesses are percent,
/// 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// How long a contact is quiet before it is believed.
    pub debounce: Ticks,
    /// How long a press lasts to be a long one.
    pub long_press: Ticks,
    /// How soon after the release of A a second press makes a double.
    pub double_press: Ticks,
    /// How long A and B are held together to lock or unlock.
    pub lock_hold: Ticks,
    /// How long the lamp stays on without a press; [`Ticks::ZERO`] for ever.
    pub auto_off: Ticks,
    /// How long the heartbeat stays low, and how long high; [`Ticks::ZERO`] for none.
    pub heartbeat: Ticks,
    /// How long a blinking lamp stays bright, and how long dark.
    pub blink_half_period: Ticks,
    /// How long a breathing lamp stays on each step.
    pub breathe_step: Ticks,
    /// The steps of a breathing lamp from dark to bright, and again as many back; at
    /// least 1.
    pub breathe_steps: u8,
    /// How long the status light is on in each blink of a fault code.
    pub fault_on: Ticks,
    /// How long the status light is off between two blinks of a fault code.
    pub fault_off: Ticks,
    /// How long the status light is off between two fault codes.
    pub fault_pause: Ticks,
    /// How often the status light blinks when the clock failed; at least 1.
    pub clock_failed_blinks: u8,
    /// How often the status light blinks when the UART is missing; at least 1.
    pub uart_missing_blinks: u8,
    /// The brightnesses that B steps through; the last is full brightness.
    pub levels: [u8; Self::LEVELS as usize],
    /// The place in `levels` of the brightness after a reset, from 0; taken modulo
    /// [`Tuning::LEVELS`].
    pub start_level: u8,
    /// The brightness of night mode.
    pub night_brightness: u8,
}

impl Tuning {
    /// How many brightnesses B steps through.
    pub const LEVELS: u8 = 4;

    /// The lamp as it ships.
    pub const SHIPPED: Self = Self {
        debounce: Ticks::from_ms(20),
        long_press: Ticks::from_ms(800),
        double_press: Ticks::from_ms(300),
        lock_hold: Ticks::from_secs(2),
        auto_off: Ticks::from_mins(10),
        heartbeat: Ticks::from_ms(500),
        blink_half_period: Ticks::from_ms(500),
        breathe_step: Ticks::from_ms(50),
        breathe_steps: 20,
        fault_on: Ticks::from_ms(200),
        fault_off: Ticks::from_ms(200),
        fault_pause: Ticks::from_secs(1),
        clock_failed_blinks: 2,
        uart_missing_blinks: 3,
        levels: [25, 50, 75, 100],
        start_level: 1,
        night_brightness: 5,
    };

    /// The brightness at a place in `levels`, taken modulo [`Tuning::LEVELS`].
    #[must_use]
    pub const fn level(&self, place: u8) -> u8 {
        self.levels[(place % Self::LEVELS) as usize]
    }
}

/// The table of a lamp never changes: hashing it would tell nothing apart.
impl core::hash::Hash for Tuning {
    fn hash<H: core::hash::Hasher>(&self, _: &mut H) {}
}
