//! The compressed waveforms of GTKWave, which `fst-reader` decodes.

use std::io::Cursor;

use fst_reader::{
    FstFilter, FstHierarchyEntry, FstReader, FstSignalHandle, FstSignalValue, FstVarType,
    ReadSignalsError,
};
use lockstep_core::time::Instant;

use super::change::{ChangeSink, Flow, Reading, Value};
use super::clock::Timescale;
use super::error::WaveformErrorKind;
use super::fst_blocks;
use super::signals::{Declaration, MAX_VARIABLES, SignalId, Signals, VariableKind};
use super::vcd::header::{OwnComment, lockstep_comment, name_of};
use crate::panic_guard::PanicGuard;

/// A file whose hierarchy has been read.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    pub(super) signals: Signals,
    pub(super) timescale: Timescale,
    pub(super) app: Option<String>,
    pub(super) clock: Instant,
    start: u64,
    end: u64,
    guard: PanicGuard,
}

/// Whether the bytes begin as an FST file does.
pub(super) fn is_fst(bytes: &[u8]) -> bool {
    // A header block of 329 bytes, or a block that wraps a compressed file.
    matches!(bytes, [0, 0, 0, 0, 0, 0, 0, 1, 0x49, ..] | [254, 0, 0, ..])
}

/// Reads the hierarchy. The guard is for `fst-reader`, which panics on some damaged files.
pub(super) fn parse(bytes: &[u8], guard: PanicGuard) -> Result<Hierarchy, WaveformErrorKind> {
    let file = fst_blocks::unwrapped(bytes)?;
    fst_blocks::check(&file)?;
    guarded(guard, || parse_unguarded(&file, guard))?
}

fn parse_unguarded(bytes: &[u8], guard: PanicGuard) -> Result<Hierarchy, WaveformErrorKind> {
    let mut reader = FstReader::open(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let header = reader.get_header();
    let timescale = Timescale::from_exponent(header.timescale_exponent).ok_or_else(|| {
        WaveformErrorKind::Unreadable(format!(
            "the unit of time is 10^{} s, which is not read",
            header.timescale_exponent
        ))
    })?;
    let mut hierarchy = Hierarchy {
        signals: Signals::default(),
        timescale,
        app: None,
        clock: Instant::ZERO,
        start: header.start_time,
        end: header.end_time,
        guard,
    };
    let mut outcome = Ok(());
    reader
        .read_hierarchy(|entry| {
            if outcome.is_ok() {
                outcome = hierarchy.take(entry);
            }
        })
        .map_err(|error| unreadable(&error))?;
    outcome.map(|()| hierarchy)
}

impl Hierarchy {
    fn take(&mut self, entry: FstHierarchyEntry) -> Result<(), WaveformErrorKind> {
        match entry {
            FstHierarchyEntry::Scope { name, .. } => self.signals.open_scope(&name),
            FstHierarchyEntry::UpScope => {
                self.signals.close_scope();
                Ok(())
            }
            FstHierarchyEntry::Comment { string } => {
                if let Some(OwnComment { app, clock }) = lockstep_comment(&string)? {
                    self.app = app.or(self.app.take());
                    self.clock = clock.unwrap_or(self.clock);
                }
                Ok(())
            }
            FstHierarchyEntry::Var {
                tpe,
                name,
                length,
                handle,
                ..
            } => {
                // In a damaged file, an alias may be of any signal.
                let signal = u32::try_from(handle.get_index())
                    .ok()
                    .filter(|index| (*index as usize) < MAX_VARIABLES)
                    .ok_or(WaveformErrorKind::TooManyVariables)?;
                let (name, range) = name_of(&name, length);
                self.signals.declare(Declaration {
                    offset: 0,
                    name: &name,
                    range,
                    kind: kind_of(tpe),
                    is_signed: is_signed(tpe),
                    size: length,
                    signal: SignalId(signal),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Gives the sink every change of a signal that it watches.
pub(super) fn read(
    bytes: &[u8],
    hierarchy: &Hierarchy,
    sink: &mut impl ChangeSink,
) -> Result<Reading, WaveformErrorKind> {
    let file = fst_blocks::unwrapped(bytes)?;
    guarded(hierarchy.guard, || read_unguarded(&file, hierarchy, sink))?
}

fn read_unguarded(
    bytes: &[u8],
    hierarchy: &Hierarchy,
    sink: &mut impl ChangeSink,
) -> Result<Reading, WaveformErrorKind> {
    let variables = hierarchy.signals.variables();
    let mut signals: Vec<SignalId> = variables
        .iter()
        .map(|variable| variable.signal)
        .filter(|signal| sink.watches(*signal))
        .collect();
    signals.sort_unstable();
    signals.dedup();
    let texts: Vec<SignalId> = variables
        .iter()
        .filter(|variable| variable.kind == VariableKind::Text)
        .map(|variable| variable.signal)
        .filter(|signal| sink.watches(*signal))
        .collect();
    let handles = signals
        .iter()
        .map(|signal| FstSignalHandle::from_index(signal.0 as usize));
    let mut reader = FstReader::open(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut now = hierarchy.start;
    let mut flow = sink.time(now)?;
    let filter = FstFilter::filter_signals(handles.collect());
    let outcome = reader.read_signals(&filter, |time, handle, value| {
        if flow == Flow::Stop {
            return Ok(());
        }
        if time > now {
            now = time;
            flow = sink.time(time)?;
            if flow == Flow::Stop {
                return Ok(());
            }
        }
        let signal = SignalId(u32::try_from(handle.get_index()).unwrap_or(u32::MAX));
        let real;
        let value = match value {
            FstSignalValue::String(text) if texts.contains(&signal) => Value::Text(text),
            FstSignalValue::String(bits) => Value::Bits(bits),
            FstSignalValue::Real(number) => {
                real = number.to_string();
                Value::Real(real.as_bytes())
            }
        };
        sink.change(signal, value)
    });
    match outcome {
        Ok(()) => {}
        Err(ReadSignalsError::CallbackError(kind)) => return Err(kind),
        Err(ReadSignalsError::ReadError(error)) => return Err(unreadable(&error)),
    }
    if flow == Flow::Continue && hierarchy.end > now {
        sink.time(hierarchy.end)?;
    }
    Ok(Reading::default())
}

fn kind_of(kind: FstVarType) -> VariableKind {
    match kind {
        FstVarType::GenericString => VariableKind::Text,
        FstVarType::Event => VariableKind::Event,
        FstVarType::Parameter | FstVarType::RealParameter => VariableKind::Parameter,
        kind if kind.is_real() => VariableKind::Real,
        _ => VariableKind::Bits,
    }
}

/// Whether the bits of such a variable are a number in two's complement.
fn is_signed(kind: FstVarType) -> bool {
    matches!(
        kind,
        FstVarType::Integer
            | FstVarType::Int
            | FstVarType::ShortInt
            | FstVarType::LongInt
            | FstVarType::Byte
    )
}

fn guarded<T>(guard: PanicGuard, code: impl FnOnce() -> T) -> Result<T, WaveformErrorKind> {
    guard.run(code).map_err(|_| {
        WaveformErrorKind::Unreadable("the file is damaged: it cannot be unpacked".to_owned())
    })
}

fn unreadable(error: &dyn std::error::Error) -> WaveformErrorKind {
    WaveformErrorKind::Unreadable(format!("the file cannot be unpacked: {error}"))
}
