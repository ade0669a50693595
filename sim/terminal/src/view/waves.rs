//! The waves pane: waveforms of buttons, outputs and logs.

use lockstep_core::time::RunTicks;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::packets::{PacketMark, Packets, fitted};
use super::text::shorten;
use super::{PaneSlot, draw_frame};
use crate::branches::branch_name;
use crate::key_bindings::Pane;
use crate::signal_history::{Signal, SignalHistory};
use crate::ui_state::UiState;
use lockstep_engine::timeline::Branch;

/// The most columns of a name; a wide screen has more.
const NAME: u16 = 12;

/// The fewest and the most columns of a value.
const VALUE: (usize, usize) = (5, 12);

/// The least distance of two times on the axis, in columns.
const AXIS: u16 = 12;

/// How many columns the waves have.
pub(super) fn columns(ui: &UiState, inner: Rect) -> u16 {
    inner.width.saturating_sub(label_width(ui, inner)).max(1)
}

/// The tick of the column at a position.
pub(super) fn tick_at(ui: &UiState, inner: Rect, position: Position) -> Option<RunTicks> {
    let first = inner.x + label_width(ui, inner);
    let column = u64::from(position.x.checked_sub(first)?);
    let offset = column.saturating_mul(ui.waves.per_cell);
    Some(ui.waves.left.saturating_add(RunTicks(offset)))
}

/// The signal at a position, by its index.
pub(super) fn signal_at(ui: &UiState, inner: Rect, position: Position) -> Option<usize> {
    let row = position.y.checked_sub(inner.y + 1)?;
    let rows = shown_rows(ui, inner.height);
    let signal = rows.get(usize::from(row))?.signal;
    ui.signal_list
        .shown()
        .iter()
        .position(|other| *other == signal)
}

pub(super) fn draw(ui: &UiState, slot: PaneSlot, frame: &mut Frame<'_>) {
    let mut title = format!("waves, {} a column", ui.length(RunTicks(ui.waves.per_cell)));
    let folded = ui.signal_list.folded().len();
    if folded > 0 {
        title.push_str(&format!(", {folded} folded"));
    }
    let inner = draw_frame(ui, Pane::Waves, &title, slot, frame);
    if inner.area() == 0 {
        return;
    }
    let wave = Rect {
        x: inner.x + label_width(ui, inner).min(inner.width),
        width: inner.width.saturating_sub(label_width(ui, inner)),
        ..inner
    };
    draw_axis(ui, wave, frame);

    for (y, row) in (inner.y + 1..inner.bottom()).zip(shown_rows(ui, inner.height)) {
        let label = Rect {
            y,
            height: 1,
            ..inner
        };
        draw_label(ui, row, label, frame);
        let wave = Rect {
            y,
            height: 1,
            ..wave
        };
        draw_wave(ui, row, wave, frame);
    }
    draw_column(
        ui,
        ui.cursor,
        ui.theme.glyphs().cursor,
        ui.theme.selected(),
        wave,
        frame,
    );
    if let Some(mark) = ui.mark {
        draw_column(
            ui,
            mark,
            ui.theme.glyphs().mark,
            ui.theme.changed(),
            wave,
            frame,
        );
    }
}

fn draw_axis(ui: &UiState, wave: Rect, frame: &mut Frame<'_>) {
    let (last, _) = span(ui, wave.width);
    let longest = u16::try_from(ui.clock(last).len()).unwrap_or(AXIS);
    for column in (0..wave.width).step_by(usize::from(AXIS.max(longest + 1))) {
        let (from, _) = span(ui, column);
        let text = ui.clock(from);
        let left = wave.width - column;
        if usize::from(left) >= text.len() {
            let buffer = frame.buffer_mut();
            buffer.set_string(wave.x + column, wave.y, text, ui.theme.quiet());
        }
    }
}

/// A row of the waves.
#[derive(Clone, Copy)]
struct WaveRow<'a> {
    signal: Signal,
    /// The branch that the wave is of.
    signals: &'a SignalHistory,
    selected: bool,
    /// Whether that is the branch which the current one is compared with.
    compared: bool,
}

/// The rows that fit, scrolled to the selected one.
fn shown_rows(ui: &UiState, height: u16) -> Vec<WaveRow<'_>> {
    let mut rows = Vec::new();
    let mut selected = 0;
    for (index, signal) in ui.signal_list.shown().iter().copied().enumerate() {
        if index == ui.waves.selected {
            selected = rows.len();
        }
        rows.push(WaveRow {
            signal,
            signals: &ui.signals,
            selected: index == ui.waves.selected,
            compared: false,
        });
        rows.extend(counterpart(ui, signal));
    }
    let space = usize::from(height.saturating_sub(1)).max(1);
    let first = (selected + 1).saturating_sub(space);
    rows.into_iter().skip(first).take(space).collect()
}

/// The row of the same signal on the branch that is compared, if it differs.
fn counterpart(ui: &UiState, signal: Signal) -> Option<WaveRow<'_>> {
    let compared = ui.compared.as_ref()?;
    let both = ui
        .end()
        .min(ui.timeline.branches().get(compared.branch)?.end());
    let until = both.saturating_add(RunTicks(1));
    let ours = ui.signals.between(signal, RunTicks::ZERO, until);
    let theirs = compared.signals.between(signal, RunTicks::ZERO, until);
    let same = match signal {
        // The value of an event is its index in the trace, which depends on other signals.
        signal if signal.is_events() => ours
            .iter()
            .map(|event| event.tick)
            .eq(theirs.iter().map(|event| event.tick)),
        _ => ours == theirs,
    };
    (!same).then_some(WaveRow {
        signal,
        signals: &compared.signals,
        selected: false,
        compared: true,
    })
}

fn draw_label(ui: &UiState, row: WaveRow<'_>, area: Rect, frame: &mut Frame<'_>) {
    let name = match (&ui.compared, row.compared) {
        (Some(compared), true) => format!(" {}", branch_name(compared.branch)),
        _ => name(row.signals, row.signal),
    };
    let columns = value_columns(ui);
    let gap = ui.theme.glyphs().gap;
    let value = match row.signal {
        Signal::Matrix(_) | Signal::Logs => String::new(),
        signal if signal.is_events() => {
            let offset = ui.cursor.0.saturating_sub(ui.waves.left.0) / ui.waves.per_cell;
            let column = RunTicks(ui.waves.left.0 + offset * ui.waves.per_cell);
            let packet = packets(ui, row).at_cursor(ui, column.min(ui.cursor));
            fitted(&packet, columns, gap).unwrap_or_default()
        }
        signal => {
            let value = i32::try_from(row.signals.value(signal, ui.cursor));
            let scale = row.signals.scale(signal);
            scale.shown(value.unwrap_or(i32::MAX)).to_string()
        }
    };
    let sign = if row.selected {
        ui.theme.glyphs().selected
    } else {
        ' '
    };
    let width = usize::from(label_width(ui, area)).saturating_sub(columns + 2);
    let name = shorten(&name, width, gap);
    let text = format!("{sign}{name:<width$}{value:>columns$} ");
    let style = match (row.selected, row.compared) {
        (true, _) => ui.theme.accent(),
        (_, true) => ui.theme.changed(),
        _ => Style::new(),
    };
    let buffer = frame.buffer_mut();
    buffer.set_stringn(area.x, area.y, text, usize::from(area.width), style);
}

fn draw_wave(ui: &UiState, row: WaveRow<'_>, area: Rect, frame: &mut Frame<'_>) {
    let style = match row.signal {
        _ if row.compared => ui.theme.changed(),
        Signal::Button(_) | Signal::Number(_) | Signal::Received(_) => ui.theme.input(),
        Signal::Sent(_) | Signal::Matrix(_) | Signal::Logs => ui.theme.log(),
        Signal::Output(index) => {
            let app = ui.timeline.app();
            app.descriptor()
                .outputs()
                .get(index)
                .map_or(Style::new(), |output| {
                    ui.theme.led(app.output_color(output.name()), 1.0)
                })
        }
    };
    let end = match (&ui.compared, row.compared) {
        (Some(compared), true) => {
            let branch = ui.timeline.branches().get(compared.branch);
            branch.map_or(RunTicks::ZERO, Branch::end)
        }
        _ => ui.end(),
    };
    if matches!(row.signal, Signal::Received(_) | Signal::Sent(_)) {
        draw_packets(ui, row, area, style, frame);
        return;
    }
    for column in 0..area.width {
        let (from, before) = span(ui, column);
        if from > end {
            break;
        }
        let sign = cell(ui, row, from, before);
        frame.buffer_mut()[(area.x + column, area.y)]
            .set_char(sign)
            .set_style(style);
    }
}

/// The name of a signal; that of a serial line with its direction, `>` to the app.
fn name(signals: &SignalHistory, signal: Signal) -> String {
    let name = signals.name(signal);
    match signal {
        Signal::Received(_) => format!("{name} >"),
        Signal::Sent(_) => format!("{name} <"),
        _ => name.to_owned(),
    }
}

/// Each packet from its column on, as far as the next one leaves room.
fn draw_packets(ui: &UiState, row: WaveRow<'_>, area: Rect, style: Style, frame: &mut Frame<'_>) {
    let glyphs = ui.theme.glyphs();
    let spans: Vec<_> = (0..area.width).map(|column| span(ui, column)).collect();
    let marks = packets(ui, row).marks(ui, &spans);
    for (index, (column, mark)) in marks.iter().enumerate() {
        let next = marks.get(index + 1);
        // A blank keeps them apart.
        let room = next.map_or(spans.len(), |(next, _)| next.saturating_sub(1)) - column;
        let text = match mark {
            PacketMark::Text(text) => fitted(text, room, glyphs.gap),
            PacketMark::Count(count) => Some(counted(*count).to_string()),
        };
        let text = text.unwrap_or_else(|| glyphs.log.to_string());
        if let Ok(column) = u16::try_from(*column) {
            let buffer = frame.buffer_mut();
            buffer.set_stringn(area.x + column, area.y, text, room.max(1), style);
        }
    }
}

/// The packets of a row that is of a serial line.
fn packets<'a>(ui: &'a UiState, row: WaveRow<'a>) -> Packets<'a> {
    let compared = ui.compared.as_ref().filter(|_| row.compared);
    let branch = compared.and_then(|it| ui.timeline.branches().get(it.branch));
    Packets {
        signals: row.signals,
        signal: row.signal,
        entries: branch.unwrap_or(ui.timeline.branch()).trace().entries(),
    }
}

/// The glyph for so many events in a column.
fn counted(count: usize) -> char {
    let digit = u32::try_from(count).ok();
    digit
        .and_then(|count| char::from_digit(count, 10))
        .unwrap_or('+')
}

/// The glyph for a signal from one tick on, and before another.
fn cell(ui: &UiState, row: WaveRow<'_>, from: RunTicks, before: RunTicks) -> char {
    let WaveRow {
        signal, signals, ..
    } = row;
    let glyphs = ui.theme.glyphs();
    let changes = signals.between(signal, from, before);
    if signal.is_events() {
        return match changes.len() {
            0 => ' ',
            1 => glyphs.log,
            count => counted(count),
        };
    }
    let last = RunTicks(before.0.saturating_sub(1));
    let value = signals.value(signal, last);
    let scale = signals.scale(signal);
    let (min, max) = (i64::from(scale.min()), i64::from(scale.max()));
    if max - min > 1 {
        let (above, room) = (value.clamp(min, max) - min, max - min);
        if above == 0 {
            return glyphs.low;
        }
        let levels = i64::try_from(glyphs.levels.len()).unwrap_or(1);
        let place = (above * levels + room - 1) / room - 1;
        let glyph = usize::try_from(place)
            .ok()
            .and_then(|it| glyphs.levels.get(it));
        return *glyph.or(glyphs.levels.last()).unwrap_or(&glyphs.high);
    }
    match (changes.len(), value > 0) {
        (0, true) => glyphs.high,
        (0, false) => glyphs.low,
        (1, true) if from > RunTicks::ZERO => glyphs.rise,
        (1, false) if from > RunTicks::ZERO => glyphs.fall,
        // The first column begins with the level after power-up, which is not an edge.
        (1, on) => {
            if on {
                glyphs.high
            } else {
                glyphs.low
            }
        }
        _ => glyphs.dense,
    }
}

/// Draws a vertical line in the column of a tick.
fn draw_column(
    ui: &UiState,
    tick: RunTicks,
    sign: char,
    style: Style,
    wave: Rect,
    frame: &mut Frame<'_>,
) {
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
            // A reversed line would look like two.
            let line = style.remove_modifier(Modifier::REVERSED);
            cell.set_char(sign).set_style(line);
        } else {
            cell.set_style(style);
        }
    }
}

/// The first tick of a column, and of the next one.
fn span(ui: &UiState, column: u16) -> (RunTicks, RunTicks) {
    let per_cell = ui.waves.per_cell;
    let offset = u64::from(column).saturating_mul(per_cell);
    let from = ui.waves.left.saturating_add(RunTicks(offset));
    (from, from.saturating_add(RunTicks(per_cell)))
}

fn label_width(ui: &UiState, inner: Rect) -> u16 {
    let names = Signal::all(ui.descriptor()).map(|signal| name(&ui.signals, signal).len());
    let longest = u16::try_from(names.max().unwrap_or(0)).unwrap_or(NAME);
    let compared = if ui.compared.is_some() { NAME } else { 0 };
    longest.max(compared).min(NAME.max(inner.width / 4))
        + u16::try_from(value_columns(ui) + 2).unwrap_or(u16::MAX)
}

/// The columns of the longest value, which the marker and the blank next to it are added to.
fn value_columns(ui: &UiState) -> usize {
    let (fewest, most) = VALUE;
    let longest = |signal| {
        let scale = ui.signals.scale(signal);
        let bounds = [scale.min(), scale.max()].map(|it| scale.shown(it).to_string().len());
        bounds[0].max(bounds[1])
    };
    let longest = Signal::all(ui.descriptor()).map(longest).max();
    longest.unwrap_or(fewest).clamp(fewest, most)
}
