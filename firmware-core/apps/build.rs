//! Gives the shipped apps their build identity: a hash of what their code says.
//!
//! Comments, layout and tests are no part of it: a recording stays that of the same build when
//! only they change. Tokens are hashed one by one and not as printed text, so that the identity
//! does not depend on how a version of the tokenizer prints them.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::fnv::Fnv1a;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where the sources are: the apps, and the contract they are built on.
const FOLDERS: [&str; 2] = ["src", "../contract/src"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        collect(Path::new(folder), &mut sources)?;
        println!("cargo::rerun-if-changed={folder}");
    }
    sources.sort();

    let mut hash = Fnv1a::new();
    for path in &sources {
        let tokens: TokenStream = fs::read_to_string(path)?
            .parse()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        hash = code(tokens, hash.text(&path.to_string_lossy()));
    }
    println!(
        "cargo::rustc-env=LOCKSTEP_APPS_BUILD={:016x}",
        hash.finish()
    );
    Ok(())
}

/// The files of a folder and below it, without those that hold nothing but tests.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// The hash with these tokens more, but for documentation and items under `cfg(test)`.
fn code(tokens: TokenStream, mut hash: Fnv1a) -> Fnv1a {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash_sign) if hash_sign.as_char() == '#' => {
                let inner = tokens
                    .next_if(|next| matches!(next, TokenTree::Punct(p) if p.as_char() == '!'));
                let Some(TokenTree::Group(attribute)) = tokens.next() else {
                    continue;
                };
                let text = attribute.stream().to_string().replace(' ', "");
                if text == "cfg(test)" {
                    skip_item(&mut tokens);
                } else if !text.starts_with("doc=") {
                    hash = hash.text(if inner.is_some() { "#!" } else { "#" });
                    hash = code(attribute.stream(), hash);
                }
            }
            TokenTree::Group(group) => {
                hash = hash.text(match group.delimiter() {
                    Delimiter::Brace => "{",
                    Delimiter::Bracket => "[",
                    Delimiter::Parenthesis => "(",
                    Delimiter::None => "",
                });
                hash = code(group.stream(), hash).text("end");
            }
            TokenTree::Ident(word) => hash = hash.text(&word.to_string()),
            TokenTree::Punct(sign) => hash = hash.text(&sign.as_char().to_string()),
            TokenTree::Literal(literal) => hash = hash.text(&literal.to_string()),
        }
    }
    hash
}

/// Passes over the item behind an attribute: up to its semicolon, or its braces.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == ';' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}
