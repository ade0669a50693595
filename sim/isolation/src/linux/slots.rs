//! Memory that players share with the program.

use std::ffi::c_void;
use std::io;
use std::mem::size_of;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_core::time::RunTicks;
use lockstep_engine::dyn_runner::{Observation, Observer, Progress};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use rustix::process::Pid;

use super::hints::Doing;

/// How many words of observations a slot holds.
const WORDS: usize = 8 * 1024;

/// The most bytes of one observation with its tick.
const MAX_OBSERVATION: usize = 96;

/// What a player writes and the program reads, also when the player is gone.
///
/// It is all atomics, for which zero is a value: memory full of zeros is a slot.
#[repr(C)]
pub(super) struct Slot {
    /// How far the app has come.
    pub(super) progress: Progress,
    /// The process of the player; 0 for none.
    player: AtomicU64,
    /// An address near the top of its stack.
    pub(super) stack: AtomicU64,
    /// The lowest and the highest address of a stack that its app has made; 0 for none.
    pub(super) own_stack: [AtomicU64; 2],
    /// What its app is doing, as [`super::hints`] writes it.
    pub(super) doing: Doing,
    /// The address of the access that it was killed for, and one: 0 for none.
    pub(super) fault: AtomicU64,
    /// Not 0 if the player ended because it could not go on, for no fault of the app.
    gave_up: AtomicU64,
    /// How many words of observations there are.
    filled: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl Slot {
    /// Makes it as new, for another player.
    pub(super) fn clear(&self) {
        let fields = [&self.progress.tick, &self.progress.events, &self.player];
        let fields = fields.into_iter();
        self.doing.clear();
        for field in fields.chain(&self.own_stack).chain([
            &self.stack,
            &self.fault,
            &self.gave_up,
            &self.filled,
        ]) {
            field.store(0, Ordering::Relaxed);
        }
    }

    /// Notes who plays.
    pub(super) fn set_player(&self, player: Pid) {
        let pid = u64::from(player.as_raw_pid().unsigned_abs());
        self.player.store(pid, Ordering::Release);
    }

    /// Who plays, or has played.
    pub(super) fn player(&self) -> Option<Pid> {
        let pid = self.player.load(Ordering::Acquire);
        i32::try_from(pid).ok().and_then(Pid::from_raw)
    }

    /// The player ends, for no fault of the app.
    pub(super) fn give_up(&self) {
        self.gave_up.store(1, Ordering::Release);
    }

    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Acquire) != 0
    }

    /// Adds an observation; `false` if there is no room.
    pub(super) fn push(&self, tick: RunTicks, what: Observation) -> bool {
        let mut bytes = [0; MAX_OBSERVATION];
        let Ok(encoded) = postcard::to_slice(&(tick, what), &mut bytes) else {
            return false;
        };
        let words = encoded.len().div_ceil(size_of::<u64>());
        let filled = self.filled();
        let Some(room) = self.words.get(filled..filled + 1 + words) else {
            return false;
        };
        let chunks = bytes.chunks_exact(size_of::<u64>());
        let chunks = chunks.map(|chunk| chunk.try_into().map_or(0, u64::from_le_bytes));
        room[0].store(words as u64, Ordering::Relaxed);
        for (word, chunk) in room[1..].iter().zip(chunks) {
            word.store(chunk, Ordering::Relaxed);
        }
        // After the words: whoever sees the count sees them.
        let filled = (filled + 1 + words) as u64;
        self.filled.store(filled, Ordering::Release);
        true
    }

    /// Gives what is there to an observer, and makes room.
    pub(super) fn drain(&self, observer: &mut dyn Observer) {
        let filled = self.filled();
        let mut words = self.words[..filled].iter();
        while let Some(length) = words.next() {
            let length = usize::try_from(length.load(Ordering::Relaxed)).unwrap_or(0);
            let mut bytes = [0; MAX_OBSERVATION];
            let chunks = bytes.chunks_exact_mut(size_of::<u64>());
            for (chunk, word) in chunks.zip(words.by_ref().take(length)) {
                chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
            }
            if let Ok((tick, what)) = postcard::from_bytes(&bytes) {
                observer.observe(tick, what);
            }
        }
        self.filled.store(0, Ordering::Relaxed);
    }

    fn filled(&self) -> usize {
        // Not beyond the end, whatever the app did to its memory.
        usize::try_from(self.filled.load(Ordering::Acquire)).map_or(WORDS, |it| it.min(WORDS))
    }
}

/// All slots: mapped before the first fork, so that every process has them at the same place.
pub(super) struct Slots {
    first: *mut Slot,
    count: usize,
}

// SAFETY: a pointer to memory that lives as long as this, of which nothing but `&Slot` is given out;
// a `Slot` is all atomics.
#[allow(unsafe_code, reason = "the memory is not Rust's own")]
unsafe impl Send for Slots {}
// SAFETY: as above.
#[allow(unsafe_code, reason = "the memory is not Rust's own")]
unsafe impl Sync for Slots {}

impl Slots {
    pub(super) fn map(count: usize) -> io::Result<Self> {
        let bytes = count.checked_mul(size_of::<Slot>());
        let bytes = bytes.ok_or_else(|| io::Error::other("there are too many processes"))?;
        #[allow(unsafe_code, reason = "memory is shared with other processes")]
        // SAFETY: a new mapping, at a place that the system chooses, touches nothing that is there.
        let first = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
            )
        }?;
        Ok(Self {
            first: first.cast(),
            count,
        })
    }

    pub(super) fn all(&self) -> &[Slot] {
        #[allow(unsafe_code, reason = "memory is shared with other processes")]
        // SAFETY: the mapping has room for `count` slots, begins at a page and therefore aligned, is
        // full of zeros at first, which is a slot, and is unmapped only when `self` is dropped. Other
        // processes write to it through atomics alone.
        unsafe {
            slice::from_raw_parts(self.first, self.count)
        }
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        let bytes = self.count * size_of::<Slot>();
        #[allow(unsafe_code, reason = "the mapping is this type's own")]
        // SAFETY: the mapping was made by `map` with this length, and whoever had a slot of it had
        // borrowed `self`.
        let unmapped = unsafe { munmap(self.first.cast::<c_void>(), bytes) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::action::{Action, SwitchState};
    use lockstep_core::app::{Log, LogId};
    use lockstep_core::event::{BootCondition, ButtonId, NumberId, SerialId};
    use lockstep_core::matrix::MatrixId;
    use lockstep_core::output::Level;
    use lockstep_core::short::ShortBytes;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Seen(Vec<(RunTicks, Observation)>);

    impl Observer for Seen {
        fn observe(&mut self, tick: RunTicks, what: Observation) {
            self.0.push((tick, what));
        }
    }

    fn observations() -> impl Strategy<Value = Observation> {
        let switch = prop_oneof![Just(SwitchState::Closed), Just(SwitchState::Open)];
        prop_oneof![
            (any::<u8>(), switch)
                .prop_map(|(button, to)| Observation::Input(Action::Button(ButtonId(button), to))),
            any::<u8>().prop_map(|it| Observation::Input(Action::Reset(BootCondition(it)))),
            (any::<u8>(), any::<i32>()).prop_map(|(id, number)| {
                Observation::Input(Action::Number(NumberId(id), number))
            }),
            (any::<u8>(), any::<u8>())
                .prop_map(|(line, byte)| Observation::Input(Action::Byte(SerialId(line), byte))),
            (any::<u8>(), any::<i32>())
                .prop_map(|(id, value)| Observation::Log(Log::new(LogId(id), value))),
            (any::<u8>(), ".{0,80}")
                .prop_map(|(id, text)| Observation::Log(Log::text(LogId(id), &text))),
            (any::<u8>(), any::<i32>())
                .prop_map(|(output, level)| Observation::Output(output, Level(level))),
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(line, bytes)| {
                Observation::Sent(SerialId(line), ShortBytes::new(&bytes))
            }),
            (
                any::<u8>(),
                any::<u8>(),
                prop::collection::vec(any::<u8>(), 0..=64)
            )
                .prop_map(|(matrix, row, cells)| {
                    Observation::Row(MatrixId(matrix), row, ShortBytes::new(&cells))
                }),
        ]
    }

    #[test]
    fn a_slot_takes_what_it_has_room_for_and_is_empty_after_it_was_drained() {
        let slots = Slots::map(2).unwrap();
        let slot = &slots.all()[1];
        let what = Observation::Output(0, Level(1));
        for _ in 0..2 {
            let pushed = (0..).take_while(|tick| slot.push(RunTicks(*tick), what));
            let pushed = pushed.count();
            assert!(pushed > WORDS / 8);
            let mut seen = Seen::default();
            slot.drain(&mut seen);
            assert_eq!(seen.0.len(), pushed);
        }
        assert_eq!(slots.all()[0].filled(), 0);
    }

    #[test]
    fn a_count_beyond_the_end_is_one_of_a_broken_app_and_not_followed() {
        let slots = Slots::map(1).unwrap();
        let slot = &slots.all()[0];
        slot.filled.store(u64::MAX, Ordering::Relaxed);
        slot.words[0].store(u64::MAX, Ordering::Relaxed);
        slot.drain(&mut Seen::default());
        assert_eq!(slot.filled(), 0);
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_drained(all in prop::collection::vec((any::<u64>(), observations()), 0..200)) {
            let slots = Slots::map(1).unwrap();
            let all: Vec<_> = all.into_iter().map(|(tick, what)| (RunTicks(tick), what)).collect();
            for (tick, what) in &all {
                prop_assert!(slots.all()[0].push(*tick, *what));
            }
            let mut seen = Seen::default();
            slots.all()[0].drain(&mut seen);
            prop_assert_eq!(seen.0, all);
        }
    }
}
