//! What holds whatever happens.

use super::*;
use crate::board::InitError;
use lockstep_core::event::BootCondition;
use lockstep_core::time::Ticks;
use proptest::prelude::*;
use std::boxed::Box;

/// The product with its ten minutes shortened, so that a random day is short too.
static BRIEF: Tuning = Tuning {
    auto_off: Ticks::from_secs(4),
    ..Tuning::SHIPPED
};

/// What happens, each after so many ticks.
fn days() -> impl Strategy<Value = Vec<(u32, Event)>> {
    let gap = prop_oneof![
        4 => 0..3_u32,
        4 => 15..25_u32,
        6 => 50..400_u32,
        2 => 750..900_u32,
        2 => 1_900..2_200_u32,
        1 => 3_900..4_200_u32,
    ];
    let event = prop_oneof![
        20 => (0..2_u8).prop_map(|id| Event::Press(ButtonId(id))),
        20 => (0..2_u8).prop_map(|id| Event::Release(ButtonId(id))),
        1 => any::<u8>().prop_map(|id| Event::Press(ButtonId(id))),
        1 => Just(Event::Init(BootCondition::OK)),
    ];
    let boot = prop_oneof![
        8 => Just(Ok(())),
        1 => Just(Err(InitError::ClockFailed)),
        1 => Just(Err(InitError::UartUnavailable)),
    ];
    (boot, proptest::collection::vec((gap, event), 0..40)).prop_map(|(boot, mut day)| {
        day.insert(0, (0, Event::Init(InitError::condition(boot))));
        day
    })
}

/// Everything that can be seen of a lamp: its outputs after each event and its logs.
type Seen = (Vec<[i32; 4]>, Vec<(u32, String)>);

fn play(lamp: Lamp, day: &[(u32, Event)]) -> Seen {
    let mut bench = Bench::with(lamp);
    let mut outputs = Vec::new();
    for &(gap, event) in day {
        for _ in 0..gap {
            bench.wait(1);
            outputs.push(bench.lamp.outputs().map(|level| level.0));
        }
        bench.handle(event);
        outputs.push(bench.lamp.outputs().map(|level| level.0));
    }
    (outputs, bench.said)
}

proptest! {
    #[test]
    fn outputs_and_logs_stay_within_what_is_declared(day in days()) {
        let (outputs, _) = play(Lamp::with_tuning(&BRIEF), &day);
        for levels in outputs {
            for (level, output) in levels.iter().zip(Lamp::DESCRIPTOR.outputs()) {
                prop_assert!(*level <= output.range().max().0, "{} {level}", output.name());
            }
        }
    }

    #[test]
    fn the_wrap_of_the_counter_changes_nothing(day in days(), before_wrap in 0..20_000_u32) {
        let near_wrap = Lamp::with_tuning_at(&BRIEF, Instant(u32::MAX - before_wrap));
        prop_assert_eq!(
            play(near_wrap, &day),
            play(Lamp::with_tuning(&BRIEF), &day)
        );
    }

    #[test]
    fn passing_over_idle_ticks_is_taking_them(day in days(), before_wrap in 0..20_000_u32) {
        let clock = Instant(u32::MAX - before_wrap);
        let mut ticked = Bench::with(Lamp::with_tuning_at(&BRIEF, clock));
        let mut passed = Bench::with(Lamp::with_tuning_at(&BRIEF, clock));
        for (gap, event) in day {
            ticked.wait(gap);
            let until = passed.tick + gap;
            while passed.tick < until {
                match passed.lamp.next_wakeup().idle_ticks().0.min(until - passed.tick) {
                    0 => passed.wait(1),
                    idle => {
                        passed.lamp.pass(Ticks(idle));
                        passed.tick += idle;
                    }
                }
            }
            prop_assert_eq!(&passed.lamp, &ticked.lamp);
            ticked.handle(event);
            passed.handle(event);
        }
        prop_assert_eq!(passed.said, ticked.said);
    }

    #[test]
    fn the_same_day_leaves_the_same_lamp_counted_from_now(day in days(), clock: u32) {
        let played = |clock| {
            let mut bench = Bench::with(Lamp::with_tuning_at(&BRIEF, clock));
            for &(gap, event) in &day {
                bench.wait(gap);
                bench.handle(event);
            }
            bench.lamp.counted_from_now()
        };
        prop_assert!(played(Instant::ZERO).is_some());
        prop_assert_eq!(played(Instant(clock)), played(Instant::ZERO));
    }

    #[test]
    fn lamps_that_are_equal_counted_from_now_go_on_equally(day in days(), next in days()) {
        let mut bench = Bench::with(Lamp::with_tuning(&BRIEF));
        for (gap, event) in day {
            bench.wait(gap);
            bench.handle(event);
        }
        let from_now = bench.lamp.clone().counted_from_now();
        prop_assert_eq!(
            from_now.map(|lamp| play(lamp, &next)),
            Some(play(bench.lamp, &next))
        );
    }

    #[test]
    fn a_locked_lamp_only_ever_ignores_unlocks_and_goes_off(day in days()) {
        const ALLOWED: [&str; 5] =
            ["ignored a", "ignored b", "lock off", "power auto-off", "night off"];
        let mut bench = Bench::with(Lamp::with_tuning(&BRIEF));
        for (gap, event) in day {
            for _ in 0..gap {
                let locked = bench.locked();
                bench.wait(1);
                let said = bench.read();
                prop_assert!(!locked || said.iter().all(|log| ALLOWED.contains(&log.as_str())));
            }
            bench.handle(event);
            bench.read();
        }
    }

    #[test]
    fn a_lamp_that_says_it_is_off_is_dark(day in days()) {
        let mut bench = Bench::with(Lamp::with_tuning(&BRIEF));
        let mut on = false;
        for (gap, event) in day {
            for _ in 0..gap {
                bench.wait(1);
                for said in bench.read() {
                    match said.as_str() {
                        "power on" => on = true,
                        "power off" | "power auto-off" => on = false,
                        _ => {}
                    }
                }
                prop_assert!(on || bench.lamp() == 0);
            }
            bench.handle(event);
            bench.read();
        }
    }

    #[test]
    fn no_tuning_makes_it_leave_its_ranges(
        numbers in proptest::array::uniform11(0..3_000_u32),
        small in proptest::array::uniform9(any::<u8>()),
        day in days(),
    ) {
        let [debounce, long_press, double_press, lock_hold, auto_off, heartbeat,
            blink_half_period, breathe_step, fault_on, fault_off, fault_pause] =
            numbers.map(Ticks);
        let [breathe_steps, clock_failed_blinks, uart_missing_blinks, l0, l1, l2, l3,
            start_level, night_brightness] = small;
        let tuning = Box::leak(Box::new(Tuning {
            debounce,
            long_press,
            double_press,
            lock_hold,
            auto_off,
            heartbeat,
            blink_half_period,
            breathe_step,
            breathe_steps,
            fault_on,
            fault_off,
            fault_pause,
            clock_failed_blinks,
            uart_missing_blinks,
            levels: [l0, l1, l2, l3],
            start_level,
            night_brightness,
        }));
        let (outputs, _) = play(Lamp::with_tuning(tuning), &day);
        prop_assert!(outputs.iter().all(|levels| levels[0] <= 100));
    }
}
