//! stub
use super::Scenario;
use crate::script::Script;
use crate::trace::Trace;
use firmware_core::contract::Interface;
/// stub
pub fn from_run(_: &'static Interface, _: &Script, _: &Trace) -> Scenario {
    Scenario::default()
}
