//! What a board sends up its trace channel: bytes become messages that own what they carry.

use lockstep_core::protocol::{
    self, BootReport, Frame, MAX_FRAME, Message, Refusal, RunEnd, Status,
};
use lockstep_core::runner::Observation;
use lockstep_core::time::RunTicks;
use thiserror::Error;

/// Bytes that are not a frame: another version of the protocol, or something was lost inside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{length} bytes on the trace channel are not a frame of protocol version {version}", version = protocol::VERSION)]
#[non_exhaustive]
pub struct MalformedFrame {
    /// How many bytes there were up to the closing zero.
    pub length: usize,
}

/// One frame: [`protocol::Frame`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardFrame {
    /// Its number.
    pub number: u32,
    /// What it carries.
    pub message: BoardMessage,
}

/// What a board says: [`protocol::Message`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardMessage {
    /// Who is speaking.
    Hello(Box<BoardHello>),
    /// Something was observed at this tick.
    Observed(RunTicks, Observation),
    /// The run is over.
    End(RunEnd),
    /// How far it is.
    Status(Status),
    /// A command was not carried out.
    Refused(Refusal),
}

/// Who is speaking: [`protocol::Hello`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the protocol")]
pub struct BoardHello {
    pub wire: u8,
    pub run: Option<u32>,
    pub app: String,
    pub version: String,
    pub build: String,
    pub descriptor: u64,
    pub image: Vec<u8>,
    pub tick_hz: u32,
    pub capacity: u16,
    pub boot: BootReport,
    pub crash_record: Vec<u8>,
}

impl From<protocol::Hello<'_>> for BoardHello {
    fn from(hello: protocol::Hello<'_>) -> Self {
        Self {
            wire: hello.protocol,
            run: hello.run,
            app: hello.app.to_owned(),
            version: hello.version.to_owned(),
            build: hello.build.to_owned(),
            descriptor: hello.fingerprint,
            image: hello.image.to_vec(),
            tick_hz: hello.tick_hz,
            capacity: hello.capacity,
            boot: hello.boot,
            crash_record: hello.crash_record.to_vec(),
        }
    }
}

impl From<Message<'_>> for BoardMessage {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Hello(hello) => Self::Hello(Box::new(hello.into())),
            Message::Observed(tick, observation) => Self::Observed(tick, observation),
            Message::End(end) => Self::End(end),
            Message::Status(status) => Self::Status(status),
            Message::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Splits the bytes of a trace channel into frames.
///
/// It outlives whoever reads from it, so that no frame is cut in two between two readers. Bytes
/// that are not a frame cost that frame alone: reading goes on behind its closing zero.
#[derive(Clone, Debug, Default)]
pub struct FrameReader {
    bytes: Vec<u8>,
    /// Whether everything up to the next zero is dropped: it may be the rest of a frame.
    skips_to_zero: bool,
}

impl FrameReader {
    /// A reader of a channel that may be in the middle of a frame.
    #[must_use]
    pub fn mid_stream() -> Self {
        Self {
            bytes: Vec::new(),
            skips_to_zero: true,
        }
    }

    /// Takes bytes as they come.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.skips_to_zero {
            let Some(zero) = bytes.iter().position(|byte| *byte == 0) else {
                return;
            };
            bytes = &bytes[zero + 1..];
            self.skips_to_zero = false;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, if one has come.
    ///
    /// # Errors
    ///
    /// [`MalformedFrame`] for bytes up to a zero that are not a frame, and for more bytes without
    /// a zero than a frame can have; they are dropped.
    pub fn next_frame(&mut self) -> Option<Result<BoardFrame, MalformedFrame>> {
        let Some(zero) = self.bytes.iter().position(|byte| *byte == 0) else {
            if self.bytes.len() < MAX_FRAME {
                return None;
            }
            let length = self.bytes.len();
            self.bytes.clear();
            self.skips_to_zero = true;
            return Some(Err(MalformedFrame { length }));
        };
        let mut bytes: Vec<u8> = self.bytes.drain(..=zero).collect();
        let length = bytes.len();
        let frame: Result<Frame<'_>, _> = protocol::decode_in_place(&mut bytes);
        Some(match frame {
            Ok(frame) => Ok(BoardFrame {
                number: frame.number,
                message: frame.message.into(),
            }),
            Err(protocol::DecodeError) => Err(MalformedFrame { length }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::output::Level;
    use proptest::prelude::*;

    fn encoded(number: u32, message: Message<'_>) -> Vec<u8> {
        let mut buffer = [0; MAX_FRAME];
        protocol::encode(&Frame { number, message }, &mut buffer)
            .unwrap()
            .to_vec()
    }

    fn refused(number: u32) -> (Vec<u8>, BoardFrame) {
        let frame = BoardFrame {
            number,
            message: BoardMessage::Refused(Refusal::QueueFull),
        };
        let bytes = encoded(number, Message::Refused(Refusal::QueueFull));
        (bytes, frame)
    }

    #[test]
    fn a_malformed_frame_costs_itself_alone() {
        let (bytes, frame) = refused(3);
        let mut reader = FrameReader::default();
        reader.push(&[9, 9, 0]);
        reader.push(&bytes);
        let malformed = MalformedFrame { length: 3 };
        assert_eq!(reader.next_frame(), Some(Err(malformed)));
        assert_eq!(reader.next_frame(), Some(Ok(frame)));
        assert_eq!(reader.next_frame(), None);
    }

    #[test]
    fn bytes_without_a_zero_are_dropped_up_to_the_next_one() {
        let (bytes, frame) = refused(3);
        let mut reader = FrameReader::default();
        reader.push(&[1; MAX_FRAME]);
        let length = MAX_FRAME;
        assert_eq!(reader.next_frame(), Some(Err(MalformedFrame { length })));
        reader.push(&[1, 1, 0]);
        reader.push(&bytes);
        assert_eq!(reader.next_frame(), Some(Ok(frame)));
        assert_eq!(reader.next_frame(), None);
    }

    #[test]
    fn a_reader_in_mid_stream_begins_behind_the_first_zero() {
        let (bytes, frame) = refused(3);
        for cut in 0..bytes.len() {
            let mut reader = FrameReader::mid_stream();
            reader.push(&bytes[cut..]);
            assert_eq!(reader.next_frame(), None);
            reader.push(&bytes);
            assert_eq!(reader.next_frame(), Some(Ok(frame.clone())));
            assert_eq!(reader.next_frame(), None);
        }
    }

    proptest! {
        #[test]
        fn frames_are_whole_wherever_their_bytes_are_cut(
            frames in proptest::collection::vec((any::<u32>(), any::<u64>(), any::<i32>()), 0..9),
            cut in 1..20_usize,
        ) {
            let observation = |level| Observation::Output(1, Level(level));
            let mut bytes = Vec::new();
            for &(number, tick, level) in &frames {
                let message = Message::Observed(RunTicks(tick), observation(level));
                bytes.extend(encoded(number, message));
            }
            let mut reader = FrameReader::default();
            let mut received = Vec::new();
            for piece in bytes.chunks(cut) {
                reader.push(piece);
                while let Some(frame) = reader.next_frame() {
                    received.push(frame.unwrap());
                }
            }
            let expected: Vec<_> = frames
                .into_iter()
                .map(|(number, tick, level)| BoardFrame {
                    number,
                    message: BoardMessage::Observed(RunTicks(tick), observation(level)),
                })
                .collect();
            prop_assert_eq!(received, expected);
        }
    }
}
