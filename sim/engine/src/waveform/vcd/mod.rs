//! Value change dumps: IEEE 1364-2005, clause 18.2, the ports of clause 18.3, the strings of
//! GTKWave, the levels of VHDL, and whatever else tools write that can be passed over.

pub(super) mod body;
mod code_table;
mod escapes;
pub(super) mod header;
mod words;

use super::error::WaveformErrorKind;

/// What is wrong, and the offset of the word that is.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) kind: WaveformErrorKind,
}

/// Gives what is wrong its place.
pub(super) trait At {
    fn at(self, offset: usize) -> Fault;
}

impl At for WaveformErrorKind {
    fn at(self, offset: usize) -> Fault {
        Fault { offset, kind: self }
    }
}
