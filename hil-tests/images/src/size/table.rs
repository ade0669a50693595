//! Sizes as tables for people.

use comfy_table::{CellAlignment, Table};

use super::ImageSize;
use super::baseline::{BaselineEntry, SymbolGrowth};
use crate::board::Board;
use crate::stack::RUNTIME_STACK;
use crate::text_table;

/// How many symbols that grew are listed.
const MAX_GROWTHS: usize = 20;

/// The columns of numbers.
const FLASH: usize = 2;
const RAM: usize = 3;

/// The sections of an image, its sums, the budget, and the change since the baseline.
#[must_use]
pub fn image(image: &ImageSize, board: &Board, baseline: Option<&BaselineEntry>) -> String {
    let mut table = text_table::new();
    add_row(&mut table, "section", "address", ["flash", "RAM"]);
    for section in &image.sections {
        let address = format!("{:#010x}", section.address);
        let sizes = [section.flash, section.ram].map(bytes);
        add_row(&mut table, &section.name, &address, sizes);
    }
    let taken = [image.usage.flash, image.usage.ram];
    let budget = [board.budget.flash, board.budget.ram].map(u64::from);
    let pairs = [(budget[0], taken[0]), (budget[1], taken[1])];
    add_row(
        &mut table,
        "taken",
        "",
        taken.map(|bytes| bytes.to_string()),
    );
    add_row(
        &mut table,
        "budget",
        "",
        budget.map(|bytes| bytes.to_string()),
    );
    add_row(
        &mut table,
        "headroom",
        "",
        pairs.map(|(budget, taken)| difference(taken, budget)),
    );
    if let Some(baseline) = baseline {
        let changes = [(baseline.flash, taken[0]), (baseline.ram, taken[1])];
        let changes = changes.map(|(before, now)| signed(before, now));
        add_row(&mut table, "since the baseline", "", changes);
    }
    for column in [FLASH, RAM] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{}, release\n{}", image.name, text_table::render(table));
    if let Some(stack) = image.stack {
        let rest = match stack.headroom() {
            Some(rest) => format!("{rest} B are left"),
            None => "that is too much".to_owned(),
        };
        text += &format!(
            "  stack: {} B; the app takes {}, the runtime up to {RUNTIME_STACK}; {rest}\n",
            stack.bytes, stack.app
        );
    }
    if baseline.is_none() {
        text += "  there is no baseline: `hil size --bless` writes one\n";
    }
    text
}

fn add_row(table: &mut Table, name: &str, address: &str, sizes: [impl Into<String>; 2]) {
    let [flash, ram] = sizes.map(Into::into);
    let indented = format!("  {name}");
    table.add_row([indented, address.to_owned(), flash, ram]);
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "-".to_owned(),
        bytes => bytes.to_string(),
    }
}

/// `to - from`, which may be less than 0.
fn difference(from: u64, to: u64) -> String {
    match to.checked_sub(from) {
        Some(more) => more.to_string(),
        None => format!("-{}", from - to),
    }
}

/// The same, with a `+` where it is more than 0.
fn signed(from: u64, to: u64) -> String {
    let plus = if to > from { "+" } else { "" };
    format!("{plus}{}", difference(from, to))
}

/// The symbols that grew, one on each line.
#[must_use]
pub fn growths(growths: &[SymbolGrowth]) -> String {
    let mut lines: Vec<_> = growths
        .iter()
        .take(MAX_GROWTHS)
        .map(|growth| {
            let SymbolGrowth { name, before, now } = growth;
            format!("{:>+6} B  {name} ({before} to {now})", growth.bytes())
        })
        .collect();
    if growths.len() > MAX_GROWTHS {
        lines.push(format!("and {} more", growths.len() - MAX_GROWTHS));
    }
    match lines.is_empty() {
        true => "no symbol grew".to_owned(),
        false => format!("grown since the baseline:\n{}", lines.join("\n")),
    }
}
