//! How much of the stack was never used: it is filled with a pattern once, and words that still
//! hold the pattern were never written.

use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::statics::Kept;

const PAINT: u32 = 0xc5c5_c5c5;

/// Left out below the stack pointer, in bytes: the frames of [`paint`] itself.
const MARGIN: usize = 128;

/// Bytes that were never used. An atomic, because a debugger reads it at any time.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_STACK_FREE: AtomicUsize = AtomicUsize::new(0);

/// How far below the deepest known use a deeper one is searched, in words: a function may reserve
/// stack and leave this much of it unwritten.
const WINDOW: usize = 32;

// SAFETY: flip-link defines the symbol, at the lowest address of the stack. Mutable, because the
// stack is.
unsafe extern "C" {
    static mut _stack_end: u32;
}

/// The lowest word of the stack.
fn limit() -> *mut u32 {
    ptr::addr_of_mut!(_stack_end)
}

/// Fills the unused part of the stack with the pattern. To be called once, before interrupts are
/// enabled.
pub fn paint() {
    let top = cortex_m::register::msp::read() as usize - MARGIN;
    let mut word = limit();
    while (word as usize) < top {
        // SAFETY: the words from `_stack_end` up to the stack pointer, less the margin for this
        // function's own frame, belong to the stack, are aligned, and are in use by nothing.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
    LOCKSTEP_STACK_FREE.store(word as usize - limit() as usize, Ordering::Relaxed);
}

/// Updates `LOCKSTEP_STACK_FREE`.
pub fn measure() {
    let mut words = LOCKSTEP_STACK_FREE.load(Ordering::Relaxed) / size_of::<u32>();
    while let Some(deeper) = used_below(words) {
        words = deeper;
    }
    LOCKSTEP_STACK_FREE.store(words * size_of::<u32>(), Ordering::Relaxed);
}

/// The index of the lowest word that was used in the window below this one.
fn used_below(words: usize) -> Option<usize> {
    (words.saturating_sub(WINDOW)..words).find(|index| {
        // SAFETY: the index is at most the count of free words, so the word is in the stack,
        // which is readable and aligned.
        unsafe { limit().wrapping_add(*index).read_volatile() != PAINT }
    })
}

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> Kept {
    Kept::of(&LOCKSTEP_STACK_FREE)
}
