//! Linker scripts that link but are wrong: each is found by the rule that it breaks.

use std::fs;

use libtest_mimic::{Failed, Trial};
use lockstep_images::board::Board;
use lockstep_images::build::{Profile, build_selected};
use lockstep_images::contract::{self, Rule, Violation, linker_script};

use crate::copy::WorkspaceCopy;
use crate::support;

/// How `memory.x` is bent.
struct Bend {
    name: &'static str,
    /// A region, what of it is set, and to what.
    lines: &'static [(&'static str, &'static str, &'static str)],
    /// What breaks in the script itself, if anything.
    script_breaks: Option<Rule>,
    /// What breaks in the image.
    image_breaks: Rule,
}

const BENDS: [Bend; 4] = [
    Bend {
        name: "more-ram-than-the-chip",
        lines: &[
            ("RAM", "LENGTH", "24K"),
            ("RETAINED", "ORIGIN", "0x20006000"),
        ],
        script_breaks: Some(Rule::ChipMemory),
        image_breaks: Rule::ChipMemory,
    },
    // flip-link puts everything below what is retained, and leaves next to nothing for the stack.
    Bend {
        name: "ram-over-what-is-retained",
        lines: &[("RAM", "LENGTH", "16K")],
        script_breaks: Some(Rule::Overlap),
        image_breaks: Rule::StackRoom,
    },
    Bend {
        name: "ram-begins-late",
        lines: &[("RAM", "ORIGIN", "0x20000100"), ("RAM", "LENGTH", "8K")],
        script_breaks: None,
        image_breaks: Rule::StackEnd,
    },
    Bend {
        name: "flash-begins-late",
        lines: &[
            ("FLASH", "ORIGIN", "0x00000400"),
            ("FLASH", "LENGTH", "128K"),
        ],
        script_breaks: None,
        image_breaks: Rule::VectorTable,
    },
];

/// All of them in one copy, so that all but the linking is done once.
pub(crate) fn trial(board: &Board, missing: Option<String>) -> Trial {
    let name = format!("bent/{}", board.name);
    let board = board.clone();
    support::trial(name, missing, move || {
        let copy = WorkspaceCopy::with_dependencies("bent", &board.target);
        let board = Board::read(&copy.board(&board.name)).unwrap();
        let straight = fs::read_to_string(board.folder.join(linker_script::LINKER_SCRIPT))?;
        let found = |bend| is_found(bend, &copy, &board, &straight);
        BENDS.iter().try_for_each(found)
    })
}

fn is_found(
    bend: &Bend,
    copy: &WorkspaceCopy,
    board: &Board,
    straight: &str,
) -> Result<(), Failed> {
    let lines = bend.lines.iter();
    let text = lines.fold(straight.to_owned(), |text, line| bent(&text, *line));
    fs::write(board.folder.join(linker_script::LINKER_SCRIPT), &text)?;
    holds_but(
        bend,
        bend.script_breaks,
        &linker_script::check(&text, board),
    );
    let environment = support::environment();
    // What is wrong with the script is wrong in each image.
    let first = |name: &str| name.ends_with("-lamp");
    let images = build_selected(&environment, &copy.root, board, Profile::Release, first)?;
    for image in images {
        let violations = contract::check(&image.read()?, board, Profile::Release);
        holds_but(bend, Some(bend.image_breaks), &violations);
    }
    Ok(())
}

/// The rule is among those that are broken, or there is none.
fn holds_but(bend: &Bend, rule: Option<Rule>, violations: &[Violation]) {
    match rule {
        Some(rule) => {
            let found = violations.iter().any(|violation| violation.rule == rule);
            assert!(
                found,
                "{} breaks {rule}, and was found: {violations:?}",
                bend.name
            );
        }
        None => assert!(
            violations.is_empty(),
            "{} breaks nothing, and was found: {violations:?}",
            bend.name
        ),
    }
}

/// Sets the value of the key in the line of the region.
fn bent(text: &str, (region, key, value): (&str, &str, &str)) -> String {
    let is_region = |line: &str| {
        let rest = line.trim_start().strip_prefix(region);
        rest.is_some_and(|rest| rest.starts_with([' ', ':', '(']) && rest.contains(key))
    };
    let mut lines = Vec::new();
    let mut found = 0;
    for line in text.lines() {
        if !is_region(line) {
            lines.push(line.to_owned());
            continue;
        }
        found += 1;
        let (before, rest) = line.split_once(key).unwrap();
        let end = rest.find(',').unwrap_or(rest.len());
        lines.push(format!("{before}{key} = {value}{}", &rest[end..]));
    }
    assert_eq!(found, 1, "the linker script has one line for {region}");
    lines.join("\n") + "\n"
}
