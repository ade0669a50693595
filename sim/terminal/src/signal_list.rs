//! Which signals the waves show, and in which order. It is remembered for each app.

use lockstep_core::app::AppDescriptor;

use super::signal_history::Signal;

/// The signals of an app as its user has arranged them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignalList {
    /// From the top; never empty.
    shown: Vec<Signal>,
    /// Folded away.
    folded: Vec<Signal>,
}

impl SignalList {
    /// All signals of an app, in the order that it declares them.
    pub(super) fn of(descriptor: &AppDescriptor) -> Self {
        Self {
            shown: Signal::all(descriptor).collect(),
            folded: Vec::new(),
        }
    }

    /// The signals that are shown, from the top.
    pub(super) fn shown(&self) -> &[Signal] {
        &self.shown
    }

    /// The signals that are folded away.
    pub(super) fn folded(&self) -> &[Signal] {
        &self.folded
    }

    /// Folds the signal at this index away, unless it is the only one that is shown.
    pub(super) fn fold(&mut self, index: usize) {
        if self.shown.len() > 1 && index < self.shown.len() {
            self.folded.push(self.shown.remove(index));
        }
    }

    /// Shows all that were folded away again, below the others.
    pub(super) fn unfold(&mut self) {
        self.shown.append(&mut self.folded);
    }

    /// Moves a signal up (-1) or down (1) past its neighbour, and tells its new index.
    pub(super) fn shift(&mut self, index: usize, by: isize) -> usize {
        let other = index.saturating_add_signed(by);
        if index < self.shown.len() && other < self.shown.len() {
            self.shown.swap(index, other);
            return other;
        }
        index
    }

    /// The list as text: a signal a line, with `-` before those that are folded away.
    pub(super) fn to_text(&self, descriptor: &AppDescriptor) -> String {
        let shown = self.shown.iter().map(|signal| ("", signal));
        let folded = self.folded.iter().map(|signal| ("-", signal));
        let line =
            |(sign, signal): (&str, &Signal)| format!("{sign}{}\n", key(*signal, descriptor));
        shown.chain(folded).map(line).collect()
    }

    /// The list of a text. Signals that the app does not have any more are left out, and those that
    /// the text does not name stand below the others.
    pub(super) fn read(text: &str, descriptor: &AppDescriptor) -> Self {
        let mut left: Vec<Signal> = Signal::all(descriptor).collect();
        let mut list = Self {
            shown: Vec::new(),
            folded: Vec::new(),
        };
        for line in text.lines() {
            let (name, is_folded) = match line.strip_prefix('-') {
                Some(name) => (name, true),
                None => (line, false),
            };
            let named = left.iter().position(|it| key(*it, descriptor) == name);
            if let Some(index) = named {
                let signal = left.remove(index);
                match is_folded {
                    true => list.folded.push(signal),
                    false => list.shown.push(signal),
                }
            }
        }
        list.shown.append(&mut left);
        if list.shown.is_empty() {
            list.unfold();
        }
        list
    }
}

/// A name that no other signal of the app has.
fn key(signal: Signal, descriptor: &AppDescriptor) -> String {
    let direction = match signal {
        Signal::Button(_) | Signal::Number(_) | Signal::Received(_) => "in ",
        Signal::Output(_) | Signal::Sent(_) | Signal::Matrix(_) => "out ",
        Signal::Logs => "",
    };
    format!("{direction}{}", signal.name(descriptor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_apps::thermostat::Thermostat;
    use lockstep_core::app::App;
    use proptest::prelude::*;

    const APP: &AppDescriptor = &Thermostat::DESCRIPTOR;

    #[test]
    fn one_signal_stays_however_many_are_folded() {
        let mut list = SignalList::of(APP);
        let count = list.shown().len();
        for _ in 0..count + 1 {
            list.fold(0);
        }
        assert_eq!(list.shown(), [Signal::Logs]);
        list.unfold();
        assert_eq!(list.shown().len(), count);
        assert!(list.folded().is_empty());
    }

    #[test]
    fn a_signal_moves_past_its_neighbour_and_not_beyond_the_ends() {
        let mut list = SignalList::of(APP);
        let second = list.shown()[1];
        assert_eq!(list.shift(1, -1), 0);
        assert_eq!(list.shown()[0], second);
        assert_eq!(list.shift(0, -1), 0);
        let last = list.shown().len() - 1;
        assert_eq!(list.shift(last, 1), last);
    }

    #[test]
    fn what_the_app_does_not_have_is_left_out_and_what_is_new_stands_below() {
        let list = SignalList::read("out fan\n-log\nin gone\nout fan\n-in uart\n", APP);
        assert_eq!(list.shown()[0], Signal::Output(1));
        assert_eq!(list.folded(), [Signal::Logs, Signal::Received(0)]);
        let all = Signal::all(APP).count();
        assert_eq!(list.shown().len() + list.folded().len(), all);
        let none: String = SignalList::of(APP)
            .to_text(APP)
            .lines()
            .map(|line| format!("-{line}\n"))
            .collect();
        assert_eq!(SignalList::read(&none, APP).shown().len(), all);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(steps in prop::collection::vec((0_usize..12, 0_u8..4), 0..30)) {
            let mut list = SignalList::of(APP);
            for (index, step) in steps {
                match step {
                    0 => list.fold(index),
                    1 => list.unfold(),
                    2 => drop(list.shift(index, -1)),
                    _ => drop(list.shift(index, 1)),
                }
            }
            prop_assert_eq!(SignalList::read(&list.to_text(APP), APP), list);
        }
    }
}
