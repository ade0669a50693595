//! Every scenario in `fixtures/scenarios` holds, and leaves the trace of its golden.

use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");
    lockstep_sim::goldens::test(shipped_apps::shipped(), folder)
}
