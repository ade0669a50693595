//! The hash of a situation.

use std::hash::{Hash, Hasher};

/// The hash of a situation: always the same of the same, because what is found first must not depend
/// on the process.
pub(crate) fn fingerprint(app: &impl Hash, words: &[u32]) -> u64 {
    let mut hasher = Lanes {
        next: FIRST,
        other: SECOND,
    };
    app.hash(&mut hasher);
    for word in words {
        hasher.write_u32(*word);
    }
    hasher.finish()
}

/// Two sums of powers, which take numbers by turns, and are multiplied at the end.
///
/// An app hashes a great many numbers of few bits, and each takes an addition and a multiplication,
/// of which those of the other lane wait for nothing. Hashers that spread each number over all
/// bits take twice the time, which is half of the time of a step.
struct Lanes {
    next: u64,
    other: u64,
}

const FIRST: u64 = 0x243f_6a88_85a3_08d3;
const SECOND: u64 = 0x1319_8a2e_0370_7344;

/// Odd, so that no number is lost, and without a pattern.
const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;

impl Lanes {
    #[inline]
    const fn take(&mut self, number: u64) {
        let taken = self.next.wrapping_add(number).wrapping_mul(FACTOR);
        self.next = self.other;
        self.other = taken;
    }
}

macro_rules! taken {
    ($($write:ident($number:ty)),*) => {
        $(
            #[inline]
            fn $write(&mut self, number: $number) {
                self.take(number as u64);
            }
        )*
    };
}

impl Hasher for Lanes {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(8) {
            let mut whole = [0; 8];
            for (to, from) in whole.iter_mut().zip(bytes) {
                *to = *from;
            }
            self.take(u64::from_le_bytes(whole));
        }
    }

    taken!(
        write_u8(u8),
        write_u16(u16),
        write_u32(u32),
        write_u64(u64),
        write_usize(usize)
    );

    #[inline]
    fn finish(&self) -> u64 {
        let product = u128::from(self.next ^ SECOND) * u128::from(self.other ^ FIRST);
        #[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
        {
            product as u64 ^ (product >> 64) as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use crate::settings::chance_of_a_miss;
    use std::collections::HashSet;

    /// Where so many bits of them are looked at that some are equal, as many are as of numbers that
    /// are drawn at random.
    #[test]
    fn hashes_are_as_good_as_drawn_at_random() {
        const COUNT: usize = 1 << 16;
        const BITS: i32 = 24;
        for shift in [0, 20, 40] {
            let situations = (0..COUNT).map(|at| {
                // Times that are counted down together, and flags, as in a state.
                let at = u32::try_from(at).unwrap();
                let (slow, fast, flags) = (at >> 10, (at >> 4) & 0x3f, at & 0xf);
                let app = (
                    (20_u32, flags & 1 != 0, Some(u32::MAX - slow)),
                    (flags & 2 != 0).then_some(fast.wrapping_neg()),
                    [slow, 800, fast],
                    flags & 4 != 0,
                );
                fingerprint(&app, &[flags >> 3])
            });
            let cut: HashSet<u64> = situations
                .map(|hash| (hash >> shift) & ((1 << BITS) - 1))
                .collect();
            let equal = COUNT - cut.len();
            // 128 pairs are expected, with a standard deviation of 11.
            let expected = chance_of_a_miss(COUNT as u64) * 2_f64.powi(64 - BITS);
            assert!((expected - 128.0).abs() < 1.0, "{expected}");
            assert!((70..190).contains(&equal), "{equal} at {shift}");
        }
    }
}
