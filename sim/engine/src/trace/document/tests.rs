use lockstep_core::app::{AppDescriptor, Log, LogId, LogKind};
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::matrix::{Matrix, MatrixId};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::{NumberInput, SerialLine};
use lockstep_core::short::ShortBytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use lockstep_core::time::TickPeriod;

use super::*;
use crate::dyn_runner::{Observation, Observer};
use crate::script::{Action, BootCondition, SwitchState};
use crate::testing::{scripts, trace_of};
use crate::trace::{jsonl, text};

const APP: &AppDescriptor = &AppDescriptor::new("app", "1")
    .with_buttons(&["A", "button-with-a-long-name"])
    .with_numbers(&[NumberInput::new("room", -400, 1_250).with_decimals(1)])
    .with_serial_lines(&[SerialLine::new("uart")])
    .with_outputs(&[
        Output::analog("lamp", 100),
        Output::digital("led"),
        Output::number("speed", -100, 100).with_decimals(2),
    ])
    .with_matrices(&[
        Matrix::new("display", 12, 5),
        Matrix::new("dial", 2, 3).with_max(9),
    ])
    .with_logs(&[
        LogKind::words("power", &["off", "on"]),
        LogKind::number("level"),
        LogKind::text("said"),
    ]);

/// Any trace, also of an app that breaks its contract.
fn traces() -> impl Strategy<Value = Trace> {
    let what = prop_oneof![
        (0_u8..4, any::<i32>())
            .prop_map(|(output, level)| Observation::Output(output, Level(level))),
        (0_u8..4, any::<i32>())
            .prop_map(|(id, value)| Observation::Log(Log::new(LogId(id), value))),
        (0_u8..2, 0..3).prop_map(|(id, value)| Observation::Log(Log::new(LogId(id), value))),
        (0_u8..4, any::<String>())
            .prop_map(|(id, text)| Observation::Log(Log::text(LogId(id), &text))),
        (0_u8..2, vec(any::<u8>(), 0..80)).prop_map(|(line, bytes)| {
            Observation::Sent(SerialId(line), ShortBytes::new(&bytes))
        }),
        (0_u8..3, any::<u8>(), vec(any::<u8>(), 0..9)).prop_map(|(matrix, row, packed)| {
            Observation::Row(MatrixId(matrix), row, ShortBytes::new(&packed))
        }),
        (0_u8..2, any::<u8>())
            .prop_map(|(line, byte)| Observation::Input(Action::Byte(SerialId(line), byte))),
        (0_u8..2, any::<i32>())
            .prop_map(|(id, number)| Observation::Input(Action::Number(NumberId(id), number))),
        (0_u8..3)
            .prop_map(|id| Observation::Input(Action::Button(ButtonId(id), SwitchState::Open))),
        (0_u8..3).prop_map(|of| Observation::Input(Action::Reset(BootCondition(of)))),
    ];
    (vec((0_u64..100_000_000, what), 0..40), 0_u64..1_000).prop_map(|(entries, rest)| {
        let mut trace = Trace::new(APP);
        let mut now = 0_u64;
        for (gap, what) in entries {
            now = now.saturating_add(gap);
            trace.observe(RunTicks(now), what);
        }
        trace.set_end(RunTicks(now.saturating_add(rest)));
        trace
    })
}

fn written(trace: &Trace) -> [String; 2] {
    let mut forms = [Vec::new(), Vec::new()];
    text::write(trace, &mut forms[0]).unwrap();
    jsonl::write(trace, &mut forms[1]).unwrap();
    forms.map(|form| String::from_utf8(form).unwrap())
}

fn check_place(text: &str, diagnostic: &Diagnostic) {
    let line = text
        .lines()
        .nth(diagnostic.span.line - 1)
        .unwrap_or_default();
    let columns = 1..=line.chars().count() + 1;
    assert!(
        columns.contains(&diagnostic.span.column),
        "{diagnostic:?} in {line:?}"
    );
}

#[test]
fn a_golden_is_read_with_either_line_end() {
    let [golden, _] = written(&trace_of(&crate::testing::press_and_reset()));
    let golden = format!("---\nsource: x\n---\n{golden}");
    let document = Document::parse(&golden).unwrap();
    assert_eq!(Document::parse(&golden.replace('\n', "\r\n")), Ok(document));
    let empty = Document::parse("---\nsource: x\n---\n").unwrap_err();
    assert_eq!(empty.span.line, 4);
}

#[test]
fn a_document_has_at_most_max_lines() {
    let line = || {
        BodyLine::Record(Record {
            tick: RunTicks::ZERO,
            kind: Kind::Out,
            name: "lamp".to_owned(),
            value: "0".to_owned(),
        })
    };
    let mut parser = DocumentParser::new("app".to_owned(), TickPeriod::MILLISECOND, Span::START);
    assert_eq!(parser.max_lines, MAX_LINES);
    parser.max_lines = 2;
    assert_eq!(parser.take(line(), Span::START), Ok(()));
    assert_eq!(parser.take(line(), Span::START), Ok(()));
    let refused = parser.take(line(), Span::START).unwrap_err();
    assert_eq!(refused.message, "the trace has too many lines");
    assert_eq!(refused.expected, "expected at most 2");
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same_in_both_forms(trace in traces()) {
        for form in written(&trace) {
            prop_assert_eq!(Document::parse(&form), Ok(Document::from(&trace)));
        }
    }

    #[test]
    fn so_is_what_was_played(script in scripts(1)) {
        let trace = trace_of(&script);
        for form in written(&trace) {
            prop_assert_eq!(Document::parse(&form), Ok(Document::from(&trace)));
        }
    }

    #[test]
    fn a_trace_that_was_cut_anywhere_is_refused(trace in traces(), cut: Index) {
        for form in written(&trace) {
            // It is complete without its last newline.
            let cut = form.floor_char_boundary(cut.index(form.len() - 1));
            let diagnostic = Document::parse(&form[..cut]);
            prop_assert!(diagnostic.is_err() || form[cut..].trim_end().is_empty());
        }
    }

    #[test]
    fn no_text_makes_it_panic(text: String, bytes: Vec<u8>) {
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
            for text in [text.to_owned(), format!("lockstep trace 1: app, x\n{text}"), format!("{{{text}")] {
                if let Err(diagnostic) = Document::parse(&text) {
                    check_place(&text, &diagnostic);
                }
            }
        }
    }

    #[test]
    fn no_damage_makes_it_panic(
        trace in traces(),
        damage in vec((any::<Index>(), any::<char>()), 1..5),
    ) {
        for form in written(&trace) {
            let mut chars: Vec<char> = form.chars().collect();
            for (at, c) in &damage {
                let at = at.index(chars.len());
                chars[at] = *c;
            }
            let text = String::from_iter(chars);
            if let Err(diagnostic) = Document::parse(&text) {
                check_place(&text, &diagnostic);
            }
        }
    }
}
