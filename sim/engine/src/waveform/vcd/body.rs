//! The value changes of a VCD file.

use super::super::change::{ChangeSink, Flow, Reading, Value};
use super::super::error::{WaveformErrorKind, unexpected};
use super::super::signals::SignalId;
use super::escapes::unescaped;
use super::header::{Header, arguments, skip};
use super::words::{END, Word, Words};
use super::{At, Fault};

/// What stands in the body of a VCD file.
const CHANGE: &str = "a time (`#100`), a value change (`1!`) or a command (`$comment`)";

const CODE: &str = "the code of a variable";

/// Gives the sink every change of a signal that it watches.
pub(in super::super) fn read(
    bytes: &[u8],
    header: &Header<'_>,
    sink: &mut impl ChangeSink,
) -> Result<Reading, Fault> {
    let mut body = Body {
        header,
        words: Words::new(bytes, header.body),
        time: 0,
        is_off: false,
        reading: Reading::default(),
        line: None,
    };
    while let Some(word) = body.words.next() {
        if body.take(word, sink)? == Flow::Stop {
            break;
        }
    }
    Ok(body.reading)
}

struct Body<'a> {
    header: &'a Header<'a>,
    words: Words<'a>,
    time: u64,
    /// Whether the values are those of a `$dumpoff`, which are no levels.
    is_off: bool,
    reading: Reading,
    /// The end of the line that was looked through last.
    line: Option<LineEnd<'a>>,
}

/// The last word of a line, and the position after it.
#[derive(Clone, Copy)]
struct LineEnd<'a> {
    after: Words<'a>,
    last: Word<'a>,
}

impl<'a> Body<'a> {
    #[inline]
    fn take(&mut self, word: Word<'a>, sink: &mut impl ChangeSink) -> Result<Flow, Fault> {
        let Some((first, rest)) = word.bytes.split_first() else {
            return Ok(Flow::Continue);
        };
        match first {
            b'#' => return self.time(word, rest, sink),
            b'0' | b'1' | b'x' | b'X' | b'z' | b'Z' | b'u' | b'U' | b'w' | b'W' | b'l' | b'L'
            | b'h' | b'H' | b'-' => {
                if rest.is_empty() {
                    let found = String::from_utf8_lossy(word.bytes);
                    let expected = "the code of a variable right after the level, as in `1!`";
                    return Err(unexpected(&found, expected).at(word.offset));
                }
                self.change(word, rest, Value::Bits(&word.bytes[..1]), sink)?;
            }
            b'b' | b'B' => {
                let code = self.code(word)?;
                self.change(word, code.bytes, Value::Bits(rest), sink)?;
            }
            b'r' | b'R' => {
                let code = self.code(word)?;
                self.change(word, code.bytes, Value::Real(rest), sink)?;
            }
            b's' | b'S' => self.string(word, sink)?,
            b'p' => self.port(word, rest, sink)?,
            b'$' => return self.command(word, sink),
            _ => {
                let found = String::from_utf8_lossy(word.bytes);
                return Err(unexpected(&found, CHANGE).at(word.offset));
            }
        }
        Ok(Flow::Continue)
    }

    #[inline]
    fn time(
        &mut self,
        word: Word<'_>,
        digits: &[u8],
        sink: &mut impl ChangeSink,
    ) -> Result<Flow, Fault> {
        let time = number(digits).ok_or_else(|| {
            let found = String::from_utf8_lossy(word.bytes);
            unexpected(&found, "a whole number after `#`").at(word.offset)
        })?;
        if time < self.time {
            let previous = self.time;
            return Err(WaveformErrorKind::TimeRunsBack { time, previous }.at(word.offset));
        }
        self.time = time;
        sink.time(time).map_err(|kind| kind.at(word.offset))
    }

    #[inline]
    fn change(
        &mut self,
        word: Word<'_>,
        code: &[u8],
        value: Value<'_>,
        sink: &mut impl ChangeSink,
    ) -> Result<(), Fault> {
        match self.header.codes.find(code) {
            Some(signal) => self.change_signal(word, signal, value, sink),
            None => {
                self.reading.undeclared += 1;
                Ok(())
            }
        }
    }

    #[inline]
    fn change_signal(
        &mut self,
        word: Word<'_>,
        signal: SignalId,
        value: Value<'_>,
        sink: &mut impl ChangeSink,
    ) -> Result<(), Fault> {
        if !sink.watches(signal) || self.is_off {
            return Ok(());
        }
        sink.change(signal, value)
            .map_err(|kind| kind.at(word.offset))
    }

    /// The code that follows a value.
    fn code(&mut self, value: Word<'a>) -> Result<Word<'a>, Fault> {
        self.words
            .next()
            .ok_or_else(|| WaveformErrorKind::CutShort { expected: CODE }.at(value.offset))
    }

    /// A string may be empty: GTKWave writes `s` and a space. Not every tool escapes the
    /// spaces and the zero bytes in it.
    fn string(&mut self, word: Word<'a>, sink: &mut impl ChangeSink) -> Result<(), Fault> {
        let mut code = self.code(word)?;
        let mut end = word.offset + word.bytes.len();
        let is_cut_at_a_zero = self.words.between(end, end + 1) == b"\0";
        if (is_cut_at_a_zero || self.header.codes.find(code.bytes).is_none())
            && let Some((line_end, last)) = self.last_of_line()
            && self.header.codes.find(last.bytes).is_some()
        {
            end = last.offset - 1;
            code = last;
            self.words = line_end;
        }
        let text = self.words.between(word.offset + 1, end);
        let signal = self.header.codes.find(code.bytes);
        match signal.is_some_and(|signal| sink.watches(signal)) {
            true => self.change(word, code.bytes, Value::Text(&unescaped(text)), sink),
            false => self.change(word, code.bytes, Value::Text(text), sink),
        }
    }

    /// The last word of this line, and the position after it. A line is looked through once.
    fn last_of_line(&mut self) -> Option<(Words<'a>, Word<'a>)> {
        let is_known = |line: &LineEnd<'_>| self.words.position() <= line.last.offset;
        if !self.line.as_ref().is_some_and(is_known) {
            let (after, last) = self.words.last_of_line()?;
            self.line = Some(LineEnd { after, last });
        }
        self.line.map(|line| (line.after, line.last))
    }

    /// A port of an extended VCD: its states, two strengths, and its code.
    fn port(
        &mut self,
        word: Word<'a>,
        states: &[u8],
        sink: &mut impl ChangeSink,
    ) -> Result<(), Fault> {
        self.code(word)?;
        self.code(word)?;
        let code = self.code(word)?;
        if !self
            .header
            .codes
            .find(code.bytes)
            .is_none_or(|signal| sink.watches(signal))
        {
            return Ok(());
        }
        let levels: Vec<u8> = states.iter().map(|state| level_of_port(*state)).collect();
        self.change(word, code.bytes, Value::Bits(&levels), sink)
    }

    fn command(&mut self, word: Word<'a>, sink: &mut impl ChangeSink) -> Result<Flow, Fault> {
        match word.bytes {
            b"$dumpoff" | b"$dumpportsoff" => {
                self.reading.gaps += 1;
                self.is_off = true;
            }
            // What closes the values of a `$dumpoff`, or of another command.
            END => self.is_off = false,
            b"$dumpvars" | b"$dumpall" | b"$dumpon" | b"$dumpports" | b"$dumpportsall"
            | b"$dumpportson" => self.is_off = false,
            b"$var" | b"$scope" | b"$upscope" | b"$timescale" | b"$enddefinitions" => {
                return Err(WaveformErrorKind::Declaration.at(word.offset));
            }
            // The end of an extended VCD.
            b"$vcdclose" => {
                for argument in arguments(word, &mut self.words)? {
                    if let Some((b'#', digits)) = argument.bytes.split_first() {
                        return self.time(argument, digits, sink);
                    }
                }
            }
            _ => skip(word, &mut self.words)?,
        }
        Ok(Flow::Continue)
    }
}

/// The level of a port by its state in an extended VCD (IEEE 1364-2005, table 18-11): driven
/// from inside, from outside, or from both.
fn level_of_port(state: u8) -> u8 {
    match state {
        b'D' | b'd' | b'L' | b'l' | b'0' => b'0',
        b'U' | b'u' | b'H' | b'h' | b'1' => b'1',
        b'Z' | b'T' | b'F' | b'f' => b'z',
        _ => b'x',
    }
}

/// The digits as a number.
#[inline]
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}
