//! The light: power, brightness, night mode, pattern and auto-off.

use super::context::Context;
use super::messages;
use super::pattern::Pattern;
use super::tuning::Tuning;
use lockstep_core::app::Log;
use lockstep_core::output::Level;
use lockstep_core::time::Instant;
use lockstep_core::timer::Timer;
use lockstep_core::wakeup::Wakeup;

/// The highest level of the lamp: full brightness, in percent.
pub(super) const MAX: u16 = 100;

/// Everything that shines, and what it remembers while it does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Light {
    on: bool,
    night: bool,
    /// The place in [`Tuning::levels`] of the brightness by day.
    place: u8,
    pattern: Pattern,
    /// Runs exactly while the light is on.
    auto_off: Timer,
    /// Follows from the rest; kept so that reading it every tick needs no division.
    shown: Level,
}

/// What can be done to the light.
#[derive(Clone, Copy)]
pub(super) enum Command {
    TogglePower,
    ToggleNight,
    Full,
    NextLevel,
    NextPattern,
}

impl Light {
    pub(super) const fn pattern_phase(&self) -> usize {
        self.pattern.phase()
    }

    pub(super) const fn new(tuning: &Tuning) -> Self {
        Self {
            on: false,
            night: false,
            place: tuning.start_level % Tuning::LEVELS,
            pattern: Pattern::steady(),
            auto_off: Timer::stopped(),
            shown: Level::OFF,
        }
    }

    pub(super) const fn shown(&self) -> Level {
        self.shown
    }

    /// Counts the time to auto-off anew.
    pub(super) const fn touched(&mut self, context: &Context<'_>) {
        if self.on && context.tuning.auto_off.0 > 0 {
            self.auto_off.start(context.now, context.tuning.auto_off);
        }
    }

    pub(super) fn obey(&mut self, command: Command, context: &mut Context<'_>) {
        match command {
            Command::TogglePower if self.on => self.switch_off(messages::POWER_OFF, context),
            Command::TogglePower => self.switch_on(context),
            Command::Full => self.full(context),
            // A light that is off obeys nothing else.
            _ if !self.on => {}
            Command::ToggleNight => self.set_night(!self.night, context),
            Command::NextLevel => {
                self.set_night(false, context);
                self.set_place(self.place.wrapping_add(1), context);
            }
            Command::NextPattern => {
                let name = self.pattern.choose_next(context.now, context.tuning);
                context.say(name);
            }
        }
        self.refresh(context.tuning);
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) {
        if self.auto_off.poll(context.now) {
            self.switch_off(messages::POWER_AUTO_OFF, context);
            self.refresh(context.tuning);
        } else if self.pattern.poll(context) {
            self.refresh(context.tuning);
        }
    }

    pub(super) fn counted_from(self, now: Instant) -> Self {
        Self {
            auto_off: self.auto_off.counted_from(now),
            pattern: self.pattern.counted_from(now),
            ..self
        }
    }

    pub(super) fn next_wakeup(&self, now: Instant) -> Wakeup {
        let auto_off = self.auto_off.next_wakeup(now);
        auto_off.min(self.pattern.next_wakeup(now))
    }

    fn full(&mut self, context: &mut Context<'_>) {
        const FULL: u8 = Tuning::LEVELS - 1;
        if !self.on {
            self.switch_on(context);
        }
        self.set_night(false, context);
        if self.place != FULL {
            self.set_place(FULL, context);
        }
    }

    fn switch_on(&mut self, context: &mut Context<'_>) {
        self.on = true;
        self.touched(context);
        self.pattern.start(context.now, context.tuning);
        context.say(messages::POWER_ON);
    }

    fn switch_off(&mut self, why: Log, context: &mut Context<'_>) {
        self.on = false;
        self.auto_off.stop();
        self.pattern.stop();
        context.say(why);
        self.set_night(false, context);
    }

    fn set_night(&mut self, night: bool, context: &mut Context<'_>) {
        if self.night != night {
            self.night = night;
            context.say(messages::night(night));
        }
    }

    fn set_place(&mut self, place: u8, context: &mut Context<'_>) {
        self.place = place % Tuning::LEVELS;
        context.say(messages::level(context.tuning.level(self.place)));
    }

    fn refresh(&mut self, tuning: &Tuning) {
        let brightness = match (self.on, self.night) {
            (false, _) => 0,
            (true, true) => tuning.night_brightness,
            (true, false) => tuning.level(self.place),
        };
        self.shown = Level(self.pattern.apply(brightness, tuning).min(MAX).into());
    }
}
