//! Benches as people meet them: what `hil list` shows and refuses, locks of probes,
//! and what `hil run` says before it starts.
//!
//! Every file in `fixtures/broken-benches` is put into a repository as its only bench; the
//! real binary must refuse it with exit code 2 and say where it is wrong. The messages are
//! in the golden beside the file, and `INSTA_UPDATE=always` blesses it. The same holds for every
//! file in `fixtures/broken-projects`, as the project file.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod broken;
mod broken_projects;
mod list;
mod lock;
mod repository;
mod run;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    if let Some(code) = lock::hold_when_asked(env::args().skip(1)) {
        return code;
    }
    let arguments = Arguments::from_args();
    let tests: [(&str, Test); 17] = [
        ("list/shows-what-ships", list::shows_what_ships),
        ("list/json-names-every-test", list::json_names_every_test),
        ("list/benches-of-the-user", list::benches_of_the_user),
        ("list/two-of-one-name", list::two_of_one_name),
        (
            "list/a-broken-bench-leaves-the-others",
            list::a_broken_bench_leaves_the_others,
        ),
        (
            "list/a-board-with-blanks-leaves-the-others",
            list::a_board_with_blanks_leaves_the_others,
        ),
        ("list/the-environment-wins", list::the_environment_wins),
        ("list/broken-environment", list::broken_environment),
        ("list/broken-scenario", list::broken_scenario),
        ("list/outside-a-repository", list::outside_a_repository),
        ("lock/another-process-has-it", lock::another_process_has_it),
        ("lock/ends-with-its-process", lock::ends_with_its_process),
        (
            "run/an-absent-probe-needs-no-image",
            run::an_absent_probe_needs_no_image,
        ),
        (
            "run/an-unusable-bench-that-is-asked-for-is-bad-input",
            run::an_unusable_bench_that_is_asked_for_is_bad_input,
        ),
        (
            "run/a-bench-that-must-be-there-is-one",
            run::a_bench_that_must_be_there_is_one,
        ),
        (
            "run/reports-have-a-place-to-go",
            run::reports_have_a_place_to_go,
        ),
        (
            "run/only-reports-are-written-over",
            run::only_reports_are_written_over,
        ),
    ];
    let mut trials: Vec<_> = tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, test))
        .collect();
    trials.extend(broken::trials());
    trials.extend(broken_projects::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
