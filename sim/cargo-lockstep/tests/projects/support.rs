//! Projects in temporary folders, and the commands that are typed there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use walkdir::WalkDir;

/// The folder of this repository.
pub(crate) fn repository() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap()
}

/// Where all projects are built, with the cores of others in `fixtures/`: where the boards of this repository
/// are, with which they share most of what they depend on, and not where this workspace is, whose programs
/// have the same names.
fn target_folder() -> PathBuf {
    repository().join("firmware-core/boards/target")
}

/// The target of this machine. Where it is named, dependencies are built into a folder of its own: here it
/// is named everywhere, because firmware that is set to a board has to name it.
fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let output = Command::new("rustc").arg("-vV").output().unwrap();
        let version = String::from_utf8(output.stdout).unwrap();
        let mut lines = version.lines();
        lines
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap()
            .to_owned()
    })
}

/// A project of somebody else.
///
/// All of them are made in one folder, one at a time, and are built in another one: a package that was
/// built for one of them has the same path in the next one, and is not built again.
pub(crate) struct Project {
    /// The folder around it, which is empty between projects.
    parent: PathBuf,
    name: String,
    /// Held while the project lives. It says where the folder is.
    _alone: File,
}

impl Drop for Project {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the next project.
        let _ = empty(&self.parent);
    }
}

/// Removes what is in a folder.
fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => fs::remove_dir_all(path)?,
            false => fs::remove_file(path)?,
        }
    }
    Ok(())
}

/// The folder that this file names. It is outside of this repository, whose workspace would be found from
/// within it.
fn folder_of_projects(named_in: &mut File) -> PathBuf {
    let mut path = String::new();
    named_in.read_to_string(&mut path).unwrap();
    if Path::new(&path).is_dir() && empty(Path::new(&path)).is_ok() {
        return path.into();
    }
    let folder = tempfile::Builder::new()
        .prefix("lockstep-projects-")
        .tempdir();
    let folder = fs::canonicalize(folder.unwrap().keep()).unwrap();
    named_in.rewind().unwrap();
    named_in.set_len(0).unwrap();
    named_in
        .write_all(folder.to_str().unwrap().as_bytes())
        .unwrap();
    folder
}

/// What a command printed.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Printed {
    /// It ended well.
    #[track_caller]
    pub(crate) fn holds(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        let is_said = self.out.contains(text) || self.err.contains(text);
        assert!(is_said, "expected {text:?} in:\n{}\n{}", self.out, self.err);
    }
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Project {
    /// An empty folder of this name.
    pub(crate) fn empty(name: &str) -> Self {
        let mut alone = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects.lock"))
            .unwrap();
        alone.lock().unwrap();
        let parent = folder_of_projects(&mut alone);
        fs::create_dir(parent.join(name)).unwrap();
        Self {
            parent,
            name: name.to_owned(),
            _alone: alone,
        }
    }

    /// What `cargo new --lib` makes.
    pub(crate) fn library(name: &str) -> Self {
        let project = Self::empty(name);
        project.cargo(&["init", "--lib", "--quiet"]).holds();
        project
    }

    /// The crate of a fixture.
    pub(crate) fn copy_of(fixture: &str, name: &str) -> Self {
        let project = Self::empty(name);
        let from = repository().join("fixtures").join(fixture);
        for entry in WalkDir::new(&from).min_depth(1) {
            let entry = entry.unwrap();
            let to = project
                .folder()
                .join(entry.path().strip_prefix(&from).unwrap());
            match entry.file_type().is_dir() {
                true => fs::create_dir_all(to).unwrap(),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
        project
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The folder around it.
    pub(crate) fn parent(&self) -> &Path {
        &self.parent
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.folder().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{from:?} in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// Its dependencies in the versions that the fixture of a core has, so that nothing is asked of a
    /// registry.
    pub(crate) fn lock(&self, folder: &str) -> &Self {
        self.lock_as("fixtures/own-core", folder)
    }

    /// Its dependencies in the versions that a workspace of this repository has, which are downloaded
    /// where they are not there yet.
    pub(crate) fn lock_as(&self, workspace: &str, folder: &str) -> &Self {
        let workspace = repository().join(workspace);
        let mut fetch = Command::new(env!("CARGO"));
        fetch
            .args(["fetch", "--locked", "--quiet", "--manifest-path"])
            .arg(workspace.join("Cargo.toml"));
        Printed::from(fetch.output().unwrap()).holds();
        let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap();
        self.write(&format!("{folder}Cargo.lock"), &lock)
    }

    /// Every file, and what is in it.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, String> {
        let root = self.folder();
        let entries = WalkDir::new(&root).into_iter();
        let entries = entries.filter_entry(|entry| entry.file_name() != ".git");
        let files = entries
            .flatten()
            .filter(|entry| entry.file_type().is_file());
        let read = files.map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().to_owned();
            let text = fs::read(entry.path()).unwrap();
            (path, String::from_utf8_lossy(&text).into_owned())
        });
        read.collect()
    }

    /// `cargo …`, typed in the folder of the project.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Printed {
        self.run(Command::new(env!("CARGO")).args(arguments), "")
    }

    /// `cargo lockstep …`, typed in the folder of the project.
    pub(crate) fn lockstep(&self, arguments: &[&str]) -> Printed {
        self.lockstep_in("", arguments)
    }

    /// The same, in a folder of the project.
    pub(crate) fn lockstep_in(&self, folder: &str, arguments: &[&str]) -> Printed {
        self.lockstep_by(Path::new(env!("CARGO")), folder, arguments)
    }

    /// The same, where this program is cargo.
    pub(crate) fn lockstep_by(&self, cargo: &Path, folder: &str, arguments: &[&str]) -> Printed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-lockstep"));
        command.arg("lockstep").args(arguments).env("CARGO", cargo);
        self.run(&mut command, folder)
    }

    /// A command as a shell has it, such as one that a message says.
    pub(crate) fn shell(&self, line: &str) -> Printed {
        self.run(Command::new("sh").args(["-c", line]), "")
    }

    /// Whether what cargo builds without being told is for a board.
    fn is_set_to_a_board(&self) -> bool {
        let config = fs::read_to_string(self.folder().join(".cargo/config.toml"));
        config.is_ok_and(|config| config.contains("target = "))
    }

    fn run(&self, command: &mut Command, folder: &str) -> Printed {
        let programs = Path::new(env!("CARGO_BIN_EXE_cargo-lockstep"))
            .parent()
            .unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        for name in [
            "INSTA_UPDATE",
            "INSTA_FORCE_PASS",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CI",
        ] {
            command.env_remove(name);
        }
        if !self.is_set_to_a_board() {
            command.env("CARGO_BUILD_TARGET", host());
        }
        let output = command
            .current_dir(self.folder().join(folder))
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("CARGO_TARGET_DIR", target_folder())
            // Those beside a firmware and those in a crate have the same dependencies, and so built once.
            .env("CARGO_PROFILE_DEV_DEBUG", "none")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.into()
    }
}

/// Gives the blanks of a board the values of an nRF51822: that of a micro:bit v1.
pub(crate) fn fill_in_for_an_nrf51822(project: &Project, board: &str) {
    let files = [
        (
            "board.toml",
            &[
                "nRF51822_xxAA",
                "thumbv6m-none-eabi",
                "0",
                "262_144",
                "0x2000_0000",
                "16_384",
            ][..],
        ),
        (
            "memory.x",
            &["0", "256K", "0x20000000", "16K", "0x20000000", "16K"],
        ),
        (
            "pins.toml",
            &["[31]", "[0x5000_0510]", "low", "P0.17", "P0.03"],
        ),
        (
            "src/lib.rs",
            &[
                "16_000_000",
                "true",
                "let _ = port;",
                "let _ = port; write(0x5000_0508, high); write(0x5000_050c, low);",
                "let _ = port; write(0x5000_0700 + 4 * place as usize, 1);",
                "let _ = port; write(0x5000_0700 + 4 * place as usize, if pull_up { 3 } else { 1 } << 2);",
            ],
        ),
    ];
    for (file, values) in files {
        let path = format!("boards/{board}/{file}");
        let mut text = project.read(&path);
        for value in values {
            assert!(text.contains("FILL_IN"), "{path} has fewer blanks");
            text = text.replacen("FILL_IN", value, 1);
        }
        project.write(&path, &text);
    }
}
