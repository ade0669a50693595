//! A bench in use: an image is loaded, scripts are played, and the board is recovered when a script
//! has brought it down.

mod serial;

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_core::action::SwitchState;
use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use lockstep_pins::Pin;
use thiserror::Error;

use super::board_access::{AccessError, BoardAccess, PinAccess};
use super::board_image::{BoardImage, NamedPin, symbols};
use super::diagnosis::{self, Diagnosis};
use super::jumpers::Jumpers;
use super::pin_edges::{PinChange, PinMismatch, changes, compare, drives};
use super::registers;
use crate::bench::{Bench, Capability};
use crate::session::link::LinkError;
use crate::session::pin_driver::PinDriver;
use crate::session::play::{RunRequest, play};
use crate::session::play_error::BoardPlayError;
use crate::session::query::{ask_hello, stop_board};
use crate::session::run_capture::{RegisterSample, RunCapture, WatchedRegisters};
use crate::session::{ExpectedChip, Session, SessionError};
use crate::verdict::{Evidence, LogLine, PinSample};

/// How long a board may take to show the outputs of its last tick.
const SETTLING: Duration = Duration::from_secs(2);

/// How long an image that may be on a board already is waited for.
const ALREADY_UP: Duration = Duration::from_millis(250);

/// From this length on a run may pass over idle ticks, on a bench where that hides nothing. In
/// shorter ones every tick is sampled.
pub const LONG_RUN: RunTicks = RunTicks(60_000);

/// The longest run that is traced at every tick.
pub const MAX_EVERY_TICK: RunTicks = RunTicks(20_000);

/// A bench cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchSessionError {
    /// The board cannot be reached, or does not do what it is asked.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The board is of no use any more.
    #[error("the virtual board failed: {0}")]
    Failed(String),
    /// The board cannot be worked with.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The board did not play to the end.
    #[error(transparent)]
    Play(#[from] BoardPlayError),
    /// Nothing moves the pins of the buttons.
    #[error(
        "the bench `{0}` has no jumper to every button, or its board no registers to move them"
    )]
    NoDriver(String),
    /// A wire is not where the bench file says.
    #[error("pin {button} does not follow {driver}: the jumper between them is missing")]
    NoJumper {
        /// The pin of the button.
        button: Pin,
        /// The pin that should press it.
        driver: Pin,
    },
    /// The image does not show its ticks.
    #[error(
        "the image has no symbol `{}`: its buttons cannot be pressed at a tick",
        symbols::TICK
    )]
    NoTick,
    /// The board goes on after the end of a run.
    #[error("the board is still running {} s after the end of its run", SETTLING.as_secs())]
    NotStill,
    /// Not all of what the pins did was seen.
    #[error("{0} changes of pins came too fast to be kept: what the pins did is not known")]
    LostEdges(u64),
    /// The pin map has no register for an output.
    #[error("the pin map has no register for {0}")]
    NoRegister(Pin),
    /// The image cannot be stopped at a tick.
    #[error(
        "the image has no symbol `{}`: its pins cannot be followed",
        symbols::TICK_HOOK
    )]
    NoTickHook,
}

/// What came of a run that was played to its end.
pub struct BoardRun {
    /// What the board told.
    pub trace: Trace,
    /// What was seen of its pins otherwise.
    pub pins: Vec<PinSample>,
    /// What of the pins is not as it should be.
    pub mismatch: Option<PinMismatch>,
}

/// A bench in use.
pub struct BenchSession<'b> {
    bench: &'b Bench,
    /// Before what reaches the board, so that it is closed before the probe is anybody else's.
    session: Option<Session>,
    access: Box<dyn BoardAccess>,
    loaded: Option<String>,
    /// The levels of outputs as they were last seen from outside.
    outside: BTreeMap<Pin, bool>,
    /// What was logged in the last run.
    logged: Vec<u8>,
    /// The trace of the last run, if that was not played to the end.
    partial_trace: Option<Trace>,
    traces_every_tick: bool,
    flash_count: u32,
    on_flash: Option<fn(&Bench, &BoardImage)>,
}

impl<'b> BenchSession<'b> {
    /// A bench whose board is reached so. Nothing is attached to before it is needed.
    #[must_use]
    pub fn new(bench: &'b Bench, access: Box<dyn BoardAccess>) -> Self {
        Self {
            bench,
            access,
            session: None,
            loaded: None,
            outside: BTreeMap::new(),
            logged: Vec::new(),
            partial_trace: None,
            traces_every_tick: false,
            flash_count: 0,
            on_flash: None,
        }
    }

    /// The same, and this is called whenever an image was written into flash.
    #[must_use]
    pub fn on_flash(mut self, act: fn(&Bench, &BoardImage)) -> Self {
        self.on_flash = Some(act);
        self
    }

    /// Whether the next run is traced at every tick, so that a change of an output that nobody
    /// expected is dated too; only runs of at most [`MAX_EVERY_TICK`], and where pins are reached
    /// from outside.
    pub fn trace_every_tick(&mut self, every_tick: bool) {
        self.traces_every_tick = every_tick;
    }

    /// How often an image was written into flash.
    #[must_use]
    pub fn flash_count(&self) -> u32 {
        self.flash_count
    }

    /// Who is asked what the outputs do.
    #[must_use]
    pub fn evidence(&mut self) -> Vec<Evidence> {
        let can = |ability| !self.bench.missing_capabilities.contains(&ability);
        let mut evidence = vec![Evidence::Rtt];
        if can(Capability::Register) {
            evidence.push(Evidence::Register);
        }
        if can(Capability::Outside) && self.access.pins().is_some() {
            evidence.push(Evidence::Outside);
        }
        evidence
    }

    /// Makes sure that this image runs on the board. One that is there already is not written
    /// again.
    ///
    /// # Errors
    ///
    /// The board cannot be reached, or takes no image.
    pub fn load(&mut self, firmware: &BoardImage) -> Result<(), BenchSessionError> {
        let identity = firmware.identity.to_string();
        if self.loaded.as_ref() == Some(&identity) {
            return Ok(());
        }
        let session = self.session()?;
        let present = session
            .link_within(&firmware.elf, ALREADY_UP)
            .ok()
            .and_then(|mut link| ask_hello(&mut link).ok());
        if let Some(pins) = self.access.pins() {
            // From the first instruction of the image on.
            pins.watch(&firmware.output_pins())?;
        }
        if present.is_none_or(|hello| hello.image != firmware.identity.0) {
            let session = self.session()?;
            session.flash(&firmware.bytes, &firmware.elf)?;
            self.flash_count += 1;
            if let Some(act) = self.on_flash {
                act(self.bench, firmware);
            }
        }
        self.loaded = Some(identity);
        Ok(())
    }

    /// Plays the script, and looks at the outputs that follow from the trace of the host.
    ///
    /// # Errors
    ///
    /// The board did not play to the end.
    pub fn play(
        &mut self,
        firmware: &BoardImage,
        script: &Script,
        host: &Trace,
        stimulus: Stimulus,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<BoardRun, BenchSessionError> {
        self.logged.clear();
        self.partial_trace = None;
        self.load(firmware)?;
        let jumpers = self.jumpers(firmware, stimulus)?;
        let before = self.prepare(firmware, script, host, stimulus)?;
        if let Some(jumpers) = &jumpers {
            self.check_jumpers(jumpers, firmware)?;
        }
        let watched = self.watched(firmware)?;
        let request = RunRequest {
            app: &firmware.app,
            image: &firmware.identity,
            script,
            stimulus,
            tick_limit: firmware.address(symbols::TICK_LIMIT),
            passes_idle: self.access.is_undisturbed() && script.end() >= LONG_RUN,
            watched: watched.as_ref(),
            cancelled,
        };
        let mut driver = match &jumpers {
            Some(jumpers) => {
                let counter = firmware.address(symbols::TICK);
                let counter = counter.ok_or(BenchSessionError::NoTick)?;
                let writes = jumpers.writes(script);
                Some(PinDriver::new(writes, counter, self.bench.tolerance))
            }
            None => None,
        };
        let mut capture = RunCapture::new(&firmware.app, script);
        let mut link = self.session()?.link(&firmware.elf)?;
        let played = play(&mut link, &request, driver.as_mut(), &mut capture);
        for write in jumpers.iter().flat_map(Jumpers::released) {
            // Without the probe nobody can release them; the next run does it first.
            let _ = link.write_word(write.address, write.bits);
        }
        let logged = link.take_logs();
        drop(link);
        self.logged = logged;
        if let Err(error) = played {
            self.partial_trace = capture.has_begun.then_some(capture.trace);
            return Err(error.into());
        }
        match self.check_pins(&capture, host, &before, watched.as_ref(), firmware) {
            Ok((pins, mismatch)) => Ok(BoardRun {
                trace: capture.trace,
                pins,
                mismatch,
            }),
            Err(error) => {
                self.partial_trace = Some(capture.trace);
                Err(error)
            }
        }
    }

    /// What was seen of the outputs, and what of it is not as it should be.
    fn check_pins(
        &mut self,
        capture: &RunCapture,
        host: &Trace,
        before: &[bool],
        watched: Option<&WatchedRegisters<'_>>,
        firmware: &BoardImage,
    ) -> Result<(Vec<PinSample>, Option<PinMismatch>), BenchSessionError> {
        self.await_still(firmware)?;
        let expected = changes(host, before, &firmware.outputs);
        let (mut pins, outside) = self.check_edges(&expected, firmware)?;
        let mut samples = capture.samples.clone();
        if let Some(watched) = watched {
            samples.push(self.sample_at_end(watched, capture.trace.end())?);
        }
        let (seen, register) = registers::compare(&capture.trace, &samples, &firmware.outputs);
        pins.extend(seen);
        pins.sort_by_key(|sample| sample.tick);
        let serial = self.check_serial(&capture.trace, firmware)?;
        Ok((pins, outside.or(register).or(serial)))
    }

    /// Whether the bench says that nobody outside of its board can be believed.
    fn is_blind(&self) -> bool {
        let missing = &self.bench.missing_capabilities;
        missing.contains(&Capability::Outside)
    }

    /// What the board has logged in its last run.
    pub fn take_logs(&mut self, firmware: &BoardImage) -> Vec<LogLine> {
        let Some(table) = &firmware.logs else {
            return Vec::new();
        };
        table.decode(&std::mem::take(&mut self.logged))
    }

    /// The trace of the last run as far as it came, if that was not played to the end.
    pub fn take_partial_trace(&mut self) -> Option<Trace> {
        self.partial_trace.take()
    }

    /// Why a run was not played to the end.
    pub fn diagnose(&mut self, error: &BenchSessionError, firmware: &BoardImage) -> Diagnosis {
        if let Some(cause) = self.access.failure() {
            return Diagnosis::infra(BenchSessionError::Failed(cause).to_string());
        }
        let diagnosis = match (error, &mut self.session) {
            (BenchSessionError::Play(error), Some(session)) => {
                diagnosis::of(error, session, firmware)
            }
            // The image is there: it was just written, or has told its identity.
            (
                BenchSessionError::Session(SessionError::Link(LinkError::NotUp))
                | BenchSessionError::NotStill,
                Some(session),
            ) => diagnosis::of_silence(error, session, firmware),
            _ => Diagnosis::of_error(error),
        };
        diagnosis.with_missing_parts(&self.access.missing_parts(), firmware)
    }

    /// Brings the board back, by the least that does it: a reset, a new connection, a new board
    /// where another one can be had. After that the image is loaded again if it has to be.
    ///
    /// # Errors
    ///
    /// Nothing did.
    pub fn recover(&mut self, firmware: &BoardImage) -> Result<(), BenchSessionError> {
        self.loaded = None;
        if self.answers(firmware) {
            return Ok(());
        }
        self.session = None;
        if self.answers(firmware) {
            return Ok(());
        }
        self.session = None;
        self.access.discard();
        self.outside.clear();
        self.load(firmware)
    }

    fn answers(&mut self, firmware: &BoardImage) -> bool {
        let Ok(session) = self.session() else {
            return false;
        };
        let reset = session.reset(&firmware.elf);
        reset.is_ok()
            && session
                .link(&firmware.elf)
                .is_ok_and(|mut link| ask_hello(&mut link).is_ok())
    }

    /// The session, opened if it is not.
    fn session(&mut self) -> Result<&mut Session, BenchSessionError> {
        if let Some(cause) = self.access.failure() {
            return Err(BenchSessionError::Failed(cause));
        }
        let session = match self.session.take() {
            Some(session) => session,
            None => self.attach()?,
        };
        Ok(self.session.insert(session))
    }

    fn attach(&mut self) -> Result<Session, BenchSessionError> {
        let target = self.access.attach(self.bench)?;
        let board = &self.bench.board;
        let expected = ExpectedChip {
            chip: &self.bench.chip,
            triple: &board.target,
            // What the board says of its chip is nothing about another one.
            chip_id: board
                .chip_id
                .as_ref()
                .filter(|_| self.bench.chip == board.chip),
        };
        Ok(Session::with(target, &expected)?)
    }

    /// Stops the board, sets the lines of its buttons and has its ticks followed, where its pins
    /// are reached from outside; the levels that the outputs have before the run.
    fn prepare(
        &mut self,
        firmware: &BoardImage,
        script: &Script,
        host: &Trace,
        stimulus: Stimulus,
    ) -> Result<Vec<bool>, BenchSessionError> {
        {
            let mut link = self.session()?.link(&firmware.elf)?;
            stop_board(&mut link)?;
        }
        if firmware.uart.is_some() && !self.is_blind() {
            // What the product still had to say.
            self.take_serial(firmware, 0)?;
        }
        let Some(pins) = self.access.pins() else {
            return Ok(Vec::new());
        };
        for edge in pins.take_edges()?.edges {
            self.outside.insert(edge.pin, edge.high);
        }
        let level = |named: &NamedPin| self.outside.get(&named.pin).copied();
        let before = firmware.outputs.iter().map(level);
        let before: Vec<bool> = before.map(Option::unwrap_or_default).collect();
        release_buttons(pins, firmware)?;
        let moved = match stimulus {
            Stimulus::Scheduled => Vec::new(),
            Stimulus::Pins => drives(script, firmware),
        };
        let (at_once, later): (Vec<_>, Vec<_>) = moved
            .into_iter()
            .partition(|drive| drive.tick == RunTicks::ZERO);
        for drive in at_once {
            pins.drive(drive.pin, drive.high)?;
        }
        let dated: Vec<RunTicks> = match self.traces_every_tick && script.end() <= MAX_EVERY_TICK {
            true => (0..=script.end().0).map(RunTicks).collect(),
            false => changes(host, &before, &firmware.outputs)
                .iter()
                .map(|change| change.tick)
                .collect(),
        };
        let clock = firmware.clock().ok_or(BenchSessionError::NoTickHook)?;
        pins.follow_ticks(&clock, &later, &dated)?;
        Ok(before)
    }

    /// The board tells the end of a run before it shows the outputs of the last tick: it has when
    /// it stands still, which is tick 0 to whoever looks.
    fn await_still(&mut self, firmware: &BoardImage) -> Result<(), BenchSessionError> {
        let Some(tick) = firmware.address(symbols::TICK) else {
            return Err(SessionError::Symbol(symbols::TICK.to_owned()).into());
        };
        let mut core = self.session()?.core()?;
        let deadline = core.now() + SETTLING;
        while core.read_word(tick).map_err(SessionError::from)? != 0 {
            if core.now() > deadline {
                return Err(BenchSessionError::NotStill);
            }
        }
        Ok(())
    }

    fn check_edges(
        &mut self,
        expected: &[PinChange],
        firmware: &BoardImage,
    ) -> Result<(Vec<PinSample>, Option<PinMismatch>), BenchSessionError> {
        if self.is_blind() {
            return Ok((Vec::new(), None));
        }
        let Some(pins) = self.access.pins() else {
            return Ok((Vec::new(), None));
        };
        let found = pins.take_edges()?;
        for edge in &found.edges {
            self.outside.insert(edge.pin, edge.high);
        }
        if found.lost > 0 {
            return Err(BenchSessionError::LostEdges(found.lost));
        }
        Ok(compare(expected, &found.edges, &firmware.outputs))
    }

    /// What presses the buttons where no pin is reached from outside.
    fn jumpers(
        &mut self,
        firmware: &BoardImage,
        stimulus: Stimulus,
    ) -> Result<Option<Jumpers>, BenchSessionError> {
        if stimulus == Stimulus::Scheduled || self.access.pins().is_some() {
            return Ok(None);
        }
        let jumpers = Jumpers::of(firmware, &self.bench.wiring);
        let found = jumpers.ok_or_else(|| BenchSessionError::NoDriver(self.bench.name.clone()))?;
        Ok(Some(found))
    }

    /// Presses each button while the board stands still, and checks that its pin follows: a wire
    /// that is missing is no fault of the firmware.
    fn check_jumpers(
        &mut self,
        jumpers: &Jumpers,
        firmware: &BoardImage,
    ) -> Result<(), BenchSessionError> {
        let session = self.session()?;
        for write in jumpers.released() {
            session.write_at(write.address, write.bits)?;
        }
        for jumper in &jumpers.all {
            let (button, driver) = (jumper.button, jumper.driver);
            let Some(register) = firmware.level_registers.get(usize::from(button.port)) else {
                return Err(BenchSessionError::NoRegister(button));
            };
            for contact in [SwitchState::Closed, SwitchState::Open] {
                let (address, bits) = jumper.write(contact);
                session.write_at(address, bits)?;
                let high = session.word_at(*register)? >> button.pin & 1 == 1;
                if high != firmware.level(contact == SwitchState::Closed) {
                    let (input, bits) = jumper.write(SwitchState::Open);
                    session.write_at(input, bits)?;
                    return Err(BenchSessionError::NoJumper { button, driver });
                }
            }
        }
        Ok(())
    }

    /// The registers of this image that are sampled in a run; none on a bench that cannot.
    fn watched<'f>(
        &self,
        firmware: &'f BoardImage,
    ) -> Result<Option<WatchedRegisters<'f>>, BenchSessionError> {
        if self
            .bench
            .missing_capabilities
            .contains(&Capability::Register)
        {
            return Ok(None);
        }
        let addresses = &firmware.level_registers;
        let has_none = |named: &&NamedPin| usize::from(named.pin.port) >= addresses.len();
        if let Some(named) = firmware.outputs.iter().find(has_none) {
            return Err(BenchSessionError::NoRegister(named.pin));
        }
        let shown = firmware.address(symbols::SHOWN);
        Ok(Some(WatchedRegisters { shown, addresses }))
    }

    /// Reads the levels of the pins when the board stands still.
    fn sample_at_end(
        &mut self,
        watched: &WatchedRegisters<'_>,
        end: RunTicks,
    ) -> Result<RegisterSample, BenchSessionError> {
        let session = self.session()?;
        let words = watched.addresses.iter();
        let words = words.map(|address| session.word_at(*address));
        Ok(RegisterSample {
            from: end,
            to: end,
            words: words.collect::<Result<_, _>>()?,
        })
    }
}

fn release_buttons(pins: &mut dyn PinAccess, firmware: &BoardImage) -> Result<(), AccessError> {
    let mut buttons = firmware.buttons.iter();
    buttons.try_for_each(|button| pins.drive(button.pin, firmware.level(false)))
}
