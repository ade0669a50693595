//! What an app has, by name: the one list that panels, scenarios, waveforms, the wire and pin maps
//! are derived from.

use crate::contacts::Contacts;
use crate::event::BootCondition;
use crate::fnv::Fnv1a;
use crate::log::{LogKind, LogValues};
use crate::matrix::Matrix;
use crate::output::{Output, Range};
use crate::ports::{Encoder, NumberInput, Scale, SerialLine};
use crate::time::TickPeriod;

/// What an app has, by name.
///
/// Built by a const builder, so that what is added to it later has a default:
///
/// ```
/// use lockstep_core::descriptor::AppDescriptor;
/// use lockstep_core::output::Output;
///
/// const DOORBELL: AppDescriptor = AppDescriptor::new("doorbell", env!("CARGO_PKG_VERSION"))
///     .with_buttons(&["bell"])
///     .with_outputs(&[Output::digital("chime")]);
/// assert_eq!(DOORBELL.buttons(), ["bell"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppDescriptor {
    name: &'static str,
    version: &'static str,
    build: &'static str,
    tick: TickPeriod,
    buttons: &'static [&'static str],
    encoders: &'static [Encoder],
    numbers: &'static [NumberInput],
    serial_lines: &'static [SerialLine],
    outputs: &'static [Output],
    matrices: &'static [Matrix],
    logs: &'static [LogKind],
    boot_conditions: &'static [&'static str],
}

impl AppDescriptor {
    /// The most buttons that an app can declare: a keyboard, with an encoder or two.
    pub const MAX_BUTTONS: usize = Contacts::MAX;

    /// The most encoders that an app can declare.
    pub const MAX_ENCODERS: usize = 16;

    /// The most number inputs that an app can declare.
    pub const MAX_NUMBERS: usize = 16;

    /// The most serial lines that an app can declare.
    pub const MAX_SERIAL_LINES: usize = 8;

    /// The most outputs that an app can declare.
    pub const MAX_OUTPUTS: usize = 128;

    /// The most matrices that an app can declare.
    pub const MAX_MATRICES: usize = 4;

    /// The most kinds of logs that an app can declare.
    pub const MAX_LOGS: usize = 64;

    /// The most boot conditions that an app can declare.
    pub const MAX_BOOT_CONDITIONS: usize = 16;

    /// The build of an app that does not say: taken to differ from any other.
    pub const UNKNOWN_BUILD: &'static str = "unknown";

    /// A descriptor with nothing but a name and a version.
    ///
    /// The name is of lower-case letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            build: Self::UNKNOWN_BUILD,
            tick: TickPeriod::MILLISECOND,
            buttons: &[],
            encoders: &[],
            numbers: &[],
            serial_lines: &[],
            outputs: &[],
            matrices: &[],
            logs: &[],
            boot_conditions: &[],
        }
    }

    /// With what tells two builds of one version apart: a hash of the source, a revision.
    #[must_use]
    pub const fn with_build(mut self, build: &'static str) -> Self {
        self.build = build;
        self
    }

    /// With ticks of this length, instead of [`TickPeriod::MILLISECOND`]. A board says which it can
    /// keep.
    #[must_use]
    pub const fn with_tick(mut self, tick: TickPeriod) -> Self {
        self.tick = tick;
        self
    }

    /// With buttons, by [`ButtonId`](crate::event::ButtonId): names of letters, digits,
    /// `-` and `_`, beginning with a letter. At most [`AppDescriptor::MAX_BUTTONS`].
    #[must_use]
    pub const fn with_buttons(mut self, buttons: &'static [&'static str]) -> Self {
        self.buttons = buttons;
        self
    }

    /// With encoders, each made of two of the buttons. At most [`AppDescriptor::MAX_ENCODERS`].
    #[must_use]
    pub const fn with_encoders(mut self, encoders: &'static [Encoder]) -> Self {
        self.encoders = encoders;
        self
    }

    /// With number inputs, by [`NumberId`](crate::event::NumberId). At most
    /// [`AppDescriptor::MAX_NUMBERS`].
    #[must_use]
    pub const fn with_numbers(mut self, numbers: &'static [NumberInput]) -> Self {
        self.numbers = numbers;
        self
    }

    /// With serial lines, by [`SerialId`](crate::event::SerialId). At most
    /// [`AppDescriptor::MAX_SERIAL_LINES`].
    #[must_use]
    pub const fn with_serial_lines(mut self, lines: &'static [SerialLine]) -> Self {
        self.serial_lines = lines;
        self
    }

    /// With outputs, in the order of [`App::outputs`](crate::app::App::outputs). At
    /// most [`AppDescriptor::MAX_OUTPUTS`].
    #[must_use]
    pub const fn with_outputs(mut self, outputs: &'static [Output]) -> Self {
        self.outputs = outputs;
        self
    }

    /// With matrices, by [`MatrixId`](crate::matrix::MatrixId). At most
    /// [`AppDescriptor::MAX_MATRICES`].
    #[must_use]
    pub const fn with_matrices(mut self, matrices: &'static [Matrix]) -> Self {
        self.matrices = matrices;
        self
    }

    /// With kinds of logs, by [`LogId`](crate::log::LogId). At most [`AppDescriptor::MAX_LOGS`].
    #[must_use]
    pub const fn with_logs(mut self, logs: &'static [LogKind]) -> Self {
        self.logs = logs;
        self
    }

    /// With what can be wrong when the board comes up, by [`BootCondition`]: names of
    /// lower-case letters, digits, `-` and `_`, beginning with a letter, such as
    /// `clock-failed`. At most [`AppDescriptor::MAX_BOOT_CONDITIONS`].
    #[must_use]
    pub const fn with_boot_conditions(mut self, conditions: &'static [&'static str]) -> Self {
        self.boot_conditions = conditions;
        self
    }

    /// The app's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The app's version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// What tells two builds of one version apart.
    #[must_use]
    pub const fn build(&self) -> &'static str {
        self.build
    }

    /// How long a tick is.
    #[must_use]
    pub const fn tick(&self) -> TickPeriod {
        self.tick
    }

    /// The names of the buttons, by [`ButtonId`](crate::event::ButtonId).
    #[must_use]
    pub const fn buttons(&self) -> &'static [&'static str] {
        self.buttons
    }

    /// The encoders.
    #[must_use]
    pub const fn encoders(&self) -> &'static [Encoder] {
        self.encoders
    }

    /// The number inputs, by [`NumberId`](crate::event::NumberId).
    #[must_use]
    pub const fn numbers(&self) -> &'static [NumberInput] {
        self.numbers
    }

    /// The serial lines, by [`SerialId`](crate::event::SerialId).
    #[must_use]
    pub const fn serial_lines(&self) -> &'static [SerialLine] {
        self.serial_lines
    }

    /// The outputs, in the order of [`App::outputs`](crate::app::App::outputs).
    #[must_use]
    pub const fn outputs(&self) -> &'static [Output] {
        self.outputs
    }

    /// The matrices, by [`MatrixId`](crate::matrix::MatrixId).
    #[must_use]
    pub const fn matrices(&self) -> &'static [Matrix] {
        self.matrices
    }

    /// The kinds of logs, by [`LogId`](crate::log::LogId).
    #[must_use]
    pub const fn logs(&self) -> &'static [LogKind] {
        self.logs
    }

    /// The names of what can be wrong when the board comes up.
    #[must_use]
    pub const fn boot_conditions(&self) -> &'static [&'static str] {
        self.boot_conditions
    }

    /// The name of a condition: [`BootCondition::OK_NAME`], or one that the app declares.
    #[must_use]
    pub fn boot_condition_name(&self, condition: BootCondition) -> Option<&'static str> {
        match condition {
            BootCondition::OK => Some(BootCondition::OK_NAME),
            BootCondition(number) => self.boot_conditions.get(usize::from(number) - 1).copied(),
        }
    }

    /// The condition of this name.
    #[must_use]
    pub fn boot_condition(&self, name: &str) -> Option<BootCondition> {
        let mut declared = (1..).map(BootCondition).zip(self.boot_conditions);
        if name == BootCondition::OK_NAME {
            return Some(BootCondition::OK);
        }
        declared.find_map(|(condition, known)| (*known == name).then_some(condition))
    }

    /// What tells this list from any other: two descriptors with the same fingerprint give
    /// every place the same meaning.
    ///
    /// Events and observations travel as places in these lists, so whoever reads them has
    /// to hold the same ones. FNV-1a, 64 bits, over names, ranges, words and the tick; not over
    /// version and build.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = Fnv1a::new().text(self.name).list(self.buttons);
        hash = hash.number(self.outputs.len());
        let mut index = 0;
        while index < self.outputs.len() {
            let output = &self.outputs[index];
            hash = hash.text(output.name());
            hash = match output.range() {
                Range::Digital => hash.number(1),
                Range::Analog { max } => hash.number(max as usize),
                Range::Number(scale) => with_scale(hash, &scale),
            };
            index += 1;
        }
        hash = hash.number(self.logs.len());
        index = 0;
        while index < self.logs.len() {
            let log = &self.logs[index];
            hash = match log.values() {
                LogValues::Words(words) => hash.text(log.name()).list(words),
                LogValues::Number => hash.text(log.name()).text("number"),
                LogValues::Text => hash.text(log.name()).text("text"),
            };
            index += 1;
        }
        hash = hash.list(self.boot_conditions);
        // An app without these has the fingerprint that it had before they could be declared.
        if self.tick.as_us() != TickPeriod::MILLISECOND.as_us() {
            hash = hash.text("tick").number(self.tick.as_us() as usize);
        }
        if !self.numbers.is_empty() {
            hash = hash.text("numbers").number(self.numbers.len());
            index = 0;
            while index < self.numbers.len() {
                let number = &self.numbers[index];
                hash = with_scale(hash.text(number.name()), &number.scale());
                hash = with_i32(hash, number.start());
                index += 1;
            }
        }
        if !self.serial_lines.is_empty() {
            hash = hash.text("serial").number(self.serial_lines.len());
            index = 0;
            while index < self.serial_lines.len() {
                hash = hash.text(self.serial_lines[index].name());
                index += 1;
            }
        }
        if !self.matrices.is_empty() {
            hash = hash.text("matrices").number(self.matrices.len());
            index = 0;
            while index < self.matrices.len() {
                let matrix = &self.matrices[index];
                hash = hash.text(matrix.name()).byte(matrix.rows());
                hash = hash.byte(matrix.columns()).byte(matrix.max());
                index += 1;
            }
        }
        hash.finish()
    }
}

const fn with_scale(hash: Fnv1a, scale: &Scale) -> Fnv1a {
    let hash = with_i32(with_i32(hash, scale.min()), scale.max());
    hash.byte(scale.decimals()).text(scale.unit())
}

const fn with_i32(hash: Fnv1a, number: i32) -> Fnv1a {
    let [a, b, c, d] = number.to_le_bytes();
    hash.byte(a).byte(b).byte(c).byte(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: AppDescriptor = AppDescriptor::new("lamp", "1.0.0")
        .with_buttons(&["A", "B"])
        .with_outputs(&[Output::digital("led"), Output::analog("lamp", 100)])
        .with_logs(&[
            LogKind::words("power", &["off", "on"]),
            LogKind::number("level"),
        ])
        .with_boot_conditions(&["clock-failed"]);

    #[test]
    fn a_fingerprint_is_of_what_places_mean() {
        const OTHERS: [AppDescriptor; 11] = [
            AppDescriptor {
                name: "lamb",
                ..LAMP
            },
            LAMP.with_buttons(&["B", "A"]),
            LAMP.with_buttons(&["AB"]),
            LAMP.with_outputs(&[Output::digital("led"), Output::analog("lamp", 99)]),
            LAMP.with_logs(&[
                LogKind::words("power", &["on", "off"]),
                LogKind::number("level"),
            ]),
            LAMP.with_logs(&[LogKind::number("power"), LogKind::number("level")]),
            LAMP.with_boot_conditions(&["uart-missing"]),
            LAMP.with_numbers(&[NumberInput::new("room", 0, 9)]),
            LAMP.with_serial_lines(&[SerialLine::new("uart")]),
            LAMP.with_matrices(&[Matrix::new("display", 5, 5)]),
            LAMP.with_outputs(&[Output::digital("led"), Output::number("lamp", 0, 100)]),
        ];
        for other in OTHERS {
            assert_ne!(other.fingerprint(), LAMP.fingerprint(), "{other:?}");
        }
        let rebuilt = AppDescriptor {
            version: "2.0.0",
            build: "1",
            ..LAMP
        };
        assert_eq!(rebuilt.fingerprint(), LAMP.fingerprint());
    }

    #[test]
    fn a_boot_condition_has_one_name() {
        for (number, name) in [(0, "ok"), (1, "clock-failed")] {
            let condition = BootCondition(number);
            assert_eq!(LAMP.boot_condition_name(condition), Some(name));
            assert_eq!(LAMP.boot_condition(name), Some(condition));
        }
        assert_eq!(LAMP.boot_condition_name(BootCondition(2)), None);
        assert_eq!(LAMP.boot_condition("uart-missing"), None);
    }
}
