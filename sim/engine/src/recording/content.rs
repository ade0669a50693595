//! The content of a recording.
//!
//! Numbers and texts are postcard's: varints, and texts after their length. Format 2 begins with
//! the length of a tick in microseconds; format 1 is for ticks of a millisecond.
//!
//! An event is one varint: the ticks since the event before it, times the number of
//! actions there are, plus the action. The actions are a reset under each boot condition,
//! and each button: contacts alternate, so whether one closes or opens is not written. With up to 5 buttons, 2 bytes reach 2 seconds.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, RunTicks, TickPeriod};
use serde::{Deserialize, Serialize};

use super::{Recording, RecordingError, check_app_name, check_buttons, check_identity};
use crate::script::{
    Action, BootCondition, MAX_EVENTS, Script, ScriptEvent, SwitchState, max_length,
};

/// The codes below this one are resets, by their [`BootCondition`].
const FIRST_BUTTON: u64 = 3;

/// How many actions there are with this many buttons.
fn actions(buttons: usize) -> u64 {
    FIRST_BUTTON + buttons as u64
}

/// Whether the format has a code for a reset under this condition.
pub(super) fn can_hold(condition: BootCondition) -> bool {
    u64::from(condition.0) < FIRST_BUTTON
}

/// Writes the content.
pub(super) fn write(recording: &Recording) -> Vec<u8> {
    let script = &recording.script;
    let mut bytes = Vec::new();
    if recording.version() > 1 {
        append(&recording.tick.as_us(), &mut bytes);
    }
    append(&recording.app, &mut bytes);
    append(&recording.app_version, &mut bytes);
    append(&recording.build, &mut bytes);
    append(&recording.buttons, &mut bytes);
    append(&code(Action::Reset(script.condition())), &mut bytes);
    append(&script.clock().0, &mut bytes);
    append(&script.end().0, &mut bytes);
    append(&script.events().len(), &mut bytes);

    let actions = actions(recording.buttons.len());
    let mut before = RunTicks::ZERO;
    for event in script.events() {
        let passed = event.tick.saturating_sub(before);
        append(&(passed.0 * actions + code(event.action)), &mut bytes);
        before = event.tick;
    }
    bytes
}

/// The offset of the name of a button in the content.
pub(super) fn button_offset(recording: &Recording, index: usize) -> usize {
    let mut before = Vec::new();
    if recording.version() > 1 {
        append(&recording.tick.as_us(), &mut before);
    }
    append(&recording.app, &mut before);
    append(&recording.app_version, &mut before);
    append(&recording.build, &mut before);
    append(&recording.buttons.len(), &mut before);
    for name in recording.buttons.iter().take(index) {
        append(name, &mut before);
    }
    before.len()
}

fn code(action: Action) -> u64 {
    match action {
        Action::Reset(condition) => u64::from(condition.0),
        Action::Button(button, _) => FIRST_BUTTON + u64::from(button.0),
    }
}

#[expect(
    clippy::expect_used,
    reason = "a Vec takes every byte, and postcard refuses none of the types written here"
)]
fn append(value: &impl Serialize, bytes: &mut Vec<u8>) {
    postcard::to_io(value, bytes).expect("numbers and texts go into a Vec");
}

/// Reads the content in this version of the format that begins at `offset` and fills the rest of
/// `bytes`.
pub(super) fn read(bytes: &[u8], offset: usize, version: u8) -> Result<Recording, RecordingError> {
    ContentReader { bytes, offset }.recording(version)
}

/// A position in the content.
struct ContentReader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> ContentReader<'a> {
    fn recording(&mut self, version: u8) -> Result<Recording, RecordingError> {
        let tick = match version {
            1 => TickPeriod::MILLISECOND,
            _ => self.tick()?,
        };
        let app = self.text("the app's name", check_app_name)?;
        let app_version = self.text("the app's version", |text| {
            check_identity("the app's version", text)
        })?;
        let build = self.text("the app's build", |text| {
            check_identity("the app's build", text)
        })?;
        let buttons = self.buttons()?;
        let condition = self.boot_condition()?;
        let clock = self.number("the clock's start", u32::MAX.into())?;
        let clock = Instant(u32::try_from(clock).unwrap_or(u32::MAX));
        let end = RunTicks(self.number("the last tick", max_length(tick).0)?);
        let events = self.events(buttons.len(), end)?;
        let script = Script::new(condition, clock, events, end)
            .map_err(|error| malformed(self.offset, error.to_string()))?;
        Ok(Recording {
            tick,
            app,
            app_version,
            build,
            buttons,
            script,
        })
    }

    fn buttons(&mut self) -> Result<Vec<String>, RecordingError> {
        let start = self.offset;
        let count = self.number("the number of buttons", AppDescriptor::MAX_ITEMS as u64)?;
        let buttons = (0..count)
            .map(|_| self.text("the name of a button", |_| None))
            .collect::<Result<Vec<_>, _>>()?;
        match check_buttons(&buttons) {
            Some(problem) => Err(malformed(start, problem)),
            None => Ok(buttons),
        }
    }

    fn tick(&mut self) -> Result<TickPeriod, RecordingError> {
        let start = self.offset;
        let us: u64 = self.take("the length of a tick in us")?;
        TickPeriod::try_from_us(us)
            .filter(|tick| *tick != TickPeriod::MILLISECOND)
            .ok_or_else(|| {
                let problem = format!(
                    "a tick of {us} us, expected 1 to 100000, and not the 1000 of format 1"
                );
                malformed(start, problem)
            })
    }

    fn boot_condition(&mut self) -> Result<BootCondition, RecordingError> {
        let start = self.offset;
        let code: u64 = self.take("the conditions at the start")?;
        boot_condition(code)
            .ok_or_else(|| malformed(start, format!("there are no conditions {code}")))
    }

    fn events(
        &mut self,
        buttons: usize,
        end: RunTicks,
    ) -> Result<Vec<ScriptEvent>, RecordingError> {
        let count = self.number("the number of events", MAX_EVENTS as u64)?;
        let mut decoder = EventDecoder::new(buttons, end);
        let mut events = Vec::new();
        for _ in 0..count {
            let start = self.offset;
            let code = self.take("an event")?;
            let event = decoder
                .event(code)
                .map_err(|problem| malformed(start, problem))?;
            events.push(event);
        }
        if self.offset < self.bytes.len() {
            let problem = format!("more follows after {count} events");
            return Err(malformed(self.offset, problem));
        }
        Ok(events)
    }

    fn text(
        &mut self,
        what: &'static str,
        check: impl FnOnce(&str) -> Option<String>,
    ) -> Result<String, RecordingError> {
        let start = self.offset;
        let text: &str = self.take(what)?;
        // Messages may quote it.
        match check_identity(what, text).or_else(|| check(text)) {
            Some(problem) => Err(malformed(start, problem)),
            None => Ok(text.to_owned()),
        }
    }

    fn number(&mut self, what: &'static str, most: u64) -> Result<u64, RecordingError> {
        let offset = self.offset;
        let found: u64 = self.take(what)?;
        if found > most {
            return Err(RecordingError::Limit {
                offset,
                what,
                found,
                most,
            });
        }
        Ok(found)
    }

    fn take<T: Deserialize<'a>>(&mut self, what: &str) -> Result<T, RecordingError> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        match postcard::take_from_bytes(rest) {
            Ok((value, rest)) => {
                self.offset = self.bytes.len() - rest.len();
                Ok(value)
            }
            Err(_) => Err(malformed(
                self.offset,
                format!("cannot be read, expected {what}"),
            )),
        }
    }
}

/// Decodes the events in order, and refuses impossible ones.
struct EventDecoder {
    actions: u64,
    end: RunTicks,
    now: RunTicks,
    /// The code of the last action at `now`.
    last: Option<u64>,
    /// The contacts that are closed, one bit each.
    closed: u64,
}

impl EventDecoder {
    fn new(buttons: usize, end: RunTicks) -> Self {
        Self {
            actions: actions(buttons),
            end,
            now: RunTicks::ZERO,
            last: None,
            closed: 0,
        }
    }

    fn event(&mut self, event: u64) -> Result<ScriptEvent, String> {
        let (passed, code) = (event / self.actions, event % self.actions);
        let tick = self
            .now
            .0
            .checked_add(passed)
            .map(RunTicks)
            .filter(|tick| *tick <= self.end)
            .ok_or_else(|| format!("an event after the last tick, {}", self.end.0))?;
        if passed > 0 {
            self.now = tick;
            self.last = None;
        }
        if let Some(last) = self.last.replace(code) {
            self.check_order(last, code)?;
        }
        let action = self.action(code);
        Ok(ScriptEvent { tick, action })
    }

    /// The actions of a tick are in the order a board sees them, each once.
    fn check_order(&self, last: u64, code: u64) -> Result<(), String> {
        let problem = if boot_condition(code).is_some() && boot_condition(last).is_some() {
            "a second reset"
        } else if code == last {
            "a button moves twice"
        } else if (boot_condition(code).is_some(), code) < (boot_condition(last).is_some(), last) {
            "an action out of order"
        } else {
            return Ok(());
        };
        Err(format!("{problem} at tick {}", self.now.0))
    }

    fn action(&mut self, code: u64) -> Action {
        if let Some(condition) = boot_condition(code) {
            return Action::Reset(condition);
        }
        // There are at most 64 buttons: both fit.
        let index = u8::try_from(code - FIRST_BUTTON).unwrap_or(u8::MAX);
        let mask = 1_u64.checked_shl(index.into()).unwrap_or(0);
        self.closed ^= mask;
        let contact = if self.closed & mask == 0 {
            SwitchState::Open
        } else {
            SwitchState::Closed
        };
        Action::Button(ButtonId(index), contact)
    }
}

/// The boot condition with this [`code`].
fn boot_condition(of: u64) -> Option<BootCondition> {
    u8::try_from(of)
        .ok()
        .filter(|_| of < FIRST_BUTTON)
        .map(BootCondition)
}

fn malformed(offset: usize, problem: String) -> RecordingError {
    RecordingError::Malformed { offset, problem }
}
