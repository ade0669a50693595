//! Finds the signals that are meant.

mod named;

use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Range;

use super::error::WaveformErrorKind;
use super::map::{Mapping, WaveformOptions};
use super::port::{Binding, Encoding, Port};
use super::signals::{Signals, Variable, VariableKind};
use crate::diagnostic::closest;
use crate::sanitize::excerpt;
use crate::trace::Kind;

/// The most paths that an error lists.
const MAX_LISTED: usize = 8;

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
    /// The signals of the inputs and outputs that were found.
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
        self.check_inputs(&bindings, mapped)?;
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
                    if let Some(meant) = closest(&mapping.port, self.port_names()) {
                        unused.push(format!("{entry}: did you mean `{meant}`?"));
                    }
                }
                _ => {}
            }
        }
        unused
    }

    /// The inputs that nothing drives.
    pub(super) fn unmapped(&self, bindings: &[Binding]) -> Vec<(Port, &'static str)> {
        let is_bound = |port| bindings.iter().any(|bound| bound.port == port);
        Port::inputs(self.descriptor)
            .filter(|(port, _)| !is_bound(*port))
            .collect()
    }

    /// The names of all ports.
    fn port_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let ports = Port::inputs(self.descriptor).chain(Port::outputs(self.descriptor));
        ports.map(|(_, name)| name)
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
        let inputs = Port::inputs(self.descriptor).filter(|_| kind != Some(Kind::Out.word()));
        let outputs = Port::outputs(self.descriptor).filter(|_| kind != Some(Kind::In.word()));
        let found = inputs.chain(outputs).find(|(_, found)| *found == plain);
        let port = found.map(|(port, _)| port);
        match port {
            Some(port) => Ok(Some(port)),
            None if mapping.is_optional => Ok(None),
            None => {
                let names: Vec<_> = self.port_names().collect();
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
        let encoding = match bit {
            Some(place) if self.can_be_a_bit(port) => Ok(Encoding::At(place)),
            Some(_) => Err(self.wrong_type(variable, port, "expected all of its bits")),
            None => self.encoding(variable, port),
        };
        let encoding = encoding.map_err(|kind| Unresolved {
            offset: Some(variable.offset),
            kind,
        })?;
        Ok(Binding {
            port,
            signal: variable.signal,
            encoding,
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
            Some(place) if vector.has_bits() => Ok((vectors, Some(place))),
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

    /// How the values of a variable stand for what a port is.
    fn encoding(&self, variable: &Variable, port: Port) -> Result<Encoding, WaveformErrorKind> {
        let wrong = |expected| Err(self.wrong_type(variable, port, expected));
        match (port, variable.kind) {
            (Port::Reset | Port::Line(_), VariableKind::Text) => Ok(Encoding::Text),
            (Port::Reset, _) => wrong("expected a string"),
            (Port::Number(_), _) => match number_encoding(variable) {
                Some(encoding) => Ok(encoding),
                None => wrong("expected a vector or a real number"),
            },
            (Port::Output(index), _) => match self.range(index) {
                Some(Range::Analog { .. } | Range::Number(_)) => match number_encoding(variable) {
                    Some(encoding) if variable.size > 1 || encoding == Encoding::Real => {
                        Ok(encoding)
                    }
                    _ => wrong("expected a vector with the level as a number"),
                },
                _ if variable.is_bit() => Ok(Encoding::Single),
                _ => wrong("expected a signal of 1 bit"),
            },
            (Port::Button(_) | Port::Line(_), _) if variable.is_bit() => Ok(Encoding::Single),
            (Port::Line(_), _) => wrong("expected a signal of 1 bit, or a string"),
            (Port::Button(_), _) => wrong("expected a signal of 1 bit"),
        }
    }

    /// Whether one bit of a vector can be the port.
    fn can_be_a_bit(&self, port: Port) -> bool {
        match port {
            Port::Button(_) | Port::Line(_) => true,
            Port::Output(index) => !matches!(self.range(index), Some(Range::Number(_))),
            Port::Number(_) | Port::Reset => false,
        }
    }

    fn range(&self, output: u8) -> Option<Range> {
        let output = self.descriptor.outputs().get(usize::from(output));
        output.map(|output| output.range())
    }

    fn wrong_type(
        &self,
        variable: &Variable,
        port: Port,
        expected: &'static str,
    ) -> WaveformErrorKind {
        let has_bit = variable.kind == VariableKind::Bits && variable.size > 1;
        WaveformErrorKind::WrongType {
            path: self.signals.path(variable),
            port: port.name(self.descriptor).to_owned(),
            description: variable.description(),
            bit: (has_bit && self.can_be_a_bit(port))
                .then(|| variable.range.map_or(0, |range| range.last)),
            expected,
        }
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
}

/// How the values of a variable are a number; `None` where they are none.
fn number_encoding(variable: &Variable) -> Option<Encoding> {
    match variable.kind {
        VariableKind::Bits if variable.size > 0 => Some(Encoding::Vector {
            signed: variable.is_signed.then_some(variable.size),
        }),
        VariableKind::Real | VariableKind::Column { .. } => Some(Encoding::Real),
        _ => None,
    }
}
