//! A keypad of eight keys that reports what is pressed as a USB keyboard does, on a serial line.
//!
//! - The keys are `n1` to `n7` and `shift`. Each is debounced for 5 ms.
//! - When a key goes down or up, a report of eight bytes is sent on `reports`, as a keyboard sends it in
//!   the boot protocol (Device Class Definition for HID 1.11, appendix B.1): the modifiers, a zero, and the
//!   usage codes of up to six keys (HID Usage Tables 1.4, page 0x07), lowest first. Changes of one tick
//!   are one report.
//! - With more than six keys down, every code is `ErrorRollOver`, and `rollover` is on; `shift` is a
//!   modifier, and not counted.
//! - `down` says how many keys are down, `shift` included.
//!
//! Boot: without a UART nothing is sent, and everything else works. A failed clock changes nothing.

#[cfg(test)]
mod tests;
mod tuning;

pub use tuning::Tuning;

use lockstep_core::app::{App, AppDescriptor, LogKind, Sink};
use lockstep_core::app::{Log, LogId};
use lockstep_core::debounce::Debounce;
use lockstep_core::event::{BootCondition, Event, SerialId};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::SerialLine;
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::wakeup::Wakeup;

use crate::board::{BOOT_CONDITIONS, InitError};

const KEYS: u8 = 8;
/// The key that is a modifier: the last one.
const SHIFT: usize = KEYS as usize - 1;
/// How many keys fit into a report.
const IN_A_REPORT: usize = 6;

const REPORTS: SerialId = SerialId(0);
const ROLLOVER: LogId = LogId(0);

/// The keypad.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keypad {
    now: Instant,
    keys: [Debounce; KEYS as usize],
    has_uart: bool,
    rolls_over: bool,
    tuning: &'static Tuning,
}

impl Keypad {
    /// The keypad after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn starting_at(now: Instant) -> Self {
        Self::with_tuning_at(&Tuning::SHIPPED, now)
    }

    /// A keypad that goes by other numbers, after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn with_tuning_at(tuning: &'static Tuning, now: Instant) -> Self {
        Self {
            tuning,
            now,
            keys: [Debounce::new(tuning.settle); KEYS as usize],
            has_uart: true,
            rolls_over: false,
        }
    }

    fn init(&mut self, condition: BootCondition) {
        self.has_uart = InitError::outcome(condition) != Err(InitError::UartUnavailable);
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.now = self.now.next();
        let now = self.now;
        let edges = self.keys.each_mut().map(|key| key.poll(now));
        if edges.iter().all(Option::is_none) {
            return;
        }
        let rolls_over = self.codes().count() > usize::from(self.tuning.most_codes);
        if rolls_over != self.rolls_over {
            self.rolls_over = rolls_over;
            out.log(Log::new(ROLLOVER, rolls_over.into()));
        }
        if self.has_uart {
            out.send(REPORTS, &self.report());
        }
    }

    /// The usage codes of the keys that are down, the modifier apart.
    fn codes(&self) -> impl Iterator<Item = u8> {
        let keys = (self.tuning.first_usage..).zip(self.keys.iter().take(SHIFT));
        keys.filter_map(|(code, key)| key.is_pressed().then_some(code))
    }

    fn report(&self) -> [u8; 2 + IN_A_REPORT] {
        let mut report = [0; 2 + IN_A_REPORT];
        let [modifiers, _, codes @ ..] = &mut report;
        if self.keys[SHIFT].is_pressed() {
            *modifiers = self.tuning.left_shift;
        }
        if self.rolls_over {
            *codes = [self.tuning.error_roll_over; IN_A_REPORT];
        } else {
            for (slot, code) in codes.iter_mut().zip(self.codes()) {
                *slot = code;
            }
        }
        report
    }
}

impl App for Keypad {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("keypad", env!("CARGO_PKG_VERSION"))
        .with_build(env!("LOCKSTEP_APPS_BUILD"))
        .with_buttons(&["n1", "n2", "n3", "n4", "n5", "n6", "n7", "shift"])
        .with_serial_lines(&[SerialLine::new("reports")])
        .with_outputs(&[
            Output::digital("rollover"),
            Output::number("down", 0, KEYS as i32),
        ])
        .with_logs(&[LogKind::words("rollover", &["off", "on"])])
        .with_boot_conditions(BOOT_CONDITIONS);

    type Outputs = [Level; 2];

    fn new() -> Self {
        Self::starting_at(Instant::ZERO)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Init(condition) => self.init(condition),
            Event::Tick => self.tick(out),
            Event::Press(key) | Event::Release(key) => {
                let closed = matches!(event, Event::Press(_));
                if let Some(key) = self.keys.get_mut(usize::from(key.0)) {
                    key.raw(self.now, closed);
                }
            }
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 2] {
        let down = self.keys.iter().filter(|key| key.is_pressed());
        let down = down.fold(0, |count, _| count + 1);
        [self.rolls_over.into(), Level(down)]
    }

    fn next_wakeup(&self) -> Wakeup {
        let keys = self.keys.iter().map(|key| key.next_wakeup(self.now));
        keys.fold(Wakeup::NEVER, Wakeup::min)
    }

    fn pass(&mut self, ticks: Ticks) {
        self.now = self.now + ticks;
    }

    fn counted_from_now(self) -> Option<Self> {
        let now = self.now;
        Some(Self {
            now: Instant::ZERO,
            keys: self.keys.map(|key| key.counted_from(now)),
            ..self
        })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self::starting_at(now))
    }
}
