//! Linker scripts that link and are wrong: each must be found by the rule it breaks.

use std::fs;
use std::path::Path;

use hil_tests::contract::{self, Rule};
use hil_tests::images::board::Board;
use hil_tests::images::build::{Profile, build};
use libtest_mimic::{Failed, Trial};

use crate::copy::Copy;
use crate::support;

/// How a region of `memory.x` is bent.
struct Bend {
    name: &'static str,
    region: &'static str,
    key: &'static str,
    value: &'static str,
    breaks: Rule,
}

const BENDS: [Bend; 3] = [
    Bend {
        name: "more-ram-than-the-chip",
        region: "RAM",
        key: "LENGTH",
        value: "24K",
        breaks: Rule::ChipMemory,
    },
    Bend {
        name: "ram-begins-late",
        region: "RAM",
        key: "ORIGIN",
        value: "0x20000100",
        breaks: Rule::StackEnd,
    },
    Bend {
        name: "flash-begins-late",
        region: "FLASH",
        key: "ORIGIN",
        value: "0x00000400",
        breaks: Rule::VectorTable,
    },
];

pub(crate) fn trials(board: &Board, missing: Option<&String>) -> Vec<Trial> {
    let trial = |bend: Bend| {
        let name = format!("bent/{}/{}", board.name, bend.name);
        let board = board.clone();
        support::trial(name, missing.cloned(), move || is_found(&bend, &board))
    };
    BENDS.map(trial).into()
}

fn is_found(bend: &Bend, board: &Board) -> Result<(), Failed> {
    let copy = Copy::new("bent");
    let board = copy.board(board);
    bend_file(bend, &board.folder.join("memory.x"));
    let images = build(
        &support::surroundings(),
        &copy.workspace(),
        &board,
        Profile::Release,
    )?;
    for image in images {
        let findings = contract::check(&image.read()?, &board, Profile::Release);
        let found = findings.iter().any(|finding| finding.rule == bend.breaks);
        assert!(
            found,
            "{} breaks {}, and was found: {findings:?}",
            image.name, bend.breaks
        );
    }
    Ok(())
}

/// Sets the value of the key in the line of the region.
fn bend_file(bend: &Bend, path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let is_region = |line: &str| {
        let rest = line.trim_start().strip_prefix(bend.region);
        rest.is_some_and(|rest| rest.starts_with([' ', ':', '(']) && rest.contains(bend.key))
    };
    let lines: Vec<_> = text
        .lines()
        .map(|line| {
            if !is_region(line) {
                return line.to_owned();
            }
            let (before, rest) = line.split_once(bend.key).unwrap();
            let end = rest.find(',').unwrap_or(rest.len());
            format!("{before}{} = {}{}", bend.key, bend.value, &rest[end..])
        })
        .collect();
    let bent = lines.join("\n") + "\n";
    assert_ne!(
        bent,
        text,
        "`{}` has a line for {}",
        path.display(),
        bend.region
    );
    fs::write(path, bent).unwrap();
}
