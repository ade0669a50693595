//! Sizes for people, in columns.

use std::fmt::{self, Write};

use super::Measured;
use super::baseline::{Growth, Kept};
use crate::images::board::Board;

/// How many symbols that grew are shown.
const MAX_GROWTHS: usize = 20;

const NAME: usize = 20;
const NUMBER: usize = 8;

/// The sections of an image, its sums, the budget, and what has changed since the baseline.
#[must_use]
pub fn image(measured: &Measured, board: &Board, kept: Option<&Kept>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_image(measured, board, kept, &mut text);
    text
}

fn write_image(
    measured: &Measured,
    board: &Board,
    kept: Option<&Kept>,
    out: &mut String,
) -> fmt::Result {
    writeln!(out, "{}, release", measured.name)?;
    writeln!(
        out,
        "  {:NAME$}  {:10}  {:>NUMBER$}  {:>NUMBER$}",
        "section", "address", "flash", "RAM"
    )?;
    for section in &measured.sections {
        let (flash, ram) = (bytes(section.flash), bytes(section.ram));
        let (name, address) = (&section.name, section.address);
        writeln!(
            out,
            "  {name:NAME$}  {address:#010x}  {flash:>NUMBER$}  {ram:>NUMBER$}"
        )?;
    }
    let usage = measured.usage;
    let (flash, ram) = (u64::from(board.budget.flash), u64::from(board.budget.ram));
    sums(
        out,
        "taken",
        [usage.flash.to_string(), usage.ram.to_string()],
    )?;
    sums(out, "budget", [flash.to_string(), ram.to_string()])?;
    sums(
        out,
        "headroom",
        [left(flash, usage.flash), left(ram, usage.ram)],
    )?;
    match kept {
        Some(kept) => {
            let changes = [change(kept.flash, usage.flash), change(kept.ram, usage.ram)];
            sums(out, "since the baseline", changes)
        }
        None => writeln!(out, "  there is no baseline: `hil size --bless` writes one"),
    }
}

fn sums(out: &mut String, what: &str, [flash, ram]: [String; 2]) -> fmt::Result {
    writeln!(
        out,
        "  {what:NAME$}  {:10}  {flash:>NUMBER$}  {ram:>NUMBER$}",
        ""
    )
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "-".to_owned(),
        bytes => bytes.to_string(),
    }
}

fn left(budget: u64, taken: u64) -> String {
    match budget.checked_sub(taken) {
        Some(left) => left.to_string(),
        None => format!("-{}", taken - budget),
    }
}

fn change(before: u64, now: u64) -> String {
    match now.checked_sub(before) {
        Some(0) => "0".to_owned(),
        Some(more) => format!("+{more}"),
        None => format!("-{}", before - now),
    }
}

/// What grew, a line each.
#[must_use]
pub fn growths(growths: &[Growth]) -> String {
    let mut lines: Vec<_> = growths
        .iter()
        .take(MAX_GROWTHS)
        .map(|growth| {
            let Growth { name, before, now } = growth;
            format!("{:>+6} B  {name} ({before} to {now})", growth.bytes())
        })
        .collect();
    if growths.len() > MAX_GROWTHS {
        lines.push(format!("and {} more", growths.len() - MAX_GROWTHS));
    }
    match lines.is_empty() {
        true => "no symbol grew".to_owned(),
        false => format!("what grew since the baseline:\n{}", lines.join("\n")),
    }
}
