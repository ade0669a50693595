//! A captured run as a scenario, for `sim import` and `sim oneline`.

use std::time::Duration;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::load::read_waveform;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::duration::ticks_of;
use lockstep_engine::scenario::{MAX_BYTES, Scenario};
use lockstep_engine::waveform::import::{ImportedScenario, import};

use super::waveform_args::{WaveformArgs, WaveformInput};

/// What to do about a capture that is too long for a scenario.
const TAKE_A_PART: &str = "take a part of it: `--from` and `--to` say from when to when";

/// The scenario of a waveform. Prints what was imported, or why nothing was.
pub(super) fn read(
    waveform: &WaveformArgs,
    registry: &Registry,
    input: &WaveformInput<'_>,
    tolerance: Duration,
    report: &Report,
) -> Result<Scenario, Exit> {
    let name = &input.source.name;
    let (app, capture) = waveform.read(registry, input, read_waveform, report)?;
    let tolerance = ticks_of(tolerance, app.descriptor().tick());
    let imported = import(app.descriptor(), &capture, tolerance).map_err(|error| {
        let message = format!("`{name}` cannot be imported: {error}");
        refuse(&message, TAKE_A_PART, report)
    })?;
    if imported.inputs == 0 && imported.expectations == 0 {
        let message = format!("`{name}` has nothing to import");
        let help = "expected moves of buttons, or levels of outputs that last longer than twice \
                    the tolerance: is `--from` too late, `--to` too early, or the file cut off?";
        return Err(refuse(&message, help, report));
    }
    report.print(&summary(&imported));
    Ok(imported.scenario)
}

/// Refuses the text of a scenario that could not be read again.
pub(super) fn check_length(name: &str, text: &str, report: &Report) -> Result<(), Exit> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let message = format!(
        "`{name}` cannot be imported: its scenario has {} bytes, and at most {MAX_BYTES} are read",
        text.len()
    );
    Err(refuse(&message, TAKE_A_PART, report))
}

fn refuse(message: &str, help: &str, report: &Report) -> Exit {
    report.print(&report.plain(message, Some(help)));
    Exit::BadInput
}

fn summary(imported: &ImportedScenario) -> String {
    let mut text = format!(
        "{} inputs, {} expectations",
        imported.inputs, imported.expectations
    );
    if imported.expectations == 0 && imported.too_short == 0 && imported.left_out == 0 {
        text += ": no output was captured; say which signal is one with `--map OUTPUT=SIGNAL`";
    }
    if imported.too_short > 0 {
        text += &format!(
            "\nnote: {} levels last no longer than twice the tolerance, and are not expected",
            imported.too_short
        );
    }
    if imported.left_out > 0 {
        text += &format!(
            "\nnote: {} more expectations were left out",
            imported.left_out
        );
    }
    text
}
