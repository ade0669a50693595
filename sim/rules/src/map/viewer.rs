//! What a diagram shows of a run: the outputs and logs that make its states.

use lockstep_core::app::{AppDescriptor, LogKind, LogValues};
use lockstep_core::output::Range;
use lockstep_engine::script::Action;
use lockstep_engine::trace::{EntryKind, Trace};

/// What is shown of a run so far.
#[derive(Clone)]
pub(super) struct Viewer {
    outputs: Vec<Option<usize>>,
    logs: Vec<Option<usize>>,
    descriptor: &'static AppDescriptor,
    pub(super) values: Vec<String>,
}

impl Viewer {
    pub(super) fn new(descriptor: &'static AppDescriptor, shown: &[String]) -> Self {
        let place = |name: &str| shown.iter().position(|it| it == name);
        let outputs: Vec<_> = descriptor
            .outputs()
            .iter()
            .map(|output| place(output.name()))
            .collect();
        let is_output = |name: &str| descriptor.outputs().iter().any(|it| it.name() == name);
        let logs = descriptor.logs().iter().map(|log| {
            // A log that is called as an output is, is shown as `log NAME`.
            match is_output(log.name()) {
                true => place(&format!("log {}", log.name())),
                false => place(log.name()).or_else(|| place(&format!("log {}", log.name()))),
            }
        });
        Self {
            outputs,
            logs: logs.collect(),
            descriptor,
            values: vec![String::new(); shown.len()],
        }
    }

    pub(super) fn take(&mut self, what: &EntryKind) {
        let (place, value) = match what {
            EntryKind::Input(Action::Reset(_)) => {
                for place in self.logs.iter().flatten() {
                    if let Some(value) = self.values.get_mut(*place) {
                        value.clear();
                    }
                }
                return;
            }
            EntryKind::Output(output, level) => {
                let output = usize::from(*output);
                let range = self.descriptor.outputs().get(output).map(|it| it.range());
                let shown = match (range, level.0) {
                    (Some(Range::Digital), 0) => "off".to_owned(),
                    (Some(Range::Digital), _) => "on".to_owned(),
                    (Some(range), level) => range.scale().shown(level).to_string(),
                    (None, level) => level.to_string(),
                };
                (self.outputs.get(output), shown)
            }
            EntryKind::Log(id, value) => {
                let log = self.descriptor.logs().get(usize::from(id.0));
                let words = match log.map(LogKind::values) {
                    Some(LogValues::Words(words)) => words,
                    _ => &[],
                };
                let word = usize::try_from(*value).ok().and_then(|it| words.get(it));
                let shown = word.map_or_else(|| value.to_string(), |word| (*word).to_owned());
                (self.logs.get(usize::from(id.0)), shown)
            }
            _ => return,
        };
        let place = place.copied().flatten();
        if let Some(known) = place.and_then(|place| self.values.get_mut(place)) {
            *known = value;
        }
    }

    /// Takes what a trace has from an entry on.
    pub(super) fn take_from(&mut self, trace: &Trace, first: usize) {
        for entry in trace.entries().get(first..).unwrap_or_default() {
            self.take(&entry.what);
        }
    }
}
