//! The emulated micro:bit: QEMU started, watched and ended by us.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::gdb::Stub;
use super::pins::{PINS, Pins, TickClock};
use super::socket::Socket;

/// The oldest emulator that does all of this: major and minor.
pub const OLDEST: (u64, u64) = (7, 2);
/// The machine, as QEMU names it.
pub const MACHINE: &str = "microbit";
/// What a shell ends with where there is no such command.
const NOT_FOUND: i32 = 127;
/// The chip, among the objects of the machine.
const CHIP: &str = "/machine/nrf51";
/// The levels of outputs, and which pins are outputs (nRF51 Series Reference Manual v3.0, section
/// 14.2).
const GPIO_OUT: u32 = 0x5000_0504;
const GPIO_DIR: u32 = 0x5000_0514;
/// The event of a reset.
const RESET: &str = "\"RESET\"";
/// How long the machine may take over one request.
pub(super) const DEADLINE: Duration = Duration::from_secs(4);
/// How long the machine may say nothing before it is asked whether it is still there: with
/// [`DEADLINE`] less than the five seconds in which a hang must be told.
const QUIET: Duration = Duration::from_millis(500);

/// Runs QEMU and ends it, and its folder, once standard input closes: the
/// kernel closes it however the parent ends.
const WATCH: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & machine=$!
{ read -r _ <&3; kill -9 $machine; } 2>/dev/null >&2 & watch=$!
exec 3<&-
wait $machine; code=$?
: >"$folder/ended"
kill $watch 2>/dev/null
if read -r _; then :; fi
rm -rf "$folder"
exit $code
"#;

/// How long a machine that has hung up may take to end.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// What the wrapper leaves in the folder once QEMU has ended.
const ENDED: &str = "ended";

/// Reset vector and handlers of a blank chip: stack, reset, NMI, hard fault, `wfi; b .-2`.
const STUB: [u32; 5] = [0x2000_4000, 0x11, 0x11, 0x11, 0xe7fd_bf30];

/// Why the machine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// No emulator on this computer.
    #[error("qemu-system-arm is not installed: apt-get install qemu-system-arm")]
    Missing,
    /// The emulator is older than what this was built on.
    #[error("qemu-system-arm {found} is too old, {oldest} or newer is needed: apt-get install qemu-system-arm", oldest = version(OLDEST))]
    TooOld {
        /// The version it says it is.
        found: String,
    },
    /// The emulator ended by itself.
    #[error("the machine ended ({status}){}", said(.stderr))]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// What it wrote on standard error.
        stderr: String,
    },
    /// The emulator lives, but does not answer.
    #[error("the machine did not answer `{request}` in {} s{}", DEADLINE.as_secs(), said(.stderr))]
    Hangs {
        /// The request it left open.
        request: String,
        /// What it wrote on standard error.
        stderr: String,
    },
    /// The emulator refused a request.
    #[error("the machine answered `{reply}` to `{request}`")]
    Refused {
        /// The request.
        request: String,
        /// Its answer.
        reply: String,
    },
    /// The port has no such pin.
    #[error("there is no pin P0.{0:02}: the last one is P0.{last}", last = PINS - 1)]
    Pin(u8),
    /// A file, a process or a socket failed.
    #[error("the machine could not be reached: {0}")]
    Io(#[from] io::Error),
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

/// How fast the machine's clock goes. Instructions are that clock, whatever the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// A tick takes its millisecond, and somewhat more for what the host does in it.
    #[default]
    RealTime,
    /// Sleep costs nothing.
    Fast,
}

/// A running QEMU and the sockets to it; dropped, it is gone with its folder.
#[derive(Debug)]
pub struct Machine {
    child: Child,
    folder: TempDir,
    /// Shared with the other sockets, which read it while they wait.
    pub(super) qtest: Arc<Mutex<Socket>>,
    qmp: Socket,
    pub(super) stub: Stub,
    /// Whether the chip was reset, by itself or by us, since it was last asked.
    reset_seen: bool,
    pub(super) pins: Pins,
    pub(super) clock: Option<TickClock>,
    /// When it last answered.
    answered: Instant,
}

impl Machine {
    /// Starts a machine with blank flash, halted before its first instruction.
    ///
    /// # Errors
    /// QEMU is missing, ends or does not answer.
    pub fn start(pace: Pace) -> Result<Self, MachineError> {
        let folder = tempfile::Builder::new()
            .prefix("lockstep-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()?;
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "sh"]).arg(folder.path());
        command.args(["qemu-system-arm", "-M", MACHINE, "-accel", "tcg"]);
        command.args(["-nographic", "-monitor", "none", "-serial", "null", "-S"]);
        // Without it every request is written to standard error.
        command.args(["-qtest-log", "none"]);
        // A host that is busy then makes the board late, and moves nothing against its ticks.
        command.args([
            "-icount",
            match pace {
                Pace::RealTime => "shift=6,sleep=on,align=on",
                Pace::Fast => "shift=6,sleep=off",
            },
        ]);
        for name in ["qtest", "qmp", "gdb"] {
            let path = folder.path().join(name);
            command.arg(format!("-{name}"));
            command.arg(format!("unix:{},server=on,wait=off", path.display()));
        }
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("stderr"))?)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => MachineError::Missing,
                _ => error.into(),
            })?;
        let (qtest, qmp, stub) = match sockets(&mut child, folder.path()) {
            Ok(sockets) => sockets,
            Err(error) => {
                end(&mut child);
                return Err(error);
            }
        };
        let mut machine = Self {
            child,
            folder,
            qtest,
            qmp,
            stub,
            reset_seen: false,
            pins: Pins::default(),
            clock: None,
            answered: Instant::now(),
        };
        machine.boot_blank()?;
        Ok(machine)
    }

    fn boot_blank(&mut self) -> Result<(), MachineError> {
        let greeting = self.qmp.line(soon());
        let greeting = greeting.map_err(|e| self.failure("greeting", e))?;
        check_version(&greeting)?;
        self.qmp("qmp_capabilities")?;
        self.qtest(&format!("irq_intercept_out {CHIP}"))?;
        self.write_word(0x4001_e504, 2)?;
        self.write_word(0x4001_e50c, 1)?;
        self.write_word(0x4001_e504, 1)?;
        for (address, word) in (0..).step_by(4).zip(STUB) {
            self.write_word(address, word)?;
        }
        self.write_word(0x4001_e504, 0)?;
        self.reset()
    }

    /// Resets the chip as its reset line does, and waits until it is done.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub fn reset(&mut self) -> Result<(), MachineError> {
        self.note_resets()?;
        self.reset_seen = false;
        self.qmp("system_reset")?;
        let until = soon();
        while !self.reset_seen {
            let line = self.qmp.line(until);
            let line = line.map_err(|e| self.failure("system_reset", e))?;
            self.reset_seen = line.contains(RESET);
        }
        // The machine stands: what it said of its pins, it said before the reset.
        self.hear_pins()?;
        self.pins.settle(0);
        self.drive_again()
    }

    /// Whether the chip was reset since the last time this was asked.
    ///
    /// # Errors
    /// The machine ended.
    pub fn was_reset(&mut self) -> Result<bool, MachineError> {
        self.note_resets()?;
        let seen = std::mem::take(&mut self.reset_seen);
        if seen {
            self.drive_again()?;
            // It runs, and may have moved its pins again: what it says of them after this, it
            // does after this.
            let outputs = self.read_word(GPIO_DIR)?;
            let levels = self.read_word(GPIO_OUT)? & outputs;
            self.pins.settle(levels);
        }
        Ok(seen)
    }

    /// Drives an input pin, and holds it through resets.
    ///
    /// # Errors
    /// There is no such pin, or the machine ended or does not answer.
    pub fn drive(&mut self, pin: u8, high: bool) -> Result<(), MachineError> {
        if pin >= PINS {
            return Err(MachineError::Pin(pin));
        }
        self.pins.note_level(pin, high);
        let level = u8::from(high);
        self.qtest(&format!("set_irq_in {CHIP} unnamed-gpio-in {pin} {level}"))
            .map(drop)
    }

    /// Drives every pin as it was before a reset.
    fn drive_again(&mut self) -> Result<(), MachineError> {
        for (pin, high) in self.pins.levels() {
            self.drive(pin, high)?;
        }
        Ok(())
    }

    /// Takes the events that wait, so that they never pile up.
    fn note_resets(&mut self) -> Result<(), MachineError> {
        loop {
            match self.qmp.line(Instant::now()) {
                Ok(line) => self.reset_seen |= line.contains(RESET),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(()),
                Err(error) => return Err(self.failure("events", error)),
            }
        }
    }

    /// Reads one aligned word over the bus.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub fn read_word(&mut self, address: u32) -> Result<u32, MachineError> {
        let request = format!("readl {address:#x}");
        let reply = self.qtest(&request)?;
        let hex = reply.trim_start_matches("0x");
        match u64::from_str_radix(hex, 16).map(u32::try_from) {
            Ok(Ok(word)) => Ok(word),
            _ => Err(MachineError::Refused { request, reply }),
        }
    }

    /// Writes one aligned word over the bus.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub fn write_word(&mut self, address: u32, word: u32) -> Result<(), MachineError> {
        self.qtest(&format!("writel {address:#x} {word:#x}"))
            .map(drop)
    }

    /// Reads bytes of memory.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), MachineError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let request = format!("read {address:#x} {:#x}", bytes.len());
        let reply = self.qtest(&request)?;
        let digits = reply.trim_start_matches("0x").as_bytes();
        let pairs = digits.chunks_exact(2).map(|pair| {
            let pair = str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        let read: Option<Vec<u8>> = pairs.collect();
        match read.filter(|read| read.len() == bytes.len()) {
            Some(read) => bytes.copy_from_slice(&read),
            None => return Err(MachineError::Refused { request, reply }),
        }
        Ok(())
    }

    /// Writes bytes of memory.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), MachineError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut request = format!("write {address:#x} {:#x} 0x", bytes.len());
        for byte in bytes {
            let _ = write!(request, "{byte:02x}");
        }
        self.qtest(&request).map(drop)
    }

    /// The process id of the wrapper that holds QEMU.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The private folder with the sockets.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sees to it that a machine that hangs is told, though nobody asks it anything.
    ///
    /// # Errors
    /// The machine ended or does not answer.
    pub(super) fn look_after(&mut self) -> Result<(), MachineError> {
        match self.answered.elapsed() > QUIET {
            true => self.qmp("query-status"),
            false => Ok(()),
        }
    }

    fn qtest(&mut self, request: &str) -> Result<String, MachineError> {
        let (line, until) = (format!("{request}\n"), soon());
        let mut qtest = lock(&self.qtest);
        let reply = qtest.send(line.as_bytes(), DEADLINE).and_then(|()| {
            loop {
                let line = qtest.line(until)?;
                if !self.pins.hear(&line) {
                    return Ok(line);
                }
            }
        });
        drop(qtest);
        let reply = reply.map_err(|e| self.failure(request, e))?;
        self.answered = Instant::now();
        match reply.strip_prefix("OK") {
            Some(value) => Ok(value.trim().to_owned()),
            None => Err(MachineError::Refused {
                request: request.to_owned(),
                reply,
            }),
        }
    }

    fn qmp(&mut self, name: &str) -> Result<(), MachineError> {
        let (request, until) = (format!("{{\"execute\":\"{name}\"}}\n"), soon());
        let reply = self.qmp.send(request.as_bytes(), DEADLINE).and_then(|()| {
            loop {
                let line = self.qmp.line(until)?;
                if !line.contains("\"event\"") {
                    return Ok(line);
                }
                self.reset_seen |= line.contains(RESET);
            }
        });
        let reply = reply.map_err(|e| self.failure(name, e))?;
        self.answered = Instant::now();
        if reply.contains("\"return\"") {
            return Ok(());
        }
        Err(MachineError::Refused {
            request: name.to_owned(),
            reply,
        })
    }

    pub(super) fn failure(&mut self, request: &str, error: io::Error) -> MachineError {
        failure(&mut self.child, self.folder.path(), request, error)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// When a request that starts now has taken too long.
fn soon() -> Instant {
    Instant::now() + DEADLINE
}

type Sockets = (Arc<Mutex<Socket>>, Socket, Stub);

/// QEMU writes each change of a pin to qtest and goes no further before it is written: whoever
/// waits for an answer elsewhere has to read there.
fn sockets(child: &mut Child, folder: &Path) -> Result<Sockets, MachineError> {
    let qtest = connect(child, folder, "qtest", Socket::connect)?;
    let qtest = Arc::new(Mutex::new(qtest));
    let mut qmp = connect(child, folder, "qmp", Socket::connect)?;
    qmp.accompany(&qtest);
    let mut stub = connect(child, folder, "gdb", |path| Stub::connect(path, DEADLINE))?;
    stub.accompany(&qtest);
    Ok((qtest, qmp, stub))
}

pub(super) fn lock(socket: &Mutex<Socket>) -> MutexGuard<'_, Socket> {
    socket.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect<T>(
    child: &mut Child,
    folder: &Path,
    name: &str,
    attempt: impl Fn(&Path) -> io::Result<T>,
) -> Result<T, MachineError> {
    let until = soon();
    loop {
        match attempt(&folder.join(name)) {
            Ok(socket) => return Ok(socket),
            Err(_) if !folder.join(ENDED).exists() && child.try_wait()?.is_none() => {
                if Instant::now() > until {
                    let late = io::ErrorKind::TimedOut.into();
                    return Err(failure(child, folder, name, late));
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(failure(child, folder, name, error)),
        }
    }
}

/// Names the cause behind a failed socket: the machine is gone, or it hangs.
fn failure(child: &mut Child, folder: &Path, request: &str, error: io::Error) -> MachineError {
    let stderr = || fs::read_to_string(folder.join("stderr")).unwrap_or_default();
    if error.kind() == io::ErrorKind::TimedOut {
        return MachineError::Hangs {
            request: request.to_owned(),
            stderr: stderr(),
        };
    }
    if error.kind() == io::ErrorKind::InvalidData {
        return MachineError::Refused {
            request: request.to_owned(),
            reply: error.to_string(),
        };
    }
    await_end(folder);
    // The folder goes with the wrapper.
    let stderr = stderr();
    drop(child.stdin.take());
    match child.wait() {
        Ok(status) if status.code() == Some(NOT_FOUND) && stderr.contains("not found") => {
            MachineError::Missing
        }
        Ok(status) => MachineError::Ended {
            // The wrapper reports a signal of QEMU as 128 and its number.
            status: match status.code() {
                Some(code) if code > 128 => ExitStatus::from_raw(code - 128),
                _ => status,
            },
            stderr,
        },
        Err(_) => MachineError::Io(error),
    }
}

/// A machine that is about to end does so with a cause of its own, if it is let.
fn await_end(folder: &Path) {
    let until = Instant::now() + ENDS_WITHIN;
    while !folder.join(ENDED).exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Reads the version from what the emulator says first.
fn check_version(greeting: &str) -> Result<(), MachineError> {
    let number = |name: &str| -> Option<u64> {
        let (_, after) = greeting.split_once(&format!("\"{name}\":"))?;
        let digits = after.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit())?;
        digits.get(..end)?.parse().ok()
    };
    match number("major").zip(number("minor")) {
        Some(found) if found >= OLDEST => Ok(()),
        Some(found) => Err(MachineError::TooOld {
            found: version(found),
        }),
        None => Err(MachineError::Refused {
            request: "greeting".to_owned(),
            reply: greeting.to_owned(),
        }),
    }
}

fn version((major, minor): (u64, u64)) -> String {
    format!("{major}.{minor}")
}

fn end(child: &mut Child) {
    drop(child.stdin.take());
    // The wrapper ends with its input; nothing is left to do if it cannot be waited for.
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_emulator_is_told_from_a_new_one() {
        let greeting = |major: u64, minor: u64| {
            format!(
                "{{\"QMP\": {{\"version\": {{\"qemu\": {{\"micro\": 22, \"minor\": {minor}, \"major\": {major}}}}}}}}}"
            )
        };
        for (major, minor) in [(7, 2), (8, 0), (10, 1)] {
            assert!(check_version(&greeting(major, minor)).is_ok());
        }
        let old = check_version(&greeting(6, 9)).unwrap_err().to_string();
        assert!(
            old.starts_with("qemu-system-arm 6.9 is too old, 7.2 or newer"),
            "{old}"
        );
        assert!(check_version("{}").is_err());
    }
}
