//! The environment of the process: the project around its folder, its tools and its settings.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::{Project, ProjectError};
use lockstep_pins::PinMap;

use lockstep_hil::bench::lock::{self, LockHolder};
use lockstep_hil::bench::overrides::{OverrideError, Overrides};
use lockstep_hil::bench::required::{REQUIRE, RequiredBenches};
use lockstep_images::board::{self, Board, BoardError};
use lockstep_images::build::{self, BuildError, Image, Profile};
use lockstep_images::toolchain::Environment;

/// The boards that a command is for.
#[derive(Debug, Args)]
pub(super) struct BoardSelection {
    /// A board by its name [default: all boards]
    board: Option<String>,

    /// The folder that holds the boards, instead of those that the project lists.
    #[arg(long, value_name = "FOLDER")]
    boards: Option<PathBuf>,
}

impl BoardSelection {
    /// The folders that hold boards, and the root of the project they are in.
    fn find(&self) -> Result<(Vec<PathBuf>, PathBuf), ProjectError> {
        let Some(folder) = &self.boards else {
            let project = project()?;
            return Ok((project.boards()?, project.root().to_owned()));
        };
        let root = match Project::find(folder) {
            Ok(project) => project.root().to_owned(),
            Err(ProjectError::NotFound { .. }) => folder.clone(),
            Err(error) => return Err(error),
        };
        Ok((vec![folder.clone()], root))
    }

    /// The selected boards.
    pub(super) fn select(&self, report: &Report) -> Result<Vec<Board>, Exit> {
        let (folders, _) = self
            .find()
            .map_err(|error| report_project_error(&error, report))?;
        board::select(&folders, self.board.as_deref())
            .map_err(|error| report_board_error(&error, report))
    }

    /// The selected boards; none outside a project if none was selected.
    pub(super) fn select_any(&self, report: &Report) -> Result<Vec<Board>, Exit> {
        let is_selected = self.board.is_some() || self.boards.is_some();
        match self.find() {
            Err(error @ ProjectError::NotFound { .. }) if !is_selected => {
                let message = format!("{error}: the Rust targets of boards are not checked");
                report.print(&report.note(&message, error.help()));
                Ok(Vec::new())
            }
            _ => self.select(report),
        }
    }

    /// Builds the images of a board.
    pub(super) fn build(
        &self,
        environment: &Environment,
        board: &Board,
        profile: Profile,
        report: &Report,
    ) -> Result<Vec<Image>, Exit> {
        check_pins(board, report)?;
        let (_, root) = self
            .find()
            .map_err(|error| report_project_error(&error, report))?;
        build::build(environment, &root, board, profile)
            .map_err(|error| report_build_error(&error, report))
    }
}

/// The project around the current folder; its paths are relative to that.
pub(super) fn project() -> Result<Project, ProjectError> {
    Project::find(Path::new(""))
}

/// Prints why a project cannot be used.
pub(super) fn report_project_error(error: &ProjectError, report: &Report) -> Exit {
    report.print(&match error {
        ProjectError::Malformed { text, diagnostics } => report.diagnostics(text, diagnostics),
        _ => report.plain(&error_chain(error), error.help()),
    });
    Exit::BadInput
}

/// Prints why boards cannot be used.
pub(super) fn report_board_error(error: &BoardError, report: &Report) -> Exit {
    let help = match error {
        BoardError::Io { .. } | BoardError::NoBoards(_) => {
            Some("`boards` in `lockstep.toml` lists the folders that hold a folder for each board")
        }
        _ => None,
    };
    report.print(&report.plain(&error_chain(error), help));
    Exit::BadInput
}

/// The boards of a project that are finished; of each other one it is said that it is left out.
pub(super) fn finished_boards(project: &Project, report: &Report) -> Result<Vec<Board>, Exit> {
    let folders = project
        .boards()
        .map_err(|error| report_project_error(&error, report))?;
    let set =
        board::finished_boards(&folders).map_err(|error| report_board_error(&error, report))?;
    for board in set.unfinished {
        let name = board.name();
        let message = format!("the board `{name}` is left out: it is not finished");
        let help = format!("`hil build {name}` lists what is left to fill in");
        report.print(&report.note(&message, Some(&help)));
    }
    Ok(set.boards)
}

/// A broken pin map is bad input, not a failed build.
fn check_pins(board: &Board, report: &Report) -> Result<(), Exit> {
    if !board.folder.join(lockstep_pins::FILE).exists() {
        return Ok(());
    }
    match PinMap::read(&board.folder) {
        Ok(_) => Ok(()),
        Err(error) => Err(report.error(error)),
    }
}

/// Prints why there is no image.
pub(super) fn report_build_error(error: &BuildError, report: &Report) -> Exit {
    let help = match error {
        BuildError::MissingTools(_) => Some("`hil doctor` shows everything that is needed"),
        BuildError::NotStarted(_) => Some(
            "for a board that is not in the lock file yet, run `cargo update --workspace` in its \
             workspace; the package has the name of the board's folder",
        ),
        _ => None,
    };
    report.print(&report.plain(&error_chain(error), help));
    match error {
        BuildError::Compile(_) => Exit::Failed,
        BuildError::NoImage(_) => Exit::BadInput,
        BuildError::Interrupted => Exit::Interrupted,
        _ => Exit::Infrastructure,
    }
}

/// Where tools are found, and what changes what they do.
pub(super) fn toolchain() -> Environment {
    let home = || Some(env::home_dir()?.join(".cargo"));
    Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        cargo_home: env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home),
        wrapper: env::current_exe().ok(),
        variables: env::vars_os().map(|(name, _)| name).collect(),
        color: match anstream::ColorChoice::global() {
            anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => Some("always"),
            anstream::ColorChoice::Never => Some("never"),
            anstream::ColorChoice::Auto => None,
        },
        ..Environment::default()
    }
}

/// The folders of bench files: the project's and the user's.
pub(super) fn bench_folders(project: &Project) -> Result<Vec<PathBuf>, ProjectError> {
    let configured = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let configured = configured.filter(|folder| folder.is_absolute());
    let config = configured.or_else(|| Some(env::home_dir()?.join(".config")));
    let of_user = config.map(|config| config.join("lockstep/benches"));
    Ok(project.benches()?.into_iter().chain(of_user).collect())
}

/// The settings of probes in environment variables.
pub(super) fn overrides() -> Result<Overrides, OverrideError> {
    Overrides::read(|variable| env::var_os(variable))
}

/// The folder of probe locks.
pub(super) fn lock_folder() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    lock::folder(runtime, &env::temp_dir())
}

/// This process, as the holder of a probe lock.
pub(super) fn lock_holder() -> LockHolder {
    let command: Vec<_> = env::args().collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    LockHolder {
        pid: std::process::id(),
        command: command.join(" "),
        since: now.unwrap_or_default().as_secs(),
    }
}

/// Whether the process runs in GitHub Actions.
pub(super) fn on_github() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Appends to the step summary of GitHub Actions, if there is one.
pub(super) fn add_to_summary(markdown: &str) -> io::Result<()> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(markdown.as_bytes())
}

/// The benches that must be present, as `LOCKSTEP_REQUIRE` names them: an absent one is then a
/// failure, not a reason to skip.
pub(super) fn required_benches() -> RequiredBenches {
    RequiredBenches::parse(env::var_os(REQUIRE))
}
