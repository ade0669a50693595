//! The forms a trace is written in.

use std::io;

use clap::ValueEnum;
use lockstep_engine::trace::{Trace, jsonl, text, vcd};

/// The forms a trace is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceFormat {
    /// One line each, in columns: the form of the goldens.
    Text,
    /// One JSON object a line.
    Jsonl,
    /// A value change dump (IEEE 1364), for waveform viewers.
    Vcd,
}

impl TraceFormat {
    /// The trace in this form.
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
