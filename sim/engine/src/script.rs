//! What a world plays: events at exact ticks, and nothing else.
//!
//! Scenarios, recordings and waveforms all become a [`Script`] before anything runs, so that
//! every world plays the same events, whatever they were written in.

pub use lockstep_core::action::{Action, SwitchState};
pub use lockstep_core::event::BootCondition;
use lockstep_core::event::{ButtonId, NumberId};
use lockstep_core::time::{Instant, RunTicks, TickPeriod};
use thiserror::Error;

/// The most ticks of any script: 30 days of ticks of a microsecond. Of other ticks, [`max_length`]
/// are.
pub const MAX_LENGTH: RunTicks = RunTicks(30 * MICROSECONDS_A_DAY);

/// The longest run with ticks of this length: 30 days.
#[must_use]
pub const fn max_length(tick: TickPeriod) -> RunTicks {
    RunTicks(MAX_LENGTH.0 / tick.as_us() as u64)
}

const MICROSECONDS_A_DAY: u64 = 24 * 60 * 60 * 1_000_000;

/// The most events a script can have.
pub const MAX_EVENTS: usize = 1_000_000;

/// An action at a tick, counted from the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptEvent {
    /// The tick.
    pub tick: RunTicks,
    /// The action.
    pub action: Action,
}

/// Everything a world needs to play a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    condition: BootCondition,
    clock: Instant,
    events: Vec<ScriptEvent>,
    end: RunTicks,
}

/// A list of events is not a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The button is in that state already.
    #[error("at tick {}: button {} cannot {} twice in a row", .tick.0, .button.0, .contact.verb())]
    Unchanged {
        /// The tick of the second move.
        tick: RunTicks,
        /// The button.
        button: ButtonId,
        /// The state it has already.
        contact: SwitchState,
    },
    /// Two moves of one button in one tick: a board that samples its pins sees neither.
    #[error("at tick {}: button {} moves twice in one tick", .tick.0, .button.0)]
    TwiceInOneTick {
        /// The tick.
        tick: RunTicks,
        /// The button.
        button: ButtonId,
    },
    /// Two changes of one number in one tick: only the second would be seen.
    #[error("at tick {}: number {} changes twice in one tick", .tick.0, .number.0)]
    NumberTwiceInOneTick {
        /// The tick.
        tick: RunTicks,
        /// The number input.
        number: NumberId,
    },
    /// Two resets in one tick.
    #[error("at tick {}: two resets in one tick", .tick.0)]
    TwoResets {
        /// The tick.
        tick: RunTicks,
    },
    /// An event after the end.
    #[error("at tick {}: an event after the end, tick {}", .tick.0, .end.0)]
    AfterEnd {
        /// The tick of the event.
        tick: RunTicks,
        /// The tick that the script ends at.
        end: RunTicks,
    },
    /// A tick above [`MAX_LENGTH`].
    #[error("the script ends at tick {}: at most 30 days are allowed", .0.0)]
    TooLong(RunTicks),
    /// More than [`MAX_EVENTS`].
    #[error("the script has {0} events: at most {MAX_EVENTS} are allowed")]
    TooManyEvents(usize),
}

impl Script {
    /// A script of these events, in any order, that ends at `end`. The bytes of one serial line in
    /// one tick stay in the order they are in.
    ///
    /// The board comes up under `condition`, its tick counter at `clock`. Contacts are open
    /// at the start, and a reset does not move them.
    ///
    /// # Errors
    ///
    /// A [`ScriptError`] for the first event that is impossible or that no board could see.
    pub fn new(
        condition: BootCondition,
        clock: Instant,
        mut events: Vec<ScriptEvent>,
        end: RunTicks,
    ) -> Result<Self, ScriptError> {
        if end > MAX_LENGTH {
            return Err(ScriptError::TooLong(end));
        }
        if events.len() > MAX_EVENTS {
            return Err(ScriptError::TooManyEvents(events.len()));
        }
        events.sort_by(|a, b| {
            let by_tick = a.tick.cmp(&b.tick);
            by_tick.then_with(|| a.action.compare_order(b.action))
        });
        check_events(&events, end)?;
        Ok(Self {
            condition,
            clock,
            events,
            end,
        })
    }

    /// The boot condition at tick 0.
    #[must_use]
    pub fn condition(&self) -> BootCondition {
        self.condition
    }

    /// Where the board's tick counter starts.
    #[must_use]
    pub fn clock(&self) -> Instant {
        self.clock
    }

    /// The events in the order they are played.
    #[must_use]
    pub fn events(&self) -> &[ScriptEvent] {
        &self.events
    }

    /// The last tick that is played.
    #[must_use]
    pub fn end(&self) -> RunTicks {
        self.end
    }
}

fn check_events(events: &[ScriptEvent], end: RunTicks) -> Result<(), ScriptError> {
    let mut moved: [Option<(RunTicks, SwitchState)>; 256] = [None; 256];
    let mut last_reset = None;
    let mut numbers = [None; 256];
    for &ScriptEvent { tick, action } in events {
        if tick > end {
            return Err(ScriptError::AfterEnd { tick, end });
        }
        match action {
            Action::Reset(_) if last_reset.replace(tick) == Some(tick) => {
                return Err(ScriptError::TwoResets { tick });
            }
            Action::Reset(_) | Action::Byte(..) => {}
            Action::Number(number, _) => {
                let last = &mut numbers[usize::from(number.0)];
                if last.replace(tick) == Some(tick) {
                    return Err(ScriptError::NumberTwiceInOneTick { tick, number });
                }
            }
            Action::Button(button, contact) => {
                let last = &mut moved[usize::from(button.0)];
                let (last_tick, position) = match *last {
                    Some((last_tick, position)) => (Some(last_tick), position),
                    None => (None, SwitchState::Open),
                };
                if last_tick == Some(tick) {
                    return Err(ScriptError::TwiceInOneTick { tick, button });
                }
                if position == contact {
                    return Err(ScriptError::Unchanged {
                        tick,
                        button,
                        contact,
                    });
                }
                *last = Some((tick, contact));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ButtonId = ButtonId(0);
    const B: ButtonId = ButtonId(1);

    fn at(tick: u64, action: Action) -> ScriptEvent {
        ScriptEvent {
            tick: RunTicks(tick),
            action,
        }
    }

    fn script(events: Vec<ScriptEvent>) -> Result<Script, ScriptError> {
        Script::new(BootCondition::OK, Instant::ZERO, events, RunTicks(100))
    }

    #[test]
    fn the_actions_of_a_tick_are_in_the_order_a_board_sees_them() {
        let script = script(vec![
            at(5, Action::Button(B, SwitchState::Closed)),
            at(5, Action::Button(A, SwitchState::Closed)),
            at(5, Action::Reset(BootCondition::OK)),
        ])
        .unwrap();
        assert_eq!(
            script.events(),
            [
                at(5, Action::Button(A, SwitchState::Closed)),
                at(5, Action::Button(B, SwitchState::Closed)),
                at(5, Action::Reset(BootCondition::OK)),
            ]
        );
    }

    #[test]
    fn impossible_inputs_are_refused() {
        let press = Action::Button(A, SwitchState::Closed);
        let release = Action::Button(A, SwitchState::Open);
        let reset = Action::Reset(BootCondition::OK);
        for (events, error) in [
            (
                vec![at(1, press), at(2, press)],
                ScriptError::Unchanged {
                    tick: RunTicks(2),
                    button: A,
                    contact: SwitchState::Closed,
                },
            ),
            (
                vec![at(1, release)],
                ScriptError::Unchanged {
                    tick: RunTicks(1),
                    button: A,
                    contact: SwitchState::Open,
                },
            ),
            (
                vec![at(1, press), at(1, release)],
                ScriptError::TwiceInOneTick {
                    tick: RunTicks(1),
                    button: A,
                },
            ),
            (
                vec![at(3, reset), at(3, reset)],
                ScriptError::TwoResets { tick: RunTicks(3) },
            ),
            (
                vec![at(101, press)],
                ScriptError::AfterEnd {
                    tick: RunTicks(101),
                    end: RunTicks(100),
                },
            ),
        ] {
            assert_eq!(script(events), Err(error));
        }
    }

    #[test]
    fn lengths_and_counts_are_limited() {
        let too_long = Script::new(
            BootCondition::OK,
            Instant::ZERO,
            Vec::new(),
            MAX_LENGTH.saturating_add(RunTicks(1)),
        );
        assert!(matches!(too_long, Err(ScriptError::TooLong(_))));
        let events = vec![at(0, Action::Reset(BootCondition::OK)); MAX_EVENTS + 1];
        assert!(matches!(
            script(events),
            Err(ScriptError::TooManyEvents(count)) if count == MAX_EVENTS + 1
        ));
    }
}
