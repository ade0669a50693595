//! The header of a VCD file.

use lockstep_core::time::Instant;

use super::super::clock::Timescale;
use super::super::error::{WaveformErrorKind, unexpected};
use super::super::signals::{BitRange, Declaration, Signals, VariableKind};
use super::code_table::CodeTable;
use super::words::{END, Word, Words};
use super::{At, Fault};
use crate::diagnostic::BYTE_ORDER_MARK;
use crate::trace::vcd::{APP, CLOCK, SIGNATURE, VERSION};

#[derive(Clone, Debug)]
pub(in super::super) struct Header<'a> {
    /// The app whose trace this is, and the offset of the comment that names it.
    pub(in super::super) app: Option<(usize, String)>,
    pub(in super::super) clock: Instant,
    pub(in super::super) timescale: Timescale,
    pub(in super::super) signals: Signals,
    pub(super) codes: CodeTable<'a>,
    /// The offset of `$enddefinitions`.
    pub(in super::super) end: usize,
    /// The offset of the value changes.
    pub(in super::super) body: usize,
}

/// Reads up to and including `$enddefinitions`.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Header<'_>, Fault> {
    let start = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let mut words = Words::new(bytes, start);
    let mut builder = HeaderBuilder::default();
    while let Some(word) = words.next() {
        if word.bytes == b"$enddefinitions" {
            // Of the last command, the `$end` is not missed.
            let mut rest = words;
            if rest.skip_to_end().is_some() {
                words = rest;
            }
            return builder.finish(word.offset, words.position());
        }
        builder.take(word, &mut words)?;
    }
    let kind = WaveformErrorKind::CutShort {
        expected: "`$enddefinitions $end`",
    };
    Err(kind.at(bytes.len()))
}

/// The part of a header that has been read.
#[derive(Default)]
struct HeaderBuilder<'a> {
    app: Option<(usize, String)>,
    clock: Instant,
    timescale: Option<Timescale>,
    signals: Signals,
    codes: CodeTable<'a>,
}

impl<'a> HeaderBuilder<'a> {
    fn take(&mut self, command: Word<'a>, words: &mut Words<'a>) -> Result<(), Fault> {
        match command.bytes {
            b"$comment" => self.comment(command, words),
            b"$timescale" => self.timescale(command.offset, &arguments(command, words)?),
            b"$scope" => {
                let arguments = arguments(command, words)?;
                let name = text(arguments.get(1..).unwrap_or_default());
                self.signals
                    .open_scope(&name)
                    .map_err(|kind| kind.at(command.offset))
            }
            b"$upscope" => {
                self.signals.close_scope();
                skip(command, words)
            }
            b"$var" => self.variable(command.offset, &arguments(command, words)?),
            END => Ok(()),
            // Attributes, dates, versions, and whatever else tools may have to say.
            [b'$', _, ..] if !command.bytes.starts_with(b"$dump") => skip(command, words),
            _ if looks_like_a_change(command.bytes) => {
                Err(WaveformErrorKind::BeforeEndOfHeader.at(command.offset))
            }
            other => Err(unexpected(
                &String::from_utf8_lossy(other),
                "a command of a VCD file, such as `$timescale`, `$scope` or `$var`",
            )
            .at(command.offset)),
        }
    }

    /// A comment of another tool may be as long as it likes.
    fn comment(&mut self, command: Word<'a>, words: &mut Words<'a>) -> Result<(), Fault> {
        let mut ahead = *words;
        if ahead
            .next()
            .is_none_or(|word| word.bytes != SIGNATURE.as_bytes())
        {
            return skip(command, words);
        }
        let offset = command.offset;
        let arguments = text(&arguments(command, words)?);
        let comment = lockstep_comment(&arguments).map_err(|kind| kind.at(offset))?;
        if let Some(OwnComment { app, clock }) = comment {
            self.app = app.map(|app| (offset, app)).or(self.app.take());
            self.clock = clock.unwrap_or(self.clock);
        }
        Ok(())
    }

    fn timescale(&mut self, offset: usize, words: &[Word<'_>]) -> Result<(), Fault> {
        // Some tools have a space between the number and the unit, some have none.
        let joined: String = words
            .iter()
            .map(|word| String::from_utf8_lossy(word.bytes))
            .collect();
        let place = words.first().map_or(offset, |word| word.offset);
        let timescale = Timescale::parse(&joined).map_err(|kind| {
            let last = words.last().map_or(place, |word| word.offset);
            // The unit has a word of its own, or not.
            let is_unit = matches!(kind, WaveformErrorKind::UnknownUnit { .. });
            kind.at(if is_unit { last } else { place })
        })?;
        match self.timescale.replace(timescale) {
            Some(before) if before != timescale => {
                Err(unexpected("$timescale", "only one `$timescale`").at(offset))
            }
            _ => Ok(()),
        }
    }

    fn variable(&mut self, offset: usize, words: &[Word<'a>]) -> Result<(), Fault> {
        let [kind, size, code, name @ ..] = words else {
            let expected = "a type, a size, a code and a name, as in `$var wire 1 ! D0 $end`";
            return Err(unexpected("$var", expected).at(offset));
        };
        let (size, port_range) = size_of(*size)?;
        let (name, range) = name_of(&text(name), size);
        let declaration = Declaration {
            offset,
            name: &name,
            range: range.or(port_range),
            kind: kind_of(kind.bytes),
            is_signed: SIGNED.contains(&kind.bytes),
            size,
            signal: self.codes.declare(code.bytes),
        };
        self.signals
            .declare(declaration)
            .map_err(|kind| kind.at(offset))
    }

    fn finish(self, end: usize, body: usize) -> Result<Header<'a>, Fault> {
        let timescale = self.timescale.ok_or_else(|| {
            let expected = "`$timescale 1 ms $end` or the like before it";
            unexpected("$enddefinitions", expected).at(end)
        })?;
        Ok(Header {
            app: self.app,
            clock: self.clock,
            timescale,
            signals: self.signals,
            codes: self.codes,
            end,
            body,
        })
    }
}

/// What the comment of a waveform that was written here says.
#[derive(Debug, Default)]
pub(in super::super) struct OwnComment {
    pub(in super::super) app: Option<String>,
    pub(in super::super) clock: Option<Instant>,
}

/// The app and the start of its clock, if [`trace::vcd`](crate::trace::vcd) wrote the comment.
pub(in super::super) fn lockstep_comment(
    text: &str,
) -> Result<Option<OwnComment>, WaveformErrorKind> {
    let mut words = text.split_ascii_whitespace();
    if words.next() != Some(SIGNATURE) {
        return Ok(None);
    }
    match words.next().map(str::parse) {
        Some(Ok(VERSION)) => {}
        Some(Ok(found)) => return Err(WaveformErrorKind::OtherVersion { found }),
        // Another comment that begins with the same word.
        Some(Err(_)) | None => return Ok(None),
    }
    let mut comment = OwnComment::default();
    for (key, value) in words.filter_map(|word| word.split_once('=')) {
        if key == APP {
            comment.app = Some(value.to_owned());
        } else if key == CLOCK {
            let expected = "a reading of the tick counter after `clock=`";
            let reading = value.parse().map_err(|_| unexpected(value, expected))?;
            comment.clock = Some(Instant(reading));
        }
    }
    Ok(Some(comment))
}

/// The most words of a command that are kept. In a file that lacks an `$end`, all that follow
/// would be words of its command.
const MAX_ARGUMENTS: usize = 1_000;

/// The words of a command up to its `$end`.
pub(super) fn arguments<'a>(
    command: Word<'a>,
    words: &mut Words<'a>,
) -> Result<Vec<Word<'a>>, Fault> {
    let mut arguments = Vec::new();
    loop {
        let word = words.next().ok_or_else(|| unclosed(command))?;
        if word.bytes == END {
            return Ok(arguments);
        }
        if arguments.len() == MAX_ARGUMENTS {
            skip(command, words)?;
            let found = String::from_utf8_lossy(command.bytes);
            let expected = "at most 1000 words before its `$end`";
            return Err(unexpected(&found, expected).at(command.offset));
        }
        arguments.push(word);
    }
}

/// Passes over the words of a command.
pub(super) fn skip<'a>(command: Word<'a>, words: &mut Words<'a>) -> Result<(), Fault> {
    words.skip_to_end().ok_or_else(|| unclosed(command))
}

fn unclosed(command: Word<'_>) -> Fault {
    WaveformErrorKind::Unclosed(String::from_utf8_lossy(command.bytes).into_owned())
        .at(command.offset)
}

/// Whether it is a time or a value change, rather than something that is no part of a VCD.
fn looks_like_a_change(word: &[u8]) -> bool {
    matches!(
        word.first(),
        Some(b'#' | b'0' | b'1' | b'x' | b'X' | b'z' | b'Z' | b'b' | b'B' | b'r' | b'R' | b'$')
    )
}

fn text(words: &[Word<'_>]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|word| String::from_utf8_lossy(word.bytes))
        .collect();
    words.join(" ")
}

/// The types of variables whose bits are a number in two's complement.
const SIGNED: [&[u8]; 5] = [b"integer", b"int", b"shortint", b"longint", b"byte"];

fn kind_of(word: &[u8]) -> VariableKind {
    match word {
        b"string" => VariableKind::Text,
        b"real" | b"realtime" | b"shortreal" => VariableKind::Real,
        b"event" => VariableKind::Event,
        b"parameter" | b"real_parameter" => VariableKind::Parameter,
        _ => VariableKind::Bits,
    }
}

/// The number of bits; a port of an extended VCD has a range for it.
fn size_of(word: Word<'_>) -> Result<(u32, Option<BitRange>), Fault> {
    let text = String::from_utf8_lossy(word.bytes);
    if let Some(range) = BitRange::parse(&text) {
        let size = range.first.abs_diff(range.last).saturating_add(1);
        return Ok((u32::try_from(size).unwrap_or(u32::MAX), Some(range)));
    }
    match text.parse::<i64>() {
        // A tool that does not know the size of a string writes -1.
        Ok(size) => Ok((u32::try_from(size.max(0)).unwrap_or(u32::MAX), None)),
        Err(_) => Err(unexpected(&text, "a whole number of bits").at(word.offset)),
    }
}

/// The name of a variable without the range of its bits, which may stand apart from it.
pub(in super::super) fn name_of(text: &str, size: u32) -> (String, Option<BitRange>) {
    let Some((start, range)) = text
        .ends_with(']')
        .then(|| text.rfind('['))
        .flatten()
        .and_then(|start| {
            let range: String = text[start..].split_whitespace().collect();
            Some((start, BitRange::parse(&range)?))
        })
    else {
        return (text.to_owned(), None);
    };
    let name = text[..start].trim_end();
    let width = range.first.abs_diff(range.last).saturating_add(1);
    if width == u64::from(size) && !name.is_empty() {
        (name.to_owned(), Some(range))
    } else if range.first != range.last {
        // A size that contradicts the range: the values tell.
        (name.to_owned(), None)
    } else {
        // An element of an array.
        (format!("{name}[{}]", range.first), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_not_collected_without_an_end() {
        let words = "word ".repeat(MAX_ARGUMENTS + 1);
        let rest = "$timescale 1 ms $end $enddefinitions $end\n";
        let parsed = |begin: &str, end: &str| {
            parse(format!("{begin} {words}{end} {rest}").as_bytes())
                .map(|header| header.app)
                .map_err(|fault| format!("{:?}", fault.kind))
        };
        assert_eq!(parsed("$comment", "$end"), Ok(None));
        for begin in [
            "$comment lockstep 1 app=lamp",
            "$var",
            "$scope",
            "$timescale",
        ] {
            let refused = parsed(begin, "$end").unwrap_err();
            assert!(refused.contains("at most 1000 words"), "{refused}");
        }
        for begin in ["$comment", "$comment lockstep 1", "$var", "$date"] {
            let text = format!("{begin} {words}");
            let fault = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(fault.kind, WaveformErrorKind::Unclosed(_)),
                "{begin}"
            );
        }
    }

    #[test]
    fn the_range_of_a_name_may_stand_apart() {
        for (text, size, name, range) in [
            ("data", 8, "data", None),
            ("data [7:0]", 8, "data", Some((7, 0))),
            ("data[7:0]", 8, "data", Some((7, 0))),
            ("data [7 : 0]", 8, "data", Some((7, 0))),
            ("D [3]", 1, "D", Some((3, 3))),
            ("D[3]", 1, "D", Some((3, 3))),
            ("mem[3]", 8, "mem[3]", None),
            ("mem[3][7:0]", 8, "mem[3]", Some((7, 0))),
            ("two words", 1, "two words", None),
            ("", 1, "", None),
            ("[0]", 1, "[0]", None),
        ] {
            let range = range.map(|(first, last)| BitRange { first, last });
            assert_eq!(name_of(text, size), (name.to_owned(), range), "{text}");
        }
    }
}
