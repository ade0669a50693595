//! The hash of identities.

/// FNV-1a, 64 bits: an identity, not a defence.
///
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, "FNV Hash", parameters of the 64-bit variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Fnv1a {
    /// The hash of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The hash so far.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }

    /// With one byte more.
    #[must_use]
    pub const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    /// With a text more. Its length comes first, so that no two lists of texts run into
    /// the same bytes.
    #[must_use]
    pub const fn text(self, text: &str) -> Self {
        let mut hash = self.number(text.len());
        let mut index = 0;
        while index < text.len() {
            hash = hash.byte(text.as_bytes()[index]);
            index += 1;
        }
        hash
    }

    /// With the 32 lowest bits of a number more, so that the hash is the same on a board
    /// and on a host.
    #[must_use]
    pub const fn number(self, number: usize) -> Self {
        let [a, b, c, d, ..] = (number as u64).to_le_bytes();
        self.byte(a).byte(b).byte(c).byte(d)
    }

    /// With a list of texts more, its length first.
    #[must_use]
    pub const fn list(self, texts: &[&str]) -> Self {
        let mut hash = self.number(texts.len());
        let mut index = 0;
        while index < texts.len() {
            hash = hash.text(texts[index]);
            index += 1;
        }
        hash
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of draft-eastlake-fnv: "" and "a".
        assert_eq!(Fnv1a::new().finish(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fnv1a::new().byte(b'a').finish(), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn lists_of_the_same_letters_differ() {
        let hash = |texts: &[&str]| Fnv1a::new().list(texts).finish();
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["abc"]), hash(&["ab", "c"]));
    }
}
