//! Bytes as a text in quotes, as scenarios and traces have them.
//!
//! What can be printed stands for itself; `\n`, `\r`, `\t`, `\"`, `\\` and `\x1b` stand for the rest.

use std::fmt;

use crate::sanitize::is_unprintable;

/// Bytes, written in quotes.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    '"' | '\\' => write!(f, "\\{c}")?,
                    c if is_unprintable(c) => {
                        let mut bytes = [0; 4];
                        write_hex(f, c.encode_utf8(&mut bytes).as_bytes())?;
                    }
                    c => write!(f, "{c}")?,
                }
            }
            write_hex(f, chunk.invalid())?;
        }
        f.write_str("\"")
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// The bytes of a text that is typed without quotes around it: a quote stands for itself, and `\`
/// begins an escape.
///
/// # Errors
///
/// What is wrong, and what is expected.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    unescaped(text).map_err(|error| format!("{}; {}", error.message, error.expected))
}

/// A text in quotes that cannot be read: what is wrong, and where, in characters from its first
/// quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuoteError {
    pub(crate) at: usize,
    pub(crate) width: usize,
    pub(crate) message: String,
    pub(crate) expected: &'static str,
}

/// How many bytes of a text that begins with a quote belong to it, its closing quote included;
/// `None` where that is missing.
pub(crate) fn quoted_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().skip(1).find_map(|(place, c)| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes.then_some(place + 1)
    })
}

/// The bytes of a text with its quotes.
pub(crate) fn unquote(text: &str) -> Result<Vec<u8>, QuoteError> {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let Some(inner) = inner.filter(|_| quoted_length(text) == Some(text.len())) else {
        return Err(QuoteError {
            at: text.chars().count(),
            width: 1,
            message: "the text has no closing quote".to_owned(),
            expected: "expected `\"` at its end",
        });
    };
    unescaped(inner)
}

/// The bytes of the text between two quotes.
fn unescaped(inner: &str) -> Result<Vec<u8>, QuoteError> {
    let mut bytes = Vec::new();
    let mut chars = inner.chars().zip(1..);
    while let Some((c, at)) = chars.next() {
        if c != '\\' {
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = chars.next().map(|(c, _)| c);
        bytes.push(match escape {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('"') => b'"',
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = chars.by_ref().take(2).map(|(c, _)| c).collect();
                let is_hex = digits.len() == 2 && digits.bytes().all(|it| it.is_ascii_hexdigit());
                let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
                byte.ok_or(QuoteError {
                    at,
                    width: 2 + digits.chars().count(),
                    message: "`\\x` needs two hexadecimal digits".to_owned(),
                    expected: "expected two digits after `\\x`, as in `\\x1b`",
                })?
            }
            other => {
                return Err(QuoteError {
                    at,
                    width: 2,
                    message: match other {
                        Some(other) => format!("unknown escape `\\{other}`"),
                        None => "unknown escape `\\`".to_owned(),
                    },
                    expected: "expected `\\n`, `\\r`, `\\t`, `\\0`, `\\\"`, `\\\\` or `\\x1b`",
                });
            }
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_printed_stands_for_itself() {
        let quoted = |bytes: &[u8]| Quoted(bytes).to_string();
        assert_eq!(quoted(b"led on\n"), r#""led on\n""#);
        assert_eq!(quoted("21 °C".as_bytes()), "\"21 °C\"");
        assert_eq!(quoted(b"\x1b[0m\xff\"\\\0"), r#""\x1b[0m\xff\"\\\x00""#);
    }

    #[test]
    fn what_cannot_be_read_is_shown_where_it_stands() {
        for (text, at, width) in [
            (r#""open"#, 5, 1),
            (r#""a\q""#, 2, 2),
            (r#""\xg1""#, 1, 4),
            (r#""\x1""#, 1, 3),
            (r#""ends\""#, 7, 1),
        ] {
            let error = unquote(text).unwrap_err();
            assert_eq!((error.at, error.width), (at, width), "{text}: {error:?}");
        }
    }

    #[test]
    fn typed_text_may_have_quotes_and_escapes() {
        assert_eq!(
            unescape(r#"say "on"\r\x1b"#),
            Ok(b"say \"on\"\r\x1b".to_vec())
        );
        let refused = unescape(r"a\q").unwrap_err();
        assert!(
            refused.starts_with(r"unknown escape `\q`; expected `\n`"),
            "{refused}"
        );
        assert!(
            unescape(r"ends\")
                .unwrap_err()
                .starts_with(r"unknown escape `\`")
        );
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_again(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = Quoted(&bytes).to_string();
            prop_assert_eq!(quoted_length(&text), Some(text.len()));
            prop_assert_eq!(unquote(&text), Ok(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\"[\\\\nx0-9a-f\" é]{0,12}\"?") {
            if let Err(error) = unquote(&text) {
                prop_assert!(error.at <= text.chars().count());
            }
        }
    }
}
