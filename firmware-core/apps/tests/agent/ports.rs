//! Numbers, serial lines and matrices on a board.

use lockstep_apps::snake::Snake;
use lockstep_apps::thermostat::Thermostat;
use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::matrix::MatrixId;

use super::*;

const UART: SerialId = SerialId(0);
const TEMPERATURE: NumberId = NumberId(0);

fn refusal_of(action: Action) -> Option<Refusal> {
    let (mut agent, mut wire) = stopped::<Thermostat>();
    wire.ask(Command::At(RunTicks(1), action));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.messages().into_iter().find_map(|told| match told {
        Told::Refused(refusal) => Some(refusal),
        _ => None,
    })
}

#[test]
fn what_the_app_does_not_declare_is_refused() {
    for (action, refusal) in [
        (Action::Number(TEMPERATURE, 1_250), None),
        (
            Action::Number(TEMPERATURE, 1_251),
            Some(Refusal::NumberOutOfRange),
        ),
        (
            Action::Number(TEMPERATURE, i32::MIN),
            Some(Refusal::NumberOutOfRange),
        ),
        (Action::Number(NumberId(1), 0), Some(Refusal::NoSuchNumber)),
        (Action::Byte(UART, 0xff), None),
        (
            Action::Byte(SerialId(1), 0),
            Some(Refusal::NoSuchSerialLine),
        ),
    ] {
        assert_eq!(refusal_of(action), refusal, "{action:?}");
    }
}

fn sent(told: &[Told]) -> Vec<u8> {
    let pieces = told.iter().filter_map(|told| match told {
        Told::Observed(_, Observation::Sent(_, bytes)) => Some(bytes.to_vec()),
        _ => None,
    });
    pieces.flatten().collect()
}

#[test]
fn bytes_from_the_pins_reach_the_product_alone() {
    let mut wire = Wire::new();
    let mut agent = booted::<Thermostat>(&mut wire);
    wire.up.clear();
    for byte in *b"status\n" {
        agent.take_byte(UART, byte, &mut wire);
    }
    let answer = sent(&wire.messages());
    assert!(answer.starts_with(b"temp 20.0"), "{answer:?}");

    wire.ask(Command::Start(start(5, Stimulus::Scheduled)));
    agent.receive(&|| Contacts::OPEN, &mut wire);
    wire.up.clear();
    for byte in *b"status\n" {
        agent.take_byte(UART, byte, &mut wire);
    }
    assert_eq!(wire.messages(), [], "a bench has the app");
}

#[test]
fn what_is_drawn_is_told_and_reaches_the_display() {
    #[derive(Default)]
    struct Display(Vec<Option<(u8, Vec<u8>)>>);

    impl Link for Display {
        fn send(&mut self, _: &[u8]) -> bool {
            true
        }
        fn receive(&mut self, _: &mut [u8]) -> usize {
            0
        }
        fn draw(&mut self, _: MatrixId, row: u8, packed: &[u8]) {
            self.0.push(Some((row, packed.to_vec())));
        }
        fn darken(&mut self) {
            self.0.push(None);
        }
    }

    let mut display = Display::default();
    let mut agent = Agent::<Snake, QUEUE>::new(IDENTITY);
    agent.boot(&mut display);
    let [reset, rows @ ..] = display.0.as_slice() else {
        panic!("nothing reached the display")
    };
    assert_eq!(*reset, None);
    let drawn = Some((2, vec![0x36, 0x90, 0x00]));
    assert!(rows.contains(&drawn), "{rows:?}");

    let mut wire = Wire::new();
    booted::<Snake>(&mut wire);
    let told = wire.messages().into_iter();
    let rows = told.filter(|it| matches!(it, Told::Observed(_, Observation::Row(..))));
    assert!(rows.count() > 0);
}
