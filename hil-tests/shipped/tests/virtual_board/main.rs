//! The virtual board: it starts, answers, is debugged and fails in words, and leaves nothing behind.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../support/boards.rs"]
mod boards;
mod command;
mod faults;
mod machine;
#[path = "../support/machine.rs"]
mod missing_machine;
mod pins;
mod probe;
mod process;
#[path = "../support/programs.rs"]
mod programs;
mod special_programs;
#[path = "../support/stop_programs.rs"]
mod stop_programs;
#[path = "../support/trial.rs"]
mod trial;
mod unemulated;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Tests by their paths.
macro_rules! tests {
    ($($path:path),* $(,)?) => {
        [$((stringify!($path), $path as fn())),*]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing_machine::missing();
    let trial = |(name, test): (&str, fn()), missing: Option<String>| {
        trial::trial(name.to_owned(), missing, move || {
            test();
            Ok(())
        })
    };
    let with_emulator = tests![
        command::signals_end_it_and_leave_no_files,
        command::keys_press_buttons,
        command::an_unknown_key_lists_the_keys,
        command::a_terminal_sends_single_keys_and_is_restored,
        command::a_killed_emulator_ends_it_with_3_and_the_cause,
        command::a_starved_emulator_is_waited_for,
        command::a_closed_standard_output_ends_it,
        faults::a_client_that_disconnects_mid_request_frees_the_probe,
        faults::the_reset_line_holds_the_chip,
        faults::random_requests_are_answered_and_leave_a_working_board,
        faults::an_emulator_killed_during_a_download_fails_the_download,
        faults::an_emulator_killed_while_it_runs_fails_the_next_request,
        faults::firmware_that_toggles_pins_without_pause_can_be_debugged,
        faults::a_frozen_emulator_is_a_failure_with_and_without_requests,
        faults::a_lockup_by_the_firmware_is_a_failure_with_its_cause,
        faults::boards_run_side_by_side,
        machine::a_blank_machine_holds_its_vectors_and_leaves_no_files,
        machine::a_killed_emulator_is_an_error_in_words,
        machine::memory_requests_reach_the_machine_and_unmapped_ones_fault,
        machine::an_emulator_that_starts_passes_its_check,
        pins::inputs_and_edges_are_exact_to_the_tick,
        pins::an_input_keeps_its_level_through_a_reset,
        pins::a_pin_past_the_last_is_an_error,
        pins::real_time_is_not_faster_than_the_wall_clock,
        probe::an_image_is_flashed_from_blank_and_runs,
        probe::every_register_reads_back_what_was_written,
        probe::a_breakpoint_stops_and_reads_back,
        probe::an_unmapped_address_faults,
        probe::a_second_client_is_refused,
        probe::a_bkpt_instruction_halts_where_it_is,
        probe::a_hard_fault_is_caught,
        probe::erased_flash_locks_the_core_up_until_there_is_a_program,
        probe::a_board_can_be_flashed_after_a_debugger_erased_it_and_left,
        probe::a_sleeping_core_halts_steps_and_goes_on,
        probe::a_step_over_wfi_wfe_and_yield_is_one_step_each,
        probe::edges_alternate_through_resets_by_the_firmware,
        probe::a_fault_is_caught_after_an_uncaught_one,
        probe::a_killed_emulator_is_an_error_of_the_next_request,
        unemulated::the_first_access_to_each_of_them_is_told,
        unemulated::hil_board_shows_them_as_they_come,
    ];
    let without_emulator = tests![
        command::a_missing_emulator_ends_it_with_3_and_the_install_command,
        command::a_port_in_use_ends_it_with_3,
        command::an_image_of_another_app_is_refused,
        command::an_image_without_tick_symbols_is_refused,
        command::only_loopback_addresses_are_accepted,
        command::an_emulator_that_exits_is_reported_with_its_stderr,
        command::an_emulator_that_hangs_is_reported_and_ended,
    ];
    let [ipv6] = tests![probe::the_probe_can_listen_on_ipv6_alone];
    let mut trials: Vec<Trial> = with_emulator
        .map(|test| trial(test, missing.clone()))
        .into();
    trials.extend(without_emulator.map(|test| trial(test, None)));
    trials.push(match probe::no_ipv6() {
        // What this computer has not is no fault of the virtual board, required or not.
        Some(reason) => trial::ignored(ipv6.0, &reason),
        None => trial(ipv6, missing),
    });
    libtest_mimic::run(&arguments, trials).exit_code()
}
