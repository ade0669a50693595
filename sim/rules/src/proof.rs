//! What exploring every behaviour of an app says of its rules.

use lockstep_search::settings::{Ending, FindingKind, Path};
use lockstep_search::{Exploration, InputModel, Settings, StateSpace};

use crate::rule_file::RuleFile;

/// What is known of a rule after an exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleVerdict {
    /// It holds in every behaviour.
    Proved,
    /// It holds in every behaviour, and in none of them was anything asked.
    ProvedOfNothing,
    /// A behaviour breaks it.
    Refuted(Path),
    /// It asks whether something is reached, and this behaviour does.
    Reached(Path),
    /// It asks whether something is reached, and no behaviour does.
    NeverReached,
    /// It asks whether something can always be reached, and after this behaviour it cannot.
    Impossible(Path),
    /// Not every behaviour was explored, and none of those that were decides it.
    Unknown,
}

impl RuleVerdict {
    /// Whether the rule is known not to hold.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        matches!(
            self,
            Self::Refuted(_) | Self::NeverReached | Self::Impossible(_)
        )
    }

    /// The behaviour that shows it, if one does.
    #[must_use]
    pub const fn path(&self) -> Option<&Path> {
        match self {
            Self::Refuted(path) | Self::Reached(path) | Self::Impossible(path) => Some(path),
            _ => None,
        }
    }
}

/// What an exploration says.
#[derive(Clone, Debug)]
pub struct Proof {
    /// What is known of each rule, in the order of the file.
    pub verdicts: Vec<RuleVerdict>,
    /// The message of a panic of the app, and what leads to it.
    pub panic: Option<(String, Path)>,
    /// How far the exploration came.
    pub exploration: Exploration,
}

/// Explores every behaviour of an app, and judges its rules.
///
/// `settings` says how; what is asked in it is taken from the file.
#[must_use]
pub fn prove(space: &dyn StateSpace, file: &RuleFile, settings: &Settings<'_>) -> Proof {
    let monitor = file.monitor();
    let possible = file.always_possible();
    let inputs: &InputModel = &file.assumptions().inputs;
    let exploration = space.explore(&Settings {
        inputs,
        monitor: &monitor,
        rules: file.of_each_behaviour(),
        goals: file.goals(),
        always_possible: &possible,
        ..*settings
    });
    let mut verdicts: Vec<_> = (0..file.rules().len())
        .map(|rule| {
            if exploration.ending != Ending::Complete {
                return RuleVerdict::Unknown;
            }
            let asks = file.rules().get(rule).is_some_and(|it| it.asks_sometimes());
            if file.goals().contains(rule) {
                RuleVerdict::NeverReached
            } else if asks && !exploration.exercised.contains(rule) {
                RuleVerdict::ProvedOfNothing
            } else {
                RuleVerdict::Proved
            }
        })
        .collect();
    let mut panic = None;
    for finding in &exploration.findings {
        let path = finding.path.clone();
        let (rule, verdict) = match &finding.kind {
            FindingKind::Broken(rule) => (*rule, RuleVerdict::Refuted(path)),
            FindingKind::Reached(rule) => (*rule, RuleVerdict::Reached(path)),
            FindingKind::Impossible(rule) => (*rule, RuleVerdict::Impossible(path)),
            FindingKind::Panicked(message) => {
                panic = Some((message.clone(), path));
                continue;
            }
            _ => continue,
        };
        if let Some(known) = verdicts.get_mut(rule) {
            *known = verdict;
        }
    }
    Proof {
        verdicts,
        panic,
        exploration,
    }
}
