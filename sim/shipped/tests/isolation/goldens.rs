//! Golden tests of apps that end their process.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::run::shown;
use crate::{AS_GOLDENS, named};

pub(crate) fn trials() -> Vec<Trial> {
    named(&[(
        "goldens: an app that ends its process fails its test and no other",
        endings,
    )])
}

fn goldens(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env(AS_GOLDENS, folder)
        .env("INSTA_UPDATE", "always")
        .env_remove("INSTA_FORCE_PASS")
        .env_remove("RUST_BACKTRACE");
    command
}

fn folder(apps: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for app in apps {
        let text = format!("app {app}\nwait 20 ms\ntap A for 50 ms\nexpect led is off\n");
        fs::write(folder.path().join(format!("{app}.scn")), text).unwrap();
    }
    folder
}

fn endings() {
    let folder = folder(&[
        "aborter", "counter", "killed", "leaver", "panicker", "recurser",
    ]);
    let output = goldens(folder.path()).output().unwrap();
    let (exit, stdout, stderr) = shown(&output);
    assert_eq!(exit, Some(101), "{stdout}{stderr}");
    for ending in [
        "app `aborter` aborted at tick 25",
        "app `killed` was killed by signal 9 at tick 25",
        "app `leaver` exited with code 0 at tick 25",
        "app `panicker` panicked at tick 25: on purpose",
        "app `recurser` overflowed its stack at tick 25",
        "test result: FAILED. 2 passed; 5 failed",
    ] {
        assert!(stdout.contains(ending), "{ending}\n{stdout}{stderr}");
    }
    // Only what was played to its end is blessed.
    let written = fs::read_dir(folder.path()).unwrap();
    let written = written.map(|file| file.unwrap().file_name().into_string().unwrap());
    let written: Vec<_> = written.filter(|name| name.ends_with(".snap")).collect();
    assert_eq!(written, ["counter.snap"]);
}
