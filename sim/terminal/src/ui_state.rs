//! The state of the UI: everything that the screen shows.
//!
//! Nothing here uses a terminal or reads a clock. Keys and real time are passed in, so that
//! a test can drive all of it.

use std::collections::BTreeSet;
use std::time::Duration;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{ButtonId, NumberId};
use lockstep_core::output::Level;
use lockstep_core::time::{Length, RunTicks, TickPeriod};
use ratatui::layout::Rect;

use super::background::BackgroundJob;
use super::controls::{Control, controls};
use super::held_buttons::HeldButtons;
use super::key_bindings::{Pane, button_letters};
use super::navigation::FastForward;
use super::overlay::Overlay;
use super::playback_speed::PlaybackSpeed;
use super::questions::FoundMap;
use super::rule_watch::RuleWatch;
use super::signal_history::SignalHistory;
use super::signal_list::SignalList;
use super::state_rows::state_text;
use super::theme::Theme;
use super::view::{self, ScreenLayout, clock};
use lockstep_console::commands::Commands;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use lockstep_engine::timeline::{Snapshot, Timeline, TimelineError};
use lockstep_engine::trace::Trace;

/// How long it takes until it is looked whether a question is answered.
const ANSWER: Duration = Duration::from_millis(50);

/// How long a message is shown.
const MESSAGE: Duration = Duration::from_secs(6);

/// The state of the UI.
pub(super) struct UiState {
    pub(super) registry: Registry,
    /// The same apps in this process, for questions to them.
    pub(super) in_process: Registry,
    pub(super) timeline: Timeline,
    pub(super) signals: SignalHistory,
    pub(super) signal_list: SignalList,
    pub(super) cursor: RunTicks,
    /// The app as it is at the cursor.
    pub(super) snapshot: Snapshot,
    /// The app's state at the cursor.
    pub(super) state: String,
    /// The state before the cursor was moved, to show what changed.
    pub(super) state_before: String,
    pub(super) playing: bool,
    pub(super) speed: PlaybackSpeed,
    pub(super) fast_forward: Option<FastForward>,
    pub(super) held: HeldButtons,
    /// The buttons that were latched.
    pub(super) latched: BTreeSet<ButtonId>,
    /// The buttons that are no contacts of encoders.
    pub(super) buttons: Vec<ButtonId>,
    /// The letters that press them.
    pub(super) letters: Vec<Option<char>>,
    pub(super) controls: Vec<Control>,
    pub(super) board: BoardViewport,
    /// The number input whose slider is dragged.
    pub(super) dragged: Option<NumberId>,
    /// Whether the bytes of serial lines are shown in hex.
    pub(super) shows_hex: bool,
    pub(super) prefix: Option<char>,
    pub(super) pane: Pane,
    pub(super) waves: WaveViewport,
    pub(super) state_scroll: usize,
    pub(super) mark: Option<RunTicks>,
    pub(super) compared: Option<ComparedBranch>,
    pub(super) search: String,
    pub(super) bounce: bool,
    pub(super) keys_report_release: bool,
    pub(super) overlay: Option<Overlay>,
    pub(super) message: Option<StatusMessage>,
    /// The failed expectations of the scenario that was opened.
    pub(super) failures: Vec<FailedExpectation>,
    /// The rules that the run is held to.
    pub(super) rules: RuleWatch,
    /// A question that is being answered.
    pub(super) job: Option<BackgroundJob>,
    /// The state diagram of the app, once it was asked for.
    pub(super) map: Option<FoundMap>,
    /// The first line of it that shows the present state, when it was last drawn.
    pub(super) map_top: u16,
    pub(super) theme: Theme,
    /// How people call the programs that messages name.
    pub(super) commands: Commands,
    pub(super) now: Duration,
    pub(super) glow: Vec<Option<(Duration, Level)>>,
    pub(super) quit: bool,
    /// The branches that have changed since they were saved, by their indices.
    unsaved: BTreeSet<usize>,
}

/// The part of the board that is visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BoardViewport {
    /// The first visible row.
    pub(super) first: usize,
    /// The last scroll position, when it was last drawn.
    pub(super) last_first: usize,
    /// The selected control, by its index.
    pub(super) selected: usize,
    /// Whether the rows are scrolled to the selected control when they are drawn next.
    pub(super) reveals_selected: bool,
}

/// The part of the waveforms that is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaveViewport {
    /// The first visible tick.
    pub(super) left: RunTicks,
    /// The ticks in a column, at least 1.
    pub(super) per_cell: u64,
    /// The selected signal, by its index.
    pub(super) selected: usize,
    /// How many columns the waves had when they were last drawn.
    pub(super) columns: u16,
}

/// A branch that is drawn below the current one where they differ.
#[derive(Clone, Debug)]
pub(super) struct ComparedBranch {
    pub(super) branch: usize,
    pub(super) signals: SignalHistory,
}

/// A message in the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatusMessage {
    pub(super) text: String,
    pub(super) is_error: bool,
    /// When it disappears; with the next key for `None`.
    pub(super) until: Option<Duration>,
}

/// An expectation of the opened scenario that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailedExpectation {
    pub(super) tick: RunTicks,
    pub(super) text: String,
}

impl UiState {
    /// An app whose script has been played, paused at tick 0.
    pub(super) fn new(
        registry: Registry,
        app: &AppEntry,
        script: &Script,
        theme: Theme,
    ) -> Result<Self, TimelineError> {
        let timeline = Timeline::new(app, script)?;
        let snapshot = timeline.branch().snapshot(RunTicks::ZERO)?;
        let state = state_text(&snapshot);
        let buttons = buttons(app.descriptor());
        let names = buttons.iter().map(|id| button_name(app.descriptor(), *id));
        let mut ui = Self {
            signals: SignalHistory::new(app.descriptor()),
            signal_list: SignalList::of(app.descriptor()),
            letters: button_letters(&names.collect::<Vec<_>>()),
            buttons,
            controls: controls(app.descriptor()),
            board: BoardViewport::default(),
            dragged: None,
            shows_hex: false,
            glow: vec![None; app.descriptor().outputs().len()],
            in_process: registry.clone(),
            registry,
            timeline,
            cursor: RunTicks::ZERO,
            state_before: state.clone(),
            state,
            snapshot,
            playing: false,
            speed: PlaybackSpeed::real_time(app.descriptor().tick()),
            fast_forward: None,
            held: HeldButtons::default(),
            latched: BTreeSet::new(),
            prefix: None,
            pane: Pane::Board,
            waves: WaveViewport {
                left: RunTicks::ZERO,
                per_cell: app.descriptor().tick().ms(20).0.into(),
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
            rules: RuleWatch::default(),
            job: None,
            map: None,
            map_top: 0,
            theme,
            commands: Commands::default(),
            now: Duration::ZERO,
            quit: false,
            unsaved: BTreeSet::new(),
        };
        ui.follow();
        Ok(ui)
    }

    /// Starts over with another app or run, and keeps the settings of the user.
    pub(super) fn replace(&mut self, app: &AppEntry, script: &Script) -> Result<(), TimelineError> {
        let fresh = Self::new(self.registry.clone(), app, script, self.theme)?;
        self.pause();
        let is_same = app.descriptor().name() == self.descriptor().name();
        let rules = match is_same {
            true => self.rules.given_alone(),
            false => RuleWatch::default(),
        };
        let map = self.map.take().filter(|_| is_same);
        let signal_list = match is_same {
            true => self.signal_list.clone(),
            false => fresh.signal_list.clone(),
        };
        *self = Self {
            in_process: self.in_process.clone(),
            commands: self.commands.clone(),
            rules,
            map,
            signal_list,
            speed: self.speed.of_ticks(app.descriptor().tick()),
            pane: self.pane,
            bounce: self.bounce,
            shows_hex: self.shows_hex,
            keys_report_release: self.keys_report_release,
            now: self.now,
            ..fresh
        };
        self.hold_to_rules();
        Ok(())
    }

    /// What the app declares.
    pub(super) fn descriptor(&self) -> &'static AppDescriptor {
        self.timeline.app().descriptor()
    }

    /// How long a tick of the app is.
    pub(super) fn tick_period(&self) -> TickPeriod {
        self.descriptor().tick()
    }

    pub(super) fn button_name(&self, button: ButtonId) -> &'static str {
        button_name(self.descriptor(), button)
    }

    /// A time of the run as the screen shows it.
    pub(super) fn clock(&self, tick: RunTicks) -> String {
        clock(tick, self.tick_period())
    }

    /// The time that so many ticks take, to be written.
    pub(super) fn length(&self, ticks: RunTicks) -> Length {
        self.tick_period().length(ticks)
    }

    pub(super) fn trace(&self) -> &Trace {
        self.timeline.branch().trace()
    }

    pub(super) fn end(&self) -> RunTicks {
        self.timeline.branch().end()
    }

    pub(super) fn at_end(&self) -> bool {
        self.cursor >= self.end()
    }

    pub(super) fn show_message(&mut self, text: impl Into<String>) {
        self.message = Some(StatusMessage {
            text: text.into(),
            is_error: false,
            until: Some(self.now + MESSAGE),
        });
    }

    /// Shows an error until the next key: it may be long, and must not be missed.
    pub(super) fn show_error(&mut self, text: impl Into<String>) {
        self.message = Some(StatusMessage {
            text: text.into(),
            is_error: true,
            until: None,
        });
    }

    /// Hides an error, on the next key or click.
    pub(super) fn dismiss_error(&mut self) {
        self.message.take_if(|message| message.is_error);
    }

    /// Whether quitting would lose changes.
    pub(super) fn has_unsaved(&self) -> bool {
        let count = self.timeline.branches().len();
        self.unsaved.iter().any(|branch| *branch < count)
    }

    pub(super) fn mark_saved(&mut self) {
        self.unsaved.remove(&self.timeline.current());
    }

    pub(super) fn mark_unsaved(&mut self) {
        self.unsaved.insert(self.timeline.current());
    }

    /// Advances real time and plays what is due. Returns the ticks that were played, for
    /// [`UiState::record_play_time`].
    pub(super) fn advance_clock(&mut self, elapsed: Duration) -> RunTicks {
        self.now += elapsed;
        let now = self.now;
        self.message
            .take_if(|message| message.until.is_some_and(|until| until <= now));
        self.take_answer();
        if !self.playing {
            return RunTicks::ZERO;
        }
        let before = self.cursor;
        self.play_due(elapsed);
        RunTicks(self.cursor.0.saturating_sub(before.0))
    }

    /// When the screen changes next while the run is paused.
    pub(super) fn next_change(&self) -> Option<Duration> {
        let glow = self.glow.iter().flatten().map(|(until, _)| *until);
        let message = self.message.iter().filter_map(|message| message.until);
        let answer = self.job.as_ref().map(|_| self.now + ANSWER);
        glow.chain(message)
            .chain(answer)
            .filter_map(|until| until.checked_sub(self.now))
            .filter(|left| !left.is_zero())
            .min()
    }

    /// Limits scroll positions and zoom to a screen of this size.
    pub(super) fn fit(&mut self, area: Rect) {
        let Some(screen) = ScreenLayout::of(self, area) else {
            return;
        };
        if let Some(columns) = screen.wave_columns(self)
            && columns != self.waves.columns
        {
            self.waves.columns = columns;
            self.keep_in_view();
        }
        self.board = screen.fit_board(self);
        if let Some(last) = screen.last_state_scroll(self) {
            self.state_scroll = self.state_scroll.min(last);
        }
        match self.overlay {
            Some(Overlay::Help { scroll }) => {
                let scroll = scroll.min(view::last_help_scroll(self, area));
                self.overlay = Some(Overlay::Help { scroll });
            }
            Some(Overlay::Map { scroll }) => {
                let (top, last) = view::map_scroll(self, area);
                self.map_top = top;
                let scroll = scroll.map(|it| it.min(last));
                self.overlay = Some(Overlay::Map { scroll });
            }
            _ => {}
        }
    }

    /// Records how long [`UiState::advance_clock`] took.
    pub(super) fn record_play_time(&mut self, ticks: RunTicks, elapsed: Duration, took: Duration) {
        if self.playing {
            self.speed.record(ticks, elapsed, took);
        }
    }
}

/// The buttons that are no contacts of encoders.
fn buttons(descriptor: &AppDescriptor) -> Vec<ButtonId> {
    let is_contact = |button: &ButtonId| {
        let mut encoders = descriptor.encoders().iter();
        encoders.any(|encoder| [encoder.a(), encoder.b()].contains(button))
    };
    let all = (0..).map(ButtonId).zip(descriptor.buttons());
    let all = all.map(|(button, _)| button);
    all.filter(|button| !is_contact(button)).collect()
}

fn button_name(descriptor: &AppDescriptor, button: ButtonId) -> &'static str {
    let names = descriptor.buttons();
    names.get(usize::from(button.0)).copied().unwrap_or("?")
}
