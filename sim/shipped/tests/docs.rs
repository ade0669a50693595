//! Every path of the repository that its pages name is there.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_engine::files;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Top-level folders: a word that begins with one of them is a path.
const FOLDERS: [&str; 5] = ["firmware-core/", "sim/", "hil-tests/", "fixtures/", "docs/"];

/// The paths that a page names in code font, without what stands for anything.
fn paths(page: &str) -> Vec<&str> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_end_matches([',', ';', '.', ':']))
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !word.contains(['*', '<', '…', '{']) && !word.contains(char::is_uppercase))
        .collect()
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let root = root();
    let mut pages = files::below(&root.join("docs"), "md").unwrap();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    let mut missing = Vec::new();
    let mut named = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for path in paths(&text) {
            named += 1;
            let file = path.split(':').next().unwrap_or_default();
            if !root.join(file).exists() {
                missing.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(named > 0, "no page names a path: are they read?");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_page_that_a_page_links_to_is_there() {
    let root = root();
    let mut pages = files::below(&root.join("docs"), "md").unwrap();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    let mut missing = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                missing.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
