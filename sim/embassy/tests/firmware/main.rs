//! Firmware of several tasks, played in virtual time, each run in a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let trial = libtest_mimic::Trial::test("processes of their own (only on Linux)", || Ok(()));
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(true)]).exit_code()
}

#[cfg(target_os = "linux")]
mod blocking;
#[cfg(target_os = "linux")]
mod fan_tasks;
#[cfg(target_os = "linux")]
mod lamp_tasks;
#[cfg(target_os = "linux")]
mod played;
#[cfg(target_os = "linux")]
mod ports_played;
#[cfg(target_os = "linux")]
mod provoked;
#[cfg(target_os = "linux")]
mod support;
#[cfg(target_os = "linux")]
mod verdicts;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    played::main()
}
