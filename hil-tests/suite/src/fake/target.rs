//! A fake board as a probe reaches it.

use std::time::Duration;

use super::{FakeBoard, image};
use crate::session::target::{Core, Direction, Register, Target, TargetError};

/// How long the fake is left alone at least when somebody waits, so that no wait is for ever.
const SHORTEST_WAIT: Duration = Duration::from_micros(1);

/// A probe at a fake board.
pub(crate) struct FakeTarget {
    board: FakeBoard,
    /// Which setting up of the channels they were opened after.
    opened: Option<u32>,
}

impl FakeTarget {
    pub(crate) fn new(board: FakeBoard) -> Self {
        Self {
            board,
            opened: None,
        }
    }
}

fn gone() -> TargetError {
    TargetError::Probe("the probe does not answer".into())
}

impl Target for FakeTarget {
    fn core(&mut self) -> Result<Box<dyn Core + '_>, TargetError> {
        let is_gone = self.board.chip().is_gone();
        match is_gone {
            true => Err(gone()),
            false => Ok(Box::new(FakeCore(self))),
        }
    }

    fn flash(&mut self, elf: &[u8]) -> Result<(), TargetError> {
        self.opened = None;
        let flashed = self.board.chip().flash(elf);
        flashed.map_err(|error| TargetError::Flash(error.into()))
    }
}

struct FakeCore<'t>(&'t mut FakeTarget);

impl FakeCore<'_> {
    /// Does this to the chip, in the time that it takes a probe.
    fn access<T>(
        &mut self,
        act: impl FnOnce(&mut super::chip::Chip) -> T,
    ) -> Result<T, TargetError> {
        let mut chip = self.0.board.chip();
        chip.is_accessed();
        match chip.is_gone() {
            true => Err(gone()),
            false => Ok(act(&mut chip)),
        }
    }

    fn channel<T>(
        &mut self,
        act: impl FnOnce(&mut super::channels::Channels) -> T,
    ) -> Result<T, TargetError> {
        let Some(opened) = self.0.opened else {
            return Err(TargetError::NoControlBlock);
        };
        self.access(|chip| match &mut chip.channels {
            Some(channels) if chip.generation == opened => Ok(act(channels)),
            _ => Err(TargetError::ChannelsReplaced),
        })?
    }
}

impl Core for FakeCore<'_> {
    fn now(&mut self) -> Duration {
        self.0.board.chip().time
    }

    fn sleep(&mut self, time: Duration) {
        self.0.board.chip().pass(time.max(SHORTEST_WAIT));
    }

    fn read_words(&mut self, address: u32, into: &mut [u32]) -> Result<(), TargetError> {
        self.access(|chip| {
            for (address, word) in (address..).step_by(4).zip(into) {
                *word = chip.word(address);
            }
        })
    }

    fn write_word(&mut self, address: u32, word: u32) -> Result<(), TargetError> {
        self.access(|chip| chip.set_word(address, word))
    }

    fn write_bytes(&mut self, address: u32, _: &[u8]) -> Result<(), TargetError> {
        self.access(|chip| {
            if address == image::CONTROL_BLOCK {
                chip.channels = None;
            }
        })
    }

    fn read_register(&mut self, register: Register) -> Result<u32, TargetError> {
        self.access(|chip| match register {
            Register::PC => chip.pc(),
            Register::SP => image::STACK_START - 64,
            _ => 0,
        })
    }

    fn write_register(&mut self, _: Register, _: u32) -> Result<(), TargetError> {
        self.access(|_| ())
    }

    fn halt(&mut self) -> Result<(), TargetError> {
        self.access(super::chip::Chip::halt)
    }

    fn run(&mut self) -> Result<(), TargetError> {
        self.access(super::chip::Chip::run)
    }

    fn reset_and_halt(&mut self) -> Result<(), TargetError> {
        self.0.opened = None;
        self.access(super::chip::Chip::reset_and_halt)
    }

    fn open_channels(&mut self, control_block: u32) -> Result<(), TargetError> {
        let opened = self.access(|chip| {
            let is_there = control_block == image::CONTROL_BLOCK && chip.channels.is_some();
            is_there.then_some(chip.generation)
        })?;
        self.0.opened = opened;
        opened.map(drop).ok_or(TargetError::NoControlBlock)
    }

    fn read_up(&mut self, channel: usize, into: &mut [u8]) -> Result<usize, TargetError> {
        let is_early = self.access(|chip| {
            let before = chip.opened_early;
            chip.opened_early = before.saturating_sub(1);
            before > 0
        })?;
        match channel {
            number if is_early => Err(TargetError::NoChannel {
                direction: Direction::Up,
                number,
            }),
            0 => self.channel(|_| 0),
            1 => self.channel(|channels| channels.read_up(into)),
            number => Err(TargetError::NoChannel {
                direction: Direction::Up,
                number,
            }),
        }
    }

    fn write_down(&mut self, channel: usize, bytes: &[u8]) -> Result<usize, TargetError> {
        match channel {
            0 => self.channel(|channels| channels.write_down(bytes)),
            number => Err(TargetError::NoChannel {
                direction: Direction::Down,
                number,
            }),
        }
    }

    fn down_is_empty(&mut self, _: usize) -> Result<bool, TargetError> {
        self.channel(|channels| channels.commands.is_empty())
    }
}
