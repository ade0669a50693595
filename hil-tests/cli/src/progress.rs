//! Prints progress while the hardware suite runs, and saves recordings of failed runs.

use std::fs;
use std::io::Write;
use std::path::Path;

use lockstep_console::output;
use lockstep_engine::recording::Recording;

use lockstep_hil::bench::Bench;
use lockstep_hil::suite::board_image::BoardImage;
use lockstep_hil::verdict::Case;

/// The folder of recordings of runs that did not pass, from the root of the repository.
const RECORDINGS: &str = "target/hil";

/// Prints a line on standard error for each case that needs attention, and a count now and then.
pub(super) struct Progress {
    total: usize,
    finished: usize,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        Self { total, finished: 0 }
    }

    pub(super) fn show(&mut self, case: &Case) {
        if case.attempts.is_empty() {
            return;
        }
        self.finished += 1;
        let verdict = case.verdict();
        let (bench, stimulus) = (&case.bench.name, case.stimulus.word());
        if verdict.needs_attention() {
            let word = verdict.word();
            print_line(&format!("{word:<7}  {bench}/{stimulus}/{}", case.scenario));
        } else if self.finished.is_multiple_of(20) {
            print_line(&format!("{} of {} played", self.finished, self.total));
        }
    }
}

/// Prints that a real board is flashed, which takes time and wears the flash.
pub(super) fn print_flash(bench: &Bench, firmware: &BoardImage) {
    let (name, app) = (&bench.name, firmware.app.descriptor().name());
    print_line(&format!(
        "flashed  {name}  {app}, image {}",
        firmware.identity
    ));
}

fn print_line(line: &str) {
    // Without standard error there is nowhere else to print.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Saves the recording of a run, which the terminal simulator can play.
pub(super) fn save_recording(
    repository: &Path,
    case: &Case,
    recording: &Recording,
) -> Option<String> {
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
    let created = path.parent().map_or(Ok(()), fs::create_dir_all);
    let saved = created.map_err(|error| format!("cannot write `{}`: {error}", path.display()));
    let saved = saved.and_then(|()| {
        let written = output::write(Some(&path), &recording.encode());
        written.map_err(|error| error.to_string())
    });
    match saved {
        Ok(()) => Some(path.display().to_string()),
        Err(error) => {
            print_line(&format!("the recording was not saved: {error}"));
            None
        }
    }
}
