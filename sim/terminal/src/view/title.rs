//! The title line: app, time, speed, branch.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::text::shorten;
use crate::branches::branch_name;
use crate::ui_state::UiState;

/// The title line, with as much detail as fits.
pub(super) fn line(ui: &UiState, width: u16) -> Line<'static> {
    let width = usize::from(width);
    let name = ui.timeline.app().descriptor().name();
    let name = format!(" {} ", shorten(name, width / 4, ui.theme.glyphs().gap));
    let room = width.saturating_sub(name.width());
    let (when, branch) = TitleDetail::ALL
        .iter()
        .map(|wording| (when(ui, wording), branch(ui, wording)))
        .find(|(when, branch)| when.width() + branch.width() <= room)
        .unwrap_or_else(|| (when(ui, &TitleDetail::SHORTEST), String::new()));
    Line::from(vec![
        Span::styled(name, ui.theme.selected()),
        Span::raw(when),
        Span::styled(branch, ui.theme.accent()),
    ])
}

/// How detailed the title is.
struct TitleDetail {
    /// With the time of the end.
    of_end: bool,
    /// In words rather than signs.
    words: bool,
}

impl TitleDetail {
    const SHORTEST: Self = Self {
        of_end: false,
        words: false,
    };
    const ALL: [Self; 4] = [
        Self {
            of_end: true,
            words: true,
        },
        Self {
            of_end: true,
            words: false,
        },
        Self {
            of_end: false,
            words: true,
        },
        Self::SHORTEST,
    ];
}

fn when(ui: &UiState, wording: &TitleDetail) -> String {
    let glyphs = ui.theme.glyphs();
    let state = if ui.playing {
        glyphs.play
    } else {
        glyphs.pause
    };
    let achieved = match ui.speed.achieved().filter(|_| ui.playing) {
        Some(achieved) if wording.words => format!(" (real {})", times(achieved)),
        Some(achieved) => format!(" ({})", times(achieved)),
        None => String::new(),
    };
    let end = if ui.at_end() || !wording.of_end {
        String::new()
    } else {
        format!(" of {}", ui.clock(ui.end()))
    };
    format!(
        " {}{end}  {state} {}{achieved}",
        ui.clock(ui.cursor),
        ui.speed
    )
}

fn branch(ui: &UiState, wording: &TitleDetail) -> String {
    let current = ui.timeline.current();
    match ui.timeline.branches().len() {
        1 => String::new(),
        count if wording.words => format!("  {} of {count}", branch_name(current)),
        count => format!("  {}/{count}", current + 1),
    }
}

/// A speed with sensible digits: `0.020x`, `1.00x`, `113000x`.
fn times(speed: f64) -> String {
    if speed < 0.1 {
        format!("{speed:.3}x")
    } else if speed < 100.0 {
        format!("{speed:.2}x")
    } else {
        format!("{speed:.0}x")
    }
}
