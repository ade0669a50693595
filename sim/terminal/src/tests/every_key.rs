//! Every key binding has an effect.

use super::super::key_bindings::{BINDINGS, FOOTER, KeyBinding, Pane, UiCommand, footer_entry};
use super::Driver;

/// States in which keys have an effect, as the keys that lead to them.
const STATES: [&str; 8] = [
    "",
    "Space",
    "Space PgUp m",
    "Space Home",
    "Space PgUp PgUp b v c",
    "Space u",
    "+",
    "Tab f",
];

/// Everything that is visible now and a moment later.
fn observed(driver: &mut Driver) -> String {
    let screen = driver.screen();
    let later = driver.wait(200).screen();
    format!("{screen}{later}{}{:?}", driver.ui.quit, driver.ui.overlay)
}

fn started(binding: &KeyBinding, state: &str) -> Driver {
    let mut driver = Driver::lamp(100, 30);
    driver.wait(400).press("a").wait(3_000);
    driver.press("/").text("heartbeat").press("Enter");
    driver.press("Space").wait(2_000).press(state);
    if let Some(pane) = binding.pane {
        driver.ui.pane = pane;
    }
    // Neither the first nor the last signal, and one with edges on both sides.
    driver.ui.waves.selected = 5;
    driver.draw();
    driver
}

#[test]
fn every_key_does_something_in_some_state() {
    let by_the_terminal = [UiCommand::Redraw, UiCommand::Suspend];
    let bindings = BINDINGS.iter();
    for binding in bindings.filter(|binding| !by_the_terminal.contains(&binding.command)) {
        for key in binding.keys {
            let does_something = STATES.iter().any(|state| {
                let mut with = started(binding, state);
                let mut without = started(binding, state);
                with.press(key);
                observed(&mut with) != observed(&mut without)
            });
            assert!(does_something, "{key} has no effect: {}", binding.long);
        }
    }
}

#[test]
fn every_key_of_the_footer_works_in_every_pane() {
    for command in FOOTER.iter().chain([&UiCommand::Help]) {
        let (key, what) = footer_entry(*command).unwrap();
        assert!(!what.is_empty(), "{key} has no word for the footer");
        for pane in Pane::ALL {
            let meaning = super::super::key_bindings::resolve_key(super::key(key), None, pane, &[]);
            let wanted = super::super::key_bindings::KeyAction::Command(*command);
            assert_eq!(meaning, wanted, "{key} in {pane:?}");
        }
    }
}
