//! Each kind of rule, kept by one firmware and broken by another: on a trace, and proved.

mod firmware;
mod kinds;
mod sentences;
