//! A proof that was interrupted, in a file: what it is of, and how far it came.

use std::fmt::Write as _;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lockstep_console::output::{self, OutputError};
use lockstep_core::fnv::Fnv1a;
use lockstep_engine::search::checkpoint::CheckpointStore;
use lockstep_engine::search::settings::Progress;

/// How the file begins: what it is, and the version of its format.
const FIRST_LINE: &str = "lockstep proof 1";

/// The most bytes of a line of its header.
const MAX_LINE: u64 = 1 << 10;

/// How long it is explored between two times that it is kept.
const EVERY: Duration = Duration::from_secs(300);

/// A proof takes at least so many times as long as keeping it.
const SHARE: u32 = 20;

/// What a proof is of: it is gone on with where all of it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProofIdentity {
    /// The app, by name and version.
    pub(super) app: String,
    /// How it is explored.
    pub(super) settings: String,
    /// The sum of the file of rules.
    rules: u64,
    /// The sum of the program, and with it of the app and the search.
    program: u64,
}

/// A file cannot be gone on from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ResumeError {
    /// It cannot be read.
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It is another kind of file, or of another version.
    #[error("`{}` is no proof that this `sim` can go on with: it does not begin with `{FIRST_LINE}`", .0.display())]
    Other(PathBuf),
    /// Its header is not as it was written.
    #[error("`{}` is damaged", .0.display())]
    Damaged(PathBuf),
    /// It is a proof of something else.
    #[error("`{}` is the proof of another {what}: {found}", .path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What is another.
        what: &'static str,
        /// What it is there, and here.
        found: String,
    },
}

impl ResumeError {
    pub(super) const fn help(&self) -> &'static str {
        match self {
            Self::Differs { .. } => {
                "what was explored does not hold there: start anew without `--resume`"
            }
            Self::Read(..) => "`--resume` takes a file that `--checkpoint` wrote",
            _ => "start anew without `--resume`",
        }
    }
}

impl ProofIdentity {
    /// Of an app that this program has, and of these rules.
    pub(super) fn new(app: String, settings: String, rules: &[u8]) -> io::Result<Self> {
        // It is only compared by the same program: how a library hashes is a part of that.
        let mut sum = DefaultHasher::new();
        let mut program = File::open(std::env::current_exe()?)?;
        let mut bytes = vec![0; 1 << 16];
        loop {
            let count = program.read(&mut bytes)?;
            if count == 0 {
                break;
            }
            sum.write(bytes.get(..count).unwrap_or_default());
        }
        Ok(Self {
            app,
            settings,
            rules: sum_of(rules),
            program: sum.finish(),
        })
    }

    fn header(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "app {}", self.app);
        let _ = writeln!(text, "settings {}", self.settings);
        let _ = writeln!(text, "rules {:016x}", self.rules);
        let _ = writeln!(text, "program {:016x}", self.program);
        let sum = sum_of(text.as_bytes());
        let _ = writeln!(text, "sum {sum:016x}");
        text
    }

    /// Opens a file that was kept, up to where its situations begin.
    pub(super) fn open(&self, path: &Path) -> Result<BufReader<File>, ResumeError> {
        let file = File::open(path).map_err(|error| ResumeError::Read(path.to_owned(), error))?;
        self.checked(path, BufReader::new(file))
    }

    /// What follows the header, if that is the one of this proof.
    fn checked<R: BufRead>(&self, path: &Path, mut file: R) -> Result<R, ResumeError> {
        let read_error = |error: io::Error| match error.kind() {
            ErrorKind::InvalidData => ResumeError::Damaged(path.to_owned()),
            _ => ResumeError::Read(path.to_owned(), error),
        };
        let mut header = String::new();
        let mut next = |header: &mut String| {
            let before = header.len();
            let read = file.by_ref().take(MAX_LINE).read_line(header);
            read.map_err(read_error)?;
            if !header.ends_with('\n') {
                return Err(ResumeError::Damaged(path.to_owned()));
            }
            Ok(header
                .get(before..)
                .unwrap_or_default()
                .trim_end()
                .to_owned())
        };
        match next(&mut header) {
            Ok(line) if line == FIRST_LINE => {}
            Ok(_) | Err(ResumeError::Damaged(_)) => {
                return Err(ResumeError::Other(path.to_owned()));
            }
            Err(error) => return Err(error),
        }
        let mut found = Vec::new();
        for name in ["app ", "settings ", "rules ", "program "] {
            let line = next(&mut header)?;
            let value = line.strip_prefix(name);
            let value = value.ok_or_else(|| ResumeError::Damaged(path.to_owned()))?;
            found.push(value.to_owned());
        }
        let sum = format!("sum {:016x}", sum_of(header.as_bytes()));
        if next(&mut header)? != sum {
            return Err(ResumeError::Damaged(path.to_owned()));
        }
        let here = [
            ("app", self.app.clone(), true),
            ("way to explore", self.settings.clone(), true),
            ("file of rules", format!("{:016x}", self.rules), false),
            (
                "build of the program",
                format!("{:016x}", self.program),
                false,
            ),
        ];
        for ((what, here, is_readable), there) in here.into_iter().zip(found) {
            if here == there {
                continue;
            }
            let found = match is_readable {
                true => format!("there it is `{there}`, and here `{here}`"),
                false => "it was changed since".to_owned(),
            };
            return Err(ResumeError::Differs {
                path: path.to_owned(),
                what,
                found,
            });
        }
        Ok(file)
    }
}

fn sum_of(bytes: &[u8]) -> u64 {
    let sum = Fnv1a::new();
    bytes.iter().fold(sum, |sum, byte| sum.byte(*byte)).finish()
}

/// Keeps a proof in a file.
pub(super) struct CheckpointFile {
    path: PathBuf,
    header: String,
    state: Mutex<Kept>,
}

/// When it was kept last, and what came of it.
struct Kept {
    at: Instant,
    took: Duration,
    outcome: Option<Result<(), OutputError>>,
}

impl CheckpointFile {
    pub(super) fn new(path: PathBuf, identity: &ProofIdentity) -> Self {
        Self {
            path,
            header: identity.header(),
            state: Mutex::new(Kept {
                at: Instant::now(),
                took: Duration::ZERO,
                outcome: None,
            }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What came of it when it was kept last, if it was.
    pub(super) fn outcome(self) -> Option<Result<(), OutputError>> {
        let state = self.state.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).outcome
    }
}

impl CheckpointStore for CheckpointFile {
    fn is_due(&self, _: &Progress) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.at.elapsed() >= EVERY.max(state.took * SHARE)
    }

    fn keep(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) {
        let begun = Instant::now();
        let outcome = output::write_with(&self.path, &mut |to| {
            to.write_all(self.header.as_bytes())?;
            write(to)
        });
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = Kept {
            at: Instant::now(),
            took: begun.elapsed(),
            outcome: Some(outcome),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENTS: &[u8] = b"situations";

    fn identity() -> ProofIdentity {
        ProofIdentity {
            app: "lamp 1.0.0".to_owned(),
            settings: "compact".to_owned(),
            rules: 1,
            program: 2,
        }
    }

    fn opened(identity: &ProofIdentity, bytes: &[u8]) -> Result<Vec<u8>, ResumeError> {
        let rest = identity.checked(Path::new("proof"), bytes)?;
        Ok(rest.to_vec())
    }

    #[test]
    fn a_file_is_opened_for_what_it_is_of_and_for_nothing_else() {
        let mut bytes = identity().header().into_bytes();
        let header = bytes.len();
        bytes.extend(CONTENTS);
        assert_eq!(opened(&identity(), &bytes).unwrap(), CONTENTS);

        let mut others = vec![identity(); 4];
        others[0].app = "lamp 1.0.1".to_owned();
        others[1].settings = "whole".to_owned();
        others[2].rules = 3;
        others[3].program = 4;
        let said: Vec<_> = others
            .iter()
            .map(|other| opened(other, &bytes).unwrap_err().to_string())
            .collect();
        let another = "`proof` is the proof of another";
        assert_eq!(
            said,
            [
                format!("{another} app: there it is `lamp 1.0.0`, and here `lamp 1.0.1`"),
                format!("{another} way to explore: there it is `compact`, and here `whole`"),
                format!("{another} file of rules: it was changed since"),
                format!("{another} build of the program: it was changed since"),
            ]
        );

        for at in 0..header {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let error = opened(&identity(), &damaged).unwrap_err();
            let is_first = at <= FIRST_LINE.len();
            assert_eq!(
                matches!(error, ResumeError::Other(_)),
                is_first,
                "{at}: {error}"
            );
            assert_eq!(
                matches!(error, ResumeError::Damaged(_)),
                !is_first,
                "{at}: {error}"
            );
            opened(&identity(), &bytes[..at]).unwrap_err();
        }
    }
}
