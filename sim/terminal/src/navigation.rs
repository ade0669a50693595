//! Moving through time: playing, stepping, jumping, searching.

use std::time::Duration;

use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;

use super::overlay::PromptKind;
use super::playback_speed::PlaybackSpeed;
use super::signal_history::{Edge, Signal};
use super::state_rows::state_text;
use super::ui_state::UiState;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::script::max_length;
use lockstep_engine::timeline::TimelineError;
use lockstep_engine::trace::Line;

/// How long an LED stays visible after it goes off, so that a short pulse is seen.
const AFTERGLOW: Duration = Duration::from_millis(75);

/// How far beyond the end of the branch the next event is searched for.
const SEARCH_LIMIT: RunTicks = RunTicks(60_000);

/// How far beyond the end of the branch is played at once: a slow machine does it without a
/// noticeable delay.
const AT_ONCE: RunTicks = RunTicks(60_000);

/// Playing at full speed to a time far beyond the end of the branch.
#[derive(Clone, Debug)]
pub(super) struct FastForward {
    to: RunTicks,
    /// The speed to return to.
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

    /// Goes to any time. Far beyond the end of the branch, it plays over many frames, so that
    /// keys keep working.
    pub(super) fn go_to(&mut self, tick: RunTicks) {
        let longest = max_length(self.tick_period());
        if tick > longest {
            self.show_error(format!(
                "a run cannot be longer than {}",
                self.clock(longest)
            ));
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
            self.show_message(format!("playing to {} (Space stops)", self.clock(tick)));
        }
    }

    /// Plays what is due after this much real time.
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
        self.play_to(RunTicks(self.cursor.0.saturating_add_signed(ticks)));
    }

    pub(super) fn jump(&mut self, tick: RunTicks) {
        self.pause();
        self.play_to(tick);
    }

    pub(super) fn move_by_tenth(&mut self, direction: i64) {
        let tenth = RunTicks((self.end().0 / 10).max(1));
        self.pause();
        self.move_to(if direction < 0 {
            self.cursor.saturating_sub(tenth)
        } else {
            self.cursor.saturating_add(tenth)
        });
    }

    /// Goes to the next tick with an event, playing beyond the end to find one.
    pub(super) fn next_event(&mut self) {
        self.pause();
        let limit = self.end().saturating_add(SEARCH_LIMIT);
        // Up to the event and no further, so that it is at the end and inputs there need no branch.
        if self.event_after_cursor().is_none()
            && let Err(error) = self.play_until_observed(limit)
        {
            self.move_to(self.end());
            self.show_error(error_chain(&error));
            return;
        }
        match self.event_after_cursor() {
            Some(tick) => {
                self.move_to(tick);
                self.hold_to_rules();
            }
            None => {
                self.move_to(self.end());
                self.show_message(format!("no event within {}", self.length(SEARCH_LIMIT)));
            }
        }
    }

    fn event_after_cursor(&self) -> Option<RunTicks> {
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
            .map_or(RunTicks::ZERO, |last| entries[last].tick);
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
                    (signal, _) if signal.is_events() => "event",
                    (_, Edge::Any) => "event",
                    (_, Edge::Rising) => "rising edge",
                    (_, Edge::Falling) => "falling edge",
                };
                let side = if forward { "after" } else { "before" };
                let name = self.signals.name(signal);
                self.show_message(format!("no {what} of `{name}` {side} the cursor"));
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
                self.show_message(format!("no match for `{}` {side} the cursor", self.search));
            }
        }
    }

    fn find_match(&self, forward: bool) -> Option<RunTicks> {
        let wanted = self.search.to_lowercase();
        let descriptor = self.trace().descriptor();
        let entries = self.trace().entries();
        let is_it = |index: &usize| {
            let line = Line::new(descriptor, &entries[*index]);
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

    /// Moves the cursor to a tick, playing beyond the end of the branch if needed.
    pub(super) fn play_to(&mut self, tick: RunTicks) {
        if tick <= self.end() {
            self.move_to(tick);
            return;
        }
        let played = self.play_on(tick);
        // A contact that bounces at the last tick moves the end a little further.
        self.move_to(self.end());
        if let Err(error) = played {
            self.pause();
            self.show_error(error_chain(&error));
        }
        self.hold_to_rules();
    }

    /// Plays beyond the end of the branch, and ends taps in between.
    fn play_on(&mut self, tick: RunTicks) -> Result<(), TimelineError> {
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

    /// Plays beyond the end of the branch up to the first tick in which anything happens, be it
    /// the end of a tap.
    fn play_until_observed(&mut self, limit: RunTicks) -> Result<(), TimelineError> {
        let Some((until, button)) = self.held.next_release().filter(|it| it.0 <= limit) else {
            return self.timeline.advance_until_observed(limit);
        };
        self.timeline.advance_until_observed(until)?;
        if self.end() == until {
            self.held.release(button);
            self.release_contact(button)?;
        }
        Ok(())
    }

    /// Moves the cursor to a tick of the branch.
    pub(super) fn move_to(&mut self, tick: RunTicks) {
        let before = self.cursor;
        self.cursor = tick.min(self.end());
        self.follow();
        if self.playing && before <= self.cursor {
            self.update_afterglow(before);
        } else {
            self.glow.fill(None);
        }
        self.keep_in_view();
        match self.timeline.branch().snapshot(self.cursor) {
            Ok(snapshot) => {
                let state = state_text(&snapshot);
                if self.cursor != before || state != self.state {
                    self.state_before = std::mem::replace(&mut self.state, state);
                }
                self.snapshot = snapshot;
            }
            Err(error) => self.show_error(error_chain(&error)),
        }
    }

    /// Takes in what the current branch has got.
    pub(super) fn follow(&mut self) {
        self.signals.follow(self.timeline.branch().trace());
    }

    /// Records which outputs were lit between the last position of the cursor and this one.
    fn update_afterglow(&mut self, before: RunTicks) {
        let after = self.cursor.saturating_add(RunTicks(1));
        for (index, glow) in self.glow.iter_mut().enumerate() {
            let signal = Signal::Output(index);
            let passed = self.signals.between(signal, before, after);
            let brightest = passed.iter().map(|change| change.value).max();
            let now = self.signals.value(signal, self.cursor);
            if let Ok(level @ 1..) = i32::try_from(brightest.unwrap_or(0).max(now)) {
                *glow = Some((self.now + AFTERGLOW, Level(level)));
            }
        }
    }

    /// The level an LED is drawn with.
    pub(super) fn displayed_level(&self, output: usize) -> Level {
        let level = self
            .snapshot
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
