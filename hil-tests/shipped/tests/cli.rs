//! The command line as people and scripts meet it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed};
use lockstep_images::images::board::BOARDS;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const TARGET: &str = "thumbv6m-none-eabi";

/// The one board of the workspaces here.
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
            verify_without_consent,
            false,
        ),
        ("no-boards-end-with-2", no_boards, false),
        (
            "a-broken-board-file-ends-with-2-and-its-place",
            broken_board_file,
            false,
        ),
        #[cfg(unix)]
        (
            "an-interrupted-build-ends-cargo-and-ends-with-130",
            interrupted_build,
            false,
        ),
        #[cfg(unix)]
        (
            "a-rust-that-is-too-old-is-told-by-doctor-and-by-build",
            old_rust,
            false,
        ),
        ("doctor-is-content-where-all-is-there", doctor, true),
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

/// A repository with a board of its own, made from a fixture that needs no dependency.
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
        Self { folder }
    }

    /// Puts a program into the folder.
    fn program(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
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

/// Nothing is run before everything that must be agreed to is.
fn verify_without_consent() -> Result<(), Failed> {
    let repository = Repository::new();
    for tool in ["apt-get", "sudo"] {
        repository.program(tool, "#!/bin/sh\ntouch \"$0.was-run\"\n");
    }
    let mut command = command(repository.path(), &["verify"]);
    command.env("PATH", repository.path());
    let ended = ended(command).with(3);
    assert_eq!(ended.out, "");
    ended
        .says("nobody has agreed to a change of the system that adds qemu-system-arm")
        .says(
            "apt-get install -y --no-install-recommends qemu-system-arm`, or `cargo verify --yes`",
        );
    assert!(!repository.path().join("apt-get.was-run").exists());
    assert!(!repository.path().join("sudo.was-run").exists());
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
        .says("rustup target add thumbv6m-none-eabi` adds it")
        .says("`cargo install flip-link --locked` adds it");
    Ok(())
}

fn no_boards() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for command in ["build", "size"] {
        hil(folder.path(), &[command])
            .with(2)
            .says("cannot read `firmware-core/boards`");
    }
    hil(folder.path(), &["doctor"])
        .says("there is no board here")
        .shows("flip-link");
    let repository = Repository::new();
    hil(repository.path(), &["build", "nobody"])
        .with(2)
        .says("there is no board `nobody`: there are more-ram-than-the-chip");
    Ok(())
}

fn broken_board_file() -> Result<(), Failed> {
    let repository = Repository::new();
    repository.edit("board.toml", "bytes = 16384", "bytes = \"16K\"");
    hil(repository.path(), &["build"])
        .with(2)
        .says("board.toml` describes no board")
        .says("line 11");
    repository.edit("board.toml", "bytes = \"16K\"", "bytes = 16384");
    repository.edit("board.toml", "name = \"more", "name = \"less");
    hil(repository.path(), &["build"])
        .with(2)
        .says("stands in a folder of another name");
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
#[cfg(unix)]
fn fake_rustc(repository: &Repository, version: &str) {
    let sysroot = repository.path().display().to_string();
    let target = repository.path().join("lib/rustlib").join(TARGET);
    fs::create_dir_all(target.join("lib")).unwrap();
    let facts = format!("release: {version}\\nhost: here\\n");
    repository.program(
        "rustc",
        &format!("#!/bin/sh\ncase $1 in -vV) printf '{facts}' ;; *) echo {sysroot} ;; esac\n"),
    );
}

/// The command with the repository's programs before all others.
#[cfg(unix)]
fn with_programs(repository: &Repository, arguments: &[&str], others: &str) -> Command {
    let mut command = command(repository.path(), arguments);
    command.env("PATH", format!("{}:{others}", repository.path().display()));
    command
}

/// What builds need and what doctor shows are the same.
#[cfg(unix)]
fn old_rust() -> Result<(), Failed> {
    let repository = Repository::new();
    fake_rustc(&repository, "1.80.0");
    for tool in ["cargo", "rustup", "flip-link"] {
        repository.program(tool, "#!/bin/sh\n");
    }
    let only_here = |arguments: &[&str]| ended(with_programs(&repository, arguments, "/bin"));
    only_here(&["doctor"])
        .with(3)
        .shows("(1.80.0 is too old)")
        .says("`rustup update`");
    only_here(&["build"])
        .with(3)
        .says("(there is 1.80.0) is missing: `rustup update; rustup target add");
    Ok(())
}

/// Cargo and what it has started end with the one who wanted the build.
#[cfg(unix)]
fn interrupted_build() -> Result<(), Failed> {
    let path = env::var("PATH").unwrap_or_default();
    for signal in [Signal::TERM, Signal::HUP] {
        let repository = Repository::new();
        fake_rustc(&repository, "99.0.0");
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
        let child = fs::read_to_string(&pid)?.trim().to_owned();
        await_that("what cargo started has ended", || {
            // One that has ended stays until it is reaped; nobody may be there to do so.
            let state = fs::read_to_string(format!("/proc/{child}/stat"));
            !state.is_ok_and(|state| !state.contains(") Z "))
        });
    }
    Ok(())
}

#[track_caller]
fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn doctor() -> Result<(), Failed> {
    let ended = hil(Repository::new().path(), &["doctor"]);
    // Only building is known to be possible: a virtual board and `cargo verify` need more.
    let missing = ended.out.lines().filter(|line| line.contains("MISSING"));
    let missing: Vec<_> = missing.filter_map(|line| line.split(' ').next()).collect();
    let may_be = ["qemu-system-arm", "rustfmt", "clippy"];
    assert!(
        missing.iter().all(|name| may_be.contains(name)),
        "{}",
        ended.out
    );
    assert_eq!(ended.code, Some(if missing.is_empty() { 0 } else { 3 }));
    ended.shows("thumbv6m-none-eabi").shows("flip-link");
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
        .says("breaks its contract: chip-memory: memory.x promises RAM")
        .says("help: memory.x promises what the chip does not have");
    Ok(())
}

fn broken_source() -> Result<(), Failed> {
    let repository = Repository::new();
    repository.edit("src/main.rs", "#![no_std]", "");
    let ended = hil(repository.path(), &["build"]).with(1);
    assert_eq!(ended.out, "");
    ended
        .says("can't find crate for `std`")
        .says("cargo says why, above");
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
        .says("takes more than its budget")
        .says("+5000 B  more_ram_than_the_chip::GROWN (0 to 5000)");

    fs::write(repository.file("size.toml"), "[a]\nflash = 1\n")?;
    hil(repository.path(), &["size"])
        .with(2)
        .says("is no baseline");
    Ok(())
}
