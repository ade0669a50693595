//! A core with a static plays the same, whoever else plays.

use std::fs;

use libtest_mimic::Trial;

use crate::named;
use crate::run::sim;

/// How often each is played.
const TIMES: usize = 100;

pub(crate) fn trials() -> Vec<Trial> {
    named(&[
        (
            "statics: the same bytes with one job and with two, each time",
            any_number_of_jobs,
        ),
        (
            "statics: a reset sets them back, as that of a board",
            set_back,
        ),
    ])
}

fn set_back() {
    let inline = "d:A t:20 u:A t:20 d:A t:20 r t:30 u:A t:9 d:A t:9";
    let output = sim(&["run", "--app", "counter", "--inline", inline])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let logs = text.lines().filter(|line| line.contains("  log  count  "));
    let counts: Vec<_> = logs.map(|line| line.rsplit(' ').next().unwrap()).collect();
    // Twice, then the reset, which finds the button down, and once more.
    assert_eq!(counts, ["0", "1", "0", "1"], "{text}");
    // In the program itself they stay.
    let output = sim(&[
        "run",
        "--in-process",
        "--app",
        "counter",
        "--inline",
        inline,
    ])
    .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("  log  count  3\n"), "{text}");
}

fn any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    for index in 1..=6 {
        let taps = "tap A for 50 ms\nwait 10 ms\n".repeat(index);
        let text = format!("app counter\n{taps}expect led is off\n");
        fs::write(folder.path().join(format!("{index}.scn")), text).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let played = |jobs| {
        let arguments = ["run", "--format", "text", "--jobs", jobs, path];
        let output = sim(&arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let first = played("1");
    let text = String::from_utf8_lossy(&first);
    assert_eq!(text.matches("log  count  0\n").count(), 6, "{text}");
    for _ in 0..TIMES {
        assert!(played("1") == first);
        assert!(played("2") == first);
    }
}
