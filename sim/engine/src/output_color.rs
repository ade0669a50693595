//! The color an output is drawn in.

/// The color an output is drawn in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "a color is its own description")]
pub enum OutputColor {
    #[default]
    Red,
    Amber,
    Green,
    Blue,
    White,
}
