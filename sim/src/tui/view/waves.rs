//! Waveforms of buttons, outputs and logs.

use firmware_core::time::Ticks;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{clock, frame_of};
use crate::tui::keys::Pane;
use crate::tui::signals::Signal;
use crate::tui::ui::Ui;

/// The longest name that is drawn whole, and the width of a value.
const NAME: u16 = 12;
const VALUE: u16 = 6;

/// How many columns lie between two times on the axis.
const AXIS: u16 = 12;

/// The columns that are left for waves.
pub(super) fn columns(ui: &Ui, area: Rect) -> u16 {
    area.width.saturating_sub(2 + label_width(ui)).max(1)
}

/// The tick of the column at a place of the screen.
pub(super) fn tick_at(ui: &Ui, area: Rect, position: Position) -> Option<Ticks> {
    let first = area.x + 1 + label_width(ui);
    let column = u32::from(position.x.checked_sub(first)?);
    let offset = column.saturating_mul(ui.waves.per_cell);
    Some(ui.waves.left.saturating_add(Ticks(offset)))
}

pub(super) fn draw(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    let title = format!("waves, {} a column", Ticks(ui.waves.per_cell));
    let block = frame_of(ui, Pane::Waves, &title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if inner.area() == 0 {
        return;
    }
    let wave = Rect {
        x: inner.x + label_width(ui).min(inner.width),
        width: inner.width.saturating_sub(label_width(ui)),
        ..inner
    };
    draw_axis(ui, wave, frame);

    let signals = ui.signals.all();
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let first = (ui.waves.selected + 1).saturating_sub(rows);
    let shown = signals.iter().enumerate().skip(first).take(rows);
    for (y, (index, signal)) in (inner.y + 1..inner.bottom()).zip(shown) {
        let row = Rect {
            y,
            height: 1,
            ..inner
        };
        draw_label(ui, *signal, index == ui.waves.selected, row, frame);
        draw_wave(
            ui,
            *signal,
            Rect {
                y,
                height: 1,
                ..wave
            },
            frame,
        );
    }
    draw_column(
        ui,
        ui.cursor,
        ui.theme.signs().cursor,
        ui.theme.selected(),
        wave,
        frame,
    );
    if let Some(mark) = ui.mark {
        draw_column(
            ui,
            mark,
            ui.theme.signs().mark,
            ui.theme.changed(),
            wave,
            frame,
        );
    }
}

fn draw_axis(ui: &Ui, wave: Rect, frame: &mut Frame<'_>) {
    for column in (0..wave.width).step_by(usize::from(AXIS)) {
        let (from, _) = span(ui, column);
        let text = clock(from);
        let left = wave.width - column;
        if usize::from(left) >= text.len() {
            let buffer = frame.buffer_mut();
            buffer.set_string(wave.x + column, wave.y, text, ui.theme.quiet());
        }
    }
}

fn draw_label(ui: &Ui, signal: Signal, selected: bool, row: Rect, frame: &mut Frame<'_>) {
    let name = ui.signals.name(signal);
    let value = match signal {
        Signal::Logs => String::new(),
        signal => ui.signals.value(signal, ui.cursor).to_string(),
    };
    let sign = if selected {
        ui.theme.signs().selected
    } else {
        ' '
    };
    let width = usize::from(label_width(ui) - VALUE - 1);
    let text = format!("{sign}{name:<width$.width$}{value:>5} ");
    let style = if selected {
        ui.theme.accent()
    } else {
        Style::new()
    };
    frame
        .buffer_mut()
        .set_stringn(row.x, row.y, text, usize::from(row.width), style);
}

fn draw_wave(ui: &Ui, signal: Signal, row: Rect, frame: &mut Frame<'_>) {
    let style = match signal {
        Signal::Button(_) => ui.theme.input(),
        Signal::Logs => ui.theme.log(),
        Signal::Output(index) => {
            let outputs = ui.timeline.app().interface().outputs;
            outputs
                .get(index)
                .map_or(Style::new(), |output| ui.theme.led(output.colour, 1.0))
        }
    };
    for column in 0..row.width {
        let (from, before) = span(ui, column);
        if from > ui.end() {
            break;
        }
        let sign = cell(ui, signal, from, before);
        frame.buffer_mut()[(row.x + column, row.y)]
            .set_char(sign)
            .set_style(style);
    }
}

/// The sign for what a signal does from one tick to before another.
fn cell(ui: &Ui, signal: Signal, from: Ticks, before: Ticks) -> char {
    let signs = ui.theme.signs();
    let changes = ui.signals.between(signal, from, before);
    if signal == Signal::Logs {
        return match changes.len() {
            0 => ' ',
            1 => signs.log,
            count => u32::try_from(count)
                .ok()
                .and_then(|count| char::from_digit(count, 10))
                .unwrap_or('+'),
        };
    }
    let last = Ticks(before.0.saturating_sub(1));
    let value = ui.signals.value(signal, last);
    let max = ui.signals.max(signal);
    if max > 1 {
        return match value.checked_mul(u32::try_from(signs.levels.len()).unwrap_or(1)) {
            Some(0) => signs.low,
            Some(scaled) => {
                let place = usize::try_from(scaled.div_ceil(max))
                    .unwrap_or(1)
                    .saturating_sub(1);
                *signs
                    .levels
                    .get(place)
                    .or(signs.levels.last())
                    .unwrap_or(&signs.high)
            }
            None => signs.high,
        };
    }
    match (changes.len(), value > 0) {
        (0, true) => signs.high,
        (0, false) => signs.low,
        (1, true) if from > Ticks::ZERO => signs.rise,
        (1, false) if from > Ticks::ZERO => signs.fall,
        // The first column begins with the level after power-up, which is no edge.
        (1, on) => {
            if on {
                signs.high
            } else {
                signs.low
            }
        }
        _ => signs.dense,
    }
}

/// Marks the column of a tick from top to bottom.
fn draw_column(ui: &Ui, tick: Ticks, sign: char, style: Style, wave: Rect, frame: &mut Frame<'_>) {
    let Some(offset) = tick.0.checked_sub(ui.waves.left.0) else {
        return;
    };
    let Ok(column) = u16::try_from(offset / ui.waves.per_cell) else {
        return;
    };
    if column >= wave.width {
        return;
    }
    for y in wave.top()..wave.bottom() {
        let cell = &mut frame.buffer_mut()[(wave.x + column, y)];
        if cell.symbol() == " " {
            cell.set_char(sign);
        }
        cell.set_style(style);
    }
}

/// The ticks of a column: from the first to before the second.
fn span(ui: &Ui, column: u16) -> (Ticks, Ticks) {
    let per_cell = ui.waves.per_cell;
    let offset = u32::from(column).saturating_mul(per_cell);
    let from = ui.waves.left.saturating_add(Ticks(offset));
    (from, from.saturating_add(Ticks(per_cell)))
}

fn label_width(ui: &Ui) -> u16 {
    let names = ui
        .signals
        .all()
        .into_iter()
        .map(|signal| ui.signals.name(signal).len());
    let longest = u16::try_from(names.max().unwrap_or(0)).unwrap_or(NAME);
    longest.min(NAME) + VALUE + 1
}
