//! Numbers as bytes, least first, with a sum at the end that tells whether they are as they were.

use std::io::{self, ErrorKind, Read, Write};

use lockstep_core::fnv::Fnv1a;

use crate::checkpoint::CheckpointError;

/// Writes numbers, and sums them up.
pub(crate) struct Encoder<'w> {
    to: &'w mut dyn Write,
    sum: Fnv1a,
}

/// Reads what an [`Encoder`] wrote.
pub(crate) struct Decoder<'r> {
    from: &'r mut dyn Read,
    sum: Fnv1a,
}

fn with(sum: Fnv1a, bytes: &[u8]) -> Fnv1a {
    bytes.iter().fold(sum, |sum, byte| sum.byte(*byte))
}

impl<'w> Encoder<'w> {
    pub(crate) fn new(to: &'w mut dyn Write) -> Self {
        Self {
            to,
            sum: Fnv1a::new(),
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum = with(self.sum, bytes);
        self.to.write_all(bytes)
    }

    pub(crate) fn u8(&mut self, number: u8) -> io::Result<()> {
        self.bytes(&[number])
    }

    pub(crate) fn u32(&mut self, number: u32) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, number: u64) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    /// How many items follow.
    pub(crate) fn count(&mut self, count: usize) -> io::Result<()> {
        self.u64(u64::try_from(count).unwrap_or(u64::MAX))
    }

    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.count(text.len())?;
        self.bytes(text.as_bytes())
    }

    /// Writes the sum, which is the last that there is.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.to.write_all(&self.sum.finish().to_le_bytes())
    }
}

impl<'r> Decoder<'r> {
    pub(crate) fn new(from: &'r mut dyn Read) -> Self {
        Self {
            from,
            sum: Fnv1a::new(),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CheckpointError> {
        let mut bytes = [0; N];
        self.bytes(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn bytes(&mut self, bytes: &mut [u8]) -> Result<(), CheckpointError> {
        self.from.read_exact(bytes).map_err(read_error)?;
        self.sum = with(self.sum, bytes);
        Ok(())
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CheckpointError> {
        self.array().map(|[number]| number)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CheckpointError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CheckpointError> {
        self.array().map(u64::from_le_bytes)
    }

    /// How many items follow. Whoever takes them takes one after the other: where the number is
    /// damaged, the bytes end before the memory does.
    pub(crate) fn count(&mut self) -> Result<u64, CheckpointError> {
        self.u64()
    }

    pub(crate) fn text(&mut self) -> Result<String, CheckpointError> {
        let mut bytes = Vec::new();
        for _ in 0..self.count()? {
            bytes.push(self.u8()?);
        }
        String::from_utf8(bytes).map_err(|_| CheckpointError::Damaged)
    }

    /// Makes sure that all was as it was written, and that nothing follows.
    pub(crate) fn finish(self) -> Result<(), CheckpointError> {
        let mut sum = [0; 8];
        self.from.read_exact(&mut sum).map_err(read_error)?;
        let mut more = [0];
        let is_all = self.from.read(&mut more).map_err(read_error)? == 0;
        match is_all && u64::from_le_bytes(sum) == self.sum.finish() {
            true => Ok(()),
            false => Err(CheckpointError::Damaged),
        }
    }
}

fn read_error(error: io::Error) -> CheckpointError {
    match error.kind() {
        ErrorKind::UnexpectedEof => CheckpointError::Damaged,
        _ => CheckpointError::Read(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Encoder};
    use proptest::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Item {
        Small(u8),
        Word(u32),
        Large(u64),
        Text(String),
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        let item = prop_oneof![
            any::<u8>().prop_map(Item::Small),
            any::<u32>().prop_map(Item::Word),
            any::<u64>().prop_map(Item::Large),
            ".{0,9}".prop_map(Item::Text),
        ];
        proptest::collection::vec(item, 0..40)
    }

    fn written(items: &[Item]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut to = Encoder::new(&mut bytes);
        for item in items {
            match item {
                Item::Small(number) => to.u8(*number),
                Item::Word(number) => to.u32(*number),
                Item::Large(number) => to.u64(*number),
                Item::Text(text) => to.text(text),
            }
            .unwrap();
        }
        to.finish().unwrap();
        bytes
    }

    /// What is read where items of the same kinds stand.
    fn read(mut bytes: &[u8], like: &[Item]) -> Option<Vec<Item>> {
        let mut from = Decoder::new(&mut bytes);
        let items = like.iter().map(|item| match item {
            Item::Small(_) => from.u8().map(Item::Small),
            Item::Word(_) => from.u32().map(Item::Word),
            Item::Large(_) => from.u64().map(Item::Large),
            Item::Text(_) => from.text().map(Item::Text),
        });
        let items: Result<Vec<_>, _> = items.collect();
        from.finish().ok().and(items.ok())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(items in items()) {
            prop_assert_eq!(read(&written(&items), &items), Some(items));
        }

        #[test]
        fn damage_is_noticed(items in items(), at: prop::sample::Index, by in 1..=u8::MAX, cut: bool) {
            let mut bytes = written(&items);
            let at = at.index(bytes.len());
            match cut {
                true => bytes.truncate(at),
                false => bytes[at] ^= by,
            }
            prop_assert_eq!(read(&bytes, &items), None);
            bytes = written(&items);
            bytes.push(by);
            prop_assert_eq!(read(&bytes, &items), None);
        }
    }
}
