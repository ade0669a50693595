//! Whether a virtual board can be had here.

use std::env;

use lockstep_images::toolchain::Environment;
use lockstep_virtual_board::emulator::EmulatorError;

/// Why there can be none, with the command that changes it.
pub(crate) fn missing() -> Option<String> {
    let environment = Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        ..Environment::default()
    };
    match environment.program("qemu-system-arm") {
        Some(_) => None,
        None => Some(EmulatorError::NotInstalled.to_string()),
    }
}
