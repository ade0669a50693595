//! Decodes what a serial line carries from its level: eight bits of data, no parity, one stop bit.
//! A line rests high, a low start bit begins a byte, and its lowest bit comes first.

use super::clock::Timescale;
use super::error::WaveformErrorKind;

/// Femtoseconds in a second.
const SECOND: u128 = 1_000_000_000_000_000;

/// The place of the stop bit, after the start bit and those of data.
const STOP: u32 = 9;

/// Follows the level of a line. Times are in femtoseconds.
#[derive(Clone, Debug)]
pub(super) struct UartDecoder {
    baud: u32,
    /// Whether the line is high, if that is known.
    level: Option<bool>,
    frame: Option<Frame>,
    framing_errors: u64,
}

/// A byte that is being sent.
#[derive(Clone, Copy, Debug)]
struct Frame {
    start: u128,
    /// How many bits have been sampled.
    sampled: u32,
    byte: u8,
}

/// A byte, and when its stop bit was sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DecodedByte {
    pub(super) time: u128,
    pub(super) byte: u8,
}

impl UartDecoder {
    /// A decoder of a line that is named so in messages, in a file with this unit of time: half a
    /// bit at most, as every edge may be off by one.
    pub(super) fn new(
        line: &'static str,
        baud: u32,
        timescale: Timescale,
    ) -> Result<Self, WaveformErrorKind> {
        let baud = baud.max(1);
        if timescale.femtoseconds(2).saturating_mul(baud.into()) >= SECOND {
            return Err(WaveformErrorKind::TooCoarse {
                line,
                baud,
                unit: timescale.unit(),
            });
        }
        Ok(Self {
            baud,
            level: None,
            frame: None,
            framing_errors: 0,
        })
    }

    /// How many bytes had no stop bit.
    pub(super) fn framing_errors(&self) -> u64 {
        self.framing_errors
    }

    /// The line has this level from a time on. A byte begins where it was high and is low.
    pub(super) fn change(&mut self, time: u128, level: Option<bool>, into: &mut Vec<DecodedByte>) {
        self.advance(time, into);
        if self.frame.is_none() && self.level == Some(true) && level == Some(false) {
            self.frame = Some(Frame {
                start: time,
                sampled: 0,
                byte: 0,
            });
        }
        self.level = level;
    }

    /// Samples every bit in its middle, up to a time.
    pub(super) fn advance(&mut self, until: u128, into: &mut Vec<DecodedByte>) {
        let is_high = self.level != Some(false);
        while let Some(frame) = &mut self.frame {
            let half_bits = u128::from(2 * frame.sampled + 1);
            let middle = half_bits * SECOND / (2 * u128::from(self.baud));
            let time = frame.start.saturating_add(middle);
            if time >= until {
                return;
            }
            match frame.sampled {
                // Too short for a start bit.
                0 if is_high => self.frame = None,
                STOP => {
                    let byte = frame.byte;
                    self.frame = None;
                    match is_high {
                        true => into.push(DecodedByte { time, byte }),
                        false => self.framing_errors += 1,
                    }
                }
                place => {
                    if place > 0 && is_high {
                        frame.byte |= 1 << (place - 1);
                    }
                    frame.sampled += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The edges of a line that carries these bytes, after a pause before each, in bits.
    fn edges(bytes: &[(u8, u32)], baud: u32) -> Vec<(u128, bool)> {
        let mut edges = vec![(0, true)];
        let mut bit = 2_u128;
        for (byte, pause) in bytes {
            bit += u128::from(*pause);
            let frame = u16::from(*byte) << 1 | 1 << 9;
            for place in 0..10 {
                let level = frame >> place & 1 == 1;
                if edges.last().is_some_and(|(_, last)| *last != level) {
                    edges.push((bit * SECOND / u128::from(baud), level));
                }
                bit += 1;
            }
        }
        edges
    }

    fn decoded(edges: &[(u128, bool)], baud: u32) -> (Vec<DecodedByte>, u64) {
        let scale = Timescale::from_exponent(-15).unwrap();
        let mut decoder = UartDecoder::new("uart", baud, scale).unwrap();
        let mut bytes = Vec::new();
        for (time, level) in edges {
            decoder.change(*time, Some(*level), &mut bytes);
        }
        decoder.advance(u128::MAX, &mut bytes);
        (bytes, decoder.framing_errors())
    }

    #[test]
    fn a_byte_comes_when_its_stop_bit_is_sampled() {
        let (bytes, errors) = decoded(&edges(&[(b'U', 0)], 1_000), 1_000);
        let time = SECOND / 1_000 * 23 / 2;
        assert_eq!(bytes, [DecodedByte { time, byte: b'U' }]);
        assert_eq!(errors, 0);
    }

    #[test]
    fn a_byte_without_a_stop_bit_is_counted_and_the_next_one_is_read() {
        let bit = SECOND / 1_000;
        // A break of 20 bits, then a byte.
        let mut line = vec![(0, true), (bit, false), (21 * bit, true)];
        let next = edges(&[(7, 40)], 1_000);
        line.extend(&next[1..]);
        let (bytes, errors) = decoded(&line, 1_000);
        assert_eq!(bytes.iter().map(|it| it.byte).collect::<Vec<_>>(), [7]);
        assert_eq!(errors, 1);
    }

    #[test]
    fn a_pulse_of_less_than_half_a_bit_begins_no_byte() {
        let bit = SECOND / 1_000;
        let line = [(0, true), (bit, false), (bit + bit / 3, true)];
        assert_eq!(decoded(&line, 1_000), (Vec::new(), 0));
    }

    #[test]
    fn a_line_that_begins_low_has_not_begun_a_byte() {
        let line = [(0, false), (SECOND, true)];
        assert_eq!(decoded(&line, 1_000), (Vec::new(), 0));
    }

    #[test]
    fn a_file_that_is_too_coarse_is_refused() {
        for (exponent, baud, fits) in [(-3, 499, true), (-3, 500, false), (-6, 115_200, true)] {
            let scale = Timescale::from_exponent(exponent).unwrap();
            assert_eq!(
                UartDecoder::new("uart", baud, scale).is_ok(),
                fits,
                "{baud}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_decoded_at_any_resolution(
            bytes in prop::collection::vec((any::<u8>(), 0_u32..30), 0..20),
            baud in 300_u32..3_000_000,
            parts in 1_u128..48,
        ) {
            // The file keeps every edge at a multiple of its unit, up to just below half a bit.
            let unit = (SECOND / u128::from(baud) * parts / 100).max(1);
            let mut line = edges(&bytes, baud);
            for (time, _) in &mut line {
                *time -= *time % unit;
            }
            let (found, errors) = decoded(&line, baud);
            let found: Vec<u8> = found.iter().map(|it| it.byte).collect();
            let sent: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
            prop_assert_eq!(found, sent);
            prop_assert_eq!(errors, 0);
        }

        #[test]
        fn no_level_is_too_odd(
            changes in prop::collection::vec((any::<u64>(), any::<Option<bool>>()), 0..100),
        ) {
            let scale = Timescale::from_exponent(-15).unwrap();
            let mut decoder = UartDecoder::new("uart", 115_200, scale).unwrap();
            let mut bytes = Vec::new();
            let mut changes = changes;
            changes.sort_by_key(|(time, _)| *time);
            for (time, level) in changes {
                decoder.change(u128::from(time), level, &mut bytes);
            }
            decoder.advance(u128::MAX, &mut bytes);
            prop_assert!(bytes.len() < 100);
        }
    }
}
