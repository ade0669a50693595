//! The program that `cargo verify` runs has the dependencies of the tests, with the same features:
//! cargo builds a dependency once for each set of features.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The packages that these kinds of dependencies of these packages lead to, each with its sets of features.
fn features(of: &[&str], kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline"])
        .args(of)
        .args(["--edges", kinds, "--prefix", "none", "--format", "{p}|{f}|"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let mut packages = BTreeMap::<_, BTreeSet<_>>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut fields = line.split('|').map(str::to_owned);
        if let (Some(package), Some(features)) = (fields.next(), fields.next()) {
            packages.entry(package).or_default().insert(features);
        }
    }
    packages
}

#[test]
fn programs_and_tests_need_the_same_features() {
    let of_tests = features(&["--workspace"], "normal,build,dev");
    let of_programs = features(&["--workspace"], "normal,build");
    // A package of the workspace that the program does not use is not built for it.
    let used = features(&["--package", "hil"], "normal,build");
    assert!(of_programs.keys().any(|name| name.starts_with("probe-rs ")));
    let differing: Vec<_> = of_programs
        .iter()
        .filter(|(package, _)| used.contains_key(*package))
        .filter(|(package, features)| !features.is_subset(&of_tests[*package]))
        .collect();
    assert!(
        differing.is_empty(),
        "the tests need these with other features: {differing:#?}"
    );
}
