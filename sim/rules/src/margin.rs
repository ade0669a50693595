//! How much earlier and later each action of a scenario may come.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use lockstep_core::time::RunTicks;
use lockstep_engine::checker;
use lockstep_engine::play;
use lockstep_engine::scenario::plan::plan_with;
use lockstep_engine::scenario::{Scenario, Statement, StatementKind, display};
use lockstep_engine::script::SwitchState;
use lockstep_engine::trace::{EntryKind, Trace};

use crate::failure::{FailureKind, Requirements};

/// How much an action may be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    /// The action, as it is written, and where.
    pub action: String,
    /// The line it is written in.
    pub line: usize,
    /// Towards the beginning.
    pub earlier: Side,
    /// Towards the end.
    pub later: Side,
}

/// How much an action may be moved in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// So many ticks change nothing.
    pub ticks: u64,
    /// What one more changes.
    pub next: Next,
}

/// What stands at the end of a margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This changes.
    Changes(String),
    /// There stands what is done next, or was done before, or the run begins.
    Neighbour,
    /// It was not looked further.
    Limit,
}

impl Margin {
    /// The smaller of the two sides at whose end something changes.
    #[must_use]
    pub fn least(&self) -> Option<u64> {
        let sides = [&self.earlier, &self.later].into_iter();
        let sides = sides.filter(|side| matches!(side.next, Next::Changes(_)));
        sides.map(|side| side.ticks).min()
    }
}

/// The margins of all actions, each moved by at most so many ticks while all others stay.
///
/// What must not change is which expectations hold, which rules are kept, and which levels each output
/// takes and what is said, in which order; not when. Beyond 32 ticks not every distance is tried: a
/// change that is undone a few ticks further may be missed there. `None` of a scenario that cannot be played.
#[must_use]
pub fn margins(
    requirements: &Requirements<'_>,
    scenario: &Scenario,
    most: u64,
) -> Option<Vec<Margin>> {
    let base = Outcome::of(requirements, scenario)?;
    let taps_apart = with_taps_apart(scenario);
    // An expectation after a tap looks at the whole of it: where that matters, it stays one.
    let scenario = match Outcome::of(requirements, &taps_apart) {
        Some(outcome) if outcome == base => &taps_apart,
        _ => scenario,
    };
    let mut all = Vec::new();
    for (place, statement) in scenario.statements.iter().enumerate() {
        if !is_action(statement) {
            continue;
        }
        let side = |moved: &dyn Fn(u64) -> Option<Vec<Statement>>| {
            let outcome = |ticks| {
                let candidate = Scenario {
                    statements: moved(ticks)?,
                    ..scenario.clone()
                };
                Some(Outcome::of(requirements, &candidate))
            };
            side(most, |ticks| match outcome(ticks) {
                // There is no such scenario: it would cross another action of the same port.
                None | Some(None) => Some(Next::Neighbour),
                Some(Some(outcome)) if outcome == base => None,
                Some(Some(outcome)) => Some(Next::Changes(base.difference(
                    &outcome,
                    requirements,
                    scenario,
                ))),
            })
        };
        all.push(Margin {
            action: display(statement, scenario.tick).to_string(),
            line: statement.span.line,
            earlier: side(&|ticks| earlier(&scenario.statements, place, RunTicks(ticks))),
            later: side(&|ticks| later(&scenario.statements, place, RunTicks(ticks))),
        });
    }
    Some(all)
}

/// Up to this far, every tick is looked at; then a part of them, and every tick before the first at
/// which something is another.
const EACH: u64 = 32;

/// The first distance at which something stands, and what.
fn side(most: u64, at: impl Fn(u64) -> Option<Next>) -> Side {
    let (mut same, mut next) = (0, 1);
    while next <= most {
        if at(next).is_some() {
            let found = (same + 1..=next).find_map(|ticks| Some((ticks, at(ticks)?)));
            if let Some((ticks, next)) = found {
                return Side {
                    ticks: ticks - 1,
                    next,
                };
            }
        }
        same = next;
        next = match next < most {
            true => (next + (next / EACH).max(1)).min(most),
            false => most + 1,
        };
    }
    Side {
        ticks: most,
        next: Next::Limit,
    }
}

const fn is_action(statement: &Statement) -> bool {
    !matches!(
        statement.kind,
        StatementKind::Wait(_) | StatementKind::Expect(_)
    )
}

/// Each tap as a press, a wait and a release.
fn with_taps_apart(scenario: &Scenario) -> Scenario {
    let apart = |statement: &Statement| match &statement.kind {
        StatementKind::Tap { buttons, length } => {
            let contact = |contact| StatementKind::Move {
                buttons: buttons.clone(),
                contact,
                bouncing: RunTicks::ZERO,
            };
            let kinds = [
                contact(SwitchState::Closed),
                StatementKind::Wait(*length),
                contact(SwitchState::Open),
            ];
            let span = statement.span;
            kinds.map(|kind| Statement { span, kind }).to_vec()
        }
        _ => vec![statement.clone()],
    };
    Scenario {
        statements: scenario.statements.iter().flat_map(apart).collect(),
        ..scenario.clone()
    }
}

/// The statement at a place, and the expectations that follow it: they go where it goes.
fn end_of_block(statements: &[Statement], place: usize) -> usize {
    let after = statements.iter().skip(place + 1);
    let expectations = after.take_while(|it| matches!(it.kind, StatementKind::Expect(_)));
    place + 1 + expectations.count()
}

fn wait(like: &Statement, length: RunTicks) -> Statement {
    Statement {
        span: like.span,
        kind: StatementKind::Wait(length),
    }
}

fn wait_of(statement: &Statement) -> Option<RunTicks> {
    match statement.kind {
        StatementKind::Wait(length) => Some(length),
        _ => None,
    }
}

/// With an action that comes earlier: the wait before it is shorter, and as much passes after it.
fn earlier(statements: &[Statement], place: usize, by: RunTicks) -> Option<Vec<Statement>> {
    let before = statements.get(..place)?;
    let at = before.iter().rposition(|it| wait_of(it).is_some())?;
    let (first, same_tick) = (before.get(..at)?, before.get(at + 1..)?);
    // What takes time itself cannot be passed by.
    if same_tick.iter().any(takes_time) {
        return None;
    }
    let left = wait_of(before.get(at)?)?.0.checked_sub(by.0)?;
    let end = end_of_block(statements, place);
    let block = statements.get(place..end)?;
    let like = block.first()?;
    if takes_time(like) {
        return None;
    }
    let mut all = first.to_vec();
    all.push(wait(like, RunTicks(left)));
    all.extend_from_slice(block);
    all.push(wait(like, by));
    all.extend_from_slice(same_tick);
    all.extend_from_slice(statements.get(end..)?);
    Some(all)
}

/// With an action that comes later: more passes before it, and the wait after it is shorter.
fn later(statements: &[Statement], place: usize, by: RunTicks) -> Option<Vec<Statement>> {
    let end = end_of_block(statements, place);
    let (before, block) = (statements.get(..place)?, statements.get(place..end)?);
    let like = block.first()?;
    if takes_time(like) {
        return None;
    }
    let after = statements.get(end..)?;
    let mut all = before.to_vec();
    match after.iter().position(|it| wait_of(it).is_some()) {
        Some(at) => {
            let same_tick = after.get(..at)?;
            if same_tick.iter().any(takes_time) {
                return None;
            }
            let left = wait_of(after.get(at)?)?.0.checked_sub(by.0)?;
            all.extend_from_slice(same_tick);
            all.push(wait(like, by));
            all.extend_from_slice(block);
            all.push(wait(like, RunTicks(left)));
            all.extend_from_slice(after.get(at + 1..)?);
        }
        None if after.is_empty() => {
            all.push(wait(like, by));
            all.extend_from_slice(block);
        }
        None => return None,
    }
    Some(all)
}

const fn takes_time(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Move { bouncing, .. } => bouncing.0 > 0,
        StatementKind::Tap { .. }
        | StatementKind::Ramp { .. }
        | StatementKind::Play { .. }
        | StatementKind::Send { .. }
        | StatementKind::Turn { .. } => true,
        _ => false,
    }
}

/// What a scenario comes to: what fails in it, and what each port did, whenever it did.
#[derive(PartialEq, Eq)]
struct Outcome {
    failures: Vec<FailureKind>,
    ports: BTreeMap<String, Vec<String>>,
}

impl Outcome {
    fn of(requirements: &Requirements<'_>, scenario: &Scenario) -> Option<Self> {
        let plan = plan_with(scenario, requirements.app.descriptor(), requirements.files).ok()?;
        let mut watch = |_| ControlFlow::Continue(());
        let Ok(trace) = play::trace(requirements.app, &plan.script, &mut watch) else {
            return Some(Self {
                failures: vec![FailureKind::App],
                ports: BTreeMap::new(),
            });
        };
        let unmet = checker::mismatches(&plan.checks, &trace);
        let mut failures: Vec<_> = unmet
            .map(|(span, _)| FailureKind::Expectation(span))
            .collect();
        let broken = requirements.failures_in(&trace).into_iter();
        failures.extend(broken.map(|failure| failure.kind));
        Some(Self {
            failures,
            ports: ports(&trace),
        })
    }

    /// What is another in the other one.
    fn difference(
        &self,
        other: &Self,
        requirements: &Requirements<'_>,
        scenario: &Scenario,
    ) -> String {
        let failed = other.failures.iter();
        match failed.clone().find(|kind| !self.failures.contains(kind)) {
            Some(FailureKind::App) => "the app fails".to_owned(),
            Some(FailureKind::Expectation(span)) => {
                let statement = scenario.statements.iter().find(|it| it.span == *span);
                let text = statement.map(|it| display(it, scenario.tick).to_string());
                format!(
                    "`{}` in line {} fails",
                    text.unwrap_or_default().trim(),
                    span.line
                )
            }
            Some(FailureKind::Rule(file, place)) => {
                let rule = requirements.rules.get(*file);
                let rule = rule.and_then(|it| it.file.rules().get(*place));
                let name = rule.map_or("?", |rule| rule.name.as_str());
                format!("the rule `{name}` is broken")
            }
            None => {
                let ports = self.ports.keys().chain(other.ports.keys());
                let other_port = ports
                    .into_iter()
                    .find(|port| self.ports.get(*port) != other.ports.get(*port));
                match other_port {
                    Some(port) => format!("{port} goes another way"),
                    None => "what failed holds".to_owned(),
                }
            }
        }
    }
}

/// The levels of each output, and what was said and sent, in order.
fn ports(trace: &Trace) -> BTreeMap<String, Vec<String>> {
    let descriptor = trace.descriptor();
    let mut ports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in trace.entries() {
        let (name, what) = match &entry.what {
            EntryKind::Output(output, level) => {
                let output = descriptor.outputs().get(usize::from(*output));
                (
                    output.map_or("?", |it| it.name()).to_owned(),
                    level.0.to_string(),
                )
            }
            EntryKind::Log(id, value) => (log_name(descriptor, id.0), value.to_string()),
            EntryKind::Text(id, text) => (log_name(descriptor, id.0), format!("{text:?}")),
            EntryKind::Sent(line, bytes) => {
                let line = descriptor.serial_lines().get(usize::from(line.0));
                (
                    line.map_or("?", |it| it.name()).to_owned(),
                    format!("{bytes:?}"),
                )
            }
            _ => continue,
        };
        ports.entry(name).or_default().push(what);
    }
    ports
}

fn log_name(descriptor: &lockstep_core::app::AppDescriptor, id: u8) -> String {
    let log = descriptor.logs().get(usize::from(id));
    format!("log {}", log.map_or("?", |log| log.name()))
}
