//! What happens when it all goes wrong: an epitaph is left for the next boot. Then a debug
//! image says why and stays where it is, for the probe; a release image resets.
//!
//! None of it needs a debugger, and none of it executes a breakpoint, which would lock up a
//! core that has no debugger.

use core::arch::global_asm;
use core::cell::{Cell, UnsafeCell};
use core::fmt::Write;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};
use critical_section::Mutex;
use firmware_core::epitaph::{self, Cause, Clipped, Epitaph, Registers, Retained, SIZE};
use firmware_core::time::Ticks;

use crate::{boot, samples};

/// What puts the outputs into their safe state. A critical section, because a crash can come
/// at any time.
static OUTPUTS_OFF: Mutex<Cell<fn()>> = Mutex::new(Cell::new(|| ()));

/// From now on a crash puts the outputs into their safe state this way.
pub fn arm(outputs_off: fn()) {
    critical_section::with(|cs| OUTPUTS_OFF.borrow(cs).set(outputs_off));
}

/// Whether a crash is being logged. An atomic, because a fault comes at any time; load and
/// store are enough, because what was interrupted by a crash never goes on.
static LOGGING: AtomicBool = AtomicBool::new(false);

/// The memory that a reset does not touch.
#[repr(transparent)]
struct RetainedMemory(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: it is read and written in critical sections only.
unsafe impl Sync for RetainedMemory {}

#[unsafe(link_section = ".retained")]
static RETAINED: RetainedMemory = RetainedMemory(UnsafeCell::new(MaybeUninit::uninit()));

fn read_retained() -> [u8; SIZE] {
    let memory: *const [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: any bytes are a `[u8; SIZE]`, the memory is there whatever it holds, and the
    // critical section keeps writers away.
    critical_section::with(|_| unsafe { memory.read_volatile() })
}

fn write_retained(content: [u8; SIZE]) {
    let memory: *mut [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: the memory is there, and the critical section keeps everybody else away.
    critical_section::with(|_| unsafe { memory.write_volatile(content) });
}

/// What was there when this boot began. The epitaph is told once: the next boot finds the
/// count alone. To be called once.
pub fn before_this_boot() -> Retained<'static> {
    let Some(memory) = cortex_m::singleton!(: [u8; SIZE] = read_retained()) else {
        return Retained::default();
    };
    let retained = Retained::read(memory);
    write_retained(epitaph::retain(retained.crashes, None));
    retained
}

/// Ends a row of crashes.
pub fn forget() {
    write_retained(epitaph::retain(0, None));
}

fn crash(cause: Cause<'_>) -> ! {
    cortex_m::interrupt::disable();
    critical_section::with(|cs| OUTPUTS_OFF.borrow(cs).get())();
    let epitaph = Epitaph {
        tick: Ticks(samples::now()),
        cause,
    };
    let before = Retained::read(&read_retained()).crashes;
    // Only what resets by itself can crash in a row.
    let crashes = before.saturating_add(u8::from(!cfg!(debug_assertions)));
    if cfg!(debug_assertions) {
        // A log that cannot be written, because the crash came in the midst of one, panics.
        if !LOGGING.load(Ordering::Relaxed) {
            LOGGING.store(true, Ordering::Relaxed);
            write_retained(epitaph::retain(crashes, Some(&epitaph)));
            boot::log(&epitaph);
        }
        lockstep_parked()
    }
    write_retained(epitaph::retain(crashes, Some(&epitaph)));
    SCB::sys_reset()
}

/// Where a debug image stays after a crash, with interrupts off.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_parked() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut message = Clipped::new();
    // What has no room is cut, which is no error.
    let _ = write!(message, "{}", info.message());
    let (file, line) = info
        .location()
        .map_or(("?", 0), |location| (location.file(), location.line()));
    crash(Cause::Panic {
        message: message.as_str(),
        file: epitaph::tail(file),
        line,
    })
}

// The handler itself is in assembly: with a stack pointer outside the stack nothing can be
// called, so it is set back to the top first.
global_asm!(
    ".syntax unified",
    ".section .HardFault.lockstep, \"ax\", %progbits",
    ".global HardFault",
    ".type HardFault, %function",
    ".thumb_func",
    "HardFault:",
    "mov r0, sp",
    "ldr r1, =_stack_limit",
    "cmp r0, r1",
    "blo 1f",
    "ldr r1, =_stack_start",
    "cmp r0, r1",
    "bhs 1f",
    "bl lockstep_hard_fault",
    "1:",
    "ldr r1, =_stack_start",
    "mov sp, r1",
    "bl lockstep_stack_overflow",
    ".pool",
    ".size HardFault, . - HardFault",
);

#[unsafe(no_mangle)]
extern "C" fn lockstep_stack_overflow() -> ! {
    crash(Cause::StackOverflow)
}

/// # Safety
///
/// `stacked` is the stack pointer at the entry of the fault handler.
#[unsafe(no_mangle)]
unsafe extern "C" fn lockstep_hard_fault(stacked: *const ExceptionFrame) -> ! {
    // SAFETY: the core has stacked the frame there, and the stack pointer was found to lie in
    // the stack.
    let stacked = unsafe { &*stacked };
    crash(Cause::Fault(Registers {
        r0: stacked.r0(),
        r1: stacked.r1(),
        r2: stacked.r2(),
        r3: stacked.r3(),
        r12: stacked.r12(),
        lr: stacked.lr(),
        pc: stacked.pc(),
        xpsr: stacked.xpsr(),
    }))
}

// SAFETY: it ends in a crash and so never returns to what it interrupted.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    panic!("unexpected interrupt {number}");
}
