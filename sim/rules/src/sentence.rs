//! Reads the parts of sentences: expressions, scopes, what is asked.

use lockstep_core::app::{AppDescriptor, LogId, LogValues};
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::ports::Scale;
use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::{Diagnostic, Span, closest, one_of};
use lockstep_engine::scenario::duration::length;
use lockstep_engine::scenario::grammar::{name, target_and_span};
use lockstep_engine::scenario::lexer::{TokenCursor, unexpected_token};
use lockstep_engine::scenario::quantity::quantity;
use lockstep_engine::scenario::{Name, TargetLevel, names};
use lockstep_engine::script::SwitchState;

use crate::expression::{Atom, Expression, Memory, Port, Term};
use crate::rule::{RuleKind, Scope};

/// What the sentences before this one said.
pub(crate) struct Context<'a> {
    pub(crate) descriptor: &'static AppDescriptor,
    pub(crate) definitions: &'a [(String, Expression)],
    pub(crate) memory: &'a mut Memory,
}

/// The longest time of a rule, in ticks: what an automaton can count to.
const MAX_TICKS: u64 = 1 << 30;

/// The words that a sentence can begin with, beside names.
const STARTS: [&str; 8] = [
    "never", "always", "whenever", "after", "before", "while", "assume", "last",
];

/// Reads a rule.
pub(crate) fn rule(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
) -> Result<(Scope, RuleKind), Diagnostic> {
    let mut scope = Scope::default();
    let is_scoped = if cursor.accept("after") {
        scope.opens = Some(expression(cursor, context)?);
        if cursor.accept("until") {
            scope.closes = Some(expression(cursor, context)?);
        }
        comma(cursor);
        true
    } else if cursor.accept("before") {
        scope.closes = Some(expression(cursor, context)?);
        comma(cursor);
        true
    } else if cursor.accept("while") {
        scope.while_holds = Some(expression(cursor, context)?);
        comma(cursor);
        true
    } else {
        false
    };
    let start = cursor.peek().map(|token| token.span);
    let (kind, is_bare) = body(cursor, context)?;
    while cursor.peek().is_some() {
        suffix(cursor, context, &mut scope)?;
    }
    if is_bare && !is_scoped && scope == Scope::default() {
        let span = cursor.span().or(start).unwrap_or(Span::START);
        return Err(Diagnostic::new(
            span,
            "it is not said when this holds",
            "expected `never`, `always` or `while ...,` before it, or `at some time` after it",
        ));
    }
    if kind_is_of_all(&kind) && scope != Scope::default() {
        return Err(Diagnostic::new(
            cursor.span().unwrap_or(Span::START),
            "what can be reached has no scope",
            "expected the sentence without `while`, `after`, `until` and `before`",
        )
        .with_help("say it in what is reached: `A and B at some time`"));
    }
    Ok((scope, kind))
}

const fn kind_is_of_all(kind: &RuleKind) -> bool {
    matches!(kind, RuleKind::Reached(_) | RuleKind::AlwaysPossible(..))
}

/// A comma, which is there to be read by people.
fn comma(cursor: &mut TokenCursor<'_>) {
    cursor.accept(",");
}

fn suffix(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
    scope: &mut Scope,
) -> Result<(), Diagnostic> {
    comma(cursor);
    let token = cursor.next_token("the end of the line")?;
    let part = match token.text {
        "while" => &mut scope.while_holds,
        "until" | "before" => &mut scope.closes,
        "after" => &mut scope.opens,
        _ => {
            return Err(unexpected_token(
                token,
                &["while", "until", "before", "after", "and", "or"],
            ));
        }
    };
    if part.is_some() {
        return Err(Diagnostic::new(
            token.span,
            format!("`{token}` is said twice"),
            "expected one scope in a sentence",
        ));
    }
    *part = Some(expression(cursor, context)?);
    Ok(())
}

/// What is asked, and whether it is an expression alone.
fn body(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
) -> Result<(RuleKind, bool), Diagnostic> {
    if cursor.accept("never") || cursor.accept("no") {
        return Ok((RuleKind::Never(expression(cursor, context)?), false));
    }
    if cursor.accept("always") {
        let it = expression(cursor, context)?;
        let kind = match cursor.accept("within") {
            true => RuleKind::Recurrence(it, ticks(cursor)?),
            false => RuleKind::Always(it),
        };
        return Ok((kind, false));
    }
    if cursor.accept("whenever") {
        let trigger = expression(cursor, context)?;
        comma(cursor);
        return Ok((response(cursor, context, trigger)?, false));
    }
    if cursor.accept("it") {
        for word in ["is", "always", "possible", "to", "reach"] {
            cursor.keyword(&[word])?;
        }
        let start = cursor.peek().map_or(Span::START, |token| token.span);
        let it = expression(cursor, context)?;
        if !it.is_state() {
            return Err(Diagnostic::new(
                start,
                "this happens, and it is asked what can be reached",
                "expected how things stand, such as `lamp is 0` or `last log lock is off`",
            ));
        }
        let within = match cursor.accept("within") {
            true => Some(ticks(cursor)?),
            false => None,
        };
        return Ok((RuleKind::AlwaysPossible(it, within), false));
    }
    let it = expression(cursor, context)?;
    if cursor.accept("at") {
        cursor.keyword(&["some"])?;
        cursor.keyword(&["time"])?;
        return Ok((RuleKind::Reached(it), false));
    }
    Ok((RuleKind::Always(it), true))
}

/// What follows `whenever ...,`.
fn response(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
    trigger: Expression,
) -> Result<RuleKind, Diagnostic> {
    if cursor.accept("no") {
        let it = expression(cursor, context)?;
        cursor.keyword_before_duration("for")?;
        return Ok(RuleKind::Absence(trigger, it, ticks(cursor)?));
    }
    let it = expression_or_stays(cursor, context)?;
    if let (it, Some(stays)) = it {
        cursor.keyword_before_duration("for")?;
        let length = ticks(cursor)?;
        return Ok(match stays {
            Stays::At => RuleKind::Stability(trigger, it, length),
            Stays::Unchanged => RuleKind::Absence(trigger, it, length),
        });
    }
    let it = it.0;
    if cursor.accept("holds") {
        cursor.keyword_before_duration("for")?;
        return Ok(RuleKind::Stability(trigger, it, ticks(cursor)?));
    }
    if cursor.accept("within") {
        return Ok(RuleKind::Response(trigger, it, ticks(cursor)?));
    }
    Ok(RuleKind::Together(trigger, it))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    At,
    Unchanged,
}

/// An expression, or a port that stays.
fn expression_or_stays(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
) -> Result<(Expression, Option<Stays>), Diagnostic> {
    let stays = cursor
        .peek_second()
        .is_some_and(|token| token.text == "stays");
    if !stays {
        return Ok((expression(cursor, context)?, None));
    }
    let name = name(cursor, "the name of an output")?;
    let (port, scale) = port(&name, context)?;
    cursor.keyword(&["stays"])?;
    if cursor.peek().is_none_or(|token| token.text == "for") {
        return Ok((Expression::of(Atom::Changes(port)), Some(Stays::Unchanged)));
    }
    let target = target(cursor, &name, &scale)?;
    Ok((Expression::of(Atom::Is(port, target)), Some(Stays::At)))
}

/// A length of at most [`MAX_TICKS`].
pub(crate) fn ticks(cursor: &mut TokenCursor<'_>) -> Result<u32, Diagnostic> {
    let span = cursor.peek().map_or(Span::START, |token| token.span);
    let RunTicks(ticks) = length(cursor)?;
    u32::try_from(ticks)
        .ok()
        .filter(|ticks| u64::from(*ticks) <= MAX_TICKS)
        .ok_or_else(|| {
            let most = cursor.tick.length(RunTicks(MAX_TICKS));
            Diagnostic::new(
                span,
                "the time is too long",
                format!("expected at most {most}"),
            )
        })
}

/// Reads an expression.
pub(crate) fn expression(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
) -> Result<Expression, Diagnostic> {
    let mut alternatives = vec![all_of(cursor, context)?];
    while cursor.accept("or") {
        alternatives.push(all_of(cursor, context)?);
    }
    Ok(Expression { alternatives })
}

fn all_of(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
) -> Result<Vec<Term>, Diagnostic> {
    let mut all = vec![term(cursor, context)?];
    while cursor.accept("and") {
        all.push(term(cursor, context)?);
    }
    Ok(all)
}

fn term(cursor: &mut TokenCursor<'_>, context: &mut Context<'_>) -> Result<Term, Diagnostic> {
    if cursor.accept("not") {
        let term = term(cursor, context)?;
        return Ok(Term {
            is_negated: !term.is_negated,
            ..term
        });
    }
    let mut is_negated = false;
    let atom = atom(cursor, context, &mut is_negated)?;
    Ok(Term { is_negated, atom })
}

fn atom(
    cursor: &mut TokenCursor<'_>,
    context: &mut Context<'_>,
    is_negated: &mut bool,
) -> Result<Atom, Diagnostic> {
    if cursor.accept("log") {
        let said = said(cursor, context)?;
        if cursor
            .peek_second()
            .is_some_and(|token| token.text == "said")
        {
            cursor.keyword(&["is"])?;
            cursor.keyword(&["said"])?;
        }
        return Ok(said);
    }
    if cursor.accept("last") {
        cursor.keyword(&["log"])?;
        let log = name(cursor, "the name of a log")?;
        let id = names::log(&log, context.descriptor)?;
        cursor.keyword(&["is"])?;
        *is_negated = cursor.accept("not");
        let target = last_value(cursor, context, &log, id)?;
        return Ok(Atom::LastSaid(context.remembered(LogId(id)), target));
    }
    if cursor.accept("board") {
        cursor.keyword(&["is"])?;
        *is_negated = cursor.accept("not");
        context.memory.remembers_boot = true;
        return Ok(Atom::CameUp(condition(cursor, context)?));
    }
    if cursor.accept("reset") {
        return Ok(Atom::Reset);
    }
    let name = name(cursor, "an output, an input, `log`, `last log` or `board`")?;
    let defined = context
        .definitions
        .iter()
        .find(|(defined, _)| *defined == name.text);
    if let Some((_, expression)) = defined {
        return Ok(Atom::Named(expression.clone()));
    }
    if let Some(button) = button_atom(cursor, context, &name, is_negated)? {
        return Ok(button);
    }
    let (port, scale) = port(&name, context)?;
    match cursor.keyword(&["is", "becomes", "changes"])? {
        "is" => {
            *is_negated = cursor.accept("not");
            Ok(Atom::Is(port, target(cursor, &name, &scale)?))
        }
        "becomes" => Ok(Atom::Becomes(port, target(cursor, &name, &scale)?)),
        _ => Ok(Atom::Changes(port)),
    }
}

impl Context<'_> {
    /// The place of a log among those that are remembered.
    fn remembered(&mut self, log: LogId) -> usize {
        let logs = &mut self.memory.logs;
        logs.iter().position(|id| *id == log).unwrap_or_else(|| {
            logs.push(log);
            logs.len() - 1
        })
    }
}

/// What a button does, where the name is that of one and the verb is a button's.
fn button_atom(
    cursor: &mut TokenCursor<'_>,
    context: &Context<'_>,
    name: &Name,
    is_negated: &mut bool,
) -> Result<Option<Atom>, Diagnostic> {
    let names = context.descriptor.buttons();
    let Some(id) = (0..).zip(names).find(|(_, it)| **it == name.text) else {
        return Ok(None);
    };
    let id = ButtonId(id.0);
    let is_port = port(name, context).is_ok();
    let verb = cursor.peek_second().map(|token| token.text);
    if is_port && !["pressed", "released", "held", "not"].contains(&verb.unwrap_or_default()) {
        return Ok(None);
    }
    cursor.keyword(&["is"])?;
    if cursor.accept("not") {
        *is_negated = true;
        cursor.keyword(&["held"])?;
        return Ok(Some(Atom::Held(id)));
    }
    Ok(Some(
        match cursor.keyword(&["pressed", "released", "held"])? {
            "pressed" => Atom::Moves(id, SwitchState::Closed),
            "released" => Atom::Moves(id, SwitchState::Open),
            _ => Atom::Held(id),
        },
    ))
}

/// An output or a number input of this name, and its scale.
pub(crate) fn port(name: &Name, context: &Context<'_>) -> Result<(Port, Scale), Diagnostic> {
    let descriptor = context.descriptor;
    if let Some((index, output)) = (0..)
        .zip(descriptor.outputs())
        .find(|(_, output)| output.name() == name.text)
    {
        return Ok((Port::Output(index), output.range().scale()));
    }
    if let Some((index, number)) = (0..)
        .zip(descriptor.numbers())
        .find(|(_, number)| number.name() == name.text)
    {
        return Ok((Port::Number(index), number.scale()));
    }
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let numbers = descriptor.numbers().iter().map(|number| number.name());
    let buttons = descriptor.buttons().iter().copied();
    let defined = context.definitions.iter().map(|(name, _)| name.as_str());
    let known: Vec<_> = outputs
        .chain(numbers)
        .chain(buttons)
        .chain(defined)
        .collect();
    let diagnostic = Diagnostic::new(
        name.span,
        format!(
            "app `{}` has no output or input `{name}`",
            descriptor.name()
        ),
        format!("expected {}", one_of(known.iter().copied())),
    );
    let is_log = descriptor.logs().iter().any(|log| log.name() == name.text);
    let verbs = STARTS.iter().copied();
    Err(match closest(&name.text, known.into_iter().chain(verbs)) {
        _ if is_log => diagnostic.with_help(format!(
            "`{name}` is a log: write `log {name}` where it is said, or `last log {name} is` after it"
        )),
        Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    })
}

/// A level, a range, `above` or `below` a number, of a port.
fn target(
    cursor: &mut TokenCursor<'_>,
    name: &Name,
    scale: &Scale,
) -> Result<TargetLevel<i32>, Diagnostic> {
    for (word, by) in [("above", 1), ("below", -1)] {
        if cursor.accept(word) {
            let (quantity, span) = quantity(cursor)?;
            let bound = quantity.on(&name.text, scale, span)?.saturating_add(by);
            return Ok(match by {
                1 => TargetLevel::AtLeast(bound),
                _ => TargetLevel::AtMost(bound),
            });
        }
    }
    let (target, span) = target_and_span(cursor)?;
    let resolved = target.try_map(|number| number.on(&name.text, scale, span))?;
    match resolved {
        TargetLevel::Between(least, most) if least > most => Err(Diagnostic::new(
            span,
            "nothing is between these",
            "expected the smaller number first",
        )),
        _ => Ok(resolved),
    }
}

/// A number of a port.
pub(crate) fn number(
    cursor: &mut TokenCursor<'_>,
    name: &Name,
    scale: &Scale,
) -> Result<i32, Diagnostic> {
    let (quantity, span) = quantity(cursor)?;
    quantity.on(&name.text, scale, span)
}

fn said(cursor: &mut TokenCursor<'_>, context: &Context<'_>) -> Result<Atom, Diagnostic> {
    /// What can follow a log without a value.
    const AFTER: [&str; 12] = [
        "is", "and", "or", ",", "within", "for", "while", "until", "before", "after", "at", "holds",
    ];
    let log = name(cursor, "the name of a log")?;
    let id = names::log(&log, context.descriptor)?;
    let has_value = cursor
        .peek()
        .is_some_and(|token| !AFTER.contains(&token.text));
    let value = match has_value {
        true => Some(log_value(cursor, context, &log, id)?),
        false => None,
    };
    Ok(Atom::Said(LogId(id), value))
}

fn log_values(context: &Context<'_>, id: u8) -> LogValues {
    let kind = context.descriptor.logs().get(usize::from(id));
    kind.map_or(LogValues::Number, |kind| kind.values())
}

/// A word or a number of a log.
fn log_value(
    cursor: &mut TokenCursor<'_>,
    context: &Context<'_>,
    log: &Name,
    id: u8,
) -> Result<i32, Diagnostic> {
    let value = name(cursor, "a value of the log")?;
    match log_values(context, id) {
        LogValues::Words(words) => names::log_word(&value, &log.text, words).map(i32::from),
        LogValues::Number => value.text.parse().map_err(|_| {
            Diagnostic::new(
                value.span,
                format!("log `{log}` takes a number, and `{value}` is not one"),
                "expected a whole number",
            )
        }),
        LogValues::Text => Err(Diagnostic::new(
            value.span,
            format!("log `{log}` is a text, which a rule does not look at"),
            format!("expected `log {log}` alone"),
        )),
    }
}

/// What the last log of a kind is: a word, or as an output is.
fn last_value(
    cursor: &mut TokenCursor<'_>,
    context: &Context<'_>,
    log: &Name,
    id: u8,
) -> Result<TargetLevel<i32>, Diagnostic> {
    match log_values(context, id) {
        LogValues::Number => target(cursor, log, &Scale::new(i32::MIN, i32::MAX)),
        LogValues::Words(_) | LogValues::Text => {
            log_value(cursor, context, log, id).map(TargetLevel::Level)
        }
    }
}

/// A boot condition in one word or several: `clock failed` stands for `clock-failed`.
fn condition(
    cursor: &mut TokenCursor<'_>,
    context: &Context<'_>,
) -> Result<BootCondition, Diagnostic> {
    let mut condition = name(cursor, "a boot condition that the app declares, or `ok`")?;
    let declared = context.descriptor.boot_conditions();
    while let Some(token) = cursor.peek() {
        let longer = format!("{}-{}", condition.text, token.text);
        if !declared.iter().any(|it| it.starts_with(&longer)) {
            break;
        }
        cursor.next_token("a boot condition")?;
        condition.span = condition.span.to(token.span);
        condition.text = longer;
    }
    if condition.text == BootCondition::OK_NAME {
        return Ok(BootCondition::OK);
    }
    names::boot_condition(Some(&condition), context.descriptor)
}
