//! Framing of the Black Magic remote protocol: requests `!...#`, responses `&K<hex>#`.

/// The longest request a probe takes; a longer one is refused, not kept.
pub const MAX_REQUEST: usize = 1024;

/// Cuts a stream of bytes into requests, holding at most [`MAX_REQUEST`] of it.
#[derive(Debug, Default)]
pub struct RequestDecoder {
    request: Vec<u8>,
    inside: bool,
    too_long: bool,
}

/// What a `#` has ended.
#[derive(Debug, PartialEq, Eq)]
pub enum DecodedRequest {
    /// The bytes between `!` and `#`.
    Complete(Vec<u8>),
    /// A request longer than the probe takes.
    TooLong,
}

impl RequestDecoder {
    /// Takes the next byte of the stream. A `!` starts over, so that a client that was cut off in
    /// the middle of a request and connects again is understood.
    pub fn push(&mut self, byte: u8) -> Option<DecodedRequest> {
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
                Some(match self.too_long {
                    true => DecodedRequest::TooLong,
                    false => DecodedRequest::Complete(request),
                })
            }
            _ if !self.inside => None,
            _ if self.request.len() < MAX_REQUEST => {
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

/// A probe's answer to a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Response {
    /// Done, with a number.
    Number(u64),
    /// Done, with text.
    Text(&'static str),
    /// Done, with bytes of memory.
    Bytes(Vec<u8>),
    /// The target refused.
    Error(u64),
    /// The request is malformed.
    ParameterError,
    /// The probe has no such request.
    Unsupported,
}

impl Response {
    /// The response as it is sent.
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
            Self::ParameterError => "&P1#".to_owned(),
            Self::Unsupported => "&N0#".to_owned(),
        };
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Vec<DecodedRequest> {
        let mut decoder = RequestDecoder::default();
        bytes.iter().filter_map(|&b| decoder.push(b)).collect()
    }

    fn complete(request: &[u8]) -> DecodedRequest {
        DecodedRequest::Complete(request.to_vec())
    }

    #[test]
    fn the_handshake_of_probe_rs_is_two_requests() {
        assert_eq!(decode(b"+#!GA#!HC#"), [complete(b"GA"), complete(b"HC")]);
    }

    #[test]
    fn a_request_cut_short_is_dropped() {
        assert_eq!(decode(b"!Am00!GV#"), [complete(b"GV")]);
    }

    #[test]
    fn a_request_without_end_takes_no_more_memory() {
        let mut decoder = RequestDecoder::default();
        decoder.push(b'!');
        for _ in 0..1_000_000 {
            assert_eq!(decoder.push(b'A'), None);
        }
        assert!(decoder.request.capacity() <= 2 * MAX_REQUEST);
        assert_eq!(decoder.push(b'#'), Some(DecodedRequest::TooLong));
    }

    #[test]
    fn responses_are_the_bytes_probe_rs_expects() {
        assert_eq!(Response::Number(0x0bb1_1477).encode(), b"&Kbb11477#");
        assert_eq!(Response::Bytes(vec![0, 0xff]).encode(), b"&K00ff#");
        assert_eq!(Response::ParameterError.encode(), b"&P1#");
    }
}
