//! The apps that ship: each a state machine that implements the
//! [contract](crate::contract).

pub mod lamp;
pub mod toggle;
