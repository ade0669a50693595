//! How images are built.

/// How much an image is optimised, and what it does when it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Halts for the probe when it panics.
    Debug,
    /// Leaves an epitaph and resets when it panics.
    Release,
}
