//! The images that are shipped, running on a virtual board and looked at through probe-rs.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod bench;
mod boot;
mod command;
mod crash;
#[path = "../support/machine.rs"]
mod machine;
#[path = "../support/neighbour.rs"]
mod neighbour;
mod runs;
mod serial;
mod stack;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = support::missing("thumbv6m-none-eabi").or_else(machine::missing);
    let tests: [(&str, Test); 18] = [
        ("boot/hello-and-first-ticks", boot::hello_and_first_ticks),
        (
            "boot/start-up-is-held-after-a-reset",
            boot::start_up_is_held_after_a_reset,
        ),
        (
            "boot/another-chip-is-refused",
            boot::another_chip_is_refused,
        ),
        (
            "boot/another-chip-of-the-same-core-is-refused",
            boot::another_chip_of_the_same_core_is_refused,
        ),
        (
            "crash/a-panic-leaves-its-crash_record",
            crash::a_panic_leaves_its_crash_record,
        ),
        (
            "crash/a-fault-leaves-its-registers",
            crash::a_fault_leaves_its_registers,
        ),
        (
            "crash/beside-embassy-they-are-told-too",
            crash::beside_embassy_they_are_told_too,
        ),
        (
            "crash/a-stack-that-overflows-is-told",
            crash::a_stack_that_overflows_is_told,
        ),
        (
            "crash/a-fault-needs-no-stack",
            crash::a_fault_needs_no_stack,
        ),
        (
            "crash/three-in-a-row-are-enough",
            crash::three_in_a_row_are_enough,
        ),
        (
            "crash/a-debug-image-stays-where-it-is",
            crash::a_debug_image_stays_where_it_is,
        ),
        (
            "crash/a-debugger-that-flashes-and-goes-leaves-a-board-that-boots",
            crash::a_debugger_that_flashes_and_goes_leaves_a_board_that_boots,
        ),
        (
            "command/changes-are-shown-with-their-ticks",
            command::changes_are_shown_with_their_ticks,
        ),
        (
            "runs/scenarios-are-played-as-on-the-host",
            runs::scenarios_are_played_as_on_the_host,
        ),
        (
            "runs/an-event-sent-at-the-limit-comes-in-time",
            runs::an_event_sent_at_the_limit_comes_in_time,
        ),
        (
            "serial/the-thermostat-answers-over-its-uart",
            serial::the_thermostat_answers_over_its_uart,
        ),
        (
            "serial/a-line-is-typed-into-the-board-command",
            serial::a_line_is_typed_into_the_board_command,
        ),
        (
            "stack/the-runtime-takes-no-more-than-the-contract-says",
            stack::the_runtime_takes_no_more_than_the_contract_says,
        ),
    ];
    let trials: Vec<Trial> = tests
        .into_iter()
        .map(|(name, test)| support::trial(name.to_owned(), missing.clone(), test))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
