//! A virtual board with a shipped image on it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use lockstep_hil::session::board_message::{BoardHello, BoardMessage};
use lockstep_hil::session::link::Link;
use lockstep_hil::session::probe_target::AttachOptions;
use lockstep_hil::session::query::ask_hello;
use lockstep_hil::session::target::Register;
use lockstep_hil::session::{ExpectedChip, Session};
use lockstep_images::board::{Board, ChipId};
use lockstep_images::build::{Image, Profile, build};
use lockstep_images::elf::Elf;
use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::probe::WireProtocol;

use super::{neighbour, support};

/// How long anything may take that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// The chip of the virtual board.
pub(crate) const CHIP: &str = "nRF51822_xxAA";

/// Where the probe of a board may listen.
pub(crate) const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// The image, the board it runs on, and the session that reaches it.
pub(crate) struct Bench {
    pub(crate) elf: Elf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) session: Session,
    pub(crate) board: VirtualBoard,
}

impl Bench {
    /// Flashes the image of the micro:bit v1 for this app, and lets it run.
    pub(crate) fn of(app: &str, profile: Profile) -> Result<Self, Failed> {
        let mut bench = Self::with(
            VirtualBoard::start(ANY_PORT.into(), ClockMode::RealTime)?,
            &image(app, profile)?,
        )?;
        bench.session.flash(&bench.bytes, &bench.elf)?;
        Ok(bench)
    }

    /// A board that has this image, or will have it.
    pub(crate) fn with(board: VirtualBoard, image: &Image) -> Result<Self, Failed> {
        let session = attach(&board.selector(), CHIP, "thumbv6m-none-eabi")?;
        let (bytes, elf) = image.load()?;
        Ok(Self {
            elf,
            bytes,
            session,
            board,
        })
    }

    /// The channels of the running image.
    pub(crate) fn link(&mut self) -> Result<Link<'_>, Failed> {
        Ok(self.session.link(&self.elf)?)
    }

    /// Who is speaking, asked for anew.
    pub(crate) fn hello(&mut self) -> Result<BoardHello, Failed> {
        Ok(ask_hello(&mut self.link()?)?)
    }

    /// Waits until the boot after this many crashes in a row says hello. That of the boot before
    /// may still wait in the channel.
    pub(crate) fn hello_after_a_crash(&mut self, crashes: u8) -> Result<BoardHello, Failed> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        while Instant::now() < deadline {
            // Between the crash and the next boot nobody may answer.
            let hello = match self.session.link(&self.elf) {
                Ok(mut link) => ask_hello(&mut link).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match hello {
                Ok(hello) if hello.boot.crashes == crashes => return Ok(hello),
                Ok(hello) => last = format!("it counts {} crashes", hello.boot.crashes),
                Err(error) => last = error,
            }
        }
        let tick = self.session.word(&self.elf, "LOCKSTEP_TICK");
        let pc = self
            .session
            .halted(|core| core.read_register(Register::PC))
            .map(|pc| format!("{pc:#010x}"));
        Err(format!(
            "the board did not come back from its crash {crashes}: {last}; tick {tick:?}, pc {pc:?}"
        )
        .into())
    }

    /// Waits until the core is where a board stays that does not reset after a crash.
    pub(crate) fn await_halt(&mut self) -> Result<(), Failed> {
        let halt = self.elf.symbol("lockstep_halt").ok_or("no symbol")?;
        let begin = halt.address & !1;
        let place = begin..begin + halt.bytes;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let pc = self
                .session
                .halted(|core| core.read_register(Register::PC))?;
            if place.contains(&pc) {
                return Ok(());
            }
        }
        Err("the core does not stay after a crash".into())
    }

    /// Waits until the word at the symbol is such a one.
    pub(crate) fn await_word(
        &mut self,
        symbol: &str,
        holds: impl Fn(u32) -> bool,
    ) -> Result<u32, Failed> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let word = self.session.word(&self.elf, symbol)?;
            if holds(word) {
                return Ok(word);
            }
            if Instant::now() > deadline {
                return Err(format!("`{symbol}` stays at {word}").into());
            }
        }
    }
}

/// A session with the board behind this probe, as if it were one with this chip.
pub(crate) fn attach(selector: &str, chip: &str, triple: &str) -> Result<Session, Failed> {
    attach_to(selector, chip, triple, None)
}

/// The same, if the chip says this of itself.
pub(crate) fn attach_to(
    selector: &str,
    chip: &str,
    triple: &str,
    chip_id: Option<&ChipId>,
) -> Result<Session, Failed> {
    let selector = selector.parse().map_err(|_| "no selector")?;
    let options = AttachOptions {
        selector,
        chip,
        protocol: WireProtocol::Swd,
        speed_khz: None,
        under_reset: false,
    };
    let expected = ExpectedChip {
        chip,
        triple,
        chip_id,
    };
    Ok(Session::attach(&options, &expected)?)
}

/// What is said on the link until something is.
pub(crate) fn until(
    link: &mut Link<'_>,
    last: impl Fn(&BoardMessage) -> bool,
) -> Result<Vec<BoardMessage>, Failed> {
    let deadline = Instant::now() + PATIENCE;
    let mut said = Vec::new();
    while Instant::now() < deadline {
        if let Some(received) = link.receive()? {
            let over = last(&received.message);
            said.push(received.message);
            if over {
                return Ok(said);
            }
        }
    }
    Err(format!("what was awaited was not said: {said:?}").into())
}

/// Cargo builds one image at a time anyway; the tests that want it do so in a row.
static BUILDING: Mutex<()> = Mutex::new(());

pub(crate) fn image(app: &str, profile: Profile) -> Result<Image, Failed> {
    image_of(
        Path::new(""),
        "firmware-core/boards/microbit-v1",
        app,
        profile,
    )
}

/// The image of an app for a board in a project below the root.
pub(crate) fn image_of(
    project: &Path,
    board: &str,
    app: &str,
    profile: Profile,
) -> Result<Image, Failed> {
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let root = support::root().join(project);
    let board = Board::read(&root.join(board))?;
    let images = build(&neighbour::environment(), &root, &board, profile)?;
    let name = format!("{}-{app}", board.name);
    let image = images.into_iter().find(|image| image.name == name);
    Ok(image.ok_or(format!("there is no image `{name}`"))?)
}
