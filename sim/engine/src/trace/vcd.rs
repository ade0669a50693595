//! The form of a trace for waveform viewers: a VCD file according to IEEE 1364-2005, clause
//! 18.2, with the string variables of GTKWave.
//!
//! ```text
//! $comment
//!     lockstep 1 app=toggle clock=0
//! $end
//! $timescale 1 ms $end
//! $scope module in $end
//! $var string 1 ! reset $end
//! $var wire 1 " button $end
//! $upscope $end
//! ```
//!
//! - A button is a wire, 1 while its contact is closed.
//! - A digital output is a wire; any other is a register just wide enough for its maximum.
//!   A level out of range is written as `x`.
//! - A row of a matrix is a register in a module of the matrix, its first cell in the highest bits. A
//!   reset makes it dark.
//! - A number is an integer of 32 bits, or a real if it has decimals.
//! - A reset or a log is a string that has its word or number for one tick, and is empty
//!   after it unless another value follows. So is what a serial line carried in a tick, and the text
//!   of a log: as in [`quoted`](crate::quoted), without the quotes, and with `\x20` for a space.
//!
//! Several changes in a tick are written in order; a viewer that shows one value a tick shows
//! the last. A change to the same level (a button that is closed during a reset) is not
//! written.
//!
//! [`waveform`](crate::waveform) needs the comment to play the file again. Nothing depends on
//! the date or the machine: equal traces give equal bytes.

use std::io::{self, Write};

use ::vcd::{IdCode, SimulationCommand, TimescaleUnit, VarType, Writer};
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Range};
use lockstep_core::time::{RunTicks, TickPeriod};

mod matrix;

use self::matrix::RowWire;
use super::{Entry, EntryKind, Kind, Line, RESET, Trace, Value};
use crate::quoted::Quoted;
use crate::script::{Action, SwitchState};

/// The start of the comment in the header, before the version.
pub const SIGNATURE: &str = "lockstep";

/// The version of the conventions above that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// The key of the app's name in the comment.
pub const APP: &str = "app";

/// The key of the start of the tick counter in the comment.
pub const CLOCK: &str = "clock";

/// Writes the whole trace, in many small pieces: `out` should be buffered.
///
/// Entries that the descriptor does not declare have no variable and are left out; a trace of
/// [`crate::play::trace`] has none.
///
/// # Errors
///
/// Those of `out`.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = VcdWriter::declare(trace, out)?;
    writer.start(trace)?;
    for same_tick in trace.entries().chunk_by(|a, b| a.tick == b.tick) {
        writer.tick(trace, same_tick)?;
    }
    writer.finish(trace.end())
}

/// The unit of the times in a file: of those that the standard has, the longest that a tick is a
/// whole number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeUnit {
    number: u32,
    unit: TimescaleUnit,
    /// How many of them a tick is.
    a_tick: u64,
}

impl TimeUnit {
    fn of(tick: TickPeriod) -> Self {
        let us = tick.as_us();
        let fits = |unit: &u32| us.is_multiple_of(*unit);
        let longest = [100_000, 10_000, 1_000, 100, 10].into_iter().find(fits);
        let longest = longest.unwrap_or(1);
        let (number, unit) = match longest {
            1_000.. => (longest / 1_000, TimescaleUnit::MS),
            _ => (longest, TimescaleUnit::US),
        };
        Self {
            number,
            unit,
            a_tick: u64::from(us / longest),
        }
    }
}

struct VcdWriter<'a> {
    descriptor: &'static AppDescriptor,
    writer: Writer<&'a mut dyn Write>,
    reset: IdCode,
    buttons: Vec<Wire>,
    numbers: Vec<Wire>,
    received: Vec<IdCode>,
    outputs: Vec<Wire>,
    sent: Vec<IdCode>,
    matrices: Vec<Vec<RowWire>>,
    logs: Vec<IdCode>,
    unit: TimeUnit,
    /// The last time that was written.
    now: RunTicks,
    /// The strings that are not empty since `now`, and what they are.
    pulsed: Vec<(IdCode, String)>,
}

impl<'a> VcdWriter<'a> {
    fn declare(trace: &Trace, out: &'a mut dyn Write) -> io::Result<Self> {
        let descriptor = trace.descriptor();
        let mut writer = Writer::new(out);
        writer.comment(&format!(
            "{SIGNATURE} {VERSION} {APP}={} {CLOCK}={}",
            descriptor.name(),
            trace.clock().0
        ))?;
        let unit = TimeUnit::of(descriptor.tick());
        writer.timescale(unit.number, unit.unit)?;

        writer.add_module(Kind::In.word())?;
        let reset = add_string(&mut writer, RESET)?;
        let buttons = descriptor
            .buttons()
            .iter()
            .map(|name| Wire::add(&mut writer, name, Range::Digital))
            .collect::<io::Result<_>>()?;
        let numbers = descriptor.numbers().iter();
        let numbers = numbers
            .map(|it| Wire::add(&mut writer, it.name(), Range::Number(it.scale())))
            .collect::<io::Result<_>>()?;
        let lines = || descriptor.serial_lines().iter();
        let received = lines()
            .map(|line| add_string(&mut writer, line.name()))
            .collect::<io::Result<_>>()?;
        writer.upscope()?;

        writer.add_module(Kind::Out.word())?;
        let outputs = descriptor
            .outputs()
            .iter()
            .map(|output| Wire::add(&mut writer, output.name(), output.range()))
            .collect::<io::Result<_>>()?;
        let sent = lines()
            .map(|line| add_string(&mut writer, line.name()))
            .collect::<io::Result<_>>()?;
        let matrices = descriptor.matrices().iter();
        let matrices = matrices
            .map(|matrix| matrix::declare(&mut writer, matrix))
            .collect::<io::Result<_>>()?;
        writer.upscope()?;

        writer.add_module(Kind::Log.word())?;
        let logs = descriptor
            .logs()
            .iter()
            .map(|log| add_string(&mut writer, log.name()))
            .collect::<io::Result<_>>()?;
        writer.upscope()?;

        writer.enddefinitions()?;
        Ok(Self {
            descriptor,
            writer,
            reset,
            buttons,
            numbers,
            received,
            outputs,
            sent,
            matrices,
            logs,
            unit,
            now: RunTicks::ZERO,
            pulsed: Vec::new(),
        })
    }

    /// Writes the initial values: empty strings, open contacts, and the first levels of the
    /// outputs.
    fn start(&mut self, trace: &Trace) -> io::Result<()> {
        self.writer.timestamp(0)?;
        self.writer.begin(SimulationCommand::Dumpvars)?;
        self.writer.change_string(self.reset, "")?;
        for button in &mut self.buttons {
            button.show(&mut self.writer, Level::OFF)?;
        }
        for (number, input) in self.numbers.iter_mut().zip(trace.descriptor().numbers()) {
            number.show(&mut self.writer, Level(input.start()))?;
        }
        for (index, output) in (0..).zip(&mut self.outputs) {
            match first_level(trace, index) {
                Some(level) => output.show(&mut self.writer, level)?,
                None => output.write(&mut self.writer, None)?,
            }
        }
        for row in self.matrices.iter_mut().flatten() {
            row.show(&mut self.writer, &[])?;
        }
        for string in self.received.iter().chain(&self.sent).chain(&self.logs) {
            self.writer.change_string(*string, "")?;
        }
        self.writer.end()
    }

    fn tick(&mut self, trace: &Trace, same_tick: &[Entry]) -> io::Result<()> {
        let Some(first) = same_tick.first() else {
            return Ok(());
        };
        self.clear_strings(first.tick, same_tick)?;
        self.at(first.tick)?;
        for entry in same_tick {
            self.change(trace, entry)?;
        }
        Ok(())
    }

    /// Empties the strings that are due by this tick, given the entries of it.
    fn clear_strings(&mut self, tick: RunTicks, same_tick: &[Entry]) -> io::Result<()> {
        if self.pulsed.is_empty() || tick <= self.now {
            return Ok(());
        }
        let next = RunTicks(self.now.0 + 1);
        self.at(next)?;
        for (id, last) in std::mem::take(&mut self.pulsed) {
            let mut following = same_tick
                .iter()
                .filter(|entry| tick == next && self.string(&entry.what) == Some(id));
            // Between two moments of one value something has to change.
            let follows = following
                .next()
                .is_some_and(|entry| word(&Line::new(self.descriptor, entry).value) != last);
            if !follows {
                self.writer.change_string(id, "")?;
            }
        }
        Ok(())
    }

    fn change(&mut self, trace: &Trace, entry: &Entry) -> io::Result<()> {
        if let EntryKind::Input(Action::Reset(_)) = entry.what {
            for row in self.matrices.iter_mut().flatten() {
                row.show(&mut self.writer, &[])?;
            }
        }
        if let Some(id) = self.string(&entry.what) {
            let word = word(&Line::new(trace.descriptor(), entry).value);
            self.writer.change_string(id, &word)?;
            self.pulsed.retain(|(pulsed, _)| *pulsed != id);
            self.pulsed.push((id, word));
            return Ok(());
        }
        if let EntryKind::Row(id, row, packed) = &entry.what {
            let rows = self.matrices.get_mut(usize::from(id.0));
            let wire = rows.and_then(|rows| rows.get_mut(usize::from(*row)));
            return wire.map_or(Ok(()), |wire| wire.show(&mut self.writer, packed));
        }
        let (wire, level) = match entry.what {
            EntryKind::Input(Action::Button(button, contact)) => (
                self.buttons.get_mut(usize::from(button.0)),
                Level::from(contact == SwitchState::Closed),
            ),
            EntryKind::Input(Action::Number(id, number)) => {
                (self.numbers.get_mut(usize::from(id.0)), Level(number))
            }
            EntryKind::Output(index, level) => (self.outputs.get_mut(usize::from(index)), level),
            _ => return Ok(()),
        };
        match wire {
            Some(wire) => wire.show(&mut self.writer, level),
            None => Ok(()),
        }
    }

    /// The string for an observation, if it is one that lasts a tick.
    fn string(&self, what: &EntryKind) -> Option<IdCode> {
        match what {
            EntryKind::Input(Action::Reset(_)) => Some(self.reset),
            EntryKind::Received(line, _) => self.received.get(usize::from(line.0)).copied(),
            EntryKind::Sent(line, _) => self.sent.get(usize::from(line.0)).copied(),
            EntryKind::Log(id, _) | EntryKind::Text(id, _) => {
                self.logs.get(usize::from(id.0)).copied()
            }
            EntryKind::Input(_) | EntryKind::Output(..) | EntryKind::Row(..) => None,
        }
    }

    fn at(&mut self, tick: RunTicks) -> io::Result<()> {
        if tick > self.now {
            self.now = tick;
            let time = tick.0.saturating_mul(self.unit.a_tick);
            self.writer.timestamp(time)?;
        }
        Ok(())
    }

    fn finish(mut self, end: RunTicks) -> io::Result<()> {
        self.clear_strings(end, &[])?;
        self.at(end)
    }
}

/// The level of an output at power-up.
fn first_level(trace: &Trace, output: u8) -> Option<Level> {
    trace
        .entries()
        .iter()
        .take_while(|entry| entry.tick == RunTicks::ZERO)
        .find_map(|entry| match entry.what {
            EntryKind::Output(index, level) if index == output => Some(level),
            _ => None,
        })
}

/// GTKWave ignores the width of a string; the standard has no strings.
fn add_string(writer: &mut Writer<&mut dyn Write>, name: &str) -> io::Result<IdCode> {
    writer.add_var(VarType::String, 1, name, None)
}

/// A value in one word, as a string variable has it.
fn word(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => {
            let quoted = Quoted(bytes).to_string();
            let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            inner.unwrap_or_default().replace(' ', "\\x20")
        }
        value => value.to_string(),
    }
}

/// A button, a number or an output.
struct Wire {
    id: IdCode,
    range: Range,
    shown: Option<Level>,
}

impl Wire {
    fn add(writer: &mut Writer<&mut dyn Write>, name: &str, range: Range) -> io::Result<Self> {
        let id = match range {
            Range::Digital => writer.add_wire(1, name)?,
            Range::Analog { .. } => writer.add_var(VarType::Reg, width(range), name, None)?,
            Range::Number(scale) if scale.decimals() == 0 => {
                writer.add_var(VarType::Integer, i32::BITS, name, None)?
            }
            Range::Number(_) => writer.add_var(VarType::Real, 64, name, None)?,
        };
        Ok(Self {
            id,
            range,
            shown: None,
        })
    }

    fn show(&mut self, writer: &mut Writer<&mut dyn Write>, level: Level) -> io::Result<()> {
        if self.shown.replace(level) == Some(level) {
            return Ok(());
        }
        self.write(writer, Some(level).filter(|&it| self.range.contains(it)))
    }

    /// Writes the level, or `x` where there is none.
    fn write(&self, writer: &mut Writer<&mut dyn Write>, level: Option<Level>) -> io::Result<()> {
        let bit = |place: u32| match level {
            Some(level) => ::vcd::Value::from(level.0 >> place & 1 == 1),
            None => ::vcd::Value::X,
        };
        match self.range {
            Range::Number(scale) if scale.decimals() > 0 => {
                let number = level.and_then(|it| scale.shown(it.0).to_string().parse().ok());
                writer.change_real(self.id, number.unwrap_or(f64::NAN))
            }
            Range::Digital => writer.change_scalar(self.id, bit(0)),
            Range::Analog { .. } | Range::Number(_) => {
                writer.change_vector(self.id, (0..width(self.range)).rev().map(bit))
            }
        }
    }
}

/// The number of bits of a level.
fn width(range: Range) -> u32 {
    match range {
        Range::Number(_) => i32::BITS,
        Range::Digital | Range::Analog { .. } => (i32::BITS - range.max().0.leading_zeros()).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dyn_runner::{Observation, Observer};
    use crate::testing::{press_and_reset, trace_of};
    use lockstep_core::app::{Log, LogId, LogKind};
    use lockstep_core::output::Output;

    fn written(trace: &Trace) -> String {
        let mut bytes = Vec::new();
        write(trace, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn wires_keep_their_level_and_strings_last_one_tick() {
        assert_eq!(
            written(&trace_of(&press_and_reset())),
            "$comment
    lockstep 1 app=toggle clock=0
$end
$timescale 1 ms $end
$scope module in $end
$var string 1 ! reset $end
$var wire 1 \" button $end
$upscope $end
$scope module out $end
$var wire 1 # led $end
$upscope $end
$scope module log $end
$var string 1 $ led $end
$upscope $end
$enddefinitions $end
#0
$dumpvars
s !
0\"
0#
s $
$end
sok !
#1
s !
#2
1\"
son $
1#
#3
s $
suart-missing !
son $
#4
s !
s $
#6
0\"
#9
"
        );
    }

    #[test]
    fn a_register_is_just_wide_enough_and_is_x_when_a_level_does_not_fit() {
        const DIMMER: &AppDescriptor = &AppDescriptor::new("dimmer", "1")
            .with_build("1")
            .with_buttons(&[])
            .with_outputs(&[Output::analog("lamp", 100), Output::digital("led")])
            .with_logs(&[LogKind::number("count")]);
        let mut trace = Trace::new(DIMMER);
        trace.observe(RunTicks(0), Observation::Output(0, Level(3)));
        trace.observe(RunTicks(0), Observation::Output(0, Level(100)));
        trace.observe(RunTicks(5), Observation::Output(0, Level(101)));
        trace.observe(RunTicks(5), Observation::Output(7, Level(1)));
        trace.observe(RunTicks(5), Observation::Log(Log::new(LogId(0), 65_535)));
        trace.set_end(RunTicks(5));
        let text = written(&trace);
        assert!(text.contains("$var reg 7 \" lamp $end"), "{text}");
        let (_, changes) = text.split_once("$dumpvars\n").unwrap();
        assert_eq!(
            changes,
            "s !\nb0000011 \"\nx#\ns $\n$end\nb1100100 \"\n#5\nbxxxxxxx \"\ns65535 $\n"
        );
    }
}
