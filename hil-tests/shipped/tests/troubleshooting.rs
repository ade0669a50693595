//! Every message on the page of troubleshooting is a string literal of the code, word for word.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::LitStr;
use walkdir::WalkDir;

/// On the page, and in place of what a format string fills in.
const ANY: char = '…';

/// The fewest letters that make a message recognisable.
const FEWEST_LETTERS: usize = 10;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_message_of_the_page_is_one_string_in_the_code() {
    let page = fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| *line != "| message | cause | cure |");
    let messages: Vec<_> = rows
        .filter(|line| !line.starts_with("| --- "))
        .map(|line| message(line).ok_or(line))
        .collect::<Result<_, _>>()
        .unwrap();
    let vague: Vec<_> = messages.iter().filter(|text| !is_precise(text)).collect();
    assert!(vague.is_empty(), "these match too much: {vague:#?}");
    let literals: Vec<String> = ["firmware-core", "hil-tests", "sim"]
        .iter()
        .flat_map(|folder| WalkDir::new(root().join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| is_product(path))
        .flat_map(|path| literals(&fs::read_to_string(path).unwrap()))
        .collect();
    let unknown: Vec<_> = messages
        .iter()
        .filter(|message| !literals.iter().any(|text| matches(text, message)))
        .collect();
    assert!(unknown.is_empty(), "no string in the code is {unknown:#?}");
}

/// Whether a file is part of a product: a test may say what no product does.
fn is_product(path: &Path) -> bool {
    let is_in = |name: &str| path.iter().any(|part| part == name);
    let is_rust = path.extension().is_some_and(|end| end == "rs");
    let is_test = is_in("tests") || path.ends_with("tests.rs") || path.ends_with("testing.rs");
    is_rust && is_in("src") && !is_in("target") && !is_test
}

/// The message in a row of a table: the code span that is its first cell.
fn message(row: &str) -> Option<&str> {
    let (cell, _) = row.strip_prefix("| `")?.split_once(" | ")?;
    let message = cell.strip_suffix('`')?;
    (!message.contains('`')).then_some(message)
}

fn is_precise(message: &str) -> bool {
    message.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS
}

/// The string literals of a source, with [`ANY`] where they are filled in; without those of
/// documentation and of unit tests.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(source.parse().unwrap(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let mut is_attribute = false;
    let mut is_test = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if is_attribute && is_doc(&group) => {}
            TokenTree::Group(group) if is_attribute && is_cfg_test(&group) => is_test = true,
            TokenTree::Group(group) if is_test && group.delimiter() == Delimiter::Brace => {
                is_test = false;
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) {
                    found.push(shape(&text.value()));
                }
            }
            TokenTree::Punct(punct) => {
                is_attribute = punct.as_char() == '#' || is_attribute && punct.as_char() == '!';
                is_test &= punct.as_char() != ';';
                continue;
            }
            TokenTree::Ident(_) => {}
        }
        is_attribute = false;
    }
}

fn is_doc(attribute: &Group) -> bool {
    attribute.stream().to_string().starts_with("doc ")
}

fn is_cfg_test(attribute: &Group) -> bool {
    let text = attribute.stream().to_string();
    text.starts_with("cfg") && text.contains("test")
}

/// A format string, with [`ANY`] for each placeholder.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' if rest.next_if_eq(&'{').is_none() => {
                shape.push(ANY);
                for c in rest.by_ref() {
                    if c == '}' {
                        break;
                    }
                }
            }
            '}' => {
                shape.push('}');
                rest.next_if_eq(&'}');
            }
            c => shape.push(c),
        }
    }
    shape
}

/// Whether the whole text is the pattern, in which [`ANY`] stands for anything.
fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match parts.peek() {
            Some(_) => rest.find(part),
            None => rest.ends_with(part).then(|| rest.len() - part.len()),
        };
        match at {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[test]
fn a_pattern_matches_a_whole_string_in_order() {
    assert!(matches("a b c", "a b c"));
    assert!(matches("frame … of …: stop", "frame … of …: stop"));
    assert!(matches("frame `…` of …: stop", "frame … of …: stop"));
    assert!(matches("a …", "a …"));
    assert!(!matches("a b c", "a b"));
    assert!(!matches("of … frame …: stop", "frame … of …: stop"));
    assert!(!matches("b c", "a … c"));
    assert!(!matches("a … d", "a … c"));
}

#[test]
fn strings_of_products_are_found_and_no_others() {
    let source = r##"
        /// "in a comment" and `docs`
        #[error("frame {expected:?} is {{missing}}: {}", .0.len())]
        struct A(#[doc = "hidden"] u8);
        fn f() { println!("one \
                           line", r#"raw "text""#, b"bytes", 'c'); }
        #[cfg(test)]
        use a::b;
        const C: &str = "after";
        #[cfg(test)]
        mod tests { const D: &str = "in a test"; }
        const E: &str = "last";
    "##;
    assert_eq!(
        literals(source),
        [
            "frame … is {missing}: …",
            "one line",
            "raw \"text\"",
            "after",
            "last"
        ]
    );
}
