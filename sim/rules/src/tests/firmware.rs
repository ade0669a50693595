//! A small lamp with a lock, and what can be wrong with it.

use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::{BootCondition, ButtonId, Event};
use lockstep_core::output::{Level, Output};
use lockstep_core::time::Ticks;
use lockstep_core::wakeup::Wakeup;

/// What is wrong with it.
pub(super) mod bug {
    pub(in crate::tests) const NONE: u8 = 0;
    pub(in crate::tests) const ON_WITHOUT_CLOCK: u8 = 1;
    pub(in crate::tests) const SLOW_ANSWER: u8 = 2;
    pub(in crate::tests) const SHINES_WHILE_LOCKED: u8 = 3;
    pub(in crate::tests) const BEATS_LATE: u8 = 4;
    pub(in crate::tests) const SHORT_FLASH: u8 = 5;
    pub(in crate::tests) const ANSWERS_TWICE: u8 = 6;
    pub(in crate::tests) const ON_BEFORE_PRESS: u8 = 7;
    pub(in crate::tests) const NEVER_FULL: u8 = 8;
    pub(in crate::tests) const LOCKS_FOR_EVER: u8 = 9;
    pub(in crate::tests) const PANICS: u8 = 10;
}

/// A press of `A` is answered 3 ticks later by a flash of 4 ticks, unless the lamp is locked. A
/// press of `lock` locks and unlocks. A beat changes every 5 ticks. Without a clock nothing shines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flash<const BUG: u8> {
    answer_in: Option<u8>,
    flash_left: u8,
    locked: bool,
    beat: bool,
    beat_in: u8,
    has_clock: bool,
    has_been_pressed: bool,
}

const POWER: LogId = LogId(0);
const LOCK: LogId = LogId(1);

impl<const BUG: u8> App for Flash<BUG> {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("flash", "1.0.0")
        .with_buttons(&["A", "lock"])
        .with_outputs(&[
            Output::analog("lamp", 100),
            Output::digital("beat"),
            Output::digital("locked"),
        ])
        .with_logs(&[
            LogKind::words("power", &["off", "on"]),
            LogKind::words("lock", &["off", "on"]),
        ])
        .with_boot_conditions(&["clock-failed"]);
    type Outputs = [Level; 3];

    fn new() -> Self {
        Self {
            answer_in: None,
            flash_left: 0,
            locked: false,
            beat: false,
            beat_in: 5,
            has_clock: true,
            has_been_pressed: false,
        }
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Init(condition) => {
                self.has_clock = condition == BootCondition::OK;
                if BUG == bug::ON_BEFORE_PRESS {
                    self.answer_in = Some(9);
                }
            }
            Event::Press(ButtonId(0)) => self.pressed(),
            Event::Press(_) if BUG == bug::LOCKS_FOR_EVER && self.locked => {}
            Event::Press(_) => {
                self.locked = !self.locked;
                out.log(Log::new(LOCK, self.locked.into()));
            }
            Event::Tick => self.tick(out),
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 3] {
        let lamp = match (self.flash_left, BUG) {
            (0, _) => 0,
            (_, bug::NEVER_FULL) => 50,
            _ => 100,
        };
        [Level(lamp), self.beat.into(), self.locked.into()]
    }

    fn next_wakeup(&self) -> Wakeup {
        let times = [self.answer_in.unwrap_or(0), self.flash_left, self.beat_in];
        let times = times.into_iter().filter(|left| *left > 0);
        times
            .map(|left| Wakeup::after(Ticks(left.into())))
            .min()
            .unwrap_or(Wakeup::NEVER)
    }

    fn counted_from_now(self) -> Option<Self> {
        Some(self)
    }
}

impl<const BUG: u8> Flash<BUG> {
    fn pressed(&mut self) {
        let is_silent = self.locked && BUG != bug::SHINES_WHILE_LOCKED;
        let is_dark = !self.has_clock && BUG != bug::ON_WITHOUT_CLOCK;
        if is_silent || is_dark {
            return;
        }
        self.has_been_pressed = true;
        if self.answer_in.is_none() && self.flash_left == 0 {
            self.answer_in = Some(match BUG {
                bug::SLOW_ANSWER => 4,
                _ => 3,
            });
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.beat_in -= 1;
        if self.beat_in == 0 {
            self.beat = !self.beat;
            self.beat_in = match (BUG, self.locked) {
                (bug::BEATS_LATE, true) => 6,
                _ => 5,
            };
        }
        if self.flash_left > 0 {
            self.flash_left -= 1;
            if self.flash_left == 0 {
                out.log(Log::new(POWER, 0));
            }
        }
        match self.answer_in {
            Some(1) => {
                self.answer_in = None;
                assert!(BUG != bug::PANICS || !self.locked, "flashes while locked");
                if self.locked && BUG != bug::SHINES_WHILE_LOCKED {
                    return;
                }
                self.flash_left = match (BUG, self.beat) {
                    (bug::SHORT_FLASH, true) => 3,
                    _ => 4,
                };
                out.log(Log::new(POWER, 1));
                if BUG == bug::ANSWERS_TWICE && self.beat {
                    self.answer_in = Some(2);
                }
            }
            Some(left) => self.answer_in = Some(left - 1),
            None => {}
        }
    }
}
