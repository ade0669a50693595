//! What stands for bytes in the strings of a VCD file: the escapes of C, as GTKWave writes them.

use std::borrow::Cow;

/// The bytes of a string. A backslash that begins no escape stands for itself, as not every tool
/// escapes its strings.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, escape(after)) {
            (b'\\', Some((byte, length))) => {
                bytes.push(byte);
                rest = after.get(length..).unwrap_or_default();
            }
            _ => bytes.push(*first),
        }
    }
    Cow::Owned(bytes)
}

/// The byte that stands behind a backslash, and how many characters name it.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let byte = match text.first()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        quoted @ (b'\'' | b'"' | b'\\' | b'?') => *quoted,
        b'x' => return Some((number(text.get(1..3)?, 16)?, 3)),
        b'0'..=b'3' => return Some((number(text.get(..3)?, 8)?, 3)),
        _ => return None,
    };
    Some((byte, 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = str::from_utf8(digits).ok()?;
    let is_digits = digits.chars().all(|c| c.is_digit(radix));
    u8::from_str_radix(digits, radix).ok().filter(|_| is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quoted::Quoted;
    use proptest::prelude::*;

    #[test]
    fn the_escapes_of_c_stand_for_bytes() {
        for (text, bytes) in [
            (&br"status\n"[..], &b"status\n"[..]),
            (br"a\x20b\040c", b"a b c"),
            (br"\377\x1b\\n", b"\xff\x1b\\n"),
            (br#"\"\'\?"#, b"\"'?"),
            (br"C:\q\", br"C:\q\"),
            (br"\x2\47", br"\x2\47"),
            (b"", b""),
        ] {
            assert_eq!(unescaped(text), bytes, "{}", String::from_utf8_lossy(text));
        }
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = Quoted(&bytes).to_string();
            let inner = &text.as_bytes()[1..text.len() - 1];
            prop_assert_eq!(&*unescaped(inner), bytes);
        }
    }
}
