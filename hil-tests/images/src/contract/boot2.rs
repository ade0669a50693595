//! The rule on the second-stage bootloader: without it, or with a wrong checksum, the ROM of an RP2040
//! does not start the image, and shows a disk over USB instead.

use super::{Rule, Violations};
use crate::board::{BOOT2_BYTES, Board};
use crate::elf::Elf;

const SECTION: &str = ".boot2";

pub(super) fn check(elf: &Elf, board: &Board, violations: &mut Violations) {
    let Some(section) = elf.section(SECTION) else {
        let message = format!("there is no `{SECTION}`: expected it at the start of flash");
        return violations.add(Rule::Boot2, message);
    };
    let bytes = section.range().end - section.range().start;
    if section.load_address != Some(board.flash.origin) || bytes != u64::from(BOOT2_BYTES) {
        let message = format!(
            "`{SECTION}` is at {:#010x} and has {bytes} B: expected {BOOT2_BYTES} B at {:#010x}, the \
             start of flash",
            section.address, board.flash.origin
        );
        return violations.add(Rule::Boot2, message);
    }
    let Some((code, checksum)) = section.content.split_last_chunk() else {
        return;
    };
    let (found, expected) = (u32::from_le_bytes(*checksum), crc(code));
    if found != expected {
        let message = format!(
            "`{SECTION}` ends with the checksum {found:#010x}: expected {expected:#010x}, that of \
             what is before it"
        );
        violations.add(Rule::Boot2, message);
    }
}

/// The CRC-32 that the ROM computes: polynomial 0x04c11db7, from all ones, nothing reflected or
/// inverted (RP2040 Datasheet, section 2.8.1.3.1).
fn crc(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x04c1_1db7;
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| match crc >> 31 {
            0 => crc << 1,
            _ => crc << 1 ^ POLYNOMIAL,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        // CRC-32/MPEG-2, whose check value is that of these digits.
        assert_eq!(crc(b"123456789"), 0x0376_e6e7);
    }
}
