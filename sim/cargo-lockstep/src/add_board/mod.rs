//! `cargo lockstep add board`: a package with images for a chip, built and held to the contract.

mod blank;
pub(crate) mod chips;
mod templates;

use std::env;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::PROJECT_FILE;
use lockstep_images::board::{BOARD_FILE, Board, BoardError, TARGETS};
use lockstep_images::build::{BuildError, Profile, build};
use lockstep_images::contract;
use lockstep_images::contract::linker_script::{self, LINKER_SCRIPT};
use lockstep_images::size::MemoryUsage;
use lockstep_images::toolchain::Environment;
use toml_edit::Value;

use crate::app_scan::FoundApp;
use crate::cargo::Cargo;
use crate::existing_project::{AdditionArgs, ExistingProject, playable_apps, type_of};
use crate::init::write::WriteError;
use crate::init::{consent, leave, refuse, say, summary};
use crate::inspect::Found;
use crate::manifest::TomlFile;
use crate::plan::Plan;
use crate::print_project_error;
use crate::source::{Source, relative};
use blank::BlankChip;
use chips::{CHIPS, Chip, Memory};

/// The options of `cargo lockstep add board`.
#[derive(Debug, Args)]
pub(crate) struct AddBoardArgs {
    /// The name of the board: lower-case letters, digits and `-`.
    name: String,

    /// The chip, as probe-rs names it; found by the name of the board where that is known.
    #[arg(long)]
    chip: Option<String>,

    /// Write a board for a chip that has no template, with blanks for what is not known.
    #[arg(long)]
    blank: bool,

    /// The target of the core of a blank board, such as `thumbv7em-none-eabihf`.
    #[arg(long, value_name = "TRIPLE", requires = "blank")]
    target: Option<String>,

    /// The flash of a blank board, such as `0x08000000+512K`.
    #[arg(long, value_name = "START+LENGTH", requires = "blank")]
    flash: Option<Memory>,

    /// The RAM of a blank board, such as `0x20000000+96K`.
    #[arg(long, value_name = "START+LENGTH", requires = "blank")]
    ram: Option<Memory>,

    #[command(flatten)]
    addition: AdditionArgs,

    /// Do not build the images.
    #[arg(long)]
    no_build: bool,
}

/// What a board is made from.
enum Template {
    /// For a chip that is known.
    Known(&'static Chip),
    /// For another one.
    Blank(BlankChip),
    /// The board is there already.
    Existing,
}

impl AddBoardArgs {
    pub(crate) fn execute(&self, report: &Report) -> Exit {
        match self.run(report) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn run(&self, report: &Report) -> Result<Exit, Exit> {
        if !is_name(&self.name) {
            let message = format!("`{}` is not a valid name for a board", self.name);
            let help = "expected lower-case letters, digits and `-`, such as `front-panel`";
            report.print(&report.plain(&message, Some(help)));
            return Err(Exit::BadInput);
        }
        let ExistingProject {
            project,
            root,
            found,
            source,
        } = ExistingProject::find(&self.addition, report)?;
        let app = app(&found, report)?;
        let folders = project
            .boards()
            .map_err(|error| print_project_error(&error, report))?;
        let boards = folders.first().map_or_else(
            || PathBuf::from("boards"),
            |folder| {
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                relative(&folder, &root)
            },
        );
        let folder = root.join(&boards).join(&self.name);
        let template = self.template(&folder, report)?;
        let mut plan = Plan::new(&root);
        let written = self.plan(&mut plan, &boards, &template, &found, app, &source);
        written.map_err(|error| refuse(&error, report))?;
        if self.addition.dry_run {
            output::write(None, plan.diff().as_bytes()).map_err(|error| report.error(error))?;
            return Ok(Exit::Held);
        }
        if let Some(chip) = template.chip() {
            say(&format!("chip      {chip}"));
        }
        say(&format!(
            "app       {}\ncrates    from {}",
            type_of(app),
            source.shown()
        ));
        if plan.changes().is_empty() {
            say("\nnothing to change: everything is there");
        } else {
            say(&format!("\n{}", summary(&plan)));
            consent(self.addition.yes, report)?;
            let applied = plan.apply();
            applied.map_err(|error| refuse(&error.into(), report))?;
        }
        leave(&plan, report);
        let is_new = !plan.changes().is_empty();
        let workspace = root.join(&boards);
        // Nothing else there can be built while the lock file lacks a board.
        if is_new && workspace.join("Cargo.lock").is_file() {
            lock(&workspace, report)?;
        }
        if let (Template::Blank(_), true) = (&template, is_new) {
            return self.show_blanks(&folder, report);
        }
        if self.no_build {
            return Ok(Exit::Held);
        }
        hold(&root, &folder, report)
    }

    /// Shows what is to be put into a board that was just written.
    fn show_blanks(&self, folder: &Path, report: &Report) -> Result<Exit, Exit> {
        match Board::read(folder) {
            Err(BoardError::Unfinished(unfinished)) => {
                say(&format!(
                    "\n{unfinished}\n\nthen `cargo lockstep add board {}` builds the images, and holds them to the contract",
                    self.name
                ));
                Ok(Exit::Held)
            }
            Err(error) => Err(report.error(error)),
            Ok(_) => Ok(Exit::Held),
        }
    }

    /// What the board in this folder is made from.
    fn template(&self, folder: &Path, report: &Report) -> Result<Template, Exit> {
        if (self.blank || self.chip.is_none()) && folder.join(BOARD_FILE).is_file() {
            return Ok(Template::Existing);
        }
        if self.blank {
            return self.blank(report).map(Template::Blank);
        }
        let chip = match &self.chip {
            Some(name) => CHIPS
                .iter()
                .find(|chip| chip.name.eq_ignore_ascii_case(name)),
            None => CHIPS.iter().find(|chip| chip.board == self.name),
        };
        chip.map(Template::Known).ok_or_else(|| {
            let (message, chip) = match &self.chip {
                Some(chip) => (
                    format!("there is no template for the chip `{chip}`"),
                    chip.as_str(),
                ),
                None => (
                    format!("the chip of `{}` is not known", self.name),
                    "CHIP",
                ),
            };
            let mut help = "`--chip` names one of these:".to_owned();
            for chip in &CHIPS {
                let _ = write!(help, "\n{:<14} as on a {}", chip.name, chip.board);
            }
            let _ = write!(
                help,
                "\nfor another chip, `cargo lockstep add board {} --blank --chip {chip}` writes a board with \
                 blanks to fill in",
                self.name
            );
            report.print(&report.plain(&message, Some(&help)));
            Exit::BadInput
        })
    }

    /// What the options say of a chip that has no template.
    fn blank(&self, report: &Report) -> Result<BlankChip, Exit> {
        if let Some(target) = &self.target
            && !TARGETS.contains(&target.as_str())
        {
            let message = format!("`{target}` is not a target of a Cortex-M");
            let help = format!("`--target` names one of {}", TARGETS.join(", "));
            report.print(&report.plain(&message, Some(&help)));
            return Err(Exit::BadInput);
        }
        Ok(BlankChip {
            name: self.chip.clone(),
            target: self.target.clone(),
            flash: self.flash,
            ram: self.ram,
        })
    }

    fn plan(
        &self,
        plan: &mut Plan,
        boards: &Path,
        template: &Template,
        found: &Found,
        app: &FoundApp,
        source: &Source,
    ) -> Result<(), WriteError> {
        let folder = boards.join(&self.name);
        let app_name = app.name.as_deref().unwrap_or(&found.package.name);
        plan.create(boards.join("Cargo.toml"), templates::WORKSPACE)?;
        plan.create(boards.join(".cargo/config.toml"), templates::CARGO_CONFIG)?;
        plan.create(boards.join(".gitignore"), "/target\n")?;
        let absolute = plan.root().join(&folder);
        let line = |name: &str, features: Option<&str>| -> Result<String, WriteError> {
            let dependency = source.dependency(name, &absolute)?;
            Ok(format!("{name} = {}\n", with_feature(dependency, features)))
        };
        let mut dependencies = vec![
            format!(
                "{} = {{ path = \"{}\" }}\n",
                found.package.name,
                relative(&found.package.folder, &absolute).display()
            ),
            line("lockstep-board", None)?,
        ];
        match template {
            Template::Known(chip) => {
                dependencies.push("cortex-m-rt = \"0.7\"\n".to_owned());
                dependencies.push(line(chip.family.0, chip.family.1)?);
            }
            Template::Blank(_) => {
                dependencies.extend(blank::DEPENDENCIES.map(str::to_owned));
                dependencies.push(line("lockstep-core", None)?);
            }
            Template::Existing => return Ok(()),
        }
        dependencies.sort();
        let manifest = templates::manifest(
            &self.name,
            app_name,
            &dependencies.concat(),
            &line("lockstep-pins", None)?,
        );
        plan.create(folder.join("Cargo.toml"), manifest)?;
        plan.create(folder.join("build.rs"), templates::BUILD_SCRIPT)?;
        for (name, text) in template.files(&self.name, app_name, app) {
            plan.create(folder.join(name), text)?;
        }
        let project_file = plan.text(Path::new(PROJECT_FILE))?.unwrap_or_default();
        let file = TomlFile::parse(&project_file).map_err(|error| WriteError::Toml {
            path: PROJECT_FILE.into(),
            error,
        })?;
        // Without the key, boards are in `boards`.
        if file.get(&["boards"]).is_none() && boards != Path::new("boards") {
            plan.leave(
                format!("`{PROJECT_FILE}` does not list `{}`", boards.display()),
                format!("add `boards = [\"{}\"]`", boards.display()),
            );
        }
        Ok(())
    }
}

impl Template {
    /// The chip, as far as it is known.
    fn chip(&self) -> Option<&str> {
        match self {
            Self::Known(chip) => Some(chip.name),
            Self::Blank(chip) => chip.name.as_deref(),
            Self::Existing => None,
        }
    }

    /// The files of the board, by their names.
    fn files(&self, board: &str, app_name: &str, app: &FoundApp) -> Vec<(String, String)> {
        let (buttons, outputs) = (&app.buttons, &app.outputs);
        let entry = format!("src/bin/{app_name}.rs");
        let files = match self {
            Self::Known(chip) => vec![
                (BOARD_FILE, templates::board(board, chip)),
                (LINKER_SCRIPT, templates::memory_map(chip)),
                (
                    lockstep_pins::FILE,
                    templates::pins(chip, app_name, buttons, outputs),
                ),
                (
                    &entry,
                    templates::entry(board, app_name, &type_of(app), chip),
                ),
            ],
            Self::Blank(chip) => vec![
                (BOARD_FILE, chip.board(board)),
                (LINKER_SCRIPT, chip.memory_map()),
                (lockstep_pins::FILE, blank::pins(app_name, buttons, outputs)),
                ("src/lib.rs", blank::library(board)),
                (&entry, blank::entry(board, app_name, &type_of(app))),
            ],
            Self::Existing => Vec::new(),
        };
        let files = files.into_iter();
        files.map(|(name, text)| (name.to_owned(), text)).collect()
    }
}

/// Whether a board or a bench may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    name.starts_with(|it: char| it.is_ascii_lowercase()) && name.chars().all(is_plain)
}

/// What the images are of: the first app that a board can run.
fn app<'f>(found: &'f Found, report: &Report) -> Result<&'f FoundApp, Exit> {
    let apps = playable_apps(found, report)?;
    apps.first().copied().ok_or(Exit::BadInput)
}

/// A dependency with a feature turned on.
fn with_feature(dependency: Value, feature: Option<&str>) -> Value {
    let Some(feature) = feature else {
        return dependency;
    };
    let mut table = match dependency {
        Value::InlineTable(table) => table,
        version => [("version", version)].into_iter().collect(),
    };
    table.insert("features", Value::Array([feature].into_iter().collect()));
    Value::InlineTable(table)
}

/// Builds the images, and holds them to the contract.
fn hold(root: &Path, folder: &Path, report: &Report) -> Result<Exit, Exit> {
    let board = Board::read(folder).map_err(|error| report.error(error))?;
    say("\nbuilding the images: the first time this takes a minute or two");
    lock(board.workspace(), report)?;
    let script = folder.join(LINKER_SCRIPT);
    let script = std::fs::read_to_string(&script).map_err(|error| report.error(error))?;
    let mut broken: Vec<_> = linker_script::check(&script, &board)
        .iter()
        .map(ToString::to_string)
        .collect();
    for (profile, shown) in [(Profile::Debug, "debug"), (Profile::Release, "release")] {
        let images = build(&environment(), root, &board, profile);
        for image in images.map_err(|error| refuse_build(&error, report))? {
            let elf = image.read().map_err(|error| report.error(error))?;
            let MemoryUsage { flash, ram } = MemoryUsage::of(&elf, &board);
            say(&format!(
                "image     {}, {shown}: {flash} B of flash, {ram} B of RAM",
                image.name
            ));
            for violation in contract::check(&elf, &board, profile) {
                broken.push(format!("{}: {violation}", image.name));
            }
        }
    }
    if broken.is_empty() {
        say("contract  every rule holds; nothing was run on a chip");
        return Ok(Exit::Held);
    }
    for violation in broken {
        report.print(&report.plain(&violation, None));
    }
    Err(Exit::Failed)
}

/// Takes the board into the lock file of its workspace: images are built by that alone.
fn lock(workspace: &Path, report: &Report) -> Result<(), Exit> {
    let mut command = Cargo::in_folder(workspace).command();
    command
        .args(["update", "--workspace", "--quiet"])
        .current_dir(workspace)
        .stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => {
            let message =
                "everything is written, but cargo cannot find the dependencies: see above";
            report.print(&report.plain(message, None));
            Err(Exit::Infrastructure)
        }
        Err(error) => Err(report.error(error)),
    }
}

fn refuse_build(error: &BuildError, report: &Report) -> Exit {
    report.print(&report.plain(&error_chain(error), None));
    match error {
        BuildError::Compile(_) | BuildError::NoImage(_) => Exit::Failed,
        BuildError::Interrupted => Exit::Interrupted,
        _ => Exit::Infrastructure,
    }
}

fn environment() -> Environment {
    Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        cargo_home: env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo"))),
        wrapper: env::current_exe().ok(),
        variables: env::vars_os().map(|(name, _)| name).collect(),
        ..Environment::default()
    }
}
