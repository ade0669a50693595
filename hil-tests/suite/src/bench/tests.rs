use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::Diagnostic;
use lockstep_engine::source::Source;
use lockstep_pins::Pin;
use probe_rs::probe::cmsisdap::CmsisDapFactory;
use probe_rs::probe::{DebugProbeInfo, DebugProbeSelector, WireProtocol};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use toml::{Table, Value};

use super::board_pins::BoardPins;
use super::file::KEYS;
use super::find::{self, BenchError};
use super::lock::{LockError, LockHolder, ProbeLock, folder};
use super::overrides::{Overrides, PROBE, SPEED};
use super::plan::{Scenario, SkipReason, plan};
use super::probe_lookup::{ProbeLookupError, resolve};
use super::read::{MAX_BYTES, read};
use super::{Bench, Capability, Probe, ProbeMatcher};
use lockstep_images::board::boards;

fn shipped() -> Vec<BoardPins> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let boards = boards(&[root.join("firmware-core/boards")]).unwrap();
    let boards = boards.into_iter();
    boards
        .map(|board| BoardPins::read(board).unwrap())
        .collect()
}

fn bench(text: &str) -> Bench {
    read(Path::new("some/desk.toml"), text, &shipped()).unwrap()
}

fn pin(text: &str) -> Pin {
    text.parse().unwrap()
}

fn selector(text: &str) -> DebugProbeSelector {
    text.parse().unwrap()
}

const REAL: &str = "board = \"microbit-v1\"\nprobe = \"0d28:0204\"\n";

#[test]
fn every_key_is_read() {
    let text = r#"
        board = "microbit-v2"
        chip = "nRF52833_xxAB"
        probe = "0D28:0204:9904ab:cd"
        serial_starts_with = ["9904"]
        protocol = "jtag"
        speed = 4_000
        connect_under_reset = true
        tolerance = 0x02
        missing_capabilities = ["outside", "register"]
        [wiring]
        "P0.14" = "P0.12"
        "P0.23" = "none"
    "#;
    let bench = bench(text);
    assert_eq!(bench.name, "desk");
    assert_eq!(bench.board.name, "microbit-v2");
    assert_eq!(bench.chip, "nRF52833_xxAB");
    let probe = ProbeMatcher {
        selector: selector("0d28:0204:9904ab:cd"),
        serial_prefixes: vec!["9904".to_owned()],
    };
    assert_eq!(bench.probe, Probe::Real(probe));
    assert_eq!(bench.protocol, WireProtocol::Jtag);
    assert_eq!(bench.speed, Some(4_000));
    assert!(bench.connect_under_reset);
    assert_eq!(bench.tolerance, RunTicks(2));
    assert_eq!(bench.wiring, BTreeMap::from([(pin("P0.14"), pin("P0.12"))]));
    let missing = [Capability::Register, Capability::Outside];
    assert_eq!(bench.missing_capabilities, missing.into());
}

#[test]
fn keys_have_defaults() {
    let bench = bench(REAL);
    assert_eq!(bench.chip, "nRF51822_xxAA");
    assert_eq!(bench.protocol, WireProtocol::Swd);
    assert_eq!(bench.speed, None);
    assert_eq!(bench.tolerance, RunTicks(0));
    assert_eq!(bench.wiring, BTreeMap::new());
}

#[test]
fn the_environment_overrides_only_real_probes() {
    let says = |name: &str| match name {
        PROBE => Some("0d28:0204:9900".into()),
        SPEED => Some("500".into()),
        _ => None,
    };
    let overrides = Overrides::read(says).unwrap();
    let mut real = bench(&format!("{REAL}serial_starts_with = [\"9901\"]"));
    overrides.apply(&mut real);
    assert_eq!(real.speed, Some(500));
    let Probe::Real(probe) = &real.probe else {
        panic!("a real one stays real");
    };
    assert_eq!(probe.selector, selector("0d28:0204:9900"));
    // Another board of the same kind is not this bench's.
    assert_eq!(probe.serial_prefixes, ["9901"]);
    let mut emulated = bench("board = \"microbit-v1\"\nprobe = \"virtual\"");
    let before = emulated.clone();
    overrides.apply(&mut emulated);
    assert_eq!(emulated, before);
}

fn plugged_in(serial: &str, interface: Option<u8>) -> DebugProbeInfo {
    static FACTORY: CmsisDapFactory = CmsisDapFactory;
    let serial = Some(serial.to_owned());
    DebugProbeInfo::new(
        "micro:bit",
        0x0d28,
        0x0204,
        serial,
        &FACTORY,
        interface,
        false,
    )
}

#[test]
fn a_probe_is_found_by_the_prefix_of_its_serial_number() {
    let wanted = |text: &str, serials: &[&str]| ProbeMatcher {
        selector: selector(text),
        serial_prefixes: serials.iter().map(|serial| (*serial).to_owned()).collect(),
    };
    let both = [
        plugged_in("9900aa", Some(0)),
        plugged_in("9900aa", Some(1)),
        plugged_in("9906bb", None),
    ];
    let found = |text, serials: &[&str]| resolve(&wanted(text, serials), &both);
    let v1 = selector("0d28:0204:9900aa");
    assert_eq!(found("0d28:0204", &["9900", "9901"]), Ok(v1.clone()));
    assert_eq!(found("0d28:0204:9900aa", &[]), Ok(v1));
    assert!(
        matches!(found("0d28:0204", &[]), Err(ProbeLookupError::Ambiguous { found, .. }) if found.len() == 2)
    );
    let error = found("0d28:0204", &["9903", "9904"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no probe `0d28:0204` with a serial number that begins with 9903 or 9904 is plugged in"
    );
    let error = resolve(&wanted("1366:1015", &[]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "no probe `1366:1015` is plugged in");
}

#[test]
fn a_test_that_cannot_run_is_planned_with_its_reason() {
    let half_wired = format!("{REAL}tolerance = 2\n[wiring]\n\"P0.17\" = \"P0.20\"");
    let benches = [
        bench("board = \"microbit-v1\"\nprobe = \"virtual\""),
        bench(&half_wired),
        bench(&format!("{REAL}missing_capabilities = [\"pins\"]")),
    ];
    let scenario = |app| Scenario {
        name: format!("{app}/on"),
        path: "on.scn".into(),
        app,
        end: RunTicks(1),
    };
    let scenarios = [scenario("lamp"), scenario("toggle"), scenario("other")];
    let boards = shipped();
    let tests = plan(&benches, &boards, &scenarios);
    assert_eq!(tests.len(), 3 * 2 * 3);
    let skips = |index: usize, stimulus| {
        let of_these = tests.chunks(6).nth(index).unwrap().iter();
        let of_these = of_these.filter(|test| test.stimulus == stimulus);
        of_these.map(|test| test.skip.clone()).collect::<Vec<_>>()
    };
    let no_image = Some(SkipReason::NoImage("other"));
    let unwired = Some(SkipReason::NotWired("B at P0.26".to_owned()));
    let undriven = Some(SkipReason::NoDriveRegisters("microbit-v1".to_owned()));
    let cannot = Some(SkipReason::MissingCapability(Capability::Pins));
    for index in 0..3 {
        let rtt = skips(index, Stimulus::Scheduled);
        assert_eq!(rtt, [None, None, no_image.clone()]);
    }
    assert_eq!(skips(0, Stimulus::Pins), [None, None, no_image.clone()]);
    let half = [unwired.clone(), None, no_image.clone()];
    assert_eq!(skips(1, Stimulus::Pins), half);
    assert_eq!(skips(2, Stimulus::Pins), [cannot.clone(), cannot, no_image]);
    assert_eq!(tests[3].to_string(), "desk/pins/lamp/on");
    let mut boards = shipped();
    for inputs in &mut boards {
        inputs.map.drive_registers = None;
    }
    let tests = plan(&benches[1..2], &boards, &scenarios);
    let pins: Vec<_> = tests[3..].iter().map(|test| test.skip.clone()).collect();
    assert_eq!(
        pins,
        [unwired, undriven, Some(SkipReason::NoImage("other"))]
    );
}

fn holder() -> LockHolder {
    LockHolder {
        pid: 4711,
        command: "hil run\u{1b}[2J".to_owned(),
        since: 100,
    }
}

#[test]
fn a_lock_ends_when_it_is_dropped_and_its_holder_is_named_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("locks");
    let wanted = selector("0d28:0204:a/../b");
    let acquire = || ProbeLock::acquire(&folder, &wanted, &holder(), Duration::ZERO, &|| false);
    let first = acquire().unwrap();
    let message = acquire().unwrap_err().to_string();
    let expected =
        "the probe `0d28:0204:a/../b` is in use by process 4711 (`hil run\\u{1b}[2J`) for ";
    assert!(message.starts_with(expected), "{message}");
    drop(first);
    acquire().unwrap();
    let names = fs::read_dir(&folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["0d28-0204-a%2f%2e%2e%2fb.lock", "0d28-0204.lock"]);
}

#[test]
fn every_process_of_a_user_has_the_same_folder_of_locks() {
    let temporary = tempfile::tempdir().unwrap();
    let temporary = temporary.path();
    let runtime = Some(temporary.join("run"));
    assert_eq!(folder(runtime, temporary), temporary.join("run/lockstep"));
    for runtime in [None, Some("run".into())] {
        let found = folder(runtime, temporary);
        assert!(found.is_absolute());
        let name = found.file_name().unwrap().to_string_lossy();
        assert!(name.starts_with("lockstep"), "{name}");
    }
}

#[test]
fn a_folder_of_locks_that_others_can_access_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("locks");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let error = ProbeLock::acquire(
        &open,
        &selector("0d28:0204"),
        &holder(),
        Duration::ZERO,
        &|| false,
    );
    assert!(matches!(error, Err(LockError::NotPrivate(found)) if found == open));
}

/// Lines that are almost those of bench files.
fn nearly() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("board".to_owned()),
        Just("probe".to_owned()),
        Just("missing_capabilities".to_owned()),
        Just("speed".to_owned()),
        Just("wiring".to_owned()),
        Just("[wiring]\n\"P0.17\"".to_owned()),
        Just("serial_starts_with".to_owned()),
        "[a-z\"\\[\\].]{0,8}",
    ];
    let value = prop_oneof![
        Just("\"microbit-v1\"".to_owned()),
        Just("\"0d28:0204\"".to_owned()),
        Just("\"virtual\"".to_owned()),
        Just("\"P0.20\"".to_owned()),
        "[-+0-9a-fxo_.]{0,24}",
        "[\\[{\"']{0,40}",
        "\"\\PC{0,12}\"",
        "\\PC{0,12}",
    ];
    let line = (key, value).prop_map(|(key, value)| format!("{key} = {value}\n"));
    vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// Any value of TOML.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::String),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Boolean),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map(key(), inner, 0..4).prop_map(|map| Value::Table(map.into_iter().collect())),
        ]
    })
}

/// Mostly a key of a bench file.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(KEYS.as_slice()).prop_map(str::to_owned),
        1 => Just("P0.17".to_owned()),
        1 => any::<String>(),
    ]
}

/// Reads a file with this content, and checks what is reported about it.
fn read_bytes(bytes: Vec<u8>) -> Result<Bench, Vec<Diagnostic>> {
    static BOARDS: LazyLock<Vec<BoardPins>> = LazyLock::new(shipped);
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let source = Source {
        name: "desk.toml".to_owned(),
        bytes,
    };
    match find::parse(Path::new("desk.toml"), source, &BOARDS) {
        Ok(bench) => {
            assert_eq!(bench.name, "desk");
            Ok(bench)
        }
        Err(BenchError::Problems { problems, .. }) => {
            assert!(!problems.is_empty());
            for problem in &problems {
                assert!((1..=lines).contains(&problem.span.line), "{problem:?}");
            }
            Err(problems)
        }
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
        let _ = read_bytes(bytes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = read_bytes(text.into_bytes());
    }

    #[test]
    fn no_text_that_is_nearly_a_bench_makes_the_reader_panic(text in nearly()) {
        let _ = read_bytes(text.into_bytes());
    }

    #[test]
    fn every_unknown_key_of_any_toml_is_reported(table in btree_map(key(), value(), 0..6)) {
        let unknown = table.keys().filter(|key| !KEYS.contains(&key.as_str()));
        let unknown = unknown.count();
        let table: Table = table.into_iter().collect();
        let read = read_bytes(toml::to_string(&table).unwrap().into_bytes());
        let problems = read.err().unwrap_or_default();
        let reported = problems.iter().filter(|one| one.message.starts_with("unknown key"));
        prop_assert!(reported.count() >= unknown, "{:#?}", problems);
    }
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let deep = |open: &str, close: &str| {
        let depth = MAX_BYTES / (open.len() + close.len()) - 8;
        open.repeat(depth) + "a" + &close.repeat(depth)
    };
    for text in [
        deep("a.", "") + " = 1",
        format!("wiring.{} = 1", deep("a.", "")),
        format!("[{}]", deep("a.", "")),
        format!("[wiring.{}]", deep("a.", "")),
        format!("speed = {}", deep("[", "]")),
        format!("speed = {}", deep("{b=", "}")),
    ] {
        assert!(read_bytes(text.into_bytes()).is_err());
    }
}

#[test]
fn every_key_is_known_and_documented() {
    let page = include_str!("../../../../docs/benches.md");
    for key in KEYS {
        let problems = read_bytes(format!("{key} = 1979-05-27").into_bytes()).unwrap_err();
        let unknown = problems
            .iter()
            .find(|one| one.message.contains("unknown key"));
        assert_eq!(unknown, None);
        let is_documented = page.contains(&format!("| `{key}` |"));
        assert!(
            is_documented || page.contains(&format!("| `[{key}]` |")),
            "{key}"
        );
    }
}
