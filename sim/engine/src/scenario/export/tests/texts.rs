//! The exported text of typical runs.

use insta::assert_snapshot;
use lockstep_apps::toggle;

use super::*;

fn lamp_text(line: &str) -> String {
    exported(&lamp(), &script(&lamp(), line))
}

#[test]
fn taps_double_taps_and_long_presses() {
    let text = lamp_text(
        "t:1s d:A t:50 u:A t:3s d:A t:60 u:A t:90 d:A t:70 u:A t:800 d:B t:55 u:B t:2s \
         d:A t:1100 u:A t:5s",
    );
    assert_snapshot!(text, @r"
    app lamp

    expect log boot ok
    expect heartbeat repeats every 1 s within 1500 ms
    wait 1 s

    tap A for 50 ms
    expect no log power for 319 ms
    expect log power on within 320 ms
    expect lamp stays off for 319 ms
    expect lamp becomes 50 within 320 ms
    wait 3 s
    expect lamp is 50

    tap A for 60 ms
    wait 90 ms
    press A
    expect no log level for 19 ms
    expect log level 100 within 20 ms
    expect lamp stays 50 for 19 ms
    expect lamp becomes 100 within 20 ms
    wait 70 ms
    expect lamp is 100
    release A
    wait 800 ms

    tap B for 55 ms
    expect no log level for 19 ms
    expect log level 25 within 20 ms
    expect lamp stays 100 for 19 ms
    expect lamp becomes 25 within 20 ms
    wait 2 s
    expect lamp is 25

    press A
    expect no log night for 819 ms
    expect log night on within 820 ms
    expect lamp stays 25 for 819 ms
    expect lamp becomes 5 within 820 ms
    wait 1100 ms
    expect lamp is 5
    release A
    expect lamp stays 5 for 5 s
    wait 5 s
    ");
}

#[test]
fn blinking_and_breathing_are_expected_as_pulse_trains() {
    let text =
        lamp_text("d:A t:50 u:A t:1s d:B t:1s u:B t:7s d:B t:60 u:B t:1s d:B t:1s u:B t:20s");
    assert_snapshot!(text, @r"
    app lamp

    expect log boot ok
    expect heartbeat repeats every 1 s within 1500 ms

    tap A for 50 ms
    expect no log power for 319 ms
    expect log power on within 320 ms
    expect lamp stays off for 319 ms
    expect lamp becomes 50 within 320 ms
    wait 1 s
    expect lamp is 50

    press B
    expect no log pattern for 819 ms
    expect log pattern blink within 820 ms
    wait 1 s
    release B
    expect lamp stays 50 for 319 ms
    expect lamp becomes off within 320 ms
    expect lamp repeats every 1 s within 1820 ms
    expect lamp pulses high for 500 ms within 1320 ms
    wait 7 s
    expect lamp is 50

    tap B for 60 ms
    expect no log level for 19 ms
    expect log level 75 within 20 ms
    expect lamp stays 50 for 19 ms
    expect lamp becomes 75 within 20 ms
    wait 20 ms
    expect lamp stays 75 for 239 ms
    expect lamp becomes off within 240 ms
    wait 240 ms
    expect lamp stays off for 499 ms
    expect lamp becomes 75 within 500 ms
    wait 740 ms
    expect lamp is 75

    press B
    expect lamp stays 75 for 259 ms
    expect lamp becomes off within 260 ms
    wait 260 ms
    expect lamp stays off for 499 ms
    expect lamp becomes 75 within 500 ms
    wait 500 ms
    expect no log pattern for 59 ms
    expect log pattern breathe within 60 ms
    expect lamp stays 75 for 59 ms
    expect lamp becomes off within 60 ms
    expect lamp repeats every 2 s within 2110 ms
    expect lamp pulses high for 1950 ms within 2060 ms
    wait 240 ms
    expect lamp is 11
    release B
    wait 20 s
    expect lamp is 11
    ");
}

#[test]
fn bounces_chords_and_resets() {
    let text = lamp_text(
        "d:A~6 t:60 u:A~5 t:800 d:A+B t:2100 u:A t:30 u:B t:1500 d:A~3 t:4s r:uart-missing \
         t:100 u:A t:2s",
    );
    assert_snapshot!(text, @r"
    app lamp

    expect log boot ok
    expect heartbeat repeats every 1 s within 1500 ms

    press A bouncing for 6 ms
    wait 60 ms
    release A bouncing for 5 ms
    expect no log power for 319 ms
    expect log power on within 320 ms
    expect lamp stays off for 319 ms
    expect lamp becomes 50 within 320 ms
    wait 800 ms
    expect lamp is 50

    press A and B
    expect no log lock for 2019 ms
    expect log lock on within 2020 ms
    expect locked stays off for 2019 ms
    expect locked becomes on within 2020 ms
    wait 2100 ms
    expect locked is on
    release A
    wait 30 ms
    release B
    expect lamp stays 50 for 1500 ms
    expect locked stays on for 1500 ms
    wait 1500 ms

    press A bouncing for 3 ms
    expect no log ignored for 19 ms
    expect log ignored a within 20 ms
    wait 4 s
    expect lamp is 50
    expect locked is on
    expect status is off

    reset with uart missing
    expect log boot uart-unavailable
    expect lamp is off
    expect locked is off
    expect status is on
    expect heartbeat repeats every 1 s within 1500 ms
    wait 100 ms
    release A
    expect status stays on for 99 ms
    expect status becomes off within 100 ms
    expect status repeats every 400 ms within 700 ms
    expect status pulses high for 200 ms within 500 ms
    wait 900 ms
    expect status stays off for 999 ms
    expect status becomes on within 1 s
    wait 1100 ms
    expect status is on
    ");
}

#[test]
fn what_an_input_causes_in_its_tick_is_expected_after_it() {
    let app = AppEntry::of::<toggle::Toggle>();
    let line = "clock:4294966296 t:200 d:button t:50 u:button t:3s d:button~3 t:900 r t:2s";
    assert_snapshot!(exported(&app, &script(&app, line)), @r"
    app toggle
    clock starts at 4294966296

    wait 200 ms
    expect led is off

    press button
    expect log led on
    expect led is on
    wait 50 ms
    release button
    expect led stays on for 3 s
    wait 3 s

    press button
    expect log led off
    expect led is off
    wait 1 ms
    release button
    wait 2 ms
    expect led is off

    press button
    expect log led on
    expect led is on
    wait 900 ms

    reset
    expect log led on
    expect led stays on for 2 s
    wait 2 s
    ");
}
