//! Rules on the vector table and the stack.

use super::{Rule, Violations};
use crate::board::Board;
use crate::elf::Elf;

const TABLE: &str = ".vector_table";
const TEXT: &str = ".text";

/// The alignment of the stack pointer in bytes; the gap above it is smaller.
const STACK_ALIGNMENT: u32 = 8;

/// The exceptions that every Cortex-M has, by their index in the table.
const EXCEPTIONS: [(usize, &str); 6] = [
    (1, "Reset"),
    (2, "NMI"),
    (3, "HardFault"),
    (11, "SVCall"),
    (14, "PendSV"),
    (15, "SysTick"),
];

/// The faults that Armv7-M has and Armv6-M has not.
const MAINLINE_FAULTS: [(usize, &str); 3] = [(4, "MemManage"), (5, "BusFault"), (6, "UsageFault")];

/// The handlers of cortex-m-rt for vectors that an image does not set.
const DEFAULT_HANDLERS: [&str; 3] = ["DefaultHandler", "DefaultHandler_", "HardFault_"];

/// The index of the last exception. Those of interrupts follow.
const SYSTICK: usize = FIRST_INTERRUPT - 1;

/// The index of the first interrupt of the chip.
const FIRST_INTERRUPT: usize = 16;

pub(super) fn check(elf: &Elf, board: &Board, violations: &mut Violations) {
    let Some(table) = elf.section(TABLE) else {
        let message = format!("there is no `{TABLE}`");
        return violations.add(Rule::VectorTable, message);
    };
    let expected = board.vector_table();
    if table.load_address != Some(expected) || table.address != expected {
        let place = match board.boot2 {
            true => "right after the second-stage bootloader",
            false => "the start of flash",
        };
        let message = format!(
            "`{TABLE}` is at {:#010x}: expected {expected:#010x}, {place}",
            table.address
        );
        violations.add(Rule::VectorTable, message);
    }
    let entries: Vec<u32> = table
        .content
        .chunks_exact(4)
        .filter_map(|entry| Some(u32::from_le_bytes(entry.try_into().ok()?)))
        .collect();
    if entries.len() < FIRST_INTERRUPT {
        let message = format!(
            "`{TABLE}` has {} entries: expected at least {FIRST_INTERRUPT}",
            entries.len()
        );
        return violations.add(Rule::VectorTable, message);
    }
    check_stack(elf, board, entries[0], violations);
    check_entries(elf, board, &entries, violations);
}

/// The stack is below everything else in RAM, so that it cannot grow into anything.
fn check_stack(elf: &Elf, board: &Board, start: u32, violations: &mut Violations) {
    if !start.is_multiple_of(STACK_ALIGNMENT) {
        let message =
            format!("the stack begins at {start:#010x}: expected a multiple of {STACK_ALIGNMENT}");
        violations.add(Rule::StackTop, message);
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
            violations.add(Rule::StackTop, message);
        }
        Some(section) if section.address - start >= STACK_ALIGNMENT => {
            let message = format!(
                "the stack begins at {start:#010x}: expected it right below `{}` at {:#010x}",
                section.name, section.address
            );
            violations.add(Rule::StackTop, message);
        }
        None if u64::from(start) != ram.end() => {
            let message = format!(
                "the stack begins at {start:#010x}: expected {:#010x}, the end of RAM",
                ram.end()
            );
            violations.add(Rule::StackTop, message);
        }
        _ => {}
    }
    match elf.symbol("_stack_end") {
        None => violations.add(
            Rule::StackEnd,
            "there is no symbol `_stack_end`: expected it from link.x of cortex-m-rt".to_owned(),
        ),
        Some(end) if end.address != ram.origin => {
            let message = format!(
                "the stack ends at {:#010x}: expected {:#010x}, where RAM begins and \
                 below which an overflow faults",
                end.address, ram.origin
            );
            violations.add(Rule::StackEnd, message);
        }
        Some(_) => {}
    }
}

fn check_entries(elf: &Elf, board: &Board, entries: &[u32], violations: &mut Violations) {
    let mainline = !board.target.starts_with("thumbv6m");
    let faults = MAINLINE_FAULTS.iter().filter(|_| mainline);
    let named = EXCEPTIONS.iter().chain(faults).copied();
    let mut named: Vec<_> = named.map(|(at, name)| (at, name.to_owned())).collect();
    let interrupts = (FIRST_INTERRUPT..entries.len()).filter(|at| entries[*at] != 0);
    named.extend(interrupts.map(|at| (at, format!("interrupt {}", at - FIRST_INTERRUPT))));
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
        violations.add(
            Rule::Vectors,
            format!("the vector of {name}, {vector:#010x}, {problem}"),
        );
    }
    let is_default = |vector: u32| {
        DEFAULT_HANDLERS.iter().any(|name| {
            let handler = elf.symbol(name);
            handler.is_some_and(|handler| handler.address | 1 == vector)
        })
    };
    if is_default(entries[3]) {
        let message = "the vector of HardFault is the default handler: expected one of its own";
        violations.add(Rule::Vectors, message.to_owned());
    }
    let mut ticks = entries[SYSTICK..].iter();
    let is_own = |vector: u32| vector != 0 && vector != entries[1] && !is_default(vector);
    if !ticks.any(|vector| is_own(*vector)) {
        let message =
            "neither SysTick nor an interrupt has a handler of its own: expected that of the tick";
        violations.add(Rule::Vectors, message.to_owned());
    }
    if elf.entry != entries[1] {
        let message = format!(
            "the entry of the ELF file is {:#010x}: expected {:#010x}, the reset vector",
            elf.entry, entries[1]
        );
        violations.add(Rule::Vectors, message);
    }
}
