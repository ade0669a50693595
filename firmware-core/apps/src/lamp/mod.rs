//! A lamp with two buttons: brightness, patterns, night mode, a child lock, auto-off.
//!
//! | button | short press | long press | double press |
//! | --- | --- | --- | --- |
//! | A | on, off | night mode | full brightness |
//! | B | next brightness | next pattern | |
//! | A and B | | lock, unlock | |
//!
//! Every number stands in [`Tuning`]; the ones below are those of [`Tuning::SHIPPED`].
//!
//! ```
//! use lockstep_apps::lamp::Lamp;
//! use lockstep_core::app::App;
//! use lockstep_core::event::{ButtonId, Event};
//! use lockstep_core::output::Level;
//!
//! let mut lamp = Lamp::new();
//! lamp.handle(Event::Press(ButtonId(0)), &mut ());
//! (0..100).for_each(|_| lamp.handle(Event::Tick, &mut ()));
//! lamp.handle(Event::Release(ButtonId(0)), &mut ());
//! // The contact settles, and no second press comes.
//! (0..20 + 300).for_each(|_| lamp.handle(Event::Tick, &mut ()));
//! assert_eq!(lamp.outputs()[0], Level(50));
//! ```
//!
//! # Rules
//!
//! - A short: on or off. Level and pattern stay as they were; after a reset they are 50
//!   and steady.
//! - A long: night mode on or off. While the lamp is off: nothing.
//! - A double: full brightness, on if it was off, out of night mode if it was in it.
//!   Only what changes is logged: `power on`, `night off`, `level 100`.
//! - B short: out of night mode, and the next of 25, 50, 75, 100 and again 25. While the
//!   lamp is off: nothing.
//! - B long: from steady to blink (1 Hz) to breathe (2 s) to steady. While the lamp is
//!   off: nothing. A pattern scales the brightness, by day and by night.
//! - A and B held together for 2 s: locked, or unlocked. The light stays as it is.
//! - Locked, every press is ignored and logged as such.
//! - Ten minutes without a press switch the lamp off.
//! - The heartbeat toggles every 500 ms from reset on, whatever else happens.
//! - A board that did not come up puts the lamp into a safe state until the next reset:
//!   dark, deaf, and blinking the cause on `status`, 2 times for a failed clock and 3
//!   times for a missing UART.
//!
//! # Corners
//!
//! A press and a release are debounced here: 20 ticks after the contact's last edge.
//!
//! Time:
//! - A long press acts 800 ticks after the press, while it is held; its release does
//!   nothing.
//! - A press of A or B that is released exactly 800 ticks after it began is long.
//! - A short press of A acts 300 ticks after its release; a short press of B acts at its
//!   release.
//! - A second press of A exactly 300 ticks after the release of the first is a double; at
//!   301 it is a first press, and the short press before it has acted one tick earlier.
//! - The second press of a double never becomes long, and a third press is a first one
//!   again.
//! - After a reset a contact counts as open until an edge says that it closed.
//!
//! Light:
//! - Switching off at night logs `power off`, or `power auto-off`, and then `night off`.
//! - A double on a lamp that is on, at 100 and not at night changes nothing and logs
//!   nothing, but its presses count for auto-off.
//! - A double keeps the pattern; where it switches on, the pattern starts over.
//! - B short at night goes to the level after the one from before the night.
//! - A pattern starts over when it is chosen and when the lamp is switched on, and at no
//!   other time: not with a level, not with night mode.
//! - Blink begins bright and changes every 500 ticks.
//! - Breathe begins dark and moves every 50 ticks: 20 steps up, full at 1000 ticks, 20
//!   steps down, dark at 2000. A step shows the whole percents of brightness x step / 20.
//! - While A's short press waits for its 300 ticks, B acts on the lamp as it is: a short
//!   press of B does nothing on a lamp that is about to be switched on.
//!
//! Lock:
//! - When both are down, whatever A and B had under way is dropped: a held press, and
//!   also a short press of A that was still waiting for a second one.
//! - The press that would be A's double while B is down belongs to the chord: no double,
//!   no short.
//! - B pressed at the very tick at which A becomes long: no long. One tick later: night
//!   mode has changed, and stays so.
//! - The 2 s count from the later press. A release exactly 2000 ticks after it is late
//!   enough to lock.
//! - After a chord, also one let go early, a button says nothing before it is pressed
//!   anew. While one stays down, pressing the other begins a new chord and a new 2 s.
//! - Held on after locking or unlocking, the chord does nothing more.
//! - The presses of the locking chord restart auto-off; those of the unlocking chord are
//!   ignored, and logged so; unlocking does not restart auto-off either.
//! - A release while locked does and logs nothing.
//!
//! Auto-off:
//! - Off comes 600000 ticks after the last press that was not ignored, or after switching
//!   on, whichever is later. A press at that very tick keeps the lamp on. A button that is
//!   held does not.
//! - Auto-off works while locked, and leaves the lock.
//!
//! One tick:
//! - What falls on one tick happens in this order: heartbeat; ignored presses, A before
//!   B; the lock; gestures, A before B; auto-off; the pattern.
//!
//! Init:
//! - Without an init event the lamp works, and has logged no `boot`.
//! - The code begins at the tick of init: 200 on, 200 off, 200 on, and, for a failed
//!   clock, 1000 off; then again. The pause stands in place of the last 200 off, so the
//!   codes repeat every 1600 and every 2000 ticks.
//! - The safe state logs its cause and nothing else; a further init is ignored in it.

mod context;
mod controls;
mod light;
mod messages;
mod modes;
mod pattern;
mod safe_state;
#[cfg(test)]
mod tests;
mod tuning;

pub use tuning::Tuning;

use crate::board::{BOOT_CONDITIONS, InitError};
use context::Context;
use controls::{Controls, Request};
use light::{Command, Light};
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::gesture::Gesture;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::timer::Periodic;
use lockstep_core::wakeup::Wakeup;
use safe_state::BlinkCode;

/// The lamp.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lamp {
    now: Instant,
    /// `None` where the table leaves it out.
    beat: Option<Periodic>,
    heartbeat: bool,
    mode: Mode,
    tuning: &'static Tuning,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Working { controls: Controls, light: Light },
    Safe(BlinkCode),
}

impl Lamp {
    /// The lamp as it ships, after a reset.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_tuning(&Tuning::SHIPPED)
    }

    /// A lamp that goes by other numbers, after a reset.
    #[must_use]
    pub const fn with_tuning(tuning: &'static Tuning) -> Self {
        Self::with_tuning_at(tuning, Instant::ZERO)
    }

    /// A lamp that goes by other numbers, after a reset, with its tick counter at `now`.
    #[must_use]
    pub const fn with_tuning_at(tuning: &'static Tuning, now: Instant) -> Self {
        Self {
            tuning,
            now,
            beat: match tuning.heartbeat {
                Ticks::ZERO => None,
                period => Some(Periodic::starting(now, period)),
            },
            heartbeat: false,
            mode: Mode::Working {
                controls: Controls::new(tuning),
                light: Light::new(tuning),
            },
        }
    }

    fn init(&mut self, result: Result<(), InitError>, out: &mut dyn Sink) {
        if matches!(self.mode, Mode::Safe(_)) {
            return;
        }
        out.log(messages::boot(result));
        if let Err(cause) = result {
            self.mode = Mode::Safe(BlinkCode::new(cause, self.now, self.tuning));
        }
    }

    fn tick(&mut self, out: &mut dyn Sink) {
        self.now = self.now.next();
        let now = self.now;
        if self.beat.as_mut().is_some_and(|beat| beat.poll(now)) {
            self.heartbeat = !self.heartbeat;
        }
        match &mut self.mode {
            Mode::Working { controls, light } => {
                let mut context = Context {
                    now: self.now,
                    tuning: self.tuning,
                    out,
                };
                let request = controls.poll(&mut context);
                obey(&request, light, &mut context);
                light.poll(&mut context);
            }
            Mode::Safe(code) => code.poll(self.now, self.tuning),
        }
    }

    fn raw(&mut self, button: ButtonId, closed: bool) {
        if let Mode::Working { controls, .. } = &mut self.mode {
            controls.raw(self.now, button, closed);
        }
    }
}

/// What the gestures mean.
fn obey(request: &Request, light: &mut Light, context: &mut Context<'_>) {
    if request.touched {
        light.touched(context);
    }
    if let Some(gesture) = request.a {
        let command = match gesture {
            Gesture::Short => Command::TogglePower,
            Gesture::Long => Command::ToggleNight,
            Gesture::Double => Command::Full,
        };
        light.obey(command, context);
    }
    match request.b {
        Some(Gesture::Short) => light.obey(Command::NextLevel, context),
        Some(Gesture::Long) => light.obey(Command::NextPattern, context),
        Some(Gesture::Double) | None => {}
    }
}

impl Default for Lamp {
    fn default() -> Self {
        Self::new()
    }
}

impl App for Lamp {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("lamp", env!("CARGO_PKG_VERSION"))
        .with_build(env!("LOCKSTEP_APPS_BUILD"))
        .with_buttons(&["A", "B"])
        .with_outputs(&[
            Output::analog("lamp", light::MAX),
            Output::digital("locked"),
            Output::digital("status"),
            Output::digital("heartbeat"),
        ])
        .with_logs(messages::KINDS)
        .with_boot_conditions(BOOT_CONDITIONS);

    type Outputs = [Level; 4];

    fn new() -> Self {
        Self::new()
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Tick => self.tick(out),
            Event::Press(button) => self.raw(button, true),
            Event::Release(button) => self.raw(button, false),
            Event::Init(condition) => self.init(InitError::outcome(condition), out),
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 4] {
        let (lamp, locked, status) = match &self.mode {
            Mode::Working { controls, light } => (light.shown(), controls.locked(), false),
            Mode::Safe(code) => (Level::OFF, false, code.lit()),
        };
        [lamp, locked.into(), status.into(), self.heartbeat.into()]
    }

    fn next_wakeup(&self) -> Wakeup {
        let now = self.now;
        let by_mode = match &self.mode {
            Mode::Working { controls, light } => {
                controls.next_wakeup(now).min(light.next_wakeup(now))
            }
            Mode::Safe(code) => code.next_wakeup(now),
        };
        let beat = self.beat.map(|beat| beat.next_wakeup(now));
        beat.unwrap_or(Wakeup::NEVER).min(by_mode)
    }

    fn pass(&mut self, ticks: Ticks) {
        self.now = self.now + ticks;
    }

    fn counted_from_now(self) -> Option<Self> {
        let now = self.now;
        Some(Self {
            now: Instant::ZERO,
            beat: self.beat.map(|beat| beat.counted_from(now)),
            mode: match self.mode {
                Mode::Working { controls, light } => Mode::Working {
                    controls: controls.counted_from(now),
                    light: light.counted_from(now),
                },
                Mode::Safe(code) => Mode::Safe(code.counted_from(now)),
            },
            ..self
        })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self::with_tuning_at(&Tuning::SHIPPED, now))
    }
}
