//! Pressing buttons with keys and the mouse, bounce, resets, undo.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEventKind};
use lockstep_core::event::ButtonId;
use lockstep_core::time::RunTicks;

use super::super::held_buttons::tap;
use super::Driver;
use super::apps::{panel, pulse, shaky};
use lockstep_engine::script::{Action, ScriptEvent, SwitchState};

const A: ButtonId = ButtonId(0);
const B: ButtonId = ButtonId(1);

fn lamp() -> Driver {
    Driver::lamp(100, 30)
}

/// The inputs of a button: the tick, and whether it was pressed.
fn moves(driver: &Driver, button: ButtonId) -> Vec<(u64, bool)> {
    let events = driver.ui.timeline.branch().events().iter();
    events
        .filter_map(|ScriptEvent { tick, action }| match action {
            Action::Button(id, contact) if *id == button => {
                Some((tick.0, *contact == SwitchState::Closed))
            }
            _ => None,
        })
        .collect()
}

fn is_down(driver: &Driver, button: ButtonId) -> bool {
    driver.ui.snapshot.is_closed(button)
}

#[test]
fn a_tap_lasts_60_ms_of_playing_time() {
    let mut driver = lamp();
    driver.wait(100).press("a");
    assert!(is_down(&driver, A));
    driver.assert_shows("[ A ] a down");
    driver.wait(59);
    assert!(is_down(&driver, A));
    driver.wait(1);
    assert_eq!(moves(&driver, A), [(100, true), (160, false)]);
    driver.assert_shows("[ A ] a up");
}

#[test]
fn a_tap_does_not_end_while_paused() {
    let mut driver = lamp();
    driver.press("Space a").wait(5_000);
    assert!(is_down(&driver, A));
    driver.press("Space").wait(100);
    assert_eq!(
        moves(&driver, A),
        [
            (0, true),
            (tap(lockstep_core::time::TickPeriod::MILLISECOND).0, false)
        ]
    );
}

#[test]
fn a_key_that_repeats_holds_the_button_while_it_does() {
    let mut driver = lamp();
    driver.press("a");
    for _ in 0..10 {
        driver.wait(30).press("a");
    }
    driver.wait(200);
    assert_eq!(moves(&driver, A), [(0, true), (360, false)]);
}

#[test]
fn shift_holds_until_the_button_is_pressed_again() {
    let mut driver = lamp();
    driver.press("A").wait(3_000);
    assert!(is_down(&driver, A));
    driver.press("a").wait(100);
    assert_eq!(moves(&driver, A), [(0, true), (3_000, false)]);
}

#[test]
fn a_held_key_holds_its_button_where_releases_are_reported() {
    let mut driver = lamp();
    driver.ui.keys_report_release = true;
    driver.press("a").wait(700);
    // Some terminals report the repetition of a key as another press.
    driver.press("a").wait(300);
    assert!(is_down(&driver, A));
    driver.release("a").wait(100);
    assert_eq!(moves(&driver, A), [(0, true), (1_000, false)]);
}

#[test]
fn a_key_releases_its_button_after_the_focus_has_moved() {
    let mut driver = lamp();
    driver.ui.keys_report_release = true;
    driver.press("a Tab").wait(100).release("a").wait(10);
    assert_eq!(moves(&driver, A), [(0, true), (100, false)]);
    driver.press("2 x").wait(100).release("2");
    assert_eq!(moves(&driver, B), [(110, true), (210, false)]);
}

#[test]
fn a_key_released_in_the_past_releases_its_button_when_playing_on() {
    let mut driver = lamp();
    driver.ui.keys_report_release = true;
    driver.press("a").wait(500).press("Left Left").release("a");
    assert_eq!(driver.ui.timeline.branches().len(), 1);
    assert_eq!(moves(&driver, A), [(0, true)]);
    driver.press("Space").wait(100);
    assert_eq!(moves(&driver, A), [(0, true), (500, false)]);
}

#[test]
fn the_mouse_presses_and_holds() {
    let mut driver = lamp();
    driver.wait(10).down_on("[ B ]").wait(900);
    assert!(is_down(&driver, B));
    // Dragging while a button is held does not move the cursor.
    driver.mouse(MouseEventKind::Drag(MouseButton::Left), 30, 15);
    assert!(driver.ui.playing);
    driver.up().wait(10);
    assert_eq!(moves(&driver, B), [(10, true), (910, false)]);
}

#[test]
fn the_mouse_releases_a_button_while_a_menu_is_open() {
    let mut driver = lamp();
    driver.down_on("[ A ]").wait(100).press("x").up();
    assert!(!is_down(&driver, A));
}

#[test]
fn a_button_held_on_one_branch_is_not_held_on_another() {
    let mut driver = lamp();
    driver.wait(1_000).press("A Space PgUp PgUp b");
    assert!(!is_down(&driver, A));
    assert_eq!(driver.ui.timeline.branches().len(), 2);
    driver.press("Space").wait(200);
    assert!(moves(&driver, A).is_empty());
}

#[test]
fn contacts_bounce_when_bounce_is_on_without_forking() {
    let mut driver = lamp();
    driver.press("x Down Down Down Enter").wait(100).press("a");
    driver.wait(200);
    let moves = moves(&driver, A);
    assert_eq!(moves.len(), 14, "{moves:?}");
    assert_eq!(moves[6], (106, true));
    assert_eq!(moves[13], (172, false));
    driver.press("b");
    assert_eq!(driver.ui.timeline.branches().len(), 1);
}

#[test]
fn the_menu_presses_buttons_without_a_key() {
    let mut driver = Driver::of(panel(), 100, 30);
    driver.press("x Down Down Enter End Enter");
    assert!(is_down(&driver, ButtonId(17)));
}

#[test]
fn the_menu_resets_the_board_with_a_boot_condition() {
    let mut driver = lamp();
    driver.wait(50).press("x Down Enter");
    let events = driver.ui.timeline.branch().events();
    let reset = Action::Reset(lockstep_engine::script::BootCondition(1));
    assert_eq!(events[0].action, reset);
    driver.wait(250).assert_shows("● status");
}

#[test]
fn an_led_that_is_lit_for_a_tick_is_visible_for_75_ms() {
    let mut driver = Driver::of(pulse(), 40, 12);
    driver.wait(495).assert_shows("○ blip");
    driver.wait(10);
    assert_eq!(driver.ui.snapshot.levels()[0].0, 0, "it is off already");
    driver.assert_shows("● blip");
    assert_eq!(driver.ui.next_change(), Some(Duration::from_millis(75)));
    driver.wait(74).assert_shows("● blip");
    driver.wait(1).assert_shows("○ blip");
}

#[test]
fn an_led_has_no_afterglow_while_paused() {
    let mut driver = Driver::of(pulse(), 40, 12);
    driver.wait(600).press("g").text("500").press("Enter");
    driver.assert_shows("● blip");
    driver.press("Right").assert_shows("○ blip");
}

#[test]
fn the_panic_of_an_app_is_shown_and_the_simulator_stays() {
    let mut driver = Driver::of(shaky(), 100, 30);
    driver.assert_shows("panicked nobody may");
    driver.wait(20).press("a").assert_shows("do not press me");
    assert!(!driver.ui.playing);
    driver.press("u Space").wait(100);
    assert!(driver.ui.cursor > RunTicks(100));
}

#[test]
fn a_press_that_is_undone_and_redone_ends() {
    let mut driver = lamp();
    driver.press("Space a u Ctrl-r");
    assert!(is_down(&driver, A));
    driver.press("Space").wait(200);
    assert!(!is_down(&driver, A));
}

#[test]
fn a_latched_button_stays_down_through_undo_and_redo() {
    let mut driver = lamp();
    driver.press("Space A u Ctrl-r Space").wait(500);
    assert!(is_down(&driver, A));
}

#[test]
fn a_run_in_which_the_app_panicked_goes_on_only_after_undo() {
    let mut driver = Driver::of(shaky(), 80, 24);
    driver.wait(100).press("1");
    let end = driver.ui.end();
    driver.press("Space").wait(500);
    assert_eq!(driver.ui.end(), end);
    driver.press("s Enter Enter");
    driver.assert_shows("not saved");
    driver.press("u Space").wait(500);
    assert!(driver.ui.end() > end);
}
