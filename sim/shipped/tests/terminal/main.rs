//! The simulator in a real pseudo-terminal: that it leaves the terminal as it found it,
//! however it ends.
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
mod endings;
#[cfg(target_os = "linux")]
mod session;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: the modes of a terminal are read through /dev/ptmx, as Linux has it");
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if std::env::var_os(apps::AS_SIMULATOR).is_some() {
        return lockstep_sim::cli::main(apps::all());
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = endings::trials().into_iter().chain(appearance::trials());
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
