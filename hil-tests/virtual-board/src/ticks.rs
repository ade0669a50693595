//! What the world does to the pins at a tick, and when it looks at them.

use std::io;
use std::time::Instant;

use super::machine::{Machine, MachineError, lock};
use super::pins::TickClock;

/// How many changes of pins are taken at once.
const HEARD_AT_ONCE: usize = 100_000;

impl Machine {
    /// Where the firmware shows its clock; none where no ticks are followed.
    pub(super) fn follow(&mut self, clock: Option<TickClock>) {
        self.clock = clock;
    }

    /// Does what the world does between two ticks: called before the handler
    /// of a tick runs.
    pub(super) fn tick(&mut self) -> Result<(), MachineError> {
        let Some(clock) = self.clock else {
            return Ok(());
        };
        let sampled = self.read_word(clock.counter)?;
        let Some(alarms) = clock.alarms else {
            self.pins.date(Some(sampled));
            return self.drive_due(sampled.wrapping_add(1));
        };
        // Either alarm may be the one: each is looked at for itself.
        let shown = self.read_word(alarms.shown_counter)?;
        if shown == self.read_word(alarms.shown)? {
            self.pins.shown(shown);
            let next = self.pins.next_look(Some(shown));
            self.write_word(alarms.shown, next)?;
        }
        let tick = sampled.wrapping_add(1);
        if tick == self.read_word(alarms.sample)? {
            self.drive_due(tick)?;
            let next = self.pins.next_drive();
            self.write_word(alarms.sample, next)?;
        }
        Ok(())
    }

    fn drive_due(&mut self, tick: u32) -> Result<(), MachineError> {
        for (pin, high) in self.pins.due(tick) {
            self.drive(pin, high)?;
        }
        Ok(())
    }

    /// Tells the firmware when to come by first.
    pub(super) fn set_alarms(&mut self) -> Result<(), MachineError> {
        let Some(alarms) = self.clock.and_then(|clock| clock.alarms) else {
            return Ok(());
        };
        self.write_word(alarms.sample, self.pins.next_drive())?;
        self.write_word(alarms.shown, self.pins.next_look(None))
    }

    /// Takes what pins did while nothing was asked.
    pub(super) fn hear_pins(&mut self) -> Result<(), MachineError> {
        // A firmware that moves its pins all the time has always more to tell.
        for _ in 0..HEARD_AT_ONCE {
            let line = lock(&self.qtest).line(Instant::now());
            match line {
                Ok(line) => drop(self.pins.hear(&line)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => break,
                Err(error) => return Err(self.failure("pins", error)),
            }
        }
        if self.clock.is_none() {
            self.pins.date(None);
        }
        Ok(())
    }
}
