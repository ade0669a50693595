//! Inputs of several ticks, which are one sentence where it plays the same.

use insta::assert_snapshot;
use lockstep_apps::thermostat::Thermostat;
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::{ButtonId, Event, SerialId};
use lockstep_core::output::Level;
use lockstep_core::ports::{Encoder, SerialLine};
use lockstep_core::time::Instant;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::script::{Action, BootCondition, ScriptEvent, SwitchState};

/// Answers each line on a slow serial line, and has an encoder that it does not watch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Slow;

impl App for Slow {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("slow", "1.0.0")
        .with_buttons(&["a", "b"])
        .with_encoders(&[Encoder::new("knob", ButtonId(0), ButtonId(1))])
        .with_serial_lines(&[SerialLine::new("uart").with_baud(4_800)]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        if event == Event::Byte(SerialId(0), b'\n') {
            out.send(SerialId(0), b"ok\n");
        }
    }

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

fn text_of(app: &AppEntry, text: &str) -> String {
    exported(app, &read(app, text).script)
}

#[test]
fn bytes_that_come_as_fast_as_their_line_are_one_send() {
    let text = text_of(
        &AppEntry::of::<Slow>(),
        "app slow\nsend uart \"status\\n\"\nwait 20 ms\nsend uart \"no\"\nwait 9 ms\nsend uart \"w\\n\"\n\
         send uart \"at once\\n\"\nwait 1 s\n",
    );
    assert_snapshot!(text, @r#"
    app slow

    send uart "status\n"
    expect uart says "ok\n"
    wait 20 ms

    send uart "no"
    wait 9 ms
    send uart "w"
    wait 2 ms
    send uart "\n"
    send uart "a"
    expect uart says "ok\n"
    wait 2 ms

    send uart "t once\n"
    expect uart says "ok\n"
    wait 1 s
    "#);
    let text = text_of(
        &AppEntry::of::<Thermostat>(),
        "app thermostat\nwait 1 s\nsend uart \"a line that is too long to be a command\\nset 21.5\\n\"\n\
         wait 1 s\n",
    );
    assert_snapshot!(text, @r#"
    app thermostat

    expect setpoint is 20.0 C
    wait 1 s

    send uart "a line that is too long to be a command\nset 21."
    expect uart says "error: line too long\n"
    wait 1 ms
    expect heater is off
    expect setpoint is 20.0 C

    send uart "5\n"
    expect log command "set 21.5"
    expect log heater on
    expect uart says "ok\n"
    expect heater is on
    expect setpoint is 21.5 C
    wait 1 s
    "#);
}

#[test]
fn the_moves_of_an_encoder_are_a_turn() {
    let text = text_of(
        &AppEntry::of::<Slow>(),
        "app slow\nturn knob by 3 clicks over 300 ms\nturn knob by -2 clicks over 8 ms\nwait 7 ms\n\
         press a\nwait 1 ms\npress b\nwait 1 ms\nrelease a\nwait 1 ms\nrelease b\n",
    );
    assert_snapshot!(text, @r#"
    app slow

    turn knob by 3 clicks over 300 ms
    turn knob by -2 clicks over 8 ms
    wait 7 ms
    press a
    wait 1 ms
    press b
    wait 1 ms
    release a
    wait 1 ms
    release b
    "#);
    let text = text_of(
        &AppEntry::of::<Thermostat>(),
        "app thermostat\nturn knob by 2 clicks over 8 ms\nset temperature to 18 C\nwait 10 ms\n\
         turn knob by -1 clicks over 4 ms\nwait 5 ms\n",
    );
    assert_snapshot!(text, @r#"
    app thermostat

    expect setpoint is 20.0 C

    turn knob by 1 click over 4 ms
    expect log heater on
    expect heater is on
    expect setpoint is 20.5 C

    turn knob by 1 click over 4 ms
    expect setpoint is 21.0 C

    set temperature to 18.0 C
    wait 10 ms
    expect setpoint is 21.0 C

    turn knob by -1 click over 4 ms
    expect setpoint is 20.5 C
    wait 5 ms
    "#);
}

/// Any moves of the contacts, bytes and resets, mostly close to each other.
fn scripts() -> impl Strategy<Value = Script> {
    let what = prop_oneof![
        3 => Just(0_u8),
        3 => Just(1),
        6 => Just(2),
        1 => Just(3),
    ];
    let step = (
        prop_oneof![6 => 1_u64..4, 1 => 4_u64..40],
        what,
        any::<bool>(),
    );
    (vec(step, 0..60), 0_u64..9).prop_map(|(steps, rest)| {
        let mut tick = 0;
        let mut closed = [false; 2];
        let mut events = Vec::new();
        for (apart, what, ends_line) in steps {
            tick += apart - u64::from(what == 2 && ends_line);
            let action = match what {
                2 => Action::Byte(SerialId(0), if ends_line { b'\n' } else { b'x' }),
                3 => Action::Reset(BootCondition::OK),
                button => {
                    let is_closed = &mut closed[usize::from(button)];
                    *is_closed = !*is_closed;
                    let to = if *is_closed {
                        SwitchState::Closed
                    } else {
                        SwitchState::Open
                    };
                    Action::Button(ButtonId(button), to)
                }
            };
            events.push(ScriptEvent {
                tick: RunTicks(tick),
                action,
            });
        }
        let end = RunTicks(tick + rest);
        Script::new(BootCondition::OK, Instant::ZERO, events, end).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_close_together_can_be_exported(script in scripts()) {
        exported(&AppEntry::of::<Slow>(), &script);
        exported(&AppEntry::of::<Thermostat>(), &script);
    }
}
