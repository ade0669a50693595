//! The plan of `init`: every file that comes to be, and every line that is added.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::project::{PROJECT_FILE, Project};
use thiserror::Error;
use toml_edit::{TomlError, Value};

use super::layout::{BESIDE, Layout, PASS_THROUGH, Placement, TEST};
use crate::app_scan::{AppKind, FoundApp};
use crate::cargo::CargoError;
use crate::cargo_config;
use crate::embassy::{self, Adapter};
use crate::inspect::Found;
use crate::manifest::TomlFile;
use crate::plan::{Change, Plan, PlanError};
use crate::source::{Source, SourceError, relative};
use crate::templates;
use crate::workflow::{self, Suite};

/// A project cannot be planned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum WriteError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A crate cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Cargo does not answer.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// A file is not TOML.
    #[error("`{}` is not TOML", .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: TomlError,
    },
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Core {
    /// Types by their paths, with what is known of the first.
    Types(Vec<String>, Option<FoundApp>),
    /// A core that is made for the project.
    Starter,
    /// The tasks of an Embassy firmware, or tasks that are made for the project.
    Embassy,
}

/// What `init` was told, and what it found.
pub(crate) struct Request<'r> {
    pub(crate) found: &'r Found,
    pub(crate) core: Core,
    pub(crate) source: &'r Source,
    pub(crate) workflow: bool,
}

impl Request<'_> {
    /// Adds everything to the plan. Gives how the project is laid out.
    pub(crate) fn plan(&self, plan: &mut Plan, layout: &Layout) -> Result<(), WriteError> {
        let command = self.alias(plan, layout)?;
        let apps = self.apps();
        let (types, module) = match (&self.core, layout.placement) {
            (Core::Starter, Placement::Inside) => (vec!["app::Starter".to_owned()], true),
            (Core::Starter, Placement::Beside) => {
                (vec![format!("{}::Starter", self.code_name())], false)
            }
            (Core::Embassy, _) => (vec![format!("{}::Played", self.code_name())], false),
            (Core::Types(..), _) => (apps, false),
        };
        let apps: Vec<_> = types
            .iter()
            .map(|it| format!("lockstep_sim::app!({it})"))
            .collect();
        let apps = apps.join(", ");
        let (in_test, in_example) = match module {
            true => (
                "\nmod app;\n",
                "\n#[path = \"../tests/app/mod.rs\"]\nmod app;\n",
            ),
            false => ("", ""),
        };
        let simulator = templates::simulator(&self.found.package.name, &command, &apps, in_example);
        self.file(
            plan,
            &layout.simulator(),
            &simulator,
            "lockstep_sim::cli::main",
        )?;
        let test = templates::golden_test(&layout.test_command(), &apps, in_test);
        let path = layout.package.join("tests").join(TEST).with_extension("rs");
        self.file(plan, &path, &test, "lockstep_sim::goldens::test")?;
        let adapter = self.adapter();
        match layout.placement {
            Placement::Inside => self.inside(plan, layout, module)?,
            Placement::Beside => self.beside(plan, layout, adapter.as_ref())?,
        }
        self.scenario(plan, layout, adapter.as_ref())?;
        self.project_file(plan, layout, &command)?;
        self.ignore(plan, layout)?;
        if self.workflow {
            self.workflow(plan, layout)?;
        }
        Ok(())
    }

    fn apps(&self) -> Vec<String> {
        match &self.core {
            Core::Types(types, _) => types.clone(),
            _ => Vec::new(),
        }
    }

    fn adapter(&self) -> Option<Adapter> {
        let core = &self.found.package;
        let app = app_name(&core.name);
        let can_join = core.runs_on_host() && !core.tasks.tasks.is_empty();
        match (&self.core, can_join) {
            (Core::Embassy, true) => Some(embassy::adapter(&app, &core.tasks)),
            (Core::Embassy, false) => Some(embassy::starter(&app)),
            _ => None,
        }
    }

    /// The package beside the firmware: its name, and its name in code.
    fn beside_name(&self) -> String {
        format!("{}-{BESIDE}", self.found.package.name)
    }

    fn code_name(&self) -> String {
        self.beside_name().replace('-', "_")
    }

    /// A file of its own. One that exists and does something else is left, and the user told.
    fn file(&self, plan: &mut Plan, path: &Path, text: &str, mark: &str) -> Result<(), WriteError> {
        let existing = plan.create(path, formatted(text))?;
        if existing.is_some_and(|existing| !existing.contains(mark)) {
            let reason = format!("`{}` exists and does something else", path.display());
            plan.leave(reason, format!("in a file of another name:\n{text}"));
        }
        Ok(())
    }

    /// Dependencies and the test target in the manifest of the core.
    fn inside(&self, plan: &mut Plan, layout: &Layout, has_module: bool) -> Result<(), WriteError> {
        if has_module {
            let app = app_name(&self.found.package.name);
            let core = "lockstep_sim::core";
            let starter = templates::starter(templates::STARTER_HEAD, core, "Starter", &app);
            plan.create(layout.package.join("tests/app/mod.rs"), formatted(&starter))?;
        }
        let path = layout.package.join("Cargo.toml");
        let mut manifest = toml(plan, &path)?;
        let folder = &self.found.package.folder;
        if !has_module {
            self.depend_on_contract(&mut manifest, folder)?;
        }
        if !manifest.has_dependency("dependencies", "lockstep-sim") {
            let simulator = self.source.dependency("lockstep-sim", folder)?;
            manifest.add("dev-dependencies", "lockstep-sim", simulator);
        }
        manifest.add_test(TEST);
        plan.set(path, manifest.text())?;
        Ok(())
    }

    fn depend_on_contract(&self, manifest: &mut TomlFile, folder: &Path) -> Result<(), WriteError> {
        let contract = self.source.dependency("lockstep-core", folder)?;
        manifest.add("dependencies", "lockstep-core", contract);
        Ok(())
    }

    /// The package beside the firmware.
    fn beside(
        &self,
        plan: &mut Plan,
        layout: &Layout,
        adapter: Option<&Adapter>,
    ) -> Result<(), WriteError> {
        let core = &self.found.package;
        let folder = plan.root().join(&layout.package);
        let mut dependencies: Vec<(&str, Value)> = Vec::new();
        let uses_core = match &self.core {
            Core::Types(..) => true,
            Core::Embassy => core.runs_on_host() && !core.tasks.tasks.is_empty(),
            Core::Starter => false,
        };
        if uses_core {
            let path = relative(&core.folder, plan.root());
            let path = match path == core.folder {
                true => path,
                false => Path::new("..").join(path),
            };
            let text = path.display().to_string();
            let text = text.trim_end_matches('/').to_owned();
            dependencies.push((&core.name, inline_path(&text)));
        }
        let is_embassy = matches!(&self.core, Core::Embassy)
            || matches!(&self.core, Core::Types(_, Some(app)) if app.kind == AppKind::Firmware);
        if is_embassy {
            dependencies.push((
                "lockstep-embassy",
                self.source.dependency("lockstep-embassy", &folder)?,
            ));
        }
        if matches!(&self.core, Core::Embassy) && !uses_core {
            dependencies.push(("embedded-hal", "1.0".into()));
            dependencies.push(("embedded-hal-async", "1.0".into()));
        }
        dependencies.push((
            "lockstep-sim",
            self.source.dependency("lockstep-sim", &folder)?,
        ));
        dependencies.sort_by_key(|(name, _)| *name);
        let lines = dependencies
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"));
        let lines: String = lines.collect();
        let text = templates::package_beside(&core.name, &self.beside_name(), &lines);
        plan.create(layout.package.join("Cargo.toml"), text)?;
        let library = layout.package.join("src/lib.rs");
        match (&self.core, adapter) {
            (Core::Starter, _) => {
                let app = app_name(&core.name);
                let head = templates::STARTER_HEAD;
                let text = templates::starter(head, "lockstep_sim::core", "Starter", &app);
                plan.create(library, formatted(&text))?;
            }
            (_, Some(adapter)) => {
                plan.create(library, formatted(&adapter.text))?;
            }
            _ => {}
        }
        if let Core::Types(_, Some(app)) = &self.core
            && app.kind == AppKind::App
        {
            let path = relative(&core.folder, plan.root()).join("Cargo.toml");
            let path = path.strip_prefix(plan.root()).unwrap_or(&path).to_owned();
            let mut manifest = toml(plan, &path)?;
            self.depend_on_contract(&mut manifest, &core.folder)?;
            plan.set(path, manifest.text())?;
        }
        if self.found.has_workspace {
            let mut manifest = toml(plan, Path::new("Cargo.toml"))?;
            manifest.add_to_list("workspace", "exclude", BESIDE);
            plan.set("Cargo.toml", manifest.text())?;
        }
        Ok(())
    }

    /// The alias `sim`. Gives the command that starts the simulator.
    fn alias(&self, plan: &mut Plan, layout: &Layout) -> Result<String, WriteError> {
        let pass_through = format!("{PASS_THROUGH} sim");
        let Some(alias) = layout.alias() else {
            return Ok(pass_through);
        };
        let path = cargo_config::path(plan.root());
        let path = path.strip_prefix(plan.root()).unwrap_or(&path).to_owned();
        let mut config = toml(plan, &path)?;
        match config.get(&["alias", "sim"]) {
            Some(existing) if existing.as_str() == Some(&alias) => {}
            Some(_) => return Ok(pass_through),
            None => {
                config.add("alias", "sim", alias.into());
                plan.set(path, config.text())?;
            }
        }
        Ok("cargo sim".to_owned())
    }

    /// One scenario, unless there are some.
    fn scenario(
        &self,
        plan: &mut Plan,
        layout: &Layout,
        adapter: Option<&Adapter>,
    ) -> Result<(), WriteError> {
        let folder = plan.root().join(layout.scenarios());
        let is_planned = |change: &Change| change.path.starts_with(layout.scenarios());
        if plan.changes().iter().any(is_planned) {
            return Ok(());
        }
        if files::below(&folder, SCENARIO_EXTENSION).is_ok_and(|found| !found.is_empty()) {
            return Ok(());
        }
        let package = app_name(&self.found.package.name);
        let (file, text) = match (&self.core, adapter) {
            (Core::Starter, _) => ("light.scn", templates::starter_scenario(&package)),
            (Core::Embassy, Some(adapter)) => (
                "power-up.scn",
                templates::scenario(&package, &adapter.buttons),
            ),
            (Core::Types(_, Some(app)), _) => match &app.name {
                Some(name) => ("power-up.scn", templates::scenario(name, &app.buttons)),
                None => {
                    self.leave_scenario(plan, layout);
                    return Ok(());
                }
            },
            _ => {
                self.leave_scenario(plan, layout);
                return Ok(());
            }
        };
        plan.create(layout.scenarios().join(file), text)?;
        Ok(())
    }

    fn leave_scenario(&self, plan: &mut Plan, layout: &Layout) {
        let path = layout.scenarios().join("power-up.scn");
        plan.leave(
            "the name of the app was not found in its sources, so no scenario is written yet",
            format!(
                "in `{}`, with the name that `sim apps` shows:\napp NAME\n\nwait 1 s",
                path.display()
            ),
        );
    }

    fn project_file(
        &self,
        plan: &mut Plan,
        layout: &Layout,
        command: &str,
    ) -> Result<(), WriteError> {
        let path = Path::new(PROJECT_FILE);
        let (folder, scenarios) = (layout.folder(), layout.scenarios().display().to_string());
        let test = layout.test_command();
        if plan.text(path)?.is_none() {
            let text = format!(
                "# Where the parts of this project are. Folders are relative to this file.\n\
                 scenarios = [\"{scenarios}\"]\n\n\
                 # The package that holds the simulator and the test of the goldens.\n\
                 [programs]\nsim = \"{folder}\"\n\n\
                 # How they are called: messages name these commands.\n\
                 [commands]\nsim = \"{command}\"\ngoldens = \"{test}\"\n"
            );
            plan.create(path, text)?;
            return Ok(());
        }
        let mut file = toml(plan, path)?;
        if file.get(&["programs", "sim"]).is_none() {
            file.add("programs", "sim", folder.into());
            file.add("commands", "sim", command.into());
            file.add("commands", "goldens", test.into());
            plan.set(path, file.text())?;
        }
        Ok(())
    }

    fn ignore(&self, plan: &mut Plan, layout: &Layout) -> Result<(), WriteError> {
        // What a golden test leaves beside a golden that differs.
        let line = "*.snap.new";
        if layout.placement == Placement::Beside {
            plan.create(
                layout.package.join(".gitignore"),
                format!("/target\n{line}\n"),
            )?;
            return Ok(());
        }
        let existing = plan.text(Path::new(".gitignore"))?.unwrap_or_default();
        if existing.lines().any(|it| it.trim() == line) {
            return Ok(());
        }
        let separator = match existing.is_empty() || existing.ends_with('\n') {
            true => "",
            false => "\n",
        };
        plan.set(".gitignore", format!("{existing}{separator}{line}\n"))?;
        Ok(())
    }

    fn workflow(&self, plan: &mut Plan, layout: &Layout) -> Result<(), WriteError> {
        let test = layout.test_command();
        if !self.source.is_public() {
            plan.leave(
                format!("CI cannot have the crates from {}", self.source.shown()),
                "`--source git` or `--source registry` names a place that CI reaches, or check \
                 Lockstep out there before the scenarios are played",
            );
        }
        let project = Project::read(plan.root()).ok();
        let suite = project.as_ref().and_then(Suite::of);
        let command = suite.as_ref().map_or("", |suite| &suite.command);
        workflow::leave_installation(plan, &[&test, command]);
        plan.create(workflow::WORKFLOW, workflow::text(&test, suite.as_ref()))?;
        Ok(())
    }
}

/// The text as rustfmt writes it, where that is installed: a project may check its formatting.
pub(crate) fn formatted(text: &str) -> String {
    let child = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let written = child.and_then(|mut child| {
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        child.wait_with_output()
    });
    match written {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout).unwrap_or_else(|_| text.to_owned())
        }
        _ => text.to_owned(),
    }
}

fn inline_path(path: &str) -> Value {
    Value::InlineTable(toml_edit::InlineTable::from_iter([("path", path)]))
}

/// A TOML file as it will be, or an empty one.
fn toml(plan: &Plan, path: &Path) -> Result<TomlFile, WriteError> {
    let text = plan.text(path)?.unwrap_or_default();
    TomlFile::parse(&text).map_err(|error| WriteError::Toml {
        path: path.to_owned(),
        error,
    })
}

/// The name of an app for a package: what names of apps may be.
pub(crate) fn app_name(package: &str) -> String {
    let lower = package.to_lowercase();
    let valid = lower.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    let valid: String = valid.chars().take(32).collect();
    match valid.is_empty() {
        true => "app".to_owned(),
        false => valid,
    }
}

/// Whether the project is on GitHub, as far as its files tell.
pub(crate) fn is_on_github(root: &Path) -> bool {
    let remote = fs::read_to_string(root.join(".git/config")).unwrap_or_default();
    root.join(".github").is_dir() || remote.contains("github.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_app_is_one_that_apps_may_have() {
        assert_eq!(app_name("Door-Bell_2"), "door-bell_2");
        assert_eq!(app_name("2nd"), "nd");
        assert_eq!(app_name("_"), "app");
        assert_eq!(app_name(&"a".repeat(40)).len(), 32);
    }
}
