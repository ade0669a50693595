//! The project that a part is added to.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::Project;

use crate::app_scan::{AppKind, FoundApp};
use crate::init::source_of;
use crate::inspect::{Found, inspect};
use crate::print_project_error;
use crate::source::Source;

/// The options of every command that adds a part to a project.
#[derive(Debug, Args)]
pub(crate) struct AdditionArgs {
    /// The package of a workspace that holds the core.
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// Where the crates of Lockstep come from: `registry`, `git`, `git=URL` or `path=FOLDER`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Show what would be changed, as a patch, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A project that `init` has set up, as it is.
pub(crate) struct ExistingProject {
    pub(crate) project: Project,
    /// Its root, as an absolute path.
    pub(crate) root: PathBuf,
    pub(crate) found: Found,
    /// Where its crates of Lockstep come from, or would.
    pub(crate) source: Source,
}

impl ExistingProject {
    /// The project around the current folder. What is in the way is printed.
    pub(crate) fn find(options: &AdditionArgs, report: &Report) -> Result<Self, Exit> {
        let project =
            Project::find(Path::new("")).map_err(|error| print_project_error(&error, report))?;
        let start = match project.root().as_os_str().is_empty() {
            true => Path::new("."),
            false => project.root(),
        };
        let found = inspect(start, options.package.as_deref()).map_err(|error| {
            report.print(&report.plain(&error_chain(&error), error.help().as_deref()));
            Exit::BadInput
        })?;
        let given = options.source.as_deref().map(str::parse::<Source>);
        let given = given.transpose().map_err(|error| report.error(error))?;
        let source = source_of(&found).or(given);
        let source = source.unwrap_or_else(Source::of_program);
        let root = start.canonicalize().map_err(|error| report.error(error))?;
        Ok(Self {
            project,
            root,
            found,
            source,
        })
    }
}

/// The apps that a board can run, at least one. That there is none is printed.
pub(crate) fn playable_apps<'f>(
    found: &'f Found,
    report: &Report,
) -> Result<Vec<&'f FoundApp>, Exit> {
    let is_core = |app: &&FoundApp| app.kind == AppKind::App && app.path.is_some();
    let apps: Vec<_> = found.package.apps.iter().filter(is_core).collect();
    if apps.is_empty() {
        let message = format!(
            "no public type of `{}` implements `lockstep_core::app::App`: there is nothing that a board \
             could run",
            found.package.name
        );
        let help = "`--package NAME` says which package of a workspace holds the core";
        report.print(&report.plain(&message, Some(help)));
        return Err(Exit::BadInput);
    }
    Ok(apps)
}

/// The path of the type of an app that can be played.
pub(crate) fn type_of(app: &FoundApp) -> String {
    app.path.clone().unwrap_or_default()
}
