//! Every package that can be published has what a registry asks for.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The most keywords and categories that crates.io takes.
const MOST_KEYWORDS: usize = 5;

/// The packages of the workspace, as cargo sees them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps"])
        .args(["--format-version", "1"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// A package with `publish = false` has an empty list of registries.
fn is_publishable(package: &Value) -> bool {
    package["publish"]
        .as_array()
        .is_none_or(|to| !to.is_empty())
}

fn texts<'p>(package: &'p Value, field: &str) -> Vec<&'p str> {
    let values = package[field].as_array().into_iter().flatten();
    values.filter_map(Value::as_str).collect()
}

/// What a package lacks.
fn problems(package: &Value, all: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    for field in [
        "description",
        "license",
        "repository",
        "readme",
        "rust_version",
    ] {
        if package[field].as_str().is_none_or(str::is_empty) {
            problems.push(format!("no `{field}`"));
        }
    }
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let readme = package["readme"].as_str().unwrap_or_default();
    let folder = manifest.parent().unwrap_or(manifest);
    if !folder.join(readme).is_file() {
        problems.push(format!("there is no file `{readme}`"));
    }
    for field in ["keywords", "categories"] {
        let count = texts(package, field).len();
        if count == 0 || count > MOST_KEYWORDS {
            problems.push(format!("{count} {field}: expected 1 to {MOST_KEYWORDS}"));
        }
    }
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    for dependency in dependencies.filter(|dependency| dependency["kind"] != "dev") {
        let name = &dependency["name"];
        if dependency["path"].is_string() && dependency["req"] == "*" {
            problems.push(format!("the path dependency {name} has no version"));
        }
        let mut packages = all.iter();
        if packages.any(|other| other["name"] == *name && !is_publishable(other)) {
            problems.push(format!("{name} is not published"));
        }
    }
    problems
}

#[test]
fn every_published_package_has_its_metadata_and_published_dependencies() {
    let packages = packages();
    let published = packages.iter().filter(|package| is_publishable(package));
    let names: Vec<_> = published.clone().map(|package| &package["name"]).collect();
    for library in ["lockstep-core", "lockstep-sim", "lockstep-hil"] {
        assert!(names.iter().any(|name| **name == library), "{library}");
    }
    let lacking: Vec<_> = published
        .map(|package| (&package["name"], problems(package, &packages)))
        .filter(|(_, problems)| !problems.is_empty())
        .collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
}
