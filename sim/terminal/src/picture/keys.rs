//! Keys that are pressed before a picture is taken, and the time between them.

use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crossterm::event::KeyEvent;
use thiserror::Error;

use crate::files::Files;
use crate::keys::key_of;
use crate::ui::Ui;
use lockstep_engine::scenario::duration::parse_length;

/// How long a frame lasts, as in a terminal.
const FRAME: Duration = Duration::from_millis(33);

/// The most keys and times.
const MAX_STEPS: usize = 1_000;

/// The longest time between two keys.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Keys and times, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Step>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Press(KeyEvent),
    Wait(Duration),
}

/// Something is neither a key nor a time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// What it is.
    #[error("`{0}` is neither a key as the help names it nor a time such as 400ms")]
    Unknown(String),
    /// More than a picture takes.
    #[error("more than {MAX_STEPS} keys and times")]
    TooMany,
    /// Longer than anybody waits for a picture.
    #[error("`{0}` is longer than 10 min")]
    TooLong(String),
}

impl FromStr for Keys {
    type Err = KeysError;

    /// Reads `a,400ms,B,1s,v`: keys as the help names them, and times that pass.
    fn from_str(text: &str) -> Result<Self, KeysError> {
        let mut steps = Vec::new();
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            steps.extend(read(word)?);
            if steps.len() > MAX_STEPS {
                return Err(KeysError::TooMany);
            }
        }
        Ok(Self(steps))
    }
}

fn read(word: &str) -> Result<Vec<Step>, KeysError> {
    if let Some(event) = key_of(word) {
        return Ok(vec![Step::Press(event)]);
    }
    // Two keys, one after the other: `zi`.
    let letters: Option<Vec<_>> = word
        .chars()
        .map(|letter| key_of(&letter.to_string()).map(Step::Press))
        .collect();
    let is_pair = word.starts_with(['z', 'g']) && word.chars().count() == 2;
    match (letters, parse_length(word)) {
        (Some(pair), _) if is_pair => Ok(pair),
        (_, Ok(ticks)) => {
            let time = Duration::from_millis(u64::from(ticks.0));
            if time > LONGEST {
                return Err(KeysError::TooLong(word.to_owned()));
            }
            Ok(vec![Step::Wait(time)])
        }
        _ => Err(KeysError::Unknown(word.to_owned())),
    }
}

impl Keys {
    /// Presses the keys, and lets the times pass, frame by frame.
    pub(super) fn play(&self, ui: &mut Ui) {
        for step in &self.0 {
            match *step {
                Step::Press(event) => ui.key(event, &mut NoFiles),
                Step::Wait(time) => wait(ui, time),
            }
        }
    }
}

fn wait(ui: &mut Ui, time: Duration) {
    let mut left = time;
    while !left.is_zero() {
        let frame = left.min(FRAME);
        left -= frame;
        let ticks = ui.pass(frame);
        ui.took(ticks, frame, Duration::ZERO);
    }
}

/// A picture reads and writes nothing by itself.
struct NoFiles;

impl Files for NoFiles {
    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn read(&self, _: &Path, _: usize) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn write(&mut self, _: &Path, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_times_are_told_apart() {
        let Keys(steps) = "a, 400ms,Space,1,zi,Ctrl-r,1.5 s".parse().unwrap();
        let times: Vec<_> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Wait(time) => Some(time.as_millis()),
                Step::Press(_) => None,
            })
            .collect();
        assert_eq!(times, [400, 1_500]);
        assert_eq!(steps.len(), 8);
    }

    #[test]
    fn anything_else_is_refused() {
        let read = |text: &str| text.parse::<Keys>();
        assert_eq!(read("foo"), Err(KeysError::Unknown("foo".to_owned())));
        assert!(matches!(read("11 min"), Err(KeysError::TooLong(_))));
        assert_eq!(read(&"a,".repeat(2_000)), Err(KeysError::TooMany));
        assert_eq!(read(""), Ok(Keys::default()));
    }
}
