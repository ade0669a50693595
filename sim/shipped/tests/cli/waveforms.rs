//! Waveforms of other tools, by the commands of `docs/waveforms.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{root, sim};
use tempfile::tempdir;

/// A capture of the toggle app by each tool, and what its signals mean.
const CAPTURES: [(&str, &str, &str); 7] = [
    ("saleae.csv", "button=!D0", "led=D1"),
    ("pulseview.vcd", "button=!D0", "led=D1"),
    ("wokwi.vcd", "button=!D0", "led=D1"),
    ("renode.vcd", "button=sw0", "led=led0"),
    ("icarus.vcd", "button=tb.keys[2]", "led=dut.led"),
    ("ghdl.vcd", "button=!btn_n", "led=dut.led"),
    ("gtkwave.fst", "button=tb.keys[2]", "led=dut.led"),
];

fn path_of(name: &str) -> String {
    format!("fixtures/waveforms/captures/{name}")
}

#[test]
fn every_capture_becomes_a_scenario_whose_expectations_hold() {
    let folder = tempdir().unwrap();
    for (name, button, led) in CAPTURES {
        let scenario = folder.path().join(format!("{name}.scn"));
        let out = scenario.to_str().unwrap();
        let file = path_of(name);
        let told = sim([
            "import", &file, "--app", "toggle", "--map", button, "--map", led, "--out", out,
        ])
        .with(0);
        assert!(told.err.contains("4 inputs, 3 expectations"), "{told:?}");
        let ended = sim(["run", out]).with(0);
        assert!(
            ended.err.contains("3 expectations held, 300 ms played"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_captured_sensor_and_a_captured_line_become_sentences() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("console.scn");
    let out = scenario.to_str().unwrap();
    let file = path_of("console.csv");
    let maps = ["--map", "uart=RX", "--map", "temperature=room"];
    let import = ["import", &file, "--app", "thermostat", "--out", out];
    sim([&import[..], &maps].concat()).with(0);
    let text = fs::read_to_string(&scenario).unwrap();
    assert!(
        text.ends_with(
            "wait 5 ms\nset temperature to 19.5 C\nwait 6 ms\nsend uart \"status\\n\"\n\
             wait 39 ms\nset temperature to 19.4 C\nwait 50 ms\n"
        ),
        "{text}"
    );
    let trace = sim(["run", out]).with(0);
    assert!(
        trace
            .out
            .contains("\"temp 19.5 set 20.0 heater on fan off\\n\""),
        "{trace:?}"
    );
}

#[test]
fn an_imported_expectation_fails_where_the_app_does_something_else() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("inverted.scn");
    let out = scenario.to_str().unwrap();
    let file = path_of("pulseview.vcd");
    sim([
        "import",
        &file,
        "--app",
        "toggle",
        "--map",
        "button=!D0",
        "--map",
        "led=!D1",
        "--out",
        out,
    ])
    .with(0);
    let ended = sim(["run", out]).with(1);
    assert!(
        ended.err.contains("3 of 3 expectations did not hold"),
        "{ended:?}"
    );
}

/// A capture of the toggle app, whose button moves each millisecond.
fn moves_each_millisecond(folder: &Path, moves: usize) -> PathBuf {
    let rows = (1..=moves).map(|row| format!("{}.{:03},{}\n", row / 1000, row % 1000, row % 2));
    let table = "Time [s],button\n0,0\n".to_owned() + &rows.collect::<String>();
    let path = folder.join("moves.csv");
    fs::write(&path, table).unwrap();
    path
}

#[test]
fn a_capture_that_is_too_long_for_a_scenario_is_refused() {
    let folder = tempdir().unwrap();
    for (moves, message) in [
        (48_000, "bytes, and at most 1048576 are read"),
        (51_000, "more than 100000 sentences"),
    ] {
        let file = moves_each_millisecond(folder.path(), moves);
        let import = ["import", file.to_str().unwrap(), "--app", "toggle"];
        let ended = sim(import).with(2);
        assert!(ended.err.contains(message), "{}", ended.err);
        assert!(ended.err.contains("`--from` and `--to`"), "{}", ended.err);
        assert_eq!(ended.out, "");
        let part = import.into_iter().chain(["--to", "1s"]);
        assert!(sim(part).with(0).out.contains("press button"));
    }
    let file = moves_each_millisecond(folder.path(), 51_000);
    let ended = sim(["oneline", file.to_str().unwrap(), "--app", "toggle"]).with(2);
    assert!(ended.err.contains("more than 100000 sentences"));
}

#[test]
fn one_line_of_a_capture_is_told_as_an_import_is() {
    let file = path_of("pulseview.vcd");
    let options = ["--app", "toggle", "--map", "button=!D0", "--map", "led=D1"];
    let line = sim(["oneline", &file].into_iter().chain(options)).with(0);
    let imported = sim(["import", &file].into_iter().chain(options)).with(0);
    assert_eq!(line.err, imported.err);
    assert!(line.err.contains("4 inputs, 3 expectations"), "{line:?}");
    for command in ["import", "oneline"] {
        let part = ["--from", "100us", "--to", "200us"];
        let nothing = [command, &file].into_iter().chain(options).chain(part);
        let ended = sim(nothing).with(2);
        assert!(ended.err.contains("has nothing to import"), "{ended:?}");
    }
}

#[test]
fn all_commands_play_the_same_of_a_capture() {
    for (name, button, _) in CAPTURES {
        let file = path_of(name);
        let options = [file.as_str(), "--app", "toggle", "--map", button];
        let run = sim(["run"].into_iter().chain(options)).with(0);
        assert!(run.out.contains("11  in   button  press"), "{run:?}");
        let replayed = sim(["replay"].into_iter().chain(options)).with(0);
        assert_eq!(replayed.out, run.out, "{name}");
        let line = sim(["oneline"].into_iter().chain(options)).with(0);
        assert!(line.out.starts_with("app:toggle t:"), "{line:?}");
        assert_eq!(line.out.matches("d:button").count(), 2, "{line:?}");
        let shot = sim(["shot"].into_iter().chain(options)).with(0);
        assert!(shot.out.contains("toggle"), "{shot:?}");
    }
}

#[test]
fn a_captured_output_is_compared_with_the_simulated_one() {
    for (name, button, led) in CAPTURES {
        let file = path_of(name);
        let options = ["--app", "toggle", "--map", button, "--map", led];
        let alike = ["diff", &file, "--tolerance", "1ms"]
            .into_iter()
            .chain(options);
        let ended = sim(alike).with(0);
        assert!(ended.out.contains("no difference: 2 changes"), "{ended:?}");
        let ended = sim(["diff", &file].into_iter().chain(options)).with(1);
        assert!(ended.out.contains("1 ms later on the left"), "{ended:?}");
    }
}

/// The captured output is 1 ms off.
#[test]
fn a_tolerance_of_0_is_exact_and_refused_where_nothing_can_be_exact() {
    let file = path_of("pulseview.vcd");
    let options = ["--app", "toggle", "--map", "button=!D0", "--map", "led=D1"];
    let with = |command, tolerance| {
        let words = [command, file.as_str(), "--tolerance", tolerance];
        sim(words.into_iter().chain(options))
    };
    with("diff", "1ms").with(0);
    with("import", "1ms").with(0);
    for none in ["0", "0ms"] {
        let exact = with("diff", none).with(1);
        assert!(exact.out.contains("more than 0 ms apart"), "{exact:?}");
        let refused = with("import", none).with(2);
        assert!(refused.err.contains("at least one tick"), "{refused:?}");
    }
}

#[test]
fn a_capture_that_begins_later_is_aligned_by_its_first_edge() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("later.scn");
    let text = "app toggle\nwait 500 ms\ntap button for 50 ms\nwait 59 ms\n\
                tap button for 60 ms\nwait 100 ms\n";
    fs::write(&scenario, text).unwrap();
    let file = path_of("pulseview.vcd");
    let right = scenario.to_str().unwrap();
    let options = [
        "diff",
        &file,
        right,
        "--app",
        "toggle",
        "--map",
        "led=D1",
        "--tolerance",
        "2ms",
    ];
    sim(options).with(1);
    let aligned = sim(options.into_iter().chain(["--align", "first-edge"])).with(0);
    assert!(aligned.out.contains("489 ms later"), "{aligned:?}");
}

#[test]
fn without_a_map_the_signals_and_the_command_are_shown_and_the_command_works() {
    let file = path_of("pulseview.vcd");
    let ended = sim(["run", &file, "--app", "toggle"]).with(2);
    assert!(
        ended.err.contains("libsigrok.D0      4 edges, from 1"),
        "{ended:?}"
    );
    let (_, command) = ended.err.split_once("`cargo sim run ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let words = command.split(' ').map(|word| word.trim_matches('\''));
    sim(["run"].into_iter().chain(words)).with(0);
    // The terminal is not taken for a file whose signals are not known.
    let opened = sim(["open", &file, "--app", "toggle"]).with(2);
    assert_eq!(opened.err, ended.err);
}

#[test]
fn a_map_may_stand_beside_the_file_or_in_the_project() {
    let folder = tempdir().unwrap();
    let capture = folder.path().join("capture.vcd");
    fs::copy(root().join(path_of("pulseview.vcd")), &capture).unwrap();
    let file = capture.to_str().unwrap();
    let run_in = |directory: &Path| {
        crate::support::command(["run", file, "--app", "toggle"])
            .current_dir(directory)
            .output()
            .unwrap()
    };
    assert_eq!(run_in(folder.path()).status.code(), Some(2));
    let project = folder.path().join("lockstep.toml");
    let table = "[map]\nbutton = \"!D0\"\nA = \"D0\"\nled = \"not there\"\n";
    fs::write(&project, table).unwrap();
    assert_eq!(run_in(folder.path()).status.code(), Some(0));
    fs::remove_file(&project).unwrap();
    let beside = folder.path().join("capture.map.toml");
    fs::write(&beside, "[map]\nbutton = \"!D0\"\n").unwrap();
    assert_eq!(run_in(&root()).status.code(), Some(0));
    fs::write(&beside, "[map]\nbuton = \"!D0\"\n").unwrap();
    assert_eq!(run_in(&root()).status.code(), Some(2));
}
