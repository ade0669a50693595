//! A number input as a slider: its name, a bar over its range, its number.

use std::ops::Range;

use lockstep_core::event::NumberId;
use lockstep_core::ports::Scale;
use lockstep_engine::scenario::quantity::Quantity;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{control_name, control_style, name_columns, quantity_columns};
use crate::controls::Control;
use crate::ui_state::UiState;

/// The fewest columns of a bar; in less room there is none.
const SHORTEST: u16 = 4;

/// The columns of a row that its bar takes, between its brackets.
pub(super) fn bar(ui: &UiState, width: u16) -> Option<Range<u16>> {
    let values = ui.descriptor().numbers().iter();
    let values = values.map(|input| quantity_columns(&input.scale()));
    let value = u16::try_from(values.max()?).ok()?;
    let name = u16::try_from(name_columns(ui, width)).ok()?;
    // The marker, the name, a blank and a bracket before it; a bracket, a blank, the number and a
    // blank behind it.
    let start = name + 3;
    let end = width.checked_sub(value + 3)?;
    (start.saturating_add(SHORTEST) <= end).then_some(start..end)
}

pub(super) fn row(ui: &UiState, id: NumberId, width: u16) -> Line<'static> {
    let Some(input) = ui.descriptor().numbers().get(usize::from(id.0)) else {
        return Line::default();
    };
    let control = Control::Number(id);
    let name = control_name(ui, control, input.name(), width);
    let mut spans = vec![Span::styled(name, control_style(ui, control))];
    let scale = input.scale();
    let number = ui.number(id);
    if let Some(bar) = bar(ui, width) {
        let columns = usize::from(bar.end - bar.start);
        let thumb = column_of(&scale, number, columns);
        let [below, at, above] = ui.theme.glyphs().slider;
        let repeated = |glyph: char, count| glyph.to_string().repeat(count);
        spans.extend([
            Span::styled("[", ui.theme.quiet()),
            Span::styled(repeated(below, thumb), ui.theme.input()),
            Span::styled(at.to_string(), ui.theme.accent()),
            Span::styled(repeated(above, columns - thumb - 1), ui.theme.quiet()),
            Span::styled("] ", ui.theme.quiet()),
        ]);
    }
    spans.push(Span::raw(Quantity::of(&scale, number).to_string()));
    Line::from(spans)
}

/// The column of a number in a bar of this many.
fn column_of(scale: &Scale, number: i32, columns: usize) -> usize {
    let last = i64::try_from(columns).unwrap_or(i64::MAX) - 1;
    let range = (i64::from(scale.max()) - i64::from(scale.min())).max(1);
    let above = (i64::from(number) - i64::from(scale.min())).clamp(0, range);
    usize::try_from((above * last + range / 2) / range).unwrap_or(0)
}

/// The number at a position of a board, in the column of the bar or of its nearest end: a round one
/// of those in that column.
pub(in crate::view) fn number_at(
    ui: &UiState,
    id: NumberId,
    inner: Rect,
    position: Position,
) -> Option<i32> {
    let scale = ui.descriptor().numbers().get(usize::from(id.0))?.scale();
    let bar = bar(ui, inner.width)?;
    let columns = i64::from(bar.end - bar.start);
    let x = i64::from(position.x) - i64::from(inner.x + bar.start);
    let last = columns - 1;
    let range = i64::from(scale.max()) - i64::from(scale.min());
    let number = match x {
        ..=0 => i64::from(scale.min()),
        x if x >= last => i64::from(scale.max()),
        x => {
            let number = i64::from(scale.min()) + (x * range + last / 2) / last;
            let round = largest_power_of_ten(range / columns);
            let nearest = (number + round / 2).div_euclid(round) * round;
            nearest.clamp(scale.min().into(), scale.max().into())
        }
    };
    i32::try_from(number).ok()
}

/// The largest power of ten up to a number; 1 for less.
fn largest_power_of_ten(number: i64) -> i64 {
    let digits = number.max(1).ilog10();
    10_i64.pow(digits)
}
