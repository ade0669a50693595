//! The header of a VCD file.

use std::collections::HashSet;

use lockstep_core::time::Instant;
use vcd::{Command, IdCode, TimescaleUnit, VarType};

use super::commands::Commands;
use super::error::{VcdError, VcdErrorKind, unexpected};
use super::sampler::Timescale;
use super::{MAX_DEPTH, MAX_VARIABLES};
use crate::trace::Kind;
use crate::trace::vcd::{APP, CLOCK, SIGNATURE, VERSION};

#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The app whose trace this is, and the offset of the comment that names it.
    pub(super) app: Option<(usize, String)>,
    pub(super) clock: Instant,
    pub(super) timescale: Timescale,
    pub(super) variables: Vec<Variable>,
    /// Every identifier code that is declared.
    pub(super) codes: HashSet<IdCode>,
    /// Whether there is a scope `in`.
    pub(super) has_inputs: bool,
    /// The offset of `$enddefinitions`.
    pub(super) end: usize,
    /// The offset of the value changes.
    pub(super) body: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// The offset of its declaration.
    pub(super) offset: usize,
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) code: IdCode,
    pub(super) kind: VarType,
    pub(super) size: u32,
}

/// The scope of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One called `in`.
    Inputs,
    Other,
}

impl Variable {
    pub(super) fn is_bit(&self) -> bool {
        let carries_levels = !matches!(
            self.kind,
            VarType::String | VarType::Real | VarType::Event | VarType::Parameter
        );
        carries_levels && self.size == 1
    }

    /// The size is not checked: tools disagree about that of a string.
    pub(super) fn is_string(&self) -> bool {
        self.kind == VarType::String
    }
}

/// Reads up to and including `$enddefinitions`.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, VcdError> {
    let mut commands = Commands::new(bytes, 0);
    let mut builder = HeaderBuilder::default();
    while let Some((offset, command)) = commands.next()? {
        let refuse = |kind| VcdError::at(bytes, offset, kind);
        if command == Command::Enddefinitions {
            return builder.finish(offset, commands.position()).map_err(refuse);
        }
        builder.take(offset, command).map_err(refuse)?;
    }
    let kind = VcdErrorKind::CutShort {
        expected: "`$enddefinitions $end`",
    };
    Err(VcdError::at(bytes, bytes.len(), kind))
}

/// The part of a header that has been read.
#[derive(Default)]
struct HeaderBuilder {
    app: Option<(usize, String)>,
    clock: Instant,
    timescale: Option<Timescale>,
    variables: Vec<Variable>,
    codes: HashSet<IdCode>,
    /// The open scopes. The header of the `vcd` crate is a tree, built by a recursive function:
    /// a file could overflow the stack.
    scopes: Vec<Scope>,
    has_inputs: bool,
}

impl HeaderBuilder {
    fn take(&mut self, offset: usize, command: Command) -> Result<(), VcdErrorKind> {
        match command {
            Command::Comment(text) => self.comment(offset, &text),
            Command::Date(_) | Command::Version(_) => Ok(()),
            Command::Timescale(count, unit) => self.timescale(count, unit),
            Command::ScopeDef(_, name) => self.open(&name),
            Command::Upscope => match self.scopes.pop() {
                Some(_) => Ok(()),
                None => Err(unexpected("$upscope", "no `$upscope`: no scope is open")),
            },
            Command::VarDef(kind, size, code, name, _) => self.declare(Variable {
                offset,
                scope: self.scopes.last().copied().unwrap_or(Scope::Other),
                name,
                code,
                kind,
                size,
            }),
            _ => Err(VcdErrorKind::BeforeEndOfHeader),
        }
    }

    /// The comment that [`trace::vcd`](crate::trace::vcd) writes names the app and where its
    /// clock started.
    fn comment(&mut self, offset: usize, text: &str) -> Result<(), VcdErrorKind> {
        let mut words = text.split_ascii_whitespace();
        if words.next() != Some(SIGNATURE) {
            return Ok(());
        }
        match words.next().map(str::parse) {
            Some(Ok(VERSION)) => {}
            Some(Ok(found)) => return Err(VcdErrorKind::OtherVersion { found }),
            // Another comment that begins with the same word.
            Some(Err(_)) | None => return Ok(()),
        }
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            if key == APP {
                self.app = Some((offset, value.to_owned()));
            } else if key == CLOCK {
                let reading = value.parse().map_err(|_| {
                    unexpected(value, "a reading of the tick counter after `clock=`")
                })?;
                self.clock = Instant(reading);
            }
        }
        Ok(())
    }

    fn timescale(&mut self, count: u32, unit: TimescaleUnit) -> Result<(), VcdErrorKind> {
        if self.timescale.is_some() {
            return Err(unexpected("$timescale", "only one `$timescale`"));
        }
        let timescale = Timescale::new(count, unit)
            .ok_or_else(|| unexpected("0", "a timescale of 1, 10 or 100 units"))?;
        self.timescale = Some(timescale);
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<(), VcdErrorKind> {
        if self.scopes.len() == MAX_DEPTH {
            return Err(VcdErrorKind::TooDeep);
        }
        let is_inputs = name == Kind::In.word();
        self.has_inputs |= is_inputs;
        self.scopes.push(if is_inputs {
            Scope::Inputs
        } else {
            Scope::Other
        });
        Ok(())
    }

    fn declare(&mut self, variable: Variable) -> Result<(), VcdErrorKind> {
        if self.variables.len() == MAX_VARIABLES {
            return Err(VcdErrorKind::TooManyVariables);
        }
        self.codes.insert(variable.code);
        self.variables.push(variable);
        Ok(())
    }

    fn finish(self, end: usize, body: usize) -> Result<Header, VcdErrorKind> {
        if !self.scopes.is_empty() {
            return Err(unexpected(
                "$enddefinitions",
                "`$upscope $end`: a scope is open",
            ));
        }
        let timescale = self.timescale.ok_or_else(|| {
            unexpected(
                "$enddefinitions",
                "`$timescale 1 ms $end` or the like before it",
            )
        })?;
        Ok(Header {
            app: self.app,
            clock: self.clock,
            timescale,
            variables: self.variables,
            codes: self.codes,
            has_inputs: self.has_inputs,
            end,
            body,
        })
    }
}
