//! The vector table and the stack.

use super::{Findings, Rule};
use crate::images::board::Board;
use crate::images::elf::Elf;

const TABLE: &str = ".vector_table";
const TEXT: &str = ".text";

/// The stack pointer is aligned to this many bytes, and no gap above it is longer.
const STACK_ALIGNMENT: u32 = 8;

/// The exceptions that every Cortex-M has, by their place in the table.
const EXCEPTIONS: [(usize, &str); 6] = [
    (1, "Reset"),
    (2, "NMI"),
    (3, "HardFault"),
    (11, "SVCall"),
    (14, "PendSV"),
    (15, "SysTick"),
];

/// The faults that Armv6-M does not have and Armv7-M does.
const MAINLINE_FAULTS: [(usize, &str); 3] = [(4, "MemManage"), (5, "BusFault"), (6, "UsageFault")];

/// What cortex-m-rt puts where an image has no handler.
const DEFAULTS: [&str; 3] = ["DefaultHandler", "DefaultHandler_", "HardFault_"];

/// How many entries come before the interrupts of the chip.
const BEFORE_INTERRUPTS: usize = 16;

pub(super) fn check(elf: &Elf, board: &Board, findings: &mut Findings) {
    let Some(table) = elf.section(TABLE) else {
        let message = format!("there is no `{TABLE}`");
        return findings.add(Rule::VectorTable, message);
    };
    if table.load != Some(board.flash.origin) || table.address != board.flash.origin {
        let message = format!(
            "`{TABLE}` is at {:#010x}: expected {:#010x}, the start of flash",
            table.address, board.flash.origin
        );
        findings.add(Rule::VectorTable, message);
    }
    let entries: Vec<u32> = table
        .content
        .chunks_exact(4)
        .filter_map(|entry| Some(u32::from_le_bytes(entry.try_into().ok()?)))
        .collect();
    if entries.len() < BEFORE_INTERRUPTS {
        let message = format!(
            "`{TABLE}` has {} entries: expected at least {BEFORE_INTERRUPTS}",
            entries.len()
        );
        return findings.add(Rule::VectorTable, message);
    }
    check_stack(elf, board, entries[0], findings);
    check_entries(elf, board, &entries, findings);
}

/// The stack lies below everything else in RAM, so that it cannot grow into anything.
fn check_stack(elf: &Elf, board: &Board, start: u32, findings: &mut Findings) {
    if !start.is_multiple_of(STACK_ALIGNMENT) {
        let message =
            format!("the stack begins at {start:#010x}: expected a multiple of {STACK_ALIGNMENT}");
        findings.add(Rule::StackTop, message);
    }
    let ram = board.ram;
    let lowest = elf
        .sections
        .iter()
        .filter(|section| section.range().start >= u64::from(ram.origin))
        .filter(|section| section.range().start < ram.end())
        .min_by_key(|section| section.address);
    match lowest {
        Some(section) if start > section.address => {
            let message = format!(
                "the stack begins at {start:#010x} and grows into `{}` at {:#010x}: \
                 expected everything above it",
                section.name, section.address
            );
            findings.add(Rule::StackTop, message);
        }
        Some(section) if section.address - start >= STACK_ALIGNMENT => {
            let message = format!(
                "the stack begins at {start:#010x}: expected right below `{}` at {:#010x}",
                section.name, section.address
            );
            findings.add(Rule::StackTop, message);
        }
        None if u64::from(start) != ram.end() => {
            let message = format!(
                "the stack begins at {start:#010x}: expected {:#010x}, the end of RAM",
                ram.end()
            );
            findings.add(Rule::StackTop, message);
        }
        _ => {}
    }
    match elf.symbol("_stack_end") {
        None => findings.add(
            Rule::StackEnd,
            "there is no symbol `_stack_end`: expected it from link.x of cortex-m-rt".to_owned(),
        ),
        Some(end) if end.address != ram.origin => {
            let message = format!(
                "the stack ends at {:#010x}: expected {:#010x}, where RAM begins and \
                 below which an overflow faults",
                end.address, ram.origin
            );
            findings.add(Rule::StackEnd, message);
        }
        Some(_) => {}
    }
}

fn check_entries(elf: &Elf, board: &Board, entries: &[u32], findings: &mut Findings) {
    let mainline = !board.target.starts_with("thumbv6m");
    let faults = MAINLINE_FAULTS.iter().filter(|_| mainline);
    let named = EXCEPTIONS.iter().chain(faults).copied();
    let mut named: Vec<_> = named.map(|(at, name)| (at, name.to_owned())).collect();
    let interrupts = (BEFORE_INTERRUPTS..entries.len()).filter(|at| entries[*at] != 0);
    named.extend(interrupts.map(|at| (at, format!("interrupt {}", at - BEFORE_INTERRUPTS))));
    for (at, name) in named {
        let vector = entries[at];
        let problem = if vector == 0 {
            "is not set: expected the address of a handler"
        } else if vector.is_multiple_of(2) {
            "is even: expected the Thumb bit"
        } else if elf
            .section_at(vector - 1)
            .is_none_or(|found| found.name != TEXT)
        {
            "points out of `.text`: expected the address of a handler"
        } else {
            continue;
        };
        findings.add(
            Rule::Vectors,
            format!("the vector of {name}, {vector:#010x}, {problem}"),
        );
    }
    let is_default = |vector: u32| {
        DEFAULTS.iter().any(|name| {
            let handler = elf.symbol(name);
            handler.is_some_and(|handler| handler.address | 1 == vector)
        })
    };
    if is_default(entries[3]) {
        let message = "the vector of HardFault is the default handler: expected one of its own";
        findings.add(Rule::Vectors, message.to_owned());
    }
    let mut interrupts = entries[BEFORE_INTERRUPTS..].iter();
    if !interrupts.any(|vector| *vector != 0 && !is_default(*vector)) {
        let message = "no interrupt has a handler of its own: expected that of the tick";
        findings.add(Rule::Vectors, message.to_owned());
    }
    if elf.entry != entries[1] {
        let message = format!(
            "the entry of the ELF file is {:#010x}: expected {:#010x}, the reset vector",
            elf.entry, entries[1]
        );
        findings.add(Rule::Vectors, message);
    }
}
