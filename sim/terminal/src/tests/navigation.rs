//! Moving through time, and inputs in the past.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEventKind};
use lockstep_core::time::RunTicks;

use super::super::key_bindings::Pane;
use super::apps::{bare, closed};
use super::{Driver, Script};

fn lamp() -> Driver {
    Driver::lamp(100, 30)
}

fn cursor(driver: &Driver) -> u64 {
    driver.ui.cursor.0
}

fn end(driver: &Driver) -> u64 {
    driver.ui.end().0
}

#[test]
fn an_app_that_cannot_be_copied_is_gone_back_in_and_forked() {
    let mut driver = Driver::of(closed(), 80, 24);
    driver.wait(2_500).press("Space").assert_shows("not shown");
    let led = |driver: &Driver| driver.ui.snapshot.levels()[0].0;
    driver.press("g").text("1.2 s").press("Enter");
    assert_eq!((cursor(&driver), led(&driver)), (1_200, 1));
    driver.press("g").text("0.5 s").press("Enter");
    assert_eq!((cursor(&driver), led(&driver)), (500, 0));

    // A press in the past counts half a second on: the LED comes half a second earlier.
    driver.press("a g").text("0.7 s").press("Enter");
    assert_eq!(driver.ui.timeline.current(), 1);
    driver.press("g").text("0.6 s").press("Enter");
    assert_eq!(led(&driver), 1);
    driver.press("g").text("0.4 s").press("Enter");
    assert_eq!(led(&driver), 0);
}

#[test]
fn real_time_is_a_tick_per_millisecond() {
    let mut driver = lamp();
    driver.wait(2_000);
    assert_eq!(cursor(&driver), 2_000);
    driver.assert_shows("real 1.00x");
}

#[test]
fn the_run_plays_at_the_speed_that_is_set() {
    for (keys, ticks) in [
        ("- - -", 100),
        ("+", 2_000),
        ("+ + + r", 1_000),
        ("= =", 5_000),
    ] {
        let mut driver = lamp();
        driver.press(keys).wait(1_000);
        assert_eq!(cursor(&driver), ticks, "{keys}");
    }
    let mut driver = lamp();
    driver.press("*").wait(1_000).assert_shows("max");
    assert!(cursor(&driver) > 100_000);
}

#[test]
fn pressing_in_the_past_forks_and_keeps_the_old_branch() {
    let mut driver = lamp();
    driver.wait(450).press("a").wait(550).press("Space");
    driver.press("PgUp PgUp PgUp PgUp PgUp b");
    driver.assert_shows("new branch at 0:00.500");
    assert_eq!(driver.ui.timeline.current(), 1);
    assert_eq!(driver.ui.timeline.branches()[0].events().len(), 2);
    let events = driver.ui.timeline.branch().events();
    assert_eq!(events.last().unwrap().tick, RunTicks(500));
}

#[test]
fn branches_are_switched_and_compared() {
    let mut driver = lamp();
    driver.wait(1_000).press("Space PgUp b v c");
    driver.assert_shows("first difference at 0:00.900: branch 1: in B press, main: nothing");
    assert_eq!(cursor(&driver), 900);
    assert!(driver.ui.compared.is_some());
    driver.press("Esc");
    assert!(driver.ui.compared.is_none());
    driver.press("v Enter");
    assert_eq!(driver.ui.timeline.current(), 0);
    driver
        .press("v Home c")
        .assert_shows("this is the current branch");
}

#[test]
fn inputs_are_undone_and_redone() {
    let mut driver = lamp();
    driver.wait(100).press("a").wait(200).press("b").wait(200);
    let done = driver.ui.timeline.branch().events().to_vec();
    assert_eq!(done.len(), 4);
    driver.press("u");
    assert_eq!(driver.ui.timeline.branch().events().len(), 2);
    driver.press("u");
    assert!(driver.ui.timeline.branch().events().is_empty());
    driver.press("u").assert_shows("nothing to undo");
    driver.press("Ctrl-r Ctrl-r");
    assert_eq!(driver.ui.timeline.branch().events(), done);
    driver.press("Ctrl-r").assert_shows("nothing to redo");
}

#[test]
fn a_typed_time_is_reached_forwards_and_backwards() {
    let mut driver = lamp();
    driver.press("g").text("10 s").press("Enter");
    assert_eq!((cursor(&driver), end(&driver)), (10_000, 10_000));
    driver.press("g").text("0:01.5").press("Enter");
    assert_eq!((cursor(&driver), end(&driver)), (1_500, 10_000));
    assert!(!driver.ui.playing);
}

#[test]
fn a_far_time_is_played_to_while_keys_keep_working() {
    let mut driver = Driver::of(bare(), 40, 12);
    driver.press("- g").text("30 min").press("Enter");
    assert!(cursor(&driver) < 1_800_000);
    driver.assert_shows("playing to 30:00.000");
    driver.wait(1_000);
    assert_eq!(cursor(&driver), 1_800_000);
    assert!(!driver.ui.playing);
    driver.assert_shows("0.5x");

    driver.press("g").text("60 min").press("Enter Space");
    assert!(end(&driver) < 3_600_000);
    driver.assert_shows("0.5x");
    driver.press("g").text("50000:00").press("Enter");
    driver.assert_shows("a run cannot be longer than");
}

#[test]
fn the_next_event_is_played_to_and_inputs_there_do_not_fork() {
    let mut driver = lamp();
    driver.press("]");
    assert_eq!((cursor(&driver), end(&driver)), (500, 500));
    driver.press("a ]");
    assert_eq!(driver.ui.timeline.branches().len(), 1);
    assert_eq!((cursor(&driver), end(&driver)), (560, 560), "the tap ends");
    driver.press("[ [ [");
    assert_eq!(cursor(&driver), 0);
    driver.press("]");
    assert_eq!((cursor(&driver), end(&driver)), (500, 560));
}

#[test]
fn the_search_for_an_event_has_a_limit() {
    let mut driver = Driver::of(bare(), 40, 12);
    driver.press("]").assert_shows("no event within 1 min");
    assert_eq!(cursor(&driver), 60_000);
}

#[test]
fn changes_are_relative_to_the_last_position_of_the_cursor() {
    let mut driver = lamp();
    driver.wait(400).press("Space ]");
    assert_eq!(cursor(&driver), 500);
    // The tick counter, the last beat and the heartbeat.
    driver.assert_shows("state, 3 changed");
}

#[test]
fn the_mouse_sets_and_drags_the_cursor() {
    let mut driver = lamp();
    driver.wait(1_000).down_on("▔");
    assert_eq!(driver.ui.pane, super::super::key_bindings::Pane::Waves);
    let (column, row) = driver.place_of("┃▸").min(driver.place_of("heartbeat"));
    driver.mouse(MouseEventKind::Down(MouseButton::Left), column + 20, row);
    let before = cursor(&driver);
    driver.mouse(MouseEventKind::Drag(MouseButton::Left), column + 25, row);
    assert_eq!(cursor(&driver), before + 5 * 20);
    assert!(!driver.ui.playing);
}

#[test]
fn the_wheel_zooms_the_waves_and_scrolls_other_panes() {
    let mut driver = lamp();
    driver.wait(1_200);
    let (column, row) = driver.place_of("waves");
    driver.mouse(MouseEventKind::ScrollUp, column, row);
    driver.assert_shows("10 ms a column");
    let (column, row) = driver.place_of("events,");
    driver.mouse(MouseEventKind::ScrollUp, column, row);
    assert_eq!(cursor(&driver), 1_000);
    let (column, row) = driver.place_of("state");
    driver.mouse(MouseEventKind::ScrollDown, column, row);
    assert_eq!(driver.ui.state_scroll, 1);
}

#[test]
fn the_state_scrolls_to_its_end_and_not_beyond() {
    let mut driver = lamp();
    driver.press("Space BackTab");
    for _ in 0..200 {
        driver.press("Down");
    }
    let furthest = driver.ui.state_scroll;
    assert!(furthest > 0 && furthest < 100, "{furthest}");
    driver.press("Up");
    assert_eq!(driver.ui.state_scroll, furthest - 1);
}

#[test]
fn times_between_edges_and_of_pulses_are_measured() {
    let mut driver = lamp();
    driver.wait(3_000).press("Space Tab J k w");
    driver.assert_shows("no rising edge of `heartbeat` after the cursor");
    driver.press("b b m w").wait(7_000);
    driver.assert_shows("1 s after the mark  heartbeat: high for 500 ms");
    driver.press("b");
    driver.assert_shows("period 1 s, 1.000 Hz, 50.0 % high");
}

#[test]
fn a_search_goes_on_in_both_directions() {
    let mut driver = lamp();
    driver
        .wait(2_700)
        .press("Space Home /")
        .text("HEARTBEAT 1")
        .press("Enter");
    assert_eq!(cursor(&driver), 500);
    driver.press("n");
    assert_eq!(cursor(&driver), 1_500);
    driver.press("N");
    assert_eq!(cursor(&driver), 500);
    driver
        .press("N")
        .assert_shows("no match for `HEARTBEAT 1` before the cursor");
}

#[test]
fn messages_time_out_and_errors_stay_until_the_next_key() {
    let mut driver = lamp();
    driver.press("u").assert_shows("nothing to undo");
    driver.wait(5_999).assert_shows("nothing to undo");
    driver.wait(1);
    assert!(!driver.shows("nothing to undo"));

    driver.press("g").text("soon").press("Enter").wait(60_000);
    driver.assert_shows("`soon` is not a time");
    driver.press("Tab");
    assert!(!driver.shows("`soon` is not a time"));
    assert_eq!(
        driver
            .ui
            .next_change()
            .filter(|left| *left > Duration::from_secs(1)),
        None
    );
}

#[test]
fn signals_are_moved_and_folded_away_and_another_run_of_the_app_keeps_that() {
    let mut driver = Driver::lamp(100, 30);
    driver.ui.pane = Pane::Waves;
    let all = driver.ui.signal_list.shown().to_vec();
    driver.press("D f");
    let arranged = driver.ui.signal_list.clone();
    assert_eq!(arranged.shown()[0], all[1]);
    assert_eq!(arranged.folded(), [all[0]]);
    assert!(driver.screen().contains("1 folded"), "{}", driver.screen());
    let app = driver.ui.timeline.app().clone();
    driver.ui.replace(&app, &Script::default()).unwrap();
    assert_eq!(driver.ui.signal_list, arranged);
    driver.press("F");
    assert_eq!(driver.ui.signal_list.shown().len(), all.len());
}
