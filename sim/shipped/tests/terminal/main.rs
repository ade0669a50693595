//! The simulator in a real pseudo-terminal: it adapts to the terminal, and restores it however
//! it ends.
//!
//! This binary is also a simulator of apps that break, which its tests start.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[cfg(target_os = "linux")]
mod appearance;
#[cfg(target_os = "linux")]
mod apps;
#[cfg(target_os = "linux")]
#[path = "../support/ending_cores.rs"]
mod ending_cores;
#[cfg(target_os = "linux")]
mod endings;
#[cfg(target_os = "linux")]
mod questions;
#[cfg(target_os = "linux")]
mod session;

/// Elsewhere the modes of a terminal cannot be read through its other end.
#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let trial = libtest_mimic::Trial::test("the terminal (only on Linux)", || Ok(()));
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(true)]).exit_code()
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if std::env::var_os(apps::AS_SIMULATOR).is_some() {
        let apps = apps::all().into_iter().chain(ending_cores::all());
        return lockstep_sim::cli::main(apps.collect());
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = endings::trials().into_iter().chain(appearance::trials());
    let trials = trials.chain(questions::trials());
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
