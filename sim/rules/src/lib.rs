//! Rules for firmware, in sentences: what never happens, what follows what, and how soon.
//!
//! A rule is an automaton that is stepped from moment to moment. It judges a trace ([`trace_check`]),
//! or every behaviour of an app ([`lockstep_search`]), in the same way. `docs/rules.md` has what each
//! sentence means, in ticks.

pub mod assumptions;
mod breach;
pub mod counterexample;
pub mod explore;
mod expression;
pub mod failure;
pub mod files;
pub mod goals;
pub mod map;
pub mod map_drawing;
pub mod margin;
pub mod parser;
pub mod proof;
pub mod reach_from_here;
pub mod rule;
pub mod rule_file;
mod rule_monitor;
mod sentence;
pub mod shrink;
#[cfg(test)]
mod tests;
pub mod trace_check;
pub mod trace_excerpt;
pub mod unrepeated;

pub use rule_monitor::{ExerciseMonitor, RuleMonitor, WakeMonitor};
