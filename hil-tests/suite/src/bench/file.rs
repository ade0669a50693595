//! A bench file as it is written: its keys and the types of their values.

use std::collections::BTreeMap;
use std::ops::Range;

use lockstep_engine::diagnostic::{closest, one_of};
use lockstep_engine::sanitize::excerpt;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::diagnostics::{Diagnostics, MAX_PROBLEMS};

/// The keys of a bench file.
pub(super) const KEYS: [&str; 11] = [
    "board",
    "chip",
    "connect_under_reset",
    "missing_capabilities",
    "probe",
    "protocol",
    "serial_starts_with",
    "speed",
    "tolerance",
    "uart",
    "wiring",
];

/// Keys that had another name once.
const RENAMED: [(&str, &str); 1] = [("cannot", "missing_capabilities")];

/// What a bench file says. Every value is a string or a number as it is written; [`read`] checks
/// what it means.
///
/// [`read`]: super::read::read
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BenchFile {
    pub(super) board: Option<Spanned<String>>,
    pub(super) chip: Option<Spanned<String>>,
    pub(super) connect_under_reset: Option<bool>,
    pub(super) missing_capabilities: Vec<Spanned<String>>,
    pub(super) probe: Option<Spanned<String>>,
    pub(super) protocol: Option<Spanned<String>>,
    pub(super) serial_starts_with: Vec<Spanned<String>>,
    pub(super) speed: Option<Spanned<i64>>,
    pub(super) tolerance: Option<Spanned<i64>>,
    pub(super) uart: Option<Spanned<String>>,
    pub(super) wiring: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// Reads as much of the text as has the right form, and adds a problem for the rest. `expected`
/// says what the value at a path of keys should be.
///
/// serde stops at the first error, so what it rejects is removed and the rest is read again.
/// The keys are returned too: the file contains them even where their values were rejected.
pub(super) fn parse<'t>(
    text: &'t str,
    expected: impl Fn(&[String]) -> String,
    diagnostics: &mut Diagnostics<'t>,
) -> (BenchFile, BTreeMap<String, Range<usize>>) {
    let (mut table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        diagnostics.add(
            error.span().unwrap_or_default(),
            &format!("this is not TOML: {}", error.message()),
            "expected one `key = value` per line, with strings in quotes",
        );
    }
    let keys = table.get_ref().keys();
    let keys = keys.map(|key| (key.get_ref().to_string(), key.span()));
    let keys = keys.collect();
    for _ in 0..MAX_PROBLEMS {
        let error = match BenchFile::deserialize(Deserializer::from(table.clone())) {
            Ok(file) => return (file, keys),
            Err(error) => error,
        };
        let span = error.span().unwrap_or_default();
        let Some((path, value)) = remove(table.get_mut(), &span) else {
            diagnostics.add(span, error.message(), "expected a bench file");
            break;
        };
        if let [key] = path.as_slice()
            && !KEYS.contains(&key.as_str())
        {
            unknown_key(key, span, diagnostics);
            continue;
        }
        match unquoted_pin(&path, &value) {
            Some(pin) => diagnostics.add_with_help(
                span,
                &format!("without quotes, `{pin}` is a table with a key"),
                "expected the pin in quotes",
                Some(format!("write `\"{pin}\" = …`")),
            ),
            None => diagnostics.add(span, &found(&error), &expected(&path)),
        }
    }
    (BenchFile::default(), keys)
}

/// Removes the entry with this span as its key, as its value, or as an element of its value.
/// Returns the keys that lead to it, and the value.
fn remove<'t>(table: &mut DeTable<'t>, span: &Range<usize>) -> Option<(Vec<String>, DeValue<'t>)> {
    let is_it = |value: &Spanned<DeValue<'_>>| value.span() == *span;
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let name = key.get_ref().to_string();
        let is_element =
            matches!(value.get_ref(), DeValue::Array(array) if array.iter().any(is_it));
        if key.span() == *span || is_it(value) || is_element {
            found = Some(name);
            break;
        }
        if let DeValue::Table(inner) = value.get_mut()
            && let Some((mut path, value)) = remove(inner, span)
        {
            path.insert(0, name);
            return Some((path, value));
        }
    }
    let name = found?;
    let value = table.remove(name.as_str())?;
    Some((vec![name], value.into_inner()))
}

fn unknown_key(key: &str, span: Range<usize>, diagnostics: &mut Diagnostics<'_>) {
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == key) {
        let message = format!("the key `{key}` is now called `{new}`");
        let help = format!("write `{new}` in its place");
        diagnostics.add_with_help(span, &message, &format!("expected `{new}`"), Some(help));
        return;
    }
    diagnostics.add_with_help(
        span,
        &format!("unknown key `{}`", excerpt(key)),
        &format!("expected {}", one_of(KEYS)),
        closest(key, KEYS).map(|meant| format!("did you mean `{meant}`?")),
    );
}

/// The pin of a wire that was written without quotes, which TOML reads as a table `P0` with a
/// key `17`.
fn unquoted_pin(path: &[String], value: &DeValue<'_>) -> Option<String> {
    let [wiring, port] = path else { return None };
    let number = value.as_table()?.keys().next()?.get_ref();
    let is_pin = wiring == "wiring" && number.chars().all(|c| c.is_ascii_digit());
    is_pin.then(|| format!("{}.{number}", excerpt(port)))
}

/// What serde found, such as `invalid type: string "fast"`, without the Rust type that it
/// expected: the label says what the key takes.
fn found(error: &Error) -> String {
    let message = error.message();
    let found = message.rsplit_once(", expected ");
    match found.map_or(message, |(found, _)| found) {
        "invalid type: map" => "invalid type: table".to_owned(),
        "invalid type: sequence" => "invalid type: array".to_owned(),
        found => excerpt(found),
    }
}
