//! One test for each corner that the module's documentation decides.

use super::*;
use crate::board::InitError;
use lockstep_core::event::BootCondition;
use lockstep_core::time::Ticks;
use lockstep_core::wakeup::Wakeup;

const NOTHING: [&str; 0] = [];

#[test]
fn a_long_press_acts_while_held_and_its_release_does_nothing() {
    let mut bench = Bench::on();
    let start = bench.tick;
    bench.tap(A, 5_000);
    bench.wait(1_000);
    assert_eq!(bench.read_timed(), at(&[(start + 820, "night on")]));
}

#[test]
fn a_release_at_the_tick_of_long_is_too_late_to_be_short() {
    let mut bench = Bench::on();
    bench.tap(A, 800);
    bench.wait(400);
    bench.tap(B, 800);
    bench.wait(400);
    assert_eq!(bench.read(), ["night on", "pattern blink"]);

    let mut bench = Bench::on();
    bench.tap(B, 799);
    bench.wait(400);
    bench.tap(A, 799);
    bench.wait(400);
    assert_eq!(bench.read(), ["level 75", "power off"]);
}

#[test]
fn a_acts_after_its_window_and_b_at_its_release() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.until(1_000);
    bench.tap(B, 100);
    bench.until(2_000);
    assert_eq!(
        bench.read_timed(),
        at(&[(420, "power on"), (1_120, "level 75")])
    );
}

#[test]
fn a_second_press_at_the_last_tick_of_the_window_is_a_double() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.wait(300);
    bench.tap(A, 100);
    bench.wait(1_000);
    assert_eq!(
        bench.read_timed(),
        at(&[(420, "power on"), (420, "level 100")])
    );
}

#[test]
fn a_second_press_after_the_window_is_a_first_press() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.wait(301);
    bench.tap(A, 100);
    bench.wait(1_000);
    assert_eq!(
        bench.read_timed(),
        at(&[(420, "power on"), (821, "power off")])
    );
}

#[test]
fn a_double_that_is_held_never_becomes_long() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.wait(100);
    bench.tap(A, 5_000);
    bench.wait(1_000);
    assert_eq!(bench.read(), ["power on", "level 100"]);
}

#[test]
fn a_third_press_is_a_first_one() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.tap(A, 100);
        bench.wait(100);
    }
    bench.wait(1_000);
    assert_eq!(bench.read(), ["power on", "level 100", "power off"]);
}

#[test]
fn a_contact_is_open_until_an_edge_says_otherwise() {
    let mut bench = Bench::new();
    bench.wait(100);
    bench.release(A);
    bench.wait(1_000);
    assert_eq!(bench.read(), NOTHING);
}

#[test]
fn switching_off_at_night_ends_the_night() {
    let mut bench = Bench::on();
    bench.long(A);
    bench.read();
    bench.short(A);
    assert_eq!(bench.read(), ["power off", "night off"]);
    bench.short(A);
    assert_eq!(bench.lamp(), 50);

    bench.long(A);
    bench.read();
    bench.wait(600_000);
    assert_eq!(bench.read(), ["power auto-off", "night off"]);
}

#[test]
fn a_double_that_changes_nothing_says_nothing_and_keeps_the_lamp_on() {
    let mut bench = Bench::on();
    bench.double(A);
    bench.read();
    bench.until(500_000);
    bench.double(A);
    assert_eq!(bench.read(), NOTHING);
    bench.until(1_000_000);
    assert_eq!(bench.lamp(), 100);
    // The second press of the double came at 500_220.
    bench.until(1_100_220);
    assert_eq!(bench.read_timed(), at(&[(1_100_220, "power auto-off")]));
}

#[test]
fn a_double_keeps_the_pattern_and_begins_it_anew_where_it_switches_on() {
    let mut bench = Bench::on();
    bench.long(B);
    bench.short(A);
    bench.read();
    let start = bench.tick + 100 + 100 + 20;
    bench.double(A);
    assert_eq!(bench.read(), ["power on", "level 100"]);
    assert_eq!(bench.watch(600), [(start + 500, 0), (start + 1_000, 100)]);
}

#[test]
fn neither_a_level_nor_the_night_begins_a_pattern_anew() {
    let mut bench = Bench::on();
    let start = bench.tick + 820;
    bench.tap(B, 900);
    bench.wait(100);
    bench.short(B);
    bench.press(A);
    bench.until(start + 2_499);
    let before = bench.lamp();
    bench.wait(1);
    assert_eq!((before, bench.lamp()), (5, 0));
}

#[test]
fn switching_on_begins_a_pattern_anew() {
    let mut bench = Bench::on();
    bench.long(B);
    bench.short(A);
    bench.wait(123);
    let start = bench.tick + 100 + 20 + 300;
    bench.tap(A, 100);
    assert_eq!(bench.watch(1_000), [(start, 50), (start + 500, 0)]);
}

#[test]
fn steps_of_breathing_show_whole_percents() {
    let mut bench = Bench::on();
    bench.long(A);
    bench.long(B);
    let start = bench.tick + 820;
    bench.press(B);
    bench.wait(820);
    let expected: Vec<_> = (1..)
        .zip(1..=5)
        .map(|(n, level)| (start + n * 200, level))
        .collect();
    assert_eq!(bench.watch(1_000), expected);
}

#[test]
fn b_finds_the_lamp_as_it_is_while_a_waits_for_a_second_press() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.tap(B, 100);
    bench.until(1_000);
    assert_eq!(bench.read_timed(), at(&[(420, "power on")]));
    assert_eq!(bench.lamp(), 50);
}

#[test]
fn b_going_down_drops_what_a_had_under_way() {
    let mut bench = Bench::on();
    bench.press(A);
    bench.wait(100);
    bench.tap(B, 100);
    bench.wait(100);
    bench.release(A);
    bench.wait(2_000);
    assert_eq!(bench.read(), NOTHING);
}

#[test]
fn a_chord_swallows_a_short_press_that_waits_for_its_second() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.press(B);
    bench.wait(100);
    bench.tap(A, 100);
    bench.release(B);
    bench.wait(2_000);
    assert_eq!(bench.read(), NOTHING);
    assert_eq!(bench.lamp(), 0);
}

#[test]
fn a_chord_at_the_tick_of_long_comes_first() {
    let mut bench = Bench::on();
    bench.press(A);
    bench.wait(800);
    bench.press(B);
    bench.wait(1_000);
    assert_eq!(bench.read(), NOTHING);
}

#[test]
fn a_chord_after_long_leaves_the_night_as_it_is() {
    let mut bench = Bench::on();
    let start = bench.tick;
    bench.press(A);
    bench.wait(801);
    bench.press(B);
    bench.wait(2_020);
    assert_eq!(
        bench.read_timed(),
        at(&[(start + 820, "night on"), (start + 2_821, "lock on")])
    );
    assert_eq!(bench.lamp(), 5);
}

#[test]
fn a_release_after_exactly_two_seconds_is_late_enough_to_lock() {
    let mut bench = Bench::new();
    bench.press(A);
    bench.press(B);
    bench.wait(2_000);
    bench.release(A);
    bench.wait(100);
    assert_eq!(bench.read_timed(), at(&[(2_020, "lock on")]));
}

#[test]
fn one_button_kept_down_can_begin_the_next_chord() {
    let mut bench = Bench::new();
    bench.press(A);
    bench.press(B);
    bench.wait(5_000);
    bench.release(B);
    bench.wait(100);
    bench.press(B);
    bench.wait(2_020);
    assert_eq!(
        bench.read_timed(),
        at(&[
            (2_020, "lock on"),
            (5_120, "ignored b"),
            (7_120, "lock off")
        ])
    );
}

#[test]
fn buttons_held_past_unlocking_say_nothing_until_pressed_anew() {
    let mut bench = Bench::on_and_locked();
    bench.press(A);
    bench.press(B);
    bench.wait(4_000);
    bench.release(B);
    bench.wait(4_000);
    bench.release(A);
    bench.wait(1_000);
    assert_eq!(bench.read(), ["ignored a", "ignored b", "lock off"]);
    bench.short(A);
    assert_eq!(bench.read(), ["power off"]);
}

#[test]
fn unlocking_does_not_count_against_auto_off() {
    let mut bench = Bench::on_and_locked();
    bench.until(500_000);
    bench.chord();
    bench.read();
    // The press that completed the locking chord came at 520.
    bench.until(700_000);
    assert_eq!(bench.read_timed(), at(&[(600_520, "power auto-off")]));
}

#[test]
fn a_press_at_the_tick_of_auto_off_keeps_the_lamp_on() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    bench.until(600_400);
    bench.press(B);
    bench.wait(10_000);
    assert_eq!(bench.read(), ["power on", "pattern blink"]);
    bench.until(1_200_420);
    assert_eq!(bench.read_timed(), at(&[(1_200_420, "power auto-off")]));
}

#[test]
fn a_button_that_is_held_does_not_keep_the_lamp_on() {
    let mut bench = Bench::on();
    let start = bench.tick;
    bench.press(B);
    bench.wait(700_000);
    assert_eq!(
        bench.read_timed(),
        at(&[
            (start + 820, "pattern blink"),
            (start + 600_020, "power auto-off")
        ])
    );
}

#[test]
fn a_table_can_leave_out_the_heartbeat_and_auto_off() {
    static QUIET: Tuning = Tuning {
        heartbeat: Ticks::ZERO,
        auto_off: Ticks::ZERO,
        ..Tuning::SHIPPED
    };
    let mut bench = Bench::with(Lamp::with_tuning(&QUIET));
    let dark = bench.lamp.outputs();
    bench.wait(10_000);
    assert_eq!(bench.lamp.outputs(), dark);
    bench.short(A);
    assert_eq!(bench.read(), ["power on"]);
    assert_eq!(bench.lamp.next_wakeup(), Wakeup::NEVER);
    bench.wait(700_000);
    assert!(bench.read().is_empty());
}

#[test]
fn of_two_ignored_presses_at_one_tick_a_comes_first() {
    let mut bench = Bench::on_and_locked();
    bench.press(B);
    bench.press(A);
    bench.wait(100);
    assert_eq!(bench.read(), ["ignored a", "ignored b"]);
}

#[test]
fn of_two_gestures_at_one_tick_a_acts_first() {
    let mut bench = Bench::on();
    let start = bench.tick;
    bench.tap(A, 100);
    bench.wait(100);
    bench.tap(B, 200);
    bench.wait(100);
    // B's release is debounced at the same tick, and finds the lamp off.
    assert_eq!(bench.read_timed(), at(&[(start + 420, "power off")]));
}

#[test]
fn without_init_nothing_is_said() {
    let mut bench = Bench::new();
    bench.wait(10_000);
    assert_eq!(bench.read(), NOTHING);
}

#[test]
fn a_further_init_does_not_leave_the_safe_state() {
    let mut bench = Bench::new();
    bench.handle(Event::Init(InitError::condition(Err(
        InitError::ClockFailed,
    ))));
    bench.wait(300);
    bench.handle(Event::Init(BootCondition::OK));
    bench.handle(Event::Init(InitError::condition(Err(
        InitError::UartUnavailable,
    ))));
    assert_eq!(bench.read(), ["boot clock-failed"]);
    bench.wait(100);
    assert!(bench.status());
}

#[test]
fn buttons_the_lamp_does_not_have_do_nothing() {
    let mut bench = Bench::on_and_locked();
    bench.short(ButtonId(2));
    bench.short(ButtonId(255));
    assert_eq!(bench.read(), NOTHING);
}
