//! An app's state as rows of a path and a value, parsed from its `Debug` output.

use lockstep_engine::timeline::Snapshot;

/// What the state pane says of an app without `Debug`.
const NO_STATE: &str = "not shown: no `Debug`";

/// The text of an app's state, or why there is none.
pub(super) fn state_text(snapshot: &Snapshot) -> String {
    snapshot.state().unwrap_or(NO_STATE).to_owned()
}

/// One value of the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct StateRow {
    /// The fields that lead to it: `mode.light.level`.
    pub(super) path: String,
    pub(super) value: String,
}

/// The rows of the output of `{:#?}`: one line for each value, and lines that open and close
/// groups of them. Anything else that an app writes is shown line by line.
pub(super) fn state_rows(state: &str) -> Vec<StateRow> {
    let mut rows = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    for line in state.lines() {
        let line = line.trim().trim_end_matches(',');
        let (name, rest) = match line.split_once(": ") {
            Some((name, rest)) => (name, rest),
            None => ("", line),
        };
        if let Some(kind) = opened(rest) {
            // Names of variants are worth showing, those of types and wrappers are not.
            let is_field = !name.is_empty();
            path.push(if is_field || path.is_empty() {
                name
            } else {
                kind
            });
        } else if matches!(line, "}" | ")" | "]" | "})" | "})]") {
            path.pop();
        } else {
            let parts = path.iter().copied().chain([name]);
            let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
            rows.push(StateRow {
                path: parts.join("."),
                value: rest.to_owned(),
            });
        }
    }
    rows
}

/// The text before the bracket that opens a group of lines, if there is one.
fn opened(text: &str) -> Option<&str> {
    ["{", "(", "["]
        .iter()
        .find_map(|sign| text.strip_suffix(sign))
        .map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only written")]
    struct Outer {
        on: bool,
        wait: Option<Wait>,
        many: [u8; 2],
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "only written")]
    struct Wait(u32);

    #[test]
    fn a_state_becomes_rows() {
        let outer = Outer {
            on: true,
            wait: Some(Wait(5)),
            many: [1, 2],
        };
        let rows: Vec<_> = state_rows(&format!("{outer:#?}"))
            .into_iter()
            .map(|row| format!("{} = {}", row.path, row.value))
            .collect();
        assert_eq!(rows, ["on = true", "wait.Wait = 5", "many = 1", "many = 2"]);
    }

    #[test]
    fn other_output_is_shown_as_it_is() {
        assert_eq!(state_rows("busy")[0].value, "busy");
        assert!(state_rows("").is_empty());
        assert_eq!(state_rows("}\n))\n[").len(), 1);
    }
}
