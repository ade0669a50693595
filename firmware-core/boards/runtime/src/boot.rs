//! What an image knows when it boots: whether start-up initialised RAM, and its own identity.

use core::sync::atomic::{AtomicU32, Ordering};

use lockstep_core::agent::BootIdentity;
use lockstep_core::app::AppDescriptor;
use lockstep_core::crash_record::{CrashCause, CrashRecord};

use crate::statics::Kept;

const COPIED: u32 = 0x1ceb_00da;
const OVERWRITTEN: u32 = 0xdead_beef;

/// In `.data`: has this value only if start-up copied it from flash.
static IN_DATA: AtomicU32 = AtomicU32::new(COPIED);

/// In `.bss`: 0 only if start-up zeroed it.
static IN_BSS: AtomicU32 = AtomicU32::new(0);

/// What [`check`] found. An atomic, because a debugger reads it at any time.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_BOOT: AtomicU32 = AtomicU32::new(0);

/// Whether `.data` was copied and `.bss` was zeroed. Both words are overwritten afterwards, so that
/// the check holds for the next reset too. To be called once.
pub fn check() -> (bool, bool) {
    let data_copied = IN_DATA.load(Ordering::Relaxed) == COPIED;
    let bss_zeroed = IN_BSS.load(Ordering::Relaxed) == 0;
    IN_DATA.store(OVERWRITTEN, Ordering::Relaxed);
    IN_BSS.store(OVERWRITTEN, Ordering::Relaxed);
    let flags = u32::from(data_copied) | u32::from(bss_zeroed) << 1 | 1 << 2;
    LOCKSTEP_BOOT.store(flags, Ordering::Relaxed);
    (data_copied, bss_zeroed)
}

/// Whether [`check`] has run: before that there are no channels to log to.
pub fn was_checked() -> bool {
    LOCKSTEP_BOOT.load(Ordering::Relaxed) & !0b11 == 1 << 2
}

/// The bytes of a build note before the id: three lengths and `GNU\0` (ELF specification,
/// note sections).
const NOTE_HEADER: usize = 16;

/// The bytes of the id, a SHA-1.
const ID: usize = 20;

/// The identity of this image: the build id that the linker wrote into flash.
pub fn image() -> &'static [u8] {
    // SAFETY: `memory.x` defines the symbol, and the type matches what stands there: see below.
    unsafe extern "C" {
        static __build_note: [u8; NOTE_HEADER + ID];
    }
    // SAFETY: `memory.x` puts the symbol at the start of the build note, which is in flash, never
    // changes, and has this length, because `--build-id=sha1` makes the linker write a SHA-1; the
    // image contract checks all of that.
    unsafe { &__build_note[NOTE_HEADER..] }
}

/// Logs app, version, image and how the board booted.
pub fn report(descriptor: &AppDescriptor, identity: &BootIdentity) {
    // The first bytes are enough to tell images apart.
    let image = identity.image.first_chunk().copied();
    defmt::info!(
        "{=str} {=str}, image {=u32:08x}",
        descriptor.name(),
        descriptor.version(),
        u32::from_be_bytes(image.unwrap_or_default())
    );
    let boot = identity.boot;
    defmt::info!(
        ".data copied: {=bool}, .bss zeroed: {=bool}, boot condition: {=str}",
        boot.data_copied,
        boot.bss_zeroed,
        descriptor
            .boot_condition_name(boot.condition)
            .unwrap_or("undeclared")
    );
    if let Some(crash_record) = CrashRecord::decode(identity.crash_record) {
        log(&crash_record);
    }
}

/// Logs a crash record.
pub fn log(crash_record: &CrashRecord<'_>) {
    let tick = crash_record.tick.0;
    match crash_record.cause {
        CrashCause::Panic {
            message,
            file,
            line,
        } => {
            defmt::error!(
                "tick {=u64}: panic at {=str}:{=u32}: {=str}",
                tick,
                file,
                line,
                message
            );
        }
        CrashCause::Fault(at) => {
            defmt::error!(
                "tick {=u64}: hard fault, pc {=u32:#010x}, lr {=u32:#010x}",
                tick,
                at.pc,
                at.lr
            );
        }
        CrashCause::StackOverflow => defmt::error!("tick {=u64}: stack overflow", tick),
    }
}

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> [Kept; 3] {
    [
        Kept::of(&IN_DATA),
        Kept::of(&IN_BSS),
        Kept::of(&LOCKSTEP_BOOT),
    ]
}
