//! 24-bit colors, and how well one can be seen on another.

use ratatui::style::Color;

/// A 24-bit color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl Rgb {
    /// The color this far on the way to another one, from 0 to 1.
    pub(super) fn mix(self, other: Self, part: f64) -> Self {
        let part = part.clamp(0.0, 1.0);
        let mix = |from: u8, to: u8| {
            let mixed = f64::from(from) + (f64::from(to) - f64::from(from)) * part;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between two bytes"
            )]
            let byte = mixed as u8;
            byte
        };
        Self(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }

    /// The contrast ratio of two colors as WCAG 2 defines it, from 1 to 21.
    #[cfg(test)]
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    #[cfg(test)]
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl From<Rgb> for Color {
    fn from(Rgb(red, green, blue): Rgb) -> Self {
        Self::Rgb(red, green, blue)
    }
}

/// `#12ab34`.
impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The lightest gray that is readable on white, a common example.
        let gray = Rgb(118, 118, 118).contrast(white);
        assert!((gray - 4.54).abs() < 0.01, "{gray}");
    }

    #[test]
    fn a_mix_begins_at_one_color_and_ends_at_the_other() {
        let (from, to) = (Rgb(0, 100, 255), Rgb(255, 0, 255));
        assert_eq!(from.mix(to, 0.0), from);
        assert_eq!(from.mix(to, 0.5), Rgb(127, 50, 255));
        assert_eq!(from.mix(to, 1.0), to);
    }
}
