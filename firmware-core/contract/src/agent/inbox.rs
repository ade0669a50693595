//! What a board is asked: bytes become commands.

use super::Link;
use crate::protocol::{self, Command, DecodeError, MAX_COMMAND};

/// Gathers the bytes of a command until it is whole.
#[derive(Debug)]
pub(super) struct Inbox {
    bytes: [u8; MAX_COMMAND],
    length: usize,
}

impl Inbox {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; MAX_COMMAND],
            length: 0,
        }
    }

    /// The next whole command that has come within `budget` bytes, which it takes from. Zeroes
    /// alone are passed over: a bench sends one to end whatever was sent before it came.
    pub(super) fn next(
        &mut self,
        budget: &mut usize,
        link: &mut dyn Link,
    ) -> Option<Result<Command, DecodeError>> {
        let mut byte = [0];
        while *budget > 0 && link.receive(&mut byte) > 0 {
            *budget -= 1;
            match byte {
                [0] if self.length == 0 => {}
                [0] => return Some(self.take()),
                // What has no room is counted and dropped: the whole of it is no command.
                [byte] => {
                    if let Some(place) = self.bytes.get_mut(self.length) {
                        *place = byte;
                    }
                    self.length = self.length.saturating_add(1);
                }
            }
        }
        None
    }

    fn take(&mut self) -> Result<Command, DecodeError> {
        let length = core::mem::take(&mut self.length);
        let frame = self.bytes.get_mut(..length).ok_or(DecodeError)?;
        protocol::decode_in_place(frame)
    }
}
