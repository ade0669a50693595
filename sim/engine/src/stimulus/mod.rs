//! Scripts taken from files of other tools.

pub mod vcd;
