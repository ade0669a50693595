//! Makes a scenario that fails as small as it can be while it still fails so.
//!
//! First as few sentences as can be, then delays that are short and round.

use std::ops::ControlFlow;

use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::scenario::{Expectation, Scenario, Statement, StatementKind};
use lockstep_engine::script::SwitchState;

/// Says whether a scenario still fails as the first one did.
pub type StillFails<'a> = dyn FnMut(&Scenario) -> bool + 'a;

/// The most scenarios that are tried.
pub const MAX_TRIES: usize = 50_000;

/// The first digits of a delay that people would write.
const ROUND: [u64; 9] = [1, 2, 3, 4, 5, 6, 8, 10, 15];

/// The smallest scenario that is found.
#[must_use]
pub fn shrink(scenario: &Scenario, still_fails: &mut StillFails<'_>) -> Scenario {
    let mut shrinker = Shrinker {
        best: scenario.clone(),
        still_fails,
        left: MAX_TRIES,
    };
    // A board that comes up well, if that is enough.
    let well = Scenario {
        condition: None,
        clock: Instant::ZERO,
        ..scenario.clone()
    };
    if (shrinker.still_fails)(&well) {
        shrinker.best = well;
    }
    // One button a sentence, so that each can be left out.
    let apart = apart(&shrinker.best.statements);
    if shrinker.keep(apart).is_break() {
        return shrinker.best;
    }
    // Whatever stands after the failure goes first; what is left is shorter to play.
    loop {
        let before = cost(&shrinker.best);
        if shrinker.pass().is_break() || cost(&shrinker.best) >= before {
            break;
        }
    }
    shrinker.best
}

/// Sentences first, then their lengths, then how many digits these have.
fn cost(scenario: &Scenario) -> (usize, u64, usize) {
    let lengths = scenario.statements.iter().filter_map(length_of);
    let (mut sum, mut digits) = (0_u64, 0);
    for RunTicks(length) in lengths {
        sum = sum.saturating_add(length);
        digits += length.to_string().trim_end_matches('0').len();
    }
    (scenario.statements.len(), sum, digits)
}

struct Shrinker<'a, 'b> {
    best: Scenario,
    still_fails: &'a mut StillFails<'b>,
    left: usize,
}

impl Shrinker<'_, '_> {
    fn pass(&mut self) -> ControlFlow<()> {
        self.drop_chunks()?;
        self.drop_buttons()?;
        self.drop_pairs()?;
        self.join()?;
        self.shorten()
    }

    /// Keeps a scenario if it still fails.
    fn keep(&mut self, statements: Vec<Statement>) -> ControlFlow<(), bool> {
        if self.left == 0 {
            return ControlFlow::Break(());
        }
        self.left -= 1;
        let candidate = Scenario {
            statements,
            ..self.best.clone()
        };
        let fails = !candidate.statements.is_empty() && (self.still_fails)(&candidate);
        if fails {
            self.best = candidate;
        }
        ControlFlow::Continue(fails)
    }

    /// Leaves out stretches of sentences, long ones first, from the end on.
    fn drop_chunks(&mut self) -> ControlFlow<()> {
        let mut size = self.best.statements.len().div_ceil(2);
        while size > 0 {
            let mut end = self.best.statements.len();
            while end > 0 {
                let start = end.saturating_sub(size);
                let mut statements = self.best.statements.clone();
                statements.drain(start..end);
                self.keep(statements)?;
                end = start.min(self.best.statements.len());
            }
            size /= 2;
        }
        ControlFlow::Continue(())
    }

    /// Leaves out all that is done with a button.
    fn drop_buttons(&mut self) -> ControlFlow<()> {
        let moved = |statement: &Statement| match &statement.kind {
            StatementKind::Move { buttons, .. } | StatementKind::Tap { buttons, .. } => {
                buttons.iter().map(|it| it.text.clone()).collect()
            }
            _ => Vec::new(),
        };
        let mut names: Vec<String> = self.best.statements.iter().flat_map(moved).collect();
        names.sort();
        names.dedup();
        for name in names {
            let statements = self.best.statements.iter();
            let others = statements.filter(|it| moved(it) != std::slice::from_ref(&name));
            self.keep(others.cloned().collect())?;
        }
        ControlFlow::Continue(())
    }

    /// Leaves out a press with its release.
    fn drop_pairs(&mut self) -> ControlFlow<()> {
        let mut first = 0;
        while first < self.best.statements.len() {
            let partner = self.partner(first);
            let is_dropped = match partner {
                None => false,
                Some(second) => {
                    let mut statements = self.best.statements.clone();
                    statements.remove(second);
                    statements.remove(first);
                    self.keep(statements)?
                }
            };
            first += usize::from(!is_dropped);
        }
        ControlFlow::Continue(())
    }

    /// The next move of the same buttons.
    fn partner(&self, first: usize) -> Option<usize> {
        let StatementKind::Move { buttons, .. } = &self.best.statements.get(first)?.kind else {
            return None;
        };
        let name = |buttons: &[lockstep_engine::scenario::Name]| {
            buttons.iter().map(|it| it.text.clone()).collect::<Vec<_>>()
        };
        let meant = name(buttons);
        let after = self.best.statements.iter().enumerate().skip(first + 1);
        after
            .filter_map(|(place, statement)| match &statement.kind {
                StatementKind::Move { buttons, .. } if name(buttons) == meant => Some(place),
                _ => None,
            })
            .next()
    }

    /// Makes one wait of two, and a tap of a press, a wait and a release.
    fn join(&mut self) -> ControlFlow<()> {
        let mut at = 0;
        while at + 1 < self.best.statements.len() {
            let joined = joined(&self.best.statements, at);
            let is_joined = match joined {
                Some(statements) => self.keep(statements)?,
                None => false,
            };
            at += usize::from(!is_joined);
        }
        ControlFlow::Continue(())
    }

    /// Makes each delay shorter and rounder.
    fn shorten(&mut self) -> ControlFlow<()> {
        for place in 0..self.best.statements.len() {
            let Some(RunTicks(length)) = self.best.statements.get(place).and_then(length_of) else {
                continue;
            };
            // The longest that people would write and that is short enough is looked for from
            // below: the first that fails is the shortest of them.
            let mut is_round = false;
            for shorter in round_up_to(length) {
                let mut statements = self.best.statements.clone();
                if let Some(statement) = statements.get_mut(place) {
                    set_length(statement, RunTicks(shorter));
                }
                if self.keep(statements)? {
                    is_round = true;
                    break;
                }
            }
            if !is_round {
                self.halve(place, length)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Looks for the shortest delay, as if all longer ones failed too.
    fn halve(&mut self, place: usize, length: u64) -> ControlFlow<()> {
        let (mut low, mut high) = (0, length);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let mut statements = self.best.statements.clone();
            if let Some(statement) = statements.get_mut(place) {
                set_length(statement, RunTicks(middle));
            }
            match self.keep(statements)? {
                true => high = middle,
                false => low = middle,
            }
        }
        ControlFlow::Continue(())
    }
}

/// The round lengths below one.
fn round_up_to(length: u64) -> Vec<u64> {
    let mut all: Vec<u64> = (0..15)
        .filter_map(|power| 10_u64.checked_pow(power))
        .flat_map(|power| ROUND.iter().map(move |digit| digit.saturating_mul(power)))
        .filter(|round| *round < length)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn joined(statements: &[Statement], at: usize) -> Option<Vec<Statement>> {
    let mut all = statements.to_vec();
    let kind = |place: usize| statements.get(place).map(|it| &it.kind);
    match (kind(at)?, kind(at + 1)?, kind(at + 2)) {
        (StatementKind::Wait(first), StatementKind::Wait(second), _) => {
            all.remove(at + 1);
            all.get_mut(at)?.kind = StatementKind::Wait(first.saturating_add(*second));
        }
        (
            StatementKind::Move {
                buttons,
                contact: SwitchState::Closed,
                bouncing: RunTicks::ZERO,
            },
            StatementKind::Wait(length),
            Some(StatementKind::Move {
                buttons: released,
                contact: SwitchState::Open,
                bouncing: RunTicks::ZERO,
            }),
        ) => {
            let names = |it: &[lockstep_engine::scenario::Name]| {
                it.iter().map(|it| it.text.clone()).collect::<Vec<_>>()
            };
            if names(buttons) != names(released) {
                return None;
            }
            all.drain(at + 1..at + 3);
            all.get_mut(at)?.kind = StatementKind::Tap {
                buttons: buttons.clone(),
                length: *length,
            };
        }
        (
            StatementKind::Move {
                buttons,
                contact,
                bouncing: RunTicks::ZERO,
            },
            StatementKind::Move {
                buttons: others,
                contact: other_contact,
                bouncing: RunTicks::ZERO,
            },
            _,
        ) if contact == other_contact => {
            all.remove(at + 1);
            all.get_mut(at)?.kind = StatementKind::Move {
                buttons: buttons.iter().chain(others).cloned().collect(),
                contact: *contact,
                bouncing: RunTicks::ZERO,
            };
        }
        _ => return None,
    }
    Some(all)
}

/// Each move of several buttons as a move of each.
fn apart(statements: &[Statement]) -> Vec<Statement> {
    let each = |statement: &Statement| match &statement.kind {
        StatementKind::Move {
            buttons,
            contact,
            bouncing,
        } if *bouncing == RunTicks::ZERO => {
            let moves = buttons.iter().map(|button| Statement {
                span: statement.span,
                kind: StatementKind::Move {
                    buttons: vec![button.clone()],
                    contact: *contact,
                    bouncing: *bouncing,
                },
            });
            moves.collect()
        }
        _ => vec![statement.clone()],
    };
    statements.iter().flat_map(each).collect()
}

/// How long a sentence takes, if it says so. What is expected is not changed.
fn length_of(statement: &Statement) -> Option<RunTicks> {
    match &statement.kind {
        StatementKind::Wait(length)
        | StatementKind::Tap { length, .. }
        | StatementKind::Ramp { length, .. }
        | StatementKind::Turn { length, .. } => Some(*length),
        StatementKind::Move { bouncing, .. } if *bouncing > RunTicks::ZERO => Some(*bouncing),
        _ => None,
    }
}

fn set_length(statement: &mut Statement, to: RunTicks) {
    match &mut statement.kind {
        StatementKind::Wait(length)
        | StatementKind::Tap { length, .. }
        | StatementKind::Ramp { length, .. }
        | StatementKind::Turn { length, .. } => *length = to,
        StatementKind::Move { bouncing, .. } => *bouncing = to,
        _ => {}
    }
}

/// The scenario without what it expects.
#[must_use]
pub fn without_expectations(scenario: &Scenario) -> Scenario {
    let is_input = |statement: &&Statement| {
        !matches!(
            statement.kind,
            StatementKind::Expect(
                Expectation::Output { .. }
                    | Expectation::Log { .. }
                    | Expectation::Serial { .. }
                    | Expectation::OnlyOn(_)
            )
        )
    };
    Scenario {
        statements: scenario
            .statements
            .iter()
            .filter(is_input)
            .cloned()
            .collect(),
        ..scenario.clone()
    }
}
