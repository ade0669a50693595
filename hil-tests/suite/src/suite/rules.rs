//! The rules of an app on the trace of a board, as `sim run` holds the trace of the host to them.

use lockstep_engine::trace::Trace;
use lockstep_rules::files::LoadedRules;
use lockstep_rules::trace_check::check;
use lockstep_rules::trace_excerpt::trace_excerpt;

use crate::verdict::{Outcome, Reason, SourceLocation};

/// Makes an attempt fail whose trace breaks a rule. What fails already is told the rules too: they say
/// in words what the first difference from the golden does not.
pub(super) fn hold_to_rules(outcome: &mut Outcome, rules: &[LoadedRules], trace: &Trace) {
    if !matches!(outcome, Outcome::Pass | Outcome::Fail(_)) {
        return;
    }
    let broken = broken(rules, trace);
    match outcome {
        Outcome::Fail(cause) => {
            for rule in broken {
                let place = rule.place.map_or(String::new(), |it| format!(" ({it})"));
                cause.details += &format!("{}{place}\n{}\n", rule.message, rule.details);
            }
        }
        _ => {
            let mut broken = broken.into_iter();
            if let Some(mut first) = broken.next() {
                for rule in broken {
                    first.details += &format!("\n{}\n{}", rule.message, rule.details);
                }
                *outcome = Outcome::Fail(first);
            }
        }
    }
}

/// The rule that a trace breaks first.
pub(super) fn first_broken(rules: &[LoadedRules], trace: &Trace) -> Option<Reason> {
    broken(rules, trace).into_iter().next()
}

/// The rules that a trace breaks, those that are broken first before the others.
fn broken(rules: &[LoadedRules], trace: &Trace) -> Vec<Reason> {
    let app = trace.descriptor().name();
    let of_app = rules
        .iter()
        .filter(|rules| rules.file.descriptor().name() == app);
    let broken = of_app.flat_map(|rules| {
        let verdict = check(&rules.file, trace);
        verdict.breaches.into_iter().filter_map(|breach| {
            let rule = rules.file.rules().get(breach.rule)?;
            Some(Reason {
                message: format!("the rule `{}` is broken: {}", rule.name, breach.message),
                details: trace_excerpt(trace, breach.tick, breach.seen),
                help: None,
                place: Some(SourceLocation {
                    file: rules.source.name.clone(),
                    line: u32::try_from(rule.span.line).unwrap_or(u32::MAX),
                }),
                tick: Some(breach.tick),
            })
        })
    });
    let mut broken: Vec<_> = broken.collect();
    broken.sort_by_key(|rule| rule.tick);
    broken
}
