//! Tiny programs that a debugger stops: by a halt, a breakpoint or a fault.

/// Counts in R0 for ever, R1 = 7: `movs r0,#0; movs r1,#7; adds r0,#1; b .-2`.
pub(crate) const COUNTER: [u16; 4] = [0x2000, 0x2107, 0x3001, 0xe7fd];

/// `movs r0,#3; bkpt #1; movs r0,#4; b .`
pub(crate) const TRAP: [u16; 4] = [0x2003, 0xbe01, 0x2004, 0xe7fe];

/// Loads from an unmapped address: `ldr r0,[pc,#4]; ldr r0,[r0]; b .`
pub(crate) const FAULT: [u16; 6] = [0x4801, 0x6800, 0xe7fe, 0x46c0, 0x0000, 0x6000];
