//! A fake board as a bench reaches it.

use lockstep_core::time::RunTicks;
use lockstep_pins::Pin;

use super::FakeBoard;
use crate::bench::Bench;
use crate::session::target::Target;
use crate::suite::board_access::{
    AccessError, BoardAccess, MissingPart, PinAccess, PinDrive, PinEdges, TickClock,
};

/// A bench at a fake board.
pub(crate) struct FakeAccess {
    board: FakeBoard,
    is_emulated: bool,
}

impl FakeAccess {
    pub(crate) fn new(board: FakeBoard, is_emulated: bool) -> Self {
        Self { board, is_emulated }
    }
}

impl BoardAccess for FakeAccess {
    fn attach(&mut self, _: &Bench) -> Result<Box<dyn Target>, AccessError> {
        let is_gone = self.board.chip().is_gone();
        match is_gone {
            true => Err(AccessError::Board("cannot open the probe".into())),
            false => Ok(self.board.target()),
        }
    }

    fn failure(&self) -> Option<String> {
        let has_ended = self.board.chip().machine_has_ended;
        has_ended.then(|| "the machine ended".to_owned())
    }

    fn missing_parts(&self) -> Vec<MissingPart> {
        self.board.chip().missing_parts.clone()
    }

    fn discard(&mut self) {
        if self.is_emulated {
            self.board.chip().replace();
        }
    }

    fn pins(&mut self) -> Option<&mut dyn PinAccess> {
        match self.is_emulated {
            true => Some(self),
            false => None,
        }
    }
}

impl PinAccess for FakeAccess {
    fn watch(&mut self, outputs: &[Pin]) -> Result<(), AccessError> {
        self.board.chip().watched = outputs.to_vec();
        Ok(())
    }

    fn drive(&mut self, pin: Pin, high: bool) -> Result<(), AccessError> {
        self.board.chip().inputs.insert(pin, high);
        Ok(())
    }

    fn follow_ticks(
        &mut self,
        _: &TickClock,
        drives: &[PinDrive],
        dated: &[RunTicks],
    ) -> Result<(), AccessError> {
        let mut chip = self.board.chip();
        chip.drives = drives.to_vec();
        chip.dated = dated.to_vec();
        chip.is_followed = true;
        Ok(())
    }

    fn take_edges(&mut self) -> Result<PinEdges, AccessError> {
        let mut chip = self.board.chip();
        chip.is_followed = false;
        Ok(PinEdges {
            edges: std::mem::take(&mut chip.edges),
            lost: 0,
        })
    }
}
