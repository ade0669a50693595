//! Why a board has not played to the end: its firmware crashed or hangs, which is its failure, or
//! something between the host and the firmware broke, which tells nothing about that.

use std::error::Error;
use std::fmt::Write;

use lockstep_core::crash_record::{CrashCause, CrashRecord};
use lockstep_engine::diagnostic::error_chain;

use super::board_access::MissingPart;
use super::board_image::{BoardImage, symbols};
use crate::session::Session;
use crate::session::play_error::BoardPlayError;
use crate::session::query::ask_hello;
use crate::session::target::{Core, Register, TargetError};
use crate::verdict;
use lockstep_images::line_table::LineTable;
use lockstep_images::literals::functions_with;

/// How many words of the stack are looked at for return addresses.
const STACK_WORDS: usize = 128;

/// How many of them are shown.
const MAX_FRAMES: usize = 16;

/// Why a run was not played to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Whether it is the firmware that is to blame.
    pub firmware: bool,
    /// In one sentence, what happened.
    pub message: String,
    /// Lines that explain it.
    pub details: String,
}

impl Diagnosis {
    /// Something else broke than the firmware: an error, and what caused it.
    #[must_use]
    pub fn of_error(error: &dyn Error) -> Self {
        let cause = verdict::Reason::of(error);
        Self {
            firmware: false,
            message: cause.message,
            details: cause.details,
        }
    }

    /// Something else broke than the firmware.
    #[must_use]
    pub fn infra(message: impl Into<String>) -> Self {
        Self {
            firmware: false,
            message: message.into(),
            details: String::new(),
        }
    }

    /// The same, with what the firmware counts on and the board does not have.
    #[must_use]
    pub fn with_missing_parts(mut self, parts: &[MissingPart], firmware: &BoardImage) -> Self {
        let mut lines = String::new();
        for part in parts {
            self.message = format!("{}; {}", self.message, part.message);
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{}: {}", part.message, part.advice);
            let has_it = |word| part.registers.contains(&word);
            for function in functions_with(&firmware.elf, &firmware.bytes, has_it) {
                let line = function
                    .line
                    .map_or_else(String::new, |line| format!("  {line}"));
                let _ = writeln!(lines, "      by its address in {}{line}", function.name);
            }
        }
        self.details = lines + &self.details;
        self
    }

    fn of_firmware(message: impl Into<String>, details: impl Into<String>) -> Self {
        Self {
            firmware: true,
            message: message.into(),
            details: details.into(),
        }
    }
}

/// What is behind an error of a run.
pub fn of(error: &BoardPlayError, session: &mut Session, firmware: &BoardImage) -> Diagnosis {
    match error {
        BoardPlayError::Contract(error) => Diagnosis::of_firmware(error.to_string(), ""),
        BoardPlayError::Rebooted { hello, .. } => rebooted(&hello.crash_record, error, firmware),
        BoardPlayError::Silent { .. } | BoardPlayError::Stuck(_) | BoardPlayError::Phase(_) => {
            of_silence(error, session, firmware)
        }
        BoardPlayError::Link(_) => not_understood(error, session, firmware),
        _ => Diagnosis::of_error(error),
    }
}

fn rebooted(crash_record: &[u8], error: &BoardPlayError, firmware: &BoardImage) -> Diagnosis {
    match CrashRecord::decode(crash_record) {
        Some(crash_record) => crashed(&crash_record, firmware),
        None => Diagnosis::infra(format!(
            "{error}; it left no crash record: something reset it"
        )),
    }
}

fn crashed(crash_record: &CrashRecord<'_>, firmware: &BoardImage) -> Diagnosis {
    let tick = crash_record.tick.0;
    match crash_record.cause {
        CrashCause::Panic {
            message,
            file,
            line,
        } => Diagnosis::of_firmware(
            format!("the firmware panicked at tick {tick}: {message}"),
            format!("at {file}:{line}\n"),
        ),
        CrashCause::StackOverflow => {
            Diagnosis::of_firmware(format!("the stack overflowed at tick {tick}"), "")
        }
        CrashCause::Fault(registers) => {
            let mut details = String::new();
            for (name, value) in [
                ("pc", registers.pc),
                ("lr", registers.lr),
                ("r0", registers.r0),
                ("r1", registers.r1),
                ("r2", registers.r2),
                ("r3", registers.r3),
                ("r12", registers.r12),
                ("xpsr", registers.xpsr),
            ] {
                // Writing to a string cannot fail.
                let _ = writeln!(details, "{name:>4}  {}", location(value, firmware));
            }
            Diagnosis::of_firmware(format!("the CPU took a hard fault at tick {tick}"), details)
        }
    }
}

/// The board says nothing, or stands still: where its core is, its firmware hangs.
pub fn of_silence(error: &dyn Error, session: &mut Session, firmware: &BoardImage) -> Diagnosis {
    if let Some(diagnosis) = crash_record(session, firmware) {
        return diagnosis;
    }
    match session.halted(|core| state(core, firmware)) {
        Ok((pc, details)) => {
            let what = match is_halted(pc, firmware) {
                true => HALTED.to_owned(),
                false => format!("the firmware hangs at {}", location(pc, firmware)),
            };
            Diagnosis::of_firmware(format!("{error}: {what}"), details)
        }
        Err(broken) => Diagnosis::infra(format!("{error}; then: {}", error_chain(&broken))),
    }
}

/// The board cannot be understood: only a crash makes that its firmware's fault.
fn not_understood(
    error: &BoardPlayError,
    session: &mut Session,
    firmware: &BoardImage,
) -> Diagnosis {
    if let Some(diagnosis) = crash_record(session, firmware) {
        return diagnosis;
    }
    match session.halted(|core| state(core, firmware)) {
        Ok((pc, details)) if is_halted(pc, firmware) => {
            Diagnosis::of_firmware(format!("{error}: {HALTED}"), details)
        }
        Ok((_, details)) => Diagnosis {
            details,
            ..Diagnosis::of_error(error)
        },
        Err(broken) => Diagnosis::infra(format!("{error}; then: {}", error_chain(&broken))),
    }
}

const HALTED: &str = "the firmware crashed and halted; its log says why";

fn crash_record(session: &mut Session, firmware: &BoardImage) -> Option<Diagnosis> {
    let hello = ask_hello(&mut session.link(&firmware.elf).ok()?).ok()?;
    Some(crashed(
        &CrashRecord::decode(&hello.crash_record)?,
        firmware,
    ))
}

fn is_halted(pc: u32, firmware: &BoardImage) -> bool {
    let halt = firmware.elf.symbol(symbols::HALT);
    halt.is_some_and(|symbol| {
        let begin = symbol.address & !1;
        pc.checked_sub(begin).is_some_and(|at| at < symbol.bytes)
    })
}

fn state(core: &mut dyn Core, firmware: &BoardImage) -> Result<(u32, String), TargetError> {
    let mut details = String::new();
    let mut pc = 0;
    let mut sp = 0;
    for index in 0..16 {
        let register = Register(index);
        let value = core.read_register(register)?;
        let name = match register {
            Register::SP => "sp".to_owned(),
            Register::LR => "lr".to_owned(),
            Register::PC => "pc".to_owned(),
            Register(index) => format!("r{index}"),
        };
        match register {
            Register::SP => sp = value,
            Register::PC => pc = value,
            _ => {}
        }
        let _ = writeln!(details, "{name:>4}  {}", location(value, firmware));
    }
    let _ = writeln!(details, "likely calls on the stack:");
    let top = firmware
        .elf
        .symbol(symbols::STACK_START)
        .map_or(sp, |symbol| symbol.address);
    let words = (top.saturating_sub(sp) as usize / 4).min(STACK_WORDS);
    let mut stack = vec![0; words];
    if let Err(error) = core.read_words(sp, &mut stack) {
        // The registers are worth having without it.
        let _ = writeln!(details, "      the stack cannot be read: {error}");
        return Ok((pc, details));
    }
    let returns = stack
        .into_iter()
        .filter(|word| word & 1 == 1 && function(*word, firmware).is_some());
    for word in returns.take(MAX_FRAMES) {
        let _ = writeln!(details, "      {}", call_before(word, firmware));
    }
    Ok((pc, details))
}

/// The address, the function it lies in, and the line of the sources.
fn location(address: u32, firmware: &BoardImage) -> String {
    let Some((name, offset)) = function(address, firmware) else {
        return format!("{address:#010x}");
    };
    let line = LineTable::parse(&firmware.bytes).and_then(|lines| lines.find(address & !1));
    let line = line.map_or_else(String::new, |line| format!("  {line}"));
    format!("{address:#010x}  {name} + {offset:#x}{line}")
}

/// The same of the call that returns to this address: the instruction before it.
fn call_before(address: u32, firmware: &BoardImage) -> String {
    location(address.saturating_sub(2), firmware)
}

fn function(address: u32, firmware: &BoardImage) -> Option<(String, u32)> {
    let address = address & !1;
    let holds = |symbol: &&lockstep_images::elf::Symbol| {
        let begin = symbol.address & !1;
        symbol.sized
            && address
                .checked_sub(begin)
                .is_some_and(|at| at < symbol.bytes)
    };
    let symbol = firmware.elf.symbols.iter().find(holds)?;
    let code = firmware.elf.section_at(symbol.address)?.name == ".text";
    code.then(|| (symbol.readable(), address - (symbol.address & !1)))
}
