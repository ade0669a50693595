//! Which parts of a state do not repeat: why an exploration goes on and on.

use std::collections::{BTreeMap, BTreeSet};

/// A part of a state, and how many values it has among some states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name: the fields that lead to it.
    pub name: String,
    /// How many values it has.
    pub values: usize,
}

/// The parts with the most values, of states as their `Debug` prints them over several lines.
#[must_use]
pub fn most_varied(states: &[String], most: usize) -> Vec<Part> {
    let mut values: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for state in states {
        let mut within: Vec<(usize, &str)> = Vec::new();
        for line in state.lines() {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            within.retain(|(other, _)| *other < indent);
            let text = text.trim_end_matches(',');
            if let Some(opened) = text.strip_suffix(['{', '(', '[']) {
                within.push((indent, field_of(opened).unwrap_or(opened).trim()));
            } else if !text.starts_with(['}', ')', ']']) {
                let (field, value) = match text.split_once(": ") {
                    Some((field, value)) => (Some(field), value),
                    None => (None, text),
                };
                let outer = within.iter().skip(1).map(|(_, name)| *name);
                // What an enum or a wrapper is called says nothing about where it stands.
                let names = outer
                    .filter(|name| name.starts_with(char::is_lowercase))
                    .chain(field);
                let name = names.collect::<Vec<_>>().join(".");
                values.entry(name).or_default().insert(value);
            }
        }
    }
    let parts = values.into_iter().filter(|(_, values)| values.len() > 1);
    let mut parts: Vec<_> = parts
        .map(|(name, values)| Part {
            name,
            values: values.len(),
        })
        .collect();
    parts.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
    parts.truncate(most);
    parts
}

fn field_of(opened: &str) -> Option<&str> {
    opened.split_once(": ").map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct App {
        count: Wrapped,
        inner: Inner,
        same: u8,
    }

    #[derive(Debug, PartialEq)]
    struct Wrapped(u32);

    #[derive(Debug, PartialEq)]
    struct Inner {
        phase: Option<u8>,
    }

    #[test]
    fn the_parts_that_vary_most_come_first() {
        let states = (0..20).map(|count| {
            format!(
                "{:#?}",
                App {
                    count: Wrapped(count),
                    inner: Inner {
                        phase: (count % 4 > 0).then_some(7),
                    },
                    same: 3,
                }
            )
        });
        let parts = most_varied(&states.collect::<Vec<_>>(), 5);
        let named = |name: &str, values| Part {
            name: name.to_owned(),
            values,
        };
        assert_eq!(parts[0], named("count", 20));
        assert!(
            parts[1..]
                .iter()
                .all(|part| part.name.starts_with("inner.phase"))
        );
    }
}
