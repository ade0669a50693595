//! Finds the signals that are meant.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::output::Range;

use super::error::WaveformErrorKind;
use super::map::{Mapping, WaveformOptions};
use super::signals::{SignalId, Signals, Variable, VariableKind};
use crate::diagnostic::closest;
use crate::sanitize::excerpt;
use crate::trace::{Kind, RESET};

/// The most paths that an error lists.
const MAX_LISTED: usize = 8;

/// A port of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Button(ButtonId),
    /// The string `reset` of a waveform that was written here.
    Reset,
    Output(u8),
}

/// A port and what drives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) port: Port,
    pub(super) signal: SignalId,
    pub(super) bits: Bits,
    pub(super) is_active_low: bool,
    /// The path of the signal as a mapping would name it.
    pub(super) path: String,
}

/// Which bits of a value are the level of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bits {
    /// All of a signal of one bit.
    Single,
    /// The one at this place, counted from the last.
    At(u32),
    /// All of them, as a number.
    Number,
    /// None: the value is a text.
    Text,
}

/// What is wrong with the signals, and the byte at which one of them is declared.
#[derive(Debug)]
pub(super) struct Unresolved {
    pub(super) offset: Option<usize>,
    pub(super) kind: WaveformErrorKind,
}

impl From<WaveformErrorKind> for Unresolved {
    fn from(kind: WaveformErrorKind) -> Self {
        Self { offset: None, kind }
    }
}

/// Looks for the signals of an app.
pub(super) struct Resolver<'a> {
    pub(super) signals: &'a Signals,
    pub(super) descriptor: &'static AppDescriptor,
    pub(super) options: &'a WaveformOptions,
    /// Whether the file was written here, so that its scopes mean something.
    pub(super) is_own: bool,
}

impl Resolver<'_> {
    /// The signals of the buttons and outputs that were found.
    pub(super) fn bindings(&self) -> Result<Vec<Binding>, Unresolved> {
        self.check_scope()?;
        let mut bindings: Vec<Binding> = Vec::new();
        for mapping in &self.options.map {
            let Some(port) = self.port(mapping)? else {
                continue;
            };
            if bindings.iter().any(|bound| bound.port == port) {
                continue;
            }
            match self.mapped(mapping, port) {
                Ok(binding) => bindings.push(binding),
                Err(_) if mapping.is_optional => {}
                Err(error) => return Err(error),
            }
        }
        let mapped = bindings.len();
        self.named_inputs(&mut bindings)?;
        self.named_outputs(&mut bindings);
        self.check_buttons(&bindings, mapped)?;
        Ok(bindings)
    }

    /// What of the project file meant nothing: a signal that this file lacks, or a port that looks
    /// like one of the app. Ports of other apps are none of its business.
    pub(super) fn unused(&self, bindings: &[Binding]) -> Vec<String> {
        let optional = self
            .options
            .map
            .iter()
            .filter(|mapping| mapping.is_optional);
        let mut unused = Vec::new();
        for mapping in optional {
            let (name, signal) = (excerpt(&mapping.port), excerpt(&mapping.signal));
            let entry =
                format!("`{name} = \"{signal}\"` in `[map]` of the project file is not used");
            match self.port(mapping) {
                Ok(Some(port)) if !bindings.iter().any(|bound| bound.port == port) => {
                    if let Err(error) = self.mapped(mapping, port) {
                        unused.push(format!("{entry}: {}", error.kind));
                    }
                }
                Ok(None) => {
                    let names = self.descriptor.buttons().iter().copied();
                    let outputs = self.descriptor.outputs().iter();
                    let names = names.chain(outputs.map(|output| output.name()));
                    if let Some(meant) = closest(&mapping.port, names) {
                        unused.push(format!("{entry}: did you mean `{meant}`?"));
                    }
                }
                _ => {}
            }
        }
        unused
    }

    /// The buttons that nothing moves.
    pub(super) fn unmapped_buttons(&self, bindings: &[Binding]) -> Vec<&'static str> {
        let buttons = (0..=u8::MAX).zip(self.descriptor.buttons());
        let is_bound = |index| {
            let port = Port::Button(ButtonId(index));
            bindings.iter().any(|bound| bound.port == port)
        };
        let unmapped = buttons.filter(|(index, _)| !is_bound(*index));
        unmapped.map(|(_, name)| *name).collect()
    }

    fn check_scope(&self) -> Result<(), Unresolved> {
        let Some(scope) = &self.options.scope else {
            return Ok(());
        };
        let mut variables = self.signals.variables().iter();
        if variables.any(|variable| self.is_in_scope(variable)) {
            return Ok(());
        }
        let mut paths: Vec<String> = Vec::new();
        for variable in self.signals.variables() {
            let path = self.signals.scope_path(variable);
            if !path.is_empty() && paths.last() != Some(&path) && !paths.contains(&path) {
                paths.push(path);
            }
            if paths.len() >= MAX_LISTED {
                break;
            }
        }
        Err(WaveformErrorKind::UnknownScope {
            scope: scope.clone(),
            scopes: paths,
        }
        .into())
    }

    fn is_in_scope(&self, variable: &Variable) -> bool {
        self.options.scope.as_ref().is_none_or(|scope| {
            let path = format!(".{}.", self.signals.scope_path(variable));
            path.contains(&format!(".{}.", scope.replace('/', ".")))
        })
    }

    /// The port of a mapping; `None` if it may be absent and is.
    fn port(&self, mapping: &Mapping) -> Result<Option<Port>, Unresolved> {
        let name = mapping.port.as_str();
        let (kind, plain) = match name.split_once('.') {
            Some((kind, plain)) if [Kind::In.word(), Kind::Out.word()].contains(&kind) => {
                (Some(kind), plain)
            }
            _ => (None, name),
        };
        let buttons = (0..=u8::MAX).zip(self.descriptor.buttons());
        let outputs = (0..=u8::MAX).zip(self.descriptor.outputs());
        let button = buttons
            .filter(|_| kind != Some(Kind::Out.word()))
            .find(|(_, button)| **button == plain)
            .map(|(index, _)| Port::Button(ButtonId(index)));
        let port = button.or_else(|| {
            outputs
                .filter(|_| kind != Some(Kind::In.word()))
                .find(|(_, output)| output.name() == plain)
                .map(|(index, _)| Port::Output(index))
        });
        match port {
            Some(port) => Ok(Some(port)),
            None if mapping.is_optional => Ok(None),
            None => {
                let names = self.descriptor.buttons().iter().copied();
                let names: Vec<_> = names
                    .chain(self.descriptor.outputs().iter().map(|output| output.name()))
                    .collect();
                Err(WaveformErrorKind::UnknownPort {
                    port: name.to_owned(),
                    app: self.descriptor.name(),
                    meant: closest(name, names.iter().copied()),
                    ports: names,
                }
                .into())
            }
        }
    }

    fn mapped(&self, mapping: &Mapping, port: Port) -> Result<Binding, Unresolved> {
        let as_written = self.find(&mapping.signal);
        let wanted = match as_written.is_empty() {
            true => mapping.signal.replace('/', "."),
            false => mapping.signal.clone(),
        };
        let found = self.find(&wanted);
        let (variables, bit) = if found.is_empty() {
            self.bit_of(&wanted)?
        } else {
            (found, None)
        };
        let Some(variable) = variables.first() else {
            return Err(self.unknown_signal(&wanted).into());
        };
        self.check_unambiguous(&mapping.port, &variables)?;
        let bits = match bit {
            Some(place) => Bits::At(place),
            None => self.bits(variable, port).map_err(|kind| Unresolved {
                offset: Some(variable.offset),
                kind,
            })?,
        };
        Ok(Binding {
            port,
            signal: variable.signal,
            bits,
            is_active_low: mapping.is_active_low,
            path: mapping.signal.clone(),
        })
    }

    /// The variables whose path is this or ends in it; the former if there are any.
    fn find(&self, wanted: &str) -> Vec<&Variable> {
        let last = wanted.rsplit('.').next().unwrap_or(wanted);
        let name = last.split('[').next().unwrap_or(last);
        let mut exact = Vec::new();
        let mut ending = Vec::new();
        for variable in self.signals.variables() {
            // Cheap, and true of few.
            if !variable.name.ends_with(last) && !variable.name.ends_with(name) {
                continue;
            }
            let paths = [
                self.signals.path(variable),
                self.signals.path_with_bit(variable),
            ];
            let ends = |path: &String| {
                let start = path.strip_suffix(wanted);
                start.is_some_and(|start| start.is_empty() || start.ends_with('.'))
            };
            if !self.is_in_scope(variable) {
                continue;
            }
            if paths.iter().any(|path| path == wanted) {
                exact.push(variable);
            } else if paths.iter().any(ends) {
                ending.push(variable);
            }
        }
        if exact.is_empty() { ending } else { exact }
    }

    /// The vectors that `D[3]` names a bit of, and its place.
    fn bit_of(&self, wanted: &str) -> Result<(Vec<&Variable>, Option<u32>), Unresolved> {
        let index = wanted
            .strip_suffix(']')
            .and_then(|text| text.rsplit_once('['));
        let Some((name, bit)) = index else {
            return Ok((Vec::new(), None));
        };
        let vectors = self.find(name);
        let Some(vector) = vectors.first() else {
            return Ok((Vec::new(), None));
        };
        let place = bit.trim().parse().ok().and_then(|bit| vector.place_of(bit));
        match place {
            Some(place) if vector.kind == VariableKind::Bits => Ok((vectors, Some(place))),
            _ => Err(Unresolved {
                offset: Some(vector.offset),
                kind: WaveformErrorKind::NoSuchBit {
                    signal: self.signals.path(vector),
                    description: vector.description(),
                    bit: bit.to_owned(),
                    range: vector.range.map(|range| range.to_string()),
                },
            }),
        }
    }

    /// Variables of one signal are one; those of two are too many.
    fn check_unambiguous(&self, port: &str, variables: &[&Variable]) -> Result<(), Unresolved> {
        let first = variables.first().map(|variable| variable.signal);
        let other = variables
            .iter()
            .find(|variable| Some(variable.signal) != first);
        let Some(other) = other else {
            return Ok(());
        };
        let mut paths: Vec<_> = variables
            .iter()
            .map(|variable| self.signals.path_with_bit(variable))
            .collect();
        let more = paths.len().saturating_sub(MAX_LISTED);
        paths.truncate(MAX_LISTED);
        Err(Unresolved {
            offset: Some(other.offset),
            kind: WaveformErrorKind::Ambiguous {
                port: port.to_owned(),
                paths,
                more,
            },
        })
    }

    fn bits(&self, variable: &Variable, port: Port) -> Result<Bits, WaveformErrorKind> {
        let wrong = |expected| WaveformErrorKind::WrongType {
            path: self.signals.path(variable),
            port: self.port_name(port),
            description: variable.description(),
            bit: (variable.kind == VariableKind::Bits && variable.size > 1)
                .then(|| variable.range.map_or(0, |range| range.last)),
            expected,
        };
        match port {
            Port::Reset if variable.kind == VariableKind::Text => Ok(Bits::Text),
            Port::Reset => Err(wrong("expected a string")),
            Port::Button(_) if variable.is_bit() => Ok(Bits::Single),
            Port::Button(_) => Err(wrong("expected a signal of 1 bit")),
            Port::Output(index) => {
                let output = self.descriptor.outputs().get(usize::from(index));
                match output.map(|output| output.range()) {
                    Some(Range::Analog { .. })
                        if variable.kind == VariableKind::Bits && variable.size > 1 =>
                    {
                        Ok(Bits::Number)
                    }
                    Some(Range::Analog { .. }) => {
                        Err(wrong("expected a vector with the level as a number"))
                    }
                    _ if variable.is_bit() => Ok(Bits::Single),
                    _ => Err(wrong("expected a signal of 1 bit")),
                }
            }
        }
    }

    fn port_name(&self, port: Port) -> String {
        let name = match port {
            Port::Button(button) => self
                .descriptor
                .buttons()
                .get(usize::from(button.0))
                .copied(),
            Port::Output(index) => self
                .descriptor
                .outputs()
                .get(usize::from(index))
                .map(|output| output.name()),
            Port::Reset => Some(RESET),
        };
        name.unwrap_or("?").to_owned()
    }

    fn unknown_signal(&self, wanted: &str) -> WaveformErrorKind {
        let variables = || {
            self.signals
                .variables()
                .iter()
                .filter(|variable| self.is_in_scope(variable))
        };
        let lower = wanted.to_lowercase();
        let same = variables()
            .map(|variable| self.signals.path_with_bit(variable))
            .find(|path| {
                let start = path.to_lowercase();
                start
                    .strip_suffix(&lower)
                    .is_some_and(|start| start.is_empty() || start.ends_with('.'))
            });
        let last = wanted.rsplit('.').next().unwrap_or(wanted);
        WaveformErrorKind::UnknownSignal {
            signal: wanted.to_owned(),
            meant: same.or_else(|| {
                closest(last, variables().map(|variable| &*variable.name)).map(str::to_owned)
            }),
        }
    }

    /// Binds the inputs that no mapping names, by their names.
    fn named_inputs(&self, bindings: &mut Vec<Binding>) -> Result<(), Unresolved> {
        let only_in = self.signals.has_scope(Kind::In);
        let candidates = |name: &str, is_wanted: &dyn Fn(&Variable) -> bool| {
            self.signals
                .variables()
                .iter()
                .filter(|variable| {
                    *variable.name == *name
                        && (!only_in || self.signals.is_in(variable, Kind::In))
                        && is_wanted(variable)
                        && self.is_in_scope(variable)
                })
                .collect::<Vec<_>>()
        };
        let mut wrong = None;
        for (index, name) in (0..=u8::MAX).zip(self.descriptor.buttons()) {
            let port = Port::Button(ButtonId(index));
            if bindings.iter().any(|bound| bound.port == port) {
                continue;
            }
            let fitting = candidates(name, &Variable::is_bit);
            self.check_unambiguous(name, &fitting)?;
            let Some(variable) = fitting.first() else {
                // One of the right name that is no level is worth telling.
                if let Some(variable) = candidates(name, &|_| true).first()
                    && let Err(kind) = self.bits(variable, port)
                {
                    wrong.get_or_insert(Unresolved {
                        offset: Some(variable.offset),
                        kind,
                    });
                }
                continue;
            };
            bindings.push(self.named(port, variable, Bits::Single));
        }
        // Elsewhere, a signal that only has the name of another button does not matter.
        match wrong {
            Some(wrong) if only_in || bindings.is_empty() => return Err(wrong),
            _ => {}
        }
        if only_in && let Some(variable) = candidates(RESET, &|_| true).first() {
            match self.bits(variable, Port::Reset) {
                Ok(bits) => bindings.push(self.named(Port::Reset, variable, bits)),
                Err(kind) if self.is_own => {
                    return Err(Unresolved {
                        offset: Some(variable.offset),
                        kind,
                    });
                }
                // Of another tool's `in.reset` nothing is known.
                Err(_) => {}
            }
        }
        self.check_own_inputs(bindings)
    }

    /// In a file that was written here, the scope `in` has nothing but the app's inputs.
    fn check_own_inputs(&self, bindings: &[Binding]) -> Result<(), Unresolved> {
        if !self.is_own || !self.options.map.is_empty() {
            return Ok(());
        }
        let unknown = self.signals.variables().iter().find(|variable| {
            self.signals.is_in(variable, Kind::In)
                && self.is_in_scope(variable)
                && !bindings.iter().any(|bound| bound.signal == variable.signal)
        });
        match unknown {
            Some(variable) => Err(Unresolved {
                offset: Some(variable.offset),
                kind: WaveformErrorKind::UnknownInput {
                    name: variable.name.to_string(),
                    app: self.descriptor.name(),
                    buttons: self.descriptor.buttons(),
                },
            }),
            None => Ok(()),
        }
    }

    /// Binds the outputs that no mapping names, where it is clear which signal is meant.
    fn named_outputs(&self, bindings: &mut Vec<Binding>) {
        let only_out = self.signals.has_scope(Kind::Out);
        for (index, output) in (0..=u8::MAX).zip(self.descriptor.outputs()) {
            let port = Port::Output(index);
            if bindings.iter().any(|bound| bound.port == port) {
                continue;
            }
            let fitting: Vec<_> = self
                .signals
                .variables()
                .iter()
                .filter(|variable| {
                    *variable.name == *output.name()
                        && (!only_out || self.signals.is_in(variable, Kind::Out))
                        && self.is_in_scope(variable)
                })
                .filter_map(|variable| Some((variable, self.bits(variable, port).ok()?)))
                .collect();
            let Some((variable, bits)) = fitting.first() else {
                continue;
            };
            let is_clear = fitting
                .iter()
                .all(|(other, _)| other.signal == variable.signal);
            if is_clear {
                bindings.push(self.named(port, variable, *bits));
            }
        }
    }

    fn named(&self, port: Port, variable: &Variable, bits: Bits) -> Binding {
        Binding {
            port,
            signal: variable.signal,
            bits,
            is_active_low: false,
            path: self.signals.path_with_bit(variable),
        }
    }

    /// No signal can be two buttons, unless somebody says so.
    fn check_buttons(&self, bindings: &[Binding], mapped: usize) -> Result<(), Unresolved> {
        let is_input = |bound: &&Binding| matches!(bound.port, Port::Button(_) | Port::Reset);
        for (index, bound) in bindings.iter().enumerate().skip(mapped) {
            let before = bindings[..index].iter().filter(is_input);
            let mut same = before.filter(|before| {
                before.signal == bound.signal && before.bits == bound.bits && is_input(&bound)
            });
            if same.next().is_some() {
                let variables = self.signals.variables().iter().rev();
                let mut declared = variables.filter(|it| it.signal == bound.signal);
                return Err(Unresolved {
                    offset: declared.next().map(|variable| variable.offset),
                    kind: WaveformErrorKind::TwoInputs(bound.path.clone()),
                });
            }
        }
        Ok(())
    }
}
