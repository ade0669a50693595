//! Numbers and serial lines of waveforms.

use std::ops::ControlFlow;

use super::*;
use crate::play;
use crate::registry::AppEntry;
use crate::script::Script;
use crate::waveform::import::import;
use lockstep_apps::thermostat::Thermostat;
use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::output::Output;
use lockstep_core::ports::{NumberInput, SerialLine};
use lockstep_core::time::Instant;

const ROOM: &AppDescriptor = &AppDescriptor::new("room", "1.0.0")
    .with_buttons(&["A"])
    .with_numbers(&[
        NumberInput::new("temperature", -400, 1_250)
            .with_decimals(1)
            .with_unit("C")
            .starting_at(200),
        NumberInput::new("light", 0, 4_095),
    ])
    .with_serial_lines(&[SerialLine::new("uart").with_baud(9_600)])
    .with_outputs(&[
        Output::number("setpoint", -500, 500).with_decimals(1),
        Output::digital("heater"),
    ]);

fn vcd(variables: &str, changes: &str) -> String {
    format!(
        "$timescale 10 us $end $scope module tb $end\n{variables}\n$upscope $end \
         $enddefinitions $end\n{changes}\n"
    )
}

fn csv(text: &str, mappings: &[&str]) -> Result<WaveformCapture, WaveformError> {
    let waveform = Waveform::parse(text.as_bytes(), WaveformFormat::Csv, PanicGuard::default())?;
    waveform.read_inputs(ROOM, &mapped(mappings))
}

fn numbers(capture: &WaveformCapture) -> Vec<(u64, u8, i32)> {
    let of = |event: &ScriptEvent| match event.action {
        Action::Number(NumberId(id), number) => Some((event.tick.0, id, number)),
        _ => None,
    };
    capture.script.events().iter().filter_map(of).collect()
}

fn received(capture: &WaveformCapture) -> Vec<(u64, u8)> {
    let of = |event: &ScriptEvent| match event.action {
        Action::Byte(SerialId(0), byte) => Some((event.tick.0, byte)),
        _ => None,
    };
    capture.script.events().iter().filter_map(of).collect()
}

/// The changes of a line, with a code for it, that carries these bytes from 1 ms on.
fn line(bytes: &[u8], code: char, levels: [char; 2]) -> String {
    let mut changes = format!("#0 {}{code}\n", levels[1]);
    let mut bit = 0_u64;
    for byte in bytes {
        let frame = u16::from(*byte) << 1 | 1 << 9;
        for place in 0..10 {
            let time = 100 + bit * 100_000 / 9_600;
            let level = levels[usize::from(frame >> place & 1)];
            changes += &format!("#{time} {level}{code}\n");
            bit += 1;
        }
    }
    changes
}

#[test]
fn a_number_is_a_vector_or_a_real_by_its_name_or_a_map() {
    let text = vcd(
        "$var real 64 t temperature $end $var wire 12 l adc $end",
        "#0 r20 t b0 l #100 r21.46 t b101 l #150 r21.54 t #300 rnan t bx l #400 r-4e1 t",
    );
    let capture = read_with(text, ROOM, &mapped(&["light=adc"])).unwrap();
    assert_eq!(
        numbers(&capture),
        [(1, 0, 215), (1, 1, 5), (4, 0, -400)],
        "the number between two ticks is not another"
    );
    assert_eq!(capture.unknown_numbers, 2);
    assert_eq!(capture.unmapped_ports, ["uart"]);
}

#[test]
fn a_signed_type_is_in_twos_complement_and_in_the_unit_of_the_app() {
    let vector = |kind: &str| {
        let text = vcd(
            &format!("$var {kind} 8 t temperature $end"),
            "#0 b11111011 t",
        );
        numbers(&read(text, ROOM).unwrap())
    };
    assert_eq!(vector("byte"), [(0, 0, -5)]);
    assert_eq!(vector("reg"), [(0, 0, 251)]);
}

#[test]
fn a_number_out_of_range_is_refused_with_its_time() {
    let text = vcd(
        "$var real 64 t temperature $end",
        "#0 r20 t\n#100 r125.04 t\n#1000 r125.06 t",
    );
    let error = read(&text, ROOM).unwrap_err();
    assert_eq!(error.span.map(|span| span.line), Some(6));
    let told = error.to_string();
    assert!(
        told.contains("`temperature` is 125.1 C at 10 ms") && told.contains("-40.0 C to 125.0 C"),
        "{told}"
    );
    // Before the part that is played it does not matter, unless it is still so then.
    let from = |from: &str, to: &str, changes: &str| {
        let mut options = mapped(&[]);
        options.window.from = WaveTime::parse(from).ok();
        options.window.to = WaveTime::parse(to).ok();
        let text = vcd("$var real 64 t temperature $end", changes);
        read_with(text, ROOM, &options).map(|capture| numbers(&capture))
    };
    let late = "#0 r999 t\n#100 r25 t\n#500 r26 t";
    assert_eq!(
        from("2ms", "9ms", late).unwrap(),
        [(0, 0, 250), (3, 0, 260)]
    );
    assert!(from("0.5ms", "9ms", late).is_err());
    assert!(from("2ms", "9ms", "#0 rwarm t").is_err());
}

#[test]
fn what_cannot_be_a_number_or_a_line_is_refused() {
    for (variables, mapping, expected) in [
        (
            "$var string 1 s text $end",
            "light=text",
            "a vector or a real",
        ),
        (
            "$var real 64 s level $end",
            "uart=level",
            "1 bit, or a string",
        ),
        ("$var wire 8 s bus $end", "light=bus[3]", "all of its bits"),
        ("$var wire 8 s bus $end", "uart=bus", "--map uart=tb.bus[0]"),
    ] {
        let text = vcd(variables, "#0");
        let told = read_with(text, ROOM, &mapped(&[mapping])).unwrap_err();
        let told = told.to_string();
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_file_whose_signals_have_other_names_lists_numbers_too() {
    let text = vcd(
        "$var real 64 t room $end $var wire 12 l adc $end",
        "#0 r20 t",
    );
    let told = read(text, ROOM).unwrap_err();
    assert!(told.kind.expected().contains("`temperature`"), "{told}");
    let help = told.kind.help().unwrap();
    assert!(
        help.contains("tb.room  a real number") && help.contains("tb.adc   12 bits"),
        "{help}"
    );
}

#[test]
fn a_table_has_numbers_with_their_decimals() {
    let text = "Time [s],room,D0,lux\n0,0,0,12\n0.001,21.46,0,12\n0.002,21.5,1,4095\n";
    let capture = csv(text, &["temperature=room", "A=D0", "light=lux"]).unwrap();
    assert_eq!(
        numbers(&capture),
        [(0, 0, 0), (0, 1, 12), (1, 0, 215), (2, 1, 4_095)]
    );
    assert_eq!(moves(&capture), [(2, 0, SwitchState::Closed)]);
    let told = csv(&text.replace("21.5,", "hot,"), &["temperature=room"]).unwrap_err();
    assert_eq!(
        told.to_string(),
        "line 4, column 7: found `hot`, expected a number"
    );
    let told = csv(text, &["A=room"]).unwrap_err().to_string();
    assert!(told.contains("found `21.46`"), "{told}");
}

#[test]
fn strings_of_a_line_are_bytes_and_their_escapes_are_undone() {
    let text = vcd(
        "$var string 1 u uart $end",
        "#0 s u\n#100 sled\\x20on\\012 u\n#200 s u\n#300 s\\\\\\xff u\n",
    );
    let capture = read(text, ROOM).unwrap();
    let bytes: Vec<u8> = received(&capture).iter().map(|(_, byte)| *byte).collect();
    assert_eq!(bytes, b"led on\n\\\xff");
    assert_eq!(received(&capture)[7].0, 3);
}

/// pyvcd escapes spaces and leaves zero bytes as they are; here the next word is a code, too.
#[test]
fn zero_bytes_in_a_string_of_a_line_are_bytes() {
    let text = vcd(
        "$var string 1 u uart $end $var wire 1 \" A $end",
        "#0 s u\n#100 s\0\0\"\0 u\n#200 s u\n",
    );
    let capture = read(text, ROOM).unwrap();
    let bytes: Vec<u8> = received(&capture).iter().map(|(_, byte)| *byte).collect();
    assert_eq!(bytes, b"\0\0\"\0");
}

#[test]
fn a_captured_line_is_decoded_by_its_baud_rate() {
    for (mapping, levels) in [("uart=rx", ['0', '1']), ("uart=!rx", ['1', '0'])] {
        let text = vcd("$var wire 1 r rx $end", &line(b"OK\n", 'r', levels));
        let capture = read_with(text, ROOM, &mapped(&[mapping])).unwrap();
        // A byte takes 1.04 ms, and comes in the middle of its stop bit.
        assert_eq!(
            received(&capture),
            [(2, b'O'), (4, b'K'), (5, b'\n')],
            "{mapping}"
        );
        assert_eq!(capture.script.end(), RunTicks(5));
        assert_eq!((capture.framing_errors, capture.vanished_pulses), (0, 0));
    }
}

#[test]
fn bytes_without_a_stop_bit_are_counted_and_told() {
    let text = vcd("$var wire 1 r rx $end", &line(b"OK\n", 'r', ['1', '0']));
    let capture = read_with(text, ROOM, &mapped(&["uart=rx"])).unwrap();
    assert!(capture.framing_errors > 0);
    let notes = capture.notes().join("\n");
    assert!(notes.contains("--map LINE=!SIGNAL"), "{notes}");
}

#[test]
fn a_file_whose_unit_is_longer_than_half_a_bit_is_refused() {
    let text = vcd("$var wire 1 r rx $end", "#0 1r").replace("10 us", "100 us");
    let told = read_with(text, ROOM, &mapped(&["uart=rx"])).unwrap_err();
    let told = told.to_string();
    assert!(told.contains("in units of 100 us"), "{told}");
}

#[test]
fn numbers_and_bytes_become_sentences_and_number_outputs_are_expected() {
    let text = vcd(
        "$var real 64 t temperature $end $var real 64 s setpoint $end $var string 1 u uart $end",
        "#0 r20 t r-0.5 s\n#1000 r21.5 t sst u\n#1500 r2 s\n#2000 r900 s\n#3000",
    );
    let capture = read(text, ROOM).unwrap();
    let imported = import(ROOM, &capture, RunTicks(2)).unwrap();
    assert_eq!(
        imported.scenario.to_string(),
        "app room\n\nwait 2 ms\nexpect setpoint stays -0.5 for 10 ms\nwait 8 ms\n\n\
         set temperature to 21.5 C\nsend uart \"s\"\nsend uart \"t\"\nwait 7 ms\nexpect setpoint is 2.0\n\
         wait 13 ms\n"
    );
}

/// What the thermostat makes of a script.
fn thermostat_of(script: &Script) -> trace::Trace {
    let app = AppEntry::of::<Thermostat>();
    play::trace(&app, script, &mut |_| ControlFlow::Continue(())).unwrap()
}

proptest! {
    /// A number may be set to what it is, and the same bytes may come in ticks that follow each
    /// other.
    #[test]
    fn numbers_and_bytes_come_back_from_a_waveform(
        numbers in prop::collection::btree_map(0_u64..60, -3_i32..3, 0..20),
        bytes in prop::collection::vec((0_u64..60, any::<u8>(), 1_usize..4), 0..30),
    ) {
        let number = |(tick, number)| (tick, Action::Number(NumberId(0), 200 + number));
        let numbers = numbers.into_iter().map(number);
        let bytes = bytes.into_iter().flat_map(|(tick, byte, count)| {
            vec![(tick, Action::Byte(SerialId(0), byte)); count]
        });
        let events = numbers.chain(bytes).map(|(tick, action)| ScriptEvent {
            tick: RunTicks(tick),
            action,
        });
        let (ok, zero, end) = (BootCondition::OK, Instant::ZERO, RunTicks(70));
        let trace = thermostat_of(&Script::new(ok, zero, events.collect(), end).unwrap());
        let mut written = Vec::new();
        trace::vcd::write(&trace, &mut written).unwrap();
        let capture = read(&written, &Thermostat::DESCRIPTOR).unwrap();
        prop_assert_eq!(thermostat_of(&capture.script), trace);
    }

    #[test]
    fn no_value_is_too_odd(
        changes in "(#[0-9]{1,4}|r[-0-9.e]{1,5} t|b[01x]{1,40} l|[01xz]r|s[a-z\\\\0-9]{0,6} u|\n| ){0,40}",
        table in "(Time \\[s\\],t,l\n)?([-0-9.x]{0,4},[-0-9.x]{0,4},[-0-9.x]{0,4}\n){0,6}",
    ) {
        let variables = "$var real 64 t temperature $end $var wire 12 l light $end \
                         $var wire 1 r rx $end $var string 1 u uart $end";
        let text = vcd(variables, &changes);
        let _ = read_with(&text, ROOM, &mapped(&[]));
        let _ = read_with(&text, ROOM, &mapped(&["uart=rx"]));
        let _ = csv(&table, &["temperature=t", "light=l"]);
    }
}
