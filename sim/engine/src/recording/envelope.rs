//! The envelope of a recording: a signature, the version, the length of the whole, and a
//! checksum.
//!
//! They are checked in this order, so that a newer format or a truncated file is reported
//! as that, and not as damaged.

use super::{MAX_BYTES, RecordingError, SIGNATURE, VERSION};

/// The offset of the version.
const VERSION_AT: usize = SIGNATURE.len();

/// The offset of the length of the whole: 4 bytes, little-endian.
const LENGTH_AT: usize = VERSION_AT + 1;

/// The offset of the content.
pub(super) const CONTENT_AT: usize = LENGTH_AT + 4;

/// The size of the CRC-32 (IEEE 802.3) at the end, little-endian.
const CHECKSUM: usize = 4;

/// A recording with this content, in this version of the format.
pub(super) fn seal(version: u8, content: &[u8]) -> Vec<u8> {
    let length = CONTENT_AT + content.len() + CHECKSUM;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(SIGNATURE);
    bytes.push(version);
    // The largest recording is far shorter than the 4 GiB that fit.
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(content);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Checks the envelope, and gives the version of the format and the end of the content, which
/// begins at [`CONTENT_AT`].
pub(super) fn open(bytes: &[u8]) -> Result<(u8, usize), RecordingError> {
    let differs = bytes.iter().zip(&SIGNATURE).position(|(a, b)| a != b);
    if let Some(offset) = differs {
        return Err(RecordingError::NotARecording {
            offset,
            found: bytes[offset],
        });
    }
    let version = bytes.get(VERSION_AT).copied().unwrap_or(VERSION);
    match bytes.get(VERSION_AT) {
        Some(1..=VERSION) | None => {}
        Some(&found) if found > VERSION => {
            return Err(RecordingError::NewerFormat {
                offset: VERSION_AT,
                found,
            });
        }
        Some(found) => {
            return Err(RecordingError::Malformed {
                offset: VERSION_AT,
                problem: format!("format {found} does not exist, expected format 1 to {VERSION}"),
            });
        }
    }
    let too_short = |expected| RecordingError::Truncated {
        offset: bytes.len(),
        expected,
    };
    let least = CONTENT_AT + CHECKSUM;
    let length = little_endian(bytes, LENGTH_AT).ok_or(too_short(least))?;
    let length = check_length(length, least)?;
    if bytes.len() < length {
        return Err(too_short(length));
    }
    if bytes.len() > length {
        return Err(RecordingError::Trailing {
            offset: length,
            extra: bytes.len() - length,
        });
    }
    let offset = length - CHECKSUM;
    let stored = little_endian(bytes, offset).ok_or(too_short(length))?;
    let computed = crc32fast::hash(&bytes[..offset]);
    if stored == computed {
        Ok((version, offset))
    } else {
        Err(RecordingError::Damaged {
            offset,
            stored,
            computed,
        })
    }
}

fn check_length(length: u32, least: usize) -> Result<usize, RecordingError> {
    match usize::try_from(length) {
        Ok(length) if length < least => Err(RecordingError::Malformed {
            offset: LENGTH_AT,
            problem: format!("a length of {length} bytes, expected at least {least}"),
        }),
        Ok(length) if length <= MAX_BYTES => Ok(length),
        _ => Err(RecordingError::Limit {
            offset: LENGTH_AT,
            what: "the length in bytes",
            found: length.into(),
            most: MAX_BYTES as u64,
        }),
    }
}

fn little_endian(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}
