//! Saving, opening, quitting.

use lockstep_core::time::RunTicks;

use super::super::overlay::{Confirmation, Overlay};
use super::Driver;

fn lamp() -> Driver {
    Driver::lamp(100, 30)
}

/// The lamp, switched on.
fn used() -> Driver {
    let mut driver = lamp();
    driver.wait(100).press("a").wait(500).press("Space");
    driver
}

#[test]
fn every_format_is_saved_under_the_name_that_is_typed() {
    for (keys, name) in [
        ("s Enter", "lamp.scn"),
        ("s Down Enter", "lamp.rec"),
        ("s Down Down Enter", "lamp.vcd"),
    ] {
        let mut driver = used();
        driver.press(keys).press("Enter");
        driver.assert_shows(&format!("saved to {name}"));
        assert!(driver.files.0.contains_key(std::path::Path::new(name)));
        assert!(!driver.ui.has_unsaved());
    }
}

#[test]
fn a_file_is_only_replaced_after_a_confirmation() {
    let mut driver = used();
    driver.files.0.insert("lamp.rec".into(), b"mine".to_vec());
    driver
        .press("s Down Enter Enter")
        .assert_shows("`lamp.rec` exists");
    driver.press("n");
    assert_eq!(driver.files.0[std::path::Path::new("lamp.rec")], b"mine");
    driver
        .press("s Down Enter Enter y")
        .assert_shows("saved to lamp.rec");
    assert_ne!(driver.files.0[std::path::Path::new("lamp.rec")], b"mine");
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_run_unsaved() {
    let mut driver = used();
    driver
        .press("s Enter Ctrl-u")
        .text("/no/such/folder/a.scn")
        .press("Enter");
    driver.assert_shows("not saved to /no/such/folder/a.scn");
    assert!(driver.ui.has_unsaved());
}

#[test]
fn a_recording_and_a_waveform_are_opened_again_as_they_were() {
    for keys in ["s Down Enter Enter", "s Down Down Enter Enter"] {
        let mut driver = used();
        let played = driver.ui.trace().clone();
        driver.press(keys);
        let name = driver.files.0.keys().next().unwrap().display().to_string();
        driver
            .press("x Down Down Down Down Down Enter Enter")
            .wait(50);
        driver.press("o").text(&name).press("Enter");
        driver.assert_shows(&format!("opened {name}"));
        assert_eq!(driver.ui.cursor, RunTicks::ZERO);
        assert!(!driver.ui.playing);
        assert_eq!(driver.ui.trace().entries(), played.entries(), "{name}");
    }
}

#[test]
fn a_scenario_that_fails_is_opened_where_it_fails() {
    let mut driver = lamp();
    let scenario = b"app lamp\ntap A for 50 ms\nwait 400 ms\nexpect lamp is 75\nwait 1 s\n";
    driver.files.0.insert("a.scn".into(), scenario.to_vec());
    driver.press("o").text("a.scn").press("Enter");
    assert_eq!(driver.ui.cursor, RunTicks(450));
    driver.press("End");
    assert!(!driver.shows("a.scn:4"));
    driver
        .press("g")
        .text("450")
        .press("Enter")
        .assert_shows("a.scn:4");
}

#[test]
fn a_file_that_cannot_be_read_changes_nothing() {
    let mut driver = lamp();
    driver
        .files
        .0
        .insert("bad.scn".into(), b"app lamp\nprod A\n".to_vec());
    for (name, told) in [
        ("bad.scn", "bad.scn:2:1"),
        ("none.rec", "cannot read none.rec"),
    ] {
        let before = driver.ui.trace().clone();
        driver
            .press("o")
            .text(name)
            .press("Enter")
            .assert_shows(told);
        assert_eq!(driver.ui.trace().entries(), before.entries());
        driver.press("Esc");
    }
}

#[test]
fn unsaved_changes_are_only_discarded_after_a_confirmation() {
    let mut driver = lamp();
    driver.press("q");
    assert!(driver.ui.quit, "nothing was done");

    let mut driver = used();
    driver.press("q").assert_shows("unsaved changes");
    driver.press("n");
    assert!(!driver.ui.quit && driver.ui.overlay.is_none());
    driver.press("q y");
    assert!(driver.ui.quit);

    let mut driver = used();
    driver.press("x Down Down Down Down Down Enter Down Enter");
    driver.assert_shows("discard them?");
    driver.press("y").assert_shows(" toggle ");
    assert!(driver.ui.playing && !driver.ui.has_unsaved());

    let mut driver = used();
    driver
        .files
        .0
        .insert("a.scn".into(), b"app toggle\nwait 1 ms\n".to_vec());
    driver.press("o").text("a.scn").press("Enter");
    let asked = matches!(
        driver.ui.overlay,
        Some(Overlay::Confirm(Confirmation::Leave(_)))
    );
    assert!(asked);
    driver.press("y").assert_shows("opened a.scn");
}

#[test]
fn control_c_always_quits() {
    for keys in ["", "x", "?", "v", "s Enter", "g", "/", "q", "Tab z"] {
        let mut driver = used();
        driver.press(keys).press("Ctrl-c");
        assert!(driver.ui.quit, "{keys}");
    }
}

#[test]
fn pasted_text_goes_into_a_prompt_and_nowhere_else() {
    let mut driver = lamp();
    driver.ui.paste("q");
    assert!(!driver.ui.quit);
    driver.press("o");
    driver.ui.paste("  a path.scn\nq\n");
    driver.draw();
    driver.assert_shows("open (.scn, .rec, .vcd, .fst, .csv, .rules): a path.scn");
    assert!(!driver.ui.quit);
}

#[test]
fn no_hidden_character_gets_into_a_file_name() {
    let mut driver = used();
    driver.press("s Enter Ctrl-u");
    driver.ui.paste("a\u{202e}ncs\u{7}.");
    driver.text("s\u{200f}cn\u{2069}").press("Enter");
    let names: Vec<_> = driver.files.0.keys().collect();
    assert_eq!(names, [std::path::Path::new("ancs.scn")]);
}

const CAPTURE: &[u8] = b"$timescale 1 ms $end\n$var wire 1 ! D0 $end\n$var wire 1 # D1 $end\n\
    $enddefinitions $end\n#0\n1!\n1#\n#100\n0!\n#200\n1!\n#1000\n";

#[test]
fn a_capture_with_names_of_its_own_is_asked_about() {
    let mut driver = lamp();
    driver.files.0.insert("pulse.vcd".into(), CAPTURE.to_vec());
    driver.press("o").text("pulse.vcd").press("Enter");
    driver.assert_shows("buttons of pulse.vcd (D0 2 edges");
    driver.press("Ctrl-u").text("A=!D0").press("Enter");
    driver.assert_shows("opened pulse.vcd");
    assert_eq!(driver.ui.end(), RunTicks(1000));
    let presses = driver.ui.trace().entries().iter();
    let presses = presses.filter(|entry| entry.tick == RunTicks(100));
    assert!(presses.count() > 0);
}

#[test]
fn a_map_beside_a_capture_is_read_as_by_the_commands() {
    let folder = std::env::temp_dir().join(format!("lockstep-{}-beside", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let capture = folder.join("pulse.vcd");
    std::fs::write(&capture, CAPTURE).unwrap();
    let beside = folder.join("pulse.map.toml");
    let mut driver = Driver::lamp(200, 24);
    std::fs::write(&beside, "[map]\nA = \"!D0\"\n").unwrap();
    driver.open(&capture);
    driver.assert_shows("0:01.000 long");
    std::fs::write(&beside, "[map]\nA = \"!\"\n").unwrap();
    driver.open(&capture);
    driver.assert_shows("pulse.map.toml:2:5: this names no signal; expected a signal");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_capture_of_an_app_that_is_not_there_is_not_taken_for_one_without_an_app() {
    let mut driver = lamp();
    let mut capture = b"$comment lockstep 1 app=lamb clock=0 $end\n".to_vec();
    capture.extend_from_slice(CAPTURE);
    driver.files.0.insert("pulse.vcd".into(), capture);
    driver.press("o").text("pulse.vcd").press("Enter");
    driver.assert_shows("there is no app `lamb`");
}

#[test]
fn a_map_that_cannot_be_read_is_refused_and_nothing_is_opened() {
    let mut driver = lamp();
    driver.files.0.insert("pulse.vcd".into(), CAPTURE.to_vec());
    driver.press("o").text("pulse.vcd").press("Enter");
    driver.press("Ctrl-u").text("A").press("Enter");
    driver.assert_shows("`A` has no `=`");
}
