//! A matrix as a picture: its name, and its cells below it.

use std::iter::once;

use lockstep_core::matrix::Matrix;
use lockstep_engine::cells::cell;
use lockstep_engine::trace::picture::ObservedPicture;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::ui_state::UiState;
use crate::view::text::shorten;

/// The most columns and rows whose cells are two characters wide, and so about square.
const LARGE: (u8, u8) = (32, 16);

/// How cells are drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Two characters each.
    Large,
    /// A character for two of them, one above the other.
    Halves,
    /// A character each.
    Characters,
}

fn form(ui: &UiState, matrix: &Matrix) -> Form {
    let (columns, rows) = LARGE;
    if matrix.columns() <= columns && matrix.rows() <= rows {
        Form::Large
    } else if ui.theme.is_unicode() {
        Form::Halves
    } else {
        Form::Characters
    }
}

/// The rows that a matrix needs, with that of its name.
pub(super) fn lines(ui: &UiState, matrix: &Matrix) -> usize {
    let rows = usize::from(matrix.rows());
    1 + match form(ui, matrix) {
        Form::Large | Form::Characters => rows,
        Form::Halves => rows.div_ceil(2),
    }
}

/// One of these rows, counted from that of the name.
pub(super) fn line(
    ui: &UiState,
    picture: &ObservedPicture,
    line: usize,
    width: u16,
) -> Line<'static> {
    let matrix = picture.matrix();
    let Some(row) = line.checked_sub(1) else {
        let name = shorten(matrix.name(), usize::from(width), ui.theme.glyphs().gap);
        let size = format!(" {} x {}", matrix.columns(), matrix.rows());
        return Line::from(vec![
            Span::raw(format!(" {name}")),
            Span::styled(size, ui.theme.quiet()),
        ]);
    };
    let row = u8::try_from(row).unwrap_or(u8::MAX);
    let columns = 0..matrix.columns();
    let cells: Vec<_> = match form(ui, matrix) {
        Form::Large => columns
            .map(|column| large(ui, matrix, picture.level(row, column)))
            .collect(),
        Form::Characters => columns
            .map(|column| {
                let level = picture.level(row, column);
                (
                    cell(level, matrix.max()).to_string(),
                    style(ui, matrix, level),
                )
            })
            .collect(),
        Form::Halves => columns
            .map(|column| {
                let level = |row| picture.level(row, column);
                let upper = row.saturating_mul(2);
                halves(ui, matrix, level(upper), level(upper.saturating_add(1)))
            })
            .collect(),
    };
    // Neighbours that look alike are one span.
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (text, style) in once((" ".to_owned(), Style::new())).chain(cells) {
        match spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.content.to_mut().push_str(&text),
            None => spans.push(Span::styled(text, style)),
        }
    }
    Line::from(spans)
}

fn large(ui: &UiState, matrix: &Matrix, level: u8) -> (String, Style) {
    let text = match (ui.theme.is_unicode(), level) {
        (true, 0) => "· ".to_owned(),
        (true, _) => "██".to_owned(),
        (false, level) => format!("{} ", cell(level, matrix.max())),
    };
    (text, style(ui, matrix, level))
}

/// Two cells as one character, as bright as the brighter one.
fn halves(ui: &UiState, matrix: &Matrix, upper: u8, lower: u8) -> (String, Style) {
    let sign = match (upper > 0, lower > 0) {
        (false, false) => ' ',
        (true, false) => '▀',
        (false, true) => '▄',
        (true, true) => '█',
    };
    (sign.to_string(), style(ui, matrix, upper.max(lower)))
}

fn style(ui: &UiState, matrix: &Matrix, level: u8) -> Style {
    if level == 0 {
        return ui.theme.quiet();
    }
    let color = ui.timeline.app().output_color(matrix.name());
    ui.theme
        .led(color, f64::from(level) / f64::from(matrix.max().max(1)))
}
