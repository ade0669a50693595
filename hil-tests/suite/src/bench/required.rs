//! The benches that a run must not do without: those that `LOCKSTEP_REQUIRE` names.

use std::collections::BTreeSet;
use std::ffi::OsString;

/// The environment variable that names them, with commas between.
pub const REQUIRE: &str = "LOCKSTEP_REQUIRE";

/// The names of the benches that must be usable: what would be skipped on one of them fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredBenches(BTreeSet<String>);

impl RequiredBenches {
    /// Parses the value of [`REQUIRE`]: names with commas between, and nothing where it is unset.
    #[must_use]
    pub fn parse(value: Option<OsString>) -> Self {
        let value = value.unwrap_or_default();
        let value = value.to_string_lossy();
        let names = value.split(',').map(str::trim);
        Self(
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether this bench must be usable.
    #[must_use]
    pub fn contains(&self, bench: &str) -> bool {
        self.0.contains(bench)
    }

    /// The names, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Vec<String> {
        let required = RequiredBenches::parse(Some(value.into()));
        required.iter().map(str::to_owned).collect()
    }

    #[test]
    fn names_are_separated_by_commas_and_trimmed() {
        assert_eq!(names(" virtual ,desk,, "), ["desk", "virtual"]);
        assert_eq!(RequiredBenches::parse(None), RequiredBenches::default());
    }

    #[test]
    fn only_a_whole_name_is_required() {
        let required = RequiredBenches::parse(Some("virtual-2, desk".into()));
        assert!(required.contains("desk"));
        assert!(!required.contains("virtual"));
    }
}
