//! Tiny programs for a Cortex-M0, without a compiler.

/// Counts in R0 for ever, R1 = 7: `movs r0,#0; movs r1,#7; adds r0,#1; b .-2`.
pub(crate) const COUNTER: [u16; 4] = [0x2000, 0x2107, 0x3001, 0xe7fd];
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

/// Waits in each of the three ways: `wfi; wfe; yield; movs r0,#1; b .`
pub(crate) const WAITER: [u16; 5] = [0xbf30, 0xbf20, 0xbf10, 0x2001, 0xe7fe];

/// Raises P0.03, waits some 0.2 s and resets itself: `ldr r0,=OUTSET; movs r1,#8; str r1,[r0,#16];
/// str r1,[r0]; ldr r2,=count; subs r2,#1; bne .-2; ldr r3,=AIRCR; ldr r4,=key; str r4,[r3]; b .`
pub(crate) const RESETTER: [u16; 20] = [
    0x4805, 0x2108, 0x6101, 0x6001, 0x4a04, 0x3a01, 0xd1fd, 0x4b04, 0x4c04, 0x601c, 0xe7fe, 0x46c0,
    0x0508, 0x5000, 0x0000, 0x0010, 0xed0c, 0xe000, 0x0004, 0x05fa,
];

/// Moves P0.03 up and down for ever: `ldr r0,=OUTSET; movs r1,#8; str r1,[r0,#16]; str r1,[r0];
/// str r1,[r0,#4]; b .-4`.
pub(crate) const TOGGLER: [u16; 8] = [
    0x4802, 0x2108, 0x6101, 0x6001, 0x6041, 0xe7fc, 0x0508, 0x5000,
];

/// `movs r0,#3; bkpt #1; movs r0,#4; b .`
pub(crate) const TRAP: [u16; 4] = [0x2003, 0xbe01, 0x2004, 0xe7fe];

/// Loads from an address where nothing is: `ldr r0,[pc,#4]; ldr r0,[r0]; b .`
pub(crate) const FAULT: [u16; 6] = [0x4801, 0x6800, 0xe7fe, 0x46c0, 0x0000, 0x6000];

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
