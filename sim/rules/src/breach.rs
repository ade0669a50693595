//! How a rule was broken, in a sentence.

use lockstep_core::time::{RunTicks, TickPeriod};

use crate::rule::{Rule, RuleKind};

impl Rule {
    /// What happened at the tick at which the rule was broken.
    pub(crate) fn breach(&self, tick: RunTicks, period: TickPeriod) -> String {
        let now = tick.0;
        let since = |ticks: u32| tick.saturating_sub(RunTicks(ticks.into())).0;
        let length = |ticks: u32| period.length(RunTicks(ticks.into()));
        match &self.kind {
            RuleKind::Never(_) => format!("at tick {now} this holds, and it must never"),
            RuleKind::Always(_) => format!("at tick {now} this does not hold, and it always must"),
            RuleKind::Together(..) => {
                format!("at tick {now} the first part holds, and the second does not")
            }
            RuleKind::Response(_, _, within) => format!(
                "what came at tick {} was not answered within {}",
                since(*within),
                length(*within)
            ),
            RuleKind::Recurrence(_, within) => format!(
                "it did not come for {} after tick {}",
                length(*within),
                since(*within)
            ),
            RuleKind::Stability(_, _, window) => {
                format!("at tick {now} it ends before {} are over", length(*window))
            }
            RuleKind::Absence(_, _, window) => {
                format!("at tick {now} it comes before {} are over", length(*window))
            }
            RuleKind::Reached(_) | RuleKind::AlwaysPossible(..) => {
                "no trace can break this".to_owned()
            }
        }
    }
}
