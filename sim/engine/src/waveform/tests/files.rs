//! The files of `fixtures/waveforms`: what is right for each.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/waveforms")
        .join(name)
}

fn format_of(path: &Path) -> WaveformFormat {
    let extension = path.extension().and_then(|it| it.to_str());
    extension
        .and_then(WaveformFormat::of_extension)
        .unwrap_or_else(|| panic!("{}", path.display()))
}

fn read_file(name: &str, mappings: &[&str]) -> Result<WaveformCapture, WaveformError> {
    let path = folder(name);
    let bytes = fs::read(&path).unwrap();
    let waveform = Waveform::parse(&bytes, format_of(&path), PanicGuard::default())?;
    waveform.read_inputs(TOGGLE, &mapped(mappings))
}

/// The moves of the button as text, such as `10:press 60:release`.
fn told(capture: &WaveformCapture) -> String {
    let moves = moves(capture).into_iter().map(|(tick, _, contact)| {
        let verb = contact.verb();
        format!("{tick}:{verb}")
    });
    moves.collect::<Vec<_>>().join(" ")
}

const PRESS: &str = "10:press 60:release";

/// What failed in the field.
#[test]
fn every_file_of_the_field_has_its_right_value() {
    let read: &[(&str, &[&str], &str)] = &[
        ("active-low", &[], "0:press 10:release 60:press"),
        ("active-low", &["button=!button"], PRESS),
        ("attrbegin", &[], PRESS),
        ("byte-order-mark", &[], PRESS),
        ("button-is-a-vector", &["button=button[0]"], "0:press"),
        ("button-is-a-vector", &["button=button[7]"], ""),
        ("dumpoff-while-held", &[], PRESS),
        ("latin-1-in-a-comment", &[], PRESS),
        ("logic-analyser-names-d0-and-d1", &["button=!D0"], PRESS),
        (
            "logic-analyser-names-d0-and-d1",
            &["button=!logic.D0"],
            PRESS,
        ),
        ("logic-analyser-names-d0-and-d1", &["button=D1"], ""),
        ("long-code-of-the-button", &[], PRESS),
        ("other-case", &["button=BUTTON"], PRESS),
        ("same-name-in-two-scopes", &["button=top.button"], PRESS),
        ("same-name-in-two-scopes", &["button=dut.button"], PRESS),
        ("scope-interface", &[], PRESS),
        ("std-logic-u-in-another-signal", &[], PRESS),
        ("std-logic-u-of-the-button", &[], PRESS),
        ("times-since-1970", &[], PRESS),
        ("type-logic", &[], PRESS),
        ("vector-with-leading-zeros", &[], PRESS),
    ];
    for (name, mappings, expected) in read {
        let capture = read_file(&format!("field/{name}.vcd"), mappings);
        let capture = capture.unwrap_or_else(|error| panic!("{name} {mappings:?}: {error}"));
        assert_eq!(told(&capture), *expected, "{name} {mappings:?}");
    }
    for (name, mappings, line, column, message) in [
        ("button-is-a-vector", &[][..], 2, 1, "is a vector of 8 bits"),
        ("button-is-a-vector", &[], 2, 1, "--map button=button[0]"),
        (
            "button-is-a-vector",
            &["button=button[8]"],
            2,
            1,
            "no bit `8`",
        ),
        (
            "logic-analyser-names-d0-and-d1",
            &[],
            6,
            1,
            "logic.D0      2 edges, from 1",
        ),
        (
            "logic-analyser-names-d0-and-d1",
            &["button=d0"],
            6,
            1,
            "`logic.D0`",
        ),
        (
            "logic-analyser-names-d0-and-d1",
            &["btn=D0"],
            6,
            1,
            "`button`",
        ),
        ("other-case", &[], 5, 1, "top.BUTTON"),
        (
            "other-case",
            &["button=button"],
            5,
            1,
            "did you mean `top.BUTTON`?",
        ),
        (
            "same-name-in-two-scopes",
            &[],
            5,
            1,
            "`top.button`, `top.dut.button`",
        ),
        (
            "same-name-in-two-scopes",
            &[],
            5,
            1,
            "--map button=top.button",
        ),
        ("timescale-below-one", &[], 1, 12, "write `100 us`"),
        ("no-timescale", &[], 4, 1, "$timescale 1 ms"),
        ("time-with-a-point", &[], 8, 1, "whole number"),
        ("time-back", &[], 10, 1, "9 comes after time 10"),
    ] {
        let error = read_file(&format!("field/{name}.vcd"), mappings).unwrap_err();
        let diagnostic = error.diagnostic();
        let text = format!(
            "{}, {}: {}",
            diagnostic.message,
            diagnostic.expected,
            diagnostic.help.unwrap_or_default()
        );
        assert!(text.contains(message), "{name}: {text}");
        let place = (diagnostic.span.line, diagnostic.span.column);
        assert_eq!(place, (line, column), "{name}: {text}");
    }
}

#[test]
fn what_is_worth_knowing_is_said() {
    for (name, mappings, note) in [
        ("active-low", &[][..], "`--map button=!top.button`"),
        (
            "logic-analyser-names-d0-and-d1",
            &["button=!D1"],
            "`--map button=D1`",
        ),
        ("dumpoff-while-held", &[], "levels are kept meanwhile"),
        ("times-since-1970", &[], "1700000000 s, is the start"),
        ("std-logic-u-of-the-button", &[], "levels are unknown once"),
    ] {
        let capture = read_file(&format!("field/{name}.vcd"), mappings).unwrap();
        let notes = capture.notes().join("\n");
        assert!(notes.contains(note), "{name}: {notes}");
    }
    for name in ["type-logic", "attrbegin"] {
        let capture = read_file(&format!("field/{name}.vcd"), &[]).unwrap();
        assert_eq!(capture.notes(), [] as [&str; 0]);
    }
}

/// `expected.py` says where the expected events come from.
#[test]
fn every_dialect_has_the_events_of_an_independent_sampler() {
    let table = fs::read_to_string(folder("dialects.txt")).unwrap();
    let mut files: Vec<_> = fs::read_dir(folder("dialects"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let listed: Vec<_> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(listed, files);
    let docs = fs::read_to_string(folder("../../docs/testing.md")).unwrap();
    let count = format!("files of {} dialects", files.len());
    assert!(
        docs.contains(&count),
        "`docs/testing.md` does not say `{count}`"
    );
    for row in rows {
        let [name, events, end] = row.as_slice() else {
            panic!("{row:?}");
        };
        let capture = read_file(&format!("dialects/{name}"), &[]);
        let capture = capture.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(told(&capture), *events, "{name}");
        assert_eq!(capture.script.end().0.to_string(), *end, "{name}");
    }
}

#[test]
fn fst_files_have_the_events_of_the_waveforms_they_were_made_of() {
    for name in [
        "icarus",
        "icarus-lz4",
        "icarus-fastlz",
        "icarus-whole",
        "ghdl",
        "cocotb-pyvcd",
        "wide-vector-beside",
    ] {
        let capture = read_file(&format!("fst/{name}.fst"), &[]);
        let capture = capture.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(told(&capture), PRESS, "{name}");
        assert_eq!(capture.script.end(), RunTicks(100), "{name}");
    }
    let bytes = fs::read(folder("fst/icarus.fst")).unwrap();
    assert_eq!(WaveformFormat::of_bytes(&bytes), Some(WaveformFormat::Fst));
    let cut = Waveform::parse(&bytes[..bytes.len() / 2], WaveformFormat::Fst, quiet())
        .and_then(|waveform| waveform.read_inputs(TOGGLE, &mapped(&[])));
    assert_eq!(cut.unwrap_err().span, None);
}

#[test]
fn sample_tables_of_analysers_are_read() {
    let twice = "11:press 61:release 120:press 180:release";
    for (name, mappings, expected, end) in [
        ("saleae", &["button=!D0"][..], twice, 300),
        ("saleae-trigger", &["button=!Channel 0"], PRESS, 100),
        (
            "sigrok",
            &["button=!D0"],
            "11:press 60:release 120:press 180:release",
            300,
        ),
        (
            "sigrok-without-times",
            &["button=!D0"],
            "11:press 60:release 120:press 180:release",
            300,
        ),
        ("semicolons-and-milliseconds", &[], PRESS, 100),
    ] {
        let capture = read_file(&format!("tables/{name}.csv"), mappings);
        let capture = capture.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(told(&capture), expected, "{name}");
        assert_eq!(capture.script.end(), RunTicks(end), "{name}");
    }
}

#[test]
fn what_is_wrong_in_a_table_has_its_place() {
    for (text, line, column, message) in [
        ("", 1, 1, "names of the columns"),
        ("a,b\n0,1\n", 1, 1, "a column of times"),
        (
            "Time [s],button\n0,0\nlater,1\n",
            3,
            1,
            "a time as a number",
        ),
        ("Time [s],button\n0,0\n1,2\n", 3, 3, "found `2`"),
        ("Time [s],x,button\n0,0,0\n1,0\n", 3, 1, "found"),
        (
            "Time [s],button\n1,0\n0.5,1\n",
            3,
            1,
            "not before the last one",
        ),
        (
            "; Samplerate: 1 MHz\nmicroseconds,button\n0,0\n99999999999999999999999999999999999999,1\n",
            4,
            1,
            "too late",
        ),
        ("Time [s],D0\n0,1\n1,0\n", 1, 1, "D0      1 edges, from 1"),
    ] {
        let error = Waveform::parse(text.as_bytes(), WaveformFormat::Csv, quiet())
            .and_then(|table| table.read_inputs(TOGGLE, &mapped(&[])))
            .unwrap_err();
        let diagnostic = error.diagnostic();
        let help = diagnostic.help.unwrap_or_default();
        let found = format!("{}, {} {help}", diagnostic.message, diagnostic.expected);
        assert!(found.contains(message), "{text}: {found}");
        let place = (diagnostic.span.line, diagnostic.span.column);
        assert_eq!(place, (line, column), "{text}: {found}");
    }
}

/// Files of every dialect, and what is in them.
fn files_of_all_dialects() -> &'static [(PathBuf, Vec<u8>)] {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files: Vec<_> = ["dialects", "field", "tables", "fst"]
            .iter()
            .flat_map(|name| fs::read_dir(folder(name)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it != "toml"))
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    })
}

proptest! {
    /// A file of any dialect with damage in it is read, or refused with a place in it.
    #[test]
    fn no_damage_to_any_dialect_makes_the_reader_panic(
        file: prop::sample::Index,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut: prop::sample::Index,
        splice: prop::sample::Index,
    ) {
        let files = files_of_all_dialects();
        let (path, whole) = &files[file.index(files.len())];
        let mut bytes = whole.clone();
        for (offset, byte) in damage {
            let offset = offset.index(bytes.len());
            bytes[offset] = byte;
        }
        // A piece of the file once more, as a tool that was killed leaves it.
        let at = splice.index(bytes.len());
        let piece = bytes[at..bytes.len().min(at + 20)].to_vec();
        bytes.splice(at..at, piece);
        bytes.truncate(cut.index(bytes.len()) * 2);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        let outcome = Waveform::parse(&bytes, format_of(path), quiet())
            .and_then(|waveform| waveform.read_inputs(TOGGLE, &mapped(&[])));
        if let Err(WaveformError { span: Some(span), .. }) = outcome {
            prop_assert!((1..=lines).contains(&span.line));
        }
    }
}

/// Catches a panic of the FST decoder and prints nothing.
fn quiet() -> PanicGuard {
    PanicGuard::default()
}

/// The reader reserves what the file says: a number that is too large would end the process.
#[test]
fn no_byte_of_an_fst_asks_for_more_memory_than_there_is() {
    let path = folder("captures/gtkwave.fst");
    let bytes = fs::read(&path).unwrap();
    for offset in 0..bytes.len() {
        for value in [0xff, 0x7f, 0x01] {
            let mut damaged = bytes.clone();
            damaged[offset] = value;
            let guard = PanicGuard::default();
            if let Ok(waveform) = Waveform::parse(&damaged, WaveformFormat::Fst, guard) {
                let _ = waveform.read_inputs(TOGGLE, &mapped(&[]));
            }
        }
    }
}

/// A line of the project file that means nothing in a file is told, where it is about the app.
#[test]
fn mappings_of_a_project_that_mean_nothing_are_noted() {
    let bytes = fs::read(folder("captures/pulseview.vcd")).unwrap();
    let waveform = Waveform::parse(&bytes, WaveformFormat::Vcd, PanicGuard::default()).unwrap();
    let mut options = mapped(&["button=!D0", "led=D9", "buton=D1", "motor=D1"]);
    for mapping in &mut options.map {
        mapping.is_optional = true;
    }
    let notes = waveform.read_inputs(TOGGLE, &options).unwrap().notes();
    let expected = [
        "`led = \"D9\"` in `[map]` of the project file is not used: the file has no signal `D9`, expected the path of a signal, or the end of one",
        "`buton = \"D1\"` in `[map]` of the project file is not used: did you mean `button`?",
    ];
    assert_eq!(notes[..2], expected);
}

/// Numbers that no single byte makes: of gaps, and of handles; and those in a wrapped file.
#[test]
fn no_number_of_an_fst_asks_for_more_memory_than_there_is() {
    let bytes = fs::read(folder("captures/gtkwave.fst")).unwrap();
    // The header, and the block of value changes with its length and four more numbers.
    let (header, changes) = bytes.split_at(330);
    let mut gaps = header.to_vec();
    gaps.extend([2, 0, 0, 0, 0, 0, 0, 0, 13, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    gaps.extend(changes);
    let mut handles = bytes.clone();
    let front = 330 + 1 + 32;
    let packed = usize::from(bytes[front + 1]);
    let count = front + 3 + packed;
    handles.splice(count..=count, [0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
    let length = u64::from_be_bytes(bytes[331..339].try_into().unwrap()) + 5;
    handles.splice(331..339, length.to_be_bytes());
    for damaged in [gaps, handles] {
        for file in [wrapped(&damaged), damaged] {
            let error = Waveform::parse(&file, WaveformFormat::Fst, PanicGuard::default());
            let error = error.unwrap_err().to_string();
            let is_refused = error.contains("damaged") || error.contains("variables");
            assert!(is_refused, "{error}");
        }
    }
}

/// A file in gzip as a whole, as `fstapi` writes it on demand.
fn wrapped(file: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(file).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut bytes = vec![254];
    bytes.extend((gzip.len() as u64 + 16).to_be_bytes());
    bytes.extend((file.len() as u64).to_be_bytes());
    bytes.extend(gzip);
    bytes
}

#[test]
fn a_wrapped_fst_is_read_as_the_file_in_it() {
    let bytes = fs::read(folder("fst/icarus.fst")).unwrap();
    let read = |bytes: &[u8]| {
        let waveform = Waveform::parse(bytes, WaveformFormat::Fst, PanicGuard::default()).unwrap();
        waveform.read_inputs(TOGGLE, &mapped(&[])).unwrap()
    };
    assert_eq!(read(&wrapped(&bytes)), read(&bytes));
}

/// Each of these would look through the rest of the line.
#[test]
fn strings_that_are_not_declared_on_one_long_line_take_no_time() {
    let header = b"$timescale 1 ms $end $var wire 1 ! button $end $enddefinitions $end\n#0 ";
    let mut bytes = header.to_vec();
    bytes.extend(b"sx ? ".repeat(200_000));
    bytes.extend(b"\n#10 1!\n#20\n");
    let waveform = Waveform::parse(&bytes, WaveformFormat::Vcd, PanicGuard::default()).unwrap();
    let capture = waveform.read_inputs(TOGGLE, &mapped(&[])).unwrap();
    assert_eq!(capture.undeclared_changes, 200_000);
}

#[test]
fn a_column_may_have_any_name() {
    let text = "Time [s],\"A, B\",I/O\n0,0,0\n0.01,0,1\n0.06,0,0\n";
    let waveform = Waveform::parse(text.as_bytes(), WaveformFormat::Csv, PanicGuard::default());
    let waveform = waveform.unwrap();
    let capture = waveform
        .read_inputs(TOGGLE, &mapped(&["button=I/O"]))
        .unwrap();
    assert_eq!(told(&capture), PRESS);
    let capture = waveform
        .read_inputs(TOGGLE, &mapped(&["button=A, B"]))
        .unwrap();
    assert_eq!(told(&capture), "");
}

#[test]
fn a_table_of_more_than_a_week_is_read_from_a_time_on() {
    let text = "Time [s],button\n0,0\n700000,0\n700000.01,1\n700000.06,0\n";
    let waveform = Waveform::parse(text.as_bytes(), WaveformFormat::Csv, PanicGuard::default());
    let mut options = mapped(&[]);
    options.window.from = Some(WaveTime::parse("700000s").unwrap());
    let capture = waveform.unwrap().read_inputs(TOGGLE, &options).unwrap();
    assert_eq!(told(&capture), PRESS);
}
