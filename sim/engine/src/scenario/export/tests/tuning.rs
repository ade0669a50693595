//! A tuning of the lamp that is off by one fails an exported scenario.

use lockstep_apps::lamp::Tuning;

use super::*;
use crate::capabilities::Capabilities;

/// A number of the lamp's tuning, and a way to change it by one.
type Number = (&'static str, fn(&mut Tuning, bool));

macro_rules! numbers {
    ($($($field:tt).+ $([$span:literal])?),* $(,)?) => {
        [$((
            stringify!($($field).+ $([$span])?),
            |tuning, up| {
                let number = &mut tuning.$($field).+$([$span])?;
                *number = if up { *number + 1 } else { *number - 1 };
            },
        )),*]
    };
}

/// Taps, double taps, long presses, both patterns, night mode and the lock.
const DAY: &str = "t:300 d:A t:60 u:A t:1200 d:A t:60 u:A t:900 d:A t:80 u:A t:150 d:A t:70 \
    u:A t:700 d:B t:50 u:B t:400 d:B t:50 u:B t:400 d:B t:50 u:B t:400 d:B t:50 u:B t:400 \
    d:B t:900 u:B t:4000 d:B t:900 u:B t:9000 d:B t:900 u:B t:500 d:A t:900 u:A t:700 \
    d:A+B t:2100 u:A+B t:3000";

/// No inputs until the lamp turns itself off.
const NIGHT: &str = "d:A t:60 u:A t:11min";

/// Boards that come up with a fault.
const CLOCK: &str = "board:clock-failed t:8s";
const UART: &str = "board:uart-missing t:8s";

#[test]
fn a_tuning_that_is_off_by_one_is_noticed() {
    let numbers: [Number; 20] = numbers![
        debounce.0,
        long_press.0,
        double_press.0,
        lock_hold.0,
        auto_off.0,
        heartbeat.0,
        blink_half_period.0,
        breathe_step.0,
        breathe_steps,
        fault_on.0,
        fault_off.0,
        fault_pause.0,
        clock_failed_blinks,
        uart_missing_blinks,
        start_level,
        night_brightness,
        levels[0],
        levels[1],
        levels[2],
        levels[3],
    ];
    let texts = [DAY, CLOCK, UART, NIGHT].map(|line| exported(&lamp(), &script(&lamp(), line)));
    for (name, change) in numbers {
        for up in [true, false] {
            let mut tuning = Tuning::SHIPPED;
            change(&mut tuning, up);
            let tuning: &'static Tuning = Box::leak(Box::new(tuning));
            let app = AppEntry::with_builder(
                move |clock| Some(Lamp::with_tuning_at(tuning, clock)),
                move || Lamp::with_tuning(tuning),
                Capabilities::none(),
            );
            let noticed = texts.iter().any(|text| !failures(&app, text).is_empty());
            assert!(noticed, "{name}, up: {up}");
        }
    }
}
