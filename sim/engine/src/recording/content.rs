//! The content of a recording.
//!
//! Numbers and texts are postcard's: varints, and texts after their length. Format 2 begins with
//! the length of a tick in microseconds; format 1 is for ticks of a millisecond. Format 3 has, after
//! the names of the buttons, those of the number inputs and of the serial lines, and the first is
//! for apps that have none.
//!
//! An event is one varint: the ticks since the event before it, times the number of
//! actions there are, plus the action. The actions are a reset under each boot condition,
//! each button, each number input and each serial line: contacts alternate, so whether one closes
//! or opens is not written. The number that an input changes to follows, and so do, after their
//! count, all bytes that a serial line carries in the tick. With up to 5 buttons, 2 bytes reach 2
//! seconds.

use lockstep_core::app::AppDescriptor;
use lockstep_core::contacts::Contacts;
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::time::{Instant, RunTicks, TickPeriod};
use serde::{Deserialize, Serialize};

use super::{PortNames, Recording, RecordingError, check_app_name, check_identity, check_names};
use crate::script::{Action, BootCondition, MAX_EVENTS, Script, ScriptEvent, max_length};

/// The codes of the actions: what lies between two of these is one kind of them.
#[derive(Clone, Copy)]
struct Codes {
    first_button: u64,
    first_number: u64,
    first_line: u64,
    count: u64,
}

impl Codes {
    fn of(version: u8, ports: &PortNames) -> Self {
        let first_button = boot_conditions(version);
        let first_number = first_button + ports.buttons.len() as u64;
        let first_line = first_number + ports.numbers.len() as u64;
        Self {
            first_button,
            first_number,
            first_line,
            count: first_line + ports.serial_lines.len() as u64,
        }
    }

    fn of_action(self, action: Action) -> u64 {
        match action {
            Action::Reset(condition) => condition.0.into(),
            Action::Button(ButtonId(id), _) => self.first_button + u64::from(id),
            Action::Number(NumberId(id), _) => self.first_number + u64::from(id),
            Action::Byte(SerialId(id), _) => self.first_line + u64::from(id),
        }
    }
}

/// How many boot conditions a format has codes for, that all is well included.
const fn boot_conditions(version: u8) -> u64 {
    match version {
        0..3 => 3,
        _ => 1 + AppDescriptor::MAX_BOOT_CONDITIONS as u64,
    }
}

/// Whether the format has a code for a reset under this condition.
pub(super) fn can_hold(version: u8, condition: BootCondition) -> bool {
    u64::from(condition.0) < boot_conditions(version)
}

/// Writes the content.
pub(super) fn write(recording: &Recording) -> Vec<u8> {
    let script = &recording.script;
    let codes = Codes::of(recording.version(), &recording.ports);
    let mut bytes = beginning(recording);
    append(&recording.ports.buttons, &mut bytes);
    if recording.version() > 2 {
        append(&recording.ports.numbers, &mut bytes);
        append(&recording.ports.serial_lines, &mut bytes);
    }
    append(&u64::from(script.condition().0), &mut bytes);
    append(&script.clock().0, &mut bytes);
    append(&script.end().0, &mut bytes);

    let is_same_burst = |a: &ScriptEvent, b: &ScriptEvent| {
        a.tick == b.tick
            && matches!((a.action, b.action), (Action::Byte(a, _), Action::Byte(b, _)) if a == b)
    };
    let items = || script.events().chunk_by(is_same_burst);
    append(&items().count(), &mut bytes);
    let mut before = RunTicks::ZERO;
    for item in items() {
        let ScriptEvent { tick, action } = item[0];
        let passed = tick.saturating_sub(before);
        append(
            &(passed.0 * codes.count + codes.of_action(action)),
            &mut bytes,
        );
        before = tick;
        match action {
            Action::Number(_, number) => append(&number, &mut bytes),
            Action::Byte(..) => {
                let burst = item.iter().filter_map(|event| match event.action {
                    Action::Byte(_, byte) => Some(byte),
                    _ => None,
                });
                append(&burst.collect::<Vec<u8>>(), &mut bytes);
            }
            Action::Button(..) | Action::Reset(_) => {}
        }
    }
    bytes
}

/// What comes before the names of the ports.
fn beginning(recording: &Recording) -> Vec<u8> {
    let mut bytes = Vec::new();
    if recording.version() > 1 {
        append(&recording.tick.as_us(), &mut bytes);
    }
    append(&recording.app, &mut bytes);
    append(&recording.app_version, &mut bytes);
    append(&recording.build, &mut bytes);
    bytes
}

/// The offset of the name of a port in the content, by its place among all of them: buttons first,
/// then number inputs, then serial lines.
pub(super) fn name_offset(recording: &Recording, index: usize) -> usize {
    let mut before = beginning(recording);
    let mut left = index;
    let PortNames {
        buttons,
        numbers,
        serial_lines,
    } = &recording.ports;
    for names in [buttons, numbers, serial_lines] {
        append(&names.len(), &mut before);
        for name in names.iter().take(left) {
            append(name, &mut before);
        }
        if left < names.len() {
            break;
        }
        left -= names.len();
    }
    before.len()
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
    let mut reader = ContentReader {
        bytes,
        offset,
        version,
    };
    reader.recording()
}

/// A position in the content.
struct ContentReader<'a> {
    bytes: &'a [u8],
    offset: usize,
    version: u8,
}

impl<'a> ContentReader<'a> {
    fn recording(&mut self) -> Result<Recording, RecordingError> {
        let tick = match self.version {
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
        let ports = self.ports()?;
        let condition = self.boot_condition()?;
        let clock = self.number("the clock's start", u32::MAX.into())?;
        let clock = Instant(u32::try_from(clock).unwrap_or(u32::MAX));
        let end = RunTicks(self.number("the last tick", max_length(tick).0)?);
        let events = self.events(&ports, end)?;
        let script = Script::new(condition, clock, events, end)
            .map_err(|error| malformed(self.offset, error.to_string()))?;
        Ok(Recording {
            tick,
            app,
            app_version,
            build,
            ports,
            script,
        })
    }

    fn ports(&mut self) -> Result<PortNames, RecordingError> {
        let buttons = self.names("button", AppDescriptor::MAX_BUTTONS)?;
        if self.version < 3 {
            return Ok(PortNames {
                buttons,
                ..PortNames::default()
            });
        }
        Ok(PortNames {
            buttons,
            numbers: self.names("number input", AppDescriptor::MAX_NUMBERS)?,
            serial_lines: self.names("serial line", AppDescriptor::MAX_SERIAL_LINES)?,
        })
    }

    fn names(&mut self, what: &'static str, most: usize) -> Result<Vec<String>, RecordingError> {
        let start = self.offset;
        let count = self.number(counted(what), most as u64)?;
        let names = (0..count)
            .map(|_| self.text("the name of a port", |_| None))
            .collect::<Result<Vec<_>, _>>()?;
        match check_names(what, &names, most) {
            Some(problem) => Err(malformed(start, problem)),
            None => Ok(names),
        }
    }

    fn tick(&mut self) -> Result<TickPeriod, RecordingError> {
        let start = self.offset;
        let us: u64 = self.take("the length of a tick in us")?;
        let is_of_format_1 = |tick| self.version == 2 && tick == TickPeriod::MILLISECOND;
        TickPeriod::try_from_us(us)
            .filter(|tick| !is_of_format_1(*tick))
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
        boot_condition(code, boot_conditions(self.version))
            .ok_or_else(|| malformed(start, format!("there are no conditions {code}")))
    }

    fn events(
        &mut self,
        ports: &PortNames,
        end: RunTicks,
    ) -> Result<Vec<ScriptEvent>, RecordingError> {
        let count = self.number("the number of events", MAX_EVENTS as u64)?;
        let mut decoder = EventDecoder::new(Codes::of(self.version, ports), end);
        let mut events = Vec::new();
        for _ in 0..count {
            let start = self.offset;
            let code = self.take("an event")?;
            let malformed = |problem| malformed(start, problem);
            let (tick, item) = decoder.item(code).map_err(malformed)?;
            let event = |action| ScriptEvent { tick, action };
            match item {
                Item::Action(action) => events.push(event(action)),
                Item::Number(id) => {
                    let number = self.take("a number")?;
                    events.push(event(Action::Number(id, number)));
                }
                Item::Burst(line) => {
                    let bytes: &[u8] = self.take("bytes")?;
                    if bytes.is_empty() {
                        return Err(malformed("no bytes arrive".to_owned()));
                    }
                    let bytes = bytes.iter().map(|byte| Action::Byte(line, *byte));
                    events.extend(bytes.map(event));
                }
            }
            if events.len() > MAX_EVENTS {
                return Err(RecordingError::Limit {
                    offset: start,
                    what: "the number of events",
                    found: events.len() as u64,
                    most: MAX_EVENTS as u64,
                });
            }
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

/// What an event is, before what follows its code is read.
enum Item {
    Action(Action),
    Number(NumberId),
    Burst(SerialId),
}

/// Decodes the events in order, and refuses impossible ones.
struct EventDecoder {
    codes: Codes,
    end: RunTicks,
    now: RunTicks,
    /// The code of the last action at `now`.
    last: Option<u64>,
    contacts: Contacts,
}

impl EventDecoder {
    fn new(codes: Codes, end: RunTicks) -> Self {
        Self {
            codes,
            end,
            now: RunTicks::ZERO,
            last: None,
            contacts: Contacts::OPEN,
        }
    }

    fn item(&mut self, event: u64) -> Result<(RunTicks, Item), String> {
        let (passed, code) = (event / self.codes.count, event % self.codes.count);
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
        Ok((tick, self.decode(code)))
    }

    /// The actions of a tick are in the order a board sees them, each once.
    fn check_order(&self, last: u64, code: u64) -> Result<(), String> {
        let is_reset = |code| code < self.codes.first_button;
        let problem = if is_reset(code) && is_reset(last) {
            "a second reset"
        } else if code == last && code < self.codes.first_number {
            "a button moves twice"
        } else if code == last && code < self.codes.first_line {
            "a number changes twice"
        } else if code == last {
            "the bytes of one line are in two pieces"
        } else if (is_reset(code), code) < (is_reset(last), last) {
            "an action out of order"
        } else {
            return Ok(());
        };
        Err(format!("{problem} at tick {}", self.now.0))
    }

    fn decode(&mut self, code: u64) -> Item {
        // There are at most 256 of each: all fit.
        let id = |first: u64| u8::try_from(code - first).unwrap_or(u8::MAX);
        let codes = self.codes;
        if let Some(condition) = boot_condition(code, codes.first_button) {
            Item::Action(Action::Reset(condition))
        } else if code < codes.first_number {
            let button = ButtonId(id(codes.first_button));
            let contact = self.contacts.state(button).other();
            self.contacts.set(button, contact);
            Item::Action(Action::Button(button, contact))
        } else if code < codes.first_line {
            Item::Number(NumberId(id(codes.first_number)))
        } else {
            Item::Burst(SerialId(id(codes.first_line)))
        }
    }
}

/// The boot condition with this code, of so many.
fn boot_condition(code: u64, conditions: u64) -> Option<BootCondition> {
    let known = u8::try_from(code).ok().filter(|_| code < conditions);
    known.map(BootCondition)
}

/// What a count of names is called.
fn counted(what: &str) -> &'static str {
    match what {
        "button" => "the number of buttons",
        "number input" => "the number of number inputs",
        _ => "the number of serial lines",
    }
}

fn malformed(offset: usize, problem: String) -> RecordingError {
    RecordingError::Malformed { offset, problem }
}
