//! The whole board: machine, debug registers and probe, behind one port.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::board_bus::BoardBus;
use crate::core_debug::CoreDebug;
use crate::emulator::EmulatorError;
use crate::jumper_wires::JumperWires;
use crate::machine::{Machine, MachineConfig};
use crate::pins::{PINS, PinEdge, ScheduledInput, TickHook};
use crate::probe_server::{ProbeListener, ProbeServer};
use crate::remote_commands::RemoteProbe;
use crate::remote_protocol::Response;
use crate::unemulated::Access;

/// How often a machine is polled that has nothing due.
const POLL_EVERY: Duration = Duration::from_millis(5);

/// Why there is no board.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// The emulator failed.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// The probe's port cannot be bound.
    #[error("cannot listen on {address}; port 0 is any free one")]
    Listen {
        /// The address that was wanted.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The threads of the board cannot be started.
    #[error("cannot start the threads of the board")]
    Thread(#[source] io::Error),
    /// The port has no such pin.
    #[error("there is no pin P0.{0:02}: the last one is P0.{last}", last = PINS - 1)]
    NoSuchPin(u8),
}

/// A board that any probe-rs tool can reach, until it is dropped.
///
/// ```no_run
/// use lockstep_virtual_board::board::VirtualBoard;
/// use lockstep_virtual_board::machine::ClockMode;
///
/// let any_port = ([127, 0, 0, 1], 0).into();
/// let board = VirtualBoard::start(any_port, ClockMode::RealTime)?;
/// println!("probe-rs info --protocol swd --probe {}", board.selector());
///
/// // A button on P0.17 is pressed, and P0.03 is watched.
/// board.watch_outputs(1 << 3);
/// board.drive(17, false)?;
/// let (edges, _lost) = board.take_edges();
/// for edge in edges {
///     println!("P0.{:02} is {}", edge.pin, if edge.high { "high" } else { "low" });
/// }
/// # Ok::<(), lockstep_virtual_board::board::BoardError>(())
/// ```
#[derive(Debug)]
pub struct VirtualBoard {
    server: ProbeServer,
    state: Arc<Mutex<BoardState>>,
    poller: Option<Poller>,
}

/// What requests, the poller and the board's owner share.
#[derive(Debug)]
struct BoardState {
    machine: Machine,
    debug: CoreDebug,
    probe: RemoteProbe,
    jumpers: JumperWires,
    failure: Option<EmulatorError>,
    /// Wakes the poller.
    waker: UnixStream,
}

impl VirtualBoard {
    /// Starts a board with blank flash, its probe on `address`; port 0 is any free one. The config
    /// can be a [`ClockMode`](crate::machine::ClockMode).
    ///
    /// # Errors
    /// The port is in use, or the emulator cannot be used.
    pub fn start(
        address: SocketAddr,
        config: impl Into<MachineConfig>,
    ) -> Result<Self, BoardError> {
        let listener = ProbeListener::bind(address)
            .map_err(|source| BoardError::Listen { address, source })?;
        let mut machine = Machine::start(config)?;
        let mut debug = CoreDebug::default();
        debug.power_up(&mut machine)?;
        let (waker, woken) = UnixStream::pair().map_err(BoardError::Thread)?;
        waker.set_nonblocking(true).map_err(BoardError::Thread)?;
        woken.set_nonblocking(true).map_err(BoardError::Thread)?;
        let state = Arc::new(Mutex::new(BoardState {
            machine,
            debug,
            probe: RemoteProbe::default(),
            jumpers: JumperWires::default(),
            failure: None,
            waker,
        }));
        let of_server = Arc::clone(&state);
        let server = listener
            .serve(move |request| lock(&of_server).execute(request))
            .map_err(BoardError::Thread)?;
        let poller = Poller::start(&state, woken).map_err(BoardError::Thread)?;
        Ok(Self {
            server,
            state,
            poller: Some(poller),
        })
    }

    /// Where the probe listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// How many tools were refused since this was last asked, because another one has the probe.
    #[must_use]
    pub fn take_refused(&self) -> u32 {
        self.server.take_refused()
    }

    /// The selector by which probe-rs tools find the probe.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("1d50:6018:{}", self.address())
    }

    /// Why the machine cannot be used any more, if it cannot, with what caused that.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        lock(&self.state).failure.as_ref().map(|it| chain(it))
    }

    /// Drives an input pin from now on.
    ///
    /// # Errors
    /// There is no such pin, or the emulator failed.
    pub fn drive(&self, pin: u8, high: bool) -> Result<(), BoardError> {
        check_pin(pin)?;
        Ok(lock(&self.state).machine.drive(pin, high)?)
    }

    /// Lets go of a pin, which is then what the chip makes it.
    ///
    /// # Errors
    /// There is no such pin, or the emulator failed.
    pub fn release(&self, pin: u8) -> Result<(), BoardError> {
        check_pin(pin)?;
        Ok(lock(&self.state).machine.release(pin)?)
    }

    /// Connects two pins: while a probe lets `from` drive low, `to` is low, and high otherwise.
    ///
    /// # Errors
    /// There is no such pin, or the emulator failed.
    pub fn connect_jumper(&self, from: u8, to: u8) -> Result<(), BoardError> {
        check_pin(from)?;
        check_pin(to)?;
        let mut state = lock(&self.state);
        state.machine.drive(to, true)?;
        state.jumpers.add(from, to);
        Ok(())
    }

    /// Watches the outputs whose bits are set.
    pub fn watch_outputs(&self, mask: u32) {
        lock(&self.state).machine.pins.watch(mask);
    }

    /// The edges of watched outputs that were not taken yet, and how many there was no room for.
    #[must_use]
    pub fn take_edges(&self) -> (Vec<PinEdge>, u64) {
        lock(&self.state).machine.pins.take_edges()
    }

    /// Follows the ticks of a firmware that is in flash and stands still: edges are dated, and
    /// `inputs` happen at their ticks. A firmware with break ticks is stopped there and around the
    /// ticks in `dated`, and nowhere else; edges of other ticks have no date.
    ///
    /// # Errors
    /// There is no such pin, or the emulator failed.
    pub fn follow_ticks(
        &self,
        hook: TickHook,
        inputs: &[ScheduledInput],
        dated: &[u32],
    ) -> Result<(), BoardError> {
        inputs.iter().try_for_each(|input| check_pin(input.pin))?;
        let mut state = lock(&self.state);
        let BoardState { machine, debug, .. } = &mut *state;
        machine.take_pin_changes()?;
        machine.pins.date(None);
        machine.tick_hook = Some(hook);
        machine.pins.schedule(inputs, dated);
        machine.write_break_ticks()?;
        Ok(debug.set_hook(Some(hook.address), machine)?)
    }

    /// Follows ticks no longer, and takes the edges that were not taken yet. What came after the
    /// last stop has no date.
    ///
    /// # Errors
    /// The emulator failed.
    pub fn unfollow_ticks(&self) -> Result<(Vec<PinEdge>, u64), BoardError> {
        let mut state = lock(&self.state);
        let BoardState { machine, debug, .. } = &mut *state;
        machine.take_pin_changes()?;
        machine.pins.date(None);
        machine.tick_hook = None;
        debug.set_hook(None, machine)?;
        Ok(machine.pins.take_edges())
    }

    /// Sends bytes to the chip's UART, as fast as it takes them. They are not dated: bytes that are to
    /// arrive at a tick go through the probe.
    ///
    /// # Errors
    /// The emulator failed.
    pub fn send_serial(&self, bytes: &[u8]) -> Result<(), BoardError> {
        let mut state = lock(&self.state);
        state.machine.send_serial(bytes);
        Ok(state.machine.poll_serial()?)
    }

    /// What the chip's UART has sent and nobody took yet, and how many bytes there was no room for.
    ///
    /// # Errors
    /// The emulator failed.
    pub fn take_serial(&self) -> Result<(Vec<u8>, u64), BoardError> {
        let mut state = lock(&self.state);
        state.machine.poll_serial()?;
        Ok(state.machine.take_serial())
    }

    /// The first access of the firmware to each peripheral that the emulator does not have, in their
    /// order.
    #[must_use]
    pub fn unemulated_accesses(&self) -> Vec<Access> {
        let mut state = lock(&self.state);
        // An emulator that has failed is found by the poller.
        let _ = state.machine.poll_access_log();
        state.machine.unemulated_accesses().to_vec()
    }

    /// The process id of the watchdog, whose first child is the emulator.
    #[must_use]
    pub fn watchdog_pid(&self) -> u32 {
        lock(&self.state).machine.watchdog_pid()
    }
}

impl Drop for VirtualBoard {
    fn drop(&mut self) {
        if let Some(poller) = self.poller.take() {
            poller.stop.store(true, Ordering::Release);
            lock(&self.state).wake_poller();
            // A thread that panicked is gone as well.
            let _ = poller.thread.join();
        }
    }
}

fn check_pin(pin: u8) -> Result<(), BoardError> {
    match pin < PINS {
        true => Ok(()),
        false => Err(BoardError::NoSuchPin(pin)),
    }
}

/// The message of an error with those of its sources.
fn chain(error: &dyn Error) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Whatever a request that panicked left behind is still the state of the board.
fn lock(state: &Mutex<BoardState>) -> MutexGuard<'_, BoardState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that polls the machine: at a stop, when a slice or a rest of it is over, and
/// otherwise every [`POLL_EVERY`].
#[derive(Debug)]
struct Poller {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Poller {
    fn start(state: &Arc<Mutex<BoardState>>, mut woken: UnixStream) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let machine_stops = lock(state).machine.stop_events()?;
        let (state, stopping) = (Arc::clone(state), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("board".to_owned())
            .spawn(move || {
                while !stopping.load(Ordering::Acquire) {
                    let Some(pause) = lock(&state).poll() else {
                        return;
                    };
                    let mut sockets = [
                        PollFd::new(&machine_stops, PollFlags::IN),
                        PollFd::new(&woken, PollFlags::IN),
                    ];
                    // A socket that cannot be polled has failed, which the next poll of the machine
                    // meets.
                    let _ = poll(&mut sockets, Timespec::try_from(pause).ok().as_ref());
                    let _ = woken.read(&mut [0; 64]);
                }
            })?;
        Ok(Self { stop, thread })
    }
}

impl BoardState {
    fn execute(&mut self, request: &[u8]) -> Response {
        let mut bus = BoardBus {
            machine: &mut self.machine,
            debug: &mut self.debug,
            jumpers: &mut self.jumpers,
            failure: &mut self.failure,
        };
        let response = self.probe.execute(request, &mut bus);
        if self.machine.take_started() {
            self.wake_poller();
        }
        response
    }

    fn wake_poller(&mut self) {
        // Where there is no room, it is awake already.
        let _ = self.waker.write(&[0]);
    }

    /// Looks after the machine, and tells how long until the next time; none once it cannot be
    /// used any more.
    fn poll(&mut self) -> Option<Duration> {
        if self.failure.is_none() {
            self.failure = self.poll_machine().err();
        }
        if self.failure.is_some() {
            return None;
        }
        let next = self.machine.next_event();
        let pause = next.map(|next| next.saturating_duration_since(Instant::now()));
        Some(pause.map_or(POLL_EVERY, |pause| pause.min(POLL_EVERY)))
    }

    fn poll_machine(&mut self) -> Result<(), EmulatorError> {
        self.debug.poll(&mut self.machine)?;
        self.machine.take_pin_changes()?;
        self.machine.poll_serial()?;
        self.machine.poll_access_log()?;
        self.machine.check_alive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_sources() {
        let cause = io::Error::other("no more files");
        let error = EmulatorError::Io(cause);
        let text = "the emulator cannot be reached: no more files";
        assert_eq!(chain(&error), text);
    }

    #[test]
    fn pins_end_at_the_last_one_of_the_port() {
        assert!(check_pin(PINS - 1).is_ok());
        let error = check_pin(PINS).unwrap_err().to_string();
        assert_eq!(error, "there is no pin P0.32: the last one is P0.31");
    }
}
