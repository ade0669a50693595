//! Where sections are and where they are loaded from.

use super::{Findings, Rule};
use crate::images::board::{Board, Region};
use crate::images::elf::{BUILD_ID, Elf, Section};
use crate::size::Usage;

const DATA: &str = ".data";
const RETAINED: &str = ".retained";
const RTT: &str = "_SEGGER_RTT";

/// The sections that hold nothing when they are loaded.
const NOT_LOADED: [&str; 2] = [".bss", ".uninit"];

pub(super) fn check(elf: &Elf, board: &Board, findings: &mut Findings) {
    for section in &elf.sections {
        check_chip(section, board, findings);
    }
    check_overlaps(elf, findings);
    if let Some(data) = elf.section(DATA) {
        let runs_in_ram = board.ram.holds(&data.range());
        let loaded = data.load_range();
        if !runs_in_ram || loaded.is_none_or(|range| !board.flash.holds(&range)) {
            let message = format!(
                "`{DATA}` runs at {:#010x} and is loaded {}: expected to run in RAM \
                 and to be loaded from flash",
                data.address,
                from(data)
            );
            findings.add(Rule::Data, message);
        }
    }
    for section in NOT_LOADED.iter().filter_map(|name| elf.section(name)) {
        if section.load.is_some() || !board.ram.holds(&section.range()) {
            let message = format!(
                "`{}` is at {:#010x} and loaded {}: expected it in RAM, and loaded from nowhere",
                section.name,
                section.address,
                from(section)
            );
            findings.add(Rule::Bss, message);
        }
    }
    check_retained(elf, board.ram, findings);
    check_rtt(elf, board.ram, findings);
    check_identity(elf, board.flash, findings);
    check_note(elf, findings);
}

fn from(section: &Section) -> String {
    match section.load {
        Some(load) => format!("from {load:#010x}"),
        None => "from nowhere".to_owned(),
    }
}

/// What runs or is loaded must be in memory that is there.
fn check_chip(section: &Section, board: &Board, findings: &mut Findings) {
    let range = section.range();
    if !board.flash.holds(&range) && !board.ram.holds(&range) {
        let message = format!(
            "`{}` is at {:#010x} to {:#010x}: expected it in the chip's flash \
             ({}) or RAM ({})",
            section.name,
            range.start,
            range.end,
            shown(board.flash),
            shown(board.ram)
        );
        findings.add(Rule::ChipMemory, message);
    }
    match section.load_range() {
        Some(load) if !board.flash.holds(&load) => {
            let message = format!(
                "`{}` is loaded from {:#010x} to {:#010x}: expected the chip's flash ({})",
                section.name,
                load.start,
                load.end,
                shown(board.flash)
            );
            findings.add(Rule::ChipMemory, message);
        }
        _ => {}
    }
}

fn shown(region: Region) -> String {
    format!("{:#010x} to {:#010x}", region.origin, region.end())
}

/// No two sections share an address, neither where they run nor where they are loaded from.
fn check_overlaps(elf: &Elf, findings: &mut Findings) {
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
                findings.add(Rule::Overlap, message);
            }
        }
    }
}

/// Behind everything that the startup code writes, and loaded by nobody.
fn check_retained(elf: &Elf, ram: Region, findings: &mut Findings) {
    let Some(retained) = elf.section(RETAINED) else {
        let message =
            format!("there is no `{RETAINED}`: expected the crash_record of a panic in it");
        return findings.add(Rule::Retained, message);
    };
    if retained.load.is_some() {
        let message = format!(
            "`{RETAINED}` is loaded {}: expected from nowhere",
            from(retained)
        );
        findings.add(Rule::Retained, message);
    }
    let below = elf
        .sections
        .iter()
        .filter(|section| section.name != RETAINED && ram.holds(&section.range()));
    let end = below.map(|section| section.range().end).max();
    if retained.range().start < end.unwrap_or(0) {
        let message = format!(
            "`{RETAINED}` is at {:#010x}: expected it behind all that the startup code \
             initialises, from {:#010x}",
            retained.address,
            end.unwrap_or(0)
        );
        findings.add(Rule::Retained, message);
    }
}

fn check_rtt(elf: &Elf, ram: Region, findings: &mut Findings) {
    match elf.symbol(RTT) {
        None => findings.add(Rule::Rtt, format!("there is no symbol `{RTT}`")),
        Some(block) => {
            let start = u64::from(block.address);
            let range = start..start + u64::from(block.bytes);
            if !ram.holds(&range) {
                let message = format!(
                    "`{RTT}` is at {:#010x}: expected it in RAM ({})",
                    block.address,
                    shown(ram)
                );
                findings.add(Rule::Rtt, message);
            }
        }
    }
}

/// Where an image looks for its build id.
const NOTE: &str = "__build_note";

/// How long the build id is that an image reads of itself.
const SHA_1: usize = 20;

fn check_identity(elf: &Elf, flash: Region, findings: &mut Findings) {
    let loaded = elf.section(BUILD_ID).and_then(Section::load_range);
    match (&elf.identity, loaded) {
        (Some(identity), Some(range)) if flash.holds(&range) => {
            let length = identity.0.len();
            if length != SHA_1 {
                let message = format!("the build id has {length} B: expected a SHA-1, {SHA_1} B");
                findings.add(Rule::Identity, message);
            }
        }
        (None, _) => findings.add(
            Rule::Identity,
            format!("there is no build id in `{BUILD_ID}`"),
        ),
        (Some(_), _) => {
            let message =
                format!("`{BUILD_ID}` is not in flash: the image could not tell what it is");
            findings.add(Rule::Identity, message);
        }
    }
}

fn check_note(elf: &Elf, findings: &mut Findings) {
    let Some((symbol, section)) = elf.symbol(NOTE).zip(elf.section(BUILD_ID)) else {
        return;
    };
    if symbol.address != section.address {
        let message = format!(
            "`{NOTE}` is at {:#010x}: expected {:#010x}, the start of `{BUILD_ID}`",
            symbol.address, section.address
        );
        findings.add(Rule::Identity, message);
    }
}

pub(super) fn check_budget(elf: &Elf, board: &Board, findings: &mut Findings) {
    let usage = Usage::of(elf, board);
    for (what, used, budget) in [
        ("flash", usage.flash, board.budget.flash),
        ("RAM", usage.ram, board.budget.ram),
    ] {
        if used > u64::from(budget) {
            let message = format!("it takes {used} B of {what}: the budget is {budget} B");
            findings.add(Rule::Budget, message);
        }
    }
}
