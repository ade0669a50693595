//! Random input on screens of random size.

use std::ops::ControlFlow;

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use lockstep_core::event::ButtonId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::appearance::{Appearance, Background, ColorDepth};
use super::super::key_bindings::BINDINGS;
use super::super::theme::Theme;
use super::super::view;
use super::apps::{bare, panel, pulse, rack, slow_console};
use super::{Driver, key};
use lockstep_apps::thermostat::Thermostat;
use lockstep_engine::checker::mismatches;
use lockstep_engine::load::InputFormat;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use shipped_apps::shipped;

/// One input.
#[derive(Clone, Debug)]
enum Step {
    Key(KeyEvent),
    Type(String),
    Paste(String),
    Mouse(MouseEventKind, u16, u16),
    Wait(u64),
    Resize(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let others = [
        "Enter",
        "Backspace",
        "Esc",
        "y",
        "n",
        "a",
        "b",
        "A",
        "B",
        "1",
        "2",
        "z",
    ];
    let names: Vec<_> = BINDINGS
        .iter()
        .flat_map(|binding| binding.keys)
        .filter(|name| !name.starts_with('z'))
        .chain(&others)
        .copied()
        .collect();
    let kinds = [
        KeyEventKind::Press,
        KeyEventKind::Release,
        KeyEventKind::Repeat,
    ];
    let named = (select(names), select(kinds.to_vec())).prop_map(|(name, kind)| {
        let mut event = key(name);
        event.kind = kind;
        event
    });
    let any =
        any::<char>().prop_map(|typed| KeyEvent::new(KeyCode::Char(typed), KeyModifiers::NONE));
    let mouse = select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Moved,
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ]);
    let text = prop_oneof![
        "[0-9]{1,5}( ms)?",
        "-?[0-9]{1,3}([.][0-9])?( C)?",
        "(status|set [0-9]{1,2}|\\\\x1b|\\\\r)",
        "lamp[.](scn|rec|vcd)",
        "[ -~]{0,99}",
        ".{0,20}"
    ];
    prop_oneof![
        12 => named.prop_map(Step::Key),
        1 => any.prop_map(Step::Key),
        2 => text.clone().prop_map(Step::Type),
        1 => text.prop_map(Step::Paste),
        3 => (mouse, 0_u16..300, 0_u16..100).prop_map(|(kind, x, y)| Step::Mouse(kind, x, y)),
        4 => (0_u64..400).prop_map(Step::Wait),
        1 => (0_u16..300, 0_u16..100).prop_map(|(width, height)| Step::Resize(width, height)),
    ]
}

fn appearance() -> impl Strategy<Value = Appearance> {
    let backgrounds = select(vec![Background::Dark, Background::Light]);
    let colors = select(vec![
        ColorDepth::Monochrome,
        ColorDepth::Ansi16,
        ColorDepth::TrueColor,
    ]);
    (backgrounds, colors, any::<bool>()).prop_map(|(background, colors, unicode)| Appearance {
        background,
        colors,
        unicode,
    })
}

fn driver(app: usize, appearance: Appearance) -> Driver {
    let apps = match app {
        0 => shipped(),
        1 => vec![panel(), bare()],
        2 => vec![bare(), pulse()],
        3 => vec![pulse(), panel()],
        4 => vec![rack(), slow_console()],
        _ => vec![thermostat(), slow_console()],
    };
    Driver::new(apps, 80, 24, Theme::new(appearance))
}

fn thermostat() -> AppEntry {
    AppEntry::of::<Thermostat>()
}

fn take(driver: &mut Driver, step: &Step) {
    match step {
        Step::Key(event) => driver.key(*event),
        Step::Type(text) => {
            driver.text(text);
        }
        Step::Paste(text) => {
            driver.ui.paste(text);
            driver.draw();
        }
        Step::Mouse(kind, column, row) => {
            driver.mouse(*kind, *column, *row);
        }
        Step::Wait(ms) => {
            driver.wait(*ms);
        }
        Step::Resize(width, height) => driver.resize(*width, *height),
    }
}

/// Whether a character was typed that takes two columns. A real terminal blanks the second
/// half when the first is drawn over, and ratatui counts on it; its test backend does not.
fn is_wide(step: &Step) -> bool {
    match step {
        Step::Key(event) => match event.code {
            KeyCode::Char(typed) => typed.width() != Some(1),
            _ => false,
        },
        Step::Type(text) | Step::Paste(text) => text.chars().any(|c| c.width() != Some(1)),
        Step::Mouse(..) | Step::Wait(_) | Step::Resize(..) => false,
    }
}

fn check(driver: &Driver) -> Result<(), TestCaseError> {
    let ui = &driver.ui;
    prop_assert!(ui.cursor <= ui.end());
    prop_assert_eq!(ui.snapshot.tick(), ui.cursor);
    for button in (0..64).map(ButtonId) {
        if ui.held.holder(button).is_some() {
            prop_assert!(
                ui.timeline.branch().live().is_closed(button),
                "{:?}",
                button
            );
        }
    }
    let area = driver.area();
    let is_empty = driver.lines().iter().all(|line| line.trim().is_empty());
    prop_assert!(!is_empty || area.area() == 0, "nothing at {}", area);
    Ok(())
}

/// The screen is what a new one would show, with nothing left of earlier frames.
fn check_redrawn(driver: &Driver) -> Result<(), TestCaseError> {
    let area = driver.area();
    let mut fresh = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
    fresh.draw(|frame| view::draw(&driver.ui, frame)).unwrap();
    let wanted = seen(fresh.backend().buffer());
    let shown = seen(driver.terminal.backend().buffer());
    let differs = wanted
        .iter()
        .zip(&shown)
        .find(|(wanted, shown)| wanted != shown);
    prop_assert_eq!(differs, None);
    Ok(())
}

/// The visible cells: the second half of a wide character is not.
fn seen(buffer: &Buffer) -> Vec<(u16, u16, &str, Style)> {
    let mut cells = Vec::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            cells.push((x, y, cell.symbol(), cell.style()));
            x += u16::try_from(cell.symbol().width()).unwrap().max(1);
        }
    }
    cells
}

/// The branch can be replayed, with the same trace.
fn check_replay(driver: &Driver) -> Result<(), TestCaseError> {
    let branch = driver.ui.timeline.branch();
    let script = branch
        .script()
        .map_err(|e| TestCaseError::fail(e.to_string()))?;
    let app = driver.ui.timeline.app();
    let replayed = play::trace(app, &script, &mut |_| ControlFlow::Continue(()));
    let replayed = replayed.map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert_eq!(replayed.entries(), branch.trace().entries());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_the_screen_matches_the_state(
        app in 0_usize..6,
        appearance in appearance(),
        steps in vec(step(), 1..40),
    ) {
        let mut driver = driver(app, appearance);
        let mut wide = false;
        for step in &steps {
            take(&mut driver, step);
            check(&driver)?;
            wide |= is_wide(step);
            if !wide {
                check_redrawn(&driver)?;
            }
        }
        check_replay(&driver)?;
    }
}

/// Inputs by hand on a thermostat, and moves in time.
fn by_hand() -> impl Strategy<Value = String> {
    let keys = [
        "<", ">", "{", "}", "Up", "Down", "Space", "PgUp", "End", "u", "Ctrl-r", "Left", "]", "[",
    ];
    let lines = [
        "status",
        "set 21.5",
        "set 4",
        "\\x1b\\r",
        "",
        "a line that is too long",
    ];
    prop_oneof![
        8 => select(keys.to_vec()).prop_map(str::to_owned),
        2 => select(lines.to_vec()).prop_map(|line| format!("send {line}")),
        2 => "set -?[0-9]{1,2}[.][0-9]",
        2 => (0_u64..3_000).prop_map(|ms| format!("wait {ms}")),
    ]
}

fn do_by_hand(driver: &mut Driver, step: &str) {
    let typed = |driver: &mut Driver, control: usize, text: &str| {
        driver.ui.board.selected = control;
        driver.press("Enter").text(text).press("Enter");
    };
    match step.split_once(' ') {
        Some(("set", number)) => typed(driver, 0, number),
        Some(("send", line)) => typed(driver, 2, line),
        Some((_, ms)) => {
            driver.wait(ms.parse().unwrap());
        }
        None => {
            driver.press(step);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_done_by_hand_is_saved_as_a_scenario_that_plays_the_same(
        steps in vec(by_hand(), 1..30),
    ) {
        let theme = Theme::new(Appearance::default());
        let mut driver = Driver::new(vec![thermostat()], 80, 24, theme);
        for step in &steps {
            do_by_hand(&mut driver, step);
        }
        driver.press("s Enter Enter");
        let saved = driver.files.0.get(std::path::Path::new("thermostat.scn"));
        let saved = saved.ok_or_else(|| TestCaseError::fail(driver.lines().join("\n")))?;
        let text = String::from_utf8_lossy(saved);
        let loaded = InputFormat::Scenario.load(&driver.ui.registry, saved, None);
        let loaded = loaded.map_err(|_| TestCaseError::fail(text.to_string()))?;
        let app = driver.ui.timeline.app();
        let played = play::trace(app, &loaded.script, &mut |_| ControlFlow::Continue(()));
        prop_assert_eq!(played.as_ref(), Ok(driver.ui.trace()), "{}", text);
        prop_assert_eq!(mismatches(&loaded.checks, driver.ui.trace()).next(), None, "{}", text);
        // What is cut in its middle, by a fork or by undo, is not one sentence any more.
        let cuts = ["PgUp", "u", "Ctrl-r", "Left", "]", "["];
        let is_whole = !steps.iter().any(|step| cuts.contains(&step.as_str()));
        prop_assert!(!is_whole || !text.contains("press knob"), "{}", text);
    }
}
