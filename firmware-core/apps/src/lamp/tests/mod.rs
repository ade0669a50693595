//! The lamp, driven by hand.

extern crate std;

mod corners;
mod properties;
mod rules;

use super::{Lamp, Tuning};
use lockstep_core::app::{App, Log, LogValue, LogValues};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::time::Instant;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const A: ButtonId = ButtonId(0);
const B: ButtonId = ButtonId(1);

/// A lamp, the ticks it has seen, and what it said at which.
struct Bench {
    lamp: Lamp,
    tick: u32,
    said: Vec<(u32, String)>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Lamp::new())
    }

    fn with(lamp: Lamp) -> Self {
        Self {
            lamp,
            tick: 0,
            said: Vec::new(),
        }
    }

    /// A lamp that was switched on, has settled, and whose logs were read.
    fn on() -> Self {
        let mut bench = Self::new();
        bench.short(A);
        bench.read();
        bench
    }

    /// A lamp that was locked while on, has settled, and whose logs were read.
    fn on_and_locked() -> Self {
        let mut bench = Self::on();
        bench.chord();
        bench.read();
        bench
    }

    fn handle(&mut self, event: Event) {
        let Self { lamp, tick, said } = self;
        lamp.handle(event, &mut |log: Log| said.push((*tick, text(log))));
    }

    fn wait(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick += 1;
            self.handle(Event::Tick);
        }
    }

    fn until(&mut self, tick: u32) {
        self.wait(tick - self.tick);
    }

    fn press(&mut self, button: ButtonId) {
        self.handle(Event::Press(button));
    }

    fn release(&mut self, button: ButtonId) {
        self.handle(Event::Release(button));
    }

    /// Presses for so many ticks and lets go.
    fn tap(&mut self, button: ButtonId, ticks: u32) {
        self.press(button);
        self.wait(ticks);
        self.release(button);
    }

    fn short(&mut self, button: ButtonId) {
        self.tap(button, 100);
        self.wait(400);
    }

    fn long(&mut self, button: ButtonId) {
        self.tap(button, 900);
        self.wait(400);
    }

    fn double(&mut self, button: ButtonId) {
        self.tap(button, 100);
        self.wait(100);
        self.short(button);
    }

    /// Holds both buttons for long enough to lock or unlock.
    fn chord(&mut self) {
        self.press(A);
        self.press(B);
        self.wait(2_100);
        self.release(A);
        self.release(B);
        self.wait(400);
    }

    /// What was said since the last reading, with the ticks.
    fn read_timed(&mut self) -> Vec<(u32, String)> {
        core::mem::take(&mut self.said)
    }

    /// What was said since the last reading.
    fn read(&mut self) -> Vec<String> {
        self.read_timed()
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    fn lamp(&self) -> i32 {
        self.lamp.outputs()[0].0
    }

    fn locked(&self) -> bool {
        self.lamp.outputs()[1].0 == 1
    }

    fn status(&self) -> bool {
        self.lamp.outputs()[2].0 == 1
    }

    fn heartbeat(&self) -> bool {
        self.lamp.outputs()[3].0 == 1
    }

    /// Waits, and lists the level of the lamp at each tick at which it changed.
    fn watch(&mut self, ticks: u32) -> Vec<(u32, i32)> {
        let mut changes = Vec::new();
        for _ in 0..ticks {
            let before = self.lamp();
            self.wait(1);
            if self.lamp() != before {
                changes.push((self.tick, self.lamp()));
            }
        }
        changes
    }
}

/// A log in the words its app declares.
fn text(log: Log) -> String {
    let kind = &Lamp::DESCRIPTOR.logs()[usize::from(log.id.0)];
    let value = match (kind.values(), log.value) {
        (LogValues::Words(words), LogValue::Number(word)) => {
            words[usize::try_from(word).unwrap()].to_string()
        }
        (_, LogValue::Number(number)) => number.to_string(),
        (_, LogValue::Text(text)) => text.to_string(),
    };
    format!("{} {value}", kind.name())
}

/// `(tick, log)` pairs as a reading gives them.
fn at(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected
        .iter()
        .map(|&(tick, text)| (tick, text.to_string()))
        .collect()
}
