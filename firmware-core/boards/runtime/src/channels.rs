//! The RTT channels: logs up on 0, frames up on 1, commands down on 0.

use crate::{display, serial};
use lockstep_core::agent::Link;
use lockstep_core::event::SerialId;
use lockstep_core::matrix::{Matrix, MatrixId};
use rtt_target::{ChannelMode, DownChannel, UpChannel, rtt_init, set_defmt_channel};

/// How many channels there are, up and down.
pub(crate) const COUNT: usize = 3;

/// The two channels of a bench.
pub struct Channels {
    frames: UpChannel,
    commands: DownChannel,
    matrices: &'static [Matrix],
}

/// Sets the channels up for an app with these matrices, and directs logs to theirs. What does not fit into a full buffer is
/// dropped: a board does not wait for a bench. To be called once.
pub fn open(matrices: &'static [Matrix]) -> Channels {
    let channels = rtt_init! {
        up: {
            0: { size: 1024, mode: ChannelMode::NoBlockSkip, name: "defmt" }
            1: { size: 4096, mode: ChannelMode::NoBlockSkip, name: "trace" }
        }
        down: {
            0: { size: 512, mode: ChannelMode::NoBlockSkip, name: "agent" }
        }
    };
    set_defmt_channel(channels.up.0);
    Channels {
        frames: channels.up.1,
        commands: channels.down.0,
        matrices,
    }
}

impl Link for Channels {
    fn send(&mut self, frame: &[u8]) -> bool {
        // A debugger that attaches may have set another mode; a frame is written whole or not at
        // all.
        self.frames.set_mode(ChannelMode::NoBlockSkip);
        self.frames.write(frame) == frame.len()
    }

    fn transmit(&mut self, line: SerialId, bytes: &[u8]) {
        serial::send(line, bytes);
    }

    fn draw(&mut self, matrix: MatrixId, row: u8, packed: &[u8]) {
        display::draw(self.matrices, matrix, row, packed);
    }

    fn darken(&mut self) {
        display::darken();
    }

    fn receive(&mut self, into: &mut [u8]) -> usize {
        self.commands.read(into)
    }
}
