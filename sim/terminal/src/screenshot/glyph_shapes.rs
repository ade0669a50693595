//! Glyphs that are drawn as shapes and not as text: lines that must meet look different in
//! every font, or do not meet.

use std::fmt::Write;

/// The size of a cell, in units of the SVG.
pub(super) const WIDTH: i32 = 9;
pub(super) const HEIGHT: i32 = 18;

/// The distance of waves from the cell above, so that two rows of them stay apart.
const TOP: i32 = 3;
/// The thickness of a wave.
const WAVE: i32 = 2;

/// A part of a glyph, relative to the upper left corner of its cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GlyphShape {
    /// Left, top, width and height. Rectangles that meet at the edge of their cells are joined.
    Rect(i32, i32, i32, i32),
    /// The same, half transparent.
    Shade(i32, i32, i32, i32),
    /// The points of an outline.
    Polygon(&'static [(i32, i32)]),
    /// A disc in the middle, with its glow.
    Disc,
    /// A circle in the middle.
    Ring,
}

use GlyphShape::{Disc, Polygon, Rect, Ring, Shade};

/// The position and thickness of light and heavy lines.
const LIGHT: Stroke = Stroke { half: 0, thick: 1 };
const HEAVY: Stroke = Stroke { half: 1, thick: 3 };

#[derive(Clone, Copy)]
struct Stroke {
    half: i32,
    thick: i32,
}

const MIDDLE_X: i32 = WIDTH / 2;
const MIDDLE_Y: i32 = HEIGHT / 2;

/// Whether there is a line up, down, left and right of the middle.
type Arms = [bool; 4];

impl Stroke {
    fn shapes(self, [up, down, left, right]: Arms) -> Vec<GlyphShape> {
        let (x, y) = (MIDDLE_X - self.half, MIDDLE_Y - self.half);
        let (after_x, after_y) = (x + self.thick, y + self.thick);
        let mut shapes = Vec::new();
        if left || right {
            let from = if left { 0 } else { x };
            let to = if right { WIDTH } else { after_x };
            shapes.push(Rect(from, y, to - from, self.thick));
        }
        // No point is covered twice where lines cross.
        let across = left || right;
        if up {
            let to = if across { y } else { after_y };
            shapes.push(Rect(x, 0, self.thick, to));
        }
        if down {
            let from = if across { after_y } else { y };
            let from = if up && !across { after_y } else { from };
            shapes.push(Rect(x, from, self.thick, HEIGHT - from));
        }
        shapes
    }
}

/// The shapes of a glyph, if it is drawn as shapes.
pub(super) fn shapes(glyph: char) -> Option<Vec<GlyphShape>> {
    let (up, down, left, right) = (true, true, true, true);
    let box_glyph = |stroke: Stroke, arms: Arms| Some(stroke.shapes(arms));
    match glyph {
        '─' => box_glyph(LIGHT, [!up, !down, left, right]),
        '│' => box_glyph(LIGHT, [up, down, !left, !right]),
        '┌' => box_glyph(LIGHT, [!up, down, !left, right]),
        '┐' => box_glyph(LIGHT, [!up, down, left, !right]),
        '└' => box_glyph(LIGHT, [up, !down, !left, right]),
        '┘' => box_glyph(LIGHT, [up, !down, left, !right]),
        '├' => box_glyph(LIGHT, [up, down, !left, right]),
        '┤' => box_glyph(LIGHT, [up, down, left, !right]),
        '┬' => box_glyph(LIGHT, [!up, down, left, right]),
        '┴' => box_glyph(LIGHT, [up, !down, left, right]),
        '┼' => box_glyph(LIGHT, [up, down, left, right]),
        '━' => box_glyph(HEAVY, [!up, !down, left, right]),
        '┃' => box_glyph(HEAVY, [up, down, !left, !right]),
        '┏' => box_glyph(HEAVY, [!up, down, !left, right]),
        '┓' => box_glyph(HEAVY, [!up, down, left, !right]),
        '┗' => box_glyph(HEAVY, [up, !down, !left, right]),
        '┛' => box_glyph(HEAVY, [up, !down, left, !right]),
        '┆' => Some(vec![
            Rect(MIDDLE_X, 1, 1, 4),
            Rect(MIDDLE_X, 7, 1, 4),
            Rect(MIDDLE_X, 13, 1, 4),
        ]),
        '▔' => Some(vec![Rect(0, TOP, WIDTH, WAVE)]),
        '▁'..='█' => {
            let eighths = i32::try_from(u32::from(glyph) - u32::from('▁') + 1).unwrap_or(8);
            let height = (HEIGHT - TOP) * eighths / 8;
            let height = height.max(WAVE);
            Some(vec![Rect(0, HEIGHT - height, WIDTH, height)])
        }
        '╱' => Some(vec![Polygon(&[
            (0, HEIGHT - WAVE),
            (WIDTH - 2, TOP),
            (WIDTH, TOP),
            (WIDTH, TOP + WAVE),
            (2, HEIGHT),
            (0, HEIGHT),
        ])]),
        '╲' => Some(vec![Polygon(&[
            (0, TOP),
            (2, TOP),
            (WIDTH, HEIGHT - WAVE),
            (WIDTH, HEIGHT),
            (WIDTH - 2, HEIGHT),
            (0, TOP + WAVE),
        ])]),
        '░' | '▒' | '▓' => Some(vec![Shade(0, TOP, WIDTH, HEIGHT - TOP)]),
        '●' => Some(vec![Disc]),
        '○' => Some(vec![Ring]),
        '◆' => Some(vec![Polygon(&[(4, 5), (8, 9), (4, 13), (0, 9)])]),
        '▸' => Some(vec![Polygon(&[(2, 5), (7, 9), (2, 13)])]),
        '▶' => Some(vec![Polygon(&[(1, 4), (9, 9), (1, 14)])]),
        '…' => Some([0, 4, 7].map(|x| Rect(x, 12, 2, 2)).to_vec()),
        '▮' => Some(vec![Rect(3, 4, 4, 10)]),
        _ => None,
    }
}

/// The shapes of one color in one path, so that there are no seams between them.
#[derive(Debug, Default)]
pub(super) struct SvgPath {
    pub(super) solid: String,
    pub(super) shade: String,
    pub(super) glow: String,
    pub(super) line: String,
    /// The rectangle that the next one may extend.
    open: Option<(i32, i32, i32, i32)>,
}

impl SvgPath {
    /// Adds a shape of the cell with this upper left corner.
    pub(super) fn add(&mut self, shape: GlyphShape, x: i32, y: i32) {
        match shape {
            Rect(left, top, width, height) => {
                self.add_rect(x + left, y + top, width, height);
            }
            Shade(left, top, width, height) => {
                rect(&mut self.shade, x + left, y + top, width, height);
            }
            Polygon(points) => {
                for (index, (left, top)) in points.iter().enumerate() {
                    let step = if index == 0 { 'M' } else { 'L' };
                    put(
                        &mut self.solid,
                        format_args!("{step}{} {}", x + left, y + top),
                    );
                }
                self.solid.push('z');
            }
            Disc => {
                circle(&mut self.solid, x, y, 4);
                circle(&mut self.glow, x, y, 7);
            }
            Ring => circle(&mut self.line, x, y, 4),
        }
    }

    fn add_rect(&mut self, x: i32, y: i32, width: i32, height: i32) {
        if let Some((left, top, wide, high)) = self.open
            && (left + wide, top, high) == (x, y, height)
        {
            self.open = Some((left, top, wide + width, high));
            return;
        }
        self.close();
        self.open = Some((x, y, width, height));
    }

    /// Writes the open rectangle.
    pub(super) fn close(&mut self) {
        if let Some((x, y, width, height)) = self.open.take() {
            rect(&mut self.solid, x, y, width, height);
        }
    }
}

fn rect(path: &mut String, x: i32, y: i32, width: i32, height: i32) {
    put(path, format_args!("M{x} {y}h{width}v{height}h-{width}z"));
}

/// A circle around the middle of a cell.
fn circle(path: &mut String, x: i32, y: i32, radius: i32) {
    // The middle of a cell of odd width is between two units.
    let left = 2 * (x - radius) + WIDTH;
    let (half, middle) = (if left % 2 == 0 { "" } else { ".5" }, y + MIDDLE_Y);
    let (left, across) = (left.div_euclid(2), 2 * radius);
    put(
        path,
        format_args!(
            "M{left}{half} {middle}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0z"
        ),
    );
}

fn put(path: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = path.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_reach_the_edges_that_their_glyph_points_to() {
        let covers = |glyph: char, x: i32, y: i32| {
            let shapes = shapes(glyph).unwrap();
            shapes.iter().any(|shape| match *shape {
                Rect(left, top, width, height) => {
                    (left..left + width).contains(&x) && (top..top + height).contains(&y)
                }
                _ => false,
            })
        };
        let glyphs = [
            ('─', [false, false, true, true]),
            ('┃', [true, true, false, false]),
            ('┏', [false, true, false, true]),
            ('┘', [true, false, true, false]),
            ('┼', [true, true, true, true]),
        ];
        for (glyph, arms) in glyphs {
            let edges = [
                (MIDDLE_X, 0),
                (MIDDLE_X, HEIGHT - 1),
                (0, MIDDLE_Y),
                (WIDTH - 1, MIDDLE_Y),
            ];
            let reached = edges.map(|(x, y)| covers(glyph, x, y));
            assert_eq!(reached, arms, "{glyph}");
        }
    }

    #[test]
    fn levels_rise_and_end_below_the_cell_above() {
        let heights: Vec<_> = ('▁'..='█')
            .map(|glyph| match shapes(glyph).unwrap()[..] {
                [Rect(0, top, WIDTH, height)] if top + height == HEIGHT => height,
                ref other => panic!("{other:?}"),
            })
            .collect();
        assert!(heights.is_sorted_by(|low, high| low <= high), "{heights:?}");
        assert_eq!(heights.last(), Some(&(HEIGHT - TOP)));
    }

    #[test]
    fn rectangles_in_a_row_become_one() {
        let mut path = SvgPath::default();
        for column in 0..3 {
            path.add(Rect(0, 9, WIDTH, 1), column * WIDTH, 0);
        }
        path.close();
        assert_eq!(path.solid, "M0 9h27v1h-27z");
    }
}
