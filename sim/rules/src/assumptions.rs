//! What a file of rules assumes of the world, and where a trace is not of such a world.

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{BootCondition, SerialId};
use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::{Diagnostic, Span};
use lockstep_engine::scenario::grammar::name;
use lockstep_engine::scenario::lexer::{TokenCursor, unexpected_token};
use lockstep_engine::scenario::names;
use lockstep_engine::trace::{EntryKind, Trace};
use lockstep_search::InputModel;
use lockstep_search::input_model::{ButtonModel, MAX_COMBINATIONS};

use crate::expression::Port;
use crate::sentence::{Context, number, port, ticks};

/// What is assumed of the world, and the sentences that say so.
#[derive(Clone, Debug)]
pub struct Assumptions {
    /// What the world may do.
    pub inputs: InputModel,
    /// What is assumed, a sentence each.
    pub sentences: Vec<String>,
    /// The number inputs that nothing is said about.
    fixed: Vec<&'static str>,
    /// The bounds of numbers, where something is said about them.
    ranges: Vec<Option<(i32, i32)>>,
    /// The serial lines on which nothing arrives.
    silent: Vec<SerialId>,
}

/// Where a trace is not of a world as it is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The tick.
    pub tick: RunTicks,
    /// What is not as it is assumed.
    pub message: String,
}

impl Assumptions {
    pub(crate) fn none(descriptor: &'static AppDescriptor) -> Self {
        let starts: Vec<_> = descriptor.numbers().iter().map(|it| it.start()).collect();
        Self {
            inputs: InputModel::free(
                descriptor.buttons().len(),
                &starts,
                descriptor.boot_conditions().len(),
            ),
            sentences: Vec::new(),
            fixed: descriptor.numbers().iter().map(|it| it.name()).collect(),
            ranges: vec![None; starts.len()],
            silent: Vec::new(),
        }
    }

    /// Everything that is assumed, also what no sentence says.
    #[must_use]
    pub fn described(&self, descriptor: &AppDescriptor) -> Vec<String> {
        let mut all = self.sentences.clone();
        for name in &self.fixed {
            let number = descriptor.numbers().iter().find(|it| it.name() == *name);
            if let Some(number) = number {
                let scale = number.scale();
                let unit = match scale.unit() {
                    "" => String::new(),
                    unit => format!(" {unit}"),
                };
                all.push(format!(
                    "{name} stays {}{unit}: `assume {name} is between ... and ...` says more",
                    scale.shown(number.start())
                ));
            }
        }
        let lines = (0..).map(SerialId).zip(descriptor.serial_lines());
        let lines = lines.filter(|(id, _)| !self.silent.contains(id));
        all.extend(lines.map(|(_, line)| format!("nothing arrives on {}", line.name())));
        all
    }

    /// Reads what stands after `assume`.
    pub(crate) fn read(
        &mut self,
        cursor: &mut TokenCursor<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Diagnostic> {
        if cursor.accept("no") {
            match cursor.keyword(&["resets", "failed"])? {
                "resets" => self.inputs.resets.clear(),
                _ => {
                    cursor.keyword(&["boots"])?;
                    self.inputs.boots = vec![BootCondition::OK];
                    self.inputs.resets.truncate(1);
                }
            }
            return Ok(());
        }
        if cursor.accept("at") {
            cursor.keyword(&["most"])?;
            let count = cursor.next_token("a number of buttons")?;
            let most = match count.text {
                "one" => Some(1),
                "two" => Some(2),
                number => number.parse().ok().filter(|number| *number > 0),
            };
            self.inputs.most_closed = most.ok_or_else(|| {
                Diagnostic::new(
                    count.span,
                    format!("`{count}` is not a number of buttons"),
                    "expected `one`, `two` or a whole number",
                )
            })?;
            cursor.keyword(&["button", "buttons"])?;
            cursor.keyword(&["at"])?;
            cursor.keyword(&["a"])?;
            cursor.keyword(&["time"])?;
            return Ok(());
        }
        if cursor.accept("nothing") {
            cursor.keyword(&["arrives"])?;
            cursor.keyword(&["on"])?;
            let line = name(cursor, "the name of a serial line")?;
            let index = names::serial_line(&line, context.descriptor)?;
            self.silent.push(SerialId(index));
            return Ok(());
        }
        if cursor.accept("buttons") {
            cursor.keyword(&["are"])?;
            let all: Vec<_> = (0..self.inputs.buttons.len()).collect();
            return self.button(cursor, &all);
        }
        let name = name(
            cursor,
            "`no resets`, `at most one button at a time`, or an input",
        )?;
        let buttons = context.descriptor.buttons();
        if let Some(button) = buttons.iter().position(|it| *it == name.text) {
            cursor.keyword(&["is"])?;
            return self.button(cursor, &[button]);
        }
        let (Port::Number(index), scale) = port(&name, context)? else {
            return Err(Diagnostic::new(
                name.span,
                format!("`{name}` is an output, which nothing is assumed of"),
                "expected the name of a button or of a number input",
            ));
        };
        cursor.keyword(&["is"])?;
        let (least, most, step) = if cursor.accept("between") {
            let least = number(cursor, &name, &scale)?;
            cursor.keyword(&["and"])?;
            let most = number(cursor, &name, &scale)?;
            let step = if cursor.accept("with") {
                cursor.keyword(&["steps"])?;
                cursor.keyword(&["of"])?;
                let (step, span) = lockstep_engine::scenario::quantity::quantity(cursor)?;
                let step = step.number.with_places(scale.decimals());
                let step = step.and_then(|step| i32::try_from(step).ok());
                step.filter(|step| *step > 0).ok_or_else(|| {
                    Diagnostic::new(span, "this is not a step", "expected a number above 0")
                })?
            } else {
                1
            };
            (least, most, step)
        } else {
            let only = number(cursor, &name, &scale)?;
            (only, only, 1)
        };
        self.range(index, (least, most, step), name.span, context.descriptor)
    }

    fn button(&mut self, cursor: &mut TokenCursor<'_>, which: &[usize]) -> Result<(), Diagnostic> {
        let token = cursor.peek();
        let all = self.inputs.buttons.iter_mut().enumerate();
        let mut models = all
            .filter(|(place, _)| which.contains(place))
            .map(|(_, it)| it);
        if cursor.accept("never") {
            cursor.keyword(&["pressed"])?;
            models.for_each(|model| model.moves = false);
            return Ok(());
        }
        let verb = cursor
            .keyword(&["held", "released"])
            .map_err(|diagnostic| match token {
                Some(token) => unexpected_token(token, &["held", "released", "never"]),
                None => diagnostic,
            })?;
        cursor.keyword(&["at"])?;
        cursor.keyword(&["least"])?;
        let least = ticks(cursor)?;
        let set = |model: &mut ButtonModel| match verb {
            "held" => model.least_closed = least,
            _ => model.least_open = least,
        };
        models.by_ref().for_each(set);
        Ok(())
    }

    fn range(
        &mut self,
        index: u8,
        (least, most, step): (i32, i32, i32),
        span: Span,
        descriptor: &AppDescriptor,
    ) -> Result<(), Diagnostic> {
        let Some(input) = descriptor.numbers().get(usize::from(index)) else {
            return Ok(());
        };
        let count = (i64::from(most) - i64::from(least)) / i64::from(step) + 1;
        if least > most || usize::try_from(count).is_ok_and(|count| count > MAX_COMBINATIONS / 2) {
            return Err(Diagnostic::new(
                span,
                match least > most {
                    true => "nothing is between these".to_owned(),
                    false => format!("these are {count} numbers"),
                },
                format!("expected at most {} numbers", MAX_COMBINATIONS / 2),
            )
            .with_help("`with steps of` takes fewer of them"));
        }
        // It begins with what it is at power-up, whether or not it comes back to that.
        let mut values = vec![input.start()];
        let mut value = least;
        while value <= most {
            if value != input.start() {
                values.push(value);
            }
            value = value.saturating_add(step);
        }
        if let Some(known) = self.inputs.numbers.get_mut(usize::from(index)) {
            *known = values;
        }
        if let Some(range) = self.ranges.get_mut(usize::from(index)) {
            *range = Some((least, most));
        }
        self.fixed.retain(|name| *name != input.name());
        Ok(())
    }

    /// Where a trace is first not of a world as it is assumed.
    #[must_use]
    pub fn departure(&self, trace: &Trace) -> Option<Departure> {
        let descriptor = trace.descriptor();
        let mut moved: Vec<(RunTicks, SwitchState)> =
            vec![(RunTicks::ZERO, SwitchState::Open); self.inputs.buttons.len()];
        let mut has_moved = vec![false; moved.len()];
        let mut just_reset = false;
        for (place, entry) in trace.entries().iter().enumerate() {
            if let EntryKind::Received(line, _) = entry.what
                && self.silent.contains(&line)
            {
                let line = descriptor.serial_lines().get(usize::from(line.0));
                let name = line.map_or("?", |line| line.name());
                return Some(Departure {
                    tick: entry.tick,
                    message: format!("something arrives on {name}"),
                });
            }
            let EntryKind::Input(action) = entry.what else {
                continue;
            };
            let problem = match action {
                Action::Reset(condition) => {
                    just_reset = true;
                    self.reset_problem(condition, place == 0)
                }
                Action::Button(button, state) => {
                    let at = usize::from(button.0);
                    let name = descriptor.buttons().get(at).copied().unwrap_or("?");
                    let (Some(last), Some(has_moved), Some(model)) = (
                        moved.get_mut(at),
                        has_moved.get_mut(at),
                        self.inputs.buttons.get(at),
                    ) else {
                        continue;
                    };
                    // A contact that is closed is pressed again by a reset.
                    if just_reset && last.1 == state {
                        continue;
                    }
                    let passed = entry.tick.saturating_sub(last.0);
                    let (least, word) = match last.1 {
                        SwitchState::Closed => (model.least_closed, "held"),
                        SwitchState::Open => (model.least_open, "released"),
                    };
                    let is_short = *has_moved && passed < RunTicks(least.into());
                    *last = (entry.tick, state);
                    *has_moved = true;
                    match (model.moves, is_short) {
                        (false, _) => Some(format!("{name} is pressed")),
                        (true, true) => Some(format!(
                            "{name} is {word} for {}",
                            descriptor.tick().length(passed)
                        )),
                        (true, false) => None,
                    }
                }
                Action::Number(id, number) => {
                    let range = self.ranges.get(usize::from(id.0)).copied().flatten();
                    let input = descriptor.numbers().get(usize::from(id.0));
                    input.and_then(|input| {
                        let is_start = number == input.start();
                        range
                            .filter(|(least, most)| !is_start && !(least..=most).contains(&&number))
                            .map(|_| format!("{} is {}", input.name(), input.scale().shown(number)))
                    })
                }
                Action::Byte(..) => None,
            };
            let next = trace.entries().get(place + 1);
            let is_last = next.is_none_or(|next| next.tick != entry.tick);
            let closed = moved
                .iter()
                .filter(|(_, state)| *state == SwitchState::Closed);
            let closed = u32::try_from(closed.count()).unwrap_or(u32::MAX);
            let problem = problem.or_else(|| {
                (is_last && closed > self.inputs.most_closed)
                    .then(|| format!("{closed} buttons are held"))
            });
            if let Some(message) = problem {
                return Some(Departure {
                    tick: entry.tick,
                    message,
                });
            }
            if is_last {
                just_reset = false;
            }
        }
        None
    }

    fn reset_problem(&self, condition: BootCondition, is_power_up: bool) -> Option<String> {
        let allowed = match is_power_up {
            true => &self.inputs.boots,
            false => &self.inputs.resets,
        };
        if allowed.contains(&condition) {
            return None;
        }
        Some(match (is_power_up, self.inputs.resets.is_empty()) {
            (false, true) => "the board is reset".to_owned(),
            _ => "the board fails to come up".to_owned(),
        })
    }
}
