//! The formats of traces.

use std::io;

use clap::ValueEnum;
use lockstep_engine::trace::{Trace, jsonl, text, vcd};

/// The formats of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceFormat {
    /// Lines in columns, as in goldens.
    Text,
    /// One JSON object per line.
    Jsonl,
    /// A value change dump (IEEE 1364), for waveform viewers.
    Vcd,
}

impl TraceFormat {
    /// The trace in this format.
    pub(super) fn render(self, trace: &Trace) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Text => text::write(trace, &mut bytes),
            Self::Jsonl => jsonl::write(trace, &mut bytes),
            Self::Vcd => vcd::write(trace, &mut bytes),
        }?;
        Ok(bytes)
    }
}
