//! Builds board images, starts virtual boards, and holds boards to the goldens of the host.

pub mod cli;
pub mod virtual_board;
