//! A board in memory for tests: the agent of the firmware itself plays a real app, behind RTT
//! channels, registers and pins that are fields of a struct, in a time that passes only when
//! somebody waits for the board or asks it something.
//!
//! - [`FakeBoard`] is the board on the desk: tests hold it, give it faults, and look into it.
//! - `image` is what can be flashed, `chip` what runs it, `channels` its RTT channels.
//! - `target` reaches it as a probe does, `access` as a bench does.

mod access;
mod channels;
mod chip;
mod image;
mod target;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use lockstep_engine::registry::Registry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use lockstep_engine::{load::InputFormat, play};
use lockstep_images::board::Board;
use lockstep_pins::Pin;

use crate::bench::board_pins::BoardPins;
use crate::bench::{Bench, read};
use crate::session::target::Target;
use crate::session::{ExpectedChip, Session};
use crate::suite::board_access::BoardAccess;
pub(crate) use channels::FrameFault;
pub(crate) use chip::Chip;
pub(crate) use chip::Fault;
pub(crate) use image::{FakeImage, GlitchyToggle, Retained, TICK, TICK_LIMIT};

/// The chip of the board.
pub(crate) const EXPECTED: ExpectedChip<'static> = ExpectedChip {
    chip: "nRF51822_xxAA",
    triple: "thumbv6m-none-eabi",
    chip_id: None,
};

/// A board, shared by the test and whoever reaches it.
#[derive(Clone)]
pub(crate) struct FakeBoard(Arc<Mutex<Chip>>);

impl FakeBoard {
    /// A board in real time with blank flash, which can be given any of these images.
    pub(crate) fn blank(images: &[&FakeImage]) -> Self {
        let images = images.iter().map(|image| (*image).clone()).collect();
        Self(Arc::new(Mutex::new(Chip::blank(images))))
    }

    /// A board in real time that runs this image.
    pub(crate) fn running(image: &FakeImage) -> Self {
        Self::blank(&[image]).started(image)
    }

    /// The same board, running this image.
    pub(crate) fn started(self, image: &FakeImage) -> Self {
        self.chip().flash(&image.firmware.bytes).unwrap();
        self.chip().run();
        self
    }

    /// The inside of the board.
    pub(crate) fn chip(&self) -> MutexGuard<'_, Chip> {
        self.0.lock().unwrap()
    }

    /// The same board with ticks of this length in the time of whoever waits.
    pub(crate) fn with_tick(self, length: Duration) -> Self {
        self.chip().tick_length = length;
        self
    }

    /// The same board, to which this happens.
    pub(crate) fn with_fault(self, fault: Fault) -> Self {
        self.chip().add_fault(fault);
        self
    }

    /// The board as a probe reaches it.
    pub(crate) fn target(&self) -> Box<dyn Target> {
        Box::new(target::FakeTarget::new(self.clone()))
    }

    /// A session with the board.
    pub(crate) fn session(&self) -> Session {
        Session::with(self.target(), &EXPECTED).unwrap()
    }

    /// The board as a bench with an emulator reaches it: pins and all.
    pub(crate) fn emulated(&self) -> Box<dyn BoardAccess> {
        Box::new(access::FakeAccess::new(self.clone(), true))
    }

    /// The board as a bench with a probe reaches it.
    pub(crate) fn probed(&self) -> Box<dyn BoardAccess> {
        Box::new(access::FakeAccess::new(self.clone(), false))
    }
}

fn boards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join("firmware-core/boards")
}

/// The board that the fake is one of.
pub(crate) fn board() -> Board {
    Board::read(&boards().join("microbit-v1")).unwrap()
}

/// A bench with that board, whose file has these lines too.
pub(crate) fn bench(lines: &str) -> Bench {
    let pins = BoardPins::read(board()).unwrap();
    let text = format!("board = \"microbit-v1\"\n{lines}");
    read::read(Path::new("benches/desk.toml"), &text, &[pins]).unwrap()
}

/// A bench whose pins are reached from outside.
pub(crate) fn emulated_bench() -> Bench {
    bench("probe = \"virtual\"\n")
}

/// A bench whose buttons are pressed by free pins of the board.
pub(crate) fn jumpered_bench(tolerance: u32) -> Bench {
    bench(&format!(
        "probe = \"0d28:0204\"\ntolerance = {tolerance}\n[wiring]\n\"P0.17\" = \"P0.20\"\n\
         \"P0.26\" = \"P0.23\"\n"
    ))
}

/// The jumpers of that bench, from driver to button.
pub(crate) fn jumpers() -> [(Pin, Pin); 2] {
    let pin = |number| Pin::new(0, number);
    [(pin(20), pin(17)), (pin(23), pin(26))]
}

/// The script of a scenario, and its trace on the host.
pub(crate) fn scenario(text: &str) -> (Script, Trace) {
    let registry = Registry::new(shipped_apps::shipped()).unwrap();
    let loaded = InputFormat::Scenario.load(&registry, text.as_bytes(), None);
    let loaded = loaded.unwrap();
    let mut watch = |_| std::ops::ControlFlow::Continue(());
    let trace = play::trace(&loaded.app, &loaded.script, &mut watch).unwrap();
    (loaded.script, trace)
}
