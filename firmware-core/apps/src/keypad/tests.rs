extern crate std;

use lockstep_core::event::ButtonId;
use std::vec::Vec;

use super::*;

#[derive(Default)]
struct Reports(Vec<Vec<u8>>);

impl Sink for Reports {
    fn log(&mut self, _: Log) {}
    fn send(&mut self, _: SerialId, bytes: &[u8]) {
        self.0.push(bytes.to_vec());
    }
}

/// The reports of keys that go down one after the other, and stay down.
fn reports(condition: BootCondition, keys: &[u8]) -> Vec<Vec<u8>> {
    let mut keypad = Keypad::new();
    let mut reports = Reports::default();
    keypad.handle(Event::Init(condition), &mut reports);
    for key in keys {
        keypad.handle(Event::Press(ButtonId(*key)), &mut reports);
        for _ in 0..Tuning::SHIPPED.settle.0 {
            keypad.handle(Event::Tick, &mut reports);
        }
    }
    reports.0
}

#[test]
fn a_report_has_the_keys_that_are_down_lowest_first() {
    assert_eq!(
        reports(BootCondition::OK, &[2, 7, 0]),
        [
            [0, 0, 0x20, 0, 0, 0, 0, 0],
            [2, 0, 0x20, 0, 0, 0, 0, 0],
            [2, 0, 0x1e, 0x20, 0, 0, 0, 0],
        ]
    );
}

#[test]
fn a_seventh_key_is_an_error_and_a_modifier_is_none() {
    let reports = reports(BootCondition::OK, &[0, 1, 2, 3, 4, 5, 7, 6]);
    let [.., six, with_shift, seven] = reports.as_slice() else {
        panic!("{reports:?}")
    };
    assert_eq!(six, &[0, 0, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23]);
    assert_eq!(with_shift, &[2, 0, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23]);
    assert_eq!(seven, &[2, 0, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn without_a_uart_nothing_is_sent() {
    let no_uart = InitError::condition(Err(InitError::UartUnavailable));
    assert!(reports(no_uart, &[0]).is_empty());
}
