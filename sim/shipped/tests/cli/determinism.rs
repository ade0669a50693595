//! The same input gives the same output, every time and on any number of threads.

use std::fs;

use crate::support::{GOOD, command, root, scenarios, sim};
use tempfile::tempdir;

#[test]
fn threads_change_nothing() {
    for format in [None, Some("text"), Some("jsonl")] {
        let play = |jobs: &str| {
            let mut command = command(["run", "fixtures/scenarios", "--jobs", jobs]);
            if let Some(format) = format {
                command.args(["--format", format]);
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(0));
            // The progress of a long run depends on the load of the machine.
            let errors = String::from_utf8(output.stderr).unwrap();
            let lines = errors.lines().filter(|line| !line.starts_with("playing: "));
            (output.stdout, lines.collect::<Vec<_>>().join("\n"))
        };
        let one = play("1");
        assert!(!one.0.is_empty());
        for jobs in ["1", "2", "2", "7"] {
            assert_eq!(play(jobs), one, "{format:?} {jobs}");
        }
    }
    let failing =
        |jobs| sim(["run", "fixtures/failing", "fixtures/broken", "--jobs", jobs]).with(2);
    assert_eq!(failing("1"), failing("2"));
}

#[test]
fn waveforms_and_recordings_are_the_same_bytes_every_time() {
    let folder = tempdir().unwrap();
    let kept = folder.path().join("run.rec");
    for scenario in scenarios().iter().step_by(5) {
        let play = |jobs: &str| {
            let output = command(["run", "--format", "vcd", "--jobs", jobs, "--record"])
                .arg(&kept)
                .arg(scenario)
                .output()
                .unwrap();
            (output.stdout, fs::read(&kept).unwrap())
        };
        let one = play("1");
        assert_eq!(play("1"), one);
        assert_eq!(play("2"), one);
    }
}

#[test]
fn the_working_directory_changes_nothing_but_the_name() {
    let here = sim(["run", GOOD]).with(0);
    let elsewhere = command(["run"])
        .arg(fs::canonicalize(root().join(GOOD)).unwrap())
        .current_dir(tempdir().unwrap().path())
        .output()
        .unwrap();
    assert_eq!(elsewhere.stdout, here.out.into_bytes());
}
