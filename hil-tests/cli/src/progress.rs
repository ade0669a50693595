//! What is told while the hardware suite runs, and what is kept of it.

use std::fs;
use std::io::Write;
use std::path::Path;

use lockstep_console::output;
use lockstep_engine::recording::Recording;

use lockstep_hil::bench::Bench;
use lockstep_hil::suite::firmware::Firmware;
use lockstep_hil::verdict::Case;

/// Where runs of boards are kept that did not pass, from the root of the repository.
const RECORDINGS: &str = "target/hil";

/// A line on standard error for each case that is over and needs attention; and a count now and
/// then, for whoever waits.
pub(super) struct Progress {
    all: usize,
    done: usize,
}

impl Progress {
    pub(super) fn new(all: usize) -> Self {
        Self { all, done: 0 }
    }

    pub(super) fn show(&mut self, case: &Case) {
        if case.attempts.is_empty() {
            return;
        }
        self.done += 1;
        let verdict = case.verdict();
        let (bench, stimulus) = (&case.bench.name, case.stimulus.word());
        if verdict.needs_attention() {
            let word = verdict.word();
            say(&format!("{word:<7}  {bench}/{stimulus}/{}", case.scenario));
        } else if self.done.is_multiple_of(20) {
            say(&format!("{} of {} played", self.done, self.all));
        }
    }
}

/// A real board is written to as seldom as can be: whoever waits sees when.
pub(super) fn tell_flash(bench: &Bench, firmware: &Firmware) {
    let (name, app) = (&bench.name, firmware.app.descriptor().name());
    say(&format!(
        "flashed  {name}  {app}, image {}",
        firmware.identity
    ));
}

/// A line on standard error; with that gone there is nobody left to tell.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Keeps a run of a board, for the terminal simulator.
pub(super) fn keep(repository: &Path, case: &Case, recording: &Recording) -> Option<String> {
    let attempt = match case.attempts.len() {
        0 => String::new(),
        before => format!(".{}", before + 1),
    };
    let name = format!(
        "{}/{}/{}{attempt}.rec",
        case.bench.name,
        case.stimulus.word(),
        case.scenario
    );
    let path = repository.join(RECORDINGS).join(name);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let kept = made.map_err(|error| format!("cannot write `{}`: {error}", path.display()));
    let kept = kept.and_then(|()| {
        let written = output::write(Some(&path), &recording.encode());
        written.map_err(|error| error.to_string())
    });
    match kept {
        Ok(()) => Some(path.display().to_string()),
        Err(error) => {
            say(&format!("the run of the board is not kept: {error}"));
            None
        }
    }
}
