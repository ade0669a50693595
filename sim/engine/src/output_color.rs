//! The colour an output is drawn in.

/// The colour an output is drawn in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "a colour is its own description")]
pub enum OutputColor {
    #[default]
    Red,
    Amber,
    Green,
    Blue,
    White,
}
