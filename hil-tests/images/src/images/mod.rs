//! Board images: which boards there are, how their images are built, and what is in them.

pub mod board;
pub mod build;
pub mod elf;
pub mod lines;
pub mod wrapper;
