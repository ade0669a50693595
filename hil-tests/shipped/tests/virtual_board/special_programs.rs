//! Tiny programs that only the virtual board is tried with.

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

/// Starts RTC1 and reads its counter for ever: `ldr r0,=TASKS_START; movs r1,#1; str r1,[r0];
/// ldr r2,=COUNTER; ldr r3,[r2]; b .-2`.
pub(crate) const RTC_READER: [u16; 10] = [
    0x4802, 0x2101, 0x6001, 0x4a02, 0x6813, 0xe7fd, 0x1000, 0x4001, 0x1504, 0x4001,
];
