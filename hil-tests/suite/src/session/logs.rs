//! What the firmware logs for people: defmt on its own channel, made readable with the table
//! that the image's ELF file holds.

use std::path::PathBuf;

use defmt_decoder::{DecodeError, Locations, Table};
use lockstep_core::time::Ticks;
use thiserror::Error;

/// The most bytes of logs that are kept of one run; what comes after is dropped.
pub const MAX_BYTES: usize = 1 << 20;

/// The image cannot explain its logs.
#[derive(Debug, Error)]
#[error("the image has no usable defmt table: {0}")]
pub struct NoTable(String);

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The tick of the run, where the image says it with every line.
    pub tick: Option<Ticks>,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`; nothing for a plain print.
    pub level: Option<String>,
    /// What it says.
    pub text: String,
    /// The place in the source that says it, where debug information knows.
    pub place: Option<Place>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the image names it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
}

/// What an image says its logs mean.
pub struct LogTable {
    table: Table,
    locations: Locations,
}

impl LogTable {
    /// Takes the table out of an ELF file.
    ///
    /// # Errors
    ///
    /// That there is none, or one of another version of defmt.
    pub fn of(elf: &[u8]) -> Result<Self, NoTable> {
        let unusable = |error: &dyn std::fmt::Display| NoTable(error.to_string());
        let table = Table::parse(elf)
            .map_err(|error| unusable(&error))?
            .ok_or_else(|| unusable(&"it logs nothing"))?;
        let locations = table.get_locations(elf).map_err(|error| unusable(&error))?;
        Ok(Self { table, locations })
    }

    /// The lines in these bytes. A piece that is no log, because bytes before it were lost, is
    /// passed over.
    #[must_use]
    pub fn decode(&self, bytes: &[u8]) -> Vec<LogLine> {
        let mut decoder = self.table.new_stream_decoder();
        decoder.received(bytes);
        let mut lines = Vec::new();
        loop {
            match decoder.decode() {
                Ok(frame) => lines.push(LogLine {
                    tick: frame
                        .display_timestamp()
                        .and_then(|told| told.to_string().parse().ok())
                        .map(Ticks),
                    level: frame.level().map(|level| level.as_str().to_uppercase()),
                    text: frame.display_message().to_string(),
                    place: self.locations.get(&frame.index()).map(|location| Place {
                        file: location.file.clone(),
                        line: location.line,
                    }),
                }),
                Err(DecodeError::Malformed) => {}
                Err(DecodeError::UnexpectedEof) => return lines,
            }
        }
    }
}
