//! What the firmware does, with the tick in which it did it, until the agent tells it.

use core::cell::RefCell;

use critical_section::Mutex;
use heapless::Deque;
use lockstep_core::app::AppDescriptor;
use lockstep_core::log::{Log, LogId, LogValues};
use lockstep_core::output::Level;

use crate::ticks;

/// How many outputs a firmware can have.
pub(crate) const OUTPUTS: usize = 16;

/// How many changes of outputs, and how many logs, can wait: for a tick, or for as long as a task does not
/// let the agent be polled.
const CHANGES: usize = 64;
const LOGS: usize = 8;

struct Notes {
    /// What each output was set to last.
    set: [Level; OUTPUTS],
    /// What each output showed when the last tick was told.
    told: [Level; OUTPUTS],
    changes: Deque<(u32, u8, Level), CHANGES>,
    logs: Deque<(u32, Log), LOGS>,
    lost: u32,
}

/// A critical section, because tasks of an interrupt executor may have outputs too.
static NOTES: Mutex<RefCell<Notes>> = Mutex::new(RefCell::new(Notes {
    set: [Level::OFF; OUTPUTS],
    told: [Level::OFF; OUTPUTS],
    changes: Deque::new(),
    logs: Deque::new(),
    lost: 0,
}));

fn with<T>(act: impl FnOnce(&mut Notes) -> T) -> T {
    critical_section::with(|cs| act(&mut NOTES.borrow_ref_mut(cs)))
}

/// Notes that an output is set to this level.
pub(crate) fn set(index: usize, level: Level) {
    with(|notes| {
        let Some(place) = notes.set.get_mut(index) else {
            return;
        };
        if core::mem::replace(place, level) == level {
            return;
        }
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        if notes
            .changes
            .push_back((ticks::now(), index, level))
            .is_err()
        {
            notes.lost = notes.lost.saturating_add(1);
        }
    });
}

/// What an output is set to.
pub(crate) fn level(index: usize) -> Level {
    with(|notes| notes.set.get(index).copied()).unwrap_or(Level::OFF)
}

/// What the outputs showed when the last tick was told.
pub(crate) fn told() -> [Level; OUTPUTS] {
    with(|notes| notes.told)
}

/// Takes what was done up to the end of this tick: its logs are said, and its outputs shown.
pub(crate) fn take(tick: u32, mut say: impl FnMut(Log)) {
    // One by one, because saying one takes time.
    while let Some(log) = with(|notes| {
        let (at, _) = notes.logs.front()?;
        (*at <= tick).then(|| notes.logs.pop_front())?
    }) {
        say(log.1);
    }
    with(|notes| {
        while let Some((at, index, level)) = notes.changes.front().copied()
            && at <= tick
        {
            notes.changes.pop_front();
            if let Some(told) = notes.told.get_mut(usize::from(index)) {
                *told = level;
            }
        }
    });
}

/// How many notes found no room since the last call.
pub(crate) fn take_lost() -> u32 {
    with(|notes| core::mem::take(&mut notes.lost))
}

/// Where the firmware says what happened.
#[derive(Clone, Copy, Debug)]
pub struct Logger {
    descriptor: &'static AppDescriptor,
    index: usize,
}

impl Logger {
    pub(crate) const fn new(descriptor: &'static AppDescriptor, index: usize) -> Self {
        Self { descriptor, index }
    }

    /// Says one of the words that the descriptor declares.
    ///
    /// # Panics
    ///
    /// If it declares no such word.
    #[track_caller]
    pub fn word(&self, word: &str) {
        let kind = self.descriptor.logs().get(self.index);
        let words = match kind.map(|kind| kind.values()) {
            Some(LogValues::Words(words)) => words,
            _ => &[],
        };
        let Some(value) = words.iter().position(|declared| *declared == word) else {
            panic!("the descriptor declares no word `{word}`")
        };
        self.number(i32::try_from(value).unwrap_or(i32::MAX));
    }

    /// Says a number.
    pub fn number(&self, value: i32) {
        self.say(Log::new(self.id(), value));
    }

    /// Says a text: of a long one, the first 64 bytes.
    pub fn text(&self, text: &str) {
        self.say(Log::text(self.id(), text));
    }

    fn say(&self, log: Log) {
        with(|notes| {
            if notes.logs.push_back((ticks::now(), log)).is_err() {
                notes.lost = notes.lost.saturating_add(1);
            }
        });
    }

    fn id(&self) -> LogId {
        LogId(u8::try_from(self.index).unwrap_or(u8::MAX))
    }
}
