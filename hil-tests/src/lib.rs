//! Builds board images, starts virtual boards, and holds boards to the goldens of the host.

pub mod bench;
pub mod cli;
pub mod contract;
pub mod images;
pub mod process;
pub mod report;
pub mod session;
pub mod size;
pub mod suite;
pub mod toolchain;
pub mod verdict;
pub mod verify;
pub mod virtual_board;
