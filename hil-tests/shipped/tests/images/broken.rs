//! Image files that are cut off or changed in places are refused or read, and nothing panics.

use std::fs;

use libtest_mimic::{Failed, Trial};
use lockstep_images::board::Board;
use lockstep_images::build::{Profile, build};
use lockstep_images::contract;
use lockstep_images::elf::Elf;

use crate::support;

/// How many lengths a file is cut to.
const CUTS: usize = 2_000;

/// How much of a file is changed at either end: the headers, where every byte matters.
const HEADERS: usize = 4_096;

pub(crate) fn trial(board: &Board, missing: Option<String>) -> Trial {
    let name = format!("broken/{}", board.name);
    let board = board.clone();
    support::trial(name, missing, move || read(&board))
}

fn read(board: &Board) -> Result<(), Failed> {
    let root = support::root();
    let images = build(&support::environment(), &root, board, Profile::Release)?;
    let image = images.first().ok_or("there is no image")?;
    let bytes = fs::read(&image.path)?;
    let is_refused = |bytes: &[u8]| match Elf::parse(bytes) {
        Ok(elf) => !contract::check(&elf, board, Profile::Release).is_empty(),
        Err(_) => true,
    };
    assert!(!is_refused(&bytes));
    let mut found = 0;
    for step in 0..CUTS {
        found += usize::from(is_refused(&bytes[..bytes.len() * step / CUTS]));
    }
    assert_eq!(found, CUTS, "a file that is cut off is found");
    let mut changed = bytes.clone();
    let ends = [
        0..HEADERS.min(bytes.len()),
        bytes.len().saturating_sub(HEADERS)..bytes.len(),
    ];
    for position in ends.into_iter().flatten() {
        for value in [0, 0x7f, 0xff] {
            changed[position] = value;
            is_refused(&changed);
        }
        changed[position] = bytes[position];
    }
    Ok(())
}
