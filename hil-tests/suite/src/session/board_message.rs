//! What comes up the trace channel: bytes become frames that own what they say.

use lockstep_core::protocol::{self, Boot, End, Frame, MAX_FRAME, Message, Refusal, Status};
use lockstep_core::runner::Observation;
use lockstep_core::time::Ticks;
use thiserror::Error;

/// The bytes are no frame: another wire format, or something lost in the middle of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{length} bytes on the trace channel are no frame of wire format {version}", version = protocol::VERSION)]
pub struct Malformed {
    /// How many bytes there were up to the closing zero.
    pub length: usize,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub number: u32,
    /// What it says.
    pub message: Told,
}

/// What a board said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Who is speaking.
    Hello(Box<Hello>),
    /// Something was observed at this tick.
    Observed(Ticks, Observation),
    /// The run is over.
    End(End),
    /// How far it is.
    Status(Status),
    /// A command was not carried out.
    Refused(Refusal),
}

/// Who is speaking: [`protocol::Hello`], kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the wire format")]
pub struct Hello {
    pub wire: u8,
    pub run: Option<u32>,
    pub app: String,
    pub version: String,
    pub build: String,
    pub descriptor: u64,
    pub image: Vec<u8>,
    pub tick_hz: u32,
    pub capacity: u16,
    pub boot: Boot,
    pub crash_record: Vec<u8>,
}

impl From<protocol::Hello<'_>> for Hello {
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

impl From<Message<'_>> for Told {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Hello(hello) => Self::Hello(Box::new(hello.into())),
            Message::Observed(tick, what) => Self::Observed(tick, what),
            Message::End(end) => Self::End(end),
            Message::Status(status) => Self::Status(status),
            Message::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Gathers the bytes of frames.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    waiting: Vec<u8>,
}

impl Frames {
    /// Takes bytes as they come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole frame, if one is there.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for bytes up to a zero that are no frame, and for more bytes without a
    /// zero than a frame can have; they are dropped.
    pub fn next_frame(&mut self) -> Option<Result<Received, Malformed>> {
        let Some(end) = self.waiting.iter().position(|byte| *byte == 0) else {
            if self.waiting.len() < MAX_FRAME {
                return None;
            }
            let length = self.waiting.len();
            self.waiting.clear();
            return Some(Err(Malformed { length }));
        };
        let mut bytes: Vec<u8> = self.waiting.drain(..=end).collect();
        let length = bytes.len();
        let frame: Result<Frame<'_>, _> = protocol::decode_in_place(&mut bytes);
        Some(match frame {
            Ok(frame) => Ok(Received {
                number: frame.number,
                message: frame.message.into(),
            }),
            Err(protocol::Malformed) => Err(Malformed { length }),
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

    #[test]
    fn what_is_no_frame_is_told_and_the_next_one_is_read() {
        let mut frames = Frames::default();
        frames.push(&[9, 9, 0]);
        frames.push(&encoded(3, Message::Refused(Refusal::QueueFull)));
        assert_eq!(frames.next_frame(), Some(Err(Malformed { length: 3 })));
        let received = Received {
            number: 3,
            message: Told::Refused(Refusal::QueueFull),
        };
        assert_eq!(frames.next_frame(), Some(Ok(received)));
        assert_eq!(frames.next_frame(), None);
    }

    #[test]
    fn bytes_without_end_are_not_kept() {
        let mut frames = Frames::default();
        frames.push(&[1; MAX_FRAME]);
        let length = MAX_FRAME;
        assert_eq!(frames.next_frame(), Some(Err(Malformed { length })));
        assert_eq!(frames.next_frame(), None);
    }

    proptest! {
        #[test]
        fn frames_come_whole_however_their_bytes_are_cut(
            frames in proptest::collection::vec((any::<u32>(), any::<u32>(), any::<u16>()), 0..9),
            cut in 1..20_usize,
        ) {
            let message = |tick, level| {
                (Ticks(tick), Observation::Output(1, Level(level)))
            };
            let mut bytes = Vec::new();
            for &(number, tick, level) in &frames {
                let (tick, what) = message(tick, level);
                bytes.extend(encoded(number, Message::Observed(tick, what)));
            }
            let mut gathered = Frames::default();
            let mut received = Vec::new();
            for piece in bytes.chunks(cut) {
                gathered.push(piece);
                while let Some(frame) = gathered.next_frame() {
                    received.push(frame.unwrap());
                }
            }
            let expected: Vec<_> = frames
                .into_iter()
                .map(|(number, tick, level)| {
                    let (tick, what) = message(tick, level);
                    Received { number, message: Told::Observed(tick, what) }
                })
                .collect();
            prop_assert_eq!(received, expected);
        }
    }
}
