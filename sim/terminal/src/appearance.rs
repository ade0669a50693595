//! The colors and glyphs of the simulator, as the program decides.

/// The colors and glyphs of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// The background that the colors are made for.
    pub background: Background,
    /// The colors that the terminal has.
    pub colors: ColorDepth,
    /// Whether to draw with glyphs beyond ASCII.
    pub unicode: bool,
}

/// All colors and glyphs, on a dark background.
impl Default for Appearance {
    fn default() -> Self {
        Self {
            background: Background::Dark,
            colors: ColorDepth::TrueColor,
            unicode: true,
        }
    }
}

/// The brightness of the terminal's background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light text on a dark background.
    Dark,
    /// Dark text on a light background.
    Light,
}

/// The colors that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorDepth {
    /// None: only attributes such as bold and reversed.
    Monochrome,
    /// The 16 named colors, whose look the terminal decides.
    Ansi16,
    /// Any 24-bit color.
    TrueColor,
}
