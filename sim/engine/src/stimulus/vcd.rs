//! A waveform as stimulus: the script of the inputs in a VCD file.
//!
//! The file may have been written by [`trace::vcd`](crate::trace::vcd), or come from a logic
//! analyser or another simulator. These parts of it are used:
//!
//! - The 1-bit variables named like the app's buttons, in the scope `in` if there is one and
//!   in any scope if there is not. 1 is a closed contact; 0, `x` and `z` are an open one.
//! - The string `reset` in the scope `in`: a reset and its boot condition. The first one at
//!   tick 0 is the power-up.
//! - The last time stamp, which is the end of the script.
//!
//! A board samples its pins once a tick. A change is seen at the first tick at or after it,
//! and of several changes between two ticks only the last one is. Pulses can vanish;
//! [`Stimulus`] counts them.
//!
//! The format is that of IEEE 1364-2005, clause 18.2, and the strings of GTKWave.

mod commands;
mod error;
mod header;
mod sampler;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use vcd::{Command, IdCode};

use crate::diagnostic::Span;
use crate::script::Script;
use crate::trace::RESET;
use commands::Commands;
use error::unexpected;
pub use error::{VcdError, VcdErrorKind};
use header::{Header, Scope, Variable};
use sampler::Sampler;

/// The largest file that callers should read, in bytes: 64 MiB. The memory that is used grows
/// in proportion to the file.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most variables a file can declare.
pub const MAX_VARIABLES: usize = 65_536;

/// The deepest nesting of scopes.
pub const MAX_DEPTH: usize = 64;

/// The longest command in bytes, be it a comment, a name, a string or a vector.
pub const MAX_COMMAND: usize = 65_536;

/// A waveform whose header has been read.
#[derive(Clone, Debug)]
pub struct Waveform<'a> {
    bytes: &'a [u8],
    header: Header,
}

/// The inputs of a waveform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stimulus {
    /// The inputs, at the ticks at which a board sees them.
    pub script: Script,
    /// How many pulses lie between two ticks, so that a board does not see them.
    pub vanished_pulses: u64,
    /// How often a button has the level `x` or `z`, which count as open.
    pub unknown_levels: u64,
}

impl<'a> Waveform<'a> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// A [`VcdError`] if the file is not a VCD, is incomplete, exceeds a limit, or was written
    /// by a newer version of this program.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, VcdError> {
        let header = header::parse(bytes)?;
        Ok(Self { bytes, header })
    }

    /// The name of the app whose trace this is, if the file names it.
    #[must_use]
    pub fn app(&self) -> Option<&str> {
        self.header.app.as_ref().map(|(_, name)| name.as_str())
    }

    /// Where the file names its app; its first character if it does not.
    #[must_use]
    pub fn app_span(&self) -> Span {
        let offset = self.header.app.as_ref().map_or(0, |(offset, _)| *offset);
        error::span_at(self.bytes, offset)
    }

    /// Reads the inputs for an app with this descriptor, which need not be [`Waveform::app`].
    ///
    /// # Errors
    ///
    /// A [`VcdError`] if the inputs do not fit the app, or as for [`Waveform::parse`].
    pub fn stimulus(&self, descriptor: &AppDescriptor) -> Result<Stimulus, VcdError> {
        let inputs = self.inputs(descriptor)?;
        let mut sampler = Sampler::new(self.header.timescale, descriptor);
        let mut commands = Commands::new(self.bytes, self.header.body);
        while let Some((offset, command)) = commands.next()? {
            self.take(command, &inputs, &mut sampler)
                .map_err(|kind| VcdError::at(self.bytes, offset, kind))?;
        }
        sampler
            .finish(self.header.clock)
            .map_err(|kind| VcdError::at(self.bytes, self.bytes.len(), kind))
    }

    fn take(
        &self,
        command: Command,
        inputs: &HashMap<IdCode, InputSignal>,
        sampler: &mut Sampler<'_>,
    ) -> Result<(), VcdErrorKind> {
        let input = |id: IdCode| match inputs.get(&id) {
            Some(input) => Ok(Some(*input)),
            None if self.header.codes.contains(&id) => Ok(None),
            None => Err(VcdErrorKind::Undeclared(id.to_string())),
        };
        match command {
            Command::Timestamp(time) => sampler.advance(time),
            Command::ChangeScalar(id, value) => match input(id)? {
                Some(InputSignal::Button(button)) => {
                    sampler.set(button, value);
                    Ok(())
                }
                Some(InputSignal::Reset) => Err(unexpected(&value, error::CONDITIONS)),
                None => Ok(()),
            },
            Command::ChangeVector(id, vector) => match (input(id)?, vector.get(0)) {
                (Some(InputSignal::Button(button)), Some(value)) if vector.len() == 1 => {
                    sampler.set(button, value);
                    Ok(())
                }
                (Some(InputSignal::Button(_)), _) => Err(unexpected(&vector, error::BIT)),
                (Some(InputSignal::Reset), _) => Err(unexpected(&vector, error::CONDITIONS)),
                (None, _) => Ok(()),
            },
            Command::ChangeString(id, text) => match input(id)? {
                Some(InputSignal::Reset) => sampler.reset(&text),
                Some(InputSignal::Button(_)) => Err(unexpected(&text, error::BIT)),
                None => Ok(()),
            },
            Command::ChangeReal(id, number) => match input(id)? {
                Some(InputSignal::Reset) => Err(unexpected(&number, error::CONDITIONS)),
                Some(InputSignal::Button(_)) => Err(unexpected(&number, error::BIT)),
                None => Ok(()),
            },
            Command::Begin(_) | Command::End(_) | Command::Comment(_) => Ok(()),
            _ => Err(VcdErrorKind::Declaration),
        }
    }

    /// The inputs of the app, by their identifier codes.
    fn inputs(&self, descriptor: &AppDescriptor) -> Result<HashMap<IdCode, InputSignal>, VcdError> {
        let only_in = self.header.has_inputs;
        let mut inputs = HashMap::new();
        let mut codes = HashMap::new();
        for variable in &self.header.variables {
            if only_in && variable.scope != Scope::Inputs {
                continue;
            }
            let refuse = |kind| Err(VcdError::at(self.bytes, variable.offset, kind));
            let input = match input(variable, descriptor, only_in) {
                Ok(Some(input)) => input,
                Ok(None) => continue,
                Err(kind) => return refuse(kind),
            };
            // A signal has one code, in however many scopes it appears.
            let same_code = inputs.insert(variable.code, input).unwrap_or(input);
            let same_input = codes.insert(input, variable.code).unwrap_or(variable.code);
            if same_code != input {
                return refuse(VcdErrorKind::TwoInputs(variable.name.clone()));
            }
            if same_input != variable.code {
                return refuse(VcdErrorKind::TwoSignals(variable.name.clone()));
            }
        }
        if inputs.is_empty() {
            return Err(VcdError::at(
                self.bytes,
                self.header.end,
                VcdErrorKind::NoInputs {
                    app: descriptor.name(),
                    buttons: descriptor.buttons(),
                },
            ));
        }
        Ok(inputs)
    }
}

/// An input that a variable can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum InputSignal {
    Button(ButtonId),
    Reset,
}

/// The input that the variable is; in the scope `in` it must be one.
fn input(
    variable: &Variable,
    descriptor: &AppDescriptor,
    only_in: bool,
) -> Result<Option<InputSignal>, VcdErrorKind> {
    let wrong_type = |expected| {
        Err(VcdErrorKind::WrongType {
            name: variable.name.clone(),
            found: format!("{} of {} bits", variable.kind, variable.size),
            expected,
        })
    };
    let button = (0..=u8::MAX)
        .zip(descriptor.buttons())
        .find(|(_, name)| variable.name == **name);
    match button {
        Some((index, _)) if variable.is_bit() => Ok(Some(InputSignal::Button(ButtonId(index)))),
        Some(_) if only_in => wrong_type("a wire of 1 bit"),
        Some(_) => Ok(None),
        None if !only_in => Ok(None),
        None if variable.name == RESET && variable.is_string() => Ok(Some(InputSignal::Reset)),
        None if variable.name == RESET => wrong_type("a string"),
        None => Err(VcdErrorKind::UnknownInput {
            name: variable.name.clone(),
            app: descriptor.name(),
            buttons: descriptor.buttons(),
        }),
    }
}
