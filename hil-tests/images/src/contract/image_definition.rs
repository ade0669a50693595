//! The rule on the image definition: without it, the ROM of an RP2350 does not start the image, and shows
//! a disk over USB instead.

use super::{Rule, Violations};
use crate::board::{Board, IMAGE_DEFINITION_WITHIN};
use crate::elf::Elf;

/// The first and the last word of a block (RP2350 Datasheet, section 5.9.1).
const BEGIN: u32 = 0xffff_ded3;
const END: u32 = 0xab12_3579;

/// The types of items (section 5.9.3), in the low byte of their first word: with the type of an image, and
/// the last one of a block.
const IMAGE_TYPE: u32 = 0x42;
const LAST: u32 = 0xff;

/// The fields of the type of an image: a program, for Arm, on an RP2350 (section 5.9.3.1).
const TYPE_FIELDS: u32 = 0x770f;
const ARM_PROGRAM: u32 = 0x1001;

pub(super) fn check(elf: &Elf, board: &Board, violations: &mut Violations) {
    let words = first_words(elf, board);
    let mut blocks = words.iter().enumerate();
    let Some((at, _)) = blocks.find(|(_, word)| **word == BEGIN) else {
        let message = format!(
            "there is no image definition in the first {IMAGE_DEFINITION_WITHIN} B of flash: expected \
             one that begins with {BEGIN:#010x}"
        );
        return violations.add(Rule::ImageDefinition, message);
    };
    if let Err(problem) = check_block(&words[at + 1..]) {
        let address = u64::from(board.flash.origin) + 4 * at as u64;
        let message = format!("the image definition at {address:#010x} {problem}");
        violations.add(Rule::ImageDefinition, message);
    }
}

/// What the ROM would not accept in a block, after its first word.
fn check_block(words: &[u32]) -> Result<(), String> {
    let mut rest = words;
    let mut image_type = None;
    let mut item_words = 0;
    loop {
        let Some(item) = rest.first().copied() else {
            return Err("has no end in the part of flash that the ROM looks at".to_owned());
        };
        let is_last = item & 0xff == LAST;
        // The highest bit of the type says whether the size has one byte or two.
        let size = match item & 0x80 {
            0 => item >> 8 & 0xff,
            _ => item >> 8 & 0xffff,
        };
        if is_last {
            if size != item_words {
                return Err(format!(
                    "says that it has {size} words, and it has {item_words}"
                ));
            }
            break;
        }
        if item & 0xff == IMAGE_TYPE {
            image_type = image_type.or(Some(item >> 16));
        }
        item_words += size;
        let words = usize::try_from(size).unwrap_or(usize::MAX).max(1);
        rest = rest.get(words..).unwrap_or_default();
    }
    match rest {
        [_, _, end, ..] if *end == END => {}
        _ => return Err(format!("does not end with {END:#010x}")),
    }
    match image_type {
        None => Err("does not say what the image is".to_owned()),
        Some(found) if found & TYPE_FIELDS != ARM_PROGRAM => Err(format!(
            "says that the image is of the type {found:#06x}: expected a program for the Arm cores of an \
             RP2350, such as 0x1021"
        )),
        Some(_) => Ok(()),
    }
}

/// The words in the part of flash in which the ROM looks for a block.
fn first_words(elf: &Elf, board: &Board) -> Vec<u32> {
    let mut bytes = vec![0; IMAGE_DEFINITION_WITHIN];
    for section in &elf.sections {
        let Some(load) = section.load_address else {
            continue;
        };
        let start = load
            .checked_sub(board.flash.origin)
            .and_then(|start| usize::try_from(start).ok());
        let place = start.and_then(|start| bytes.get_mut(start..));
        for (byte, content) in place.into_iter().flatten().zip(&section.content) {
            *byte = *content;
        }
    }
    let words = bytes
        .chunks_exact(4)
        .filter_map(|word| word.try_into().ok());
    words.map(u32::from_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest one, after its first word (RP2350 Datasheet, section 5.9.5.1).
    const SMALLEST: [u32; 4] = [0x1021_0142, 0x0000_01ff, 0, END];

    #[test]
    fn the_smallest_one_of_the_datasheet_is_accepted() {
        assert_eq!(check_block(&SMALLEST), Ok(()));
        // With an item before it whose size has two bytes.
        assert_eq!(
            check_block(&[0x0000_02fe, 7, 0x1021_0142, 0x0000_03ff, 0, END]),
            Ok(())
        );
    }

    #[test]
    fn what_the_rom_does_not_accept_is_found() {
        let with = |at: usize, word: u32| {
            let mut block = SMALLEST;
            block[at] = word;
            check_block(&block).unwrap_err()
        };
        assert!(with(0, 0x1121_0142).contains("type 0x1121"), "RISC-V");
        assert!(with(0, 0x0021_0142).contains("type 0x0021"), "RP2040");
        assert!(with(0, 0x1021_0148).contains("what the image is"));
        assert!(with(1, 0x0000_02ff).contains("has 2 words, and it has 1"));
        assert!(with(3, 0).contains("does not end with 0xab123579"));
        assert!(check_block(&SMALLEST[..1]).unwrap_err().contains("no end"));
        assert!(check_block(&[]).is_err());
    }
}
