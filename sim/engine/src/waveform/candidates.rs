//! The signals of a file that could be meant.

use std::collections::HashSet;
use std::fmt;

use lockstep_core::app::AppDescriptor;

use super::change::{BitLevel, ChangeSink, Flow, Value};
use super::error::WaveformErrorKind;
use super::port::Port;
use super::signals::{SignalId, Signals, Variable, VariableKind};
use crate::sanitize::excerpt;

/// The most signals that are listed.
const MAX_LISTED: usize = 10;

/// The signals that could be the inputs of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// The app.
    pub app: &'static str,
    /// Its buttons, number inputs and serial lines.
    pub inputs: Vec<&'static str>,
    /// The signals, those with the most edges first.
    pub signals: Vec<Candidate>,
    /// How many signals there are besides.
    pub more: usize,
    /// What `--map` would have to be given, to begin with.
    pub mappings: Vec<String>,
}

/// A signal that could be an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its path.
    pub path: String,
    /// How often its level changes.
    pub edges: u64,
    /// The first level that is known; `x` if none is.
    pub first: char,
    /// Its bits, if it is a vector.
    pub bits: Option<u32>,
    /// Whether its values are real numbers.
    pub is_real: bool,
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.signals.is_empty() {
            return write!(f, "the file has no signal that could be an input");
        }
        write!(f, "the signals that could be meant:")?;
        let paths: Vec<_> = self.signals.iter().map(|it| excerpt(&it.path)).collect();
        let width = paths.iter().map(|path| path.chars().count()).max();
        let width = width.unwrap_or(0);
        for (path, signal) in paths.iter().zip(&self.signals) {
            match signal.bits {
                _ if signal.is_real => write!(f, "\n  {path:<width$}  a real number")?,
                Some(bits) => write!(f, "\n  {path:<width$}  {bits} bits: `{path}[0]` is one")?,
                None => write!(
                    f,
                    "\n  {path:<width$}  {:>5} edges, from {}",
                    signal.edges, signal.first
                )?,
            }
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Counts the edges of all signals of one bit.
pub(super) struct EdgeCounter {
    levels: Vec<Option<EdgeCount>>,
}

#[derive(Clone, Copy, Default)]
struct EdgeCount {
    first: Option<BitLevel>,
    last: Option<BitLevel>,
    edges: u64,
}

impl EdgeCounter {
    pub(super) fn new(signals: &Signals) -> Self {
        let mut levels = Vec::new();
        for variable in signals.variables().iter().filter(|it| it.is_bit()) {
            let index = variable.signal.0 as usize;
            if levels.len() <= index {
                levels.resize(index + 1, None);
            }
            levels[index] = Some(EdgeCount::default());
        }
        Self { levels }
    }

    fn count(&self, signal: SignalId) -> EdgeCount {
        let count = self.levels.get(signal.0 as usize).copied().flatten();
        count.unwrap_or_default()
    }

    /// The signals that could be the buttons which no signal was found for.
    pub(super) fn candidates(&self, signals: &Signals, descriptor: &AppDescriptor) -> Candidates {
        let mut seen = HashSet::new();
        let mut bits: Vec<(&Variable, EdgeCount)> = signals
            .variables()
            .iter()
            .filter(|variable| variable.is_bit() && seen.insert(variable.signal))
            .map(|variable| (variable, self.count(variable.signal)))
            .collect();
        bits.sort_by_key(|(variable, count)| (std::cmp::Reverse(count.edges), variable.offset));
        let mut all: Vec<Candidate> = bits
            .iter()
            .take(MAX_LISTED)
            .map(|(variable, count)| Candidate {
                path: signals.path_with_bit(variable),
                edges: count.edges,
                first: match count.first {
                    Some(BitLevel::Low) => '0',
                    Some(BitLevel::High) => '1',
                    Some(BitLevel::Unknown) | None => 'x',
                },
                bits: None,
                is_real: false,
            })
            .collect();
        let mut total = bits.len();
        let mappings = mappings(descriptor, &all);
        if all.len() < MAX_LISTED {
            let has_numbers = !descriptor.numbers().is_empty();
            let vectors = signals.variables().iter().filter(|variable| {
                let is_vector = variable.kind == VariableKind::Bits && variable.size > 1;
                (is_vector || has_numbers && variable.is_real()) && seen.insert(variable.signal)
            });
            let vectors: Vec<_> = vectors.collect();
            total += vectors.len();
            let room = MAX_LISTED - all.len();
            all.extend(vectors.iter().take(room).map(|variable| Candidate {
                path: signals.path(variable),
                edges: 0,
                first: 'x',
                bits: (!variable.is_real()).then_some(variable.size),
                is_real: variable.is_real(),
            }));
        }
        Candidates {
            app: descriptor.name(),
            inputs: Port::inputs(descriptor).map(|(_, name)| name).collect(),
            more: total - all.len(),
            mappings,
            signals: all,
        }
    }
}

/// A mapping for each button: of the signal with its name in another case, if there is one,
/// and else of the busiest that is left.
fn mappings(descriptor: &AppDescriptor, candidates: &[Candidate]) -> Vec<String> {
    let mut left: Vec<&Candidate> = candidates.iter().collect();
    let mut take = |wanted: &dyn Fn(&Candidate) -> bool| {
        let position = left.iter().position(|candidate| wanted(candidate))?;
        Some(left.remove(position))
    };
    let named: Vec<_> = descriptor
        .buttons()
        .iter()
        .map(|button| {
            take(&|candidate| {
                let last = candidate.path.rsplit('.').next().unwrap_or_default();
                last.eq_ignore_ascii_case(button)
            })
        })
        .collect();
    let any_named = named.iter().any(Option::is_some);
    descriptor
        .buttons()
        .iter()
        .zip(named)
        .filter_map(|(button, named)| {
            let signal = match named {
                Some(signal) => signal,
                None if any_named => return None,
                None => take(&|_| true)?,
            };
            let mark = if signal.first == '1' { "!" } else { "" };
            Some(format!("{button}={mark}{}", signal.path))
        })
        .collect()
}

impl ChangeSink for EdgeCounter {
    fn watches(&self, signal: SignalId) -> bool {
        matches!(self.levels.get(signal.0 as usize), Some(Some(_)))
    }

    fn time(&mut self, _: u64) -> Result<Flow, WaveformErrorKind> {
        Ok(Flow::Continue)
    }

    fn change(&mut self, signal: SignalId, value: Value<'_>) -> Result<(), WaveformErrorKind> {
        let level = match value {
            Value::Bits(bits) => BitLevel::single(bits),
            Value::Sample(field) => BitLevel::of_sample(field),
            Value::Text(_) | Value::Real(_) => None,
        };
        if let Some(Some(count)) = self.levels.get_mut(signal.0 as usize)
            && let Some(level) = level
        {
            if level == BitLevel::Unknown {
                return Ok(());
            }
            count.first.get_or_insert(level);
            if count.last.is_some_and(|last| last != level) {
                count.edges += 1;
            }
            count.last = Some(level);
        }
        Ok(())
    }
}
