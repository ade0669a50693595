//! The commands of a VCD file, one after the other, with their offsets.
//!
//! The `vcd` crate parses them. Added here are the offset of a command, a limit to its length,
//! and two cases that the crate does not handle: an empty string (it would take the next word
//! for the string), and a file without a final newline.

use std::io::{self, BufRead, Read};
use std::str::FromStr;

use vcd::{Command, IdCode, ParseError, ParseErrorKind, Parser};

use super::MAX_COMMAND;
use super::error::{VcdError, VcdErrorKind, unexpected};

pub(super) struct Commands<'a> {
    parser: Parser<ByteReader<'a>>,
}

impl<'a> Commands<'a> {
    /// The commands from this offset on.
    pub(super) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self {
            parser: Parser::new(ByteReader {
                bytes,
                position: offset,
                command: offset,
                ended: false,
            }),
        }
    }

    /// The next command and the offset it begins at.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Command)>, VcdError> {
        let reader = self.parser.reader();
        reader.skip_space();
        let start = reader.position;
        reader.command = start;
        if reader.at_empty_string() {
            return self.empty_string(start).map(Some);
        }
        match self.parser.next() {
            None => Ok(None),
            Some(Ok(command)) => Ok(Some((start, command))),
            Some(Err(error)) => Err(self.explain(start, &error)),
        }
    }

    /// Where the last command ended.
    pub(super) fn position(&mut self) -> usize {
        self.parser.reader().position
    }

    /// `s` and a space: GTKWave's form of an empty string. IEEE 1364 has no strings.
    fn empty_string(&mut self, start: usize) -> Result<(usize, Command), VcdError> {
        let reader = self.parser.reader();
        reader.position += 1;
        reader.skip_space();
        let (offset, word) = (reader.position, reader.word());
        reader.position += word.len();
        let bytes = reader.bytes;
        let kind = match std::str::from_utf8(word).map(IdCode::from_str) {
            Ok(Ok(id)) => return Ok((start, Command::ChangeString(id, String::new()))),
            _ if word.is_empty() => return Err(VcdError::at(bytes, start, UNFINISHED)),
            _ => unexpected(&String::from_utf8_lossy(word), ID_CODE),
        };
        Err(VcdError::at(bytes, offset, kind))
    }

    fn explain(&mut self, start: usize, error: &io::Error) -> VcdError {
        let reader = self.parser.reader();
        let bytes = reader.bytes;
        let parse_error = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<ParseError>());
        let Some(parse_error) = parse_error else {
            let kind = match error.kind() {
                io::ErrorKind::FileTooLarge => VcdErrorKind::TooLong,
                _ => UNFINISHED,
            };
            return VcdError::at(bytes, start, kind);
        };
        let (offset, word) = reader.last_word();
        let kind = unexpected(&String::from_utf8_lossy(word), expected(parse_error.kind()));
        VcdError::at(bytes, offset, kind)
    }
}

const UNFINISHED: VcdErrorKind = VcdErrorKind::CutShort {
    expected: "the end of this command",
};

const ID_CODE: &str = "an identifier code of a few printable ASCII characters";

fn expected(kind: &ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::InvalidUtf8 => "text in UTF-8",
        ParseErrorKind::UnexpectedCharacter => {
            "a command (`$scope`), a time (`#100`) or a value change (`1!`)"
        }
        ParseErrorKind::TokenTooLong => "a shorter word",
        ParseErrorKind::ExpectedEndCommand => "`$end`",
        ParseErrorKind::UnmatchedEnd => "no `$end`: nothing is open here",
        ParseErrorKind::UnknownCommand => {
            "a command of IEEE 1364, such as `$scope`, `$var` or `$dumpvars`"
        }
        ParseErrorKind::ParseIntError(_) => "a whole number",
        ParseErrorKind::ParseFloatError(_) => "a number",
        ParseErrorKind::InvalidTimescaleUnit(_) => "`s`, `ms`, `us`, `ns`, `ps` or `fs`",
        ParseErrorKind::InvalidScopeType(_) => "`module`, `task`, `function`, `begin` or `fork`",
        ParseErrorKind::InvalidVarType(_) => "a type such as `wire`, `reg` or `string`",
        ParseErrorKind::InvalidReferenceIndex(_) => "an index such as `[0]` or `[7:0]`",
        ParseErrorKind::InvalidValueChar(_) => "`0`, `1`, `x` or `z`",
        ParseErrorKind::InvalidIdCode(_) => ID_CODE,
        _ => "a command of a VCD file",
    }
}

/// A position in the file.
struct ByteReader<'a> {
    bytes: &'a [u8],
    position: usize,
    /// The offset of the command that is being read.
    command: usize,
    /// Whether the newline after the last byte has been read.
    ended: bool,
}

impl<'a> ByteReader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.position += self.rest().iter().take_while(|byte| is_space(byte)).count();
    }

    /// The bytes up to the next space, at most as many as a command can have.
    fn word(&self) -> &'a [u8] {
        let rest = &self.rest()[..self.rest().len().min(MAX_COMMAND)];
        let length = rest.iter().take_while(|byte| !is_space(byte)).count();
        &rest[..length]
    }

    fn at_empty_string(&self) -> bool {
        match self.rest() {
            [b's' | b'S'] => true,
            [b's' | b'S', next, ..] => is_space(next),
            _ => false,
        }
    }

    /// The word that was read last, whole, and its offset.
    fn last_word(&self) -> (usize, &'a [u8]) {
        let read = &self.bytes[self.command..self.position];
        let end = read.iter().rposition(|byte| !is_space(byte)).unwrap_or(0);
        let start = read[..end]
            .iter()
            .rposition(is_space)
            .map_or(0, |it| it + 1);
        let offset = self.command + start;
        let word = ByteReader {
            position: offset,
            ..*self
        }
        .word();
        (offset, word)
    }
}

/// Whether a byte separates words: the same bytes as in the `vcd` crate.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

impl Read for ByteReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for ByteReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let room = MAX_COMMAND.saturating_sub(self.position - self.command);
        match self.rest() {
            [] if self.ended => Ok(&[]),
            [] => Ok(b"\n"),
            _ if room == 0 => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            rest => Ok(&rest[..rest.len().min(room)]),
        }
    }

    fn consume(&mut self, count: usize) {
        if self.rest().is_empty() {
            self.ended |= count > 0;
        } else {
            self.position += count;
        }
    }
}
