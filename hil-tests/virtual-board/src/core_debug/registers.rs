//! Addresses and bits of the debug registers, as the ARMv6-M Architecture Reference Manual (C1.6
//! and C1.7) has them.

pub(super) const AIRCR: u32 = 0xe000_ed0c;
pub(super) const DFSR: u32 = 0xe000_ed30;
pub(super) const DHCSR: u32 = 0xe000_edf0;
pub(super) const DCRSR: u32 = 0xe000_edf4;
pub(super) const DCRDR: u32 = 0xe000_edf8;
pub(super) const DEMCR: u32 = 0xe000_edfc;
pub(super) const BP_CTRL: u32 = 0xe000_2000;
pub(super) const BP_COMP: u32 = 0xe000_2008;
pub(super) const BP_COMP_END: u32 = BP_COMP + 4 * 4;

/// How many breakpoints the hardware has.
pub const BREAKPOINTS: usize = 4;
/// The same in BP_CTRL.
pub(super) const NUM_CODE: u32 = 4 << 4;

/// The upper half of a write to DHCSR that takes effect.
pub(super) const DBGKEY: u32 = 0xa05f;
/// The upper half of a write to AIRCR that takes effect.
pub(super) const VECTKEY: u32 = 0x05fa;
/// The upper half of AIRCR as it is read.
pub(super) const VECTKEYSTAT: u32 = 0xfa05;
pub(super) const SYSRESETREQ: u32 = 1 << 2;

pub(super) const C_DEBUGEN: u32 = 1 << 0;
pub(super) const C_HALT: u32 = 1 << 1;
pub(super) const C_STEP: u32 = 1 << 2;
pub(super) const C_MASKINTS: u32 = 1 << 3;
pub(super) const S_REGRDY: u32 = 1 << 16;
pub(super) const S_HALT: u32 = 1 << 17;
pub(super) const S_LOCKUP: u32 = 1 << 19;
pub(super) const S_RETIRE_ST: u32 = 1 << 24;
pub(super) const S_RESET_ST: u32 = 1 << 25;

pub(super) const VC_CORERESET: u32 = 1 << 0;
pub(super) const VC_HARDERR: u32 = 1 << 10;
pub(super) const DWTENA: u32 = 1 << 24;
/// The bits of DEMCR that can be written.
pub(super) const DEMCR_WRITABLE: u32 = VC_CORERESET | VC_HARDERR | DWTENA;
/// The bits of a comparator that can be written.
pub(super) const COMPARATOR_WRITABLE: u32 = 0xdfff_fffd;

/// The causes of a halt in DFSR.
pub(super) const HALTED: u32 = 1 << 0;
pub(super) const BKPT: u32 = 1 << 1;
pub(super) const VCATCH: u32 = 1 << 3;

/// The bit of DCRSR that makes a transfer a write.
pub(super) const REGWNR: u32 = 1 << 16;

/// Whether an address is that of a debug register.
#[must_use]
pub fn contains(address: u32) -> bool {
    matches!(
        address,
        AIRCR | DFSR | DHCSR | DCRSR | DCRDR | DEMCR | BP_CTRL | BP_COMP..BP_COMP_END
    )
}
