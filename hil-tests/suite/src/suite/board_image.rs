//! An image, and all that a bench has to know of it.

use lockstep_core::output::Range;
use lockstep_engine::registry::AppEntry;
use lockstep_pins::{DriveRegisters, PinMap, PinMapError};
use thiserror::Error;

use super::board_access::TickClock;
use crate::session::logs::LogTable;
use lockstep_images::board::Board;
use lockstep_images::build::{BuildError, Image};
use lockstep_images::elf::{BuildId, Elf};

/// The symbols of an image that the suite relies on.
pub mod symbols {
    /// The tick that was sampled last; 0 while the board stands still.
    pub const TICK: &str = "LOCKSTEP_TICK";
    /// The tick whose outputs were shown last.
    pub const SHOWN: &str = "LOCKSTEP_OUTPUT_TICK";
    /// The tick beyond which the board does not play.
    pub const TICK_LIMIT: &str = "LOCKSTEP_TICK_LIMIT";
    /// The function that is called at the ticks of the two words below.
    pub const TICK_HOOK: &str = "lockstep_tick_hook";
    /// The tick before whose sample it is called.
    pub const SAMPLE_BREAK: &str = "LOCKSTEP_SAMPLE_BREAK_TICK";
    /// The tick after whose outputs it is called.
    pub const OUTPUT_BREAK: &str = "LOCKSTEP_OUTPUT_BREAK_TICK";
    /// Where a board stays that does not reset after a crash.
    pub const HALT: &str = "lockstep_halt";
    /// The top of the stack.
    pub const STACK_START: &str = "_stack_start";
}

/// An image cannot be used on a bench.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardImageError {
    /// It cannot be read.
    #[error(transparent)]
    Image(#[from] BuildError),
    /// It has no build id.
    #[error("the image `{0}` has no build id: expected one that `hil build` has made")]
    NoBuildId(String),
    /// The board's pin map cannot be read.
    #[error(transparent)]
    Pins(#[from] PinMapError),
    /// The pin map does not know the app.
    #[error("the pin map of `{board}` has no app `{app}`")]
    NoPins {
        /// The board.
        board: String,
        /// The app.
        app: &'static str,
    },
    /// The pin map does not name something that the app has.
    #[error("the pin map of `{board}` has no pin for `{name}` of `{app}`")]
    NoPin {
        /// The board.
        board: String,
        /// The app.
        app: &'static str,
        /// The button or output.
        name: &'static str,
    },
}

/// A pin and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedPin {
    /// The name of the button or output.
    pub name: &'static str,
    /// Its place among those of the app.
    pub index: usize,
    /// Its pin.
    pub pin: lockstep_pins::Pin,
}

/// An image of an app for a board.
pub struct BoardImage {
    /// The app.
    pub app: AppEntry,
    /// Its ELF file as it was read: what is written into flash, whatever is built meanwhile.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub elf: Elf,
    /// Who it is.
    pub identity: BuildId,
    /// What its logs mean, if it logs.
    pub logs: Option<LogTable>,
    /// The pins of its buttons, in the order of the app.
    pub buttons: Vec<NamedPin>,
    /// The pins of its outputs, in the order of the app; numbers have none.
    pub outputs: Vec<NamedPin>,
    /// The serial line that is on the UART of the board, if one is: its name.
    pub uart: Option<&'static str>,
    /// Whether a closed contact pulls its pin low.
    pub active_low: bool,
    /// The registers that tell the levels of each port's pins.
    pub level_registers: Vec<u32>,
    /// The registers that move each port's pins, where the pin map names them.
    pub drive_registers: Option<Vec<DriveRegisters>>,
}

impl BoardImage {
    /// Reads an image of this app, and the pins it has on the board.
    ///
    /// # Errors
    ///
    /// The image or the pin map cannot be used.
    pub fn read(app: &AppEntry, image: &Image, board: &Board) -> Result<Self, BoardImageError> {
        let (bytes, elf) = image.load()?;
        Self::new(app, &image.name, bytes, elf, board)
    }

    /// The image of this app with this name: an ELF file, and what is in it.
    ///
    /// # Errors
    ///
    /// The image has no build id, or the pin map cannot be used.
    pub fn new(
        app: &AppEntry,
        name: &str,
        bytes: Vec<u8>,
        elf: Elf,
        board: &Board,
    ) -> Result<Self, BoardImageError> {
        let identity = elf.build_id.clone();
        let identity = identity.ok_or_else(|| BoardImageError::NoBuildId(name.to_owned()))?;
        let logs = LogTable::of(&bytes).ok();
        let map = PinMap::read(&board.folder)?;
        let descriptor = app.descriptor();
        let pins = map
            .apps
            .get(descriptor.name())
            .ok_or(BoardImageError::NoPins {
                board: board.name.clone(),
                app: descriptor.name(),
            })?;
        let named = |index, name: &'static str, pin: Option<&lockstep_pins::Pin>| match pin {
            Some(pin) => Ok(NamedPin {
                name,
                index,
                pin: *pin,
            }),
            None => Err(BoardImageError::NoPin {
                board: board.name.clone(),
                app: descriptor.name(),
                name,
            }),
        };
        let buttons = descriptor.buttons().iter().enumerate();
        let outputs = descriptor.outputs().iter().enumerate();
        let outputs = outputs.filter(|(_, output)| !matches!(output.range(), Range::Number(_)));
        let uart = descriptor.serial_lines().first().map(|line| line.name());
        Ok(Self {
            uart: uart.filter(|name| pins.serial.contains_key(*name)),
            buttons: buttons
                .map(|(index, name)| named(index, name, pins.buttons.get(*name)))
                .collect::<Result<_, _>>()?,
            outputs: outputs
                .map(|(index, it)| named(index, it.name(), pins.outputs.get(it.name())))
                .collect::<Result<_, _>>()?,
            app: app.clone(),
            bytes,
            elf,
            identity,
            logs,
            active_low: map.contacts.active == lockstep_pins::Active::Low,
            level_registers: map.level_registers,
            drive_registers: map.drive_registers,
        })
    }

    /// The level of the pin of a button.
    #[must_use]
    pub fn level(&self, pressed: bool) -> bool {
        pressed != self.active_low
    }

    /// Where the firmware shows its ticks and can be stopped at one; nothing for an image that
    /// cannot.
    #[must_use]
    pub fn clock(&self) -> Option<TickClock> {
        Some(TickClock {
            hook: self.address(symbols::TICK_HOOK)? & !1,
            sample_break: self.address(symbols::SAMPLE_BREAK)?,
            output_break: self.address(symbols::OUTPUT_BREAK)?,
            sampled: self.address(symbols::TICK)?,
            shown: self.address(symbols::SHOWN)?,
        })
    }

    /// Where this symbol is.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<u32> {
        Some(self.elf.symbol(name)?.address)
    }

    /// The pins of its outputs.
    #[must_use]
    pub fn output_pins(&self) -> Vec<lockstep_pins::Pin> {
        self.outputs.iter().map(|named| named.pin).collect()
    }
}
