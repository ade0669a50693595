//! What a project is before anything is done to it.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, Package, TargetKind};
use thiserror::Error;
use toml_edit::DocumentMut;

use crate::app_scan::{AppKind, FoundApp, find_apps};
use crate::cargo::{Cargo, CargoError};
use crate::cargo_config::CargoConfig;
use crate::task_scan::{FoundTasks, find_tasks};

/// A project cannot be told what it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum InspectError {
    /// There is no manifest.
    #[error("no `Cargo.toml` in `{}`, nor in a folder above it", .0.display())]
    NoManifest(PathBuf),
    /// Cargo refuses.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// No package has this name.
    #[error("no package `{name}` in the workspace: there are {}", listed(.there))]
    NoPackage {
        /// The name.
        name: String,
        /// The packages that there are.
        there: Vec<String>,
    },
    /// No package of a workspace has a library.
    #[error("no package of the workspace `{}` has a library", .root.display())]
    NoLibrary {
        /// The root of the workspace.
        root: PathBuf,
        /// The packages that there are.
        there: Vec<String>,
    },
    /// Several packages have a library, and none of them or several of them an app.
    #[error("several packages have a library: {}", listed(.0))]
    Ambiguous(Vec<String>),
}

impl InspectError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::NoManifest(_) => Some(
                "`cargo init --lib` makes a crate of this folder; \
                 `cargo lockstep init NEW-FOLDER` makes a new one with a core to begin with"
                    .to_owned(),
            ),
            Self::NoLibrary { there, .. } => Some(match there.first() {
                Some(package) => format!(
                    "what is played is a library: `cargo new --lib core` makes one; \
                     `--package {package}` writes a starter beside that package instead"
                ),
                None => "`cargo new --lib core` makes one".to_owned(),
            }),
            Self::Ambiguous(names) => names
                .first()
                .map(|name| format!("say which one holds the core: `--package {name}`")),
            _ => None,
        }
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The package that holds the core, or would.
#[derive(Clone, Debug)]
pub(crate) struct CorePackage {
    /// Its name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The name of its library in code, if it has one.
    pub(crate) library: Option<String>,
    /// The apps that its library has.
    pub(crate) apps: Vec<FoundApp>,
    /// The async tasks that its library has.
    pub(crate) tasks: FoundTasks,
    /// A dependency for which there is no host: a HAL, a runtime of a chip.
    pub(crate) chip_dependency: Option<String>,
    /// Whether it depends on Embassy.
    pub(crate) is_embassy: bool,
}

impl CorePackage {
    /// Whether its library can be built for the host, as far as its manifest tells.
    pub(crate) fn runs_on_host(&self) -> bool {
        self.library.is_some() && self.chip_dependency.is_none()
    }
}

/// A project as it is.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The root of its workspace, or of its only package.
    pub(crate) root: PathBuf,
    /// Whether the manifest of the root has a table `workspace`.
    pub(crate) has_workspace: bool,
    /// The package that holds the core.
    pub(crate) package: CorePackage,
    /// What cargo is set to in the root.
    pub(crate) config: CargoConfig,
    /// The chip, by the runner of cargo or by a feature of the HAL.
    pub(crate) chip: Option<String>,
    /// The HAL.
    pub(crate) hal: Option<String>,
    /// The file that says what memory the chip has.
    pub(crate) memory: Option<PathBuf>,
}

/// Looks at the project around a folder.
pub(crate) fn inspect(start: &Path, package: Option<&str>) -> Result<Found, InspectError> {
    let start = fs::canonicalize(start).unwrap_or_else(|_| start.to_owned());
    let manifest = start
        .ancestors()
        .map(|it| it.join("Cargo.toml"))
        .find(|it| it.is_file());
    let manifest = manifest.ok_or_else(|| InspectError::NoManifest(start.clone()))?;
    let metadata = Cargo::in_folder(&start).metadata(&manifest)?;
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let package = choose(&metadata, &manifest, package)?;
    let text = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let document: Option<DocumentMut> = text.parse().ok();
    let config = CargoConfig::around(&root);
    let (hal, chip) = hal(metadata.workspace_packages().into_iter());
    let memory = [&root, &package.folder].map(|it| it.join("memory.x"));
    let memory = memory.into_iter().find(|it| it.is_file());
    Ok(Found {
        has_workspace: document.is_some_and(|it| it.contains_key("workspace")),
        memory,
        chip: config.chip.clone().or(chip),
        hal,
        config,
        package,
        root,
    })
}

fn choose(
    metadata: &Metadata,
    manifest: &Path,
    name: Option<&str>,
) -> Result<CorePackage, InspectError> {
    let packages = metadata.workspace_packages();
    let names = || {
        packages
            .iter()
            .map(|it| it.name.to_string())
            .collect::<Vec<_>>()
    };
    if let Some(name) = name {
        let named = packages.iter().find(|it| it.name == name);
        let named = named.ok_or_else(|| InspectError::NoPackage {
            name: name.to_owned(),
            there: names(),
        })?;
        return Ok(core_package(named));
    }
    let here = packages.iter().find(|it| it.manifest_path == manifest);
    if let Some(here) = here {
        return Ok(core_package(here));
    }
    let all = packages.iter().map(|it| core_package(it));
    let libraries: Vec<_> = all.filter(|it| it.library.is_some()).collect();
    let with_apps: Vec<_> = libraries.iter().filter(|it| !it.apps.is_empty()).collect();
    match (with_apps.as_slice(), libraries.as_slice()) {
        ([one], _) => Ok((*one).clone()),
        ([], [one]) => Ok(one.clone()),
        (_, []) => Err(InspectError::NoLibrary {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            there: names(),
        }),
        _ => Err(InspectError::Ambiguous(
            libraries.iter().map(|it| it.name.clone()).collect(),
        )),
    }
}

fn core_package(package: &Package) -> CorePackage {
    let folder = package
        .manifest_path
        .parent()
        .map(|it| it.as_std_path().to_owned());
    let library = package.targets.iter().find(|target| {
        let kinds = [TargetKind::Lib, TargetKind::RLib];
        target.kind.iter().any(|kind| kinds.contains(kind))
    });
    let code_name = |name: &str| name.replace('-', "_");
    let source = library.map(|it| (it.src_path.as_std_path(), code_name(&it.name)));
    let (apps, tasks) = match &source {
        Some((path, name)) => (find_apps(path, name, &package.name), find_tasks(path, name)),
        None => (Vec::new(), FoundTasks::default()),
    };
    let used = || {
        let dependencies = package.dependencies.iter();
        dependencies.filter(|it| it.kind == DependencyKind::Normal && !it.optional)
    };
    CorePackage {
        name: package.name.to_string(),
        folder: folder.unwrap_or_default(),
        library: source.map(|(_, name)| name),
        apps,
        tasks,
        chip_dependency: used()
            .find(|it| it.target.is_none() && is_of_a_chip(&it.name))
            .map(|it| it.name.clone()),
        is_embassy: used().any(|it| it.name.starts_with("embassy-")),
    }
}

/// Whether a crate is for a chip alone.
fn is_of_a_chip(name: &str) -> bool {
    let runtimes = [
        "cortex-m-rt",
        "riscv-rt",
        "defmt-rtt",
        "panic-probe",
        "rtt-target",
        "rtic",
    ];
    runtimes.contains(&name) || is_hal(name)
}

fn is_hal(name: &str) -> bool {
    let of_embassy = ["embassy-nrf", "embassy-rp", "embassy-stm32"];
    of_embassy.contains(&name) || name.ends_with("-hal") && name != "embedded-hal"
}

/// The HAL of a project, and the chip that one of its features names.
fn hal<'p>(packages: impl Iterator<Item = &'p Package>) -> (Option<String>, Option<String>) {
    let mut dependencies = packages.flat_map(|package| package.dependencies.iter());
    let Some(hal) = dependencies.find(|it| is_hal(&it.name)) else {
        return (None, None);
    };
    let families = ["nrf5", "nrf9", "stm32", "rp2", "esp32"];
    let is_chip = |feature: &&String| families.iter().any(|it| feature.starts_with(it));
    let chip = hal.features.iter().find(is_chip).cloned();
    (Some(hal.name.clone()), chip)
}

impl Found {
    /// What was found, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let CorePackage {
            name,
            library,
            apps,
            ..
        } = &self.package;
        let kind = match library {
            Some(_) => "a library",
            None => "no library",
        };
        let mut lines = vec![format!(
            "package   {name}, {kind}, in {}",
            self.root.display()
        )];
        for app in apps {
            let what = match app.kind {
                AppKind::App => "impl App for",
                AppKind::Firmware => "impl Firmware for",
            };
            lines.push(format!("core      {what} {}", app.type_name));
        }
        if self.package.is_embassy {
            let tasks = self.package.tasks.tasks.len();
            lines.push(format!(
                "embassy   {tasks} tasks over traits of embedded-hal"
            ));
        }
        let facts = [
            ("hal", &self.hal),
            ("chip", &self.chip),
            ("target", &self.config.target),
        ];
        for (what, fact) in facts {
            lines.extend(fact.iter().map(|fact| format!("{what:<9} {fact}")));
        }
        let memory = self
            .memory
            .as_ref()
            .map(|it| it.strip_prefix(&self.root).unwrap_or(it));
        lines.extend(memory.map(|it| format!("memory    {}", it.display())));
        lines
    }
}
