//! Keys that are pressed before a screenshot is taken, and the times between them.

use std::str::FromStr;
use std::time::Duration;

use crossterm::event::KeyEvent;
use thiserror::Error;

use crate::file_system::NoFiles;
use crate::key_bindings::key_of;
use crate::ui_state::UiState;
use lockstep_engine::scenario::duration::parse_duration;

/// How long a frame lasts, as in a terminal.
const FRAME: Duration = Duration::from_millis(33);

/// The most keys and times.
const MAX_STEPS: usize = 1_000;

/// The longest time between two keys.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Keys to press and times to wait, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyScript(Vec<KeyStep>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyStep {
    Press(KeyEvent),
    Wait(Duration),
}

/// A text is not a script of keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyScriptError {
    /// Neither a key nor a time.
    #[error("`{0}` is neither a key as the help names it nor a time such as 400ms")]
    Unknown(String),
    /// Too many keys and times.
    #[error("more than {MAX_STEPS} keys and times")]
    TooMany,
    /// A time that is too long.
    #[error("`{0}` is longer than 10 min")]
    TooLong(String),
}

impl FromStr for KeyScript {
    type Err = KeyScriptError;

    /// Parses `a,400ms,B,1s,v`: keys as the help names them, and times.
    fn from_str(text: &str) -> Result<Self, KeyScriptError> {
        let mut steps = Vec::new();
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            steps.extend(read(word)?);
            if steps.len() > MAX_STEPS {
                return Err(KeyScriptError::TooMany);
            }
        }
        Ok(Self(steps))
    }
}

fn read(word: &str) -> Result<Vec<KeyStep>, KeyScriptError> {
    if let Some(event) = key_of(word) {
        return Ok(vec![KeyStep::Press(event)]);
    }
    // A sequence of two keys: `zi`.
    let letters: Option<Vec<_>> = word
        .chars()
        .map(|letter| key_of(&letter.to_string()).map(KeyStep::Press))
        .collect();
    let is_pair = word.starts_with(['z', 'g']) && word.chars().count() == 2;
    match (letters, parse_duration(word)) {
        (Some(pair), _) if is_pair => Ok(pair),
        (_, Ok(time)) => {
            if time > LONGEST {
                return Err(KeyScriptError::TooLong(word.to_owned()));
            }
            Ok(vec![KeyStep::Wait(time)])
        }
        _ => Err(KeyScriptError::Unknown(word.to_owned())),
    }
}

impl KeyScript {
    /// Presses the keys and waits in between, frame by frame.
    pub(super) fn play(&self, ui: &mut UiState) {
        for step in &self.0 {
            match *step {
                KeyStep::Press(event) => {
                    ui.key(event, &mut NoFiles);
                    ui.await_answer();
                }
                KeyStep::Wait(time) => wait(ui, time),
            }
        }
    }
}

fn wait(ui: &mut UiState, time: Duration) {
    let mut left = time;
    while !left.is_zero() {
        let frame = left.min(FRAME);
        left -= frame;
        let ticks = ui.advance_clock(frame);
        ui.record_play_time(ticks, frame, Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_times_are_distinguished() {
        let KeyScript(steps) = "a, 400ms,Space,1,zi,Ctrl-r,1.5 s".parse().unwrap();
        let times: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                KeyStep::Wait(time) => Some(time.as_millis()),
                KeyStep::Press(_) => None,
            })
            .collect();
        assert_eq!(times, [400, 1_500]);
        assert_eq!(steps.len(), 8);
    }

    #[test]
    fn anything_else_is_refused() {
        let read = |text: &str| text.parse::<KeyScript>();
        assert_eq!(read("foo"), Err(KeyScriptError::Unknown("foo".to_owned())));
        assert!(matches!(read("11 min"), Err(KeyScriptError::TooLong(_))));
        assert_eq!(read(&"a,".repeat(2_000)), Err(KeyScriptError::TooMany));
        assert_eq!(read(""), Ok(KeyScript::default()));
    }
}
