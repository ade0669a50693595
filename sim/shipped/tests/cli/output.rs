//! Where results go: formats, files, recordings, colors.

use std::fs;
use std::path::Path;

use crate::support::{FAILING, GOOD, GOOD_GOLDEN, LAMP, command, golden, root, sim, sim_with};
use tempfile::tempdir;

/// The files in a folder, including hidden ones.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_trace_has_three_formats() {
    let text = sim(["run", GOOD, "--format", "text"]).with(0).out;
    assert_eq!(text, golden(&root().join(GOOD_GOLDEN)));
    let jsonl = sim(["run", GOOD, "--format", "jsonl"]).with(0).out;
    assert!(jsonl.starts_with("{\"trace\":1,\"app\":\"toggle\""));
    assert_eq!(jsonl.lines().count(), text.lines().count());
    let vcd = sim(["run", GOOD, "--format", "vcd"]).with(0).out;
    assert!(vcd.starts_with("$comment\n    lockstep 1 app=toggle clock=0\n$end\n"));
    for format in [text, jsonl, vcd] {
        assert!(format.ends_with('\n') && !format.ends_with("\n\n"));
    }
    sim(["run", GOOD, "--format", "xml"]).with(2);
}

#[test]
fn traces_of_several_scenarios_are_concatenated_if_a_format_is_given() {
    let both = sim(["run", GOOD, LAMP, "--format", "text"]).with(0);
    let one = sim(["run", GOOD]).out;
    let other = sim(["run", LAMP]).out;
    assert_eq!(both.out, one + &other);
    assert!(
        both.err.ends_with("2 passed, 0 failed, 0 not played\n"),
        "{}",
        both.err
    );
}

#[test]
fn a_trace_goes_to_a_file_and_to_nowhere_else() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("trace");
    fs::write(&out, "what was there before").unwrap();
    let ended = command(["run", GOOD, "--out"]).arg(&out).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stdout.is_empty());
    assert_eq!(
        fs::read_to_string(&out).unwrap(),
        golden(&root().join(GOOD_GOLDEN))
    );
    assert_eq!(names(folder.path()), ["trace"]);
}

#[test]
fn a_file_stays_as_it_was_when_nothing_was_played() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("trace");
    fs::write(&out, "what was there before").unwrap();
    let broken = "fixtures/broken/unknown-verb.scn";
    let ended = command(["run", broken, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&out).unwrap(), "what was there before");
    assert_eq!(names(folder.path()), ["trace"]);
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("good.scn");
    let text = fs::read(root().join(GOOD)).unwrap();
    fs::write(&scenario, &text).unwrap();
    for option in ["--out", "--record"] {
        // The same file by another path.
        let output = folder
            .path()
            .join("../")
            .join(folder.path().file_name().unwrap());
        let ended = command(["run"])
            .arg(&scenario)
            .arg(option)
            .arg(output.join("good.scn"))
            .output()
            .unwrap();
        let errors = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{errors}");
        assert!(errors.contains("would be overwritten"), "{errors}");
        assert_eq!(fs::read(&scenario).unwrap(), text);
    }
    assert_eq!(names(folder.path()), ["good.scn"]);
}

#[test]
fn a_failing_scenario_leaves_its_trace_too() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("trace");
    let ended = command(["run", FAILING, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        fs::read_to_string(&out)
            .unwrap()
            .starts_with("lockstep trace 1: lamp")
    );
}

#[test]
fn a_folder_that_does_not_exist_is_an_error_with_its_name() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("nowhere").join("trace");
    for option in ["--out", "--record"] {
        let ended = sim([
            "run".as_ref(),
            GOOD.as_ref(),
            option.as_ref(),
            out.as_os_str(),
        ])
        .with(2);
        let expected = format!(
            "there is no folder `{}`",
            folder.path().join("nowhere").display()
        );
        assert!(ended.err.contains(&expected), "{}", ended.err);
    }
    let folder_itself = [
        "run".as_ref(),
        GOOD.as_ref(),
        "--out".as_ref(),
        folder.path().as_os_str(),
    ];
    sim(folder_itself).with(2);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempdir().unwrap();
    let [kept, link, dangling, behind] =
        ["kept", "link", "dangling", "behind"].map(|name| folder.path().join(name));
    fs::write(&kept, "before").unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&kept, &link).unwrap();
    symlink("behind", &dangling).unwrap();
    let expected = golden(&root().join(GOOD_GOLDEN));
    for (path, target) in [(&link, &kept), (&dangling, &behind)] {
        sim([
            "run".as_ref(),
            GOOD.as_ref(),
            "--out".as_ref(),
            path.as_os_str(),
        ])
        .with(0);
        assert!(fs::symlink_metadata(path).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(target).unwrap(), expected);
    }
    let mode = fs::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(names(folder.path()), ["behind", "dangling", "kept", "link"]);
}

#[test]
fn a_device_is_written_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;

    sim(["run", GOOD, "--out", "/dev/null"]).with(0);
    let kind = fs::metadata("/dev/null").unwrap().file_type();
    assert!(kind.is_char_device());
}

#[test]
fn a_recording_is_replayed_byte_for_byte() {
    let folder = tempdir().unwrap();
    let kept = folder.path().join("run.rec");
    for scenario in [GOOD, LAMP, FAILING, "fixtures/scenarios/lamp/wrap/lock.scn"] {
        for format in ["text", "jsonl", "vcd"] {
            let played = command(["run", scenario, "--format", format, "--record"])
                .arg(&kept)
                .output()
                .unwrap();
            let replayed = command(["replay", "--format", format])
                .arg(&kept)
                .output()
                .unwrap();
            assert_eq!(replayed.status.code(), Some(0));
            assert_eq!(replayed.stdout, played.stdout, "{scenario} {format}");
            assert!(replayed.stderr.is_empty());
        }
    }
    let bytes = fs::read(&kept).unwrap();
    let from_stdin = sim_with(["replay", "-"], &bytes).with(0);
    assert_eq!(
        from_stdin.out,
        sim(["run", "fixtures/scenarios/lamp/wrap/lock.scn"]).out
    );
    let out = folder.path().join("trace");
    command(["replay".as_ref(), kept.as_os_str()])
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), from_stdin.out);
}

#[test]
fn a_waveform_that_was_written_can_be_played() {
    let folder = tempdir().unwrap();
    let waveform = folder.path().join("run.vcd");
    for scenario in [
        GOOD,
        LAMP,
        "fixtures/scenarios/lamp/wrap/lock.scn",
        "fixtures/scenarios/lamp/safe-state/uart-missing.scn",
    ] {
        let played = command(["run", scenario, "--format", "vcd", "--out"])
            .arg(&waveform)
            .output()
            .unwrap();
        assert_eq!(played.status.code(), Some(0));
        let again = sim(["run".as_ref(), waveform.as_os_str()]).with(0);
        assert_eq!(again.out, sim(["run", scenario]).out);
        let bytes = command(["run", "--format", "vcd"])
            .arg(&waveform)
            .output()
            .unwrap()
            .stdout;
        assert_eq!(bytes, fs::read(&waveform).unwrap());
    }
}

#[test]
fn several_scenarios_are_not_recorded_into_one_file() {
    let folder = tempdir().unwrap();
    let kept = folder.path().join("run.rec");
    let ended = command(["run", GOOD, LAMP, "--record"])
        .arg(&kept)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(!kept.exists());
}

#[test]
fn color_follows_the_option_then_the_environment() {
    const ESCAPE: char = '\u{1b}';
    let told = |options: &[&str], variables: &[(&str, &str)]| {
        let mut command = command(["run", FAILING]);
        command.args(options).envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let plain = told(&[], &[]);
    assert!(!plain.contains(ESCAPE));
    for (options, variables, colored) in [
        (&[][..], &[("CLICOLOR_FORCE", "1")][..], true),
        (&[], &[("NO_COLOR", "1")], false),
        (&["--color", "always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["--color", "auto"], &[], false),
    ] {
        let told = told(options, variables);
        assert_eq!(
            told.contains(ESCAPE),
            colored,
            "{options:?} {variables:?}: {told}"
        );
        if !colored {
            assert_eq!(told, plain);
        }
    }
    let trace = command(["run", FAILING, "--color", "always"])
        .output()
        .unwrap()
        .stdout;
    assert!(!trace.contains(&0x1b), "a trace is data");
    sim(["run", GOOD, "--color", "sometimes"]).with(2);
}
