//! The state diagram of the app as a list: each state, and below it the ways that lead on.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::overlay::{boxed, draw_box};
use super::text::wrapped;
use crate::questions::FoundMap;
use crate::ui_state::UiState;
use lockstep_rules::map_drawing::state_names;

/// The most columns of it.
const WIDTH: usize = 74;

/// A list of states.
struct StateList {
    lines: Vec<Line<'static>>,
    /// The line of the present state.
    present: Option<usize>,
    place: Rect,
}

impl StateList {
    fn of(ui: &UiState, area: Rect) -> Self {
        let width = usize::from(area.width.saturating_sub(2)).min(WIDTH);
        let mut lines = Vec::new();
        let mut present = None;
        if let Some(FoundMap { map, shown }) = &ui.map {
            let here = ui.present_state();
            let names = state_names(map, shown);
            let arrow = if ui.theme.is_unicode() { "→" } else { "->" };
            for (place, name) in names.iter().enumerate() {
                let is_here = here == Some(place);
                let (sign, style) = match is_here {
                    true => (ui.theme.glyphs().selected, ui.theme.selected()),
                    false => (' ', ui.theme.accent()),
                };
                if is_here {
                    present = Some(lines.len());
                }
                for line in wrapped(name, width.saturating_sub(3)) {
                    lines.push(Line::styled(format!("{sign}{line} "), style));
                }
                for edge in map.edges.iter().filter(|edge| edge.from == place) {
                    let labels = edge.labels.iter().map(|label| label.trim());
                    let labels = labels.collect::<Vec<_>>().join(", ");
                    let to = names.get(edge.to).map_or("", String::as_str);
                    let way = format!("{labels} {arrow} {to}");
                    let mut indent = "    ";
                    for line in wrapped(&way, width.saturating_sub(7)) {
                        lines.push(Line::raw(format!("{indent}{line}")));
                        indent = "      ";
                    }
                }
            }
            if map.is_partial {
                lines.push(Line::styled("There may be more ways.", ui.theme.quiet()));
            }
        }
        Self {
            place: boxed(width, lines.len(), area),
            lines,
            present,
        }
    }

    fn rows(&self) -> usize {
        usize::from(self.place.height.saturating_sub(2))
    }

    fn last(&self) -> u16 {
        u16::try_from(self.lines.len().saturating_sub(self.rows())).unwrap_or(u16::MAX)
    }

    /// The scroll position at which the present state is near the top.
    fn of_present(&self) -> u16 {
        let above = self.rows() / 4;
        let first = self.present.unwrap_or(0).saturating_sub(above);
        u16::try_from(first).unwrap_or(u16::MAX).min(self.last())
    }
}

/// The scroll position that shows the present state, and the last one.
pub(crate) fn map_scroll(ui: &UiState, area: Rect) -> (u16, u16) {
    let list = StateList::of(ui, area);
    (list.of_present(), list.last())
}

pub(super) fn draw(ui: &UiState, scroll: Option<u16>, area: Rect, frame: &mut Frame<'_>) {
    let list = StateList::of(ui, area);
    let scroll = scroll.unwrap_or_else(|| list.of_present());
    let rows = list.rows();
    let last = (usize::from(scroll) + rows).min(list.lines.len());
    let scrolled =
        (list.lines.len() > rows).then(|| format!("{}-{last} of {}", scroll + 1, list.lines.len()));
    let title = match list.present {
        Some(_) => format!("states at {}", ui.clock(ui.cursor)),
        None => format!("states; that of {} is none of them", ui.clock(ui.cursor)),
    };
    let inner = draw_box(ui, &title, scrolled, list.place, frame);
    frame.render_widget(Paragraph::new(list.lines).scroll((scroll, 0)), inner);
}
