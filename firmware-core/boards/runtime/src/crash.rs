//! What happens when it all goes wrong: an crash_record is left for the next boot. Then a debug
//! image says why and stays where it is, for the probe; a release image resets.
//!
//! None of it needs a debugger, and none of it executes a breakpoint, which would lock up a
//! core that has no debugger.

use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::fmt::Write;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use cortex_m_rt::exception;
use lockstep_core::crash_record::{
    self, Cause, CrashRecord, Registers, RetainedRam, SIZE, TruncatedStr,
};
use lockstep_core::time::Ticks;

use crate::{boot, samples};

// SAFETY: every board defines it so, and the image does not link without.
unsafe extern "Rust" {
    /// Puts every output of the board into its safe state, with nothing but flash and registers:
    /// RAM may hold anything. A function of the board and not a pointer to one, because a fault
    /// can come before start-up has filled RAM, as it does when a debugger lets go of a core
    /// that stands on the breakpoint of a flash algorithm.
    safe fn lockstep_outputs_off();
}

/// After this many crashes in a row the app is not started again.
pub const MAX_CRASHES: u8 = 3;

/// The count of a board that is broken and runs to say so: the next reset comes from outside.
const BROKEN: u8 = u8::MAX;

/// Not 0 while a crash is being logged. An atomic, because a fault comes at any time; load and
/// store are enough, because what was interrupted by a crash never goes on. A word, because RAM
/// that start-up has not filled yet may hold anything.
static LOGGING: AtomicU32 = AtomicU32::new(0);

/// The memory that a reset does not touch.
#[repr(transparent)]
struct RetainedMemory(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: it is read and written in critical sections only.
unsafe impl Sync for RetainedMemory {}

// SAFETY: `memory.x` makes this section for it, and nothing loads or clears it.
#[unsafe(link_section = ".retained")]
static RETAINED: RetainedMemory = RetainedMemory(UnsafeCell::new(MaybeUninit::uninit()));

fn read_retained() -> [u8; SIZE] {
    let memory: *const [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: any bytes are a `[u8; SIZE]`, the memory is there whatever it holds, and the
    // critical section keeps writers away.
    critical_section::with(|_| unsafe { memory.read_volatile() })
}

fn retain(crashes: u8, crash_record: Option<&CrashRecord<'_>>) {
    write_retained(crash_record::retain(crashes, crash_record, boot::image()));
}

fn write_retained(content: [u8; SIZE]) {
    let memory: *mut [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: the memory is there, and the critical section keeps everybody else away.
    critical_section::with(|_| unsafe { memory.write_volatile(content) });
}

/// What was there when this boot began. The crash_record is told once: the next boot finds the
/// count alone. To be called once.
pub fn before_this_boot() -> RetainedRam<'static> {
    let Some(memory) = cortex_m::singleton!(: [u8; SIZE] = read_retained()) else {
        return RetainedRam::default();
    };
    let mut retained = RetainedRam::read(memory, boot::image());
    if retained.crashes == BROKEN {
        retained.crashes = 0;
    }
    retain(retained.crashes, None);
    retained
}

/// The board is broken, and says so from now on: a further crash does not reset it, and after a
/// reset from outside, say with another image, it begins anew.
pub fn broken() {
    retain(BROKEN, None);
}

/// Ends a row of crashes.
pub fn forget() {
    retain(0, None);
}

fn crash(cause: Cause<'_>) -> ! {
    cortex_m::interrupt::disable();
    lockstep_outputs_off();
    let crash_record = CrashRecord {
        tick: Ticks(samples::now()),
        cause,
    };
    let before = RetainedRam::read(&read_retained(), boot::image()).crashes;
    if cfg!(debug_assertions) {
        // A log that cannot be written, because the crash came in the midst of one, panics.
        if LOGGING.load(Ordering::Relaxed) == 0 {
            LOGGING.store(1, Ordering::Relaxed);
            retain(before, Some(&crash_record));
            if boot::was_checked() {
                boot::log(&crash_record);
            }
        }
        lockstep_parked()
    }
    // A board that is broken already, or crashes before it can say so, does not reset again.
    if before >= MAX_CRASHES {
        retain(BROKEN, Some(&crash_record));
        lockstep_parked()
    }
    retain(before + 1, Some(&crash_record));
    SCB::sys_reset()
}

/// Where a board stays that does not reset after a crash, with interrupts off.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_parked() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut message = TruncatedStr::new();
    // What has no room is cut, which is no error.
    let _ = write!(message, "{}", info.message());
    let (file, line) = info
        .location()
        .map_or(("?", 0), |location| (location.file(), location.line()));
    crash(Cause::Panic {
        message: message.as_str(),
        file: crash_record::tail(file),
        line,
    })
}

/// What the core stacked when it took a fault, saved by the handler before it leaves the stack.
#[repr(transparent)]
struct Stacked(UnsafeCell<[u32; 8]>);

// SAFETY: only the fault handler touches it, which nothing interrupts.
unsafe impl Sync for Stacked {}

// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_STACKED: Stacked = Stacked(UnsafeCell::new([0; 8]));

// The handler itself is in assembly, because whatever is left of the stack may not be enough to
// call anything: it saves what was stacked and begins anew at the top. A frame that is outside
// the stack, or within 64 bytes of its end, is that of an overflow. Only the main stack is used.
// SAFETY: it never returns, so it may use any register; the core has aligned the stack pointer
// that it begins with and `_stack_start` is a multiple of 8; what it reads lies in the stack.
global_asm!(
    ".syntax unified",
    ".section .HardFault.lockstep, \"ax\", %progbits",
    ".global HardFault",
    ".type HardFault, %function",
    ".thumb_func",
    "HardFault:",
    "mov r0, sp",
    "ldr r2, =_stack_start",
    "mov sp, r2",
    "ldr r1, =_stack_end",
    "adds r1, #64",
    "cmp r0, r1",
    "blo 1f",
    "subs r2, #32",
    "cmp r0, r2",
    "bhi 1f",
    "ldr r1, =LOCKSTEP_STACKED",
    "ldmia r0!, {{r4-r7}}",
    "stmia r1!, {{r4-r7}}",
    "ldmia r0!, {{r4-r7}}",
    "stmia r1!, {{r4-r7}}",
    "bl lockstep_hard_fault",
    "1:",
    "bl lockstep_stack_overflow",
    ".pool",
    ".size HardFault, . - HardFault",
);

// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
extern "C" fn lockstep_stack_overflow() -> ! {
    crash(Cause::StackOverflow)
}

// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
extern "C" fn lockstep_hard_fault() -> ! {
    // SAFETY: the handler has written it, and nothing writes it again before the next reset.
    let [r0, r1, r2, r3, r12, lr, pc, xpsr] = unsafe { LOCKSTEP_STACKED.0.get().read() };
    crash(Cause::Fault(Registers {
        r0,
        r1,
        r2,
        r3,
        r12,
        lr,
        pc,
        xpsr,
    }))
}

// SAFETY: it ends in a crash and so never returns to what it interrupted.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    panic!("unexpected interrupt {number}");
}
