//! Where the process is: the boards above or below its folder, and the tools it was told of.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_pins::PinMap;

use lockstep_hil::bench::BENCHES;
use lockstep_hil::bench::lock;
use lockstep_hil::bench::overrides::{OverrideError, Overrides};
use lockstep_images::images::board::{self, BOARDS, Board, BoardError};
use lockstep_images::images::build::{self, BuildError, Image, Profile};
use lockstep_images::toolchain::Environment;

/// The boards that people can choose.
#[derive(Debug, Args)]
pub(super) struct Boards {
    /// A board by its name; all of them where none is named.
    board: Option<String>,

    /// The workspace of the boards.
    #[arg(long, value_name = "FOLDER")]
    boards: Option<PathBuf>,
}

impl Boards {
    /// The workspace: the one that was named, or that of the repository around this folder.
    pub(super) fn workspace(&self) -> PathBuf {
        if let Some(boards) = &self.boards {
            return boards.clone();
        }
        let here = env::current_dir().unwrap_or_default();
        let around = here.ancestors().map(|folder| folder.join(BOARDS));
        let mut found = around.filter(|folder| folder.is_dir());
        found.next().unwrap_or_else(|| BOARDS.into())
    }

    /// The boards, or how the process ends without them.
    pub(super) fn select(&self, report: &Report) -> Result<Vec<Board>, Exit> {
        board::select(&self.workspace(), self.board.as_deref()).map_err(|error| {
            let help = help_for_boards(&error);
            report.print(&report.plain(&error.to_string(), help));
            Exit::BadInput
        })
    }

    /// The same, but no boards where there is no workspace of them and none was asked for.
    pub(super) fn select_any(&self, report: &Report) -> Result<Vec<Board>, Exit> {
        let asked = self.board.is_some() || self.boards.is_some();
        match board::select(&self.workspace(), None) {
            Err(error) if !asked && !is_about_a_board(&error) => {
                let message = "there is no board here: what its target needs is not shown";
                report.print(&report.note(message, Some(WHERE_BOARDS_ARE)));
                Ok(Vec::new())
            }
            _ => self.select(report),
        }
    }

    /// The images of a board, or how the process ends without them.
    pub(super) fn build(
        &self,
        environment: &Environment,
        board: &Board,
        profile: Profile,
        report: &Report,
    ) -> Result<Vec<Image>, Exit> {
        check_pins(board, report)?;
        build::build(environment, &self.workspace(), board, profile)
            .map_err(|error| refuse(&error, report))
    }
}

/// A pin map that is wrong is bad input, and not a build that failed.
fn check_pins(board: &Board, report: &Report) -> Result<(), Exit> {
    if !board.folder.join(lockstep_pins::FILE).exists() {
        return Ok(());
    }
    match PinMap::read(&board.folder) {
        Ok(_) => Ok(()),
        Err(error) => Err(report.error(error)),
    }
}

const WHERE_BOARDS_ARE: &str = "run it inside the repository; `build`, `size` and `doctor` take the workspace of the boards with \
     --boards";

/// What can be done where boards are not found.
pub(super) fn help_for_boards(error: &BoardError) -> Option<&'static str> {
    (!is_about_a_board(error)).then_some(WHERE_BOARDS_ARE)
}

/// Whether there is a workspace of boards, and something in it is wrong.
fn is_about_a_board(error: &BoardError) -> bool {
    !matches!(error, BoardError::Io { .. } | BoardError::None(_))
}

/// Tells why there is no image.
pub(super) fn refuse(error: &BuildError, report: &Report) -> Exit {
    let help = match error {
        BuildError::Missing(_) => Some("`hil doctor` shows everything that is needed"),
        BuildError::NotBegun(_) => Some(
            "a board that is new to the lock file: `cargo update --workspace` in the workspace \
             of the boards; the package is named like the folder of the board",
        ),
        _ => None,
    };
    report.print(&report.plain(&error.to_string(), help));
    match error {
        BuildError::Failed(_) => Exit::Failed,
        BuildError::None(_) => Exit::BadInput,
        BuildError::Interrupted => Exit::Interrupted,
        _ => Exit::Infrastructure,
    }
}

/// What the environment says.
pub(super) fn environment() -> Environment {
    let home = || Some(env::home_dir()?.join(".cargo"));
    Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        cargo_home: env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home),
        wrapper: env::current_exe().ok(),
        variables: env::vars_os().map(|(name, _)| name).collect(),
        colour: match anstream::ColorChoice::global() {
            anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => Some("always"),
            anstream::ColorChoice::Never => Some("never"),
            anstream::ColorChoice::Auto => None,
        },
        interrupted: Arc::default(),
    }
}

/// The repository around this folder, as a path from here; this folder where there is none.
pub(super) fn repository() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let depth = here
        .ancestors()
        .position(|folder| folder.join(BOARDS).is_dir());
    (0..depth.unwrap_or_default()).map(|_| "..").collect()
}

/// The folders of benches: the repository's and the user's.
pub(super) fn benches(repository: &Path) -> Vec<PathBuf> {
    let told = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let told = told.filter(|folder| folder.is_absolute());
    let config = told.or_else(|| Some(env::home_dir()?.join(".config")));
    let of_user = config.map(|config| config.join("lockstep/benches"));
    [repository.join(BENCHES)]
        .into_iter()
        .chain(of_user)
        .collect()
}

/// What the environment says of probes.
pub(super) fn overrides() -> Result<Overrides, OverrideError> {
    Overrides::read(|variable| env::var_os(variable))
}

/// The folder of locks on probes.
pub(super) fn locks() -> PathBuf {
    let told = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    lock::folder(told, &env::temp_dir())
}

/// Whether this is a step of GitHub Actions.
pub(super) fn on_github() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|told| told == "true")
}

/// Adds to the summary of the step, where there is one.
pub(super) fn add_to_summary(markdown: &str) -> io::Result<()> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(markdown.as_bytes())
}

/// The benches that must be there: one that is not is then no reason to skip.
pub(super) fn required() -> Vec<String> {
    let named = env::var("LOCKSTEP_REQUIRE").unwrap_or_default();
    let names = named.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
