//! The emulated chip: its bus, its pins and its reset, over a running emulator.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::emulator::{
    AccessLog, Clients, Emulator, EmulatorError, GdbClient, GuestClock, LineChange, PROGRAM,
    ResponseTimeout, bytes_of, word_of, write_request,
};
use crate::memory_map::{GPIO_DIR, GPIO_OUT, NVMC_CONFIG, NVMC_ERASE, NVMC_ERASE_ALL, NVMC_WRITE};
use crate::pins::{PinMonitor, TickHook};
use crate::throttle::Throttle;
use crate::unemulated::Access;

/// The machine, as QEMU names it.
pub const MACHINE: &str = "microbit";
/// The chip, among the objects of the emulator.
const CHIP: &str = "/machine/nrf51";
/// How long the emulator may be silent before it is asked whether it is still there: with its
/// response timeout, less than the five seconds in which a hang must be told.
const MAX_SILENCE: Duration = Duration::from_millis(500);

/// What the flash of a blank chip holds: stack, reset, NMI, hard fault, and `wfi; b .-2`.
const BLANK_VECTORS: [u32; 5] = [0x2000_4000, 0x11, 0x11, 0x11, 0xe7fd_bf30];

/// How fast the machine's clock goes. An instruction takes the same time of it in each mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockMode {
    /// As fast as the wall clock. Time that is lost to the host is caught up, within a bound.
    #[default]
    RealTime,
    /// As fast as the host can: sleep takes no time.
    Unthrottled,
}

/// How a machine is started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MachineConfig {
    /// The emulator: a path, or a name to be looked up in `PATH`.
    pub emulator: PathBuf,
    /// How fast the clock goes.
    pub clock_mode: ClockMode,
    /// How long the emulator may leave a request unanswered.
    pub timeout: ResponseTimeout,
}

impl MachineConfig {
    /// A machine with this clock, and otherwise the defaults.
    #[must_use]
    pub fn new(clock_mode: ClockMode) -> Self {
        Self {
            emulator: PROGRAM.into(),
            clock_mode,
            timeout: ResponseTimeout::default(),
        }
    }

    /// The same with another emulator.
    #[must_use]
    pub fn with_emulator(self, emulator: impl Into<PathBuf>) -> Self {
        Self {
            emulator: emulator.into(),
            ..self
        }
    }

    /// The same with another timeout.
    #[must_use]
    pub fn with_timeout(self, timeout: ResponseTimeout) -> Self {
        Self { timeout, ..self }
    }
}

impl From<ClockMode> for MachineConfig {
    fn from(clock_mode: ClockMode) -> Self {
        Self::new(clock_mode)
    }
}

/// A running machine; dropped, the emulator is gone, and its folder with it.
#[derive(Debug)]
pub struct Machine {
    clients: Clients,
    access_log: AccessLog,
    /// What keeps it to real time; none where it is not throttled.
    pub(crate) real_time: Option<RealTime>,
    pub(crate) pins: PinMonitor,
    pub(crate) tick_hook: Option<TickHook>,
    /// When the emulator answered last.
    answered: Instant,
    /// Whether the core was let run since this was last asked.
    started: bool,
    /// After the clients, so that they are closed before it ends.
    emulator: Emulator,
}

/// The machine's clock, and what compares it with the wall clock.
#[derive(Debug)]
pub(crate) struct RealTime {
    pub(crate) clock: GuestClock,
    pub(crate) throttle: Throttle,
}

impl Machine {
    /// Starts a machine with blank flash, halted before its first instruction.
    ///
    /// # Errors
    /// The emulator is missing or too old, exits or does not answer.
    pub fn start(config: impl Into<MachineConfig>) -> Result<Self, EmulatorError> {
        let config = config.into();
        let stdout = match config.clock_mode {
            ClockMode::RealTime => Stdio::piped(),
            ClockMode::Unthrottled => Stdio::null(),
        };
        let mut emulator = Emulator::spawn(&config.emulator, stdout, config.timeout)?;
        let mut clients = emulator.connect()?;
        let real_time = match config.clock_mode {
            ClockMode::RealTime => Some(RealTime {
                clock: emulator.guest_clock(&mut clients)?,
                throttle: Throttle::default(),
            }),
            ClockMode::Unthrottled => None,
        };
        let mut machine = Self {
            clients,
            access_log: AccessLog::new(emulator.folder()),
            real_time,
            pins: PinMonitor::default(),
            tick_hook: None,
            answered: Instant::now(),
            started: false,
            emulator,
        };
        machine.boot_blank()?;
        Ok(machine)
    }

    fn boot_blank(&mut self) -> Result<(), EmulatorError> {
        self.request(&format!("irq_intercept_out {CHIP}"))?;
        self.write_word(NVMC_CONFIG, NVMC_ERASE)?;
        self.write_word(NVMC_ERASE_ALL, 1)?;
        self.write_word(NVMC_CONFIG, NVMC_WRITE)?;
        for (address, word) in (0..).step_by(4).zip(BLANK_VECTORS) {
            self.write_word(address, word)?;
        }
        self.write_word(NVMC_CONFIG, 0)?;
        self.reset()
    }

    /// Resets the chip as its reset line does, and waits until it is done.
    ///
    /// # Errors
    /// The emulator exited or does not answer.
    pub fn reset(&mut self) -> Result<(), EmulatorError> {
        let reset = self.clients.qmp.system_reset();
        self.checked("system_reset", reset)?;
        // The machine stands: what it reported of its pins was before the reset.
        self.take_pin_changes()?;
        self.pins.synchronize(0);
        self.drive_again()
    }

    /// Whether the chip was reset since the last time this was asked.
    ///
    /// # Errors
    /// The emulator exited.
    pub fn take_reset(&mut self) -> Result<bool, EmulatorError> {
        let reset = self.clients.qmp.take_reset();
        let was_reset = reset.map_err(|error| self.failure("events", error))?;
        if was_reset {
            self.drive_again()?;
            // It runs, and may have moved its pins since: what it reports after these levels, it
            // does after them.
            let outputs = self.read_word(GPIO_DIR)?;
            let levels = self.read_word(GPIO_OUT)? & outputs;
            self.pins.synchronize(levels);
        }
        Ok(was_reset)
    }

    /// Drives an input pin, and holds it through resets.
    pub(crate) fn drive(&mut self, pin: u8, high: bool) -> Result<(), EmulatorError> {
        self.pins.note_driven(pin, high);
        let level = u8::from(high);
        self.request(&format!("set_irq_in {CHIP} unnamed-gpio-in {pin} {level}"))
            .map(drop)
    }

    /// Lets go of a pin, so that it is what the chip makes it.
    pub(crate) fn release(&mut self, pin: u8) -> Result<(), EmulatorError> {
        self.pins.note_released(pin);
        // To the emulated pin a level below 0 is none.
        self.request(&format!("set_irq_in {CHIP} unnamed-gpio-in {pin} -1"))
            .map(drop)
    }

    /// Drives every pin as it was before a reset.
    fn drive_again(&mut self) -> Result<(), EmulatorError> {
        for (pin, high) in self.pins.driven() {
            self.drive(pin, high)?;
        }
        Ok(())
    }

    /// Reads one aligned word over the bus.
    ///
    /// # Errors
    /// The emulator exited or does not answer.
    pub fn read_word(&mut self, address: u32) -> Result<u32, EmulatorError> {
        let request = format!("readl {address:#x}");
        let reply = self.request(&request)?;
        word_of(&reply).ok_or(EmulatorError::UnexpectedReply { request, reply })
    }

    /// Writes one aligned word over the bus.
    ///
    /// # Errors
    /// The emulator exited or does not answer.
    pub fn write_word(&mut self, address: u32, word: u32) -> Result<(), EmulatorError> {
        self.request(&format!("writel {address:#x} {word:#x}"))
            .map(drop)
    }

    /// Reads bytes of memory.
    ///
    /// # Errors
    /// The emulator exited or does not answer.
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), EmulatorError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let request = format!("read {address:#x} {:#x}", bytes.len());
        let reply = self.request(&request)?;
        match bytes_of(&reply, bytes.len()) {
            Some(read) => bytes.copy_from_slice(&read),
            None => return Err(EmulatorError::UnexpectedReply { request, reply }),
        }
        Ok(())
    }

    /// Writes bytes of memory.
    ///
    /// # Errors
    /// The emulator exited or does not answer.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), EmulatorError> {
        match bytes {
            [] => Ok(()),
            _ => self.request(&write_request(address, bytes)).map(drop),
        }
    }

    /// The process id of the watchdog, whose first child is the emulator.
    #[must_use]
    pub fn watchdog_pid(&self) -> u32 {
        self.emulator.watchdog_pid()
    }

    /// The private folder with the sockets.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.emulator.folder()
    }

    /// Notices an emulator that hangs, although nobody asks it anything.
    pub(crate) fn check_alive(&mut self) -> Result<(), EmulatorError> {
        if self.answered.elapsed() <= MAX_SILENCE {
            return Ok(());
        }
        let status = self.clients.qmp.execute("query-status", None);
        self.checked("query-status", status).map(drop)
    }

    /// Takes what pins did while nothing was asked.
    pub(crate) fn take_pin_changes(&mut self) -> Result<(), EmulatorError> {
        let pins = &mut self.pins;
        let taken = self
            .clients
            .qtest
            .take_changes(|change| pins.record(change));
        taken.map_err(|error| self.failure("pins", error))?;
        if self.tick_hook.is_none() {
            self.pins.date(None);
        }
        Ok(())
    }

    /// Takes what the firmware did with peripherals that are not emulated.
    pub(crate) fn poll_access_log(&mut self) -> Result<(), EmulatorError> {
        if self.access_log.poll() {
            let command = "human-monitor-command";
            let end = json!({ "command-line": "log none" });
            let ended = self.clients.qmp.execute(command, Some(end));
            self.checked(command, ended)?;
        }
        Ok(())
    }

    /// The first access of the firmware to each peripheral that is not emulated.
    pub(crate) fn unemulated_accesses(&self) -> &[Access] {
        self.access_log.accesses()
    }

    /// Moves what can be moved on the UART without waiting.
    pub(crate) fn poll_serial(&mut self) -> Result<(), EmulatorError> {
        let polled = self.clients.serial.poll();
        polled.map_err(|error| self.failure("uart", error))
    }

    /// Sends bytes to the chip's UART, as fast as it takes them.
    pub(crate) fn send_serial(&mut self, bytes: &[u8]) {
        self.clients.serial.send(bytes);
    }

    /// What the chip's UART has sent since this was last asked, and how many bytes were lost.
    pub(crate) fn take_serial(&mut self) -> (Vec<u8>, u64) {
        self.clients.serial.take()
    }

    /// A handle that becomes readable when the machine stops.
    pub(crate) fn stop_events(&self) -> io::Result<UnixStream> {
        self.clients.gdb.try_clone_stream()
    }

    /// Whether the core was let run since this was last asked.
    pub(crate) fn take_started(&mut self) -> bool {
        std::mem::take(&mut self.started)
    }

    pub(crate) fn note_started(&mut self) {
        self.started = true;
    }

    /// How long the emulator may leave a request unanswered.
    pub(crate) fn timeout(&self) -> Duration {
        self.emulator.timeout().limit()
    }

    fn request(&mut self, request: &str) -> Result<String, EmulatorError> {
        let pins = &mut self.pins;
        let on_change = |change: LineChange| pins.record(change);
        let reply = self.clients.qtest.request(request, on_change);
        self.checked(request, reply)
    }

    /// Talks to the gdb stub.
    pub(crate) fn gdb<T>(
        &mut self,
        request: &str,
        act: impl FnOnce(&mut GdbClient) -> io::Result<T>,
    ) -> Result<T, EmulatorError> {
        // A poll that finds nothing is no answer, so none of these counts as one.
        act(&mut self.clients.gdb).map_err(|error| self.failure(request, error))
    }

    /// Reads the machine's own clock, where it has one.
    pub(crate) fn guest_time(&mut self) -> Result<Option<Duration>, EmulatorError> {
        let Some(real_time) = &mut self.real_time else {
            return Ok(None);
        };
        let time = real_time.clock.read();
        self.checked("clock", time).map(Some)
    }

    fn checked<T>(&mut self, request: &str, result: io::Result<T>) -> Result<T, EmulatorError> {
        match result {
            Ok(value) => {
                self.answered = Instant::now();
                Ok(value)
            }
            Err(error) => Err(self.failure(request, error)),
        }
    }

    pub(crate) fn failure(&mut self, request: &str, error: io::Error) -> EmulatorError {
        self.emulator.failure(request, error)
    }
}
