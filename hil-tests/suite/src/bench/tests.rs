use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::Ticks;
use lockstep_pins::Pin;
use probe_rs::probe::cmsisdap::CmsisDapFactory;
use probe_rs::probe::{DebugProbeInfo, DebugProbeSelector, WireProtocol};
use proptest::collection::vec;
use proptest::prelude::*;

use super::inputs::Inputs;
use super::lock::{LockError, Owner, ProbeLock, folder};
use super::overrides::{Overrides, PROBE, SPEED};
use super::plan::{Scenario, Skip, plan};
use super::presence::{Absent, resolve};
use super::read::read;
use super::{Ability, Bench, Probe, RealProbe};
use lockstep_images::board::boards;

fn shipped() -> Vec<Inputs> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let boards = boards(&[root.join("firmware-core/boards")]).unwrap();
    let boards = boards.into_iter();
    boards.map(|board| Inputs::read(board).unwrap()).collect()
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
        cannot = ["outside", "register"]
        [wiring]
        "P0.14" = "P0.12"
        "P0.23" = "none"
    "#;
    let bench = bench(text);
    assert_eq!(bench.name, "desk");
    assert_eq!(bench.board.name, "microbit-v2");
    assert_eq!(bench.chip, "nRF52833_xxAB");
    let probe = RealProbe {
        selector: selector("0d28:0204:9904ab:cd"),
        serials: vec!["9904".to_owned()],
    };
    assert_eq!(bench.probe, Probe::Real(probe));
    assert_eq!(bench.protocol, WireProtocol::Jtag);
    assert_eq!(bench.speed, Some(4_000));
    assert!(bench.connect_under_reset);
    assert_eq!(bench.tolerance, Ticks(2));
    assert_eq!(bench.wiring, BTreeMap::from([(pin("P0.14"), pin("P0.12"))]));
    let cannot = [Ability::Register, Ability::Outside];
    assert_eq!(bench.cannot, cannot.into());
}

#[test]
fn what_is_not_said_is_that_of_the_board() {
    let bench = bench(REAL);
    assert_eq!(bench.chip, "nRF51822_xxAA");
    assert_eq!(bench.protocol, WireProtocol::Swd);
    assert_eq!(bench.speed, None);
    assert_eq!(bench.tolerance, Ticks(0));
    assert_eq!(bench.wiring, BTreeMap::new());
}

#[test]
fn the_environment_has_its_say_only_of_real_probes() {
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
    assert_eq!(probe.serials, ["9901"]);
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
fn a_probe_is_told_from_others_by_how_its_serial_number_begins() {
    let wanted = |text: &str, serials: &[&str]| RealProbe {
        selector: selector(text),
        serials: serials.iter().map(|serial| (*serial).to_owned()).collect(),
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
        matches!(found("0d28:0204", &[]), Err(Absent::Several { found, .. }) if found.len() == 2)
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
fn what_cannot_run_is_in_the_plan_with_its_reason() {
    let half_wired = format!("{REAL}tolerance = 2\n[wiring]\n\"P0.17\" = \"P0.20\"");
    let benches = [
        bench("board = \"microbit-v1\"\nprobe = \"virtual\""),
        bench(&half_wired),
        bench(&format!("{REAL}cannot = [\"pins\"]")),
    ];
    let scenario = |app| Scenario {
        name: format!("{app}/on"),
        path: "on.scn".into(),
        app,
        end: Ticks(1),
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
    let no_image = Some(Skip::NoImage("other"));
    let unwired = Some(Skip::Unwired("B at P0.26".to_owned()));
    let undriven = Some(Skip::Undriven("microbit-v1".to_owned()));
    let cannot = Some(Skip::Cannot("pins"));
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
    assert_eq!(pins, [unwired, undriven, Some(Skip::NoImage("other"))]);
}

fn owner() -> Owner {
    Owner {
        pid: 4711,
        command: "hil run\u{1b}[2J".to_owned(),
        since: 100,
    }
}

#[test]
fn a_lock_is_given_back_when_it_is_dropped_and_told_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("locks");
    let wanted = selector("0d28:0204:a/../b");
    let acquire = || ProbeLock::acquire(&folder, &wanted, &owner(), Duration::ZERO, &|| false);
    let first = acquire().unwrap();
    let told = acquire().unwrap_err().to_string();
    let expected =
        "the probe `0d28:0204:a/../b` is taken by process 4711 (`hil run\\u{1b}[2J`) for ";
    assert!(told.starts_with(expected), "{told}");
    drop(first);
    acquire().unwrap();
    let names = fs::read_dir(&folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["0d28-0204-a%2f%2e%2e%2fb.lock", "0d28-0204.lock"]);
}

#[test]
fn locks_stand_where_every_process_of_the_user_finds_them() {
    let temporary = tempfile::tempdir().unwrap();
    let temporary = temporary.path();
    let told = Some(temporary.join("run"));
    assert_eq!(folder(told, temporary), temporary.join("run/lockstep"));
    for told in [None, Some("run".into())] {
        let found = folder(told, temporary);
        assert!(found.is_absolute());
        let name = found.file_name().unwrap().to_string_lossy();
        assert!(name.starts_with("lockstep"), "{name}");
    }
}

#[test]
fn a_folder_that_is_open_to_others_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("locks");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let error = ProbeLock::acquire(
        &open,
        &selector("0d28:0204"),
        &owner(),
        Duration::ZERO,
        &|| false,
    );
    assert!(matches!(error, Err(LockError::Open(found)) if found == open));
}

/// Lines that are nearly those of bench files.
fn nearly() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("board".to_owned()),
        Just("probe".to_owned()),
        Just("cannot".to_owned()),
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

fn holds(text: &str, boards: &[Inputs]) {
    match read(Path::new("desk.toml"), text, boards) {
        Ok(bench) => assert_eq!(bench.name, "desk"),
        Err(problems) => {
            assert!(!problems.is_empty());
            let lines = text.split('\n').count();
            for problem in problems {
                assert!((1..=lines).contains(&problem.span.line), "{problem:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        holds(&text, &shipped());
    }

    #[test]
    fn no_text_that_is_nearly_a_bench_makes_the_reader_panic(text in nearly()) {
        holds(&text, &shipped());
    }
}
