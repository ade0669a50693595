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
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::time::TickPeriod;

use self::envelope::CONTENT_AT;
pub use self::error::RecordingError;
use crate::diagnostic::one_of;
use crate::registry::{UnknownApp, check_name};
use crate::sanitize::is_unprintable;
use crate::script::{Action, BootCondition, Script, ScriptEvent};

/// The first bytes of a recording. The first one is not text, and a program that mistakes
/// the file for text would change the line end.
pub const SIGNATURE: [u8; 8] = *b"\x89LSREC\r\n";

/// The newest version of the format. Each recording is written in the oldest that can hold it: of
/// apps with buttons alone in version 2, and with ticks of a millisecond in version 1.
pub const VERSION: u8 = 3;

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
    ports: PortNames,
    script: Script,
}

/// The names of the ports of an app that a script acts on, which numbers them by these lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct PortNames {
    buttons: Vec<String>,
    numbers: Vec<String>,
    serial_lines: Vec<String>,
}

impl PortNames {
    fn of(descriptor: &AppDescriptor) -> Self {
        let owned = |name: &str| name.to_owned();
        let numbers = descriptor.numbers().iter();
        let lines = descriptor.serial_lines().iter();
        Self {
            buttons: descriptor
                .buttons()
                .iter()
                .map(|name| owned(name))
                .collect(),
            numbers: numbers.map(|number| owned(number.name())).collect(),
            serial_lines: lines.map(|line| owned(line.name())).collect(),
        }
    }

    fn problem(&self) -> Option<String> {
        check_names("button", &self.buttons, AppDescriptor::MAX_BUTTONS)
            .or_else(|| check_names("number input", &self.numbers, AppDescriptor::MAX_NUMBERS))
            .or_else(|| {
                let most = AppDescriptor::MAX_SERIAL_LINES;
                check_names("serial line", &self.serial_lines, most)
            })
    }
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
            ports: PortNames::of(descriptor),
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
    /// [`RecordingError::OtherApp`] and [`RecordingError::MissingPort`].
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
        let places = self.places(descriptor)?;
        let events = self.script.events().iter();
        let events = events.map(|event| places.renumbered(*event)).collect();
        Ok(Script::new(
            self.script.condition(),
            self.script.clock(),
            events,
            self.script.end(),
        )?)
    }

    /// Where the app has the ports of the recording.
    fn places(&self, descriptor: &AppDescriptor) -> Result<Places, RecordingError> {
        let known = PortNames::of(descriptor);
        let mut index = 0;
        let mut find = |what, names: &[String], known: &[String]| {
            let places = names.iter().map(|name| {
                let place = (0..=u8::MAX).zip(known).find(|(_, known)| *known == name);
                let missing = || RecordingError::MissingPort {
                    offset: CONTENT_AT + content::name_offset(self, index),
                    what,
                    name: name.clone(),
                    app: descriptor.name(),
                    known: one_of(known.iter().map(String::as_str)),
                };
                let place = place.map(|(place, _)| place).ok_or_else(missing);
                index += 1;
                place
            });
            places.collect::<Result<Vec<_>, _>>()
        };
        Ok(Places {
            buttons: find("button", &self.ports.buttons, &known.buttons)?,
            numbers: find("number input", &self.ports.numbers, &known.numbers)?,
            serial_lines: find("serial line", &self.ports.serial_lines, &known.serial_lines)?,
        })
    }

    /// The version of the format that it is written in.
    fn version(&self) -> u8 {
        let mut conditions = self.boot_conditions();
        if !self.ports.numbers.is_empty()
            || !self.ports.serial_lines.is_empty()
            || conditions.any(|condition| !content::can_hold(2, condition))
        {
            3
        } else if self.tick == TickPeriod::MILLISECOND {
            1
        } else {
            2
        }
    }

    /// The conditions under which the board comes up.
    fn boot_conditions(&self) -> impl Iterator<Item = BootCondition> {
        let events = self.script.events().iter();
        let resets = events.filter_map(|event| match event.action {
            Action::Reset(condition) => Some(condition),
            _ => None,
        });
        resets.chain([self.script.condition()])
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
        &self.ports.buttons
    }

    /// Why it cannot be recorded, if it cannot: what passes here can be written and read
    /// again.
    fn problem(&self) -> Option<String> {
        check_app_name(&self.app)
            .or_else(|| check_identity("the app's version", &self.app_version))
            .or_else(|| check_identity("the app's build", &self.build))
            .or_else(|| self.ports.problem())
            .or_else(|| self.check_events())
            .or_else(|| self.check_boot_conditions())
    }

    fn check_boot_conditions(&self) -> Option<String> {
        let mut conditions = self.boot_conditions();
        let condition = conditions.find(|condition| !content::can_hold(VERSION, *condition))?;
        Some(format!(
            "boot condition number {} of the app: a recording holds the first {}",
            condition.0,
            AppDescriptor::MAX_BOOT_CONDITIONS
        ))
    }

    fn check_events(&self) -> Option<String> {
        let PortNames {
            buttons,
            numbers,
            serial_lines,
        } = &self.ports;
        let is_unknown = |event: &&ScriptEvent| match event.action {
            Action::Button(ButtonId(id), _) => usize::from(id) >= buttons.len(),
            Action::Number(NumberId(id), _) => usize::from(id) >= numbers.len(),
            Action::Byte(SerialId(id), _) => usize::from(id) >= serial_lines.len(),
            Action::Reset(_) => false,
        };
        let event = self.script.events().iter().find(is_unknown)?;
        let what = match event.action {
            Action::Number(..) => "sets a number",
            Action::Byte(..) => "sends on a serial line",
            Action::Button(..) | Action::Reset(_) => "moves a button",
        };
        Some(format!(
            "at tick {}: the script {what} that the app does not have",
            event.tick.0
        ))
    }
}

/// Where an app has the ports of a recording, by their places there.
struct Places {
    buttons: Vec<u8>,
    numbers: Vec<u8>,
    serial_lines: Vec<u8>,
}

impl Places {
    fn renumbered(&self, event: ScriptEvent) -> ScriptEvent {
        let at = |places: &[u8], id: u8| places.get(usize::from(id)).copied().unwrap_or(id);
        let action = match event.action {
            Action::Button(ButtonId(id), contact) => {
                Action::Button(ButtonId(at(&self.buttons, id)), contact)
            }
            Action::Number(NumberId(id), number) => {
                Action::Number(NumberId(at(&self.numbers, id)), number)
            }
            Action::Byte(SerialId(id), byte) => {
                Action::Byte(SerialId(at(&self.serial_lines, id)), byte)
            }
            Action::Reset(_) => event.action,
        };
        ScriptEvent { action, ..event }
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

fn check_names(what: &str, names: &[String], most: usize) -> Option<String> {
    let mut seen = HashSet::new();
    if names.len() > most {
        let count = names.len();
        return Some(format!("{count} {what}s: at most {most} are allowed"));
    }
    names.iter().find_map(|name| {
        check_name(what, name)
            .or_else(|| (!seen.insert(name)).then(|| format!("two {what}s are called `{name}`")))
    })
}
