//! `hil board` with an image that is known.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lockstep_images::build::Profile;

use libtest_mimic::Failed;

use super::bench::{attach, image};

/// The heartbeat of the lamp, as seen from outside of the chip.
const BEATS: [&str; 3] = [
    "out  heartbeat high at 500 ms",
    "out  heartbeat low at 1000 ms",
    "out  heartbeat high at 1500 ms",
];

pub(crate) fn changes_are_shown_with_their_ticks() -> Result<(), Failed> {
    let image = image("lamp", Profile::Release)?;
    let mut board = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(["board", "--fast", "--image"])
        .arg(&image.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(board.stdout.take().ok_or("no output")?).lines();
    let mut selector = None;
    for line in lines.by_ref() {
        let line = line?;
        selector = selector.or(line.strip_prefix("probe     ").map(str::to_owned));
        if line.starts_with("key       q") {
            break;
        }
    }
    let mut session = attach(
        &selector.ok_or("no selector")?,
        "nRF51822_xxAA",
        "thumbv6m-none-eabi",
    )?;
    let (bytes, elf) = image.load()?;
    session.flash(&bytes, &elf)?;
    let mut beats = Vec::new();
    for line in lines {
        let line = line?;
        if line.starts_with("out  heartbeat") {
            beats.push(line);
        }
        if beats.len() == BEATS.len() {
            break;
        }
    }
    drop(session);
    board.kill()?;
    board.wait()?;
    assert_eq!(beats, BEATS);
    Ok(())
}
