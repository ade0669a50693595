//! Whether a virtual board can be had here.

use lockstep_virtual_board::machine::MachineError;

use super::support;

/// Why there can be none, with the command that changes it.
pub(crate) fn missing() -> Option<String> {
    match support::environment().program("qemu-system-arm") {
        Some(_) => None,
        None => Some(MachineError::Missing.to_string()),
    }
}
