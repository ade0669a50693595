//! `cargo lockstep doctor`: what a project has and lacks, and the command that adds it.

use std::path::Path;
use std::process::Command;

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::files;
use lockstep_engine::golden::{GOLDEN_EXTENSION, SCENARIO_EXTENSION};
use lockstep_engine::project::{Program, Project, ProjectError};

use crate::cargo::Cargo;
use crate::cargo_config;
use crate::init::layout::PASS_THROUGH;
use crate::manifest::TomlFile;
use crate::{print_project_error, udev};

/// The options of `cargo lockstep doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print the udev rules that open the probes of this project, and change nothing.
    #[arg(long)]
    udev_rules: bool,
}

/// Something that is looked for.
struct Row {
    name: String,
    found: Result<String, String>,
    /// The command that adds it.
    command: Option<String>,
}

impl Row {
    fn new(name: &str, found: Result<String, String>, command: &str) -> Self {
        let command = found.is_err().then(|| command.to_owned());
        Self {
            name: name.to_owned(),
            found,
            command,
        }
    }
}

impl DoctorArgs {
    pub(crate) fn execute(&self, report: &Report) -> Exit {
        let project = match Project::find(Path::new("")) {
            Ok(project) => Some(project),
            Err(ProjectError::NotFound { .. }) => None,
            Err(error) => return print_project_error(&error, report),
        };
        if self.udev_rules {
            let vendors = project.as_ref().map(udev::vendors).unwrap_or_default();
            return match output::write(None, udev::rules(&vendors).as_bytes()) {
                Ok(()) => Exit::Held,
                Err(error) => report.error(error),
            };
        }
        let mut rows = vec![rust()];
        match &project {
            Some(project) => rows.extend(of_project(project)),
            None => rows.push(Row::new(
                "project",
                Err("no `lockstep.toml` here or above".to_owned()),
                "cargo lockstep init",
            )),
        }
        self.print(&rows, report)
    }

    fn print(&self, rows: &[Row], report: &Report) -> Exit {
        let width = rows
            .iter()
            .map(|row| row.name.len())
            .max()
            .unwrap_or_default();
        let lines = rows.iter().map(|row| {
            let (mark, what) = match &row.found {
                Ok(what) => ("ok     ", what),
                Err(what) => ("missing", what),
            };
            format!("{mark}  {:<width$}  {what}\n", row.name)
        });
        if let Err(error) = output::write(None, lines.collect::<String>().as_bytes()) {
            return report.error(error);
        }
        let commands: Vec<_> = rows.iter().filter_map(|row| row.command.as_ref()).collect();
        if commands.is_empty() {
            return Exit::Held;
        }
        let message = format!("{} of the requirements are missing", commands.len());
        let commands: Vec<_> = commands.iter().map(|it| format!("`{it}`")).collect();
        report.print(&report.plain(&message, Some(&format!("run {}", commands.join(", then ")))));
        Exit::Infrastructure
    }
}

fn rust() -> Row {
    let found = match Cargo::in_folder(Path::new(".")).version() {
        Ok(version) if crate::cargo::is_recent(&version) => Ok(version),
        Ok(version) => Err(format!(
            "{version} is too old: {} or newer is needed",
            env!("CARGO_PKG_RUST_VERSION")
        )),
        Err(error) => Err(error.to_string()),
    };
    Row::new("cargo", found, "rustup update stable")
}

fn of_project(project: &Project) -> Vec<Row> {
    let mut rows = vec![Row::new("project", Ok(project.file().to_owned()), "")];
    let simulator = match project.program(Program::Simulator) {
        Ok(Some(folder)) => Ok(format!("in `{}`", folder.display())),
        Ok(None) => Err("no `sim` below `[programs]`".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    rows.push(Row::new("simulator", simulator, "cargo lockstep init"));
    rows.extend(alias(project));
    rows.push(goldens(project));
    if let Ok(Some(folder)) = project.program(Program::HardwareSuite) {
        let what = format!(
            "in `{}`; `{PASS_THROUGH} hil doctor` looks at its tools",
            folder.display()
        );
        rows.push(Row::new("hardware suite", Ok(what), ""));
    }
    let vendors = udev::vendors(project);
    if cfg!(target_os = "linux") && !vendors.is_empty() {
        let missing = udev::without_rule(&vendors);
        let found = match missing.is_empty() {
            true => Ok("a udev rule for each vendor".to_owned()),
            false => Err(format!("no udev rule for {}", missing.join(", "))),
        };
        let command = format!(
            "{PASS_THROUGH} doctor --udev-rules | sudo tee {} && sudo udevadm control --reload && sudo udevadm trigger",
            udev::RULES_FILE
        );
        rows.push(Row::new("probes", found, &command));
    }
    rows
}

/// The command that messages name has to be there.
fn alias(project: &Project) -> Option<Row> {
    let command = &project.commands().sim;
    let name = command.strip_prefix("cargo ")?;
    if command.starts_with(PASS_THROUGH) {
        let is_there = Command::new("cargo-lockstep")
            .arg("--version")
            .output()
            .is_ok();
        let found = match is_there {
            true => Ok(format!("`{command}`")),
            false => Err("`cargo-lockstep` is not in PATH".to_owned()),
        };
        return Some(Row::new("command", found, "cargo install cargo-lockstep"));
    }
    if name.contains(' ') {
        return None;
    }
    let text = std::fs::read_to_string(cargo_config::path(project.root())).unwrap_or_default();
    let config = TomlFile::parse(&text).ok();
    let is_there = config.is_some_and(|it| it.get(&["alias", name]).is_some());
    let found = match is_there {
        true => Ok(format!("`{command}`")),
        false => Err(format!("no alias `{name}` in `.cargo/config.toml`")),
    };
    Some(Row::new("command", found, "cargo lockstep init"))
}

fn goldens(project: &Project) -> Row {
    let folders = project.scenarios().unwrap_or_default();
    let scenarios = folders
        .iter()
        .flat_map(|folder| files::below(folder, SCENARIO_EXTENSION).unwrap_or_default());
    let scenarios: Vec<_> = scenarios.collect();
    let has_golden = |path: &&std::path::PathBuf| path.with_extension(GOLDEN_EXTENSION).exists();
    let with = scenarios.iter().filter(has_golden).count();
    let what = format!("{with} of {} scenarios have one", scenarios.len());
    let found = match with == scenarios.len() && with > 0 {
        true => Ok(what),
        false => Err(what),
    };
    let command = match scenarios.is_empty() {
        true => format!("{PASS_THROUGH} new scenario NAME"),
        false => format!("{PASS_THROUGH} bless"),
    };
    Row::new("goldens", found, &command)
}
