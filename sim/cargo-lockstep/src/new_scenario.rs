//! `cargo lockstep new scenario`: a file to write sentences into.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::project::{Program, Project};

use crate::plan::Plan;
use crate::start::{ProgramPackage, StartError};
use crate::{print_start_error, templates};

/// The options of `cargo lockstep new scenario`.
#[derive(Debug, Args)]
pub(crate) struct NewScenarioArgs {
    /// What it shows, such as `ring` or `night/no-ring`: the file below the scenarios of the project.
    name: PathBuf,

    /// The app; the first of the project by default.
    #[arg(long)]
    app: Option<String>,
}

/// An app as `sim apps` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ListedApp {
    name: String,
    buttons: Vec<String>,
}

impl NewScenarioArgs {
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
        let folder = folders
            .first()
            .cloned()
            .unwrap_or_else(|| project.root().join("scenarios"));
        let output = package.run().args(["--", "apps"]).output();
        let output = output.map_err(|error| refuse(StartError::Start(error)))?;
        if !output.status.success() {
            report.print(&report.noted(
                "the simulator does not start",
                &String::from_utf8_lossy(&output.stderr),
            ));
            return Err(Exit::Failed);
        }
        let apps = listed(&String::from_utf8_lossy(&output.stdout));
        let named = |app: &&ListedApp| self.app.as_ref().is_none_or(|name| *name == app.name);
        let Some(app) = apps.iter().find(named) else {
            let names: Vec<_> = apps.iter().map(|app| format!("`{}`", app.name)).collect();
            let message = format!(
                "there is no app `{}`",
                self.app.as_deref().unwrap_or_default()
            );
            let help = format!("the project has {}", names.join(", "));
            report.print(&report.plain(&message, Some(&help)));
            return Err(Exit::BadInput);
        };
        let mut plan = Plan::new(&folder);
        let file = self.name.with_extension(SCENARIO_EXTENSION);
        let written = plan
            .create(&file, templates::scenario(&app.name, &app.buttons))
            .and_then(|existing| match existing {
                Some(_) => Ok(false),
                None => plan.apply().map(|()| true),
            });
        let path = folder.join(&file);
        match written {
            Ok(true) => {
                let text = format!("{}\n", path.display());
                output::write(None, text.as_bytes()).map_err(|error| report.error(error))?;
                let message = format!("`sim run {}` plays it", path.display());
                let help = "`cargo lockstep bless` shows its trace, and keeps it as its golden";
                report.print(&report.note(&message, Some(help)));
                Ok(Exit::Held)
            }
            Ok(false) => {
                let message = format!("`{}` already exists", path.display());
                report.print(&report.plain(&message, None));
                Err(Exit::BadInput)
            }
            Err(error) => Err(report.error(error)),
        }
    }
}

/// What `sim apps` prints: a line for each app, and its ports below it.
fn listed(text: &str) -> Vec<ListedApp> {
    let mut apps: Vec<ListedApp> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("  buttons "), apps.last_mut()) {
            (Some(buttons), Some(app)) => {
                let buttons = buttons
                    .split(',')
                    .map(str::trim)
                    .filter(|it| !it.is_empty());
                app.buttons = buttons.map(str::to_owned).collect();
            }
            (None, _) if !line.starts_with(' ') => {
                let name = line.split(' ').next().unwrap_or_default().to_owned();
                let buttons = Vec::new();
                apps.push(ListedApp { name, buttons });
            }
            _ => {}
        }
    }
    apps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_are_read_as_they_are_listed() {
        let text = "lamp 1.0.0 (build x)\n  buttons  A, B\n  outputs  lamp\nbeat 2.0 (build y)\n  buttons  \n";
        let app = |name: &str, buttons: &[&str]| ListedApp {
            name: name.to_owned(),
            buttons: buttons.iter().map(|it| (*it).to_owned()).collect(),
        };
        assert_eq!(listed(text), [app("lamp", &["A", "B"]), app("beat", &[])]);
    }
}
