//! What the firmware logs for people: defmt on its own channel, decoded with the table that the
//! image's ELF file holds.

use defmt_decoder::{DecodeError, Frame, Locations, Table};
use lockstep_core::time::RunTicks;
use thiserror::Error;

use crate::verdict::{LogLevel, LogLine, SourceLocation};

/// The most bytes of logs that are kept of one run; what comes after is dropped.
pub const MAX_BYTES: usize = 1 << 20;

/// The image cannot explain its logs.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogTableError {
    /// It logs nothing.
    #[error("the image has no defmt table: it logs nothing")]
    None,
    /// The table is one of another version of defmt, or damaged.
    #[error("the image has no usable defmt table: {0}")]
    Unusable(String),
}

/// What an image's logs mean.
pub struct LogTable {
    table: Table,
    locations: Locations,
}

impl LogTable {
    /// Takes the table out of an ELF file.
    ///
    /// # Errors
    ///
    /// There is none, or one of another version of defmt.
    pub fn of(elf: &[u8]) -> Result<Self, LogTableError> {
        // The errors of the decoder are those of `anyhow`, which is no error type.
        let table = match Table::parse(elf) {
            Ok(Some(table)) => table,
            Ok(None) => return Err(LogTableError::None),
            Err(error) => return Err(LogTableError::Unusable(error.to_string())),
        };
        match table.get_locations(elf) {
            Ok(locations) => Ok(Self { table, locations }),
            Err(error) => Err(LogTableError::Unusable(error.to_string())),
        }
    }

    /// The lines in these bytes. A piece that is not a log, because bytes before it were lost, is
    /// skipped.
    #[must_use]
    pub fn decode(&self, bytes: &[u8]) -> Vec<LogLine> {
        let mut decoder = self.table.new_stream_decoder();
        decoder.received(bytes);
        let mut lines = Vec::new();
        loop {
            match decoder.decode() {
                Ok(frame) => lines.push(self.line(&frame)),
                Err(DecodeError::Malformed) => {}
                Err(DecodeError::UnexpectedEof) => return lines,
            }
        }
    }

    fn line(&self, frame: &Frame<'_>) -> LogLine {
        let timestamp = frame.display_timestamp();
        LogLine {
            tick: timestamp
                .and_then(|tick| tick.to_string().parse().ok())
                .map(RunTicks),
            level: frame.level().and_then(|level| log_level(level.as_str())),
            text: frame.display_message().to_string(),
            place: self
                .locations
                .get(&frame.index())
                .map(|location| SourceLocation {
                    file: location.file.display().to_string(),
                    line: u32::try_from(location.line).unwrap_or(u32::MAX),
                }),
        }
    }
}

fn log_level(word: &str) -> Option<LogLevel> {
    let levels = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
    ];
    levels.into_iter().find(|level| level.word() == word)
}
