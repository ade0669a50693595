//! A tiny program for a Cortex-M0, made without a compiler, and the image that it stands in.

/// Where programs begin.
pub(crate) const CODE: u32 = 0xc0;
/// Where their hard fault handler is: it stays there.
pub(crate) const HANDLER: u32 = 0xb0;
/// The word that [`TICKER`] counts in.
pub(crate) const COUNT: u32 = 0x2000_0000;
/// Where the tick handler of [`TICKER`] is.
pub(crate) const TICK: u32 = CODE + 0x32;

/// Starts TIMER0 at 1 kHz and sleeps; each tick counts at [`COUNT`] and shows
/// the level of P0.17 on P0.03.
pub(crate) const TICKER: [u16; 66] = [
    0x4813, 0x2104, 0x4a13, 0x5081, 0x4a13, 0x4914, 0x5081, 0x2101, 0x040b, 0x4a13, 0x5083, 0x4a13,
    0x5081, 0x4a13, 0x2300, 0x5083, 0x4c12, 0x4a13, 0x50a1, 0x4c13, 0x020b, 0x6023, 0x6001, 0xbf30,
    0xe7fd, 0x4811, 0x2100, 0x6001, 0x4810, 0x6801, 0x3101, 0x6001, 0x480f, 0x6901, 0x0c49, 0x2201,
    0x4011, 0x00c9, 0x6041, 0x4770, 0x8000, 0x4000, 0x0510, 0x0000, 0x0540, 0x0000, 0x03e8, 0x0000,
    0x0304, 0x0000, 0x0200, 0x0000, 0x0508, 0x0000, 0x0000, 0x5000, 0x070c, 0x0000, 0xe100, 0xe000,
    0x8140, 0x4000, 0x0000, 0x2000, 0x0500, 0x5000,
];

/// An image: vectors, the code, a hard fault handler that stays.
pub(crate) fn image(code: &[u16]) -> Vec<u8> {
    let mut image = vec![0xff; CODE as usize + 2 * code.len()];
    let mut put = |at: u32, bytes: &[u8]| {
        let at = at as usize;
        image[at..at + bytes.len()].copy_from_slice(bytes);
    };
    let vectors = [
        (0, 0x2000_2000),
        (4, CODE | 1),
        (8, HANDLER | 1),
        (12, HANDLER | 1),
        (0x60, TICK | 1),
    ];
    for (at, word) in vectors {
        put(at, &u32::to_le_bytes(word));
    }
    for (at, half) in (CODE..).step_by(2).zip(code) {
        put(at, &half.to_le_bytes());
    }
    put(HANDLER, &0xe7fe_u16.to_le_bytes());
    image
}
