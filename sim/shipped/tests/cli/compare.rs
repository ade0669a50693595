//! `sim diff`.

use std::fs;

use crate::support::{GOOD, GOOD_GOLDEN, LAMP, root, sim, sim_with};
use tempfile::tempdir;

#[test]
fn equal_traces_print_nothing() {
    let folder = tempdir().unwrap();
    let fresh = folder.path().join("fresh");
    let jsonl = folder.path().join("fresh.jsonl");
    for (path, format) in [(&fresh, "text"), (&jsonl, "jsonl")] {
        let options = ["run", GOOD, "--format", format, "--out"];
        sim(options
            .map(AsRef::as_ref)
            .into_iter()
            .chain([path.as_os_str()]))
        .with(0);
        for (left, right) in [
            (path.as_os_str(), path.as_os_str()),
            (GOOD_GOLDEN.as_ref(), path.as_os_str()),
            (path.as_os_str(), GOOD_GOLDEN.as_ref()),
        ] {
            let ended = sim(["diff".as_ref(), left, right]).with(0);
            assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""));
        }
    }
}

#[test]
fn the_first_difference_is_shown_with_both_sides() {
    let golden = fs::read_to_string(root().join(GOOD_GOLDEN)).unwrap();
    let changed = golden.replace("1200  out  led     1", "1201  out  led     1");
    assert_ne!(golden, changed);
    let ended = sim_with(["diff", GOOD_GOLDEN, "-"], changed.as_bytes()).with(1);
    assert_eq!(
        ended.out.lines().next().unwrap(),
        "first difference at tick 1200: out `led` `1` is 1 ms later on the right"
    );
    assert!(ended.out.contains(GOOD_GOLDEN) && ended.out.contains("<stdin>"));
    let parted: Vec<_> = ended
        .out
        .lines()
        .filter(|line| line.contains("  !"))
        .collect();
    assert_eq!(parted.len(), 2, "{}", ended.out);
    assert_eq!(ended.err, "");
    let other_way = sim_with(["diff", "-", GOOD_GOLDEN], changed.as_bytes()).with(1);
    assert!(
        other_way.out.contains("later on the left"),
        "{}",
        other_way.out
    );
}

#[test]
fn options_of_waveforms_are_refused_for_two_traces() {
    for option in [
        ["--map", "led=D0"],
        ["--scope", "tb"],
        ["--from", "1ms"],
        ["--to", "1ms"],
        ["--shift", "1ms"],
    ] {
        let ended = sim(["diff", GOOD_GOLDEN, GOOD_GOLDEN].into_iter().chain(option)).with(2);
        assert!(
            ended.err.contains("neither of the two is a waveform")
                && ended.err.contains("are for waveforms"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn a_waveform_has_the_limit_that_it_has_everywhere() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("long.vcd");
    let file = fs::File::create(&path).unwrap();
    file.set_len(64 * 1024 * 1024 + 1).unwrap();
    for command in ["run", "diff"] {
        let arguments = [command, path.to_str().unwrap(), "--app", "toggle"];
        let ended = sim(arguments).with(2);
        assert!(
            ended
                .err
                .contains("has more than 67108864 bytes, the most that are read"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn traces_of_two_apps_and_standard_input_twice_are_bad_input() {
    let lamp = sim(["run", LAMP]).out;
    let apps = sim_with(["diff", GOOD_GOLDEN, "-"], lamp.as_bytes()).with(2);
    assert!(
        apps.err
            .contains("different apps: `toggle` on the left, `lamp` on the right")
    );
    let twice = sim(["diff", "-", "-"]).with(2);
    assert!(
        twice.err.contains("only one of the traces"),
        "{}",
        twice.err
    );
    let missing = sim(["diff", GOOD_GOLDEN, "nowhere"]).with(2);
    assert!(
        missing.err.contains("cannot read `nowhere`"),
        "{}",
        missing.err
    );
    assert_eq!(missing.out, "");
}
