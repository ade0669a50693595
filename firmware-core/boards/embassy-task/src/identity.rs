//! What the image knows of itself.

use core::sync::atomic::{AtomicU32, Ordering};

use lockstep_core::agent::BootIdentity;
use lockstep_core::event::BootCondition;
use lockstep_core::protocol::BootReport;

use crate::crash;

const COPIED: u32 = 0x1ceb_00da;
const OVERWRITTEN: u32 = 0xdead_beef;

/// In `.data`: has this value only if start-up copied it from flash.
static IN_DATA: AtomicU32 = AtomicU32::new(COPIED);

/// In `.bss`: 0 only if start-up zeroed it.
static IN_BSS: AtomicU32 = AtomicU32::new(0);

/// The bytes of a build note before the id: three lengths and `GNU\0`.
const NOTE_HEADER: usize = 16;

/// The bytes of the id, a SHA-1.
const ID: usize = 20;

/// The build id that the linker wrote into flash.
pub(crate) fn image() -> &'static [u8] {
    // SAFETY: `memory.x` defines the symbol, and the type matches what stands there: see below.
    unsafe extern "C" {
        static __build_note: [u8; NOTE_HEADER + ID];
    }
    // SAFETY: `memory.x` puts the symbol at the start of the build note, which is in flash, never changes,
    // and has this length, because `--build-id=sha1` makes the linker write a SHA-1; `hil build` checks that.
    unsafe { &__build_note[NOTE_HEADER..] }
}

/// The image, whether start-up initialised RAM, and what the crash before this boot has left. To be called once.
pub(crate) fn identity() -> BootIdentity {
    let before = crash::before_this_boot();
    let data_copied = IN_DATA.load(Ordering::Relaxed) == COPIED;
    let bss_zeroed = IN_BSS.load(Ordering::Relaxed) == 0;
    IN_DATA.store(OVERWRITTEN, Ordering::Relaxed);
    IN_BSS.store(OVERWRITTEN, Ordering::Relaxed);
    BootIdentity {
        image: image(),
        boot: BootReport {
            condition: BootCondition::OK,
            data_copied,
            bss_zeroed,
            crashes: before.crashes,
        },
        crash_record: before.crash_record,
    }
}
