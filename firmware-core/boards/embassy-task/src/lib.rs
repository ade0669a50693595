//! One task of Lockstep beside Embassy firmware that keeps its own executor, HAL and time driver.
//!
//! The firmware stays what it is: its `main`, its pins, its interrupts. What is added to it:
//!
//! - [`Bench::connect`] comes first in `main`, before the HAL is initialised. A bench begins each run with a
//!   reset of the chip, and here the board waits for it.
//! - Pins that the descriptor declares are wrapped, with [`Bench::input`] and [`Bench::output`]. The wrappers have
//!   the traits of `embedded-hal` and `embedded-hal-async` that the pins have.
//! - [`Bench::start`] comes right before the tasks are spawned: there tick 0 begins. What it gives is run by
//!   one more task.
//!
//! ```ignore
//! #[embassy_executor::main]
//! async fn main(spawner: Spawner) {
//!     let bench = Bench::<Stairs>::connect();
//!     let p = embassy_nrf::init(Default::default());
//!     let switch = bench.input("switch", gpio::Input::new(p.P0_17, Pull::Up)).active_low();
//!     let light = bench.output("light", gpio::Output::new(p.P0_01, Low, Standard));
//!     let agent = bench.start(|| u64::from(pac::P0.in_().read().pin(17) == 0));
//!     spawner.spawn(stairs(switch, light).unwrap());
//!     spawner.spawn(lockstep(agent).unwrap());
//! }
//!
//! #[embassy_executor::task]
//! async fn lockstep(agent: Agent<Stairs>) {
//!     agent.run().await;
//! }
//! ```
//!
//! # Ticks
//!
//! A tick is a millisecond of `embassy_time::Instant` since [`Bench::start`]. What the firmware does is dated when it
//! does it, and told when its tick is over; a press comes half a millisecond into its tick. Time that the
//! firmware takes is real here, and takes none on the host: how many ticks that may move things is
//! `tolerance` in the `board.toml` of the board.
//!
//! # Panics and faults
//!
//! They are the firmware's own. Its handlers may end with [`report_panic`] and [`report_fault`], so that a bench
//! hears what has happened.
//!
//! # Binary interface
//!
//! | symbol | is |
//! | --- | --- |
//! | `_SEGGER_RTT` | the RTT control block: logs up on 0, frames up on 1, commands down on 0 |
//! | `LOCKSTEP_TICK` | the tick that began last; 0 while the board stands still |
//! | `LOCKSTEP_OUTPUT_TICK` | the tick that was told last; `0xffff_ffff` before the first |
//! | `LOCKSTEP_SAMPLE_BREAK_TICK` | to be written: `lockstep_tick_hook` is called right before the buttons are sampled in this tick |
//! | `LOCKSTEP_OUTPUT_BREAK_TICK` | to be written: `lockstep_tick_hook` is called right after this tick is told |
//! | `lockstep_halt` | the function in which a board stays that has crashed too often |
//! | `lockstep_tick_hook` | a function in which a debugger stops the core at these ticks |
//! | `__build_note` | the GNU build note, defined by `memory.x` |
//!
//! A part of RAM has to survive a reset: `.uninit` of cortex-m-rt, and `.retained` of `memory.x`.

#![no_std]

mod agent;
mod app;
mod bench;
mod channels;
mod crash;
mod identity;
mod notes;
mod pins;
mod retained;
mod ticks;

pub use agent::Agent;
pub use app::Firmware;
pub use bench::Bench;
pub use crash::{report_fault, report_panic};
pub use notes::Logger;
pub use pins::{Input, Output};
