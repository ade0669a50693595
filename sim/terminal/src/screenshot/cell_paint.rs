//! The colors a cell has in a screenshot: a terminal picks them by itself, a screenshot cannot.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// A color that a screenshot is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

/// What a terminal's own colors are: dark, and with enough contrast on light pages too.
pub(super) const PAPER: Rgb = Rgb(0x12, 0x16, 0x1d);
pub(super) const INK: Rgb = Rgb(0xd7, 0xdd, 0xe5);

/// How much of the paper shines through what is dim, in percent.
const DIM: u16 = 30;

/// How a cell is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CellPaint {
    pub(super) ink: Rgb,
    /// `None` where the paper is seen.
    pub(super) back: Option<Rgb>,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) underlined: bool,
}

impl CellPaint {
    pub(super) fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let ink = rgb(cell.fg).unwrap_or(INK);
        let back = rgb(cell.bg);
        let under = back.unwrap_or(PAPER);
        let ink = if has(Modifier::DIM) {
            ink.towards(under, DIM)
        } else {
            ink
        };
        let (ink, back) = if has(Modifier::REVERSED) {
            (under, Some(ink))
        } else {
            (ink, back)
        };
        Self {
            ink: if has(Modifier::HIDDEN) {
                back.unwrap_or(PAPER)
            } else {
                ink
            },
            back,
            bold: has(Modifier::BOLD),
            italic: has(Modifier::ITALIC),
            underlined: has(Modifier::UNDERLINED),
        }
    }
}

impl Rgb {
    fn towards(self, other: Self, percent: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let mixed = (u16::from(from) * (100 - percent) + u16::from(to) * percent) / 100;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }
}

/// `#12ab34`.
impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The color, unless it is the terminal's own.
fn rgb(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(index) => indexed(index),
        Color::Black => NAMED[0],
        Color::Red => NAMED[1],
        Color::Green => NAMED[2],
        Color::Yellow => NAMED[3],
        Color::Blue => NAMED[4],
        Color::Magenta => NAMED[5],
        Color::Cyan => NAMED[6],
        Color::Gray => NAMED[7],
        Color::DarkGray => NAMED[8],
        Color::LightRed => NAMED[9],
        Color::LightGreen => NAMED[10],
        Color::LightYellow => NAMED[11],
        Color::LightBlue => NAMED[12],
        Color::LightMagenta => NAMED[13],
        Color::LightCyan => NAMED[14],
        Color::White => NAMED[15],
    })
}

/// The sixteen that a terminal has names for; the dark gray is light enough to be read
/// when it is dim as well.
const NAMED: [Rgb; 16] = [
    Rgb(0x12, 0x16, 0x1d),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x3d, 0x8b, 0xd4),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0xbd, 0xc5, 0xd0),
    Rgb(0xa4, 0xae, 0xbc),
    Rgb(0xf0, 0x7c, 0x3a),
    Rgb(0x3f, 0xc7, 0x9a),
    Rgb(0xf0, 0xe4, 0x42),
    Rgb(0x7c, 0xb8, 0xf2),
    Rgb(0xe2, 0xa0, 0xc6),
    Rgb(0x8b, 0xd0, 0xf4),
    Rgb(0xf5, 0xf7, 0xfa),
];

/// A color of the table of 256: the named ones, a cube of six steps, and grays.
fn indexed(index: u8) -> Rgb {
    if let Some(named) = NAMED.get(usize::from(index)) {
        return *named;
    }
    if index >= 232 {
        let gray = 8 + 10 * (index - 232);
        return Rgb(gray, gray, gray);
    }
    let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    let index = index - 16;
    Rgb(step(index / 36), step(index / 6 % 6), step(index % 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint(fg: Color, modifier: Modifier) -> CellPaint {
        let mut cell = Cell::new("x");
        cell.fg = fg;
        cell.modifier = modifier;
        CellPaint::of(&cell)
    }

    #[test]
    fn a_reversed_cell_swaps_ink_and_paper() {
        let reversed = paint(Color::Rgb(1, 2, 3), Modifier::REVERSED);
        assert_eq!((reversed.ink, reversed.back), (PAPER, Some(Rgb(1, 2, 3))));
        let plain = paint(Color::Reset, Modifier::BOLD);
        assert_eq!((plain.ink, plain.back, plain.bold), (INK, None, true));
    }

    #[test]
    fn what_is_quiet_can_still_be_read() {
        let quiet = paint(Color::DarkGray, Modifier::DIM).ink;
        let light = |Rgb(red, green, blue): Rgb| {
            let part = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
            0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
        };
        let contrast = (light(quiet) + 0.05) / (light(PAPER) + 0.05);
        assert!(contrast > 4.5, "{contrast}");
    }

    #[test]
    fn the_table_of_256_is_a_cube_and_greys() {
        assert_eq!(indexed(16), Rgb(0, 0, 0));
        assert_eq!(indexed(231), Rgb(255, 255, 255));
        assert_eq!(indexed(255), Rgb(238, 238, 238));
        assert_eq!(indexed(8), NAMED[8]);
    }
}
