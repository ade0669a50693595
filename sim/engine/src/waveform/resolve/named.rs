//! Finds the signals that have the names of ports.

use super::{Resolver, Unresolved};
use crate::trace::{Kind, RESET};
use crate::waveform::error::WaveformErrorKind;
use crate::waveform::port::{Binding, Encoding, Port};
use crate::waveform::signals::Variable;

impl Resolver<'_> {
    /// Binds the inputs that no mapping names, by their names.
    pub(super) fn named_inputs(&self, bindings: &mut Vec<Binding>) -> Result<(), Unresolved> {
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
        for (port, name) in Port::inputs(self.descriptor) {
            if bindings.iter().any(|bound| bound.port == port) {
                continue;
            }
            let fitting = candidates(name, &|it| self.encoding(it, port).is_ok());
            self.check_unambiguous(name, &fitting)?;
            let Some(variable) = fitting.first() else {
                // One of the right name that cannot be meant is worth telling.
                if let Some(variable) = candidates(name, &|_| true).first()
                    && let Err(kind) = self.encoding(variable, port)
                {
                    wrong.get_or_insert(Unresolved {
                        offset: Some(variable.offset),
                        kind,
                    });
                }
                continue;
            };
            if let Ok(encoding) = self.encoding(variable, port) {
                bindings.push(self.named(port, variable, encoding));
            }
        }
        // Elsewhere, a signal that only has the name of another input does not matter.
        match wrong {
            Some(wrong) if only_in || bindings.is_empty() => return Err(wrong),
            _ => {}
        }
        if only_in && let Some(variable) = candidates(RESET, &|_| true).first() {
            match self.encoding(variable, Port::Reset) {
                Ok(encoding) => bindings.push(self.named(Port::Reset, variable, encoding)),
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
                    inputs: Port::inputs(self.descriptor)
                        .map(|(_, name)| name)
                        .collect(),
                },
            }),
            None => Ok(()),
        }
    }

    /// Binds the outputs that no mapping names, where it is clear which signal is meant.
    pub(super) fn named_outputs(&self, bindings: &mut Vec<Binding>) {
        let only_out = self.signals.has_scope(Kind::Out);
        for (port, name) in Port::outputs(self.descriptor) {
            if bindings.iter().any(|bound| bound.port == port) {
                continue;
            }
            let fitting: Vec<_> = self
                .signals
                .variables()
                .iter()
                .filter(|variable| {
                    *variable.name == *name
                        && (!only_out || self.signals.is_in(variable, Kind::Out))
                        && self.is_in_scope(variable)
                })
                .filter_map(|variable| Some((variable, self.encoding(variable, port).ok()?)))
                .collect();
            let Some((variable, encoding)) = fitting.first() else {
                continue;
            };
            let is_clear = fitting
                .iter()
                .all(|(other, _)| other.signal == variable.signal);
            if is_clear {
                bindings.push(self.named(port, variable, *encoding));
            }
        }
    }

    fn named(&self, port: Port, variable: &Variable, encoding: Encoding) -> Binding {
        Binding {
            port,
            signal: variable.signal,
            encoding,
            is_active_low: false,
            path: self.signals.path_with_bit(variable),
        }
    }

    /// No signal can be two inputs, unless somebody says so.
    pub(super) fn check_inputs(
        &self,
        bindings: &[Binding],
        mapped: usize,
    ) -> Result<(), Unresolved> {
        let is_input = |bound: &&Binding| bound.port.is_input();
        for (index, bound) in bindings.iter().enumerate().skip(mapped) {
            let before = bindings[..index].iter().filter(is_input);
            let mut same = before.filter(|before| {
                before.signal == bound.signal
                    && before.encoding == bound.encoding
                    && is_input(&bound)
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
