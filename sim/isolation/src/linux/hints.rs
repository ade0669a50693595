//! What the app of this process tells, in memory that the program sees.

use std::mem::size_of;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::SLOT;
use super::slots::Slot;
use super::symbols;
use crate::hints;

/// How many words a name has at most.
const WORDS: usize = 16;

/// What an app is doing.
#[repr(C)]
pub(super) struct Doing {
    /// The bytes of its name, or [`AT_ADDRESS`]; 0 for nothing.
    length: AtomicU64,
    words: [AtomicU64; WORDS],
}

/// The first word is the address of what the task is kept in.
const AT_ADDRESS: u64 = u64::MAX;

impl Doing {
    pub(super) fn clear(&self) {
        self.length.store(0, Ordering::Relaxed);
    }

    fn set(&self, what: hints::Doing<'_>) {
        let length = match what {
            hints::Doing::Nothing => 0,
            hints::Doing::TaskAt(address) => {
                self.words[0].store(address as u64, Ordering::Relaxed);
                AT_ADDRESS
            }
            hints::Doing::Task(name) => {
                let bytes = name.as_bytes();
                let bytes = &bytes[bytes.len().saturating_sub(WORDS * size_of::<u64>())..];
                for (word, chunk) in self.words.iter().zip(bytes.chunks(size_of::<u64>())) {
                    let mut padded = [0; size_of::<u64>()];
                    padded[..chunk.len()].copy_from_slice(chunk);
                    word.store(u64::from_le_bytes(padded), Ordering::Relaxed);
                }
                bytes.len() as u64
            }
        };
        self.length.store(length, Ordering::Release);
    }

    /// What it is, once nobody writes it any more; `None` for nothing.
    pub(super) fn text(&self) -> Option<String> {
        match self.length.load(Ordering::Acquire) {
            0 => None,
            AT_ADDRESS => {
                let address = self.words[0].load(Ordering::Relaxed);
                let name = symbols::static_at(address);
                let name = name.as_deref().and_then(|name| name.strip_suffix("::POOL"));
                Some(name.map_or_else(|| "a task".to_owned(), |name| format!("task `{name}`")))
            }
            length => {
                let words = self.words.iter();
                let bytes = words.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes());
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let bytes: Vec<_> = bytes.take(length).collect();
                Some(format!("task `{}`", String::from_utf8_lossy(&bytes)))
            }
        }
    }
}

pub(crate) fn note_doing(what: hints::Doing<'_>) {
    if let Some(slot) = slot() {
        slot.doing.set(what);
    }
}

pub(crate) fn note_stack(addresses: Range<usize>) {
    if let Some(slot) = slot() {
        let [low, high] = slot.own_stack.each_ref();
        low.store(addresses.start as u64, Ordering::Relaxed);
        high.store(addresses.end as u64, Ordering::Relaxed);
    }
}

/// The slot of this process, if it is a player.
fn slot() -> Option<&'static Slot> {
    #[allow(unsafe_code, reason = "the slot of a process is known by a pointer")]
    // SAFETY: null, or a slot, which is in memory that is mapped as long as the process lives, and is
    // all atomics.
    unsafe {
        SLOT.load(Ordering::Relaxed).as_ref()
    }
}
