//! The command line as people and scripts meet it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod support;
#[path = "cli/verify.rs"]
mod verify;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed};
use lockstep_engine::project::PROJECT_FILE;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const TARGET: &str = "thumbv6m-none-eabi";

/// The folder of boards in the projects here.
const BOARDS: &str = "hw/boards";

/// The one board of the projects here.
const BOARD: &str = "more-ram-than-the-chip";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = support::missing(TARGET);
    let trials = [
        ("help-names-the-exit-codes", help as fn() -> _, false),
        (
            "doctor-tells-what-is-missing-and-ends-with-3",
            doctor_without_tools,
            false,
        ),
        (
            "build-tells-what-is-missing-and-ends-with-3",
            build_without_tools,
            false,
        ),
        (
            "verify-changes-no-system-unasked-and-ends-with-3",
            verify::without_consent,
            false,
        ),
        (
            "verify-waits-for-the-lock-of-the-package-manager",
            verify::waits_for_the_lock,
            false,
        ),
        (
            "verify-names-the-tests-that-failed",
            verify::names_failed_tests,
            false,
        ),
        (
            "verify-without-a-step-file-ends-with-2",
            verify::without_steps,
            false,
        ),
        ("no-boards-end-with-2", no_boards, false),
        (
            "a-broken-board-file-ends-with-2-and-its-place",
            broken_board_file,
            false,
        ),
        (
            "an-interrupted-build-ends-cargo-and-ends-with-130",
            interrupted_build,
            false,
        ),
        (
            "a-rust-that-is-too-old-is-told-by-doctor-and-by-build",
            old_rust,
            false,
        ),
        (
            "doctor-with-complete-tools-ends-with-0",
            doctor_with_complete_tools,
            false,
        ),
        (
            "doctor-without-one-tool-ends-with-3",
            doctor_without_one_tool,
            false,
        ),
        (
            "doctor-refuses-an-emulator-that-is-too-old",
            doctor_with_old_emulator,
            false,
        ),
        (
            "doctor-ends-an-emulator-that-does-not-answer",
            doctor_with_hanging_emulator,
            false,
        ),
        (
            "doctor-finds-the-tools-that-build",
            doctor_with_real_tools,
            true,
        ),
        (
            "build-tells-what-breaks-the-contract-and-ends-with-1",
            build,
            true,
        ),
        ("what-does-not-compile-ends-with-1", broken_source, true),
        ("size-holds-the-budget-and-tells-what-grew", size, true),
    ]
    .map(|(name, test, builds)| {
        let missing = missing.clone().filter(|_| builds);
        support::trial(name.to_owned(), missing, test)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// What came of a command.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in\n{}", self.err);
        self
    }

    #[track_caller]
    fn shows(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is not in\n{}", self.out);
        self
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hil"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    command
}

fn hil(folder: &Path, arguments: &[&str]) -> Ended {
    ended(command(folder, arguments))
}

fn ended(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A project with a board of its own, made from a fixture that needs no dependency.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join(BOARDS);
        let board = workspace.join(BOARD);
        let fixture = support::root().join("fixtures/build-errors").join(BOARD);
        fs::create_dir_all(board.join("src")).unwrap();
        fs::create_dir_all(workspace.join(".cargo")).unwrap();
        for file in ["board.toml", "memory.x", "src/main.rs"] {
            fs::copy(fixture.join(file), board.join(file)).unwrap();
        }
        let manifest = fs::read_to_string(fixture.join("Cargo.toml")).unwrap();
        fs::write(
            board.join("Cargo.toml"),
            manifest.replace("[workspace]", ""),
        )
        .unwrap();
        let members = format!("[workspace]\nresolver = \"3\"\nmembers = [\"{BOARD}\"]\n");
        fs::write(workspace.join("Cargo.toml"), members).unwrap();
        fs::copy(fixture.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
        let config = fs::read_to_string(fixture.join(".cargo/config.toml")).unwrap();
        let script = format!("-T{BOARD}/memory.x");
        let config = config.replace("-Tmemory.x", &script);
        fs::write(workspace.join(".cargo/config.toml"), config).unwrap();
        let project = format!("boards = [\"{BOARDS}\"]\n");
        fs::write(folder.path().join(PROJECT_FILE), project).unwrap();
        Self { folder }
    }

    /// Puts a program into the folder.
    fn program(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(BOARDS).join(BOARD).join(name)
    }

    /// Replaces what must be there in a file of the board.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(name)).unwrap();
        assert!(text.contains(from));
        fs::write(self.file(name), text.replace(from, to)).unwrap();
    }
}

fn help() -> Result<(), Failed> {
    let ended = hil(&support::root(), &["--help"]).with(0);
    ended.shows("Exit codes:").shows("doctor");
    Ok(())
}

fn doctor_without_tools() -> Result<(), Failed> {
    let repository = Repository::new();
    let mut command = command(repository.path(), &["doctor"]);
    command.env("PATH", "");
    let ended = ended(command).with(3);
    ended
        .shows("rustup target add thumbv6m-none-eabi")
        .shows("MISSING")
        .says("`cargo install flip-link --locked`")
        .says("`apt-get install qemu-system-arm`");
    Ok(())
}

fn build_without_tools() -> Result<(), Failed> {
    let repository = Repository::new();
    let mut command = command(repository.path(), &["build"]);
    command.env("PATH", "");
    let ended = ended(command).with(3);
    assert_eq!(ended.out, "");
    ended
        .says("rustc is missing")
        .says("https://sh.rustup.rs")
        .says("rustup target add thumbv6m-none-eabi` installs it")
        .says("`cargo install flip-link --locked` installs it");
    Ok(())
}

fn no_boards() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for command in ["build", "size"] {
        hil(folder.path(), &[command])
            .with(2)
            .says("no `lockstep.toml` in the current folder or in a folder above it")
            .says("write a `lockstep.toml` at the root of yours");
    }
    hil(folder.path(), &["doctor"])
        .says("the Rust targets of boards are not checked")
        .shows("flip-link");
    let repository = Repository::new();
    hil(repository.path(), &["build", "nobody"])
        .with(2)
        .says("there is no board `nobody`: expected one of more-ram-than-the-chip");
    fs::write(repository.path().join(PROJECT_FILE), "boards = [\"hw\"]\n")?;
    hil(repository.path(), &["build"])
        .with(2)
        .says("no `*/board.toml` in `hw`")
        .says("`boards` in `lockstep.toml` lists the folders");
    Ok(())
}

fn broken_board_file() -> Result<(), Failed> {
    let repository = Repository::new();
    repository.edit("board.toml", "bytes = 16384", "bytes = \"16K\"");
    hil(repository.path(), &["build"])
        .with(2)
        .says("board.toml` is not a valid board file")
        .says("line 11");
    repository.edit("board.toml", "bytes = \"16K\"", "bytes = 16384");
    repository.edit("board.toml", "name = \"more", "name = \"less");
    hil(repository.path(), &["build"])
        .with(2)
        .says("expected the name of its folder");
    let other = repository.path().join(BOARDS).join("other");
    fs::create_dir_all(&other)?;
    fs::write(other.join("board.toml"), "")?;
    repository.edit("board.toml", "name = \"less", "name = \"more");
    let without_tools = |board: &str| {
        let mut command = command(repository.path(), &["build", board]);
        command.env("PATH", "");
        ended(command)
    };
    without_tools("other").with(2);
    without_tools(BOARD).with(3);
    Ok(())
}

/// A rustc that is found, has the target, and is of this version.
fn fake_rustc(repository: &Repository, version: &str) -> Result<(), Failed> {
    let sysroot = repository.path().display().to_string();
    let target = repository.path().join("lib/rustlib").join(TARGET);
    fs::create_dir_all(target.join("lib"))?;
    let facts = format!("release: {version}\\nhost: here\\n");
    repository.program(
        "rustc",
        &format!("#!/bin/sh\ncase $1 in -vV) printf '{facts}' ;; *) echo {sysroot} ;; esac\n"),
    );
    Ok(())
}

/// The command with the repository's programs before all others.
fn with_programs(repository: &Repository, arguments: &[&str], others: &str) -> Command {
    let mut command = command(repository.path(), arguments);
    command.env("PATH", format!("{}:{others}", repository.path().display()));
    command
}

/// What builds need and what doctor shows are the same.
fn old_rust() -> Result<(), Failed> {
    let repository = Repository::new();
    fake_rustc(&repository, "1.80.0")?;
    for tool in ["cargo", "rustup", "flip-link"] {
        repository.program(tool, "#!/bin/sh\n");
    }
    let only_here = |arguments: &[&str]| ended(with_programs(&repository, arguments, "/bin"));
    only_here(&["doctor"])
        .with(3)
        .shows("(1.80.0 is too old: ")
        .says("`rustup update`");
    only_here(&["build"])
        .with(3)
        .says("(there is 1.80.0) is missing: `rustup update; rustup target add");
    Ok(())
}

/// Cargo and what it has started end with the one who wanted the build.
fn interrupted_build() -> Result<(), Failed> {
    let path = env::var("PATH").unwrap_or_default();
    for signal in [Signal::TERM, Signal::HUP] {
        let repository = Repository::new();
        fake_rustc(&repository, "99.0.0")?;
        repository.program("flip-link", "#!/bin/sh\n");
        let pid = repository.path().join("pid");
        let shown = pid.display();
        repository.program(
            "cargo",
            &format!(
                "#!/bin/sh\nsleep 300 &\necho $! > {shown}.new; mv {shown}.new {shown}\nwait\n"
            ),
        );
        let mut hil = with_programs(&repository, &["build"], &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        await_that("cargo has started", || pid.exists());
        let ours = Pid::from_raw(i32::try_from(hil.id())?).ok_or("no process")?;
        kill_process(ours, signal)?;
        assert_eq!(hil.wait()?.code(), Some(130));
        await_end(&fs::read_to_string(&pid)?);
    }
    Ok(())
}

/// Waits for the end of a process that is no child of this one.
#[track_caller]
fn await_end(pid: &str) {
    let stat = format!("/proc/{}/stat", pid.trim());
    await_that("the process has ended", || {
        // It stays a zombie until its parent reaps it, which may never be.
        !fs::read_to_string(&stat).is_ok_and(|state| !state.contains(") Z "))
    });
}

#[track_caller]
fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A folder of programs with everything that is required.
fn complete_tools(repository: &Repository) -> Result<(), Failed> {
    fake_rustc(repository, "99.0.0")?;
    for (tool, version) in [
        ("cargo", "cargo 99.0.0"),
        ("cargo-fmt", "rustfmt 1.9.0-stable"),
        ("cargo-clippy", "clippy 0.1.99"),
        ("flip-link", ""),
        ("qemu-system-arm", "QEMU emulator version 7.2.0 (Debian)"),
    ] {
        repository.program(tool, &format!("#!/bin/sh\necho '{version}'\n"));
    }
    Ok(())
}

/// `hil doctor` with the tools of the repository and no others.
fn doctor_with_tools_of(repository: &Repository) -> Ended {
    let mut command = command(repository.path(), &["doctor"]);
    command.env("PATH", repository.path());
    ended(command)
}

fn doctor_with_complete_tools() -> Result<(), Failed> {
    let repository = Repository::new();
    complete_tools(&repository)?;
    let ended = doctor_with_tools_of(&repository).with(0);
    assert_eq!(ended.err, "");
    let rows: Vec<Vec<_>> = ended
        .out
        .lines()
        .skip(1)
        .map(|row| {
            row.split("  ")
                .filter(|cell| !cell.is_empty())
                .map(str::trim)
                .collect()
        })
        .collect();
    let expected: [[&str; 4]; 9] = [
        ["rustc", "99.0.0", "everything", "-"],
        ["cargo", "99.0.0", "everything", "-"],
        [TARGET, "in the sysroot", "images", "-"],
        ["rustfmt", "1.9.0-stable", "verify", "-"],
        ["clippy", "0.1.99", "verify", "-"],
        ["flip-link", "in PATH", "images", "-"],
        ["qemu-system-arm", "7.2.0", "virtual board", "-"],
        [
            "llvm-tools",
            "not there",
            "recipes",
            "rustup component add llvm-tools",
        ],
        [
            "cargo-binutils",
            "not there",
            "recipes",
            "cargo install cargo-binutils --locked",
        ],
    ];
    assert_eq!(rows, expected);
    Ok(())
}

/// Each requirement by itself makes the exit code 3, and nothing else is called missing.
fn doctor_without_one_tool() -> Result<(), Failed> {
    for (tool, install) in [
        ("cargo-fmt", "rustup component add rustfmt"),
        ("flip-link", "cargo install flip-link --locked"),
        ("qemu-system-arm", "apt-get install qemu-system-arm"),
    ] {
        let repository = Repository::new();
        complete_tools(&repository)?;
        fs::remove_file(repository.path().join(tool))?;
        let ended = doctor_with_tools_of(&repository).with(3);
        assert_eq!(ended.out.matches("MISSING").count(), 1, "{}", ended.out);
        ended.says(&format!("run `{install}`"));
    }
    Ok(())
}

/// The virtual board does not start with this emulator: `doctor` must not be content with it.
fn doctor_with_old_emulator() -> Result<(), Failed> {
    let repository = Repository::new();
    complete_tools(&repository)?;
    let emulator = "#!/bin/sh\necho 'QEMU emulator version 6.2.0'\n";
    repository.program("qemu-system-arm", emulator);
    doctor_with_tools_of(&repository)
        .with(3)
        .shows("qemu-system-arm (6.2.0 is too old: 7.2 or newer is needed)")
        .says("run `apt-get install qemu-system-arm`");
    Ok(())
}

/// A wrapper of the emulator that does not answer is ended with what it has started.
fn doctor_with_hanging_emulator() -> Result<(), Failed> {
    let repository = Repository::new();
    complete_tools(&repository)?;
    let pid = repository.path().join("pid");
    let emulator = format!(
        "#!/bin/sh\n/bin/sleep 300 &\necho $! > {}\nwait\n",
        pid.display()
    );
    repository.program("qemu-system-arm", &emulator);
    doctor_with_tools_of(&repository)
        .with(3)
        .shows("qemu-system-arm (no answer within 10 s)")
        .says("run `apt-get install qemu-system-arm`");
    await_end(&fs::read_to_string(&pid)?);
    Ok(())
}

/// With the tools of this machine, which can build images.
fn doctor_with_real_tools() -> Result<(), Failed> {
    let ended = hil(Repository::new().path(), &["doctor"]);
    for name in ["rustc", "cargo", TARGET, "flip-link"] {
        let row = ended.out.lines().find(|row| row.starts_with(name));
        assert!(
            row.is_some_and(|row| !row.contains("MISSING")),
            "{name} is found in\n{}",
            ended.out
        );
    }
    // The virtual board and `cargo verify` need more than builds do.
    let code = if ended.out.contains("MISSING") { 3 } else { 0 };
    ended.with(code);
    Ok(())
}

fn build() -> Result<(), Failed> {
    let repository = Repository::new();
    let below = repository.file("src");
    let ended = hil(&below, &["build", "--profile", "debug"]).with(1);
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    let identity = ended.out.split(' ').next().unwrap();
    assert_eq!(identity.len(), 40, "{identity}");
    ended
        .says("breaks its contract: chip-memory: memory.x declares RAM")
        .says("help: memory.x declares memory that the chip does not have");
    Ok(())
}

fn broken_source() -> Result<(), Failed> {
    let repository = Repository::new();
    repository.edit("src/main.rs", "#![no_std]", "");
    let ended = hil(repository.path(), &["build"]).with(1);
    assert_eq!(ended.out, "");
    ended
        .says("can't find crate for `std`")
        .says("cargo printed the cause above");
    repository.edit("Cargo.toml", "[package]", "[packag]");
    hil(repository.path(), &["build"])
        .with(3)
        .says("cargo could not begin to build");
    fs::remove_file(repository.file("memory.x"))?;
    hil(repository.path(), &["build"])
        .with(3)
        .says("cannot read")
        .says("could not begin");
    Ok(())
}

fn size() -> Result<(), Failed> {
    let repository = Repository::new();
    hil(repository.path(), &["size"])
        .with(0)
        .shows("there is no baseline")
        .shows("headroom");
    hil(repository.path(), &["size", "--bless"]).with(0);
    let baseline = fs::read_to_string(repository.file("size.toml"))?;
    hil(repository.path(), &["size", "--bless"]).with(0);
    assert_eq!(fs::read_to_string(repository.file("size.toml"))?, baseline);

    repository.edit(
        "src/main.rs",
        "#[panic_handler]",
        "#[used]\nstatic GROWN: [u8; 5000] = [7; 5000];\n\n#[panic_handler]",
    );
    let ended = hil(repository.path(), &["size"]).with(1);
    ended
        .shows("since the baseline")
        .says("exceeds its budget")
        .says("+5000 B  more_ram_than_the_chip::GROWN (0 to 5000)");

    fs::write(repository.file("size.toml"), "[a]\nflash = 1\n")?;
    hil(repository.path(), &["size"])
        .with(2)
        .says("is not a valid baseline");
    Ok(())
}
