//! How the simulator looks, as whoever shows it decides.

/// How the simulator looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// What the colors are made for.
    pub background: Background,
    /// Which colors there are.
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
    /// None: attributes such as bold and reversed tell things apart.
    Monochrome,
    /// The 16 named colors, of which the terminal decides how they look.
    Ansi16,
    /// Any 24-bit color.
    TrueColor,
}
