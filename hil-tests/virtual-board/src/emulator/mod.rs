//! QEMU as a process: started, found too old, watched, and ended with everything it started.

mod access_log;
mod gdb;
mod guest_clock;
mod qmp;
mod qtest;
mod serial;
mod socket;
mod timeout;

pub(crate) use access_log::AccessLog;
pub(crate) use gdb::{GdbClient, StopReason};
pub(crate) use guest_clock::GuestClock;
pub(crate) use qmp::QmpClient;
pub(crate) use qtest::{LineChange, QtestClient, bytes_of, word_of, write_request};
pub(crate) use serial::SerialClient;
pub use timeout::ResponseTimeout;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::machine::MACHINE;
use socket::FramedSocket;

/// The emulator, as it is looked up in `PATH`.
pub const PROGRAM: &str = "qemu-system-arm";

/// The command that installs it.
const INSTALL: &str = "apt-get install qemu-system-arm";

/// The oldest emulator that can be used.
pub const MIN_VERSION: EmulatorVersion = EmulatorVersion { major: 7, minor: 2 };

/// What a shell exits with where there is no such command.
const COMMAND_NOT_FOUND: i32 = 127;

/// The shell that runs the emulator.
const SHELL: &str = "/bin/sh";

/// Runs the emulator, and ends its process group and removes its folder once standard input
/// closes: the kernel closes it however the parent ends.
const WATCHDOG: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & emulator=$!
{ read -r _ <&3; rm -rf "$folder"; kill -9 0; } >/dev/null 2>&1 &
exec 3<&- >/dev/null
wait $emulator
echo $? >"$folder/status"
wait
"#;

/// The socket of the UART.
const UART: &str = "uart";
/// Where the watchdog writes what the emulator exited with.
const STATUS: &str = "status";
/// Where the emulator's standard error goes.
const STDERR: &str = "stderr";

/// How long an emulator whose socket has closed may take to exit.
const EXIT_GRACE: Duration = Duration::from_millis(500);
/// How often a socket or a file that is about to appear is looked for.
const RETRY_EVERY: Duration = Duration::from_millis(2);

/// A version of QEMU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmulatorVersion {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
}

impl fmt::Display for EmulatorVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why the emulator cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// There is none on this computer.
    #[error("qemu-system-arm is not installed: {INSTALL}")]
    NotInstalled,
    /// It is older than [`MIN_VERSION`].
    #[error("qemu-system-arm {found} is too old, {MIN_VERSION} or newer is needed: {INSTALL}")]
    TooOld {
        /// Its version.
        found: EmulatorVersion,
    },
    /// It exited by itself, or was killed.
    #[error("the emulator exited ({status}){}", details(.stderr))]
    Exited {
        /// What it exited with.
        status: ExitStatus,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// It runs, but does not answer.
    #[error("the emulator did not answer `{request}` within {} s{}", limit.as_secs_f64(), details(.stderr))]
    NotResponding {
        /// The request without an answer.
        request: String,
        /// How long the answer was waited for.
        limit: Duration,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// It refused a request, or its answer makes no sense.
    #[error("the emulator answered `{reply}` to `{request}`")]
    UnexpectedReply {
        /// The request.
        request: String,
        /// The answer.
        reply: String,
    },
    /// A file, a process or a socket failed.
    #[error("the emulator cannot be reached")]
    Io(#[source] io::Error),
}

impl From<io::Error> for EmulatorError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn details(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

/// Starts the emulator as a virtual board would, reads its version, and ends it: what passes here
/// can be used, and what fails here fails there with the same error.
///
/// # Errors
/// The emulator is not installed, older than [`MIN_VERSION`], exits, or does not answer within
/// `limit`. Whatever it has started is ended in each case.
pub fn probe_emulator(program: &Path, limit: Duration) -> Result<EmulatorVersion, EmulatorError> {
    let timeout = ResponseTimeout::new(limit);
    let mut emulator = Emulator::spawn(program, Stdio::null(), timeout)?;
    Ok(emulator.connect()?.qmp.version())
}

/// A running emulator. Dropped, its process group is gone, and its folder with it.
#[derive(Debug)]
pub(crate) struct Emulator {
    program: PathBuf,
    watchdog: Child,
    folder: TempDir,
    timeout: ResponseTimeout,
}

/// The connected clients of an emulator.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) qtest: QtestClient,
    pub(crate) qmp: QmpClient,
    pub(crate) gdb: GdbClient,
    pub(crate) serial: SerialClient,
}

impl Emulator {
    /// Starts an emulated micro:bit that stands before its first instruction.
    pub(crate) fn spawn(
        program: &Path,
        stdout: Stdio,
        timeout: ResponseTimeout,
    ) -> Result<Self, EmulatorError> {
        let folder = tempfile::Builder::new()
            .prefix("lockstep-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()?;
        let mut command = Command::new(SHELL);
        command.args(["-c", WATCHDOG, "sh"]).arg(folder.path());
        command.arg(program).args(["-M", MACHINE, "-accel", "tcg"]);
        command.args(["-nographic", "-monitor", "none", "-S"]);
        let uart = folder.path().join(UART);
        let uart = format!(
            "socket,id={UART},path={},server=on,wait=off",
            uart.display()
        );
        command.args(["-chardev", &uart, "-serial", &format!("chardev:{UART}")]);
        // Without it every request is written to standard error.
        command.args(["-qtest-log", "none"]);
        // What the firmware does with peripherals that are not emulated.
        command.args(["-d", "unimp", "-D"]);
        command.arg(AccessLog::path(folder.path()));
        // An instruction takes 64 ns and sleep takes no time of the host. The board's real time is
        // kept by stopping the machine where it is ahead.
        command.args(["-icount", "shift=6,sleep=off"]);
        for name in ["qtest", "qmp", "gdb"] {
            let path = folder.path().join(name);
            command.arg(format!("-{name}"));
            command.arg(format!("unix:{},server=on,wait=off", path.display()));
        }
        let watchdog = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(File::create(folder.path().join(STDERR))?)
            .spawn()?;
        Ok(Self {
            program: program.to_owned(),
            watchdog,
            folder,
            timeout,
        })
    }

    /// Connects to all of the emulator's sockets, and checks its version.
    pub(crate) fn connect(&mut self) -> Result<Clients, EmulatorError> {
        let timeout = self.timeout.clone();
        // The gdb stub stops the machine when it is connected to, so it comes last.
        let qtest = QtestClient::new(self.open("qtest")?, timeout.clone());
        let qmp = QmpClient::negotiate(self.open("qmp")?, timeout.clone());
        let mut qmp = qmp.map_err(|error| self.failure("qmp_capabilities", error))?;
        if qmp.version() < MIN_VERSION {
            let found = qmp.version();
            return Err(EmulatorError::TooOld { found });
        }
        qmp.drain_while_waiting(qtest.reader());
        let gdb = GdbClient::handshake(self.open("gdb")?, timeout);
        let mut gdb = gdb.map_err(|error| self.failure("qXfer:features", error))?;
        gdb.drain_while_waiting(qtest.reader());
        let (uart, _) = self.open(UART)?.split();
        let serial = SerialClient::new(uart)?;
        Ok(Clients {
            qtest,
            qmp,
            gdb,
            serial,
        })
    }

    /// Sets up the clock that tells the machine's virtual time, on a piped standard output.
    pub(crate) fn guest_clock(
        &mut self,
        clients: &mut Clients,
    ) -> Result<GuestClock, EmulatorError> {
        let socket = self.folder().join("clock");
        for (command, arguments) in guest_clock::commands(&socket) {
            let executed = clients.qmp.execute(command, Some(arguments));
            executed.map_err(|error| self.failure(command, error))?;
        }
        let stdout: Option<ChildStdout> = self.watchdog.stdout.take();
        let capture = stdout.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let (packets, _) = self.open("clock")?.split();
        let companion = clients.qtest.reader();
        let clock = GuestClock::new(packets, capture.into(), companion, self.timeout.clone());
        clock.map_err(|error| self.failure("clock", error))
    }

    /// Connects to a socket that the emulator is about to open.
    fn open(&mut self, name: &str) -> Result<FramedSocket, EmulatorError> {
        let mut wait = self.timeout.start();
        loop {
            match FramedSocket::connect(&self.folder().join(name)) {
                Ok(socket) => return Ok(socket),
                Err(error) if self.has_exited() => return Err(self.failure(name, error)),
                Err(_) if wait.is_over() => {
                    return Err(self.failure(name, io::ErrorKind::TimedOut.into()));
                }
                Err(_) => thread::sleep(RETRY_EVERY),
            }
        }
    }

    /// The cause behind a client that failed: the emulator is gone, or it hangs.
    pub(crate) fn failure(&mut self, request: &str, error: io::Error) -> EmulatorError {
        let request = request.to_owned();
        match error.kind() {
            io::ErrorKind::TimedOut => EmulatorError::NotResponding {
                request,
                limit: self.timeout.limit(),
                stderr: self.stderr(),
            },
            io::ErrorKind::InvalidData => EmulatorError::UnexpectedReply {
                request,
                reply: error.to_string(),
            },
            _ => match self.await_exit() {
                Some(status) => self.exited(status),
                None => EmulatorError::Io(error),
            },
        }
    }

    fn exited(&self, status: ExitStatus) -> EmulatorError {
        let stderr = self.stderr();
        let not_found = match self.program.components().nth(1) {
            Some(_) => !self.program.exists(),
            None => stderr.contains("not found"),
        };
        match status.code() {
            Some(COMMAND_NOT_FOUND) if not_found => EmulatorError::NotInstalled,
            _ => EmulatorError::Exited { status, stderr },
        }
    }

    /// What the emulator exits with, if it is about to.
    fn await_exit(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + EXIT_GRACE;
        while !self.has_exited() && Instant::now() < end {
            thread::sleep(RETRY_EVERY);
        }
        if let Some(code) = self.status() {
            // A shell tells a signal as 128 and its number.
            return Some(ExitStatus::from_raw(match code {
                signal @ 129.. => signal - 128,
                code => code << 8,
            }));
        }
        self.watchdog.try_wait().ok().flatten()
    }

    fn has_exited(&mut self) -> bool {
        let watchdog = self.watchdog.try_wait();
        self.status().is_some() || !matches!(watchdog, Ok(None))
    }

    /// What the watchdog wrote of the emulator's exit, once its line is whole.
    fn status(&self) -> Option<i32> {
        let status = fs::read_to_string(self.folder().join(STATUS)).ok()?;
        status.strip_suffix('\n')?.parse().ok()
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.folder().join(STDERR)).unwrap_or_default()
    }

    /// The process id of the watchdog, whose first child is the emulator.
    pub(crate) fn watchdog_pid(&self) -> u32 {
        self.watchdog.id()
    }

    /// The private folder with the sockets.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How long it may leave a request unanswered.
    pub(crate) fn timeout(&self) -> &ResponseTimeout {
        &self.timeout
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // The watchdog ends with its input; nothing is left to do if it cannot be waited for.
        let _ = self.watchdog.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An emulator that is this script.
    fn script(text: &str) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("emulator");
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        (folder, program)
    }

    fn probe(text: &str, limit: Duration) -> EmulatorError {
        let (_folder, program) = script(text);
        probe_emulator(&program, limit).unwrap_err()
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let version = |major, minor| EmulatorVersion { major, minor };
        assert!(version(6, 9) < MIN_VERSION);
        assert!(version(7, 2) >= MIN_VERSION && version(10, 0) > MIN_VERSION);
        let found = version(6, 9);
        let error = EmulatorError::TooOld { found }.to_string();
        assert!(error.starts_with("qemu-system-arm 6.9 is too old, 7.2"));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_installed() {
        for program in ["/nowhere/qemu-system-arm", "no-such-emulator"] {
            let error = probe_emulator(Path::new(program), Duration::from_secs(10));
            assert!(
                matches!(error, Err(EmulatorError::NotInstalled)),
                "{error:?}"
            );
        }
    }

    #[test]
    fn an_exit_has_its_status_and_standard_error() {
        let error = probe("echo no such machine >&2; exit 1", Duration::from_secs(10));
        let text = "the emulator exited (exit status: 1): no such machine";
        assert_eq!(error.to_string(), text);
        let error = probe("kill -TERM $$", Duration::from_secs(10));
        assert!(error.to_string().contains("signal: 15"), "{error}");
        // A library that is missing is no missing program.
        let error = probe(
            "echo library not found >&2; exit 127",
            Duration::from_secs(10),
        );
        assert!(matches!(error, EmulatorError::Exited { .. }), "{error}");
    }

    #[test]
    fn a_wrapper_that_does_not_answer_is_ended_with_its_children() {
        let child = tempfile::NamedTempFile::new().unwrap();
        let wrapper = format!("sleep 1000 & echo $! >{}; wait", child.path().display());
        let limit = Duration::from_millis(500);
        let error = probe(&wrapper, limit);
        assert!(
            matches!(error, EmulatorError::NotResponding { .. }),
            "{error}"
        );
        let pid = fs::read_to_string(child.path()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while rustix::process::test_kill_process(pid).is_ok() {
            assert!(Instant::now() < end, "the wrapper's child is still there");
            thread::yield_now();
        }
    }
}
