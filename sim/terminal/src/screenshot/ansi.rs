//! The escape sequences that make a terminal show a screen.
//!
//! They do not come from crossterm, which reads `NO_COLOR` from the environment: a cast is the
//! same wherever it is made.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::columns_of;

/// Clears the screen and hides the cursor.
pub(super) const BEGIN: &str = "\x1b[?25l\x1b[0m\x1b[2J";

/// The changes from one screen to another; empty if they are equal.
pub(super) fn changes(from: &Buffer, to: &Buffer) -> String {
    let mut out = String::new();
    let mut style: Option<(Color, Color, Modifier)> = None;
    let mut next = None;
    for (x, y, cell) in from.diff(to) {
        if next != Some((x, y)) {
            put(&mut out, format_args!("\x1b[{};{}H", y + 1, x + 1));
        }
        let wanted = (cell.fg, cell.bg, cell.modifier);
        if style != Some(wanted) {
            set_style(&mut out, cell);
            style = Some(wanted);
        }
        out.push_str(cell.symbol());
        next = Some((x + columns_of(cell.symbol()), y));
    }
    out
}

fn set_style(out: &mut String, cell: &Cell) {
    out.push_str("\x1b[0");
    let codes = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ];
    for (modifier, code) in codes {
        if cell.modifier.contains(modifier) {
            put(out, format_args!(";{code}"));
        }
    }
    set_color(out, cell.fg, 30);
    set_color(out, cell.bg, 40);
    out.push('m');
}

/// Sets the foreground if `first` is 30, the background if it is 40.
fn set_color(out: &mut String, color: Color, first: u8) {
    let named = match color {
        Color::Reset => return,
        Color::Rgb(red, green, blue) => {
            put(out, format_args!(";{};2;{red};{green};{blue}", first + 8));
            return;
        }
        Color::Indexed(index) => {
            put(out, format_args!(";{};5;{index}", first + 8));
            return;
        }
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        // The codes of the bright colors are 60 higher.
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    put(out, format_args!(";{}", first + named));
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(text);
}
