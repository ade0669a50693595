//! Panics and faults of the firmware: a crash record is left for the next boot, which tells a bench of it.

use core::cell::UnsafeCell;
use core::fmt::Write as _;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m_rt::ExceptionFrame;
use lockstep_core::crash_record::{
    self, CrashCause, CrashRecord, RetainedRam, SIZE, StackedRegisters, TruncatedStr,
};
use lockstep_core::time::RunTicks;

use crate::{identity, ticks};

/// After this many crashes in a row the firmware is not started again.
pub(crate) const MAX_CRASHES: u8 = 3;

/// The count of a board that has stopped starting the firmware: the next reset comes from outside.
const CRASH_LOOP: u8 = u8::MAX;

#[repr(transparent)]
struct Memory(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: `RETAINED` is accessed with volatile reads and writes of whole values, at boot, in a critical section or with
// interrupts off; `BEFORE` is written by `before_this_boot` alone, before anything reads it.
unsafe impl Sync for Memory {}

/// What is left for the next boot.
// SAFETY: `memory.x` puts the section into RAM that start-up leaves alone, and `MaybeUninit` allows any content.
#[unsafe(link_section = ".retained.lockstep_crash")]
static RETAINED: Memory = Memory(UnsafeCell::new(MaybeUninit::uninit()));

/// A copy of what the boot before has left. The agent refers to it, and outlives a reset as this does.
// SAFETY: cortex-m-rt puts the section into RAM that start-up leaves alone, and `MaybeUninit` allows any content.
#[unsafe(link_section = ".uninit.lockstep_crash")]
static BEFORE: Memory = Memory(UnsafeCell::new(MaybeUninit::uninit()));

fn read() -> [u8; SIZE] {
    // SAFETY: the pointer comes from a static, every bit pattern is a valid `[u8; SIZE]`, and the critical section
    // excludes writers.
    critical_section::with(|_| unsafe { RETAINED.0.get().cast::<[u8; SIZE]>().read_volatile() })
}

fn retain(crashes: u8, crash_record: Option<&CrashRecord<'_>>) {
    let content = crash_record::retain(crashes, crash_record, identity::image());
    let memory: *mut [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: the pointer comes from a static, and the critical section excludes all other accesses.
    critical_section::with(|_| unsafe { memory.write_volatile(content) });
}

/// What the boot before has left. A crash is told once: the next boot finds the count alone. To be called once,
/// by the boot that makes the agent anew.
pub(crate) fn before_this_boot() -> RetainedRam<'static> {
    let memory: *mut [u8; SIZE] = BEFORE.0.get().cast();
    // SAFETY: the memory is that of a static, and nothing refers to it: the agent that did is made anew.
    let memory = unsafe {
        memory.write(read());
        &*memory
    };
    let mut retained = RetainedRam::read(memory, identity::image());
    if retained.crashes == CRASH_LOOP {
        retained.crashes = 0;
    }
    retain(retained.crashes, None);
    retained
}

/// The firmware is not started any more, until a reset comes from outside.
pub(crate) fn enter_crash_loop() {
    retain(CRASH_LOOP, None);
}

/// Sets the count of crashes in a row to 0.
pub(crate) fn reset_count() {
    retain(0, None);
}

fn crash(cause: CrashCause<'_>) -> ! {
    cortex_m::interrupt::disable();
    let crash_record = CrashRecord {
        tick: RunTicks(ticks::begun().into()),
        cause,
    };
    let before = RetainedRam::read(&read(), identity::image()).crashes;
    if before >= MAX_CRASHES {
        retain(CRASH_LOOP, Some(&crash_record));
        lockstep_halt()
    }
    retain(before + 1, Some(&crash_record));
    SCB::sys_reset()
}

/// Where a board stays that has crashed too often to be reset once more, with interrupts off.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_halt() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

/// Tells a bench what the firmware panicked with, and where: leaves that in RAM, and resets the chip. The next boot
/// says it. To be called by the panic handler, as the last thing that it does; the feature `panic-handler` has a
/// handler that does this alone.
///
/// ```ignore
/// #[panic_handler]
/// fn panic(info: &PanicInfo<'_>) -> ! {
///     switch_the_heater_off();
///     lockstep_embassy_task::report_panic(info)
/// }
/// ```
///
/// After three crashes in a row, with no 10 s between them and no run of a bench, the firmware is not started again:
/// the board answers a bench, and does nothing else until a reset comes from outside.
pub fn report_panic(info: &PanicInfo<'_>) -> ! {
    let mut message = TruncatedStr::new();
    // A message that is too long is truncated.
    let _ = write!(message, "{}", info.message());
    let (file, line) = info
        .location()
        .map_or(("?", 0), |location| (location.file(), location.line()));
    crash(CrashCause::Panic {
        message: message.as_str(),
        file: crash_record::tail(file),
        line,
    })
}

/// Tells a bench the registers of a hard fault, as [`report_panic`] does. To be called by the handler of hard faults.
///
/// ```ignore
/// #[exception]
/// unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
///     lockstep_embassy_task::report_fault(frame)
/// }
/// ```
///
/// A stack that has overflowed has no room for a handler: that remains a board that has fallen silent.
pub fn report_fault(frame: &ExceptionFrame) -> ! {
    crash(CrashCause::Fault(StackedRegisters {
        r0: frame.r0(),
        r1: frame.r1(),
        r2: frame.r2(),
        r3: frame.r3(),
        r12: frame.r12(),
        lr: frame.lr(),
        pc: frame.pc(),
        xpsr: frame.xpsr(),
    }))
}

#[cfg(feature = "panic-handler")]
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    report_panic(info)
}
