//! Branches: listed, switched, compared.

use lockstep_core::event::ButtonId;

use super::held_buttons::{Holder, tap};
use super::overlay::{Menu, MenuAction, MenuItem};
use super::signal_history::SignalHistory;
use super::ui_state::{ComparedBranch, UiState};

/// The name of a branch on the screen.
pub(super) fn branch_name(index: usize) -> String {
    match index {
        0 => "main".to_owned(),
        index => format!("branch {index}"),
    }
}

impl UiState {
    /// All branches. The one that the current branch forked from is selected, or the last.
    pub(super) fn branch_menu(&self) -> Menu {
        let current = self.timeline.current();
        let branches = self.timeline.branches();
        let items = (0..).zip(branches).map(|(index, branch)| MenuItem {
            text: format!(
                "{}: to {}, {}",
                branch_name(index),
                self.clock(branch.end()),
                self.relation(index)
            ),
            action: MenuAction::Branch(index),
        });
        let origin = branches[current].fork_point().map(|origin| origin.branch);
        let last = branches.len().saturating_sub(1);
        Menu {
            title: "branches",
            items: items.collect(),
            selected: origin.unwrap_or(last),
        }
    }

    /// How a branch compares to the current one.
    fn relation(&self, index: usize) -> String {
        let current = self.timeline.current();
        if index == current {
            return "current".to_owned();
        }
        match self.timeline.compare(current, index) {
            None => "no difference".to_owned(),
            Some(divergence) => format!("differs at {}", self.clock(divergence.tick)),
        }
    }

    /// Resets everything that was derived from the branch that was current before.
    pub(super) fn on_branch_changed(&mut self) {
        self.signals = SignalHistory::new(self.timeline.app().descriptor());
        self.compared = None;
        self.held.clear();
        self.release_stale_presses();
        self.cursor = self.cursor.min(self.end());
        self.follow();
        self.rules.restart(self.timeline.branch().trace());
    }

    /// Releases the buttons that are down at the end of the branch after a tap: the key that
    /// held them is not down any more. Latched buttons stay down.
    fn release_stale_presses(&mut self) {
        let until = self.end().saturating_add(tap(self.tick_period()));
        let buttons = 0..self.descriptor().buttons().len();
        for button in buttons
            .filter_map(|index| u8::try_from(index).ok())
            .map(ButtonId)
        {
            if !self.timeline.branch().live().is_closed(button) {
                continue;
            }
            let holder = if self.latched.contains(&button) {
                Holder::Latch
            } else {
                Holder::Tap(until)
            };
            self.held.hold(button, holder);
        }
    }

    /// Shows another branch, at the same tick if it is that long.
    pub(super) fn switch_branch(&mut self, branch: usize) {
        self.pause();
        self.timeline.switch(branch);
        self.on_branch_changed();
        self.move_to(self.cursor);
    }

    /// Draws another branch below this one, and goes to the first difference.
    pub(super) fn compare_with(&mut self, branch: usize) {
        let current = self.timeline.current();
        if branch == current {
            self.show_message("this is the current branch; choose another one to compare it with");
            return;
        }
        let Some(other) = self.timeline.branches().get(branch) else {
            return;
        };
        let mut signals = SignalHistory::new(self.timeline.app().descriptor());
        signals.follow(other.trace());
        let Some(divergence) = self.timeline.compare(current, branch) else {
            let name = branch_name(branch);
            self.show_message(format!(
                "no difference to {name} up to the end of the shorter one"
            ));
            return;
        };
        self.compared = Some(ComparedBranch { branch, signals });
        self.mark = Some(divergence.tick);
        self.pause();
        self.move_to(divergence.tick);
        let differing = [current, branch].map(|index| {
            let trace = self.timeline.branches()[index].trace();
            let line = trace.lines().nth(divergence.shared);
            let line = line.filter(|line| line.tick == divergence.tick);
            let line = line.map_or("nothing".to_owned(), |line| {
                format!("{} {} {}", line.kind.word(), line.name, line.value)
            });
            format!("{}: {line}", branch_name(index))
        });
        self.show_message(format!(
            "first difference at {}: {} (Esc ends the comparison)",
            self.clock(divergence.tick),
            differing.join(", ")
        ));
    }

    /// Ends the comparison, or else clears the mark.
    pub(super) fn dismiss(&mut self) {
        self.message = None;
        if self.give_up() {
            return;
        }
        if self.compared.take().is_none() {
            self.mark = None;
        }
    }
}
