//! Recordings (`.rec`): the events of a run at their exact ticks, and the app they are for.
//!
//! A recording is a [`Script`] with its app: the names of the buttons, so that it can still
//! be played when the app declares them in another order, and the build, so that playing it
//! with another one can be noted. [`Recording::encode`] and [`Recording::decode`] are the
//! inverse of each other on bytes as well as on recordings: there is one way to write each.

mod content;
mod envelope;
mod error;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::TickPeriod;

use self::envelope::CONTENT_AT;
pub use self::error::RecordingError;
use crate::diagnostic::one_of;
use crate::registry::{UnknownApp, check_name};
use crate::sanitize::is_unprintable;
use crate::script::{Action, Script, ScriptEvent};

/// The first bytes of a recording. The first one is not text, and a program that mistakes
/// the file for text would change the line end.
pub const SIGNATURE: [u8; 8] = *b"\x89LSREC\r\n";

/// The newest version of the format. Recordings of apps with ticks of a millisecond are written in
/// version 1.
pub const VERSION: u8 = 2;

/// The largest recording, in bytes: 8 MiB. It has room for [`MAX_EVENTS`] events at
/// 7 bytes, the most that one takes.
///
/// [`MAX_EVENTS`]: crate::script::MAX_EVENTS
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The longest version and build identity of an app, in bytes.
pub const MAX_IDENTITY: usize = 128;

/// The events of a run, and the app they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    tick: TickPeriod,
    app: String,
    app_version: String,
    build: String,
    /// The names of the app's buttons; the script's buttons are indices in this list.
    buttons: Vec<String>,
    script: Script,
}

impl Recording {
    /// The recording of this script, played by an app with this descriptor.
    ///
    /// # Errors
    ///
    /// [`RecordingError::Unusable`] if the descriptor is not one that a
    /// [`Registry`](crate::registry::Registry) accepts, its version or build are longer than
    /// [`MAX_IDENTITY`], or the script moves a button that the app does not have.
    pub fn of(descriptor: &'static AppDescriptor, script: &Script) -> Result<Self, RecordingError> {
        let recording = Self {
            tick: descriptor.tick(),
            app: descriptor.name().to_owned(),
            app_version: descriptor.version().to_owned(),
            build: descriptor.build().to_owned(),
            buttons: descriptor
                .buttons()
                .iter()
                .map(ToString::to_string)
                .collect(),
            script: script.clone(),
        };
        match recording.problem() {
            Some(problem) => Err(RecordingError::Unusable(problem)),
            None => Ok(recording),
        }
    }

    /// The recording as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        envelope::seal(self.version(), &content::write(self))
    }

    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// A [`RecordingError`] with the offset of the first thing that is wrong. The
    /// signature, the version, the length and the checksum are checked in this order, and the
    /// content only if all of them are right.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordingError> {
        let (version, content_end) = envelope::open(bytes)?;
        let recording = content::read(&bytes[..content_end], CONTENT_AT, version)?;

        // A varint can have more bytes than it needs: such a recording would be written with
        // other bytes.
        let canonical = content::write(&recording);
        let written = &bytes[CONTENT_AT..content_end];
        match written.iter().zip(&canonical).position(|(a, b)| a != b) {
            Some(place) => Err(RecordingError::Malformed {
                offset: CONTENT_AT + place,
                problem: "a number is not in its shortest form".to_owned(),
            }),
            None => Ok(recording),
        }
    }

    /// The script, for an app with this descriptor; buttons are matched by name.
    ///
    /// # Errors
    ///
    /// [`RecordingError::OtherApp`] and [`RecordingError::MissingButton`].
    pub fn script(&self, descriptor: &AppDescriptor) -> Result<Script, RecordingError> {
        if self.app != descriptor.name() {
            return Err(RecordingError::OtherApp {
                offset: CONTENT_AT,
                recorded: self.app.clone(),
                asked: descriptor.name(),
            });
        }
        if self.tick != descriptor.tick() {
            return Err(RecordingError::OtherTick {
                offset: CONTENT_AT,
                app: descriptor.name(),
                recorded: self.tick,
                declared: descriptor.tick(),
            });
        }
        let buttons = self
            .buttons
            .iter()
            .enumerate()
            .map(|(index, name)| {
                find_button(name, descriptor).ok_or_else(|| RecordingError::MissingButton {
                    offset: CONTENT_AT + content::button_offset(self, index),
                    name: name.clone(),
                    app: descriptor.name(),
                    known: one_of(descriptor.buttons().iter().copied()),
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let events = self
            .script
            .events()
            .iter()
            .map(|event| renumbered(*event, &buttons))
            .collect();
        Ok(Script::new(
            self.script.condition(),
            self.script.clock(),
            events,
            self.script.end(),
        )?)
    }

    /// The version of the format that it is written in.
    fn version(&self) -> u8 {
        match self.tick {
            TickPeriod::MILLISECOND => 1,
            _ => 2,
        }
    }

    /// The error that the app of this recording is not known.
    #[must_use]
    pub fn unknown_app(&self, error: &UnknownApp) -> RecordingError {
        RecordingError::UnknownApp {
            offset: CONTENT_AT,
            recorded: self.app.clone(),
            known: one_of(error.known.iter().copied()),
        }
    }

    /// Whether an app with this descriptor is known to be the recorded build. It never is if
    /// its build is [`AppDescriptor::UNKNOWN_BUILD`].
    #[must_use]
    pub fn built_from(&self, descriptor: &AppDescriptor) -> bool {
        self.app == descriptor.name()
            && self.app_version == descriptor.version()
            && self.build == descriptor.build()
            && !matches!(self.build.as_str(), "" | AppDescriptor::UNKNOWN_BUILD)
    }

    /// The name of the app that was recorded.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Its version.
    #[must_use]
    pub fn app_version(&self) -> &str {
        &self.app_version
    }

    /// What distinguishes builds of that version.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.build
    }

    /// The names of its buttons.
    #[must_use]
    pub fn buttons(&self) -> &[String] {
        &self.buttons
    }

    /// Why it cannot be recorded, if it cannot: what passes here can be written and read
    /// again.
    fn problem(&self) -> Option<String> {
        check_app_name(&self.app)
            .or_else(|| check_identity("the app's version", &self.app_version))
            .or_else(|| check_identity("the app's build", &self.build))
            .or_else(|| check_buttons(&self.buttons))
            .or_else(|| self.check_events())
            .or_else(|| self.check_boot_conditions())
    }

    fn check_boot_conditions(&self) -> Option<String> {
        let resets = self
            .script
            .events()
            .iter()
            .filter_map(|event| match event.action {
                Action::Reset(condition) => Some(condition),
                Action::Button(..) => None,
            });
        let mut conditions = resets.chain([self.script.condition()]);
        let condition = conditions.find(|condition| !content::can_hold(*condition))?;
        Some(format!(
            "boot condition number {} of the app: a recording holds the first two",
            condition.0
        ))
    }

    fn check_events(&self) -> Option<String> {
        let unknown = |event: &&ScriptEvent| match event.action {
            Action::Button(button, _) => usize::from(button.0) >= self.buttons.len(),
            Action::Reset(_) => false,
        };
        let event = self.script.events().iter().find(unknown)?;
        Some(format!(
            "at tick {}: the script moves a button that the app does not have",
            event.tick.0
        ))
    }
}

fn check_app_name(name: &str) -> Option<String> {
    check_name("app", name)
}

fn check_identity(what: &str, text: &str) -> Option<String> {
    if text.len() > MAX_IDENTITY {
        Some(format!(
            "{what} has {} bytes: at most {MAX_IDENTITY} are allowed",
            text.len()
        ))
    } else if text.contains(is_unprintable) {
        Some(format!("{what} has control characters in it"))
    } else {
        None
    }
}

fn check_buttons(names: &[String]) -> Option<String> {
    let most = AppDescriptor::MAX_ITEMS;
    let mut seen = HashSet::new();
    if names.len() > most {
        let count = names.len();
        return Some(format!("{count} buttons: at most {most} are allowed"));
    }
    names.iter().find_map(|name| {
        check_name("button", name)
            .or_else(|| (!seen.insert(name)).then(|| format!("two buttons are called `{name}`")))
    })
}

/// The button of this name.
fn find_button(name: &str, descriptor: &AppDescriptor) -> Option<ButtonId> {
    (0..=u8::MAX)
        .zip(descriptor.buttons())
        .find(|(_, known)| **known == name)
        .map(|(index, _)| ButtonId(index))
}

/// The event with its button as the app numbers it.
fn renumbered(event: ScriptEvent, buttons: &[ButtonId]) -> ScriptEvent {
    let action = match event.action {
        Action::Button(ButtonId(index), contact) => match buttons.get(usize::from(index)) {
            Some(button) => Action::Button(*button, contact),
            None => event.action,
        },
        Action::Reset(_) => event.action,
    };
    ScriptEvent { action, ..event }
}
