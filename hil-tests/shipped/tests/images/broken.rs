//! Files that are cut off or changed in places are refused or read, and nothing panics.

use std::fs;

use libtest_mimic::{Failed, Trial};
use lockstep_images::contract;
use lockstep_images::images::board::{BOARDS, Board};
use lockstep_images::images::build::{Profile, build};
use lockstep_images::images::elf::Elf;

use crate::support;

/// How many files are tried of each kind.
const TRIED: usize = 2_000;

/// How much of a file is changed: the headers, where every byte means something.
const HEADERS: usize = 4_096;

pub(crate) fn trial(board: &Board, missing: Option<String>) -> Trial {
    let name = format!("broken/{}", board.name);
    let board = board.clone();
    support::trial(name, missing, move || read(&board))
}

fn read(board: &Board) -> Result<(), Failed> {
    let workspace = support::root().join(BOARDS);
    let images = build(&support::environment(), &workspace, board, Profile::Release)?;
    let image = images.first().ok_or("there is no image")?;
    let bytes = fs::read(&image.path)?;
    let judge = |bytes: &[u8]| match Elf::parse(bytes) {
        Ok(elf) => !contract::check(&elf, board, Profile::Release).is_empty(),
        Err(_) => true,
    };
    assert!(!judge(&bytes));
    let mut found = 0;
    for step in 0..TRIED {
        found += usize::from(judge(&bytes[..bytes.len() * step / TRIED]));
    }
    assert_eq!(found, TRIED, "a file that is cut off is found");
    let mut changed = bytes.clone();
    let ends = [
        0..HEADERS.min(bytes.len()),
        bytes.len().saturating_sub(HEADERS)..bytes.len(),
    ];
    for place in ends.into_iter().flatten() {
        for value in [0, 0x7f, 0xff] {
            changed[place] = value;
            judge(&changed);
        }
        changed[place] = bytes[place];
    }
    Ok(())
}
