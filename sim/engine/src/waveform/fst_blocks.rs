//! The blocks of an FST file, checked before a reader that reserves whatever they say: the layout
//! is that of GTKWave's `fstapi.c`.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::GzDecoder;

use super::error::WaveformErrorKind;
use super::signals::MAX_VARIABLES;

/// The most bytes that a block may say it has when it is unpacked: 1 GiB.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;

/// The kind of a block that is a whole file in gzip.
const WRAPPER: u8 = 254;

/// The file itself, where it is wrapped in gzip as a whole.
pub(super) fn unwrapped(bytes: &[u8]) -> Result<Cow<'_, [u8]>, WaveformErrorKind> {
    let Some((&WRAPPER, block)) = bytes.split_first() else {
        return Ok(Cow::Borrowed(bytes));
    };
    let length = number(block, 8);
    check_sizes(length, length)?;
    let packed = block.get(16..).unwrap_or_default();
    let mut file = Vec::new();
    GzDecoder::new(packed)
        .take(length.unwrap_or(0))
        .read_to_end(&mut file)
        .map_err(|error| damaged(&error.to_string()))?;
    Ok(Cow::Owned(file))
}

/// Refuses what would need more memory than there is room for.
pub(super) fn check(bytes: &[u8]) -> Result<(), WaveformErrorKind> {
    let mut rest = bytes;
    while let Some((kind, after)) = rest.split_first() {
        let Some(length) = number(after, 0) else {
            break;
        };
        let end = usize::try_from(length).ok();
        let Some((block, next)) = end
            .filter(|end| *end > 0)
            .and_then(|end| after.split_at_checked(end))
        else {
            return Err(damaged("a block is longer than the file"));
        };
        match *kind {
            1 | 5 | 8 => check_value_changes(block)?,
            // Gaps: how many, and at least two bytes for each.
            2 => {
                let gaps = Varints::new(block, 8).next();
                check_sizes(gaps, Some(length))?;
            }
            // The geometry: each handle takes at least a byte.
            3 => {
                check_sizes(number(block, 16), number(block, 8))?;
                check_handles(number(block, 16))?;
            }
            // The names, packed once or twice.
            4 | 6 => check_sizes(number(block, 8), number(block, 8))?,
            7 => {
                check_sizes(number(block, 8), number(block, 8))?;
                let once = Varints::new(block, 16).next();
                check_sizes(once, once)?;
            }
            WRAPPER => return Err(damaged("a file is wrapped twice")),
            _ => {}
        }
        rest = next;
    }
    Ok(())
}

/// A block of value changes: its length, two times, and the memory that it needs; the levels at its
/// start, unpacked and packed, and of how many handles; those, and of how many handles there are
/// changes. At its end the table of times with the lengths of it unpacked and packed and the
/// number of times, and before that the length of the table of changes.
fn check_value_changes(block: &[u8]) -> Result<(), WaveformErrorKind> {
    check_sizes(number(block, 24), number(block, 24))?;
    let mut front = Varints::new(block, 32);
    let (unpacked, packed) = (front.next(), front.next());
    check_sizes(unpacked, unpacked)?;
    check_handles(front.next())?;
    front.skip(packed);
    check_handles(front.next())?;
    let Some(trailer) = block.len().checked_sub(24) else {
        return Err(damaged("a block of value changes is cut off"));
    };
    check_sizes(number(block, trailer + 16), number(block, trailer))?;
    let packed = number(block, trailer + 8).and_then(|packed| usize::try_from(packed).ok());
    let table = packed.and_then(|packed| trailer.checked_sub(packed)?.checked_sub(8));
    let Some(table) = table else {
        return Err(damaged("the table of times is longer than its block"));
    };
    match number(block, table) {
        Some(length) if usize::try_from(length).is_ok_and(|length| length <= table) => Ok(()),
        _ => Err(damaged("the table of changes is longer than its block")),
    }
}

fn check_handles(handles: Option<u64>) -> Result<(), WaveformErrorKind> {
    match handles {
        Some(handles) if handles <= MAX_VARIABLES as u64 => Ok(()),
        Some(_) => Err(WaveformErrorKind::TooManyVariables),
        None => Err(damaged("a block is cut off")),
    }
}

/// Refuses more elements than bytes, and more bytes than are unpacked.
fn check_sizes(elements: Option<u64>, unpacked: Option<u64>) -> Result<(), WaveformErrorKind> {
    let (Some(elements), Some(unpacked)) = (elements, unpacked) else {
        return Err(damaged("a block is cut off"));
    };
    if unpacked > MAX_UNPACKED {
        return Err(WaveformErrorKind::Unreadable(format!(
            "a block unpacks to more than {MAX_UNPACKED} bytes, the most that are read"
        )));
    }
    match elements <= unpacked {
        true => Ok(()),
        false => Err(damaged("a table has more elements than bytes")),
    }
}

/// Eight bytes, the highest first.
fn number(bytes: &[u8], offset: usize) -> Option<u64> {
    let found = bytes.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_be_bytes(found.try_into().ok()?))
}

fn damaged(what: &str) -> WaveformErrorKind {
    WaveformErrorKind::Unreadable(format!("the file is damaged: {what}"))
}

/// Numbers of as many bytes as they need, seven bits in each, the lowest first.
struct Varints<'a>(&'a [u8]);

impl<'a> Varints<'a> {
    fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self(bytes.get(offset..).unwrap_or_default())
    }

    /// `None` where the bytes end, or the number has more than 64 bits.
    fn next(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if bits != 0 && bits.leading_zeros() < place * 7 {
                return None;
            }
            number |= bits.checked_shl(place * 7)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Passes over so many bytes; over all where there are not as many.
    fn skip(&mut self, count: Option<u64>) {
        let count = count.and_then(|count| usize::try_from(count).ok());
        self.0 = count
            .and_then(|count| self.0.get(count..))
            .unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        bytes.push(number.to_le_bytes()[0]);
        bytes
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_none() {
        assert_eq!(Varints::new(&[0xff; 10], 0).next(), None);
        assert_eq!(Varints::new(&[0x80], 0).next(), None);
        let largest = written(u64::MAX);
        assert_eq!(Varints::new(&largest, 0).next(), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_they_are_written(number in any::<u64>(), rest in any::<u8>()) {
            let mut bytes = written(number);
            bytes.push(rest);
            let mut varints = Varints::new(&bytes, 0);
            prop_assert_eq!(varints.next(), Some(number));
            prop_assert_eq!(varints.0, [rest]);
        }

        #[test]
        fn no_blocks_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
            let _ = unwrapped(&bytes);
        }
    }
}
