//! How deep the stack has ever been: it is painted once, and what still has its paint was
//! never used.

use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

const PAINT: u32 = 0xc5c5_c5c5;

/// Left unpainted below the present top of the stack: the frames of [`paint`] itself.
const MARGIN: usize = 128;

/// Bytes that were never used. An atomic, because a debugger reads it at any time.
#[unsafe(no_mangle)]
static LOCKSTEP_STACK_FREE: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    static _stack_limit: u32;
}

/// The lowest word of the stack.
fn limit() -> *mut u32 {
    ptr::addr_of!(_stack_limit).cast_mut()
}

/// Paints what is not in use. To be called once, before interrupts come.
pub fn paint() {
    let top = cortex_m::register::msp::read() as usize - MARGIN;
    let mut word = limit();
    while (word as usize) < top {
        // SAFETY: from `_stack_limit` up to the stack pointer lies the part of the stack that
        // nothing uses: `memory.x` says where it begins, and it grows downwards from above.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
    LOCKSTEP_STACK_FREE.store(free(), Ordering::Relaxed);
}

/// Looks whether the stack has been deeper than before.
pub fn measure() {
    let before = LOCKSTEP_STACK_FREE.load(Ordering::Relaxed);
    let words = before as usize / size_of::<u32>();
    let last = limit().wrapping_add(words.saturating_sub(1));
    // SAFETY: the word lies in the stack, which is readable memory.
    if words > 0 && unsafe { last.read_volatile() } != PAINT {
        LOCKSTEP_STACK_FREE.store(free(), Ordering::Relaxed);
    }
}

/// The bytes from the limit up that still have their paint.
fn free() -> u32 {
    let mut word = limit();
    let mut bytes = 0;
    // SAFETY: the word lies in the stack, which is readable memory; the loop ends below the
    // stack pointer at the latest, where words that are in use stand.
    while unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
        bytes += 4;
    }
    bytes
}
