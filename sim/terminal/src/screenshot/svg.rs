//! A screen as SVG.
//!
//! Every run of text has a fixed width, so that the columns line up in any font; glyphs that
//! must meet are drawn as shapes.

use std::fmt::Write;

use lockstep_engine::sanitize;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

use super::cell_paint::{CellPaint, TerminalColors};
use super::glyph_shapes::{HEIGHT, SvgPath, WIDTH, shapes};
use crate::appearance::Background;
use crate::rgb::Rgb;

const FONTS: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// At this size, the characters of common fonts are as wide as a cell.
const FONT_SIZE: i32 = 15;
/// From the top of a cell to the baseline of the text.
const BASELINE: i32 = 14;
/// Around the screen.
const PADDING: i32 = 12;
const CORNER: i32 = 8;

/// Cells of one row with the same paint.
struct TextRun {
    x: u16,
    y: u16,
    columns: u16,
    text: String,
    paint: CellPaint,
}

/// The screen, with a title for screen readers.
pub(super) fn svg(screen: &Buffer, title: &str, background: Background) -> String {
    let colors = TerminalColors::of(background);
    let TerminalColors { paper, edge, .. } = colors;
    let runs = runs(screen, colors);
    let width = units(screen.area.width, WIDTH);
    let height = units(screen.area.height, HEIGHT);
    let (outer_width, outer_height) = (width + 2 * PADDING, height + 2 * PADDING);
    let mut out = String::new();
    line(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{outer_width}\" \
             height=\"{outer_height}\" viewBox=\"0 0 {outer_width} {outer_height}\" \
             role=\"img\">"
        ),
    );
    line(&mut out, format_args!("<title>{}</title>", escape(title)));
    line(
        &mut out,
        format_args!(
            "<rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"{CORNER}\" fill=\"{paper}\" \
             stroke=\"{edge}\"/>",
            outer_width - 1,
            outer_height - 1
        ),
    );
    line(
        &mut out,
        format_args!("<g transform=\"translate({PADDING} {PADDING})\">"),
    );
    backgrounds(&mut out, &runs);
    drawings(&mut out, &runs);
    texts(&mut out, &runs, colors.ink);
    out.push_str("</g>\n</svg>\n");
    out
}

fn runs(screen: &Buffer, colors: &TerminalColors) -> Vec<TextRun> {
    let mut runs: Vec<TextRun> = Vec::new();
    for y in 0..screen.area.height {
        let mut x = 0;
        while x < screen.area.width {
            let Some(cell) = screen.cell((screen.area.x + x, screen.area.y + y)) else {
                break;
            };
            let symbol = cell.symbol();
            // A wide character takes the next cell too.
            let columns = u16::try_from(symbol.width()).unwrap_or(1).max(1);
            let columns = columns.min(screen.area.width - x);
            let paint = CellPaint::of(cell, colors);
            match runs.last_mut() {
                Some(run) if run.y == y && run.paint == paint => {
                    run.columns += columns;
                    run.text.push_str(symbol);
                }
                _ => runs.push(TextRun {
                    x,
                    y,
                    columns,
                    text: symbol.to_owned(),
                    paint,
                }),
            }
            x += columns;
        }
    }
    runs
}

/// The backgrounds of reversed cells. Equal ones in adjacent rows become one, so that there
/// are no seams when the SVG is scaled.
fn backgrounds(out: &mut String, runs: &[TextRun]) {
    let mut blocks: Vec<(u16, u16, u16, u16, Rgb)> = Vec::new();
    for run in runs {
        let Some(back) = run.paint.back else {
            continue;
        };
        let above = blocks
            .iter_mut()
            .rev()
            .find(|(x, y, columns, rows, color)| {
                (*x, *columns, *color) == (run.x, run.columns, back) && *y + *rows == run.y
            });
        match above {
            Some((_, _, _, rows, _)) => *rows += 1,
            None => blocks.push((run.x, run.y, run.columns, 1, back)),
        }
    }
    for (x, y, columns, rows, color) in blocks {
        line(
            out,
            format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{color}\"/>",
                units(x, WIDTH),
                units(y, HEIGHT),
                units(columns, WIDTH),
                units(rows, HEIGHT)
            ),
        );
    }
}

/// The glyphs that are drawn as shapes: one path for each color, in order of appearance.
fn drawings(out: &mut String, runs: &[TextRun]) {
    let mut paths: Vec<(Rgb, SvgPath)> = Vec::new();
    for run in runs {
        let index = match paths.iter().position(|(ink, _)| *ink == run.paint.ink) {
            Some(index) => index,
            None => {
                paths.push((run.paint.ink, SvgPath::default()));
                paths.len() - 1
            }
        };
        let mut x = run.x;
        for sign in run.text.chars() {
            for shape in shapes(sign).unwrap_or_default() {
                paths[index]
                    .1
                    .add(shape, units(x, WIDTH), units(run.y, HEIGHT));
            }
            x += columns_of(sign);
        }
        if run.paint.underlined {
            let (x, y) = (units(run.x, WIDTH), units(run.y, HEIGHT));
            let under = super::glyph_shapes::GlyphShape::Rect(
                0,
                BASELINE + 2,
                units(run.columns, WIDTH),
                1,
            );
            paths[index].1.add(under, x, y);
        }
    }
    for (ink, mut path) in paths {
        path.close();
        let parts = [
            (&path.glow, format!("fill=\"{ink}\" fill-opacity=\".25\"")),
            (&path.shade, format!("fill=\"{ink}\" fill-opacity=\".5\"")),
            (&path.solid, format!("fill=\"{ink}\"")),
            (&path.line, format!("fill=\"none\" stroke=\"{ink}\"")),
        ];
        for (drawn, style) in parts {
            if !drawn.is_empty() {
                line(out, format_args!("<path {style} d=\"{drawn}\"/>"));
            }
        }
    }
}

fn texts(out: &mut String, runs: &[TextRun], ink: Rgb) {
    line(
        out,
        format_args!(
            "<g font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" fill=\"{ink}\" \
             xml:space=\"preserve\">"
        ),
    );
    for run in runs {
        for (x, columns, text) in words(run) {
            let paint = run.paint;
            let mut style = String::new();
            if paint.ink != ink {
                style.push_str(&format!(" fill=\"{}\"", paint.ink));
            }
            if paint.bold {
                style.push_str(" font-weight=\"bold\"");
            }
            if paint.italic {
                style.push_str(" font-style=\"italic\"");
            }
            line(
                out,
                format_args!(
                    "<text x=\"{}\" y=\"{}\" textLength=\"{}\" \
                     lengthAdjust=\"spacingAndGlyphs\"{style}>{}</text>",
                    units(x, WIDTH),
                    units(run.y, HEIGHT) + BASELINE,
                    units(columns, WIDTH),
                    escape(&text)
                ),
            );
        }
    }
    out.push_str("</g>\n");
}

/// The words of a run, without glyphs that are drawn as shapes. Each begins at its own column,
/// so that no font can move the words after it.
fn words(run: &TextRun) -> Vec<(u16, u16, String)> {
    let mut words: Vec<(u16, u16, String)> = Vec::new();
    let mut x = run.x;
    let mut gap = u16::MAX;
    for sign in run.text.chars() {
        let columns = columns_of(sign);
        if sign == ' ' || shapes(sign).is_some() {
            let is_space = sign == ' ';
            gap = if is_space {
                gap.saturating_add(1)
            } else {
                u16::MAX
            };
        } else {
            match words.last_mut() {
                Some((_, wide, text)) if gap <= 1 => {
                    if gap == 1 {
                        text.push(' ');
                    }
                    *wide += gap + columns;
                    text.push(sign);
                }
                _ => words.push((x, columns, sign.to_string())),
            }
            gap = 0;
        }
        x += columns;
    }
    words
}

fn columns_of(sign: char) -> u16 {
    let width = unicode_width::UnicodeWidthChar::width(sign).unwrap_or(0);
    u16::try_from(width).unwrap_or(0)
}

fn units(cells: u16, size: i32) -> i32 {
    i32::from(cells) * size
}

/// Text for XML; characters that XML does not allow are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            sign if sanitize::is_unprintable(sign) => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}
