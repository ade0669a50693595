//! What a crash leaves behind for the next boot, in memory that a reset does not touch.
//!
//! The memory holds anything at all after power-up, so what stands there is believed only
//! if its checksum holds:
//!
//! | bytes | hold |
//! | --- | --- |
//! | 0 to 3 | `LKEP` |
//! | 4 | crashes in a row |
//! | 5 | length of the crash_record, 0 for none |
//! | 6 to 197 | the [`CrashRecord`], in postcard |
//! | 198 to 199 | zero |
//! | 200 to 203 | FNV-1a of all before it and then of the image's identity, 32 bits, little-endian |
//!
//! So what one image left is nothing to another: a board with a new image starts over.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::MAX_CRASH_RECORD;
use crate::time::RunTicks;

/// The bytes of retained memory that are used.
pub const SIZE: usize = 204;

/// The longest message or file name in a crash record, in bytes.
pub const MAX_TEXT: usize = 72;

const SIGNATURE: [u8; 4] = *b"LKEP";
const CRASHES: usize = 4;
const LENGTH: usize = 5;
const RECORD_OFFSET: usize = 6;
const CHECKSUM: usize = 200;

/// What happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashRecord<'a> {
    /// The tick of the run at which it happened.
    pub tick: RunTicks,
    /// What happened.
    #[serde(borrow)]
    pub cause: CrashCause<'a>,
}

/// What brought a board down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CrashCause<'a> {
    /// The firmware panicked.
    Panic {
        /// Its message, cut to [`MAX_TEXT`].
        message: &'a str,
        /// The file, of which the end is kept.
        file: &'a str,
        /// The line in the file, from 1.
        line: u32,
    },
    /// The core took a hard fault.
    Fault(StackedRegisters),
    /// The core took a fault with its stack pointer outside the stack, nearly always below it.
    /// What was stacked is lost with it.
    StackOverflow,
}

/// What a Cortex-M core stacks when it takes an exception (Armv6-M Architecture Reference
/// Manual, B1.5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the manual")]
pub struct StackedRegisters {
    pub r0: u32,
    pub r1: u32,
    pub r2: u32,
    pub r3: u32,
    pub r12: u32,
    /// The return address of the function that was running.
    pub lr: u32,
    /// The instruction that faulted, or the next one.
    pub pc: u32,
    pub xpsr: u32,
}

/// What retained memory says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetainedRam<'a> {
    /// Crashes in a row.
    pub crashes: u8,
    /// The crash record of the last one as it stands there; empty when there is none.
    pub crash_record: &'a [u8],
}

impl<'a> RetainedRam<'a> {
    /// What this memory says to the image with this identity; nothing if its checksum does not
    /// hold.
    #[must_use]
    pub fn read(memory: &'a [u8; SIZE], image: &[u8]) -> Self {
        let (body, checksum) = memory.split_at(CHECKSUM);
        if !body.starts_with(&SIGNATURE) || checksum != checksum_of(body, image) {
            return Self::default();
        }
        let length = usize::from(memory[LENGTH]);
        Self {
            crashes: memory[CRASHES],
            crash_record: memory[RECORD_OFFSET..]
                .get(..length)
                .filter(|record| record.len() <= MAX_CRASH_RECORD)
                .unwrap_or_default(),
        }
    }

    /// The crash record, if there is one.
    #[must_use]
    pub fn crash_record(&self) -> Option<CrashRecord<'a>> {
        CrashRecord::decode(self.crash_record)
    }
}

impl<'a> CrashRecord<'a> {
    /// The crash record in these bytes, as they travel in
    /// [`Hello::crash_record`](crate::protocol::Hello::crash_record).
    #[must_use]
    pub fn decode(crash_record: &'a [u8]) -> Option<Self> {
        match postcard::take_from_bytes(crash_record) {
            Ok((crash_record, [])) => Some(crash_record),
            _ => None,
        }
    }
}

/// The memory that says so to the image with this identity. A crash record that has no room is left out; one whose texts have
/// at most [`MAX_TEXT`] bytes always has.
#[must_use]
pub fn retain(crashes: u8, crash_record: Option<&CrashRecord<'_>>, image: &[u8]) -> [u8; SIZE] {
    let mut memory = [0; SIZE];
    memory[..CRASHES].copy_from_slice(&SIGNATURE);
    memory[CRASHES] = crashes;
    if let Some(crash_record) = crash_record {
        let place = &mut memory[RECORD_OFFSET..RECORD_OFFSET + MAX_CRASH_RECORD];
        let length = postcard::to_slice(crash_record, place).map_or(0, |record| record.len());
        memory[LENGTH] = u8::try_from(length).unwrap_or(0);
    }
    let checksum = checksum_of(&memory[..CHECKSUM], image);
    memory[CHECKSUM..].copy_from_slice(&checksum);
    memory
}

/// FNV-1a, 32 bits: enough to tell what was written from what happens to stand there.
fn checksum_of(body: &[u8], image: &[u8]) -> [u8; 4] {
    let bytes = body.iter().chain(image);
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    hash.to_le_bytes()
}

/// Text that keeps its beginning and drops what has no room.
#[derive(Clone, Copy, Debug)]
pub struct TruncatedStr {
    bytes: [u8; MAX_TEXT],
    length: usize,
}

impl TruncatedStr {
    /// No text yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; MAX_TEXT],
            length: 0,
        }
    }

    /// What had room.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Default for TruncatedStr {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Write for TruncatedStr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut length = text.len().min(MAX_TEXT - self.length);
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        self.bytes[self.length..self.length + length].copy_from_slice(&text.as_bytes()[..length]);
        self.length += length;
        Ok(())
    }
}

/// The end of a path, which tells more than its beginning.
#[must_use]
pub fn tail(path: &str) -> &str {
    let mut start = path.len().saturating_sub(MAX_TEXT);
    while !path.is_char_boundary(start) {
        start += 1;
    }
    &path[start..]
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::fmt::Write;
    use proptest::prelude::*;
    use std::string::String;

    const IMAGE: &[u8] = &[1, 2, 3];

    fn panic<'a>(message: &'a str, file: &'a str) -> CrashRecord<'a> {
        CrashRecord {
            tick: RunTicks::MAX,
            cause: CrashCause::Panic {
                message,
                file,
                line: u32::MAX,
            },
        }
    }

    #[test]
    fn the_memory_stands_in_these_bytes() {
        let memory = retain(
            2,
            Some(&CrashRecord {
                tick: RunTicks(5),
                cause: CrashCause::StackOverflow,
            }),
            IMAGE,
        );
        assert_eq!(memory[..9], *b"LKEP\x02\x02\x05\x02\x00");
        assert_eq!(memory[200..], checksum_of(&memory[..200], IMAGE));
        assert_eq!(checksum_of(b"foo", b"bar"), 0xbf9c_f968_u32.to_le_bytes());
    }

    #[test]
    fn every_crash_record_is_stored_as_these_bytes() {
        let registers = StackedRegisters {
            r0: 1,
            r1: 2,
            r2: 3,
            r3: 4,
            r12: 5,
            lr: 6,
            pc: 7,
            xpsr: 8,
        };
        let fault = CrashRecord {
            tick: RunTicks(9),
            cause: CrashCause::Fault(registers),
        };
        let panic = CrashRecord {
            tick: RunTicks(9),
            cause: CrashCause::Panic {
                message: "m",
                file: "f",
                line: 3,
            },
        };
        for (crash_record, bytes) in [
            (fault, &[9, 1, 1, 2, 3, 4, 5, 6, 7, 8][..]),
            (panic, &[9, 0, 1, b'm', 1, b'f', 3]),
        ] {
            assert_eq!(
                RetainedRam::read(&retain(1, Some(&crash_record), IMAGE), IMAGE).crash_record,
                bytes
            );
        }
    }

    #[test]
    fn the_longest_crash_records_fit() {
        let text = String::from_utf8(std::vec![b'x'; MAX_TEXT]).expect("ASCII");
        let registers = StackedRegisters {
            r0: u32::MAX,
            ..StackedRegisters::default()
        };
        for crash_record in [
            panic(&text, &text),
            CrashRecord {
                tick: RunTicks::MAX,
                cause: CrashCause::Fault(registers),
            },
        ] {
            let memory = retain(255, Some(&crash_record), IMAGE);
            let retained = RetainedRam::read(&memory, IMAGE);
            assert_eq!(retained.crash_record(), Some(crash_record));
            assert_eq!(retained.crashes, 255);
        }
    }

    #[test]
    fn memory_without_a_crash_record_has_only_a_count() {
        let memory = retain(3, None, IMAGE);
        assert_eq!(
            RetainedRam::read(&memory, IMAGE),
            RetainedRam {
                crashes: 3,
                crash_record: &[]
            }
        );
        assert_eq!(RetainedRam::read(&memory, IMAGE).crash_record(), None);
    }

    #[test]
    fn what_another_image_left_is_not_believed() {
        let memory = retain(3, None, IMAGE);
        assert_eq!(RetainedRam::read(&memory, &[1, 2]), RetainedRam::default());
    }

    #[test]
    fn a_long_text_keeps_what_has_room() {
        let mut clipped = TruncatedStr::new();
        let long = "ä".repeat(MAX_TEXT);
        write!(clipped, "x{long}").expect("clipping is no error");
        assert_eq!(clipped.as_str().chars().count(), 1 + (MAX_TEXT - 1) / 2);
        assert_eq!(tail(&long).len(), MAX_TEXT);
    }

    proptest! {
        #[test]
        fn what_happens_to_stand_there_is_not_believed(
            bytes in proptest::collection::vec(any::<u8>(), SIZE),
        ) {
            let memory: [u8; SIZE] = bytes.try_into().expect("as many as there are");
            prop_assert_eq!(RetainedRam::read(&memory, IMAGE), RetainedRam::default());
        }

        #[test]
        fn a_bit_that_fell_over_is_noticed(bit in 0..SIZE * 8, message in ".{0,16}") {
            let mut memory = retain(1, Some(&panic(&message, "lib.rs")), IMAGE);
            memory[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(RetainedRam::read(&memory, IMAGE), RetainedRam::default());
        }

        #[test]
        fn any_bytes_are_a_crash_record_or_none(
            bytes in proptest::collection::vec(any::<u8>(), 0..MAX_CRASH_RECORD),
        ) {
            let _ = CrashRecord::decode(&bytes);
        }
    }
}
