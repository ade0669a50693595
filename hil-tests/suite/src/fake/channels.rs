//! The RTT channels of a fake board.

use std::collections::VecDeque;

use lockstep_core::agent::Link;
use lockstep_core::protocol::{self, Frame, Message};

/// The buffers of a board: a ring of `n` bytes holds one less.
const TRACE_BYTES: usize = 4095;
const COMMAND_BYTES: usize = 511;

/// What happens to a frame of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameFault {
    /// It finds no room, and the board knows.
    NoRoom,
    /// It is gone, and nobody knows.
    Vanishes,
    /// One of its bytes is another one.
    IsBent,
}

/// The channels as the firmware has set them up.
pub(crate) struct Channels {
    pub(crate) trace: VecDeque<u8>,
    pub(crate) trace_bytes: usize,
    pub(crate) commands: VecDeque<u8>,
    /// The most bytes of commands that ever waited.
    pub(crate) most_waiting: usize,
    /// Whether a run has begun since they were set up.
    is_in_run: bool,
    pub(crate) fault: Option<(u32, FrameFault)>,
}

impl Channels {
    pub(crate) fn new(trace_bytes: Option<usize>) -> Self {
        Self {
            trace: VecDeque::new(),
            trace_bytes: trace_bytes.unwrap_or(TRACE_BYTES),
            commands: VecDeque::new(),
            most_waiting: 0,
            is_in_run: false,
            fault: None,
        }
    }

    /// Takes what comes up.
    pub(crate) fn read_up(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(self.trace.len());
        for (place, byte) in into.iter_mut().zip(self.trace.drain(..count)) {
            *place = byte;
        }
        count
    }

    /// Sends as much down as has room.
    pub(crate) fn write_down(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(COMMAND_BYTES - self.commands.len());
        self.commands.extend(&bytes[..count]);
        self.most_waiting = self.most_waiting.max(self.commands.len());
        count
    }

    /// What happens to this frame.
    fn fault_of(&mut self, frame: &[u8]) -> Option<FrameFault> {
        let mut bytes = frame.to_vec();
        let Frame { number, message } = protocol::decode_in_place(&mut bytes).unwrap();
        if let Message::Hello(hello) = message {
            self.is_in_run = hello.run.is_some();
        }
        let is_meant = |(at, _): &mut (u32, FrameFault)| self.is_in_run && number == *at;
        self.fault.take_if(is_meant).map(|(_, fault)| fault)
    }
}

impl Link for Channels {
    fn send(&mut self, frame: &[u8]) -> bool {
        match self.fault_of(frame) {
            Some(FrameFault::NoRoom) => false,
            Some(FrameFault::Vanishes) => true,
            _ if frame.len() > self.trace_bytes - self.trace.len() => false,
            Some(FrameFault::IsBent) => {
                let (zero, bytes) = frame.split_last().unwrap();
                // No byte of a frame but the last is 0, and none becomes it.
                self.trace
                    .extend(bytes.iter().map(|byte| (byte ^ 0xff).max(1)));
                self.trace.push_back(*zero);
                true
            }
            None => {
                self.trace.extend(frame);
                true
            }
        }
    }

    fn receive(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(self.commands.len());
        for (place, byte) in into.iter_mut().zip(self.commands.drain(..count)) {
            *place = byte;
        }
        count
    }
}
