//! The build script of a crate with images.

use std::env;
use std::error::Error;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{FILE, PinMap, PinMapError, UnfinishedBoard};

/// The linker script of a board, in its folder.
const LINKER_SCRIPT: &str = "memory.x";

/// What the build script writes, for the crate to include.
const GENERATED: &str = "pins.rs";

/// The whole build script of a crate with images: hands its `memory.x` to the linker, and writes
/// its `pins.toml` as `pins.rs`, which the crate includes:
///
/// ```ignore
/// include!(concat!(env!("OUT_DIR"), "/pins.rs"));
/// ```
///
/// That is the constant `PINS`, of the type `lockstep_board::pins::PinMap`, and `LEVEL_REGISTERS`, the
/// addresses of that list. Cargo shows what is wrong with either file, and every [`BLANK`](crate::BLANK) of
/// the board.
#[must_use]
pub fn build_script() -> ExitCode {
    println!("cargo::rerun-if-changed={LINKER_SCRIPT}");
    println!("cargo::rerun-if-changed={FILE}");
    let Err(error) = prepare() else {
        return ExitCode::SUCCESS;
    };
    for error in iter::successors(Some(&error as &dyn Error), |error| (*error).source()) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
    ExitCode::FAILURE
}

fn prepare() -> Result<(), PinMapError> {
    let folder = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(PinMapError::NoBuildScript(name))
    };
    let (board, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    if let Some(unfinished) = UnfinishedBoard::find(&board) {
        return Err(unfinished.into());
    }
    let path = board.join(LINKER_SCRIPT);
    let script = fs::read(&path).map_err(|source| PinMapError::Read { path, source })?;
    write(&out.join(LINKER_SCRIPT), &script)?;
    println!("cargo::rustc-link-search={}", out.display());
    let pins = PinMap::read(&board)?.to_rust();
    write(&out.join(GENERATED), pins.as_bytes())
}

fn write(path: &Path, content: &[u8]) -> Result<(), PinMapError> {
    fs::write(path, content).map_err(|source| PinMapError::Write {
        path: path.to_owned(),
        source,
    })
}
