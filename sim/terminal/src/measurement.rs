//! Times around the cursor: from the mark to it, and of the pulse under it.

use lockstep_core::time::RunTicks;

use super::playback_speed::per_second;
use super::signal_history::{Edge, Signal};
use super::ui_state::UiState;

/// What is measured of the selected signal at the cursor, in one line.
pub(super) fn measure(ui: &UiState) -> String {
    let mut parts = Vec::new();
    if let Some(mark) = ui.mark {
        let apart = ui.length(RunTicks(ui.cursor.0.abs_diff(mark.0)));
        let side = if ui.cursor >= mark { "after" } else { "before" };
        parts.push(format!("{apart} {side} the mark"));
    }
    parts.extend(pulse(ui, ui.selected_signal()));
    parts.join("  ")
}

fn pulse(ui: &UiState, signal: Signal) -> Option<String> {
    if signal.is_events() {
        return None;
    }
    let name = ui.signals.name(signal);
    let after = ui.cursor.saturating_add(RunTicks(1));
    let start = [Edge::Rising, Edge::Falling]
        .into_iter()
        .filter_map(|edge| ui.signals.previous(signal, after, edge))
        .max()?;
    let end = [Edge::Rising, Edge::Falling]
        .into_iter()
        .filter_map(|edge| ui.signals.next(signal, ui.cursor, edge))
        .min()?;
    let polarity = if ui.signals.value(signal, start) > 0 {
        "high"
    } else {
        "low"
    };
    let width = ui.length(RunTicks(end.0 - start.0));
    let text = format!("{name}: {polarity} for {width}");
    Some(match period(ui, signal, after) {
        Some(period) => format!("{text}, {period}"),
        None => text,
    })
}

/// The period around the cursor: from the previous rising edge to the next one.
fn period(ui: &UiState, signal: Signal, after: RunTicks) -> Option<String> {
    let rise = ui.signals.previous(signal, after, Edge::Rising)?;
    let fall = ui.signals.next(signal, rise, Edge::Falling)?;
    let next = ui.signals.next(signal, rise, Edge::Rising)?;
    let (period, high) = (next.0 - rise.0, fall.0 - rise.0);
    let hertz = per_second(ui.tick_period()) / period as f64;
    let duty = 100.0 * high as f64 / period as f64;
    Some(format!(
        "period {}, {hertz:.3} Hz, {duty:.1} % high",
        ui.length(RunTicks(period))
    ))
}
