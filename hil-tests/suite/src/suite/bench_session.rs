//! A bench that is in use: taken, loaded with an image, played on, and recovered when a
//! scenario has brought it down.

use std::time::{Duration, Instant};

use lockstep_core::action::SwitchState;
use lockstep_core::protocol::Stimulus;
use lockstep_core::time::Ticks;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use probe_rs::probe::DebugProbeSelector;
use thiserror::Error;

use super::diagnosis::{self, Finding};
use super::firmware::{Firmware, NamedPin};
use super::jumpers::Jumpers;
use super::registers;
use super::stimulus::{Change, Problem, changes, compare, drives};
use crate::bench::lock::ProbeLock;
use crate::bench::{Bench, Capability, Probe};
use crate::session::hands::Hands;
use crate::session::heard::{Heard, Look, Watched};
use crate::session::link::LinkError;
use crate::session::logs::LogLine;
use crate::session::play::{Order, PlayError, ask_hello, play, stand_still};
use crate::session::{Session, SessionError, Target};
use crate::verdict::{Evidence, PinSample};
use lockstep_virtual_board::board::{BoardError, VirtualBoard};
use lockstep_virtual_board::machine::Pace;

/// How long a board may take to show the outputs of its last tick.
const STILL: Duration = Duration::from_secs(2);

/// The longest run that is stopped at every tick.
pub const MAX_CLOSE: Ticks = Ticks::from_secs(20);

/// The symbol of the tick that was sampled last, and of that whose outputs were shown last.
const TICK: &str = "LOCKSTEP_TICK";
const SHOWN: &str = "LOCKSTEP_OUTPUT_TICK";

/// A bench cannot be used.
#[derive(Debug, Error)]
pub enum StationError {
    /// The virtual board does not start, or failed.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The virtual board's machine is gone.
    #[error("the virtual board failed: {0}")]
    Machine(String),
    /// The board cannot be reached.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The selector of the virtual board is none.
    #[error("the virtual board has no usable selector: {0}")]
    Selector(String),
    /// The board did not play to the end.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// Nothing moves the pins of the buttons.
    #[error(
        "the bench `{0}` has no jumper to every button, or its board no registers to move them"
    )]
    NoDriver(String),
    /// A wire is not where the bench file says.
    #[error("pin {button} does not follow {driver}: the jumper between them is not there")]
    NoJumper {
        /// The pin of the button.
        button: lockstep_pins::Pin,
        /// The pin that should press it.
        driver: lockstep_pins::Pin,
    },
    /// The image does not tell its ticks.
    #[error("the image has no `{TICK}`: its buttons cannot be pressed at a tick")]
    NoTick,
    /// The board goes on after the end of a run.
    #[error("the board does not stand still {} s after the end of its run", STILL.as_secs())]
    NotStill,
    /// Not all of what the pins did was seen.
    #[error("{0} changes of pins came too fast to be kept: what the pins did is not known")]
    Lost(u64),
    /// The pin map has no register for an output.
    #[error("the pin map has no register for {0}")]
    NoRegister(lockstep_pins::Pin),
    /// The image cannot be stopped at a tick.
    #[error("the image has no alarm: its pins cannot be moved at a tick")]
    NoAlarm,
}

/// What came of a run.
pub struct Played {
    /// What the board told.
    pub trace: Trace,
    /// What was seen of its pins otherwise.
    pub pins: Vec<PinSample>,
    /// What of the pins is not as it should be.
    pub problem: Option<Problem>,
}

/// How a board is reached.
enum Reach {
    Virtual(Option<VirtualBoard>),
    Real {
        selector: DebugProbeSelector,
        _lock: ProbeLock,
    },
}

/// A bench in use.
pub struct Station<'b> {
    bench: &'b Bench,
    pace: Pace,
    /// Before what reaches the board, so that it is closed before the probe is anybody else's.
    session: Option<Session>,
    reach: Reach,
    loaded: Option<String>,
    /// The levels of outputs as they were last seen from outside, by pin of port 0.
    outside: [bool; 32],
    /// What was logged in the last run.
    logged: Vec<u8>,
    /// What was told of the last run, if that was not played to the end.
    cut: Option<Trace>,
    /// Whether the next run is stopped at every tick to see what the outputs do.
    closely: bool,
    flashed: u32,
    on_flash: Option<fn(&Bench, &Firmware)>,
}

impl<'b> Station<'b> {
    /// A bench with a virtual board, which is started when it is first needed.
    #[must_use]
    pub fn on_virtual(bench: &'b Bench, pace: Pace) -> Self {
        Self::new(bench, pace, Reach::Virtual(None))
    }

    /// A bench with a probe that is this process's alone.
    #[must_use]
    pub fn on_probe(bench: &'b Bench, probe: DebugProbeSelector, lock: ProbeLock) -> Self {
        Self::new(
            bench,
            Pace::RealTime,
            Reach::Real {
                selector: probe,
                _lock: lock,
            },
        )
    }

    fn new(bench: &'b Bench, pace: Pace, reach: Reach) -> Self {
        Self {
            bench,
            pace,
            reach,
            session: None,
            loaded: None,
            outside: [false; 32],
            logged: Vec::new(),
            cut: None,
            closely: false,
            flashed: 0,
            on_flash: None,
        }
    }

    /// The same, and this is done whenever an image was written into flash.
    #[must_use]
    pub fn on_flash(mut self, act: fn(&Bench, &Firmware)) -> Self {
        self.on_flash = Some(act);
        self
    }

    /// Whether the next run is stopped at every tick, so that a change of an output that nobody
    /// expected has its tick too; only runs of at most [`MAX_CLOSE`], and on virtual boards.
    pub fn look_closely(&mut self, closely: bool) {
        self.closely = closely;
    }

    /// How often an image was written into flash.
    #[must_use]
    pub fn flashed(&self) -> u32 {
        self.flashed
    }

    /// Who is asked what the outputs do.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let can = |ability| !self.bench.missing_capabilities.contains(&ability);
        let mut evidence = vec![Evidence::Rtt];
        if can(Capability::Register) {
            evidence.push(Evidence::Register);
        }
        if can(Capability::Outside) && matches!(self.bench.probe, Probe::Virtual) {
            evidence.push(Evidence::Outside);
        }
        evidence
    }

    /// Makes sure that this image runs on the board. One that is there already is not written
    /// again.
    ///
    /// # Errors
    ///
    /// That the board cannot be reached, or takes no image.
    pub fn load(&mut self, firmware: &Firmware) -> Result<(), StationError> {
        let identity = firmware.identity.to_string();
        if self.loaded.as_ref() == Some(&identity) {
            return Ok(());
        }
        let session = self.session()?;
        let there = session
            .link(&firmware.elf)
            .ok()
            .and_then(|mut link| ask_hello(&mut link).ok());
        self.watch(firmware);
        let session = self.session()?;
        if there.is_none_or(|hello| hello.image != firmware.identity.0) {
            session.flash(&firmware.bytes, &firmware.elf)?;
            self.flashed += 1;
            if let Some(act) = self.on_flash {
                act(self.bench, firmware);
            }
        }
        self.loaded = Some(identity);
        Ok(())
    }

    /// Watches the outputs from the image's first instruction on.
    fn watch(&self, firmware: &Firmware) {
        if let Reach::Virtual(Some(board)) = &self.reach {
            board.watch_pins(firmware.output_mask());
        }
    }

    /// Plays the script, and looks at the outputs as the host has them.
    ///
    /// # Errors
    ///
    /// That the board did not play to the end.
    pub fn play(
        &mut self,
        firmware: &Firmware,
        script: &Script,
        host: &Trace,
        stimulus: Stimulus,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Played, StationError> {
        self.logged.clear();
        self.cut = None;
        self.load(firmware)?;
        let jumpers = self.jumpers(firmware, stimulus)?;
        let before = self.prepare(firmware, script, host, stimulus)?;
        if let Some(jumpers) = &jumpers {
            self.try_jumpers(jumpers, firmware)?;
        }
        let watched = self.watched(firmware)?;
        let order = Order {
            app: &firmware.app,
            image: &firmware.identity,
            script,
            stimulus,
            watched: watched.as_ref(),
            cancelled,
        };
        let mut hands = match &jumpers {
            Some(jumpers) => {
                let counter = firmware.address(TICK).ok_or(StationError::NoTick)?;
                let strokes = jumpers.strokes(script);
                Some(Hands::new(strokes, counter, self.bench.tolerance))
            }
            None => None,
        };
        let mut heard = Heard::new(&firmware.app, script);
        let mut link = self.session()?.link(&firmware.elf)?;
        let played = play(&mut link, &order, hands.as_mut(), &mut heard);
        for stroke in jumpers.iter().flat_map(Jumpers::released) {
            // Without the probe there is nobody to let go; the next run does it first.
            let _ = link.write_word(stroke.address, stroke.bits);
        }
        let logged = link.take_logs();
        drop(link);
        self.logged = logged;
        if let Err(error) = played {
            self.cut = heard.has_begun.then_some(heard.trace);
            return Err(error.into());
        }
        let seen = self.seen(&heard, host, &before, watched.as_ref(), firmware);
        let (pins, problem) = match seen {
            Ok(seen) => seen,
            Err(error) => {
                self.cut = Some(heard.trace);
                return Err(error);
            }
        };
        Ok(Played {
            trace: heard.trace,
            pins,
            problem,
        })
    }

    /// What was seen of the outputs, and what of it is not as it should be.
    fn seen(
        &mut self,
        heard: &Heard,
        host: &Trace,
        before: &[bool],
        watched: Option<&Watched<'_>>,
        firmware: &Firmware,
    ) -> Result<(Vec<PinSample>, Option<Problem>), StationError> {
        self.await_still(firmware)?;
        let expected = changes(host, before);
        let (mut pins, outside) = self.seen_outside(&expected, firmware)?;
        let mut looks = heard.looks.clone();
        if let Some(watched) = watched {
            looks.push(self.look_at_the_end(watched, heard.trace.end())?);
        }
        let (seen, register) = registers::compare(&heard.trace, &looks, &firmware.outputs);
        pins.extend(seen);
        pins.sort_by_key(|sample| sample.tick);
        Ok((pins, outside.or(register)))
    }

    /// What the board has logged in its last run.
    pub fn logs(&mut self, firmware: &Firmware) -> Vec<LogLine> {
        let Some(table) = &firmware.logs else {
            return Vec::new();
        };
        table.decode(&std::mem::take(&mut self.logged))
    }

    /// What the board told of its last run, if that was not played to the end.
    pub fn take_cut(&mut self) -> Option<Trace> {
        self.cut.take()
    }

    /// Why a run was not played to the end.
    pub fn diagnose(&mut self, error: &StationError, firmware: &Firmware) -> Finding {
        if let Some(cause) = self.machine_failure() {
            return Finding::infra(StationError::Machine(cause).to_string());
        }
        match (error, &mut self.session) {
            (StationError::Play(error), Some(session)) => diagnosis::of(error, session, firmware),
            // The image is there: it was just written, or has said who it is.
            (
                StationError::Session(SessionError::Link(LinkError::NotUp))
                | StationError::NotStill,
                Some(session),
            ) => diagnosis::of_silence(error, session, firmware),
            _ => Finding::of_error(error),
        }
    }

    /// Brings the board back, by the least that does it: a reset, a new connection, a new
    /// machine. After that the image is loaded anew if it has to be.
    ///
    /// # Errors
    ///
    /// That nothing did.
    pub fn recover(&mut self, firmware: &Firmware) -> Result<(), StationError> {
        self.loaded = None;
        if self.answers(firmware) {
            return Ok(());
        }
        self.session = None;
        if self.answers(firmware) {
            return Ok(());
        }
        self.session = None;
        if let Reach::Virtual(board) = &mut self.reach {
            *board = None;
            self.outside = [false; 32];
        }
        self.load(firmware)
    }

    fn answers(&mut self, firmware: &Firmware) -> bool {
        if self.machine_failure().is_some() {
            return false;
        }
        let Ok(session) = self.session() else {
            return false;
        };
        let reset = session.reset(&firmware.elf);
        reset.is_ok()
            && session
                .link(&firmware.elf)
                .is_ok_and(|mut link| ask_hello(&mut link).is_ok())
    }

    fn machine_failure(&self) -> Option<String> {
        match &self.reach {
            Reach::Virtual(Some(board)) => board.failure(),
            _ => None,
        }
    }

    /// The session, opened if it is not.
    fn session(&mut self) -> Result<&mut Session, StationError> {
        if let Some(cause) = self.machine_failure() {
            return Err(StationError::Machine(cause));
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => self.attach()?,
        };
        Ok(self.session.insert(session))
    }

    fn attach(&mut self) -> Result<Session, StationError> {
        let selector = match &mut self.reach {
            Reach::Real { selector, .. } => selector.clone(),
            Reach::Virtual(board) => {
                let board = match board.take() {
                    Some(running) => board.insert(running),
                    None => {
                        let address = ([127, 0, 0, 1], 0).into();
                        board.insert(VirtualBoard::start(address, self.pace)?)
                    }
                };
                let selector = board.selector();
                let parsed = selector.parse();
                parsed.map_err(|error| StationError::Selector(format!("{selector}: {error}")))?
            }
        };
        let chip_id = self.bench.board.chip_id.as_ref();
        Ok(Session::attach(&Target {
            selector,
            chip: &self.bench.chip,
            // What the board says of its chip is nothing about another one.
            chip_id: chip_id.filter(|_| self.bench.chip == self.bench.board.chip),
            triple: &self.bench.board.target,
            protocol: self.bench.protocol,
            speed_khz: self.bench.speed,
            under_reset: self.bench.connect_under_reset,
        })?)
    }

    /// Sets the lines of the buttons and the stops of the run, and tells the levels that the
    /// outputs have before it.
    fn prepare(
        &mut self,
        firmware: &Firmware,
        script: &Script,
        host: &Trace,
        stimulus: Stimulus,
    ) -> Result<Vec<bool>, StationError> {
        {
            let mut link = self.session()?.link(&firmware.elf)?;
            stand_still(&mut link)?;
        }
        let Reach::Virtual(Some(board)) = &self.reach else {
            return Ok(Vec::new());
        };
        for edge in board.take_last_edges()?.0 {
            self.outside[usize::from(edge.pin)] = edge.high;
        }
        let pins = firmware
            .outputs
            .iter()
            .map(|named| usize::from(named.pin.pin));
        let before: Vec<bool> = pins.map(|pin| self.outside[pin]).collect();
        let clock = firmware.clock().ok_or(StationError::NoAlarm)?;
        let moved = match stimulus {
            Stimulus::Scheduled => Vec::new(),
            Stimulus::Pins => drives(script, firmware),
        };
        for button in &firmware.buttons {
            board.drive(button.pin.pin, firmware.level(false))?;
        }
        let (at_once, later): (Vec<_>, Vec<_>) =
            moved.into_iter().partition(|drive| drive.tick == 0);
        for drive in at_once {
            board.drive(drive.pin, drive.high)?;
        }
        let looks: Vec<_> = match self.closely && script.end() <= MAX_CLOSE {
            true => (0..=script.end().0).collect(),
            false => changes(host, &before)
                .iter()
                .map(|change| change.tick.0)
                .collect(),
        };
        board.follow_ticks(clock, &later, &looks)?;
        Ok(before)
    }

    /// The board tells the end of a run before it shows the outputs of the last tick: it has when
    /// it stands still, which is tick 0 to whoever looks.
    fn await_still(&mut self, firmware: &Firmware) -> Result<(), StationError> {
        let deadline = Instant::now() + STILL;
        while self.session()?.word(&firmware.elf, TICK)? != 0 {
            if Instant::now() > deadline {
                return Err(StationError::NotStill);
            }
        }
        Ok(())
    }

    fn seen_outside(
        &mut self,
        expected: &[Change],
        firmware: &Firmware,
    ) -> Result<(Vec<PinSample>, Option<Problem>), StationError> {
        let Reach::Virtual(Some(board)) = &self.reach else {
            return Ok((Vec::new(), None));
        };
        if self
            .bench
            .missing_capabilities
            .contains(&Capability::Outside)
        {
            return Ok((Vec::new(), None));
        }
        let (edges, lost) = board.take_last_edges()?;
        for edge in &edges {
            self.outside[usize::from(edge.pin)] = edge.high;
        }
        if lost > 0 {
            return Err(StationError::Lost(lost));
        }
        Ok(compare(expected, &edges, &firmware.outputs))
    }

    /// What presses the buttons where no machine does.
    fn jumpers(
        &self,
        firmware: &Firmware,
        stimulus: Stimulus,
    ) -> Result<Option<Jumpers>, StationError> {
        if stimulus == Stimulus::Scheduled || matches!(self.reach, Reach::Virtual(_)) {
            return Ok(None);
        }
        let jumpers = Jumpers::of(firmware, &self.bench.wiring);
        let found = jumpers.ok_or_else(|| StationError::NoDriver(self.bench.name.clone()))?;
        Ok(Some(found))
    }

    /// Presses each button while the board stands still, and sees whether its pin follows: a wire
    /// that is not there is no fault of the firmware.
    fn try_jumpers(&mut self, jumpers: &Jumpers, firmware: &Firmware) -> Result<(), StationError> {
        let session = self.session()?;
        for stroke in jumpers.released() {
            session.write_at(stroke.address, stroke.bits)?;
        }
        for jumper in &jumpers.all {
            let (button, driver) = (jumper.button, jumper.driver);
            let Some(register) = firmware.level_registers.get(usize::from(button.port)) else {
                return Err(StationError::NoRegister(button));
            };
            for contact in [SwitchState::Closed, SwitchState::Open] {
                let (address, bits) = jumper.write(contact);
                session.write_at(address, bits)?;
                let high = session.word_at(*register)? >> button.pin & 1 == 1;
                if high != firmware.level(contact == SwitchState::Closed) {
                    let (input, bits) = jumper.write(SwitchState::Open);
                    session.write_at(input, bits)?;
                    return Err(StationError::NoJumper { button, driver });
                }
            }
        }
        Ok(())
    }

    /// What of this image is looked at in a run; nothing on a bench that cannot.
    fn watched<'f>(&self, firmware: &'f Firmware) -> Result<Option<Watched<'f>>, StationError> {
        if self
            .bench
            .missing_capabilities
            .contains(&Capability::Register)
        {
            return Ok(None);
        }
        let registers = &firmware.level_registers;
        let has_none = |named: &&NamedPin| usize::from(named.pin.port) >= registers.len();
        if let Some(named) = firmware.outputs.iter().find(has_none) {
            return Err(StationError::NoRegister(named.pin));
        }
        let shown = firmware.address(SHOWN);
        Ok(Some(Watched { shown, registers }))
    }

    /// Reads the levels of the pins when the board stands still.
    fn look_at_the_end(&mut self, watched: &Watched<'_>, end: Ticks) -> Result<Look, StationError> {
        let session = self.session()?;
        let registers = watched.registers.iter();
        let registers = registers.map(|address| session.word_at(*address));
        Ok(Look {
            from: end,
            to: end,
            registers: registers.collect::<Result<_, _>>()?,
        })
    }
}
