//! What is asked: a virtual board of each test's own, or the one real board.

use std::env;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;
use probe_rs::flashing::{DownloadOptions, FlashLoader};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{Permissions, Session};

use crate::programs::image;

/// Names the probe of a real board.
const PROBE: &str = "LOCKSTEP_CONFORMANCE_PROBE";
/// The chip, as probe-rs names it.
pub(crate) const CHIP: &str = "nRF51822_xxAA";
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How the board is reached.
#[derive(Clone)]
pub(crate) enum BoardUnderTest {
    Virtual,
    Real(DebugProbeSelector),
}

/// A board that is there.
pub(crate) struct Target {
    pub(crate) selector: DebugProbeSelector,
    _board: Option<VirtualBoard>,
}

impl BoardUnderTest {
    pub(crate) fn from_environment() -> Result<Self, String> {
        let Some(named) = env::var_os(PROBE) else {
            return Ok(Self::Virtual);
        };
        let selector = named.to_str().and_then(|text| text.parse().ok());
        let expected = "expected VID:PID or VID:PID:SERIAL as `probe-rs list` shows";
        let selector = selector.ok_or(format!("`{PROBE}` names no probe: {expected}"))?;
        Ok(Self::Real(selector))
    }

    pub(crate) fn target(&self) -> Result<Target, Failed> {
        Ok(match self {
            Self::Virtual => {
                let board = VirtualBoard::start(([127, 0, 0, 1], 0).into(), ClockMode::RealTime)?;
                Target {
                    selector: board.selector().parse()?,
                    _board: Some(board),
                }
            }
            Self::Real(selector) => Target {
                selector: selector.clone(),
                _board: None,
            },
        })
    }
}

impl Target {
    pub(crate) fn attach(&self) -> Result<Session, Failed> {
        let mut probe = Lister::new().open(self.selector.clone())?;
        probe.select_protocol(WireProtocol::Swd)?;
        Ok(probe.attach(CHIP, Permissions::new().allow_erase_all())?)
    }

    /// A session with a program in flash.
    pub(crate) fn with(&self, code: &[u16]) -> Result<Session, Failed> {
        let mut session = self.attach()?;
        download(&mut session, code)?;
        Ok(session)
    }
}

pub(crate) fn loader(session: &Session, code: &[u16]) -> Result<FlashLoader, Failed> {
    let mut loader = session.target().flash_loader();
    loader.add_data(0, &image(code))?;
    Ok(loader)
}

pub(crate) fn download(session: &mut Session, code: &[u16]) -> Result<(), Failed> {
    let loader = loader(session, code)?;
    let mut options = DownloadOptions::default();
    options.verify = true;
    Ok(loader.commit(session, options)?)
}

/// Polls a condition; fails the test where it does not hold within 5 s.
pub(crate) fn until(
    what: &str,
    mut holds: impl FnMut() -> Result<bool, Failed>,
) -> Result<(), Failed> {
    let deadline = Instant::now() + 5 * SECOND;
    while !holds()? {
        if Instant::now() > deadline {
            return Err(format!("not within 5 s: {what}").into());
        }
    }
    Ok(())
}
