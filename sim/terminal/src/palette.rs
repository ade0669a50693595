//! The colors of everything on the screen, for dark and for light backgrounds.
//!
//! The colors for dark backgrounds are close to the Okabe-Ito palette, which is made for any
//! kind of color vision; no information is in a color alone.

use ratatui::style::Color;

use super::appearance::Background;
use super::rgb::Rgb;
use lockstep_engine::output_color::OutputColor;

/// The colors of everything on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Palette {
    /// Secondary text: borders, names of state fields, events after the cursor.
    pub(super) quiet: Color,
    /// Headings, and the border of the pane that has the focus.
    pub(super) accent: Color,
    /// A key that can be pressed.
    pub(super) key: Color,
    /// An error.
    pub(super) error: Color,
    /// Something that has changed, or differs.
    pub(super) changed: Color,
    /// An input: a press, a release, a reset.
    pub(super) input: Color,
    /// A log of the app.
    pub(super) log: Color,
    leds: LedPalette,
}

/// The colors of LEDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LedPalette {
    red: LedColor,
    amber: LedColor,
    green: LedColor,
    blue: LedColor,
    white: LedColor,
}

/// The color of an LED that is lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LedColor {
    /// From just lit to full brightness.
    Range(Rgb, Rgb),
    /// The same at any brightness.
    Named(Color),
}

impl Palette {
    pub(super) const fn true_color(background: Background) -> Self {
        match background {
            Background::Dark => DARK,
            Background::Light => LIGHT,
        }
    }

    pub(super) const fn ansi16(background: Background) -> Self {
        match background {
            Background::Dark => DARK_ANSI16,
            Background::Light => LIGHT_ANSI16,
        }
    }

    /// The color of an LED, lit to a part of its brightness.
    pub(super) fn led(&self, color: OutputColor, part: f64) -> Color {
        let led = match color {
            OutputColor::Red => self.leds.red,
            OutputColor::Amber => self.leds.amber,
            OutputColor::Green => self.leds.green,
            OutputColor::Blue => self.leds.blue,
            OutputColor::White => self.leds.white,
        };
        match led {
            // The eye sees the low end of a brightness better than a screen shows it.
            LedColor::Range(low, full) => low.mix(full, part.clamp(0.0, 1.0).sqrt()).into(),
            LedColor::Named(named) => named,
        }
    }
}

const fn rgb(red: u8, green: u8, blue: u8) -> Color {
    Color::Rgb(red, green, blue)
}

const DARK: Palette = Palette {
    quiet: rgb(150, 160, 175),
    accent: rgb(86, 180, 233),
    key: rgb(240, 228, 66),
    error: rgb(255, 140, 60),
    changed: rgb(230, 159, 0),
    input: rgb(86, 180, 233),
    log: rgb(224, 150, 190),
    leds: LedPalette {
        red: LedColor::Range(Rgb(180, 106, 88), Rgb(230, 80, 40)),
        amber: LedColor::Range(Rgb(168, 116, 24), Rgb(230, 159, 0)),
        green: LedColor::Range(Rgb(20, 146, 100), Rgb(0, 190, 130)),
        blue: LedColor::Range(Rgb(66, 132, 172), Rgb(86, 180, 233)),
        white: LedColor::Range(Rgb(140, 137, 124), Rgb(250, 245, 220)),
    },
};

const LIGHT: Palette = Palette {
    quiet: rgb(95, 100, 108),
    accent: rgb(0, 95, 160),
    key: rgb(120, 84, 0),
    error: rgb(176, 48, 0),
    changed: rgb(150, 70, 0),
    input: rgb(0, 95, 160),
    log: rgb(140, 50, 110),
    leds: LedPalette {
        red: LedColor::Range(Rgb(180, 100, 84), Rgb(200, 40, 20)),
        amber: LedColor::Range(Rgb(160, 120, 70), Rgb(176, 112, 0)),
        green: LedColor::Range(Rgb(90, 135, 110), Rgb(0, 130, 80)),
        blue: LedColor::Range(Rgb(90, 130, 165), Rgb(0, 105, 190)),
        white: LedColor::Range(Rgb(125, 125, 120), Rgb(70, 70, 66)),
    },
};

const DARK_ANSI16: Palette = Palette {
    quiet: Color::Gray,
    accent: Color::LightCyan,
    key: Color::LightYellow,
    error: Color::LightRed,
    changed: Color::LightYellow,
    input: Color::LightCyan,
    log: Color::LightMagenta,
    leds: LedPalette {
        red: LedColor::Named(Color::LightRed),
        amber: LedColor::Named(Color::Yellow),
        green: LedColor::Named(Color::LightGreen),
        blue: LedColor::Named(Color::LightBlue),
        white: LedColor::Named(Color::White),
    },
};

/// Yellow, green and cyan cannot be read on a light background in most terminals: other
/// colors stand for them.
const LIGHT_ANSI16: Palette = Palette {
    quiet: Color::Black,
    accent: Color::Blue,
    key: Color::Magenta,
    error: Color::Red,
    changed: Color::Red,
    input: Color::Blue,
    log: Color::Magenta,
    leds: LedPalette {
        red: LedColor::Named(Color::Red),
        amber: LedColor::Named(Color::Magenta),
        green: LedColor::Named(Color::DarkGray),
        blue: LedColor::Named(Color::Blue),
        white: LedColor::Named(Color::Black),
    },
};
