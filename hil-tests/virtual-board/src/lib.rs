//! An emulated micro:bit v1 (nRF51822, Cortex-M0) behind a debug probe, with no hardware: probe-rs
//! and every tool that is built on it flash it, run it, break into it and read its RTT through the
//! same calls as on a real board.
//!
//! The entry point is [`VirtualBoard`](board::VirtualBoard). It needs `qemu-system-arm`,
//! [7.2](emulator::MIN_VERSION) or newer; [`probe_emulator`](emulator::probe_emulator) tells
//! whether there is one. Unix only.
//!
//! # Layers
//!
//! From the emulator up to the port that a tool connects to, each on the one before it:
//!
//! - [`emulator`]: QEMU as a process, and the clients of its three protocols: QMP, qtest and the
//!   gdb stub. It is ended with everything it has started, however its owner ends.
//! - [`machine`]: the chip: its bus, its [`pins`] and its reset. A machine that is kept to real
//!   time runs in short slices, and rests where it is ahead of the wall clock.
//! - [`cpu`] and [`core_debug`]: the debug registers of a Cortex-M0, which QEMU does not have, over
//!   a CPU that can be halted, examined and resumed.
//! - [`system_bus`] and [`adiv5`]: what is mapped, and the debug access port that reads and writes
//!   it. [`swd`] is the same access bit by bit.
//! - [`remote_protocol`] and [`remote_commands`]: the Black Magic remote protocol, version 3, by
//!   which probe-rs reaches a probe over TCP.
//! - [`probe_server`]: one client on a loopback port; others are refused.
//! - [`unemulated`]: what a firmware does with peripherals that the emulator does not have.
//! - [`board`]: all of it as one board, with an interface for its owner: inputs that are driven,
//!   outputs that are watched, each at an exact tick of the firmware where its image tells the
//!   ticks.
//!
//! The layers above the machine know no QEMU: another emulator is another [`Cpu`](cpu::Cpu) and
//! another [`Bus`](adiv5::Bus), and another probe protocol takes the place of `remote_protocol`
//! and `remote_commands`.

pub mod adiv5;
pub mod app_pins;
pub mod board;
mod board_bus;
pub mod core_debug;
pub mod cpu;
pub mod emulator;
mod jumper_wires;
pub mod machine;
mod machine_cpu;
mod memory_map;
pub mod pins;
pub mod probe_server;
pub mod remote_commands;
pub mod remote_protocol;
pub mod swd;
pub mod system_bus;
mod throttle;
mod tick_hook;
pub mod unemulated;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
