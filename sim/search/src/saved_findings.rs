//! What an exploration has found so far, as bytes.

use std::io;

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::event::{BootCondition, ButtonId, NumberId, SerialId};

use crate::checkpoint::CheckpointError;
use crate::codec::{Decoder, Encoder};
use crate::collector::{Mark, MarkKind, Origin};
use crate::input_model::Choice;
use crate::monitor::{MonitorVerdict, RuleSet};
use crate::settings::{Finding, FindingKind, Path};
use crate::stepper::Step;
use crate::store::StateId;

/// No rule.
const NONE: u8 = u8::MAX;

/// The number of a rule, of which there are at most 64, or that there is none.
pub(crate) fn write_rule(rule: Option<usize>, to: &mut Encoder<'_>) -> io::Result<()> {
    to.u8(rule.map_or(NONE, |rule| u8::try_from(rule).unwrap_or(NONE)))
}

pub(crate) fn read_rule(from: &mut Decoder<'_>) -> Result<Option<usize>, CheckpointError> {
    match from.u8()? {
        NONE => Ok(None),
        rule => Ok(Some(rule.into())),
    }
}

pub(crate) fn write_finding(finding: &Finding, to: &mut Encoder<'_>) -> io::Result<()> {
    let (kind, rule) = match &finding.kind {
        FindingKind::Broken(rule) => (0, Some(*rule)),
        FindingKind::Reached(rule) => (1, Some(*rule)),
        FindingKind::Impossible(rule) => (2, Some(*rule)),
        FindingKind::Panicked(_) => (3, None),
    };
    to.u8(kind)?;
    write_rule(rule, to)?;
    if let FindingKind::Panicked(message) = &finding.kind {
        to.text(message)?;
    }
    to.u8(finding.path.boot.0)?;
    to.u32(finding.path.end)?;
    to.count(finding.path.actions.len())?;
    for (tick, action) in &finding.path.actions {
        to.u32(*tick)?;
        write_action(*action, to)?;
    }
    Ok(())
}

pub(crate) fn read_finding(from: &mut Decoder<'_>) -> Result<Finding, CheckpointError> {
    let kind = (from.u8()?, read_rule(from)?);
    let kind = match kind {
        (0, Some(rule)) => FindingKind::Broken(rule),
        (1, Some(rule)) => FindingKind::Reached(rule),
        (2, Some(rule)) => FindingKind::Impossible(rule),
        (3, None) => FindingKind::Panicked(from.text()?),
        _ => return Err(CheckpointError::Damaged),
    };
    let boot = BootCondition(from.u8()?);
    let end = from.u32()?;
    let mut actions = Vec::new();
    for _ in 0..from.count()? {
        actions.push((from.u32()?, read_action(from)?));
    }
    let path = Path { boot, actions, end };
    Ok(Finding { kind, path })
}

fn write_action(action: Action, to: &mut Encoder<'_>) -> io::Result<()> {
    let (kind, id, value) = match action {
        Action::Button(button, SwitchState::Closed) => (0, button.0, 0),
        Action::Button(button, SwitchState::Open) => (1, button.0, 0),
        Action::Number(number, value) => (2, number.0, value.cast_unsigned()),
        Action::Byte(line, byte) => (3, line.0, byte.into()),
        Action::Reset(condition) => (4, condition.0, 0),
    };
    to.u8(kind)?;
    to.u8(id)?;
    to.u32(value)
}

fn read_action(from: &mut Decoder<'_>) -> Result<Action, CheckpointError> {
    let (kind, id, value) = (from.u8()?, from.u8()?, from.u32()?);
    Ok(match kind {
        0 => Action::Button(ButtonId(id), SwitchState::Closed),
        1 => Action::Button(ButtonId(id), SwitchState::Open),
        2 => Action::Number(NumberId(id), value.cast_signed()),
        3 => {
            let byte = u8::try_from(value).map_err(|_| CheckpointError::Damaged)?;
            Action::Byte(SerialId(id), byte)
        }
        4 => Action::Reset(BootCondition(id)),
        _ => return Err(CheckpointError::Damaged),
    })
}

pub(crate) fn write_mark(mark: &Mark, to: &mut Encoder<'_>) -> io::Result<()> {
    to.u32(mark.from.parent.number())?;
    to.u32(mark.from.depth)?;
    to.u32(mark.from.actions)?;
    to.u32(mark.ticks)?;
    to.u8(mark.step.is_some().into())?;
    if let Some(step) = &mark.step {
        to.u32(step.ticks)?;
        to.u32(step.choice.0)?;
    }
    match &mark.what {
        MarkKind::Verdict(verdict) => {
            to.u8(0)?;
            to.u64(verdict.broken.0)?;
            to.u64(verdict.reached.0)?;
            to.u64(verdict.exercised.0)
        }
        MarkKind::Panicked(message) => {
            to.u8(1)?;
            to.text(message)
        }
    }
}

pub(crate) fn read_mark(from: &mut Decoder<'_>) -> Result<Mark, CheckpointError> {
    let origin = Origin {
        parent: StateId::numbered(from.u32()?),
        depth: from.u32()?,
        actions: from.u32()?,
    };
    let ticks = from.u32()?;
    let step = match from.u8()? {
        0 => None,
        _ => Some(Step {
            ticks: from.u32()?,
            choice: Choice(from.u32()?),
        }),
    };
    let what = match from.u8()? {
        0 => MarkKind::Verdict(MonitorVerdict {
            broken: RuleSet(from.u64()?),
            reached: RuleSet(from.u64()?),
            exercised: RuleSet(from.u64()?),
        }),
        _ => MarkKind::Panicked(from.text()?),
    };
    Ok(Mark {
        from: origin,
        step,
        ticks,
        what,
    })
}
