//! What the screen shows, and how it comes to be: the state of the terminal UI.
//!
//! Nothing here knows a terminal or reads a clock: keys and real time are passed in, so
//! that a test can drive all of it.

use std::time::Duration;

use firmware_core::event::ButtonId;
use firmware_core::output::Level;
use firmware_core::time::Ticks;
use ratatui::layout::Rect;

use super::hands::{Hands, Holder};
use super::keys::{Pane, button_letters};
use super::overlay::Overlay;
use super::pace::Pace;
use super::signals::Signals;
use super::theme::Theme;
use super::update::branch_name;
use super::view::Screen;
use crate::catalog::{AppEntry, Catalog};
use crate::engine::Player;
use crate::script::{Action, Conditions, Contact, Script};
use crate::timeline::{Timeline, TimelineError};
use crate::trace::Trace;

/// How long an LED stays visible after it went out, so that a short pulse is seen.
const AFTERGLOW: Duration = Duration::from_millis(75);

/// How long a message is shown.
const MESSAGE: Duration = Duration::from_secs(6);

/// What the terminal UI knows.
pub(super) struct Ui {
    pub(super) catalog: Catalog,
    pub(super) timeline: Timeline,
    pub(super) signals: Signals,
    pub(super) cursor: Ticks,
    pub(super) here: Box<dyn Player>,
    /// The app's state where the cursor was before, to show what changed.
    pub(super) state_before: String,
    pub(super) playing: bool,
    pub(super) pace: Pace,
    pub(super) hands: Hands,
    pub(super) letters: Vec<Option<char>>,
    pub(super) prefix: Option<char>,
    pub(super) pane: Pane,
    pub(super) waves: Waves,
    pub(super) state_scroll: usize,
    pub(super) mark: Option<Ticks>,
    pub(super) compared: Option<Compared>,
    pub(super) search: String,
    pub(super) bounce: bool,
    pub(super) keys_report_release: bool,
    pub(super) overlay: Option<Overlay>,
    pub(super) message: Option<Message>,
    /// What is known of the file that was opened: its expectations that did not hold.
    pub(super) failures: Vec<Failed>,
    pub(super) theme: Theme,
    pub(super) now: Duration,
    pub(super) glow: Vec<Option<(Duration, Level)>>,
    pub(super) quit: bool,
    unsaved: bool,
}

/// How the waveforms are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waves {
    /// The first tick that is drawn.
    pub(super) left: Ticks,
    /// The ticks of a column, at least 1.
    pub(super) per_cell: u32,
    /// The signal that edges are looked for on, by its place.
    pub(super) selected: usize,
    /// The columns there were when the waves were last drawn.
    pub(super) columns: u16,
}

/// Another branch, drawn below the present one where they differ.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    pub(super) branch: usize,
    pub(super) signals: Signals,
}

/// Something told to people for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) is_error: bool,
    pub(super) until: Duration,
}

/// An expectation of the opened scenario that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) tick: Ticks,
    pub(super) text: String,
}

impl Ui {
    /// The app at tick 0 of the script, its whole run behind it, standing still.
    pub(super) fn new(
        catalog: Catalog,
        app: &AppEntry,
        script: &Script,
        theme: Theme,
    ) -> Result<Self, TimelineError> {
        let timeline = Timeline::new(app, script)?;
        let here = timeline.branch().at(Ticks::ZERO)?;
        let mut ui = Self {
            signals: Signals::new(app.interface()),
            letters: button_letters(app.interface().buttons),
            glow: vec![None; app.interface().outputs.len()],
            catalog,
            timeline,
            cursor: Ticks::ZERO,
            state_before: here.state(),
            here,
            playing: false,
            pace: Pace::real_time(),
            hands: Hands::default(),
            prefix: None,
            pane: Pane::Board,
            waves: Waves {
                left: Ticks::ZERO,
                per_cell: 20,
                selected: 0,
                columns: 60,
            },
            state_scroll: 0,
            mark: None,
            compared: None,
            search: String::new(),
            bounce: false,
            keys_report_release: false,
            overlay: None,
            message: None,
            failures: Vec::new(),
            theme,
            now: Duration::ZERO,
            quit: false,
            unsaved: false,
        };
        ui.follow();
        Ok(ui)
    }

    /// Begins anew with another app or run; what people set for themselves stays.
    pub(super) fn replace(&mut self, app: &AppEntry, script: &Script) -> Result<(), TimelineError> {
        let fresh = Self::new(self.catalog.clone(), app, script, self.theme)?;
        *self = Self {
            pace: self.pace.clone(),
            pane: self.pane,
            keys_report_release: self.keys_report_release,
            now: self.now,
            ..fresh
        };
        Ok(())
    }

    pub(super) fn trace(&self) -> &Trace {
        self.timeline.branch().trace()
    }

    pub(super) fn end(&self) -> Ticks {
        self.timeline.branch().end()
    }

    pub(super) fn at_end(&self) -> bool {
        self.cursor >= self.end()
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.message = Some(Message {
            text: text.into(),
            is_error: false,
            until: self.now + MESSAGE,
        });
    }

    pub(super) fn complain(&mut self, text: impl Into<String>) {
        self.message = Some(Message {
            text: text.into(),
            is_error: true,
            until: self.now + MESSAGE,
        });
    }

    /// Whether quitting would lose something that people did.
    pub(super) fn has_unsaved(&self) -> bool {
        self.unsaved
    }

    pub(super) fn mark_saved(&mut self) {
        self.unsaved = false;
    }

    /// Lets real time pass: plays what is due, and gives what playing it took to
    /// [`Ui::took`].
    pub(super) fn pass(&mut self, elapsed: Duration) -> Ticks {
        self.now += elapsed;
        if self
            .message
            .as_ref()
            .is_some_and(|message| message.until <= self.now)
        {
            self.message = None;
        }
        if !self.playing {
            return Ticks::ZERO;
        }
        let before = self.cursor;
        let due = self.pace.due(elapsed);
        self.play_to(before.saturating_add(due));
        Ticks(self.cursor.0.saturating_sub(before.0))
    }

    /// When the screen will change by itself while time stands still.
    pub(super) fn next_change(&self) -> Option<Duration> {
        let glow = self.glow.iter().flatten().map(|(until, _)| *until);
        let message = self.message.iter().map(|message| message.until);
        glow.chain(message)
            .filter_map(|until| until.checked_sub(self.now))
            .filter(|left| !left.is_zero())
            .min()
    }

    /// Makes the waves fit a screen of this size.
    pub(super) fn fit(&mut self, area: Rect) {
        let columns = Screen::of(self, area).and_then(|screen| screen.wave_columns(self));
        if let Some(columns) = columns.filter(|columns| *columns != self.waves.columns) {
            self.waves.columns = columns;
            self.keep_in_view();
        }
    }

    /// Notes how long [`Ui::pass`] took.
    pub(super) fn took(&mut self, ticks: Ticks, elapsed: Duration, took: Duration) {
        if self.playing {
            self.pace.played(ticks, elapsed, took);
        }
    }

    /// Moves the cursor forward, through what is known and beyond it.
    pub(super) fn play_to(&mut self, tick: Ticks) {
        if tick > self.end()
            && let Err(error) = self.play_on(tick)
        {
            self.playing = false;
            self.complain(error.to_string());
        }
        self.move_to(tick.min(self.end()));
    }

    /// Plays beyond the end, ending taps on their way.
    fn play_on(&mut self, tick: Ticks) -> Result<(), TimelineError> {
        while let Some((until, button)) = self.hands.next_release() {
            if until > tick {
                break;
            }
            self.timeline.advance(until)?;
            self.hands.let_go(button);
            self.move_contact(button, Contact::Open)?;
        }
        self.timeline.advance(tick)?;
        Ok(())
    }

    /// Puts the cursor somewhere in what is known.
    pub(super) fn move_to(&mut self, tick: Ticks) {
        let before = self.cursor;
        self.cursor = tick.min(self.end());
        self.follow();
        self.light(before);
        self.keep_in_view();
        match self.timeline.branch().at(self.cursor) {
            Ok(player) => {
                if self.cursor != before {
                    self.state_before = self.here.state();
                }
                self.here = player;
            }
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Reads what the present branch has got.
    fn follow(&mut self) {
        self.signals.follow(self.timeline.branch().trace());
    }

    /// Remembers which outputs were lit on the way here.
    fn light(&mut self, before: Ticks) {
        use super::signals::Signal;
        let (from, to) = (before.min(self.cursor), before.max(self.cursor));
        for index in 0..self.glow.len() {
            let signal = Signal::Output(index);
            let mut seen = self.signals.value(signal, to);
            let passed = self
                .signals
                .between(signal, from, to.saturating_add(Ticks(1)));
            if to.0 - from.0 <= 1_000 {
                let brightest = passed.iter().map(|change| change.value).max();
                seen = seen.max(brightest.unwrap_or(0));
            }
            if let Ok(level @ 1..) = u16::try_from(seen) {
                self.glow[index] = Some((self.now + AFTERGLOW, Level(level)));
            }
        }
    }

    /// The level an LED is drawn with.
    pub(super) fn shown_level(&self, output: usize) -> Level {
        let level = self.here.levels().get(output).copied().unwrap_or_default();
        match self.glow.get(output).copied().flatten() {
            Some((until, glow)) if level == Level::OFF && self.now < until => glow,
            _ => level,
        }
    }

    /// Moves the waves so that the cursor is in them.
    pub(super) fn keep_in_view(&mut self) {
        let Waves {
            left,
            per_cell,
            columns,
            ..
        } = self.waves;
        let width = u32::from(columns.max(1)).saturating_mul(per_cell);
        let margin = width / 8;
        if self.cursor < left {
            self.waves.left = Ticks(self.cursor.0.saturating_sub(margin));
        } else if self.cursor.0 - left.0 >= width {
            self.waves.left = Ticks(self.cursor.0.saturating_sub(width - margin.max(per_cell)));
        }
        // Columns keep their ticks while time goes by.
        self.waves.left.0 -= self.waves.left.0 % per_cell;
    }

    /// Presses a button at the cursor; one that is down there is let go.
    pub(super) fn press(&mut self, button: ButtonId, holder: Holder) {
        let is_down = self.here.is_closed(button);
        let contact = if is_down {
            Contact::Open
        } else {
            Contact::Closed
        };
        if is_down {
            self.hands.let_go(button);
        }
        if !self.act(Action::Button(button, contact)) || is_down {
            return;
        }
        let holder = match holder {
            Holder::Tap(length) => Holder::Tap(self.end().saturating_add(length)),
            other => other,
        };
        self.hands.hold(button, holder);
    }

    /// Lets go of a button that this holds.
    pub(super) fn let_go(&mut self, button: ButtonId, holder: Holder) {
        if self.hands.holder(button) != Some(holder) {
            return;
        }
        self.hands.let_go(button);
        if self.at_end() && self.here.is_closed(button) {
            self.act(Action::Button(button, Contact::Open));
        }
    }

    /// Resets the board at the cursor, and finds these conditions.
    pub(super) fn reset(&mut self, conditions: Conditions) {
        self.act(Action::Reset(conditions));
    }

    /// Does something at the cursor: in the past, on a new branch.
    fn act(&mut self, action: Action) -> bool {
        let branches = self.timeline.branches().len();
        if !self.at_end() {
            self.hands.forget();
        }
        let acted = match action {
            Action::Button(button, contact) if self.bounce => self.bounce_contact(button, contact),
            action => self.timeline.act(self.cursor, action).map(drop),
        };
        if let Err(error) = &acted {
            self.complain(error.to_string());
        }
        self.unsaved = true;
        if self.timeline.branches().len() > branches {
            self.changed_branch();
            let text = format!(
                "a new branch, from tick {}: the old one is kept (v lists them)",
                self.cursor.0
            );
            self.say(text);
        }
        self.move_to(self.end());
        acted.is_ok()
    }

    fn move_contact(&mut self, button: ButtonId, contact: Contact) -> Result<(), TimelineError> {
        self.unsaved = true;
        if self.bounce {
            self.cursor = self.end();
            return self.bounce_contact(button, contact);
        }
        let end = self.end();
        self.timeline
            .act(end, Action::Button(button, contact))
            .map(drop)
    }

    /// The contact moves to and fro before it rests.
    fn bounce_contact(&mut self, button: ButtonId, contact: Contact) -> Result<(), TimelineError> {
        const BOUNCES: u32 = 6;
        let mut tick = self.cursor;
        for bounce in 0..=BOUNCES {
            let position = if bounce % 2 == 0 {
                contact
            } else {
                contact.other()
            };
            tick = self.timeline.act(tick, Action::Button(button, position))?;
            if bounce < BOUNCES {
                tick = tick.saturating_add(Ticks(1));
                self.timeline.advance(tick)?;
            }
        }
        Ok(())
    }

    /// After the present branch is another one: what was known of the old one is not.
    pub(super) fn changed_branch(&mut self) {
        self.signals = Signals::new(self.timeline.app().interface());
        self.compared = None;
        self.hands.forget();
        self.cursor = self.cursor.min(self.end());
        self.follow();
    }

    /// Looks at another branch, at the same tick where it has it.
    pub(super) fn switch_branch(&mut self, branch: usize) {
        self.timeline.switch(branch);
        self.changed_branch();
        self.move_to(self.cursor);
    }
}

impl Ui {
    /// Draws another branch below this one, and goes to where they part.
    pub(super) fn compare_with(&mut self, branch: usize) {
        let current = self.timeline.current();
        let Some(other) = self.timeline.branches().get(branch) else {
            return;
        };
        let mut signals = Signals::new(self.timeline.app().interface());
        signals.follow(other.trace());
        match self.timeline.compare(current, branch) {
            None => self.say("the branches do not differ"),
            Some(divergence) => {
                self.compared = Some(Compared { branch, signals });
                self.mark = Some(divergence.tick);
                self.playing = false;
                self.move_to(divergence.tick);
                let differing = [current, branch].map(|index| {
                    let trace = self.timeline.branches()[index].trace();
                    let line = trace.lines().nth(divergence.shared);
                    let line = line.map_or("nothing".to_owned(), |line| {
                        format!("{} {} {}", line.kind.word(), line.name, line.value)
                    });
                    format!("{}: {line}", branch_name(index))
                });
                self.say(format!(
                    "first difference at tick {}  {}",
                    divergence.tick.0,
                    differing.join("  ")
                ));
            }
        }
    }
}
