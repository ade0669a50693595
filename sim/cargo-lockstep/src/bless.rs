//! `cargo lockstep bless`: shows how traces differ from their goldens, and writes the goldens.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::files;
use lockstep_engine::golden::GOLDEN_EXTENSION;
use lockstep_engine::project::{Program, Project};
use similar::TextDiff;

use crate::print_start_error;
use crate::start::{ProgramPackage, StartError};

/// What insta puts beside a golden that differs.
const NEW: &str = "new";

/// The options of `cargo lockstep bless`.
#[derive(Debug, Args)]
pub(crate) struct BlessArgs {
    /// Scenarios, by parts of their names; all by default.
    names: Vec<String>,

    /// Write the goldens without asking.
    #[arg(long, short)]
    yes: bool,
}

impl BlessArgs {
    pub(crate) fn execute(&self, report: &Report) -> Exit {
        match self.run(report) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn run(&self, report: &Report) -> Result<Exit, Exit> {
        let refuse = |error: StartError| print_start_error(&error, report);
        let project = Project::find(Path::new("")).map_err(|error| refuse(error.into()))?;
        let package = ProgramPackage::find(&project, Program::Simulator).map_err(refuse)?;
        let folders = project.scenarios().map_err(|error| refuse(error.into()))?;
        remove(&proposed(&folders));
        let mut play = self.test(&package, "new");
        // What it prints is shown as one difference each, below.
        let played = play
            .output()
            .map_err(|error| refuse(StartError::Start(error)))?;
        let proposed = proposed(&folders);
        if proposed.is_empty() {
            if played.status.success() {
                say("every trace is that of its golden");
                return Ok(Exit::Held);
            }
            for text in [&played.stdout, &played.stderr] {
                say(&String::from_utf8_lossy(text));
            }
            let help = "a scenario with an expectation that does not hold has no trace to keep";
            report.print(&report.plain("the scenarios do not play: see above", Some(help)));
            return Err(Exit::Failed);
        }
        let shown: Vec<_> = proposed.iter().map(|new| difference(new)).collect();
        remove(&proposed);
        output::write(None, shown.join("\n").as_bytes()).map_err(|error| report.error(error))?;
        if !self.agrees(proposed.len(), report)? {
            say("no golden was written");
            return Ok(Exit::Failed);
        }
        let mut write = self.test(&package, "always");
        let written = write
            .output()
            .map_err(|error| refuse(StartError::Start(error)))?;
        match written.status.success() {
            true => {
                say(&format!("{} written", counted(proposed.len())));
                Ok(Exit::Held)
            }
            false => {
                say(&String::from_utf8_lossy(&written.stdout));
                Err(Exit::Failed)
            }
        }
    }

    fn test(&self, package: &ProgramPackage, update: &str) -> std::process::Command {
        let mut command = package.test();
        command
            .arg("--")
            .args(&self.names)
            .env("INSTA_UPDATE", update);
        command
    }

    fn agrees(&self, count: usize, report: &Report) -> Result<bool, Exit> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let help = "`cargo lockstep bless --yes` writes them";
            report.print(&report.plain(
                "writing goldens needs confirmation, and standard input is not a terminal",
                Some(help),
            ));
            return Err(Exit::Failed);
        }
        let mut stderr = anstream::stderr();
        let _ = write!(stderr, "write {}? [y/N] ", counted(count)).and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        read.map_err(|error| report.error(error))?;
        Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
    }
}

/// The goldens as they would be, each beside the one that there is.
fn proposed(folders: &[PathBuf]) -> Vec<PathBuf> {
    let all = folders
        .iter()
        .flat_map(|folder| files::below(folder, NEW).unwrap_or_default());
    all.filter(|path| {
        path.with_extension("")
            .extension()
            .is_some_and(|it| it == GOLDEN_EXTENSION)
    })
    .collect()
}

fn remove(proposed: &[PathBuf]) {
    for path in proposed {
        // One that cannot be removed is shown again the next time.
        let _ = fs::remove_file(path);
    }
}

/// How the trace of a golden changes.
fn difference(new: &Path) -> String {
    let golden = new.with_extension("");
    let trace = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let (_, trace) = text.rsplit_once("---\n").unwrap_or(("", &text));
        trace.to_owned()
    };
    let (before, after) = (trace(&golden), trace(new));
    let name = golden.display().to_string();
    let old = match golden.exists() {
        true => name.as_str(),
        false => "/dev/null",
    };
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().header(old, &name).to_string()
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 golden".to_owned(),
        count => format!("{count} goldens"),
    }
}

fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
