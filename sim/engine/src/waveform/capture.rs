//! What was found in a waveform.

use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;

use crate::sanitize::excerpt;
use crate::script::Script;

/// The inputs of a waveform, and the outputs that were captured with them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaveformCapture {
    /// The inputs, at the ticks at which a board sees them.
    pub script: Script,
    /// The outputs that were found.
    pub outputs: Vec<CapturedOutput>,
    /// How many pulses lie between two ticks, so that a board does not see them.
    pub vanished_pulses: u64,
    /// How often a button has an unknown level, which counts as open.
    pub unknown_levels: u64,
    /// How often a number is not known, so that it stays what it was.
    pub unknown_numbers: u64,
    /// How many bytes of serial lines have no stop bit, so that they are left out.
    pub framing_errors: u64,
    /// How often the tool stopped writing changes; levels are kept meanwhile.
    pub gaps: u64,
    /// How many changes are of signals that are not declared.
    pub undeclared_changes: u64,
    /// The time of the file that is the start, where that is not 0.
    pub start: Option<String>,
    /// The buttons that are pressed from the start.
    pub pressed_at_start: Vec<RestingLevel>,
    /// The mappings of the project file that meant nothing in this file, each as a sentence.
    pub unused_mappings: Vec<String>,
    /// The buttons that no signal moves, where the file is a capture.
    pub unmapped_buttons: Vec<&'static str>,
    /// The number inputs and serial lines that no signal drives, where the file is a capture.
    pub unmapped_ports: Vec<&'static str>,
}

/// An output as a waveform shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedOutput {
    /// Its index among the outputs of the app.
    pub output: u8,
    /// The signal.
    pub path: String,
    /// Its levels as they are sampled, each from its tick on; `None` is unknown.
    pub changes: Vec<(RunTicks, Option<Level>)>,
}

/// A button that is pressed from the start: perhaps its signal rests at that level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestingLevel {
    /// The button.
    pub port: &'static str,
    /// Its signal.
    pub path: String,
    /// Whether it is taken for active low.
    pub is_active_low: bool,
}

impl WaveformCapture {
    /// What a user should know about it, a sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.unused_mappings.clone();
        if !self.unmapped_buttons.is_empty() {
            notes.push(format!(
                "no signal is `{}`, which stays released; `--map` says which is",
                self.unmapped_buttons.join("` or `")
            ));
        }
        if !self.unmapped_ports.is_empty() {
            notes.push(format!(
                "no signal is `{}`: a number stays what it is at power-up, and a line is silent; \
                 `--map` says which is",
                self.unmapped_ports.join("` or `")
            ));
        }
        notes.extend(self.pressed_at_start.iter().map(resting));
        if let Some(start) = &self.start {
            notes.push(format!(
                "the first time of the file, {start}, is the start; `--from TIME` chooses another"
            ));
        }
        if self.gaps > 0 {
            notes.push(format!(
                "the tool stopped writing changes {} (`$dumpoff`): levels are kept meanwhile",
                times(self.gaps)
            ));
        }
        if self.vanished_pulses > 0 {
            notes.push(format!(
                "{} pulses are shorter than a tick: a board that samples its pins would not see them",
                self.vanished_pulses
            ));
        }
        if self.unknown_levels > 0 {
            notes.push(format!(
                "levels are unknown {} (such as `x`, `z` or `U`), and count as released",
                times(self.unknown_levels)
            ));
        }
        if self.unknown_numbers > 0 {
            notes.push(format!(
                "numbers are unknown {}, and stay what they were",
                times(self.unknown_numbers)
            ));
        }
        if self.framing_errors > 0 {
            notes.push(format!(
                "a byte has no stop bit {}, and is left out: a line has the baud rate that the app \
                 declares, and rests at 1; `--map LINE=!SIGNAL` inverts it",
                times(self.framing_errors)
            ));
        }
        if self.undeclared_changes > 0 {
            notes.push(format!(
                "a code that no `$var` declares changes {}, and is passed over",
                times(self.undeclared_changes)
            ));
        }
        notes
    }
}

fn resting(
    RestingLevel {
        port,
        path,
        is_active_low,
    }: &RestingLevel,
) -> String {
    let path = excerpt(path);
    if *is_active_low {
        format!(
            "`{port}` is pressed from the start, because `{path}` begins at 0: if it is 1 when \
             it is pressed, write `--map {port}={path}`"
        )
    } else {
        format!(
            "`{port}` is pressed from the start, because `{path}` begins at 1: if it rests at 1 \
             and is 0 when it is pressed, write `--map {port}=!{path}`"
        )
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}
