//! The apps that ship: each a state machine that implements the
//! [contract](lockstep_core::app).

#![no_std]
#![forbid(unsafe_code)]

pub mod board;
pub mod keypad;
pub mod lamp;
pub mod snake;
pub mod thermostat;
pub mod toggle;
