//! The identifier codes of a VCD file.

use std::collections::HashMap;

use super::super::signals::SignalId;

/// Codes of up to this many bytes have a place in a table: they are what tools count up.
const SHORT: usize = 3;

/// The printable ASCII characters other than the space, which standard codes are made of.
const CHARACTERS: usize = 94;

/// The signal of each code.
#[derive(Clone, Debug, Default)]
pub(super) struct CodeTable<'a> {
    /// The number of the signal plus one, by the short code as a number; 0 where there is none.
    short: Vec<u32>,
    /// Of all other codes: a code may have any length and any bytes.
    long: HashMap<&'a [u8], u32>,
    count: u32,
}

impl<'a> CodeTable<'a> {
    /// The signal of this code, which is a new one if the code is.
    pub(super) fn declare(&mut self, code: &'a [u8]) -> SignalId {
        if let Some(signal) = self.find(code) {
            return signal;
        }
        let signal = SignalId(self.count);
        // The number of variables has a limit far below this one.
        self.count = self.count.saturating_add(1);
        match short_index(code) {
            Some(index) => {
                if self.short.len() <= index {
                    self.short.resize(index + 1, 0);
                }
                self.short[index] = self.count;
            }
            None => {
                self.long.insert(code, signal.0);
            }
        }
        signal
    }

    /// The signal of this code, if it was declared.
    #[inline]
    pub(super) fn find(&self, code: &[u8]) -> Option<SignalId> {
        match short_index(code) {
            Some(index) => self
                .short
                .get(index)
                .and_then(|number| number.checked_sub(1))
                .map(SignalId),
            None => self.long.get(code).copied().map(SignalId),
        }
    }
}

/// A number for each code of a few printable characters.
#[inline]
fn short_index(code: &[u8]) -> Option<usize> {
    if code.is_empty() || code.len() > SHORT {
        return None;
    }
    let mut index = 0;
    for byte in code {
        let digit = byte.wrapping_sub(b'!');
        if usize::from(digit) >= CHARACTERS {
            return None;
        }
        index = index * (CHARACTERS + 1) + usize::from(digit) + 1;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_code_keeps_its_own_signal(
            codes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6), 0..40)
        ) {
            let mut table = CodeTable::default();
            let mut known: Vec<&[u8]> = Vec::new();
            for code in &codes {
                let signal = table.declare(code);
                let position = known.iter().position(|it| *it == code.as_slice());
                if position.is_none() {
                    known.push(code);
                }
                let expected = position.unwrap_or(known.len() - 1);
                prop_assert_eq!(signal.0 as usize, expected);
            }
            for (index, code) in known.iter().enumerate() {
                prop_assert_eq!(table.find(code).map(|it| it.0 as usize), Some(index));
            }
            prop_assert_eq!(table.find(b"not declared"), None);
        }
    }
}
