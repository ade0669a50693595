//! The whole board: machine, debug registers and probe, behind one port.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::adiv5::Bus;
use super::core_debug::{self, CoreDebug};
use super::dispatch::{Probe, answer};
use super::jumpers::Jumpers;
use super::machine::{Machine, MachineError, Pace};
use super::memory_map::MachineBus;
use super::pins::{Drive, Edge, PINS, TickClock};
use super::probe_server::{ProbeServer, Serving};

/// How often a machine that neither stops nor is asked about is looked after.
const WATCH_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// Why there is no board.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The emulated chip failed.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The probe's port cannot be had.
    #[error("cannot listen on {address}: {error}; port 0 is any free one")]
    Port {
        /// The address that was wanted.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
}

/// A board that any probe-rs tool can reach, until it is dropped.
#[derive(Debug)]
pub struct VirtualBoard {
    serving: Serving,
    inside: Arc<Mutex<Inside>>,
    watching: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

/// What requests and the board's owner share.
#[derive(Debug)]
struct Inside {
    machine: Machine,
    debug: CoreDebug,
    probe: Probe,
    jumpers: Jumpers,
    failure: Option<MachineError>,
}

impl VirtualBoard {
    /// Starts a board with blank flash, its probe on `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// The port is taken, or the machine cannot be used.
    pub fn start(address: SocketAddr, pace: Pace) -> Result<Self, BoardError> {
        let port = |error| BoardError::Port { address, error };
        let server = ProbeServer::bind(address).map_err(port)?;
        let mut machine = Machine::start(pace)?;
        let mut debug = CoreDebug::default();
        debug.power_up(&mut machine)?;
        let inside = Arc::new(Mutex::new(Inside {
            machine,
            debug,
            probe: Probe::default(),
            jumpers: Jumpers::default(),
            failure: None,
        }));
        let asked = Arc::clone(&inside);
        let serving = server
            .serve(move |request| lock(&asked).answer(request))
            .map_err(port)?;
        let watching = watch(Arc::clone(&inside)).map_err(port)?;
        Ok(Self {
            serving,
            inside,
            watching: Some(watching),
        })
    }

    /// Where the probe listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    /// How many tools were refused since this was last asked, because another has the probe.
    #[must_use]
    pub fn take_refused(&self) -> u32 {
        self.serving.take_refused()
    }

    /// How probe-rs tools name the probe.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("1d50:6018:{}", self.address())
    }

    /// Why the machine is of no use any more, in words.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let inside = lock(&self.inside);
        inside.failure.as_ref().map(ToString::to_string)
    }

    /// Drives an input pin now.
    ///
    /// # Errors
    /// There is no such pin, or the machine failed.
    pub fn drive(&self, pin: u8, high: bool) -> Result<(), BoardError> {
        Ok(lock(&self.inside).machine.drive(pin, high)?)
    }

    /// Joins two pins: while a probe lets `from` drive low, `to` is low, and high otherwise.
    ///
    /// # Errors
    /// There is no such pin, or the machine failed.
    pub fn jumper(&self, from: u8, to: u8) -> Result<(), BoardError> {
        if from >= PINS {
            return Err(MachineError::Pin(from).into());
        }
        let mut inside = lock(&self.inside);
        inside.machine.drive(to, true)?;
        inside.jumpers.add(from, to);
        Ok(())
    }

    /// Watches the outputs whose bits are set.
    pub fn watch_pins(&self, mask: u32) {
        lock(&self.inside).machine.pins.watch(mask);
    }

    /// The edges of watched outputs that were not taken yet, and how many
    /// there was no room for.
    #[must_use]
    pub fn take_edges(&self) -> (Vec<Edge>, u64) {
        lock(&self.inside).machine.pins.take_edges()
    }

    /// The same at the end of a run whose ticks were followed: what came after the last look has
    /// no tick. Ticks are not followed any more.
    ///
    /// # Errors
    /// The machine failed.
    pub fn take_last_edges(&self) -> Result<(Vec<Edge>, u64), BoardError> {
        let mut inside = lock(&self.inside);
        let Inside { machine, debug, .. } = &mut *inside;
        machine.hear_pins()?;
        machine.pins.date(None);
        machine.follow(None);
        debug.hook(None, machine)?;
        Ok(machine.pins.take_edges())
    }

    /// Follows the ticks of a firmware that is in flash: edges are dated, and
    /// `drives` happen at their ticks. Where the clock has alarms the firmware is stopped there
    /// and to date the edges of the ticks of `looks`, and nowhere else; to be called while it
    /// stands still.
    ///
    /// # Errors
    /// There is no such pin, or the machine failed.
    pub fn follow_ticks(
        &self,
        clock: TickClock,
        drives: &[Drive],
        looks: &[u32],
    ) -> Result<(), BoardError> {
        if let Some(drive) = drives.iter().find(|drive| drive.pin >= PINS) {
            return Err(MachineError::Pin(drive.pin).into());
        }
        let mut inside = lock(&self.inside);
        let Inside { machine, debug, .. } = &mut *inside;
        machine.hear_pins()?;
        machine.pins.date(None);
        machine.follow(Some(clock));
        machine.pins.schedule(drives, looks);
        machine.set_alarms()?;
        Ok(debug.hook(Some(clock.stop), machine)?)
    }

    /// The process id of the wrapper that holds the machine.
    #[must_use]
    pub fn machine_id(&self) -> u32 {
        lock(&self.inside).machine.id()
    }
}

impl Drop for VirtualBoard {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.watching.take() {
            stop.store(true, Ordering::Release);
            // A thread that panicked is gone as well.
            let _ = thread.join();
        }
    }
}

/// Whatever a request that panicked left behind is still the state of the board.
fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks after the machine from a thread of its own.
fn watch(inside: Arc<Mutex<Inside>>) -> io::Result<(Arc<AtomicBool>, JoinHandle<()>)> {
    let stop = Arc::new(AtomicBool::new(false));
    let stops = lock(&inside).machine.stub.clone_socket()?;
    let stopping = Arc::clone(&stop);
    let thread = thread::Builder::new()
        .name("board".to_owned())
        .spawn(move || {
            while !stopping.load(Ordering::Acquire) && lock(&inside).watch() {
                // A socket that cannot be waited for is seen to have failed
                // by the look at the machine.
                let mut sockets = [PollFd::new(&stops, PollFlags::IN)];
                let _ = poll(&mut sockets, Some(&WATCH_EVERY));
            }
        })?;
    Ok((stop, thread))
}

impl Inside {
    fn answer(&mut self, request: &[u8]) -> super::protocol::Reply {
        let mut bus = BoardBus {
            machine: &mut self.machine,
            debug: &mut self.debug,
            jumpers: &mut self.jumpers,
            failure: &mut self.failure,
        };
        answer(request, &mut self.probe, &mut bus)
    }

    /// Looks after the machine; false once it is of no use any more.
    fn watch(&mut self) -> bool {
        if self.failure.is_none() {
            let watched = self.debug.watch(&mut self.machine);
            let heard = watched.and_then(|()| self.machine.hear_pins());
            let answered = heard.and_then(|()| self.machine.look_after());
            self.failure = answered.err();
        }
        self.failure.is_none()
    }
}

/// The bus of the chip with the debug registers on it.
struct BoardBus<'a> {
    machine: &'a mut Machine,
    debug: &'a mut CoreDebug,
    jumpers: &'a mut Jumpers,
    failure: &'a mut Option<MachineError>,
}

impl BoardBus<'_> {
    /// A machine that failed once faults from then on.
    fn keep<T>(&mut self, result: Result<T, MachineError>) -> Option<T> {
        result.map_err(|error| *self.failure = Some(error)).ok()
    }

    /// Does something on the machine's bus.
    fn plain<T>(&mut self, act: impl FnOnce(&mut MachineBus<'_>) -> T) -> T {
        let mut bus = MachineBus::new(self.machine);
        let result = act(&mut bus);
        if let Some(error) = bus.into_error() {
            *self.failure = Some(error);
        }
        result
    }

    fn move_jumpers(&mut self) {
        let moved = self.jumpers.follow(self.machine);
        self.keep(moved);
    }
}

impl Bus for BoardBus<'_> {
    fn read(&mut self, address: u32) -> Option<u32> {
        if self.failure.is_some() {
            return None;
        }
        if core_debug::owns(address) {
            let read = self.debug.read(address, self.machine);
            return self.keep(read);
        }
        self.plain(|bus| bus.read(address))
    }

    fn write(&mut self, address: u32, word: u32) -> bool {
        if self.failure.is_some() {
            return false;
        }
        if core_debug::owns(address) {
            let written = self.debug.write(address, word, self.machine);
            let held = self.keep(written).is_some();
            if address == RESETS {
                self.move_jumpers();
            }
            return held;
        }
        let written = self.plain(|bus| bus.write(address, word));
        if self.jumpers.hang_at(address) {
            self.move_jumpers();
        }
        written
    }

    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> bool {
        if self.failure.is_some() {
            return false;
        }
        if !has_debug(address) {
            return self.plain(|bus| bus.read_block(address, bytes));
        }
        let (mut at, mut held) = (address, true);
        for word in bytes.chunks_mut(4) {
            let read = self.read(at & !3);
            held &= read.is_some();
            let shifted = read.unwrap_or_default() >> (8 * (at & 3));
            for (byte, value) in word.iter_mut().zip(shifted.to_le_bytes()) {
                *byte = value;
            }
            at = at.wrapping_add(4);
        }
        held
    }

    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> bool {
        if self.failure.is_some() {
            return false;
        }
        if !has_debug(address) || width != 4 || address & 3 != 0 {
            let written = self.plain(|bus| bus.write_block(address, width, bytes));
            if self.jumpers.hang_at(address) {
                self.move_jumpers();
            }
            return written;
        }
        (address..)
            .step_by(4)
            .zip(bytes.chunks(4))
            .all(|(at, word)| {
                let word = word.try_into().map(u32::from_le_bytes);
                word.is_ok_and(|word| self.write(at, word))
            })
    }

    fn reset_line(&mut self, pulled: bool) {
        if self.failure.is_some() {
            return;
        }
        let moved = match pulled {
            true => self.debug.pull_reset(self.machine),
            false => self.debug.release_reset(self.machine),
        };
        self.keep(moved);
        self.move_jumpers();
    }
}

/// The register that resets the chip: AIRCR (Armv6-M Architecture Reference Manual, B3.2.6).
const RESETS: u32 = 0xe000_ed0c;

/// Whether a block may hold a debug register: they are in the core's own space.
fn has_debug(address: u32) -> bool {
    address >= 0xe000_0000
}
