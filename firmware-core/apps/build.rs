//! Gives the shipped apps their build identity: a hash of this crate's own sources.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let mut sources = Vec::new();
    for folder in ["src", "../contract/src"] {
        collect(Path::new(folder), &mut sources)?;
        println!("cargo::rerun-if-changed={folder}");
    }
    sources.sort();

    let mut hash = Fnv1a::new();
    for path in &sources {
        // Separators and line ends differ between systems; the identity must not.
        hash.write(path.to_string_lossy().replace('\\', "/").as_bytes());
        hash.write(fs::read_to_string(path)?.replace("\r\n", "\n").as_bytes());
    }

    println!(
        "cargo::rustc-env=LOCKSTEP_APPS_BUILD={:016x}",
        hash.finish()
    );
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits: an identity, not a defence.
struct Fnv1a(u64);

impl Fnv1a {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
