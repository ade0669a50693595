//! The two lines at the bottom: what is to be known now, and the main keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::board::key_of;
use crate::tui::keys::{BINDINGS, Pane};
use crate::tui::measure::measure;
use crate::tui::overlay::Overlay;
use crate::tui::ui::Ui;

/// A message, a question, or what is measured at the cursor.
pub(super) fn draw_status(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    let line = match (&ui.overlay, &ui.message) {
        (Some(Overlay::Prompt(prompt)), _) => Line::from(vec![
            Span::styled(format!("{}: ", prompt.label()), ui.theme.accent()),
            Span::raw(prompt.text.clone()),
            Span::styled(" ", ui.theme.selected()),
        ]),
        (Some(Overlay::Confirm(question)), _) => {
            Line::styled(format!("{} (y/n)", question.text()), ui.theme.changed())
        }
        (_, Some(message)) if message.is_error => {
            Line::styled(message.text.clone(), ui.theme.error())
        }
        (_, Some(message)) => Line::styled(message.text.clone(), ui.theme.accent()),
        (_, None) => Line::styled(measure(ui), ui.theme.quiet()),
    };
    frame.render_widget(line, area);
}

/// The main keys of the pane that has the focus, as many as fit.
pub(super) fn draw_keys(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    let buttons = (0..).zip(ui.timeline.app().interface().buttons);
    let buttons = buttons.map(|(index, name)| (key_of(ui, index), format!("press {name}")));
    let answers = match &ui.overlay {
        None => None,
        Some(Overlay::Help { .. }) => Some(vec![("Up/Down", "scroll"), ("Esc", "close")]),
        Some(Overlay::Menu(menu)) if menu.is_of_branches() => Some(vec![
            ("Enter", "switch to it"),
            ("c", "compare this one with it"),
            ("Esc", "close"),
        ]),
        Some(Overlay::Menu(_)) => Some(vec![
            ("Up/Down", "choose"),
            ("Enter", "take it"),
            ("Esc", "close"),
        ]),
        Some(Overlay::Prompt(_)) => Some(vec![("Enter", "go"), ("Esc", "leave it")]),
        Some(Overlay::Confirm(_)) => Some(vec![("y", "yes"), ("n", "no")]),
    };
    let keys: Vec<(String, String)> = match answers {
        Some(answers) => answers
            .into_iter()
            .map(|(key, what)| (key.to_owned(), what.to_owned()))
            .collect(),
        None => {
            let bindings = BINDINGS.iter().filter(|binding| !binding.short.is_empty());
            let bindings =
                bindings.map(|binding| (binding.keys[0].to_owned(), binding.short.to_owned()));
            let waves = (ui.pane == Pane::Waves).then(|| {
                [("w/e/b", "edges"), ("zi/zo/zc", "zoom")]
                    .map(|(key, what)| (key.to_owned(), what.to_owned()))
            });
            buttons
                .chain(waves.into_iter().flatten())
                .chain(bindings)
                .collect()
        }
    };
    let mut spans = Vec::new();
    let mut left = usize::from(area.width);
    let help = "? help";
    for (key, what) in keys {
        let width = key.len() + what.len() + 3;
        // The help is never what does not fit.
        if left < width + help.len() && key != "?" {
            continue;
        }
        left = left.saturating_sub(width);
        spans.push(Span::styled(key, ui.theme.key()));
        spans.push(Span::raw(format!(" {what}  ")));
    }
    frame.render_widget(Line::from(spans), area);
}
