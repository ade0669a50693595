//! Waveforms as inputs: what logic analysers and other simulators captured becomes a script.
//!
//! A [`Waveform`] has been read as far as its declarations. [`Waveform::read_inputs`] finds the
//! signals that are the inputs of an app, as [`WaveformOptions`] or their names say, and
//! samples them:
//!
//! - 1 is a closed contact; 0 and every unknown level are an open one. A mapping can say that
//!   a signal is active low.
//! - A number is a vector, in two's complement if its type is signed, or a real, which is rounded
//!   to the decimals of the input. One out of range is refused.
//! - A serial line is a string whose values are the bytes that arrive, or a signal of one bit, whose
//!   bytes are decoded by the baud rate of the line.
//! - In a file that [`trace::vcd`](crate::trace::vcd) wrote, the inputs are in the scope `in`,
//!   and the string `reset` there is a reset and its boot condition. The first one at tick 0
//!   is the power-up.
//! - The last time is the end of the script.
//!
//! A board samples its pins once a tick. A change is seen at the first tick at or after it,
//! and of several changes between two ticks only the last one is. Pulses can vanish;
//! [`WaveformCapture`] counts them.

mod candidates;
mod capture;
mod change;
mod clock;
pub mod compare;
mod csv;
mod error;
mod fst;
mod fst_blocks;
pub mod import;
mod map;
pub mod map_file;
mod number;
mod port;
mod resolve;
mod sampler;
mod signals;
#[cfg(test)]
mod tests;
mod uart;
mod vcd;
mod waveform_file;

pub use candidates::{Candidate, Candidates};
pub use capture::{CapturedOutput, RestingLevel, WaveformCapture};
pub use clock::{TimeWindow, WaveTime};
pub use error::{WaveformError, WaveformErrorKind};
pub use map::{Mapping, WaveformOptions};
pub use signals::{MAX_DEPTH, MAX_VARIABLES};
pub use waveform_file::{Waveform, WaveformFormat};

/// The largest file that callers should read, in bytes: 64 MiB. The memory that is used is
/// that of the file and of its declarations.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
