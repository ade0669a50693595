//! The rules of a file.

use lockstep_core::app::AppDescriptor;
use lockstep_search::RuleSet;
use lockstep_search::settings::Possibility;

use crate::assumptions::Assumptions;
use crate::expression::Memory;
use crate::rule::{Rule, RuleKind};
use crate::rule_monitor::RuleMonitor;

/// The rules of a file, and what they assume.
#[derive(Clone, Debug)]
pub struct RuleFile {
    pub(crate) descriptor: &'static AppDescriptor,
    pub(crate) rules: Vec<Rule>,
    pub(crate) memory: Memory,
    pub(crate) assumptions: Assumptions,
}

impl RuleFile {
    /// What the app of the rules declares.
    #[must_use]
    pub fn descriptor(&self) -> &'static AppDescriptor {
        self.descriptor
    }

    /// The rules, in the order of their lines.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What is assumed of the world.
    #[must_use]
    pub fn assumptions(&self) -> &Assumptions {
        &self.assumptions
    }

    /// The rules as one automaton.
    #[must_use]
    pub fn monitor(&self) -> RuleMonitor<'_> {
        RuleMonitor::new(&self.rules, &self.memory)
    }

    /// The rules that a behaviour can break.
    #[must_use]
    pub fn of_each_behaviour(&self) -> RuleSet {
        self.those(|rule| !rule.is_of_all_behaviours())
    }

    /// The rules of which something is asked only at times.
    #[must_use]
    pub fn asked_at_times(&self) -> RuleSet {
        self.those(|rule| !rule.is_of_all_behaviours() && rule.asks_sometimes())
    }

    /// The rules that ask whether something is reached.
    #[must_use]
    pub fn goals(&self) -> RuleSet {
        self.those(|rule| matches!(rule.kind, RuleKind::Reached(_)))
    }

    /// The rules that ask whether something can always be reached.
    #[must_use]
    pub fn always_possible(&self) -> Vec<Possibility> {
        let rules = self.rules.iter().enumerate();
        rules
            .filter_map(|(rule, it)| match it.kind {
                RuleKind::AlwaysPossible(_, within) => Some(Possibility { rule, within }),
                _ => None,
            })
            .collect()
    }

    fn those(&self, is_meant: impl Fn(&Rule) -> bool) -> RuleSet {
        let mut rules = RuleSet::NONE;
        for (place, rule) in self.rules.iter().enumerate() {
            if is_meant(rule) {
                rules.insert(place);
            }
        }
        rules
    }
}
