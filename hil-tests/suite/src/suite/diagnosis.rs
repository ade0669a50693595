//! Why a board has not played to the end: its firmware crashed or hangs, which is its failure,
//! or something between here and it broke, which tells nothing about it.

use std::error::Error;
use std::fmt::Write;
use std::iter;

use lockstep_core::crash_record::{Cause, CrashRecord};
use probe_rs::{Core, MemoryInterface, RegisterId};

use super::firmware::Firmware;
use crate::session::Session;
use crate::session::play::{PlayError, ask_hello};
use crate::verdict;
use lockstep_images::line_table::LineTable;

/// How many words of the stack are looked at for return addresses.
const STACK_WORDS: usize = 128;

/// How many of them are shown.
const MAX_FRAMES: usize = 16;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is the firmware that is to blame.
    pub firmware: bool,
    /// In one sentence, what happened.
    pub message: String,
    /// Lines that explain it.
    pub details: String,
}

impl Finding {
    /// Something broke that is not the firmware: an error, and what caused it.
    #[must_use]
    pub fn of_error(error: &dyn Error) -> Self {
        let cause = verdict::Cause::of(error);
        Self {
            firmware: false,
            message: cause.message,
            details: cause.details,
        }
    }

    /// Something broke that is not the firmware.
    #[must_use]
    pub fn infra(message: impl Into<String>) -> Self {
        Self {
            firmware: false,
            message: message.into(),
            details: String::new(),
        }
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
pub fn of(error: &PlayError, session: &mut Session, firmware: &Firmware) -> Finding {
    match error {
        PlayError::Contract(error) => Finding::of_firmware(error.to_string(), ""),
        PlayError::Rebooted { hello, .. } => rebooted(&hello.crash_record, error, firmware),
        PlayError::Silent { .. } | PlayError::Stuck(_) | PlayError::Phase(_) => {
            of_silence(error, session, firmware)
        }
        PlayError::Link(_) => not_understood(error, session, firmware),
        _ => Finding::of_error(error),
    }
}

fn rebooted(crash_record: &[u8], error: &PlayError, firmware: &Firmware) -> Finding {
    match CrashRecord::decode(crash_record) {
        Some(crash_record) => crashed(&crash_record, firmware),
        None => Finding::infra(format!("{error}; it has not crashed: something reset it")),
    }
}

fn crashed(crash_record: &CrashRecord<'_>, firmware: &Firmware) -> Finding {
    let tick = crash_record.tick.0;
    match crash_record.cause {
        Cause::Panic {
            message,
            file,
            line,
        } => Finding::of_firmware(
            format!("the firmware panicked at tick {tick}: {message}"),
            format!("at {file}:{line}\n"),
        ),
        Cause::StackOverflow => {
            Finding::of_firmware(format!("the stack overflowed at tick {tick}"), "")
        }
        Cause::Fault(registers) => {
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
                let _ = writeln!(details, "{name:>4}  {}", place(value, firmware));
            }
            Finding::of_firmware(
                format!("the core took a hard fault at tick {tick}"),
                details,
            )
        }
    }
}

/// The board says nothing, or stands still: its core tells where it is, and that is where its
/// firmware hangs.
pub fn of_silence(error: &dyn Error, session: &mut Session, firmware: &Firmware) -> Finding {
    if let Some(finding) = crash_record(session, firmware) {
        return finding;
    }
    match session.halted(|core| state(core, firmware)) {
        Ok((pc, details)) => {
            let what = match is_parked(pc, firmware) {
                true => PARKED.to_owned(),
                false => format!("the firmware hangs at {}", place(pc, firmware)),
            };
            Finding::of_firmware(format!("{error}: {what}"), details)
        }
        Err(broken) => Finding::infra(format!("{error}; and then: {}", in_one_line(&broken))),
    }
}

/// What the board says is not what it should: only a crash makes that its firmware's fault.
fn not_understood(error: &PlayError, session: &mut Session, firmware: &Firmware) -> Finding {
    if let Some(finding) = crash_record(session, firmware) {
        return finding;
    }
    match session.halted(|core| state(core, firmware)) {
        Ok((pc, details)) if is_parked(pc, firmware) => {
            Finding::of_firmware(format!("{error}: {PARKED}"), details)
        }
        Ok((_, details)) => Finding {
            details,
            ..Finding::of_error(error)
        },
        Err(broken) => Finding::infra(format!("{error}; and then: {}", in_one_line(&broken))),
    }
}

const PARKED: &str = "the firmware crashed and stays where it is; its log says why";

fn crash_record(session: &mut Session, firmware: &Firmware) -> Option<Finding> {
    let hello = ask_hello(&mut session.link(&firmware.elf).ok()?).ok()?;
    Some(crashed(
        &CrashRecord::decode(&hello.crash_record)?,
        firmware,
    ))
}

fn is_parked(pc: u32, firmware: &Firmware) -> bool {
    let parked = firmware.elf.symbol("lockstep_halt");
    parked.is_some_and(|symbol| {
        let begin = symbol.address & !1;
        (begin..begin + symbol.bytes).contains(&pc)
    })
}

fn in_one_line(error: &dyn Error) -> String {
    let sources = iter::successors(error.source(), |error| (*error).source());
    sources.fold(error.to_string(), |line, source| {
        format!("{line}: {source}")
    })
}

fn state(core: &mut Core<'_>, firmware: &Firmware) -> Result<(u32, String), probe_rs::Error> {
    let mut details = String::new();
    let mut pc = 0;
    let mut sp = 0;
    for index in 0..16 {
        let value: u32 = core.read_core_reg(RegisterId(index))?;
        match index {
            13 => sp = value,
            15 => pc = value,
            _ => {}
        }
        let name = match index {
            13 => "sp".to_owned(),
            14 => "lr".to_owned(),
            15 => "pc".to_owned(),
            _ => format!("r{index}"),
        };
        let _ = writeln!(details, "{name:>4}  {}", place(value, firmware));
    }
    let _ = writeln!(details, "what looks like calls on the stack:");
    let top = firmware
        .elf
        .symbol("_stack_start")
        .map_or(sp, |symbol| symbol.address);
    let words = (top.saturating_sub(sp) as usize / 4).min(STACK_WORDS);
    let mut stack = vec![0; words];
    if let Err(error) = core.read_32(u64::from(sp), &mut stack) {
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

/// The number, the function it lies in, and the line of the sources.
fn place(address: u32, firmware: &Firmware) -> String {
    let Some((name, offset)) = function(address, firmware) else {
        return format!("{address:#010x}");
    };
    let line = LineTable::parse(&firmware.bytes).and_then(|lines| lines.find(address & !1));
    let line = line.map_or_else(String::new, |line| format!("  {line}"));
    format!("{address:#010x}  {name} + {offset:#x}{line}")
}

/// The same of the call that returns to this address: the instruction before it.
fn call_before(address: u32, firmware: &Firmware) -> String {
    place(address.saturating_sub(2), firmware)
}

fn function(address: u32, firmware: &Firmware) -> Option<(String, u32)> {
    let address = address & !1;
    let holds = |symbol: &&lockstep_images::elf::Symbol| {
        let begin = symbol.address & !1;
        symbol.sized && begin <= address && address < begin + symbol.bytes
    };
    let symbol = firmware.elf.symbols.iter().find(holds)?;
    let code = firmware.elf.section_at(symbol.address)?.name == ".text";
    code.then(|| (symbol.readable(), address - (symbol.address & !1)))
}
