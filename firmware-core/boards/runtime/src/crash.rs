//! Panics, faults and stack overflows: the outputs are switched off and a crash record is left for
//! the next boot. Then a debug image logs the cause and halts, for the probe; a release image
//! resets.
//!
//! None of it needs a debugger, and none of it executes a breakpoint, which would lock up a
//! core that has no debugger.

use core::arch::global_asm;
use core::cell::{Cell, UnsafeCell};
use core::fmt::Write;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use cortex_m_rt::exception;
use critical_section::Mutex;
use lockstep_core::crash_record::{
    self, CrashCause, CrashRecord, RetainedRam, SIZE, StackedRegisters, TruncatedStr,
};
use lockstep_core::time::RunTicks;

use crate::statics::Kept;
use crate::{boot, samples};

// SAFETY: `outputs_off!` defines the symbol with this signature, and is the documented way to do
// so; the image does not link without the symbol.
unsafe extern "Rust" {
    /// A symbol and not a function pointer, because a fault can come before start-up has
    /// initialised RAM, as it does when a debugger detaches from a core that is halted at the
    /// breakpoint of a flash algorithm.
    safe fn lockstep_outputs_off();
}

/// Defines how this image switches its outputs off: the first thing that happens in a crash.
///
/// The function may use nothing but flash and registers, because RAM may hold anything.
#[macro_export]
macro_rules! outputs_off {
    ($function:expr) => {
        const _: () = {
            // SAFETY: the symbol is unique in the link, which a second definition would end, and
            // the signature is the one that `lockstep_board` declares.
            #[unsafe(no_mangle)]
            fn lockstep_outputs_off() {
                let function: fn() = $function;
                function()
            }
        };
    };
}

/// After this many crashes in a row the app is not started again.
pub const MAX_CRASHES: u8 = 3;

/// The count of a board that has stopped starting the app: the next reset comes from outside.
const CRASH_LOOP: u8 = u8::MAX;

/// Not 0 while a crash is being logged. An atomic, because a fault can come at any time; load and
/// store are enough, because code that a crash interrupts never resumes. A word, because RAM that
/// start-up has not initialised yet may hold anything.
static LOGGING: AtomicU32 = AtomicU32::new(0);

/// The memory that a reset does not change.
#[repr(transparent)]
struct RetainedMemory(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: the only accesses are those of `read_retained` and `write_retained`, both in critical
// sections, and the chip has one core.
unsafe impl Sync for RetainedMemory {}

// SAFETY: `memory.x` puts the section into a region of its own that start-up neither loads nor
// clears, and `MaybeUninit` allows any content.
#[unsafe(link_section = ".retained")]
static RETAINED: RetainedMemory = RetainedMemory(UnsafeCell::new(MaybeUninit::uninit()));

/// Where the copy is of what the boot before left: it does not begin anew with the statics.
static BEFORE: Mutex<Cell<Option<&'static [u8; SIZE]>>> = Mutex::new(Cell::new(None));

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> impl Iterator<Item = Kept> {
    let before = critical_section::with(|cs| BEFORE.borrow(cs).get());
    let here = [
        Kept::of(&BEFORE),
        Kept::of(&LOGGING),
        Kept::of(&LOCKSTEP_STACKED),
    ];
    here.into_iter().chain(before.map(Kept::of))
}

fn read_retained() -> [u8; SIZE] {
    let memory: *const [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: the pointer comes from a static, every bit pattern is a valid `[u8; SIZE]`, and the
    // critical section excludes writers.
    critical_section::with(|_| unsafe { memory.read_volatile() })
}

fn retain(crashes: u8, crash_record: Option<&CrashRecord<'_>>) {
    write_retained(crash_record::retain(crashes, crash_record, boot::image()));
}

fn write_retained(content: [u8; SIZE]) {
    let memory: *mut [u8; SIZE] = RETAINED.0.get().cast();
    // SAFETY: the pointer comes from a static, and the critical section excludes all other
    // accesses.
    critical_section::with(|_| unsafe { memory.write_volatile(content) });
}

/// What the boot before left in retained memory. The crash record is reported once: the next boot
/// finds the count alone. To be called once.
pub fn before_this_boot() -> RetainedRam<'static> {
    let Some(memory) = cortex_m::singleton!(: [u8; SIZE] = read_retained()) else {
        return RetainedRam::default();
    };
    let memory: &'static [u8; SIZE] = memory;
    critical_section::with(|cs| BEFORE.borrow(cs).set(Some(memory)));
    let mut retained = RetainedRam::read(memory, boot::image());
    if retained.crashes == CRASH_LOOP {
        retained.crashes = 0;
    }
    retain(retained.crashes, None);
    retained
}

/// The app is not started any more. From now on a further crash does not reset the board; after a
/// reset from outside, for example with another image, the count starts over.
pub fn enter_crash_loop() {
    retain(CRASH_LOOP, None);
}

/// Sets the count of crashes in a row to 0.
pub fn reset_count() {
    retain(0, None);
}

fn crash(cause: CrashCause<'_>) -> ! {
    cortex_m::interrupt::disable();
    lockstep_outputs_off();
    let crash_record = CrashRecord {
        tick: RunTicks(samples::now().into()),
        cause,
    };
    let before = RetainedRam::read(&read_retained(), boot::image()).crashes;
    if cfg!(debug_assertions) {
        // A crash while a log is being written makes the logger panic.
        if LOGGING.load(Ordering::Relaxed) == 0 {
            LOGGING.store(1, Ordering::Relaxed);
            retain(before, Some(&crash_record));
            if boot::was_checked() {
                boot::log(&crash_record);
            }
        }
        lockstep_halt()
    }
    // A board that has stopped starting the app, or crashes before it comes that far, does not
    // reset again.
    if before >= MAX_CRASHES {
        retain(CRASH_LOOP, Some(&crash_record));
        lockstep_halt()
    }
    retain(before + 1, Some(&crash_record));
    SCB::sys_reset()
}

/// Where a board stays that does not reset after a crash, with interrupts off.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_halt() -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
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

/// The registers that the core stacked when it took a fault, saved by the handler before it resets
/// the stack pointer.
#[repr(transparent)]
struct ExceptionFrame(UnsafeCell<[u32; 8]>);

// SAFETY: only the fault handler accesses it, and nothing interrupts that: its priority is above
// every interrupt, and a fault inside it locks the core up.
unsafe impl Sync for ExceptionFrame {}

// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_STACKED: ExceptionFrame = ExceptionFrame(UnsafeCell::new([0; 8]));

// The handler is in assembly, because what is left of the stack may not be enough to call
// anything: it saves what was stacked and sets the stack pointer to the top. A frame that is
// outside the stack, or within 64 bytes of its end, means a stack overflow. Only the main stack is
// used.
// SAFETY: the handler never returns, so it may use any register; `_stack_start` is a multiple of 8
// by the image contract, so the calls begin with an aligned stack; it reads the frame only after
// it has checked that all of it lies within the stack, and writes to `LOCKSTEP_STACKED` alone.
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

// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
extern "C" fn lockstep_stack_overflow() -> ! {
    crash(CrashCause::StackOverflow)
}

// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
extern "C" fn lockstep_hard_fault() -> ! {
    // SAFETY: the handler above has written it before it called this function, and nothing else
    // accesses it.
    let [r0, r1, r2, r3, r12, lr, pc, xpsr] = unsafe { LOCKSTEP_STACKED.0.get().read() };
    crash(CrashCause::Fault(StackedRegisters {
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

// SAFETY: it never returns to the code that it interrupted, so it breaks no assumption of that.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    panic!("unexpected interrupt {number}");
}
