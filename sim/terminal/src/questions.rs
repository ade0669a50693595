//! Questions to the app from the present moment: the shortest way to something, and its state diagram.

use crossterm::event::KeyCode;

use super::background::{Answer, BackgroundJob, NoAnswer, Question};
use super::key_bindings::UiCommand;
use super::overlay::{Confirmation, Overlay, Way};
use super::ui_state::UiState;
use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Action, Script, ScriptEvent};
use lockstep_rules::map::{StateMap, values_at};
use lockstep_rules::parser::parse;
use lockstep_rules::reach_from_here::ReachFromHere;
use lockstep_rules::rule_file::RuleFile;

/// A state diagram that was found.
#[derive(Debug)]
pub(super) struct FoundMap {
    pub(super) map: StateMap,
    /// What its states consist of.
    pub(super) shown: Vec<String>,
}

impl UiState {
    /// The app as it can be copied.
    fn own_app(&self) -> Option<AppEntry> {
        let name = self.descriptor().name();
        self.in_process.find(name).ok().cloned()
    }

    /// Looks for the shortest way from here to something, such as `log lock on`.
    pub(super) fn seek(&mut self, what: &str) {
        let goals = match self.goals(what) {
            Ok(goals) => goals,
            Err(problem) => return self.show_error(problem),
        };
        let (Some(app), Some(run)) = (self.own_app(), self.run_up_to_here()) else {
            return self.show_error("this run cannot be gone on with");
        };
        self.pause();
        let question = Question::Way {
            what: what.to_owned(),
            branch: self.timeline.current(),
            from: self.cursor,
        };
        self.show_message(format!("looking for a way to `{what}` (Esc gives up)"));
        self.job = Some(BackgroundJob::seek_way(question, app, run, goals));
    }

    fn goals(&self, what: &str) -> Result<RuleFile, String> {
        let text = format!("app {}\n{what} at some time\n", self.descriptor().name());
        parse(&text, &self.registry).map_err(|diagnostics| {
            let first = diagnostics.first();
            first.map_or_else(
                || format!("`{what}` cannot be looked for"),
                |it| format!("{}; {}", it.message, it.expected),
            )
        })
    }

    fn run_up_to_here(&self) -> Option<Script> {
        let whole = self.timeline.branch().script().ok()?;
        let events = whole.events().iter().copied();
        let events = events.take_while(|event| event.tick <= self.cursor);
        let (condition, clock) = (whole.condition(), whole.clock());
        Script::new(condition, clock, events.collect(), self.cursor).ok()
    }

    /// Shows the state diagram, once it is found.
    pub(super) fn show_map(&mut self) {
        if self.map.is_some() {
            self.overlay = Some(Overlay::Map { scroll: None });
        } else if let Some(app) = self.own_app() {
            self.show_message("looking for the states of the app (Esc gives up)");
            self.job = Some(BackgroundJob::find_map(app));
        }
    }

    /// Gives a question up; whether there was one.
    pub(super) fn give_up(&mut self) -> bool {
        let had_one = self.job.take().is_some();
        if had_one {
            self.show_message("given up");
        }
        had_one
    }

    /// Waits for the answer to a question, if one is being answered.
    pub(super) fn await_answer(&mut self) {
        if let Some(job) = &mut self.job {
            job.wait();
            self.take_answer();
        }
    }

    /// Takes the answer to a question, once there is one.
    pub(super) fn take_answer(&mut self) {
        // What is open is not taken away from whoever types.
        if self.overlay.is_some() {
            return;
        }
        let Some(answer) = self.job.as_mut().and_then(BackgroundJob::answer) else {
            return;
        };
        let Some(question) = self.job.take().map(|job| job.question.clone()) else {
            return;
        };
        self.message = None;
        match (answer, question) {
            (Ok(Answer::Map(map, _)), _) if map.situations == 0 => {
                self.show_error("this app has no map: it cannot be copied");
            }
            (Ok(Answer::Map(map, shown)), _) => {
                self.map = Some(FoundMap { map, shown });
                self.show_map();
            }
            (Ok(Answer::Way(way)), Question::Way { what, branch, from }) => {
                if (branch, from) == (self.timeline.current(), self.cursor) {
                    self.offer(&what, way);
                } else {
                    self.show_message(format!(
                        "a way to `{what}` was looked for from {}; ask again from here",
                        self.clock(from)
                    ));
                }
            }
            (Err(NoAnswer) | Ok(Answer::Way(_)), _) => self.show_error("the app failed meanwhile"),
        }
    }

    fn offer(&mut self, what: &str, way: ReachFromHere) {
        match way {
            ReachFromHere::Now => self.show_message(format!("`{what}` is so at this moment")),
            ReachFromHere::Found(input, length) if input.is_empty() => {
                let text = format!("`{what}` comes by itself in {}", self.length(length));
                match self.at_end() {
                    true => self.offer_way(input, length, text),
                    false => self.show_message(text),
                }
            }
            ReachFromHere::Found(input, length) => {
                let text = format!(
                    "`{what}`: {}, {} in all",
                    self.described(&input),
                    self.length(length)
                );
                self.offer_way(input, length, text);
            }
            ReachFromHere::NotFound(count) => self.show_error(format!(
                "no way to `{what}` was found among {count} situations; {} reach looks further",
                self.commands
                    .of(lockstep_engine::project::Program::Simulator)
            )),
            ReachFromHere::Unknown => {
                self.show_error("no way can be looked for: this app cannot be copied");
            }
        }
    }

    fn offer_way(&mut self, input: Vec<ScriptEvent>, length: RunTicks, text: String) {
        let way = Way {
            input,
            length,
            text,
        };
        self.overlay = Some(Overlay::Confirm(Confirmation::Play(way)));
    }

    /// What is done, in words: `press A, press B 1 ms later`.
    fn described(&self, input: &[ScriptEvent]) -> String {
        let mut last = RunTicks(1);
        let steps = input.iter().map(|event| {
            let what = match event.action {
                Action::Button(button, contact) => {
                    format!("{} {}", contact.verb(), self.button_name(button))
                }
                _ => "something else".to_owned(),
            };
            let passed = event.tick.saturating_sub(last);
            last = event.tick;
            match passed {
                RunTicks::ZERO => what,
                passed => format!("{what} {} later", self.length(passed)),
            }
        });
        steps.collect::<Vec<_>>().join(", ")
    }

    /// Plays a way that was found: in the past, on a new branch.
    pub(super) fn play_way(&mut self, way: &Way) {
        let start = self.cursor;
        let reached = start.saturating_add(way.length);
        if !way.input.is_empty() {
            let events = self.timeline.branch().events();
            // One thing is done in a tick: what is done next is counted from the tick after.
            let is_taken = events.iter().any(|event| event.tick == start);
            let taken = RunTicks(u64::from(is_taken));
            let input = way.input.iter().map(|event| ScriptEvent {
                tick: event.tick.saturating_sub(taken),
                ..*event
            });
            self.held.clear();
            if !self.apply_input(input.collect()) {
                return;
            }
        }
        if let Err(error) = self.timeline.advance(reached) {
            self.show_error(error_chain(&error));
        }
        self.hold_to_rules();
        self.on_branch_changed();
        // A rule that breaks on the way stops it there.
        if self.rules.broken().all(|broken| broken.tick <= start) {
            self.move_to(reached);
        }
    }

    pub(super) fn map_key(&mut self, code: KeyCode, scroll: Option<u16>) {
        let from = scroll.unwrap_or(self.map_top);
        let scroll = match code {
            KeyCode::Down | KeyCode::Char('j') => Some(from.saturating_add(1)),
            KeyCode::Up | KeyCode::Char('k') => Some(from.saturating_sub(1)),
            KeyCode::PageDown => Some(from.saturating_add(10)),
            KeyCode::PageUp => Some(from.saturating_sub(10)),
            KeyCode::Home => Some(0),
            KeyCode::End => Some(u16::MAX),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'M') => return,
            _ => {
                // The present moves, and the map with it.
                let command = match code {
                    KeyCode::Char('[') => Some(UiCommand::PreviousEvent),
                    KeyCode::Char(']') => Some(UiCommand::NextEvent),
                    KeyCode::Char(' ') => Some(UiCommand::PlayPause),
                    KeyCode::Left => Some(UiCommand::StepBack),
                    KeyCode::Right => Some(UiCommand::StepForward),
                    _ => None,
                };
                if let Some(command) = command {
                    self.command(command);
                    None
                } else {
                    scroll
                }
            }
        };
        self.overlay = Some(Overlay::Map { scroll });
    }

    /// The state of the map that the app is in at the cursor.
    pub(super) fn present_state(&self) -> Option<usize> {
        let FoundMap { map, shown } = self.map.as_ref()?;
        let values = values_at(self.trace(), shown, self.cursor);
        map.states.iter().position(|state| state.values == values)
    }
}
