//! Going through time: playing on, stepping, jumping, searching.

use std::time::Duration;

use lockstep_core::output::Level;
use lockstep_core::time::Ticks;

use super::overlay::PromptKind;
use super::playback_speed::PlaybackSpeed;
use super::signal_history::{Edge, Signal};
use super::ui_state::UiState;
use super::view::clock;
use lockstep_engine::play;
use lockstep_engine::script::MAX_LENGTH;
use lockstep_engine::timeline::TimelineError;
use lockstep_engine::trace::Line;

/// How long an LED stays visible after it went out, so that a short pulse is seen.
const AFTERGLOW: Duration = Duration::from_millis(75);

/// How many ticks an event is searched for beyond the end.
const SEARCHED: Ticks = Ticks::from_secs(60);

/// How many ticks beyond the end are played at once: what a slow machine does in a moment.
const AT_ONCE: Ticks = Ticks::from_secs(60);

/// On the way to a time that is far beyond the end.
#[derive(Clone, Debug)]
pub(super) struct FastForward {
    to: Ticks,
    /// How fast to go on from there.
    speed: PlaybackSpeed,
}

impl UiState {
    pub(super) fn play_or_pause(&mut self) {
        if self.playing {
            self.pause();
        } else {
            self.playing = true;
            self.speed.restart_measurement();
        }
    }

    pub(super) fn pause(&mut self) {
        self.playing = false;
        if let Some(fast_forward) = self.fast_forward.take() {
            self.speed = fast_forward.speed;
        }
        self.speed.restart_measurement();
    }

    /// To any time: one that is far beyond the end is played to over many frames, so that
    /// keys work on the way.
    pub(super) fn go_to(&mut self, tick: Ticks) {
        if tick > MAX_LENGTH {
            self.show_error(format!("no run is longer than {}", clock(MAX_LENGTH)));
            return;
        }
        let near = tick.min(self.end().saturating_add(AT_ONCE));
        self.jump(near);
        if near < tick && self.cursor == near {
            self.fast_forward = Some(FastForward {
                to: tick,
                speed: self.speed.clone(),
            });
            self.speed.unlimited();
            self.playing = true;
            self.show_message(format!("on the way to {} (Space stops)", clock(tick)));
        }
    }

    /// Plays what is due of this much real time.
    pub(super) fn play_due(&mut self, elapsed: Duration) {
        let to = self.cursor.saturating_add(self.speed.due(elapsed));
        match self
            .fast_forward
            .as_ref()
            .map(|fast_forward| fast_forward.to)
        {
            Some(there) if to >= there => {
                self.play_to(there);
                self.pause();
            }
            _ => self.play_to(to),
        }
    }

    pub(super) fn step(&mut self, ticks: i64) {
        self.pause();
        let tick = i64::from(self.cursor.0).saturating_add(ticks).max(0);
        self.play_to(Ticks(u32::try_from(tick).unwrap_or(u32::MAX)));
    }

    pub(super) fn jump(&mut self, tick: Ticks) {
        self.pause();
        self.play_to(tick);
    }

    pub(super) fn move_by_tenth(&mut self, direction: i64) {
        let tenth = i64::from(self.end().0 / 10).max(1);
        self.pause();
        let tick = i64::from(self.cursor.0) + direction * tenth;
        self.move_to(Ticks(u32::try_from(tick.max(0)).unwrap_or(u32::MAX)));
    }

    /// To the next tick at which something was seen, playing on to find one.
    pub(super) fn next_event(&mut self) {
        self.pause();
        let limit = self.end().saturating_add(SEARCHED);
        while self.event_after_cursor().is_none() && self.end() < limit {
            // Tick by tick, so that what is found is the end and hands can act there.
            if let Err(error) = self.play_on(self.end().saturating_add(Ticks(1))) {
                self.move_to(self.end());
                self.show_error(error.to_string());
                return;
            }
        }
        match self.event_after_cursor() {
            Some(tick) => self.move_to(tick),
            None => {
                self.move_to(self.end());
                self.show_message(format!("nothing happened for {SEARCHED}"));
            }
        }
    }

    fn event_after_cursor(&self) -> Option<Ticks> {
        let entries = self.trace().entries();
        let after = entries.partition_point(|entry| entry.tick <= self.cursor);
        entries.get(after).map(|entry| entry.tick)
    }

    pub(super) fn previous_event(&mut self) {
        self.pause();
        let entries = self.trace().entries();
        let before = entries.partition_point(|entry| entry.tick < self.cursor);
        let tick = before
            .checked_sub(1)
            .map_or(Ticks::ZERO, |last| entries[last].tick);
        self.move_to(tick);
    }

    pub(super) fn edge(&mut self, edge: Edge, forward: bool) {
        let signal = self.selected_signal();
        let found = if forward {
            self.signals.next(signal, self.cursor, edge)
        } else {
            self.signals.previous(signal, self.cursor, edge)
        };
        match found {
            Some(tick) => self.jump(tick),
            None => {
                let what = match (signal, edge) {
                    (Signal::Logs, _) | (_, Edge::Any) => "event",
                    (_, Edge::Rising) => "rising edge",
                    (_, Edge::Falling) => "falling edge",
                };
                let side = if forward { "after" } else { "before" };
                let name = self.signals.name(signal);
                self.show_message(format!("no {what} of `{name}` {side} this"));
            }
        }
    }

    pub(super) fn search_again(&mut self, forward: bool) {
        if self.search.is_empty() {
            self.open_prompt(PromptKind::Search, String::new());
            return;
        }
        match self.find_match(forward) {
            Some(tick) => self.jump(tick),
            None => {
                let side = if forward { "after" } else { "before" };
                self.show_message(format!("no `{}` {side} this", self.search));
            }
        }
    }

    fn find_match(&self, forward: bool) -> Option<Ticks> {
        let wanted = self.search.to_lowercase();
        let descriptor = self.trace().descriptor();
        let entries = self.trace().entries();
        let is_it = |index: &usize| {
            let line = Line::new(descriptor, entries[*index]);
            let text = format!("{} {} {}", line.kind.word(), line.name, line.value);
            text.to_lowercase().contains(&wanted)
        };
        let here = self.cursor;
        let found = if forward {
            let first = entries.partition_point(|entry| entry.tick <= here);
            (first..entries.len()).find(is_it)
        } else {
            let last = entries.partition_point(|entry| entry.tick < here);
            (0..last).rev().find(is_it)
        };
        found.map(|index| entries[index].tick)
    }

    /// Moves the cursor forward, through what is known and beyond it.
    pub(super) fn play_to(&mut self, tick: Ticks) {
        if tick <= self.end() {
            self.move_to(tick);
            return;
        }
        let played = self.play_on(tick);
        // A contact that bounces at the last tick takes the end a little further.
        self.move_to(self.end());
        if let Err(error) = played {
            self.pause();
            self.show_error(error.to_string());
        }
    }

    /// Plays beyond the end, ending taps on their way.
    fn play_on(&mut self, tick: Ticks) -> Result<(), TimelineError> {
        while let Some((until, button)) = self.held.next_release() {
            if until > tick {
                break;
            }
            self.timeline.advance(until)?;
            self.held.release(button);
            self.release_contact(button)?;
        }
        self.timeline.advance(tick)
    }

    /// Puts the cursor somewhere in what is known.
    pub(super) fn move_to(&mut self, tick: Ticks) {
        let before = self.cursor;
        self.cursor = tick.min(self.end());
        self.follow();
        if self.playing && before <= self.cursor {
            self.update_afterglow(before);
        } else {
            self.glow.fill(None);
        }
        self.keep_in_view();
        match self.timeline.branch().at(self.cursor) {
            Ok(runner) => {
                let state = play::state_of(runner.as_ref());
                if self.cursor != before || state != self.state {
                    self.state_before = std::mem::replace(&mut self.state, state);
                }
                self.runner = runner;
            }
            Err(error) => self.show_error(error.to_string()),
        }
    }

    /// Reads what the present branch has got.
    pub(super) fn follow(&mut self) {
        self.signals.follow(self.timeline.branch().trace());
    }

    /// Remembers which outputs were lit on the way here.
    fn update_afterglow(&mut self, before: Ticks) {
        let after = self.cursor.saturating_add(Ticks(1));
        for (index, glow) in self.glow.iter_mut().enumerate() {
            let signal = Signal::Output(index);
            let passed = self.signals.between(signal, before, after);
            let brightest = passed.iter().map(|change| change.value).max();
            let now = self.signals.value(signal, self.cursor);
            if let Ok(level @ 1..) = u16::try_from(brightest.unwrap_or(0).max(now)) {
                *glow = Some((self.now + AFTERGLOW, Level(level)));
            }
        }
    }

    /// The level an LED is drawn with.
    pub(super) fn displayed_level(&self, output: usize) -> Level {
        let level = self
            .runner
            .levels()
            .get(output)
            .copied()
            .unwrap_or_default();
        match self.glow.get(output).copied().flatten() {
            Some((until, glow)) if level == Level::OFF && self.now < until => glow,
            _ => level,
        }
    }
}
