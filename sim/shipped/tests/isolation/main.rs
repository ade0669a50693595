//! Apps in processes of their own: whatever one does to its process, the verdict is true, and no
//! other run notices.
//!
//! This binary is also a simulator of such apps, and a golden test of them, which its tests start.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[cfg(target_os = "linux")]
#[path = "../support/ending_cores.rs"]
mod ending_cores;
#[cfg(target_os = "linux")]
mod goldens;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod same_as_in_process;
#[cfg(target_os = "linux")]
mod statics;
#[cfg(target_os = "linux")]
mod timeline;

/// Set, this binary is a simulator.
#[cfg(target_os = "linux")]
const AS_SIMULATOR: &str = "LOCKSTEP_TEST_AS_SIMULATOR";

/// Set to a folder, this binary is the golden test of it.
#[cfg(target_os = "linux")]
const AS_GOLDENS: &str = "LOCKSTEP_TEST_AS_GOLDENS";

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let trial = libtest_mimic::Trial::test("processes of their own (only on Linux)", || Ok(()));
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(true)]).exit_code()
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if std::env::var_os(AS_SIMULATOR).is_some() {
        return lockstep_sim::cli::main(ending_cores::all());
    }
    if let Some(folder) = std::env::var_os(AS_GOLDENS) {
        return lockstep_sim::goldens::test(ending_cores::all(), std::path::PathBuf::from(folder));
    }
    let arguments = libtest_mimic::Arguments::from_args();
    // Before the runner of the tests starts threads.
    let isolated = timeline::isolated();
    let apps = same_as_in_process::apps();
    let trials = run::trials()
        .into_iter()
        .chain(goldens::trials())
        .chain(processes::trials())
        .chain(statics::trials())
        .chain(timeline::trials(&isolated))
        .chain(same_as_in_process::trials(&apps));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// These functions as tests.
#[cfg(target_os = "linux")]
fn named(tests: &[(&str, fn())]) -> Vec<libtest_mimic::Trial> {
    let trials = tests.iter().map(|&(name, test)| {
        libtest_mimic::Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    trials.collect()
}
