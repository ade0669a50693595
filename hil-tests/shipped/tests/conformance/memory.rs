//! Memory, at every width and alignment that the access port of a Cortex-M0 offers.

use libtest_mimic::Failed;
use probe_rs::MemoryInterface;

use crate::target::{SECOND, Target};

const RAM: u64 = 0x2000_0000;

pub(crate) fn every_width(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    let mut core = session.core(0)?;
    core.halt(SECOND)?;
    core.write_word_32(RAM, 0x0123_4567)?;
    core.write_word_8(RAM + 1, 0xaa)?;
    core.write_word_16(RAM + 2, 0xbbcc)?;
    assert_eq!(core.read_word_32(RAM)?, 0xbbcc_aa67);
    assert_eq!(core.read_word_16(RAM)?, 0xaa67);
    for (at, byte) in (RAM..).zip([0x67, 0xaa, 0xcc, 0xbb]) {
        assert_eq!(core.read_word_8(at)?, byte);
    }
    core.write_word_64(RAM + 8, 0x0123_4567_89ab_cdef)?;
    assert_eq!(core.read_word_64(RAM + 8)?, 0x0123_4567_89ab_cdef);
    assert_eq!(core.read_word_32(RAM + 12)?, 0x0123_4567);
    Ok(())
}

/// Every start and length against a copy on this side, over the borders of the blocks in which
/// a probe increments its address by itself.
pub(crate) fn every_alignment(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    let mut core = session.core(0)?;
    core.halt(SECOND)?;
    let mut copy: Vec<u8> = (0..64u8).collect();
    for base in [RAM, RAM + 1024 - 32] {
        core.write(base, &copy)?;
        for start in 0..4u8 {
            for length in 0..12u8 {
                let bytes: Vec<u8> = (0..length).map(|i| start ^ length ^ (i << 4)).collect();
                let (from, to) = (32 - 4 + start, 32 - 4 + start + length);
                core.write(base + u64::from(from), &bytes)?;
                copy[usize::from(from)..usize::from(to)].copy_from_slice(&bytes);
                let mut held = vec![0; bytes.len()];
                core.read(base + u64::from(from), &mut held)?;
                assert_eq!(held, bytes);
                let mut all = vec![0; copy.len()];
                core.read(base, &mut all)?;
                assert_eq!(all, copy, "{length} bytes at {start}");
            }
        }
    }
    Ok(())
}

pub(crate) fn unmapped_faults(target: &Target) -> Result<(), Failed> {
    let mut session = target.attach()?;
    let mut core = session.core(0)?;
    core.halt(SECOND)?;
    for at in [0x3000_0000, 0x9000_0000] {
        assert!(core.read_word_32(at).is_err(), "{at:#x}");
        assert!(core.write_word_32(at, 1).is_err(), "{at:#x}");
        core.write_word_32(RAM, 0x600d_600d)?;
        assert_eq!(core.read_word_32(RAM)?, 0x600d_600d);
    }
    Ok(())
}
