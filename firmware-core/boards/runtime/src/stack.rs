//! How deep the stack has ever been: it is painted once, and what still has its paint was
//! never used.

use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

const PAINT: u32 = 0xc5c5_c5c5;

/// Left unpainted below the present top of the stack: the frames of [`paint`] itself.
const MARGIN: usize = 128;

/// Bytes that were never used. An atomic, because a debugger reads it at any time.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_STACK_FREE: AtomicUsize = AtomicUsize::new(0);

/// How far below the deepest use that is known a deeper one is looked for, in words: the gap
/// that a function may leave which reserves room and does not write all of it.
const WINDOW: usize = 32;

// SAFETY: flip-link defines it, where RAM begins. It is mutable, because the stack is.
unsafe extern "C" {
    static mut _stack_end: u32;
}

/// The lowest word of the stack.
fn limit() -> *mut u32 {
    ptr::addr_of_mut!(_stack_end)
}

/// Paints what is not in use. To be called once, before interrupts come.
pub fn paint() {
    let top = cortex_m::register::msp::read() as usize - MARGIN;
    let mut word = limit();
    while (word as usize) < top {
        // SAFETY: from `_stack_end`, where RAM begins, up to the stack pointer lies the part of
        // the stack that nothing uses.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
    LOCKSTEP_STACK_FREE.store(word as usize - limit() as usize, Ordering::Relaxed);
}

/// Looks whether the stack has been deeper than before.
pub fn measure() {
    let mut words = LOCKSTEP_STACK_FREE.load(Ordering::Relaxed) / size_of::<u32>();
    while let Some(deeper) = used_below(words) {
        words = deeper;
    }
    LOCKSTEP_STACK_FREE.store(words * size_of::<u32>(), Ordering::Relaxed);
}

/// The place of the lowest word in the window below this one that was used.
fn used_below(words: usize) -> Option<usize> {
    (words.saturating_sub(WINDOW)..words).find(|place| {
        // SAFETY: the word lies in the stack, which is readable memory.
        unsafe { limit().wrapping_add(*place).read_volatile() != PAINT }
    })
}
