//! Builds board images and holds them to their contract and size.

pub mod contract;
pub mod images;
pub mod process;
pub mod size;
pub mod toolchain;
