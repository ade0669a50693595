//! Every message on the page of troubleshooting is one that the code has.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// What stands on the page for what differs from case to case.
const ANY: char = '…';

#[test]
fn every_message_of_the_page_is_in_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/troubleshooting.md")).unwrap();
    let sources: Vec<String> = ["hil-tests", "sim"]
        .iter()
        .flat_map(|folder| WalkDir::new(root.join(folder)))
        .map(Result::unwrap)
        .filter(|entry| !entry.path().to_string_lossy().contains("/tests/"))
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "rs"))
        .map(|entry| unbroken(&fs::read_to_string(entry.path()).unwrap()))
        .collect();
    let messages: Vec<Vec<&str>> = page.lines().filter_map(message).collect();
    assert!(
        messages.len() > 30,
        "the page has {} messages",
        messages.len()
    );
    let strange: Vec<_> = messages
        .iter()
        .filter(|parts| {
            let holds = |source: &&String| parts.iter().all(|part| source.contains(part));
            !sources.iter().any(|source| holds(&source))
        })
        .collect();
    assert!(strange.is_empty(), "no source has {strange:#?}");
}

/// The fixed parts of the message in a row of a table.
fn message(line: &str) -> Option<Vec<&str>> {
    let (cell, _) = line.strip_prefix("| `")?.split_once(" | ")?;
    let parts = cell.split([ANY, '`']).map(str::trim);
    Some(parts.filter(|part| part.len() > 2).collect())
}

/// The source with its strings that go on in the next line put together.
fn unbroken(source: &str) -> String {
    let mut pieces = source.split("\\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start())
}
