//! `cargo lockstep add bench`: a bench file, and the program `hil` where the project has none.

mod templates;

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::{PROJECT_FILE, Program, Project};
use lockstep_images::board::{Board, finished_boards};
use toml_edit::TomlError;

use crate::add_board::chips::CHIPS;
use crate::add_board::is_name;
use crate::app_scan::FoundApp;
use crate::benches::VIRTUAL;
use crate::cargo_config;
use crate::existing_project::{AdditionArgs, ExistingProject, playable_apps, type_of};
use crate::init::layout::{PASS_THROUGH, selection_beside};
use crate::init::write::{WriteError, formatted};
use crate::init::{consent, leave, refuse, say, summary};
use crate::inspect::Found;
use crate::manifest::TomlFile;
use crate::plan::Plan;
use crate::print_project_error;
use crate::source::{Source, relative};
use crate::workflow::{self, Suite};

/// The folder of the program `hil`: a package and workspace of its own.
const FOLDER: &str = "hil";

/// By what the program of somebody else is told from the one that is written here.
const MARK: &str = "lockstep_hil_cli::main";

/// The command that writes a board.
const ADD_BOARD: &str = "cargo lockstep add board NAME";

/// The options of `cargo lockstep add bench`.
#[derive(Debug, Args)]
pub(crate) struct AddBenchArgs {
    /// The name of the bench: lower-case letters, digits and `-`.
    name: String,

    /// The board of the bench [default: the one of the same name, or the only one]
    #[arg(long, value_name = "NAME")]
    board: Option<String>,

    /// `virtual`, or `VID:PID` or `VID:PID:SERIAL` as `probe-rs list` shows it [default: `virtual` where
    /// the board can be emulated, or else the probe that belongs to the chip]
    #[arg(long)]
    probe: Option<String>,

    #[command(flatten)]
    addition: AdditionArgs,
}

/// The bench that comes to be, and the project that it comes into.
struct NewBench<'b> {
    name: &'b str,
    board: &'b Board,
    probe: String,
    found: &'b Found,
    source: &'b Source,
}

impl AddBenchArgs {
    pub(crate) fn execute(&self, report: &Report) -> Exit {
        match self.run(report) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn run(&self, report: &Report) -> Result<Exit, Exit> {
        if !is_name(&self.name) {
            let message = format!("`{}` is not a valid name for a bench", self.name);
            let help = "expected lower-case letters, digits and `-`, such as `virtual` or `desk`";
            return Err(bad_input(&message, help, report));
        }
        let ExistingProject {
            project,
            root,
            found,
            source,
        } = ExistingProject::find(&self.addition, report)?;
        let apps = playable_apps(&found, report)?;
        let folders = project
            .boards()
            .map_err(|error| print_project_error(&error, report))?;
        let boards = match folders.is_empty() {
            true => Vec::new(),
            false => self.usable(&folders, report)?,
        };
        let board = self.board(&boards, report)?;
        let bench = NewBench {
            name: &self.name,
            board,
            probe: self.probe(board, report)?,
            found: &found,
            source: &source,
        };
        let mut plan = Plan::new(&root);
        let planned = bench.plan(&mut plan, &project, &apps);
        planned.map_err(|error| refuse(&error, report))?;
        if self.addition.dry_run {
            output::write(None, plan.diff().as_bytes()).map_err(|error| report.error(error))?;
            leave(&plan, report);
            return Ok(Exit::Held);
        }
        say(&format!(
            "board     {}, {}\nprobe     {}\ncrates    from {}",
            board.name,
            board.chip,
            bench.probe,
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
        say(&next(&root, &self.name));
        Ok(Exit::Held)
    }

    /// The boards of these folders that are finished: the one that is named has to be.
    fn usable(&self, folders: &[PathBuf], report: &Report) -> Result<Vec<Board>, Exit> {
        let help = format!("`{ADD_BOARD}` writes a board");
        let set = finished_boards(folders)
            .map_err(|error| bad_input(&error_chain(&error), &help, report))?;
        let named = self.board.as_deref().unwrap_or(&self.name);
        match set.unfinished.iter().find(|board| board.name() == named) {
            Some(unfinished) => Err(report.error(unfinished.clone())),
            None => Ok(set.boards),
        }
    }

    fn board<'b>(&self, boards: &'b [Board], report: &Report) -> Result<&'b Board, Exit> {
        let named = |name: &str| boards.iter().find(|board| board.name == name);
        let found = match &self.board {
            Some(name) => named(name),
            None => named(&self.name).or(match boards {
                [only] => Some(only),
                _ => None,
            }),
        };
        found.ok_or_else(|| {
            let names: Vec<_> = boards.iter().map(|it| format!("`{}`", it.name)).collect();
            let (message, help) = match (&self.board, names.as_slice()) {
                (_, []) => (
                    "the project has no board".to_owned(),
                    format!("`{ADD_BOARD}` writes one"),
                ),
                (Some(name), _) => (
                    format!("the project has no board `{name}`"),
                    format!("`--board` names one of {}", names.join(", ")),
                ),
                (None, _) => (
                    "the project has several boards".to_owned(),
                    format!("`--board` names one of {}", names.join(", ")),
                ),
            };
            bad_input(&message, &help, report)
        })
    }

    fn probe(&self, board: &Board, report: &Report) -> Result<String, Exit> {
        let wants_virtual = match &self.probe {
            Some(probe) => probe == VIRTUAL,
            None => self.name == VIRTUAL,
        };
        if wants_virtual && board.machine.is_none() {
            let message = format!(
                "the board `{}` cannot be emulated: it has the chip {}",
                board.name, board.chip
            );
            let help = format!(
                "the virtual board is an nRF51822; `{PASS_THROUGH} add bench desk` writes a bench with \
                 a probe"
            );
            return Err(bad_input(&message, &help, report));
        }
        if let Some(probe) = &self.probe {
            return match probe == VIRTUAL || is_probe(probe) {
                true => Ok(probe.clone()),
                false => {
                    let message = format!("`{probe}` is not a probe");
                    let help = "expected `virtual`, or `VID:PID` or `VID:PID:SERIAL` as `probe-rs list` \
                                shows it, such as `0d28:0204`";
                    Err(bad_input(&message, help, report))
                }
            };
        }
        if board.machine.is_some() {
            return Ok(VIRTUAL.to_owned());
        }
        let known = CHIPS.iter().find(|chip| chip.name == board.chip);
        known.map(|chip| chip.probe.to_owned()).ok_or_else(|| {
            let message = format!("the probe of `{}` is not known", board.name);
            let help =
                "`--probe` names it, as `probe-rs list` shows it: `VID:PID` or `VID:PID:SERIAL`";
            bad_input(&message, help, report)
        })
    }
}

impl NewBench<'_> {
    fn plan(
        &self,
        plan: &mut Plan,
        project: &Project,
        apps: &[&FoundApp],
    ) -> Result<(), WriteError> {
        self.bench_file(plan, project)?;
        let path = Path::new(PROJECT_FILE);
        let file = toml(plan, path)?;
        let command = match file.get(&["programs", Program::HardwareSuite.name()]) {
            Some(_) => project.commands().hil.clone(),
            None => {
                let command = self.alias(plan)?;
                self.program(plan, apps, &command)?;
                self.project_file(plan, path, &command)?;
                command
            }
        };
        if self.probe == VIRTUAL {
            let suite = Suite {
                command,
                bench: self.name.to_owned(),
                target: self.board.target.clone(),
            };
            workflow::add_suite(plan, &project.commands().goldens, &suite)?;
        }
        Ok(())
    }

    fn bench_file(&self, plan: &mut Plan, project: &Project) -> Result<(), WriteError> {
        let folders = project.benches().unwrap_or_default();
        let folder = match folders.first() {
            None => PathBuf::from("benches"),
            Some(folder) => {
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                relative(&folder, plan.root())
            }
        };
        let path = folder.join(self.name).with_extension("toml");
        let text = match self.probe.as_str() {
            VIRTUAL => templates::virtual_bench(&self.board.name),
            probe => templates::hardware_bench(&self.board.name, probe, &self.buttons()),
        };
        let existing = plan.create(&path, &text)?;
        if existing.is_some_and(|existing| existing != text) {
            let reason = format!("`{}` exists and is left unchanged", path.display());
            plan.leave(
                reason,
                format!("another name makes another bench; this one would be:\n{text}"),
            );
        }
        Ok(())
    }

    /// The buttons of the board, by pin and name.
    fn buttons(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.board.folder.join("pins.toml")).unwrap_or_default();
        let file = TomlFile::parse(&text).ok();
        let apps = file
            .as_ref()
            .and_then(|file| file.get(&["apps"])?.as_table_like());
        let tables = apps.into_iter().flat_map(|apps| apps.iter());
        let buttons = tables.filter_map(|(_, app)| app.get("buttons")?.as_table_like());
        let named = buttons.flat_map(|buttons| {
            buttons
                .iter()
                .filter_map(|(name, pin)| Some((pin.as_str()?.to_owned(), name.to_owned())))
        });
        let mut pins: Vec<(String, String)> = Vec::new();
        for (pin, name) in named {
            match pins.iter_mut().find(|(known, _)| *known == pin) {
                Some((_, names)) if !names.split(", ").any(|it| it == name) => {
                    *names += &format!(", {name}");
                }
                Some(_) => {}
                None => pins.push((pin, name)),
            }
        }
        pins
    }

    /// The alias `hil`. Gives the command that starts the suite.
    fn alias(&self, plan: &mut Plan) -> Result<String, WriteError> {
        let pass_through = format!("{PASS_THROUGH} {FOLDER}");
        if self.found.config.has_rustflags {
            // Called plainly, cargo would build it with flags that are for a board.
            return Ok(pass_through);
        }
        let selection = selection_beside(self.found, FOLDER)?;
        let alias = format!("run {selection}--bin {FOLDER} --");
        let path = cargo_config::path(plan.root());
        let path = path.strip_prefix(plan.root()).unwrap_or(&path).to_owned();
        let mut config = toml(plan, &path)?;
        match config.get(&["alias", FOLDER]) {
            Some(existing) if existing.as_str() == Some(&alias) => {}
            Some(_) => return Ok(pass_through),
            None => {
                config.add("alias", FOLDER, alias.into());
                plan.set(path, config.text())?;
            }
        }
        Ok(format!("cargo {FOLDER}"))
    }

    fn program(
        &self,
        plan: &mut Plan,
        apps: &[&FoundApp],
        command: &str,
    ) -> Result<(), WriteError> {
        let core = &self.found.package;
        let folder = plan.root().join(FOLDER);
        let path = relative(&core.folder, &folder);
        let path = path.display().to_string();
        let mut dependencies = vec![format!(
            "{} = {{ path = \"{}\" }}\n",
            core.name,
            path.trim_end_matches('/')
        )];
        for name in ["lockstep-engine", "lockstep-hil-cli"] {
            let dependency = self.source.dependency(name, &folder)?;
            dependencies.push(format!("{name} = {dependency}\n"));
        }
        dependencies.sort();
        let manifest = templates::manifest(&core.name, &dependencies.concat());
        let types: Vec<_> = apps.iter().map(|app| type_of(app)).collect();
        let main = formatted(&templates::program(&core.name, command, self.name, &types));
        plan.create(Path::new(FOLDER).join("Cargo.toml"), manifest)?;
        plan.create(Path::new(FOLDER).join(".gitignore"), "/target\n")?;
        let path = Path::new(FOLDER).join("src/main.rs");
        let existing = plan.create(&path, &main)?;
        if existing.is_some_and(|existing| !existing.contains(MARK)) {
            let reason = format!("`{}` exists and does something else", path.display());
            plan.leave(
                reason,
                format!(
                    "in a package of another folder, which `{PROJECT_FILE}` names as `hil` below \
                     `[programs]`:\n{main}"
                ),
            );
        }
        if self.found.has_workspace {
            let mut manifest = toml(plan, Path::new("Cargo.toml"))?;
            manifest.add_to_list("workspace", "exclude", FOLDER);
            plan.set("Cargo.toml", manifest.text())?;
        }
        Ok(())
    }

    fn project_file(&self, plan: &mut Plan, path: &Path, command: &str) -> Result<(), WriteError> {
        let mut file = toml(plan, path)?;
        let name = Program::HardwareSuite.name();
        file.add("programs", name, FOLDER.into());
        file.add("commands", name, command.into());
        plan.set(path, file.text())?;
        Ok(())
    }
}

fn bad_input(message: &str, help: &str, report: &Report) -> Exit {
    report.print(&report.plain(message, Some(help)));
    Exit::BadInput
}

/// Whether a text is `VID:PID`, with a serial number or an interface or without.
fn is_probe(text: &str) -> bool {
    let is_id = |id: &str| id.len() == 4 && id.chars().all(|it| it.is_ascii_hexdigit());
    let mut parts = text.splitn(3, ':');
    let (vendor, product) = (parts.next().unwrap_or_default(), parts.next());
    let product = product.unwrap_or_default();
    is_id(vendor) && is_id(product.split('-').next().unwrap_or_default())
}

/// A TOML file as it will be, or an empty one.
fn toml(plan: &Plan, path: &Path) -> Result<TomlFile, WriteError> {
    let text = plan.text(path)?.unwrap_or_default();
    TomlFile::parse(&text).map_err(|error: TomlError| WriteError::Toml {
        path: path.to_owned(),
        error,
    })
}

/// What can be done now, in commands that are there.
fn next(root: &Path, bench: &str) -> String {
    let Ok(project) = Project::read(root) else {
        return String::new();
    };
    let hil = &project.commands().hil;
    let rows = [
        (
            format!("{hil} doctor"),
            "shows what is missing for images and boards",
        ),
        (
            format!("{hil} list"),
            "shows the benches and the tests that they make",
        ),
        (
            format!("{hil} run --bench {bench}"),
            "plays the scenarios on the bench",
        ),
    ];
    let width = rows.iter().map(|(command, _)| command.len()).max();
    let width = width.unwrap_or_default();
    let rows = rows
        .iter()
        .map(|(command, what)| format!("  {command:<width$}  {what}"));
    format!(
        "\nnext, in {}:\n{}",
        root.display(),
        rows.collect::<Vec<_>>().join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::is_probe;

    #[test]
    fn a_probe_has_a_vendor_and_a_product() {
        for probe in [
            "0d28:0204",
            "0D28:0204:99000",
            "0403:6010-1",
            "0403:6010-1:A1",
        ] {
            assert!(is_probe(probe), "{probe}");
        }
        for other in ["", "virtual", "0d28", "0d28:", "d28:0204", "0d28:02g4"] {
            assert!(!is_probe(other), "{other}");
        }
    }
}
