//! The colors of a cell in a screenshot, including those that a terminal has by default.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::appearance::Background;
use crate::rgb::Rgb;

/// The colors that a terminal has by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TerminalColors {
    /// The background.
    pub(super) paper: Rgb,
    /// Text without a color of its own.
    pub(super) ink: Rgb,
    /// The edge of the screenshot, which tells it from a page of the same color.
    pub(super) edge: Rgb,
    /// The 16 named colors, in the order of their codes.
    pub(super) named: [Rgb; 16],
}

impl TerminalColors {
    pub(super) const fn of(background: Background) -> &'static Self {
        match background {
            Background::Dark => &DARK,
            Background::Light => &LIGHT,
        }
    }
}

const DARK: TerminalColors = TerminalColors {
    paper: Rgb(0x12, 0x16, 0x1d),
    ink: Rgb(0xd7, 0xdd, 0xe5),
    edge: Rgb(0x30, 0x38, 0x44),
    named: [
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
    ],
};

const LIGHT: TerminalColors = TerminalColors {
    paper: Rgb(0xff, 0xff, 0xff),
    ink: Rgb(0x1f, 0x23, 0x28),
    edge: Rgb(0xd0, 0xd7, 0xde),
    named: [
        Rgb(0x1f, 0x23, 0x28),
        Rgb(0xb0, 0x30, 0x00),
        Rgb(0x00, 0x78, 0x4e),
        Rgb(0x8a, 0x5a, 0x00),
        Rgb(0x00, 0x5f, 0xa0),
        Rgb(0x8c, 0x32, 0x6e),
        Rgb(0x00, 0x70, 0x80),
        Rgb(0x6e, 0x77, 0x81),
        Rgb(0x5f, 0x64, 0x6c),
        Rgb(0xc8, 0x28, 0x14),
        Rgb(0x00, 0x82, 0x50),
        Rgb(0x78, 0x54, 0x00),
        Rgb(0x00, 0x69, 0xbe),
        Rgb(0xa0, 0x40, 0x80),
        Rgb(0x00, 0x7a, 0x8c),
        Rgb(0xff, 0xff, 0xff),
    ],
};

/// How far dim text is mixed with the background.
const DIM: f64 = 0.3;

/// How a cell is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CellPaint {
    pub(super) ink: Rgb,
    /// `None` for the default background.
    pub(super) back: Option<Rgb>,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) underlined: bool,
}

impl CellPaint {
    pub(super) fn of(cell: &Cell, colors: &TerminalColors) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let ink = rgb(cell.fg, &colors.named).unwrap_or(colors.ink);
        let back = rgb(cell.bg, &colors.named);
        let under = back.unwrap_or(colors.paper);
        let ink = if has(Modifier::DIM) {
            ink.mix(under, DIM)
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
                back.unwrap_or(colors.paper)
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

/// The color, unless it is the default one.
fn rgb(color: Color, named: &[Rgb; 16]) -> Option<Rgb> {
    Some(match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(index) => indexed(index, named),
        Color::Black => named[0],
        Color::Red => named[1],
        Color::Green => named[2],
        Color::Yellow => named[3],
        Color::Blue => named[4],
        Color::Magenta => named[5],
        Color::Cyan => named[6],
        Color::Gray => named[7],
        Color::DarkGray => named[8],
        Color::LightRed => named[9],
        Color::LightGreen => named[10],
        Color::LightYellow => named[11],
        Color::LightBlue => named[12],
        Color::LightMagenta => named[13],
        Color::LightCyan => named[14],
        Color::White => named[15],
    })
}

/// A color of the 256-color table: the named ones, a cube of six steps, and grays.
fn indexed(index: u8, named: &[Rgb; 16]) -> Rgb {
    if let Some(named) = named.get(usize::from(index)) {
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
        CellPaint::of(&cell, &DARK)
    }

    #[test]
    fn a_reversed_cell_swaps_ink_and_paper() {
        let reversed = paint(Color::Rgb(1, 2, 3), Modifier::REVERSED);
        assert_eq!(
            (reversed.ink, reversed.back),
            (DARK.paper, Some(Rgb(1, 2, 3)))
        );
        let plain = paint(Color::Reset, Modifier::BOLD);
        assert_eq!((plain.ink, plain.back, plain.bold), (DARK.ink, None, true));
    }

    #[test]
    fn what_is_dim_can_still_be_read() {
        for colors in [DARK, LIGHT] {
            let mut cell = Cell::new("x");
            cell.modifier = Modifier::DIM;
            let contrast = CellPaint::of(&cell, &colors).ink.contrast(colors.paper);
            assert!(contrast > 4.5, "{contrast}");
        }
    }

    #[test]
    fn the_256_color_table_is_a_cube_and_grays() {
        let indexed = |index| indexed(index, &DARK.named);
        assert_eq!(indexed(16), Rgb(0, 0, 0));
        assert_eq!(indexed(231), Rgb(255, 255, 255));
        assert_eq!(indexed(255), Rgb(238, 238, 238));
        assert_eq!(indexed(8), DARK.named[8]);
    }
}
