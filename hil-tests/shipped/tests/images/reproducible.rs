//! Builds in two folders that share nothing of what is built for the board give the same image.

use std::fs;

use libtest_mimic::{Failed, Trial};
use lockstep_images::board::Board;
use lockstep_images::build::{Image, Profile, build};

use crate::copy::WorkspaceCopy;
use crate::support;

pub(crate) fn trial(board: &Board, missing: Option<String>) -> Trial {
    let name = format!("reproducible/{}", board.name);
    let board = board.clone();
    support::trial(name, missing, move || compare(&board))
}

fn compare(board: &Board) -> Result<(), Failed> {
    let copy = WorkspaceCopy::with_build_tools("a folder with a much longer name");
    let [one, other] = [support::root(), copy.root.clone()].map(|root| {
        let folder = root.join("firmware-core/boards").join(&board.name);
        let board = Board::read(&folder).unwrap();
        let environment = support::environment();
        let images = build(&environment, &root, &board, Profile::Release)?;
        let read = |image: &Image| -> Result<_, Failed> {
            let bytes = fs::read(&image.path)?;
            Ok((image.name.clone(), image.read()?, bytes))
        };
        images.iter().map(read).collect::<Result<Vec<_>, Failed>>()
    });
    let (one, other) = (one?, other?);
    assert_eq!(one.len(), other.len());
    for ((name, elf, bytes), (_, other_elf, other_bytes)) in one.iter().zip(&other) {
        assert!(elf.build_id.is_some(), "{name}");
        assert_eq!(elf.build_id, other_elf.build_id, "the build id of {name}");
        assert!(
            elf.loaded() == other_elf.loaded(),
            "what is loaded of {name}"
        );
        assert!(bytes == other_bytes, "the whole file of {name}");
    }
    Ok(())
}
