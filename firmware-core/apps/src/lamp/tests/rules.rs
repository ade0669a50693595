//! One test for each rule.

use super::*;
use crate::board::InitError;
use lockstep_core::event::BootCondition;
use lockstep_core::time::Ticks;
use std::vec;

const NOTHING: [&str; 0] = [];

#[test]
fn a_short_switches_on_at_half_and_off() {
    let mut bench = Bench::new();
    assert_eq!(bench.lamp(), 0);
    bench.short(A);
    assert_eq!(bench.read(), ["power on"]);
    assert_eq!(bench.lamp(), 50);
    bench.short(A);
    assert_eq!(bench.read(), ["power off"]);
    assert_eq!(bench.lamp(), 0);
}

#[test]
fn switching_on_keeps_level_and_pattern() {
    let mut bench = Bench::on();
    bench.short(B);
    bench.long(B);
    bench.short(A);
    bench.read();
    bench.short(A);
    assert_eq!(bench.read(), ["power on"]);
    assert_eq!(bench.lamp(), 75);
    assert!(bench.watch(1_000).iter().any(|change| change.1 == 0));
}

#[test]
fn a_long_is_night_mode_and_back() {
    let mut bench = Bench::on();
    bench.long(A);
    assert_eq!(bench.read(), ["night on"]);
    assert_eq!(bench.lamp(), 5);
    bench.long(A);
    assert_eq!(bench.read(), ["night off"]);
    assert_eq!(bench.lamp(), 50);
}

#[test]
fn a_long_does_nothing_while_off() {
    let mut bench = Bench::new();
    bench.long(A);
    assert_eq!(bench.read(), NOTHING);
    assert_eq!(bench.lamp(), 0);
}

#[test]
fn a_double_switches_on_at_full() {
    let mut bench = Bench::new();
    bench.double(A);
    assert_eq!(bench.read(), ["power on", "level 100"]);
    assert_eq!(bench.lamp(), 100);
}

#[test]
fn a_double_leaves_night_mode_for_full() {
    let mut bench = Bench::on();
    bench.long(A);
    bench.read();
    bench.double(A);
    assert_eq!(bench.read(), ["night off", "level 100"]);
    assert_eq!(bench.lamp(), 100);
}

#[test]
fn b_short_steps_through_the_levels_and_wraps() {
    let mut bench = Bench::on();
    for level in [75, 100, 25, 50] {
        bench.short(B);
        assert_eq!(bench.read(), [format!("level {level}")]);
        assert_eq!(bench.lamp(), level);
    }
}

#[test]
fn b_short_leaves_night_mode_for_the_next_level() {
    let mut bench = Bench::on();
    bench.long(A);
    bench.read();
    bench.short(B);
    assert_eq!(bench.read(), ["night off", "level 75"]);
    assert_eq!(bench.lamp(), 75);
}

#[test]
fn b_long_goes_through_the_patterns() {
    let mut bench = Bench::on();
    for pattern in ["blink", "breathe", "steady", "blink"] {
        bench.long(B);
        assert_eq!(bench.read(), [format!("pattern {pattern}")]);
    }
}

#[test]
fn b_does_nothing_while_off() {
    let mut bench = Bench::new();
    bench.short(B);
    bench.long(B);
    assert_eq!(bench.read(), NOTHING);
    bench.short(A);
    assert_eq!(bench.lamp(), 50);
    assert_eq!(bench.watch(1_000), []);
}

#[test]
fn blink_begins_bright_and_changes_twice_a_second() {
    let mut bench = Bench::on();
    let start = bench.tick + 820;
    bench.press(B);
    assert_eq!(
        bench.watch(820 + 1_500),
        [(start + 500, 0), (start + 1_000, 50), (start + 1_500, 0)]
    );
}

#[test]
fn breathe_is_a_triangle_of_twenty_steps_each_way() {
    let mut bench = Bench::on();
    bench.double(A);
    bench.long(B);
    let start = bench.tick + 820;
    bench.press(B);
    bench.wait(820);
    assert_eq!(bench.lamp(), 0);
    let up = (1..=20).map(|n| (start + 50 * n, 5 * n));
    let down = (1..=20).map(|n| (start + 1_000 + 50 * n, 100 - 5 * n));
    let again = [(start + 2_050, 5)];
    let expected: Vec<_> = up
        .chain(down)
        .chain(again)
        .map(|(tick, level)| (tick, i32::try_from(level).unwrap()))
        .collect();
    assert_eq!(bench.watch(2_050), expected);
}

#[test]
fn patterns_scale_the_night_too() {
    let mut bench = Bench::on();
    bench.long(A);
    bench.long(B);
    bench.until(bench.tick.next_multiple_of(500));
    let levels: Vec<_> = bench.watch(1_000).iter().map(|change| change.1).collect();
    assert!(levels == [0, 5] || levels == [5, 0], "{levels:?}");

    bench.long(B);
    let brightest = bench.watch(2_000).iter().map(|change| change.1).max();
    assert_eq!(brightest, Some(5));
}

#[test]
fn both_held_for_two_seconds_lock_and_unlock() {
    let mut bench = Bench::on();
    let start = bench.tick;
    bench.press(A);
    bench.wait(300);
    bench.press(B);
    bench.wait(2_020);
    assert_eq!(bench.read_timed(), at(&[(start + 2_320, "lock on")]));
    assert!(bench.locked());
    assert_eq!(bench.lamp(), 50);
    bench.release(A);
    bench.release(B);
    bench.wait(100);

    bench.chord();
    assert_eq!(bench.read(), ["ignored a", "ignored b", "lock off"]);
    assert!(!bench.locked());
    assert_eq!(bench.lamp(), 50);
}

#[test]
fn both_let_go_earlier_do_nothing() {
    let mut bench = Bench::new();
    bench.press(A);
    bench.press(B);
    bench.wait(1_999);
    bench.release(B);
    bench.wait(1_000);
    bench.release(A);
    bench.wait(1_000);
    assert_eq!(bench.read(), NOTHING);
    assert!(!bench.locked());
}

#[test]
fn it_locks_while_off() {
    let mut bench = Bench::new();
    bench.chord();
    assert_eq!(bench.read(), ["lock on"]);
    assert!(bench.locked());
    assert_eq!(bench.lamp(), 0);
}

#[test]
fn locked_it_ignores_presses_and_says_so() {
    let mut bench = Bench::on_and_locked();
    bench.short(A);
    bench.long(A);
    bench.double(A);
    bench.short(B);
    bench.long(B);
    assert_eq!(
        bench.read(),
        [
            "ignored a",
            "ignored a",
            "ignored a",
            "ignored a",
            "ignored b",
            "ignored b"
        ]
    );
    assert_eq!(bench.lamp(), 50);
}

#[test]
fn ten_minutes_without_a_press_switch_off() {
    let mut bench = Bench::new();
    bench.tap(A, 100);
    // On at 100 + 20 + 300.
    bench.until(600_419);
    assert_eq!(bench.lamp(), 50);
    bench.wait(1);
    assert_eq!(bench.lamp(), 0);
    assert_eq!(
        bench.read_timed(),
        at(&[(420, "power on"), (600_420, "power auto-off")])
    );
}

#[test]
fn a_press_counts_the_ten_minutes_anew() {
    let mut bench = Bench::on();
    bench.until(500_000);
    bench.short(B);
    bench.until(1_100_019);
    assert_eq!(bench.lamp(), 75);
    bench.wait(1);
    assert_eq!(
        bench.read_timed(),
        at(&[(500_120, "level 75"), (1_100_020, "power auto-off")])
    );
}

#[test]
fn a_lamp_that_is_off_is_not_switched_off_again() {
    let mut bench = Bench::on();
    bench.short(A);
    bench.read();
    bench.wait(700_000);
    assert_eq!(bench.read(), NOTHING);
}

#[test]
fn an_ignored_press_does_not_count_against_auto_off() {
    let mut bench = Bench::on_and_locked();
    // The press that completed the chord came at 520.
    bench.until(500_000);
    bench.short(B);
    bench.until(600_520);
    assert_eq!(
        bench.read_timed(),
        at(&[(500_020, "ignored b"), (600_520, "power auto-off")])
    );
    assert!(bench.locked());
}

#[test]
fn the_heartbeat_toggles_every_half_second_from_reset() {
    let mut bench = Bench::new();
    for beat in [false, true, false, true] {
        assert_eq!(bench.heartbeat(), beat);
        bench.wait(499);
        assert_eq!(bench.heartbeat(), beat);
        bench.wait(1);
    }
}

#[test]
fn a_board_that_came_up_is_logged() {
    let mut bench = Bench::new();
    bench.handle(Event::Init(BootCondition::OK));
    assert_eq!(bench.read_timed(), at(&[(0, "boot ok")]));
    bench.short(A);
    assert_eq!(bench.lamp(), 50);
}

/// The ticks at which `status` changes after a failed init, up to `until`.
fn code(bench: &mut Bench, cause: InitError, until: u32) -> Vec<u32> {
    bench.handle(Event::Init(InitError::condition(Err(cause))));
    assert!(bench.status());
    let mut changes = vec![];
    for _ in 0..until {
        let before = bench.status();
        bench.wait(1);
        if bench.status() != before {
            changes.push(bench.tick);
        }
    }
    changes
}

#[test]
fn a_failed_clock_blinks_twice() {
    let mut bench = Bench::new();
    assert_eq!(
        code(&mut bench, InitError::ClockFailed, 3_200),
        [200, 400, 600, 1_600, 1_800, 2_000, 2_200, 3_200]
    );
    assert_eq!(bench.read_timed(), at(&[(0, "boot clock-failed")]));
}

#[test]
fn a_missing_uart_blinks_three_times() {
    let mut bench = Bench::new();
    assert_eq!(
        code(&mut bench, InitError::UartUnavailable, 2_200),
        [200, 400, 600, 800, 1_000, 2_000, 2_200]
    );
    assert_eq!(bench.read_timed(), at(&[(0, "boot uart-unavailable")]));
}

#[test]
fn the_safe_state_is_deaf_and_dark_and_its_heart_beats() {
    let mut bench = Bench::new();
    bench.handle(Event::Init(InitError::condition(Err(
        InitError::ClockFailed,
    ))));
    bench.read();
    bench.short(A);
    bench.double(A);
    bench.chord();
    assert_eq!(bench.read(), NOTHING);
    assert_eq!(bench.lamp(), 0);
    assert!(!bench.locked());

    bench.until(bench.tick.next_multiple_of(1_000));
    assert!(!bench.heartbeat());
    bench.wait(500);
    assert!(bench.heartbeat());
}

#[test]
fn every_number_comes_from_the_tuning() {
    static QUICK: Tuning = Tuning {
        debounce: Ticks(2),
        double_press: Ticks(5),
        heartbeat: Ticks(7),
        start_level: 0,
        ..Tuning::SHIPPED
    };
    let mut bench = Bench::with(Lamp::with_tuning(&QUICK));
    bench.tap(A, 3);
    bench.until(7);
    assert!(bench.heartbeat());
    bench.until(10);
    assert_eq!(bench.read_timed(), at(&[(10, "power on")]));
    assert_eq!(bench.lamp(), 25);
}
