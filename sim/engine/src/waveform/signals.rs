//! The signals that a waveform declares: scopes, and variables in them.

use std::fmt;

use super::error::WaveformErrorKind;
use crate::trace::Kind;

/// The most variables a file can declare.
pub const MAX_VARIABLES: usize = 1_000_000;

/// The deepest nesting of scopes.
pub const MAX_DEPTH: usize = 1_000;

/// A signal of a waveform, by number: variables that share their changes have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SignalId(pub(super) u32);

/// The declarations of a waveform.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    scopes: Vec<Scope>,
    /// The open scopes while declarations are read. A tree that is built by recursion could
    /// overflow the stack.
    open: Vec<usize>,
    variables: Vec<Variable>,
}

#[derive(Clone, Debug)]
struct Scope {
    parent: Option<usize>,
    name: Box<str>,
}

/// A name for a signal, in a scope.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// The byte at which it is declared; 0 in a file that has no text.
    pub(super) offset: usize,
    scope: Option<usize>,
    pub(super) name: Box<str>,
    /// The numbers of its first and its last bit, where they are declared.
    pub(super) range: Option<BitRange>,
    pub(super) kind: VariableKind,
    /// Whether its bits are a number in two's complement.
    pub(super) is_signed: bool,
    /// The number of bits; 0 in files of tools that declare what they left out.
    pub(super) size: u32,
    pub(super) signal: SignalId,
}

/// The numbers of the bits of a vector, as in `[7:0]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BitRange {
    /// The number of the bit that is written first.
    pub(super) first: i64,
    /// The number of the bit that is written last.
    pub(super) last: i64,
}

/// What the values of a variable are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VariableKind {
    /// Bits: of a wire, a register, or a type that is not known.
    Bits,
    Text,
    Real,
    Event,
    Parameter,
    /// A column of a table.
    Column {
        /// Whether it begins with a level, rather than another number.
        is_level: bool,
    },
}

/// A variable before it has a scope.
#[derive(Clone, Copy)]
pub(super) struct Declaration<'a> {
    pub(super) offset: usize,
    pub(super) name: &'a str,
    pub(super) range: Option<BitRange>,
    pub(super) kind: VariableKind,
    pub(super) is_signed: bool,
    pub(super) size: u32,
    pub(super) signal: SignalId,
}

impl Signals {
    /// Opens a scope; one without a name only nests.
    pub(super) fn open_scope(&mut self, name: &str) -> Result<(), WaveformErrorKind> {
        if self.open.len() == MAX_DEPTH {
            return Err(WaveformErrorKind::TooDeep);
        }
        if self.scopes.len() == MAX_VARIABLES {
            return Err(WaveformErrorKind::TooManyScopes);
        }
        self.scopes.push(Scope {
            parent: self.open.last().copied(),
            name: name.into(),
        });
        self.open.push(self.scopes.len() - 1);
        Ok(())
    }

    /// Closes a scope. One more than was opened is passed over: it changes no signal.
    pub(super) fn close_scope(&mut self) {
        self.open.pop();
    }

    pub(super) fn declare(
        &mut self,
        declaration: Declaration<'_>,
    ) -> Result<(), WaveformErrorKind> {
        if self.variables.len() == MAX_VARIABLES {
            return Err(WaveformErrorKind::TooManyVariables);
        }
        self.variables.push(Variable {
            offset: declaration.offset,
            scope: self.open.last().copied(),
            name: declaration.name.into(),
            range: declaration.range,
            kind: declaration.kind,
            is_signed: declaration.is_signed,
            size: declaration.size,
            signal: declaration.signal,
        });
        Ok(())
    }

    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The scopes of a variable and its name, as in `tb.dut.D0`.
    pub(super) fn path(&self, variable: &Variable) -> String {
        self.join(variable.scope, vec![&*variable.name])
    }

    /// The same, and the number of a bit that has a variable of its own: `tb.dut.D[3]`.
    pub(super) fn path_with_bit(&self, variable: &Variable) -> String {
        let path = self.path(variable);
        match variable.range {
            Some(range) if range.first == range.last => format!("{path}{range}"),
            _ => path,
        }
    }

    /// The scopes of a variable, as in `tb.dut`.
    pub(super) fn scope_path(&self, variable: &Variable) -> String {
        self.join(variable.scope, Vec::new())
    }

    fn join<'a>(&'a self, scope: Option<usize>, mut names: Vec<&'a str>) -> String {
        let mut next = scope;
        while let Some(scope) = next.and_then(|index| self.scopes.get(index)) {
            if !scope.name.is_empty() {
                names.push(&scope.name);
            }
            next = scope.parent;
        }
        names.reverse();
        names.join(".")
    }

    /// Whether the variable stands directly in a scope of this name.
    pub(super) fn is_in(&self, variable: &Variable, kind: Kind) -> bool {
        let scope = variable.scope.and_then(|index| self.scopes.get(index));
        scope.is_some_and(|scope| *scope.name == *kind.word())
    }

    /// Whether there is a scope of this name.
    pub(super) fn has_scope(&self, kind: Kind) -> bool {
        self.scopes.iter().any(|scope| *scope.name == *kind.word())
    }
}

impl Variable {
    /// Whether its level is one bit.
    pub(super) fn is_bit(&self) -> bool {
        match self.kind {
            VariableKind::Bits => self.size == 1,
            VariableKind::Column { is_level } => is_level,
            _ => false,
        }
    }

    /// Whether its values are real numbers.
    pub(super) fn is_real(&self) -> bool {
        matches!(
            self.kind,
            VariableKind::Real | VariableKind::Column { is_level: false }
        )
    }

    /// Whether it has bits that can be taken one by one.
    pub(super) fn has_bits(&self) -> bool {
        self.kind == VariableKind::Bits || self.is_bit()
    }

    /// What it is, for messages.
    pub(super) fn description(&self) -> String {
        match (self.kind, self.size) {
            (VariableKind::Bits, 0) => "a vector of no bits".to_owned(),
            (VariableKind::Bits, 1) | (VariableKind::Column { is_level: true }, _) => {
                "a signal of 1 bit".to_owned()
            }
            (VariableKind::Bits, size) => format!("a vector of {size} bits"),
            (VariableKind::Text, _) => "a string".to_owned(),
            (VariableKind::Real | VariableKind::Column { is_level: false }, _) => {
                "a real number".to_owned()
            }
            (VariableKind::Event, _) => "an event".to_owned(),
            (VariableKind::Parameter, _) => "a parameter".to_owned(),
        }
    }

    /// The place of the bit of this number, counted from the last one that is written.
    pub(super) fn place_of(&self, bit: i64) -> Option<u32> {
        let range = self.range.unwrap_or(BitRange {
            first: i64::from(self.size) - 1,
            last: 0,
        });
        let (low, high) = (range.first.min(range.last), range.first.max(range.last));
        let place = bit.abs_diff(range.last);
        ((low..=high).contains(&bit) && place < u64::from(self.size))
            .then(|| u32::try_from(place).ok())
            .flatten()
    }
}

impl fmt::Display for BitRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "[{}]", self.first)
        } else {
            write!(f, "[{}:{}]", self.first, self.last)
        }
    }
}

impl BitRange {
    /// Reads `[3]` or `[7:0]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        let (first, last) = inner.split_once(':').unwrap_or((inner, inner));
        Some(Self {
            first: first.trim().parse().ok()?,
            last: last.trim().parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(range: Option<BitRange>, size: u32) -> Variable {
        let mut signals = Signals::default();
        let declared = signals.declare(Declaration {
            offset: 0,
            name: "D",
            range,
            kind: VariableKind::Bits,
            is_signed: false,
            size,
            signal: SignalId(0),
        });
        assert_eq!(declared, Ok(()));
        signals.variables[0].clone()
    }

    #[test]
    fn a_bit_has_its_place_by_the_declared_range() {
        for (range, size, bit, place) in [
            (None, 8, 0, Some(0)),
            (None, 8, 7, Some(7)),
            (None, 8, 8, None),
            (BitRange::parse("[7:0]"), 8, 3, Some(3)),
            (BitRange::parse("[0:7]"), 8, 0, Some(7)),
            (BitRange::parse("[0:7]"), 8, 7, Some(0)),
            (BitRange::parse("[15:8]"), 8, 9, Some(1)),
            (BitRange::parse("[15:8]"), 8, 7, None),
            (BitRange::parse("[5]"), 1, 5, Some(0)),
            (BitRange::parse("[-1:-4]"), 4, -2, Some(2)),
            (
                BitRange::parse("[9223372036854775807:-9223372036854775808]"),
                1,
                0,
                None,
            ),
        ] {
            assert_eq!(vector(range, size).place_of(bit), place, "{range:?} {bit}");
        }
    }

    #[test]
    fn only_numbers_in_brackets_are_a_range() {
        for text in ["", "[]", "[a]", "3", "[1:2:3]", "[1:]"] {
            assert_eq!(BitRange::parse(text), None, "{text}");
        }
    }
}
