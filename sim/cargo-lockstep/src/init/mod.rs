//! `cargo lockstep init`: brings Lockstep into a crate or workspace, or makes a new one.

mod first_golden;
pub(crate) mod layout;
mod new_crate;
pub(crate) mod write;

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::project::{PROJECT_FILE, Program, Project};

use crate::inspect::{Found, InspectError, inspect};
use crate::manifest::TomlFile;
use crate::plan::{Plan, PlanError};
use crate::source::Source;
use crate::start::ProgramPackage;
use crate::{print_project_error, print_start_error};
use layout::{Layout, Placement};
use write::{Core, Request, WriteError};

/// The options of `cargo lockstep init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of a crate or workspace, or a new one [default: the current folder]
    path: Option<PathBuf>,

    /// The package of a workspace that holds the core.
    #[arg(long, value_name = "NAME")]
    package: Option<String>,

    /// A type that is played, such as `doorbell::Doorbell`; found in the sources by default.
    #[arg(long, value_name = "TYPE")]
    app: Vec<String>,

    /// Play the tasks of an Embassy firmware.
    #[arg(long, conflicts_with = "app")]
    embassy: bool,

    /// Write a workflow that plays the scenarios on every commit.
    #[arg(long, value_name = "SERVICE")]
    ci: Option<Service>,

    /// Where the crates of Lockstep come from: `registry`, `git`, `git=URL` or `path=FOLDER`.
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,

    /// Show what would be changed, as a patch, and change nothing.
    #[arg(long)]
    dry_run: bool,

    /// Do not build the project to write the first goldens.
    #[arg(long)]
    no_build: bool,
}

/// What runs workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    Github,
}

impl InitArgs {
    pub(crate) fn execute(&self, report: &Report) -> Exit {
        match self.run(report) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn run(&self, report: &Report) -> Result<Exit, Exit> {
        let given = self.source.as_deref().map(str::parse::<Source>);
        let given = given.transpose().map_err(|error| report.error(error))?;
        let start = self.path.clone().unwrap_or_else(|| PathBuf::from("."));
        if new_crate::is_new(&start) {
            let source = given.unwrap_or_else(Source::of_program);
            let (found, plan) =
                new_crate::plan(&start, &source).map_err(|error| refuse(&error, report))?;
            return self.carry_out(&found, plan, &source, report);
        }
        let found = self.inspect(&start, report)?;
        check_project_file(&found.root, report)?;
        let source = match (source_of(&found), given) {
            (Some(there), _) => there,
            (None, Some(given)) => given,
            (None, None) => Source::of_program(),
        };
        self.carry_out(&found, Plan::new(&found.root), &source, report)
    }

    fn inspect(&self, start: &Path, report: &Report) -> Result<Found, Exit> {
        let mut name = self.package.clone();
        loop {
            match inspect(start, name.as_deref()) {
                Ok(found) => return Ok(found),
                Err(InspectError::Ambiguous(names)) if self.may_ask() => {
                    name = Some(ask(
                        &format!("which package holds the core: {}?", names.join(", ")),
                        report,
                    )?);
                }
                Err(error) => {
                    let help = error.help();
                    report.print(&report.plain(&chain(&error), help.as_deref()));
                    return Err(Exit::BadInput);
                }
            }
        }
    }

    fn carry_out(
        &self,
        found: &Found,
        mut plan: Plan,
        source: &Source,
        report: &Report,
    ) -> Result<Exit, Exit> {
        let core = self.core(found, &mut plan);
        let is_embassy = core == Core::Embassy;
        let layout = Layout::of(found, is_embassy).map_err(|error| report.error(error))?;
        self.explain(found, &core, layout.placement, &mut plan);
        let request = Request {
            found,
            core,
            source,
            workflow: self.ci == Some(Service::Github) || write::is_on_github(&found.root),
        };
        request
            .plan(&mut plan, &layout)
            .map_err(|error| refuse(&error, report))?;
        if self.dry_run {
            let diff = plan.diff();
            output::write(None, diff.as_bytes()).map_err(|error| report.error(error))?;
            leave(&plan, report);
            return Ok(Exit::Held);
        }
        say(&found.lines().join("\n"));
        say(&format!("crates    from {}", source.shown()));
        if plan.changes().is_empty() {
            say("\nnothing to change: everything is there");
        } else {
            say(&format!("\n{}", summary(&plan)));
            consent(self.yes, report)?;
            plan.apply()
                .map_err(|error| refuse(&error.into(), report))?;
        }
        leave(&plan, report);
        self.finish(found, &layout, report)
    }

    /// What is played, as it was told or found.
    fn core(&self, found: &Found, plan: &mut Plan) -> Core {
        if !self.app.is_empty() {
            let named = |app: &&crate::app_scan::FoundApp| app.path.as_ref() == self.app.first();
            let known = found.package.apps.iter().find(named).cloned();
            return Core::Types(self.app.clone(), known);
        }
        let core = &found.package;
        if self.embassy {
            return Core::Embassy;
        }
        let can_play = core.runs_on_host();
        let apps = core.apps.iter().filter(|_| can_play);
        let (public, private): (Vec<_>, Vec<_>) = apps.partition(|app| app.path.is_some());
        for app in private {
            let file = app.file.strip_prefix(&found.root).unwrap_or(&app.file);
            plan.leave(
                format!(
                    "`{}` of `{}` is an app, but not public",
                    app.type_name,
                    file.display()
                ),
                format!(
                    "in `lib.rs`, make it `pub`, or `pub use …::{};`",
                    app.type_name
                ),
            );
        }
        match public.first() {
            Some(first) => {
                let types = public.iter().filter_map(|app| app_type(app));
                Core::Types(types.collect(), Some((*first).clone()))
            }
            None if core.is_embassy => Core::Embassy,
            None => Core::Starter,
        }
    }

    /// Says where a core is that was made up, and what is in the way of the one that is there.
    fn explain(&self, found: &Found, core: &Core, placement: Placement, plan: &mut Plan) {
        let package = &found.package;
        if let Some(dependency) = &package.chip_dependency
            && (!package.apps.is_empty() || !package.tasks.tasks.is_empty())
        {
            plan.leave(
                format!(
                    "`{}` depends on `{dependency}`, which does not build for the host: its own code is not played",
                    package.name
                ),
                "move what has no HAL in it into a library of its own, and run \
                 `cargo lockstep init` in that folder",
            );
        }
        let place = match (core, placement) {
            (Core::Starter, Placement::Inside) => "tests/app/mod.rs",
            (Core::Starter | Core::Embassy, _) => "lockstep/src/lib.rs",
            (Core::Types(..), _) => return,
        };
        let reason = match core {
            Core::Embassy if package.runs_on_host() && !package.tasks.tasks.is_empty() => {
                "the adapter joins the tasks that were found with ports by the names of their parameters"
            }
            Core::Embassy => {
                "no library has tasks that are generic over the traits of `embedded-hal`: one to begin with is played"
            }
            _ => {
                "no public type implements `lockstep_core::app::App`: a starter core is played instead"
            }
        };
        plan.leave(reason, format!("look at `{place}`"));
    }

    fn may_ask(&self) -> bool {
        !self.yes && somebody_is_there()
    }

    /// Builds, and writes the goldens that are not there yet.
    fn finish(&self, found: &Found, layout: &Layout, report: &Report) -> Result<Exit, Exit> {
        let root = &found.root;
        let missing = first_golden::without_golden(&root.join(layout.scenarios()));
        if self.no_build || missing.is_empty() {
            say(&next(root));
            return Ok(Exit::Held);
        }
        say("\nbuilding to write the first golden: the first time, this takes a minute or two");
        let package = ProgramPackage::new(root, &root.join(layout.folder()), Program::Simulator);
        let written = package.and_then(|package| first_golden::write(&package, &missing));
        match written.map_err(|error| print_start_error(&error, report))? {
            true => {
                say(&next(root));
                Ok(Exit::Held)
            }
            false => {
                let help = format!(
                    "once it builds and passes, `INSTA_UPDATE=always {}` writes it",
                    layout.test_command()
                );
                let message = "all files are written, but the first golden is not: see above";
                report.print(&report.plain(message, Some(&help)));
                Ok(Exit::Failed)
            }
        }
    }
}

fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// That the user agrees to what was shown: asks, unless `yes` did before.
pub(crate) fn consent(yes: bool, report: &Report) -> Result<(), Exit> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        let help = "`--yes` agrees, and `--dry-run` shows the difference";
        report.print(&report.plain(
            "writing these files needs confirmation, and standard input is not a terminal",
            Some(help),
        ));
        return Err(Exit::BadInput);
    }
    let answer = ask("write this? [Y/n]", report)?;
    match ["", "y", "yes"].contains(&answer.to_lowercase().as_str()) {
        true => Ok(()),
        false => {
            say("nothing was changed");
            Err(Exit::Held)
        }
    }
}

/// The type that a simulator is made with.
fn app_type(app: &crate::app_scan::FoundApp) -> Option<String> {
    let path = app.path.as_ref()?;
    Some(match app.kind {
        crate::app_scan::AppKind::App => path.clone(),
        crate::app_scan::AppKind::Firmware => format!("lockstep_embassy::EmbassyApp<{path}>"),
    })
}

/// A project file that is there has to be right before anything else is.
fn check_project_file(root: &Path, report: &Report) -> Result<(), Exit> {
    if !root.join(PROJECT_FILE).exists() {
        return Ok(());
    }
    match Project::read(root) {
        Ok(_) => Ok(()),
        Err(error) => Err(print_project_error(&error, report)),
    }
}

/// Where the project has its crates from already: two copies of a crate would not fit.
pub(crate) fn source_of(found: &Found) -> Option<Source> {
    let read = |folder: &Path| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        TomlFile::parse(&text).ok()
    };
    let manifest = read(&found.package.folder)?;
    for name in ["lockstep-core", "lockstep-sim"] {
        for table in ["dependencies", "dev-dependencies"] {
            let Some(dependency) = manifest.get(&[table, name]) else {
                continue;
            };
            if dependency.get("workspace").is_some() {
                let root = read(&found.root)?;
                let dependency = root.get(&["workspace", "dependencies", name])?;
                return Source::of_dependency(name, dependency, &found.root);
            }
            return Source::of_dependency(name, dependency, &found.package.folder);
        }
    }
    None
}

/// What is created and changed, a line each.
pub(crate) fn summary(plan: &Plan) -> String {
    let lines = plan.changes().iter().map(|change| {
        let (added, removed) = change.lines();
        let what = match change.before {
            None => "creates",
            Some(_) => "changes",
        };
        let removed = match removed {
            0 => String::new(),
            removed => format!(" -{removed}"),
        };
        format!("  {what}  {}  +{added}{removed}", change.path.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What the user has to do.
pub(crate) fn leave(plan: &Plan, report: &Report) {
    for by_hand in plan.by_hand() {
        report.print(&report.note(&by_hand.reason, Some(&by_hand.lines)));
    }
}

/// What can be done now, in commands that are there.
fn next(root: &Path) -> String {
    let Ok(project) = Project::read(root) else {
        return String::new();
    };
    let commands = project.commands();
    let rows = [
        (commands.sim.clone(), "opens the simulator in the terminal"),
        (
            format!("{} run {}", commands.sim, scenarios(&project)),
            "plays the scenarios",
        ),
        (commands.goldens.clone(), "holds them to their goldens"),
        (
            format!("INSTA_UPDATE=always {}", commands.goldens),
            "writes the goldens after a change that is meant",
        ),
    ];
    let width = rows
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or_default();
    let rows = rows
        .iter()
        .map(|(command, what)| format!("  {command:<width$}  {what}"));
    format!(
        "\nnext, in {}:\n{}",
        root.display(),
        rows.collect::<Vec<_>>().join("\n")
    )
}

fn scenarios(project: &Project) -> String {
    let folders = project.scenarios().unwrap_or_default();
    let first = folders
        .first()
        .and_then(|it| it.strip_prefix(project.root()).ok());
    first.map_or_else(|| "scenarios".to_owned(), |it| it.display().to_string())
}

fn ask(question: &str, report: &Report) -> Result<String, Exit> {
    let mut stderr = anstream::stderr().lock();
    let mut answer = String::new();
    let asked = write!(stderr, "{question} ").and_then(|()| stderr.flush());
    drop(stderr);
    match asked.and_then(|()| io::stdin().lock().read_line(&mut answer)) {
        Ok(0) => Err(Exit::BadInput),
        Ok(_) => Ok(answer.trim().to_owned()),
        Err(error) => Err(report.error(error)),
    }
}

/// Tells what goes on, on standard error. If it is closed, nobody listens.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn chain(error: &dyn Error) -> String {
    lockstep_engine::diagnostic::error_chain(error)
}

pub(crate) fn refuse(error: &WriteError, report: &Report) -> Exit {
    let exit = match error {
        WriteError::Plan(PlanError::Write { .. }) => Exit::Infrastructure,
        _ => Exit::BadInput,
    };
    report.print(&report.caused(error));
    exit
}
