use super::*;
use crate::panic_guard::PanicGuard;
use crate::script::{Action, BootCondition, MAX_EVENTS, ScriptEvent, SwitchState};
use crate::testing::{press_and_reset, scripts, trace_of};
use crate::trace;
use lockstep_apps::toggle;
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::time::RunTicks;
use proptest::prelude::*;

mod files;
mod ports;

const TOGGLE: &AppDescriptor = &toggle::Toggle::DESCRIPTOR;

const TWO_BUTTONS: &AppDescriptor = &AppDescriptor::new("two", "1.0.0")
    .with_buttons(&["A", "B"])
    .with_boot_conditions(TOGGLE.boot_conditions());

fn parse(bytes: &[u8]) -> Result<Waveform<'_>, WaveformError> {
    Waveform::parse(bytes, WaveformFormat::Vcd, PanicGuard::default())
}

fn read(
    text: impl AsRef<[u8]>,
    descriptor: &'static AppDescriptor,
) -> Result<WaveformCapture, WaveformError> {
    read_with(text, descriptor, &WaveformOptions::default())
}

fn read_with(
    text: impl AsRef<[u8]>,
    descriptor: &'static AppDescriptor,
    options: &WaveformOptions,
) -> Result<WaveformCapture, WaveformError> {
    parse(text.as_ref())?.read_inputs(descriptor, options)
}

fn mapped(mappings: &[&str]) -> WaveformOptions {
    WaveformOptions {
        map: mappings
            .iter()
            .map(|it| Mapping::parse(it).unwrap())
            .collect(),
        ..WaveformOptions::default()
    }
}

/// A file whose scope `in` has A as `a`, B as `b` and the reset as `r`; its changes begin in
/// line 11.
fn with_changes(changes: &str) -> String {
    format!(
        "$timescale 100 us $end
$scope module in $end
$var wire 1 a A $end
$var reg 1 b B $end
$var string 1 r reset $end
$upscope $end
$scope module out $end
$var integer 32 i count $end
$upscope $end
$enddefinitions $end
{changes}"
    )
}

fn moves(capture: &WaveformCapture) -> Vec<(u64, u8, SwitchState)> {
    let of = |ScriptEvent { tick, action }: &ScriptEvent| match action {
        Action::Button(button, contact) => Some((tick.0, button.0, *contact)),
        Action::Reset(_) | Action::Number(..) | Action::Byte(..) => None,
    };
    capture.script.events().iter().filter_map(of).collect()
}

#[test]
fn a_change_is_seen_at_the_next_tick() {
    let capture = read(
        with_changes("$dumpvars 1a xb b101 i $end #0 #1 1b #20 0a 0b #21 1b #3333"),
        TWO_BUTTONS,
    )
    .unwrap();
    assert_eq!(
        moves(&capture),
        [
            (0, 0, SwitchState::Closed),
            (1, 1, SwitchState::Closed),
            (2, 0, SwitchState::Open),
            (2, 1, SwitchState::Open),
            (3, 1, SwitchState::Closed),
        ]
    );
    assert_eq!(capture.script.end(), RunTicks(334));
    assert_eq!(capture.vanished_pulses, 0);
    assert_eq!(capture.unknown_levels, 1);
}

#[test]
fn pulses_between_two_ticks_vanish_and_are_counted() {
    let capture = read(
        with_changes("#0 #1 1a #2 0a #3 1a #4 0a #11 1a #12 0a #13 b1 a #30 za"),
        TWO_BUTTONS,
    )
    .unwrap();
    assert_eq!(
        moves(&capture),
        [(2, 0, SwitchState::Closed), (3, 0, SwitchState::Open)]
    );
    assert_eq!(capture.vanished_pulses, 3);
    assert_eq!(capture.unknown_levels, 1);
}

#[test]
fn an_analysers_file_needs_no_scope_in_and_no_final_newline() {
    let text = "$version libsigrok $end $timescale 1 ns $end
$scope module top $end $scope module libsigrok $end
$var wire 1 ! A $end $var wire 8 \" B $end $var wire 1 # D7 $end
$upscope $end $upscope $end $enddefinitions $end
#0 0! b0 \" 0# #2500000 1! 1# #4000000";
    let capture = read(text, TWO_BUTTONS).unwrap();
    assert_eq!(moves(&capture), [(3, 0, SwitchState::Closed)]);
    assert_eq!(capture.script.end(), RunTicks(4));
}

#[test]
fn the_first_reset_at_tick_0_is_the_power_up() {
    let capture = read(
        with_changes("#0 sclock-failed r sok r #5 s r suart-missing r\n"),
        TWO_BUTTONS,
    )
    .unwrap();
    assert_eq!(capture.script.condition(), BootCondition(1));
    let at = |tick, conditions| ScriptEvent {
        tick: RunTicks(tick),
        action: Action::Reset(conditions),
    };
    assert_eq!(
        capture.script.events(),
        [at(0, BootCondition::OK), at(1, BootCondition(2))]
    );
}

#[test]
fn a_written_trace_names_its_app() {
    let mut bytes = Vec::new();
    trace::vcd::write(&trace_of(&press_and_reset()), &mut bytes).unwrap();
    let waveform = parse(&bytes).unwrap();
    assert_eq!(waveform.app(), Some("toggle"));
    let about_us = with_changes("").replacen('$', "$comment lockstep rocks $end\n$", 1);
    assert_eq!(parse(about_us.as_bytes()).unwrap().app(), None);
}

#[test]
fn errors_say_where_and_what_was_expected() {
    let header = |from: &str, to: &str| with_changes("#0").replacen(from, to, 1);
    let ours = |comment: &str| header("$timescale", &format!("$comment {comment} $end $timescale"));
    for (text, line, column, message) in [
        (String::new(), 1, 1, "expected `$enddefinitions"),
        (header("$timescale", "$zeitscale"), 10, 1, "$timescale 1 ms"),
        (
            header("100 us", "100 ks"),
            1,
            16,
            "no unit of time `ks`, expected `s`, `ms`",
        ),
        (header("100 us", "0 us"), 1, 12, "1, 10 or 100"),
        (header("$timescale", "é $timescale"), 1, 1, "found `é`"),
        (
            header("$timescale", "$timescale 1 s $end $timescale"),
            1,
            21,
            "only one",
        ),
        (
            header("$timescale 100 us $end", ""),
            10,
            1,
            "$timescale 1 ms",
        ),
        (
            header("$upscope $end\n$enddef", "0a $upscope $end\n$enddef"),
            9,
            1,
            "in the header",
        ),
        (
            ours("lockstep 1 app=two").replacen("b B $end", "b C $end", 1),
            4,
            1,
            "expected `A` or `B`",
        ),
        (header("reg 1 b", "reg 8 b"), 4, 1, "vector of 8 bits"),
        (
            header("b B $end", "b A $end"),
            4,
            1,
            "2 different signals may be `A`",
        ),
        (header("b B $end", "a B $end"), 4, 1, "another input"),
        (
            ours("lockstep 1 app=two").replacen("string 1 r", "wire 1 r", 1),
            5,
            1,
            "expected a string",
        ),
        (ours("lockstep 2 app=two"), 1, 1, "version 2"),
        (ours("lockstep 1 clock=x"), 1, 1, "found `x`"),
        (with_changes("#5 1a\n  #4"), 12, 3, "4 comes after time 5"),
        (with_changes("#0 #25920000001"), 11, 4, "30 days"),
        (with_changes("#99999999999999999999"), 11, 1, "whole number"),
        (with_changes("b10 a"), 11, 1, "found `10`"),
        (with_changes("r1.5 a"), 11, 1, "found `1.5`"),
        (with_changes("1r"), 11, 1, "boot condition"),
        (with_changes("sko r"), 11, 1, "found `ko`"),
        (with_changes("#10 sok r sok r"), 11, 11, "second reset"),
        (with_changes("#10 $upscope $end"), 11, 5, "after the header"),
        (with_changes("#10 $dump"), 11, 5, "`$dump` has no `$end`"),
        (
            with_changes("#10 $comment for ever"),
            11,
            5,
            "`$comment` has no `$end`",
        ),
        (with_changes("#10 s"), 11, 5, "the code of a variable"),
        (with_changes("b\u{1b}[2J a"), 11, 1, "found `\\u{1b}[2J`"),
    ] {
        let error = read(&text, TWO_BUTTONS).unwrap_err();
        let span = error.span.unwrap();
        let found = (span.line, span.column);
        assert_eq!(found, (line, column), "{error}\n{text}");
        assert!(error.to_string().contains(message), "{error}\n{text}");
    }
}

#[test]
fn what_does_not_matter_is_passed_over() {
    for text in [
        with_changes("1a 1q #10 0a"),
        with_changes("1a").replacen("$upscope $end\n$enddef", "$enddef", 1),
        with_changes("1a").replacen("$enddef", "$upscope $end $enddef", 1),
        with_changes("$end 1a $vendor some words $end"),
        with_changes("1a sone two i\n"),
        with_changes("1a").replacen("string 1 r", "string -1 r", 1),
    ] {
        let capture = read(&text, TWO_BUTTONS).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(moves(&capture)[0], (0, 0, SwitchState::Closed), "{text}");
    }
    let undeclared = read(with_changes("1a 1q b1 q"), TWO_BUTTONS).unwrap();
    assert_eq!(undeclared.undeclared_changes, 2);
}

#[test]
fn a_window_takes_a_part_of_the_file_and_puts_it_off() {
    let mut options = mapped(&[]);
    options.window = TimeWindow {
        from: WaveTime::parse("2ms").ok(),
        to: WaveTime::parse("6ms").ok(),
        shift: WaveTime::parse("100ms").unwrap(),
    };
    let text = with_changes("#0 sclock-failed r 1a #10 0a #15 1a #30 0a #50 1b #70 0b");
    let capture = read_with(text, TWO_BUTTONS, &options).unwrap();
    assert_eq!(
        moves(&capture),
        [
            (100, 0, SwitchState::Closed),
            (101, 0, SwitchState::Open),
            (103, 1, SwitchState::Closed),
        ]
    );
    assert_eq!(capture.script.end(), RunTicks(104));
    assert_eq!(capture.script.condition(), BootCondition::OK);
    assert_eq!(capture.vanished_pulses, 0);
}

#[test]
fn a_scope_limits_where_signals_are_looked_for() {
    let text = "$timescale 1 ms $end $scope module tb $end $scope module one $end
$var wire 1 a A $end $upscope $end $scope module two $end $var wire 1 b A $end $upscope $end
$upscope $end $enddefinitions $end #0 1b #5 0b";
    let refused = read(text, TWO_BUTTONS).unwrap_err();
    assert!(matches!(*refused.kind, WaveformErrorKind::Ambiguous { .. }));
    for scope in ["two", "tb.two", "tb/two"] {
        let options = WaveformOptions {
            scope: Some(scope.to_owned()),
            ..WaveformOptions::default()
        };
        let capture = read_with(text, TWO_BUTTONS, &options).unwrap();
        assert_eq!(moves(&capture).len(), 2, "{scope}");
    }
    let options = WaveformOptions {
        scope: Some("three".to_owned()),
        ..WaveformOptions::default()
    };
    let refused = read_with(text, TWO_BUTTONS, &options)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("`tb.one` or `tb.two`"), "{refused}");
}

#[test]
fn a_file_without_any_input_of_the_app_names_the_buttons() {
    let text = with_changes("#0").replacen("module in", "module pins", 1);
    let error = read(text, TOGGLE).unwrap_err().to_string();
    assert!(error.contains("`toggle`, expected `button`"), "{error}");
}

#[test]
fn limits_are_named() {
    let scopes = "$scope module a $end\n".repeat(MAX_DEPTH + 1);
    let deeper = "$scope module a $end\n".repeat(1_000_000);
    let flat = "$scope module a $end $upscope $end\n".repeat(MAX_VARIABLES + 1);
    let variables = "$var wire 1 ! a $end\n".repeat(MAX_VARIABLES + 1);
    for (text, kind) in [
        (&scopes, WaveformErrorKind::TooDeep),
        (&deeper, WaveformErrorKind::TooDeep),
        (&flat, WaveformErrorKind::TooManyScopes),
        (&variables, WaveformErrorKind::TooManyVariables),
    ] {
        assert_eq!(*read(text, TWO_BUTTONS).unwrap_err().kind, kind);
    }
}

#[test]
fn only_as_many_inputs_are_read_as_can_be_played() {
    let taps: String = (1..=MAX_EVENTS / 2)
        .map(|tap| format!("#{}0\n1a\n#{}0\n0a\n", 2 * tap, 2 * tap + 1))
        .collect();
    let most = with_changes(&taps);
    let capture = read(&most, TWO_BUTTONS).unwrap();
    assert_eq!(capture.script.events().len(), MAX_EVENTS);
    let more = format!("{most}#90000000 1a #90000010");
    assert_eq!(
        *read(more, TWO_BUTTONS).unwrap_err().kind,
        WaveformErrorKind::TooManyEvents
    );
}

proptest! {
    #[test]
    fn what_was_played_can_be_played_again_from_its_waveform(script in scripts(1)) {
        let trace = trace_of(&script);
        let mut bytes = Vec::new();
        trace::vcd::write(&trace, &mut bytes).unwrap();
        let capture = read(&bytes, TOGGLE).unwrap();
        prop_assert_eq!(&capture.script, &script);
        prop_assert_eq!(capture.vanished_pulses, 0);
        prop_assert_eq!(trace_of(&capture.script), trace);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read(&bytes, TWO_BUTTONS);
    }

    #[test]
    fn no_words_make_it_panic(words in "([01xzbrs#$ a-d!]|\\$end|\\$var wire 1 a|#[0-9]{1,3}|\n){0,60}") {
        let _ = read(with_changes(&words), TWO_BUTTONS);
        let _ = read(&words, TWO_BUTTONS);
    }

    #[test]
    fn no_damage_makes_it_panic(
        script in scripts(1),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut: prop::sample::Index,
    ) {
        let mut bytes = Vec::new();
        trace::vcd::write(&trace_of(&script), &mut bytes).unwrap();
        for (offset, byte) in damage {
            let offset = offset.index(bytes.len());
            bytes[offset] = byte;
        }
        let _ = read(&bytes, TOGGLE);
        let _ = read(&bytes[..cut.index(bytes.len())], TOGGLE);
    }
}
