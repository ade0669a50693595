//! What the command lines of Lockstep share, and no library needs.
//!
//! - [`commands`]: how people call the programs.
//! - [`exit`]: exit codes, interrupts.
//! - [`report`]: diagnostics, each with its line, on standard error.
//! - [`output`]: results, to standard output or whole files.
//! - [`mod@file`]: files written whole or not at all.
//! - [`panics`]: a panic hook for programs that play apps.

pub mod commands;
pub mod exit;
pub mod file;
pub mod output;
pub mod panics;
pub mod report;

/// Sets the color of everything that is printed from now on.
pub fn set_color(choice: anstream::ColorChoice) {
    choice.write_global();
}
