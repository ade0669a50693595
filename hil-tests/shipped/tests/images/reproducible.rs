//! Two builds in two folders, which share nothing, give the same image.

use std::fs;

use libtest_mimic::{Failed, Trial};
use lockstep_images::images::board::Board;
use lockstep_images::images::build::{Profile, build};

use crate::copy::Copy;
use crate::support;

pub(crate) fn trial(board: &Board, missing: Option<String>) -> Trial {
    let name = format!("reproducible/{}", board.name);
    let board = board.clone();
    support::trial(name, missing, move || compare(&board))
}

fn compare(board: &Board) -> Result<(), Failed> {
    let [one, other] = [Copy::new("one"), Copy::new("a much longer name")].map(|copy| {
        let board = Board::read(&copy.workspace().join(&board.name)).unwrap();
        let images = build(
            &support::environment(),
            &copy.workspace(),
            &board,
            Profile::Release,
        )?;
        let read = |image: &lockstep_images::images::build::Image| -> Result<_, Failed> {
            let bytes = fs::read(&image.path)?;
            Ok((image.name.clone(), image.read()?, bytes))
        };
        images.iter().map(read).collect::<Result<Vec<_>, Failed>>()
    });
    let (one, other) = (one?, other?);
    assert_eq!(one.len(), other.len());
    for ((name, elf, bytes), (_, other_elf, other_bytes)) in one.iter().zip(&other) {
        assert!(elf.identity.is_some(), "{name}");
        assert_eq!(elf.identity, other_elf.identity, "the identity of {name}");
        assert!(
            elf.loaded() == other_elf.loaded(),
            "what is loaded of {name}"
        );
        assert!(bytes == other_bytes, "the whole file of {name}");
    }
    Ok(())
}
