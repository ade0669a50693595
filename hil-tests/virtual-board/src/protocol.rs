//! Framing of the Black Magic remote protocol: requests `!...#`, replies `&K<hex>#`.

/// The longest request a probe takes; what is longer is refused, not kept.
pub const LONGEST_REQUEST: usize = 1024;

/// Cuts a stream of bytes into requests, holding at most [`LONGEST_REQUEST`] of it.
#[derive(Debug, Default)]
pub struct Framer {
    request: Vec<u8>,
    inside: bool,
    too_long: bool,
}

/// What ended with a `#`.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// The bytes between `!` and `#`.
    Request(Vec<u8>),
    /// A request longer than the probe takes.
    TooLong,
}

impl Framer {
    /// Takes the next byte of the stream. A `!` starts over: so does a client
    /// that vanished in the middle of a request and came back.
    pub fn push(&mut self, byte: u8) -> Option<Frame> {
        match byte {
            b'!' => {
                self.request.clear();
                self.inside = true;
                self.too_long = false;
                None
            }
            b'#' if self.inside => {
                self.inside = false;
                let request = std::mem::take(&mut self.request);
                Some(if self.too_long {
                    Frame::TooLong
                } else {
                    Frame::Request(request)
                })
            }
            _ if !self.inside => None,
            _ if self.request.len() < LONGEST_REQUEST => {
                self.request.push(byte);
                None
            }
            _ => {
                self.too_long = true;
                None
            }
        }
    }
}

/// A probe's answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, with a number.
    Number(u64),
    /// Done, with text.
    Text(&'static str),
    /// Done, with bytes of memory.
    Bytes(Vec<u8>),
    /// The target refused.
    Error(u64),
    /// The request is not well formed.
    Parameter,
    /// The probe has no such request.
    Unsupported,
}

impl Reply {
    /// The reply as it goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let text = match self {
            Self::Number(number) => format!("&K{number:x}#"),
            Self::Text(text) => format!("&K{text}#"),
            Self::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                format!("&K{hex}#")
            }
            Self::Error(cause) => format!("&E{cause:x}#"),
            Self::Parameter => "&P1#".to_owned(),
            Self::Unsupported => "&N0#".to_owned(),
        };
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> Vec<Frame> {
        let mut framer = Framer::default();
        bytes.iter().filter_map(|&b| framer.push(b)).collect()
    }

    #[test]
    fn the_handshake_of_probe_rs_is_two_requests() {
        assert_eq!(
            frames(b"+#!GA#!HC#"),
            [
                Frame::Request(b"GA".to_vec()),
                Frame::Request(b"HC".to_vec())
            ]
        );
    }

    #[test]
    fn a_request_cut_short_is_forgotten() {
        assert_eq!(frames(b"!Am00!GV#"), [Frame::Request(b"GV".to_vec())]);
    }

    #[test]
    fn a_request_without_end_takes_no_more_memory() {
        let mut framer = Framer::default();
        framer.push(b'!');
        for _ in 0..1_000_000 {
            assert_eq!(framer.push(b'A'), None);
        }
        assert!(framer.request.capacity() <= 2 * LONGEST_REQUEST);
        assert_eq!(framer.push(b'#'), Some(Frame::TooLong));
    }

    #[test]
    fn replies_are_the_bytes_probe_rs_expects() {
        assert_eq!(Reply::Number(0x0bb1_1477).encode(), b"&Kbb11477#");
        assert_eq!(Reply::Bytes(vec![0, 0xff]).encode(), b"&K00ff#");
        assert_eq!(Reply::Parameter.encode(), b"&P1#");
    }
}
