//! `sim prove --checkpoint` and `--resume`.

use std::fs;
use std::path::Path;

use crate::support::{root, sim};
use tempfile::tempdir;

const SENSOR: &str = "fixtures/scenarios/thermostat/thermostat-sensor.rules";
const BAND: &str = "fixtures/scenarios/thermostat/thermostat-band.rules";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What is said, without the memory and the time that it took.
fn without_extent(out: &str) -> String {
    let lines = out.lines();
    let lines = lines.map(|line| match line.rsplit_once(" MB, in ") {
        Some((rest, _)) => rest.rsplit_once(", ").unwrap_or_default().0,
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_proof_that_was_stopped_goes_on_and_says_the_same() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("kept");
    for (rules, ways) in [(SENSOR, &["--no-skip"][..]), (BAND, &["--compact"])] {
        let prove = |more: &[&str]| sim(["prove", rules].iter().chain(ways).chain(more));
        let whole = prove(&[]).with(0);
        let stopped = prove(&["--states", "20", "--checkpoint", text(&file)]).with(42);
        let command = format!(" prove {rules} --resume {} {}\n", text(&file), ways[0]);
        assert!(stopped.out.ends_with(&command), "{}", stopped.out);
        // It stops again, and is kept in the same file.
        let again = prove(&["--states", "40", "--resume", text(&file)]).with(42);
        assert!(again.out.ends_with(&command), "{}", again.out);
        let resumed = prove(&["--resume", text(&file)]).with(0);
        assert_eq!(without_extent(&resumed.out), without_extent(&whole.out));
    }
}

#[test]
fn a_proof_of_something_else_or_a_damaged_one_does_not_go_on() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("kept");
    let rules = folder.path().join("sensor.rules");
    fs::copy(root().join(SENSOR), &rules).unwrap();
    let stop = ["prove", text(&rules), "--states", "20"];
    sim(stop.iter().chain(&["--checkpoint", text(&file)])).with(42);
    let resume = |more: &[&str]| {
        let resume = ["prove", text(&rules), "--resume", text(&file)];
        sim(resume.iter().chain(more)).with(2).err
    };
    let other = resume(&["--every-tick"]);
    assert!(other.contains("proof of another way to explore"), "{other}");

    let kept = fs::read(&file).unwrap();
    let mut damaged = kept.clone();
    let last = damaged.len() - 20;
    damaged[last] ^= 1;
    fs::write(&file, &damaged).unwrap();
    let refused = resume(&[]);
    assert!(refused.contains("is damaged"), "{refused}");
    fs::write(&file, "lockstep proof 0\n").unwrap();
    let refused = resume(&[]);
    assert!(refused.contains("`lockstep proof 1`"), "{refused}");
    fs::remove_file(&file).unwrap();
    let refused = resume(&[]);
    assert!(refused.contains("cannot read"), "{refused}");

    fs::write(&file, &kept).unwrap();
    let mut longer = fs::read(&rules).unwrap();
    longer.extend(b"\n# Another file.\n");
    fs::write(&rules, longer).unwrap();
    let other = resume(&[]);
    assert!(other.contains("another file of rules"), "{other}");
    let nowhere = folder.path().join("no/kept");
    let refused = sim(stop.iter().chain(&["--checkpoint", text(&nowhere)])).with(2);
    assert!(refused.err.contains("no such folder"), "{}", refused.err);
}
