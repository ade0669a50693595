//! Every picture in the documentation is what `sim` draws now.
//!
//! `INSTA_UPDATE=always cargo test -p sim --test pictures` renews them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIST: &str = "fixtures/pictures/list.txt";
const RENEW: &str = "INSTA_UPDATE=always cargo test -p sim --test pictures";

/// A file, and what draws it.
struct Picture {
    file: String,
    command: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pictures() -> Vec<Picture> {
    let list = fs::read_to_string(root().join(LIST)).unwrap();
    let lines = list.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (file, command) = line
                .split_once(" = ")
                .unwrap_or_else(|| panic!("{LIST}: `{line}` is not `FILE = COMMAND`"));
            Picture {
                file: file.trim().to_owned(),
                command: command.trim().to_owned(),
            }
        })
        .collect()
}

fn draw(picture: &Picture) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let name = Path::new(&picture.file).file_name().unwrap();
    let drawn = folder.path().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(picture.command.split_whitespace())
        .arg("--out")
        .arg(&drawn)
        .current_dir(root())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sim {}: {errors}", picture.command);
    fs::read(drawn).unwrap()
}

#[test]
fn no_picture_is_stale() {
    let renews = env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    let mut stale = Vec::new();
    for picture in pictures() {
        let drawn = draw(&picture);
        let file = root().join(&picture.file);
        if fs::read(&file).is_ok_and(|kept| kept == drawn) {
            continue;
        }
        if renews {
            fs::write(&file, drawn).unwrap();
        } else {
            stale.push(picture.file);
        }
    }
    assert!(
        stale.is_empty(),
        "outdated pictures: {}; renew them with\n  {RENEW}\nand look at the changes",
        stale.join(", ")
    );
}

#[test]
fn every_picture_is_on_the_list() {
    let listed: BTreeSet<_> = pictures().into_iter().map(|picture| picture.file).collect();
    let folder = root().join("docs/pictures");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let file = format!("docs/pictures/{name}");
        assert!(listed.contains(&file), "{file} is not in {LIST}");
    }
}
