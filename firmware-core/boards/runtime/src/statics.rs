//! Lets the statics of a firmware begin anew without a reset of the chip, for firmware that keeps its
//! state in statics: a run of a bench begins, and a reset within one happens, while ticks and RTT go on.
//!
//! What start-up does to RAM is done once more, to all but the statics of this crate and of RTT.

use core::cell::UnsafeCell;
use core::mem::size_of_val;
use core::ptr;
use core::sync::atomic::{Ordering, compiler_fence};

use heapless::Vec;
use rtt_target::{UpChannel, set_defmt_channel};

use crate::{boot, crash, display, samples, serial, stack};

/// The bytes of a static that is kept: the address of the first, and of the one after the last.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    begin: usize,
    end: usize,
}

impl Kept {
    pub(crate) fn of<T>(it: &'static T) -> Self {
        Self::at(ptr::from_ref(it) as usize, size_of_val(it))
    }

    fn at(begin: usize, bytes: usize) -> Self {
        Self {
            begin,
            end: begin + bytes,
        }
    }
}

/// What is kept, in any order.
type AllKept = Vec<Kept, 24>;

/// A channel as RTT lays it out: see the documentation of its control block.
#[repr(C)]
struct RttChannel {
    name: *const u8,
    buffer: *mut u8,
    size: usize,
    write: usize,
    read: usize,
    flags: usize,
}

/// The control block as `channels::open` lays it out.
#[repr(C)]
struct RttControlBlock {
    id: [u8; 16],
    max_up: i32,
    max_down: i32,
    channels: [RttChannel; crate::channels::COUNT],
}

// SAFETY: `cortex-m-rt` defines these, at the ends of `.bss` and `.data` and at the beginning of what
// `.data` is copied from, all aligned to words; `rtt-target` defines the last one.
unsafe extern "C" {
    static __sbss: UnsafeCell<u32>;
    static __ebss: UnsafeCell<u32>;
    static __sdata: UnsafeCell<u32>;
    static __edata: UnsafeCell<u32>;
    static __sidata: u32;
    static _SEGGER_RTT: UnsafeCell<RttControlBlock>;
}

fn rtt(all: &mut impl Extend<Kept>) {
    // SAFETY: the control block was initialised by `channels::open`, before any app was made, and where
    // its buffers are and how large does not change.
    let block = unsafe { &*_SEGGER_RTT.get() };
    all.extend([Kept::at(
        ptr::from_ref(block) as usize,
        size_of::<RttControlBlock>(),
    )]);
    let buffers = block.channels.iter();
    all.extend(buffers.map(|it| Kept::at(it.buffer as usize, it.size)));
}

/// Lets the statics begin anew, except for those of the runtime and of RTT.
///
/// # Safety
///
/// To be called from the main loop, when nothing of the statics that begin anew is borrowed, and
/// nothing is used afterwards that has a reference to one: as after a reset.
pub unsafe fn start_over() {
    let mut all = AllKept::new();
    all.extend(samples::kept());
    all.extend(boot::kept());
    all.extend([serial::kept(), display::kept(), stack::kept()]);
    all.extend(crash::kept());
    rtt(&mut all);
    all.sort_unstable_by_key(|kept| kept.begin);
    critical_section::with(|_| {
        // SAFETY: the symbols are those of the linker; what they enclose is RAM of statics, which nothing
        // refers to by the contract of this function, except for what is kept. Interrupts are off.
        unsafe {
            let (begin, end) = (__sbss.get() as usize, __ebss.get() as usize);
            for (begin, end) in Gaps::new(begin, end, &all) {
                ptr::write_bytes(begin as *mut u8, 0, end - begin);
            }
            let (begin, end) = (__sdata.get() as usize, __edata.get() as usize);
            let source = ptr::from_ref(&__sidata) as usize;
            for (from, to) in Gaps::new(begin, end, &all) {
                let source = (source + (from - begin)) as *const u8;
                ptr::copy_nonoverlapping(source, from as *mut u8, to - from);
            }
        }
        // What follows reads the statics as they are now.
        compiler_fence(Ordering::SeqCst);
        // SAFETY: channel 0 is up and was given to `defmt`, whose handle of it is gone just now.
        if let Some(channel) = unsafe { UpChannel::conjure(0) } {
            set_defmt_channel(channel);
        }
    });
}

/// The stretches between two addresses that hold nothing that is kept.
struct Gaps<'a> {
    begin: usize,
    end: usize,
    kept: core::slice::Iter<'a, Kept>,
}

impl<'a> Gaps<'a> {
    /// `kept` is sorted.
    fn new(begin: usize, end: usize, kept: &'a [Kept]) -> Self {
        Self {
            begin,
            end,
            kept: kept.iter(),
        }
    }
}

impl Iterator for Gaps<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        while self.begin < self.end {
            let begin = self.begin;
            let next = self.kept.find(|kept| kept.end > begin);
            let (gap_end, next) = match next {
                Some(kept) if kept.begin < self.end => (kept.begin, kept.end),
                _ => (self.end, self.end),
            };
            self.begin = next;
            if begin < gap_end {
                return Some((begin, gap_end));
            }
        }
        None
    }
}
