//! Rules on where sections are and where they are loaded from.

use super::{Rule, Violations};
use crate::board::{Board, Region};
use crate::elf::{BUILD_ID_SECTION, Elf, Section};
use crate::size::MemoryUsage;
use crate::stack::{RUNTIME_STACK, Stack};

const DATA: &str = ".data";
const RETAINED: &str = ".retained";
const RTT: &str = "_SEGGER_RTT";

/// The sections without content in the file.
const NOT_LOADED: [&str; 2] = [".bss", ".uninit"];

pub(super) fn check(elf: &Elf, board: &Board, violations: &mut Violations) {
    for section in &elf.sections {
        check_chip(section, board, violations);
    }
    check_overlaps(elf, violations);
    if let Some(data) = elf.section(DATA) {
        let runs_in_ram = board.ram.contains(&data.range());
        let loaded = data.load_range();
        if !runs_in_ram || loaded.is_none_or(|range| !board.flash.contains(&range)) {
            let message = format!(
                "`{DATA}` runs at {:#010x} and is loaded {}: expected to run in RAM \
                 and to be loaded from flash",
                data.address,
                load_origin(data)
            );
            violations.add(Rule::Data, message);
        }
    }
    for section in NOT_LOADED.iter().filter_map(|name| elf.section(name)) {
        if section.load_address.is_some() || !board.ram.contains(&section.range()) {
            let message = format!(
                "`{}` is at {:#010x} and loaded {}: expected it in RAM and not loaded",
                section.name,
                section.address,
                load_origin(section)
            );
            violations.add(Rule::Bss, message);
        }
    }
    check_stack_room(elf, violations);
    check_retained(elf, board.ram, violations);
    check_rtt(elf, board.ram, violations);
    check_build_id(elf, board.flash, violations);
    check_note(elf, violations);
}

fn load_origin(section: &Section) -> String {
    match section.load_address {
        Some(load) => format!("from {load:#010x}"),
        None => "from nowhere".to_owned(),
    }
}

/// Sections run in and are loaded from memory that the chip has.
fn check_chip(section: &Section, board: &Board, violations: &mut Violations) {
    let range = section.range();
    if !board.flash.contains(&range) && !board.ram.contains(&range) {
        let message = format!(
            "`{}` is at {:#010x} to {:#010x}: expected it in the chip's flash \
             ({}) or RAM ({})",
            section.name,
            range.start,
            range.end,
            range_text(board.flash),
            range_text(board.ram)
        );
        violations.add(Rule::ChipMemory, message);
    }
    match section.load_range() {
        Some(load) if !board.flash.contains(&load) => {
            let message = format!(
                "`{}` is loaded from {:#010x} to {:#010x}: expected the chip's flash ({})",
                section.name,
                load.start,
                load.end,
                range_text(board.flash)
            );
            violations.add(Rule::ChipMemory, message);
        }
        _ => {}
    }
}

fn range_text(region: Region) -> String {
    format!("{:#010x} to {:#010x}", region.origin, region.end())
}

/// No two sections share an address, neither run nor load addresses.
fn check_overlaps(elf: &Elf, violations: &mut Violations) {
    let runs = elf
        .sections
        .iter()
        .map(|section| (section.range(), section));
    let loads = elf.sections.iter();
    let loads = loads.filter_map(|section| Some((section.load_range()?, section)));
    for (verb, mut ranges) in [
        ("runs", runs.collect::<Vec<_>>()),
        ("is loaded", loads.collect()),
    ] {
        ranges.sort_by_key(|(range, _)| range.start);
        for pair in ranges.windows(2) {
            let [(low, below), (high, above)] = pair else {
                continue;
            };
            if low.end > high.start {
                let message = format!(
                    "`{}` {verb} up to {:#010x}, over the start of `{}` at {:#010x}",
                    below.name, low.end, above.name, high.start
                );
                violations.add(Rule::Overlap, message);
            }
        }
    }
}

/// An image that does not say how large its app is was not started by the runtime's macro.
fn check_stack_room(elf: &Elf, violations: &mut Violations) {
    if let Some(stack) = Stack::of(elf)
        && stack.headroom().is_none()
    {
        let message = format!(
            "the stack has {} B, of which the app takes {}: expected {RUNTIME_STACK} more for the \
             runtime",
            stack.bytes, stack.app
        );
        violations.add(Rule::StackRoom, message);
    }
}

/// After everything that the startup code writes, and not loaded.
fn check_retained(elf: &Elf, ram: Region, violations: &mut Violations) {
    let Some(retained) = elf.section(RETAINED) else {
        let message =
            format!("there is no `{RETAINED}`: expected it to hold the crash record of a panic");
        return violations.add(Rule::Retained, message);
    };
    if retained.load_address.is_some() {
        let message = format!(
            "`{RETAINED}` is loaded {}: expected not to be loaded",
            load_origin(retained)
        );
        violations.add(Rule::Retained, message);
    }
    let others = elf
        .sections
        .iter()
        .filter(|section| section.name != RETAINED && ram.contains(&section.range()));
    let end = others.map(|section| section.range().end).max();
    if retained.range().start < end.unwrap_or(0) {
        let message = format!(
            "`{RETAINED}` is at {:#010x}: expected it after all that the startup code \
             initialises, from {:#010x} on",
            retained.address,
            end.unwrap_or(0)
        );
        violations.add(Rule::Retained, message);
    }
}

fn check_rtt(elf: &Elf, ram: Region, violations: &mut Violations) {
    match elf.symbol(RTT) {
        None => violations.add(Rule::Rtt, format!("there is no symbol `{RTT}`")),
        Some(block) => {
            let start = u64::from(block.address);
            let range = start..start + u64::from(block.bytes);
            if !ram.contains(&range) {
                let message = format!(
                    "`{RTT}` is at {:#010x}: expected it in RAM ({})",
                    block.address,
                    range_text(ram)
                );
                violations.add(Rule::Rtt, message);
            }
        }
    }
}

/// The symbol by which an image finds its build id.
const NOTE: &str = "__build_note";

/// The length of the build id that an image reads of itself.
const SHA_1_BYTES: usize = 20;

fn check_build_id(elf: &Elf, flash: Region, violations: &mut Violations) {
    let loaded = elf.section(BUILD_ID_SECTION).and_then(Section::load_range);
    match (&elf.build_id, loaded) {
        (Some(build_id), Some(range)) if flash.contains(&range) => {
            let length = build_id.0.len();
            if length != SHA_1_BYTES {
                let message =
                    format!("the build id has {length} B: expected a SHA-1, {SHA_1_BYTES} B");
                violations.add(Rule::BuildId, message);
            }
        }
        (None, _) => violations.add(
            Rule::BuildId,
            format!("there is no build id in `{BUILD_ID_SECTION}`"),
        ),
        (Some(_), _) => {
            let message = format!(
                "`{BUILD_ID_SECTION}` is not in flash: expected it there, so that the image can report its build id"
            );
            violations.add(Rule::BuildId, message);
        }
    }
}

fn check_note(elf: &Elf, violations: &mut Violations) {
    let Some((symbol, section)) = elf.symbol(NOTE).zip(elf.section(BUILD_ID_SECTION)) else {
        return;
    };
    if symbol.address != section.address {
        let message = format!(
            "`{NOTE}` is at {:#010x}: expected {:#010x}, the start of `{BUILD_ID_SECTION}`",
            symbol.address, section.address
        );
        violations.add(Rule::BuildId, message);
    }
}

pub(super) fn check_budget(elf: &Elf, board: &Board, violations: &mut Violations) {
    let usage = MemoryUsage::of(elf, board);
    for (what, used, budget) in [
        ("flash", usage.flash, board.budget.flash),
        ("RAM", usage.ram, board.budget.ram),
    ] {
        if used > u64::from(budget) {
            let message = format!("it takes {used} B of {what}: the budget is {budget} B");
            violations.add(Rule::Budget, message);
        }
    }
}
