//! Every number of the product.

use lockstep_core::time::Ticks;

/// Every number of the product.
///
/// It is a value and not a set of constants so that a test can change one number and see that
/// somebody notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// How long a contact is quiet before it is believed.
    pub settle: Ticks,
    /// How many codes are reported before all are an error; at most as many as fit into a report.
    pub most_codes: u8,
    /// The usage code of the key `1`; those of the digits after it follow.
    pub first_usage: u8,
    /// The code that is reported where too many keys are down.
    pub error_roll_over: u8,
    /// The modifier of `shift`.
    pub left_shift: u8,
}

impl Tuning {
    /// The keypad as it ships.
    pub const SHIPPED: Self = Self {
        settle: Ticks::from_ms(5),
        most_codes: 6,
        first_usage: 0x1e,
        error_roll_over: 0x01,
        left_shift: 0x02,
    };
}

/// The table of a keypad never changes: hashing it would tell nothing apart.
impl core::hash::Hash for Tuning {
    fn hash<H: core::hash::Hasher>(&self, _: &mut H) {}
}
