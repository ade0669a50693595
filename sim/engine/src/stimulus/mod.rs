//! Scripts found in files that were not written as scripts.

pub mod vcd;
