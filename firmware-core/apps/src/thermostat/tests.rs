extern crate std;

use super::*;
use lockstep_core::event::NumberId;
use proptest::prelude::*;
use std::string::String;
use std::vec::Vec;

/// Keeps what is sent, and passes over logs.
#[derive(Default)]
struct Sent(Vec<u8>);

impl Sink for Sent {
    fn log(&mut self, _: Log) {}
    fn send(&mut self, _: SerialId, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn at(temperature: Tenths) -> Thermostat {
    let mut thermostat = Thermostat::new();
    measure(&mut thermostat, temperature);
    thermostat
}

fn measure(thermostat: &mut Thermostat, temperature: Tenths) {
    thermostat.handle(Event::Number(NumberId(0), temperature), &mut ());
}

fn wait(thermostat: &mut Thermostat, ticks: u32) {
    (0..ticks).for_each(|_| thermostat.handle(Event::Tick, &mut ()));
}

fn told(thermostat: &mut Thermostat, text: &str) -> String {
    let mut sent = Sent::default();
    for byte in text.bytes() {
        thermostat.handle(Event::Byte(UART, byte), &mut sent);
    }
    String::from_utf8(sent.0).expect("answers are text")
}

#[test]
fn heater_and_fan_go_on_and_off_at_other_temperatures() {
    let mut thermostat = Thermostat::new();
    let mut seen = Vec::new();
    for temperature in [196, 195, 199, 200, 219, 220, 211, 210] {
        measure(&mut thermostat, temperature);
        seen.push((thermostat.heater, thermostat.fan));
    }
    let (none, heater, fan) = ((false, false), (true, false), (false, true));
    assert_eq!(seen, [none, heater, heater, none, none, fan, fan, none]);
}

#[test]
fn a_failed_sensor_is_trusted_after_two_seconds_of_possible_readings() {
    let mut thermostat = at(-401);
    assert_eq!(thermostat.outputs()[2], Level::ON);
    measure(&mut thermostat, 180);
    wait(&mut thermostat, 1_000);
    measure(&mut thermostat, 851);
    measure(&mut thermostat, 180);
    wait(&mut thermostat, 1_999);
    assert_eq!(
        thermostat.outputs()[..3],
        [Level::OFF, Level::OFF, Level::ON]
    );
    wait(&mut thermostat, 1);
    assert_eq!(
        thermostat.outputs()[..3],
        [Level::ON, Level::OFF, Level::OFF]
    );
}

#[test]
fn the_console_answers_every_line() {
    for (line, answer) in [
        ("status\n", "temp 21.5 set 20.0 heater off fan off\n"),
        ("  status \r\n", "temp 21.5 set 20.0 heater off fan off\n"),
        ("set 5\n", "ok\n"),
        ("set 30.0\n", "ok\n"),
        ("set 30.1\n", "error: set takes 5.0 to 30.0\n"),
        ("set 4.9\n", "error: set takes 5.0 to 30.0\n"),
        ("set 21.55\n", "error: set takes 5.0 to 30.0\n"),
        ("set -21\n", "error: set takes 5.0 to 30.0\n"),
        ("set\n", "error: set takes 5.0 to 30.0\n"),
        ("set 21 22\n", "error: set takes 5.0 to 30.0\n"),
        ("set 99999999999\n", "error: set takes 5.0 to 30.0\n"),
        ("set 2\r5\n", "error: set takes 5.0 to 30.0\n"),
        ("sta\rtus\r\n", "error: status or set\n"),
        ("status\r\r\n", "temp 21.5 set 20.0 heater off fan off\n"),
        ("help\n", "error: status or set\n"),
        ("status now\n", "error: status or set\n"),
        ("\n", ""),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa\n", "error: line too long\n"),
    ] {
        assert_eq!(told(&mut at(215), line), answer, "{line:?}");
    }
}

#[test]
fn after_a_line_that_is_too_long_the_next_one_counts() {
    let mut thermostat = at(215);
    let long = std::format!("{}\nset 25\nstatus\n", "x".repeat(300));
    let answer = "error: line too long\nok\ntemp 21.5 set 25.0 heater on fan off\n";
    assert_eq!(told(&mut thermostat, &long), answer);
}

#[test]
fn without_a_uart_nothing_is_answered_and_without_a_clock_nothing_is_heated() {
    let mut silent = Thermostat::new();
    silent.handle(Event::Init(BootCondition(2)), &mut ());
    measure(&mut silent, 100);
    assert_eq!(told(&mut silent, "status\n"), "");
    assert_eq!(silent.outputs()[0], Level::ON);
    let mut stopped = Thermostat::new();
    stopped.handle(Event::Init(BootCondition(1)), &mut ());
    measure(&mut stopped, 100);
    wait(&mut stopped, 3_000);
    assert_eq!(stopped.outputs()[..3], [Level::OFF, Level::OFF, Level::ON]);
    let answer = "sensor failed set 20.0 heater off fan off\n";
    assert_eq!(told(&mut stopped, "status\n"), answer);
}

proptest! {
    #[test]
    fn any_bytes_leave_a_setpoint_in_range(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut thermostat = at(215);
        for byte in bytes {
            thermostat.handle(Event::Byte(UART, byte), &mut ());
            prop_assert!((Tuning::SHIPPED.lowest_setpoint..=Tuning::SHIPPED.highest_setpoint).contains(&thermostat.setpoint));
        }
        told(&mut thermostat, "\n");
        prop_assert!(told(&mut thermostat, "status\n").starts_with("temp 21.5 set "));
    }

    #[test]
    fn never_are_heater_and_fan_on_together(
        readings in proptest::collection::vec(-550..1_250_i32, 1..40),
        setpoint in Tuning::SHIPPED.lowest_setpoint..=Tuning::SHIPPED.highest_setpoint,
    ) {
        let mut thermostat = Thermostat::new();
        thermostat.move_setpoint(setpoint, &mut ());
        for reading in readings {
            measure(&mut thermostat, reading);
            prop_assert!(!(thermostat.heater && thermostat.fan));
        }
    }
}
