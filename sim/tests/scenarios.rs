//! Every scenario in `fixtures/scenarios` holds, and leaves the trace of its golden.

use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/scenarios");
    sim::goldens::test(sim::catalog::shipped(), folder)
}
