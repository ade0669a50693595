//! Board images: builds them, and checks them against their contract and their size budget.
//!
//! - [`board`]: the boards of a project.
//! - [`build`]: builds the images of a board, the same bytes from any folder.
//! - [`elf`] and [`line_table`]: what is in an image.
//! - [`contract`]: the rules that every image keeps.
//! - [`size`]: the memory that an image takes, against budget and baseline.
//! - [`toolchain`]: the tools that this needs, and the command that installs one.
//! - [`process`]: runs them.
//! - [`wrapper`]: the compiler wrapper that a program which builds images must become.
//!
//! It runs on Unix only.

pub mod board;
pub mod build;
pub mod contract;
pub mod elf;
pub mod line_table;
pub mod literals;
pub mod process;
pub mod size;
pub mod stack;
mod text_table;
pub mod toolchain;
pub mod wrapper;
