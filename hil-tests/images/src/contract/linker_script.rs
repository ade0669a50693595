//! Rules on `memory.x`: its regions must be memory that the chip has.
//!
//! An image links and runs with a region that is too long, until it grows into the excess.
//!
//! Of the language of linker scripts, only the lines of `MEMORY` are read, as GNU ld documents
//! them.

use super::{Rule, Violation, Violations};
use crate::board::{Board, Region};

/// The file name, in the folder of a board.
pub const LINKER_SCRIPT: &str = "memory.x";

/// A region of the linker script.
type NamedRegion<'a> = (&'a str, Region);

/// Every rule that the regions of the linker script break.
#[must_use]
pub fn check(script: &str, board: &Board) -> Vec<Violation> {
    let mut violations = Violations::default();
    let text = without_comments(script);
    match regions(&text) {
        Ok(regions) => check_regions(&regions, board, &mut violations),
        Err(message) => violations.add(Rule::ChipMemory, format!("{LINKER_SCRIPT}: {message}")),
    }
    violations.0
}

fn check_regions(regions: &[NamedRegion<'_>], board: &Board, violations: &mut Violations) {
    for (name, region) in regions {
        let range = u64::from(region.origin)..region.end();
        if !board.flash.contains(&range) && !board.ram.contains(&range) {
            let message = format!(
                "{LINKER_SCRIPT} declares {name} from {:#010x} to {:#010x}: the chip has flash from \
                 {:#010x} to {:#010x} and RAM from {:#010x} to {:#010x}",
                range.start,
                range.end,
                board.flash.origin,
                board.flash.end(),
                board.ram.origin,
                board.ram.end()
            );
            violations.add(Rule::ChipMemory, message);
        }
    }
    for (index, (name, region)) in regions.iter().enumerate() {
        for (other_name, other) in &regions[..index] {
            if u64::from(region.origin) < other.end() && u64::from(other.origin) < region.end() {
                let message =
                    format!("{LINKER_SCRIPT} puts {name} and {other_name} in the same memory");
                violations.add(Rule::Overlap, message);
            }
        }
    }
}

fn without_comments(script: &str) -> String {
    let mut text = String::new();
    let mut rest = script;
    while let Some((before, comment)) = rest.split_once("/*") {
        text += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text + rest
}

/// The lines of `MEMORY { NAME (attributes) : ORIGIN = …, LENGTH = … }`.
fn regions(text: &str) -> Result<Vec<NamedRegion<'_>>, String> {
    let block = text.split_once("MEMORY").map(|(_, rest)| rest.trim_start());
    let block = block.and_then(|rest| rest.strip_prefix('{')?.split_once('}'));
    let Some((block, after)) = block else {
        return Err("expected `MEMORY { … }`".to_owned());
    };
    if after.contains("MEMORY") {
        return Err("expected one `MEMORY { … }`: found another".to_owned());
    }
    let lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let expected = || format!("expected `NAME : ORIGIN = …, LENGTH = …` in `{line}`");
            region(line).ok_or_else(expected)
        })
        .collect()
}

fn region(line: &str) -> Option<NamedRegion<'_>> {
    let (name, rest) = line.split_once(':')?;
    let name = name.split(['(', ' ']).next()?;
    let (origin, length) = rest.split_once(',')?;
    let value = |text: &str, key: &str| {
        let text = text
            .trim()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix('=')?;
        sum(text)
    };
    let region = Region {
        origin: value(origin, "ORIGIN")?,
        bytes: value(length, "LENGTH")?,
    };
    Some((name, region))
}

/// Numbers that are added and subtracted, from left to right.
fn sum(text: &str) -> Option<u32> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    let mut sign = 1;
    loop {
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        total = total.checked_add(sign * i64::from(number(rest[..end].trim())?))?;
        let Some(operator) = rest[end..].chars().next() else {
            return u32::try_from(total).ok();
        };
        sign = if operator == '+' { 1 } else { -1 };
        rest = &rest[end + 1..];
    }
}

fn number(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    let (digits, unit) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1024),
        None => match text.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 1024 * 1024),
            None => (text, 1),
        },
    };
    digits.trim().parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::tests::board;

    fn rules(ram: &str, retained: &str) -> Vec<Rule> {
        let script = format!(
            "/* RAM : ORIGIN = 7 */\nMEMORY\n{{\n  FLASH (rx) : ORIGIN = 0x0, LENGTH = 256K\n  \
             RAM : {ram} /* here */\n  RETAINED (rw): {retained}\n}}\nSECTIONS {{ }}"
        );
        check(&script, &board())
            .iter()
            .map(|violation| violation.rule)
            .collect()
    }

    const RAM: &str = "ORIGIN = 0x20000000, LENGTH = 16K - 0x100";
    const RETAINED: &str = "ORIGIN = 0x20000000 + 16K - 256, LENGTH = 256";

    #[test]
    fn regions_in_the_memory_of_the_chip_are_accepted() {
        assert_eq!(rules(RAM, RETAINED), []);
    }

    #[test]
    fn a_region_beyond_the_memory_of_the_chip_is_found_even_if_nothing_uses_it() {
        let behind = "ORIGIN = 0x20003f00, LENGTH = 257";
        assert_eq!(rules(RAM, behind), [Rule::ChipMemory]);
        let before = "ORIGIN = 0x1fffff00, LENGTH = 1K";
        assert_eq!(rules(before, RETAINED), [Rule::ChipMemory]);
    }

    #[test]
    fn regions_that_overlap_are_found() {
        assert_eq!(
            rules("ORIGIN = 0x20000000, LENGTH = 16K", RETAINED),
            [Rule::Overlap]
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_ignored() {
        for script in [
            "",
            "MEMORY",
            "MEMORY { RAM }",
            "MEMORY {\n}\nMEMORY {\nRAM : ORIGIN = 1, LENGTH = 1\n}",
            "MEMORY {\nRAM : ORIGIN = a, LENGTH = 1\n}",
        ] {
            assert_eq!(check(script, &board()).len(), 1, "{script}");
        }
        assert_eq!(
            rules("ORIGIN = 0, LENGTH = 1K - 2K", RETAINED),
            [Rule::ChipMemory]
        );
    }
}
