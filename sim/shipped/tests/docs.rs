//! What pages name in the repository is there: paths, pages, and limits.

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

/// The file of a module of the engine.
fn module(path: &str) -> Option<String> {
    let folder = root().join("sim/engine/src").join(path.replace("::", "/"));
    let files = [folder.with_extension("rs"), folder.join("mod.rs")];
    files.iter().find_map(|file| fs::read_to_string(file).ok())
}

/// Whether the public item is declared in a module of the engine, or in the contract.
fn is_declared(module_path: Option<&str>, name: &str, contract: &str) -> bool {
    let module = module_path.and_then(module);
    let text = module.as_deref().unwrap_or(contract);
    let declared = ["const", "const fn", "fn", "struct"].map(|kind| format!("pub {kind} {name}"));
    declared.iter().any(|it| text.contains(it))
}

#[test]
fn every_limit_of_the_first_page_is_in_the_code_by_its_name() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = page
        .split_once("| limit | name |\n| --- | --- |\n")
        .unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let contract = files::below(&root().join("firmware-core/contract/src"), "rs").unwrap();
    let contract = contract.iter().map(|it| fs::read_to_string(it).unwrap());
    let contract: String = contract.collect();
    let mut missing = Vec::new();
    let mut checked = 0;
    for row in table.lines() {
        let names = row.rsplit('|').nth(1).unwrap();
        // A name without a path is in the module of the one before.
        let mut path = None;
        for name in names.split('`').skip(1).step_by(2) {
            let (module, item) = match name.rsplit_once("::") {
                Some((module, item)) => (Some(module), item),
                None => (path, name),
            };
            path = module;
            checked += 1;
            if !is_declared(path, item, &contract) {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(checked > 10, "{checked}");
}
