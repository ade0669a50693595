//! The inputs of a run as statements.

use lockstep_core::event::{ButtonId, SerialId};
use lockstep_core::time::RunTicks;

use super::interval::Interval;
use super::long_input::Turn;
use super::step_trace::{Step, StepTrace};
use crate::scenario::statement_builder::{button_name, line_name, name, port_statement};
use crate::scenario::{Name, StatementKind};
use crate::script::{Action, SwitchState};
use crate::timed_input::arrival;

/// The most buttons in one statement: their names fit on a line.
const MAX_BUTTONS: usize = 8;

/// The statements for the inputs of one or more steps.
pub(super) struct StatementGroup {
    pub(super) kinds: Vec<StatementKind>,
    /// The step with which they end.
    pub(super) last: usize,
}

/// The statements from this step on: one that takes time, such as a tap, if nothing has to
/// be expected meanwhile, and otherwise those for the inputs of this tick.
pub(super) fn group_at(run: &StepTrace<'_>, intervals: &[Interval], step: usize) -> StatementGroup {
    let writer = StatementWriter { run, intervals };
    writer
        .bounce(step)
        .or_else(|| writer.tap(step))
        .unwrap_or_else(|| writer.actions(step))
}

struct StatementWriter<'a> {
    run: &'a StepTrace<'a>,
    intervals: &'a [Interval],
}

/// Buttons that all move the same way in one tick.
struct ButtonGroup {
    buttons: Vec<ButtonId>,
    contact: SwitchState,
}

/// Actions that one statement can do: equal kinds are together.
#[derive(PartialEq)]
enum Together {
    Move(SwitchState),
    Send(SerialId),
    /// A statement of its own.
    Alone(Action),
}

fn together(action: Action) -> Together {
    match action {
        Action::Button(_, contact) => Together::Move(contact),
        Action::Byte(line, _) => Together::Send(line),
        Action::Number(..) | Action::Reset(_) => Together::Alone(action),
    }
}

impl StatementWriter<'_> {
    fn actions(&self, step: usize) -> StatementGroup {
        let Step { actions, turn, .. } = self.run.steps[step];
        if let Some(turn) = turn {
            let kinds = vec![self.turn(turn)];
            return StatementGroup { kinds, last: step };
        }
        let mut kinds = Vec::new();
        // In the order in which they are played, as the sentences of a tick have to be.
        for same in actions.chunk_by(|a, b| together(a.action) == together(b.action)) {
            match together(same[0].action) {
                Together::Move(contact) => {
                    let buttons = same.iter().filter_map(|event| match event.action {
                        Action::Button(button, _) => Some(self.button(button)),
                        _ => None,
                    });
                    let buttons: Vec<_> = buttons.collect();
                    kinds.extend(
                        buttons
                            .chunks(MAX_BUTTONS)
                            .map(|buttons| StatementKind::Move {
                                buttons: buttons.to_vec(),
                                contact,
                                bouncing: RunTicks::ZERO,
                            }),
                    );
                }
                Together::Send(line) => {
                    let bytes = same.iter().filter_map(|event| match event.action {
                        Action::Byte(_, byte) => Some(byte),
                        _ => None,
                    });
                    let bytes: Vec<_> = bytes.collect();
                    let is_long = same.first().map(|it| it.tick) != same.last().map(|it| it.tick);
                    let at_once = match is_long {
                        true => bytes.len(),
                        false => self.carried_at_once(line, bytes.len()),
                    };
                    kinds.extend(bytes.chunks(at_once).map(|bytes| StatementKind::Send {
                        line: line_name(self.run.descriptor, line),
                        bytes: bytes.to_vec(),
                    }));
                }
                Together::Alone(action) => {
                    kinds.extend(port_statement(self.run.descriptor, action));
                }
            }
        }
        StatementGroup { kinds, last: step }
    }

    /// How many of so many bytes, at least one, a line carries in one tick.
    fn carried_at_once(&self, line: SerialId, count: usize) -> usize {
        let descriptor = self.run.descriptor;
        let line = descriptor.serial_lines().get(usize::from(line.0));
        let arrives = |before| line.map(|it| arrival(it, descriptor.tick(), before));
        let more = (1..).zip(1..count);
        let more = more.take_while(|(before, _)| arrives(*before) == Some(RunTicks::ZERO));
        1 + more.count()
    }

    fn turn(&self, turn: Turn) -> StatementKind {
        let encoders = self.run.descriptor.encoders();
        let encoder = encoders.get(usize::from(turn.encoder));
        StatementKind::Turn {
            encoder: name(encoder.map_or("?", |encoder| encoder.name())),
            clicks: turn.clicks,
            length: turn.length,
        }
    }

    fn tap(&self, step: usize) -> Option<StatementGroup> {
        let group = self.group(step)?;
        let is_tap = group.contact == SwitchState::Closed
            && self.moves_back(step)
            // What the release causes would be looked for from the press on.
            && !self.intervals[step + 1].logs_immediately
            // A release that bounces is a statement of its own.
            && self.bounce(step + 1).is_none();
        let length = self.run.steps[step].length();
        is_tap.then(|| StatementGroup {
            kinds: vec![StatementKind::Tap {
                buttons: self.names(&group),
                length,
            }],
            last: step + 1,
        })
    }

    /// Contacts that move in every tick, as a bouncing press or release does; of an odd
    /// length, they skip the last tick but one.
    fn bounce(&self, step: usize) -> Option<StatementGroup> {
        let group = self.group(step)?;
        let mut last = step;
        while self.steps_apart(last) == Some(1) && self.moves_back(last) {
            last += 1;
        }
        if (last - step) % 2 == 1 {
            if self.steps_apart(last) == Some(2) && self.moves_back(last) {
                last += 1;
            } else {
                last -= 1;
            }
        }
        let steps = &self.run.steps;
        let bouncing = steps[last].tick.saturating_sub(steps[step].tick);
        // A log would be looked for from the beginning of the statement on.
        let fits = bouncing > RunTicks(1) && !self.intervals[last].logs_immediately;
        fits.then(|| StatementGroup {
            kinds: vec![StatementKind::Move {
                buttons: self.names(&group),
                contact: group.contact,
                bouncing,
            }],
            last,
        })
    }

    fn steps_apart(&self, step: usize) -> Option<u64> {
        let next = self.run.steps.get(step + 1)?;
        Some(next.tick.saturating_sub(self.run.steps[step].tick).0)
    }

    /// Whether the contacts of this step move back in the next one, with no other inputs
    /// then and nothing expected before.
    fn moves_back(&self, step: usize) -> bool {
        let (now, next) = (self.group(step), self.group(step + 1));
        let back = now.zip(next).is_some_and(|(now, next)| {
            next.buttons == now.buttons && next.contact == now.contact.other()
        });
        back && !self.intervals[step].is_needed
    }

    /// The buttons that move in this step, if all move the same way and there is no reset.
    fn group(&self, step: usize) -> Option<ButtonGroup> {
        let Step { actions, .. } = self.run.steps.get(step)?;
        let mut buttons = Vec::new();
        let mut contacts = Vec::new();
        for event in *actions {
            let Action::Button(button, contact) = event.action else {
                return None;
            };
            buttons.push(button);
            contacts.push(contact);
        }
        let contact = *contacts.first()?;
        let same = contacts.iter().all(|other| *other == contact);
        (same && buttons.len() <= MAX_BUTTONS).then_some(ButtonGroup { buttons, contact })
    }

    fn names(&self, group: &ButtonGroup) -> Vec<Name> {
        group
            .buttons
            .iter()
            .map(|button| self.button(*button))
            .collect()
    }

    fn button(&self, button: ButtonId) -> Name {
        button_name(self.run.descriptor, button)
    }
}
