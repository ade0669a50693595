//! Images of a fake board: real apps, with symbols where the fake has its words.

use std::sync::Arc;

use lockstep_apps::lamp::Lamp;
use lockstep_apps::toggle;
use lockstep_core::agent::{Agent, BootIdentity, CrashLoop, Link};
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::contacts::Contacts;
use lockstep_core::event::{BootCondition, Event};
use lockstep_core::output::Level;
use lockstep_core::protocol::{BootReport, Phase};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::AppEntry;
use lockstep_images::elf::{BuildId, Elf, Section, Symbol};

use crate::suite::board_image::{BoardImage, symbols};

/// How many events a board holds.
const QUEUE: usize = 32;

/// After this many crashes in a row a board starts its app no more.
const MAX_CRASHES: u8 = 3;

/// Where the words of an image are.
pub(crate) const CONTROL_BLOCK: u32 = 0x2000_0000;
pub(crate) const TICK: u32 = 0x2000_0100;
pub(crate) const SHOWN: u32 = 0x2000_0104;
pub(crate) const TICK_LIMIT: u32 = 0x2000_0108;
pub(crate) const SAMPLE_BREAK: u32 = 0x2000_010c;
pub(crate) const OUTPUT_BREAK: u32 = 0x2000_0110;
pub(crate) const STACK_START: u32 = 0x2000_4000;

/// Where its functions are.
pub(crate) const TICK_HOOK: u32 = 0x100;
pub(crate) const SPIN: u32 = 0x200;
pub(crate) const HALT: u32 = 0x300;
const CODE_BYTES: u32 = 0x100;

/// The agent of an image, or what answers in place of one that crashed too often.
pub(crate) trait Program: Send {
    fn tick(&mut self, contacts: Contacts, link: &mut dyn Link);
    fn receive(&mut self, contacts: Contacts, link: &mut dyn Link) -> bool;
    fn flush(&mut self, link: &mut dyn Link);
    fn levels(&self) -> Vec<Level>;
    fn phase(&self) -> Phase;
    fn now(&self) -> RunTicks;
}

impl<A: App<Outputs: Send> + Send> Program for Agent<A, QUEUE> {
    fn tick(&mut self, contacts: Contacts, link: &mut dyn Link) {
        self.tick(contacts, link);
    }

    fn receive(&mut self, contacts: Contacts, link: &mut dyn Link) -> bool {
        self.receive(&|| contacts, link)
    }

    fn flush(&mut self, link: &mut dyn Link) {
        self.flush(link);
    }

    fn levels(&self) -> Vec<Level> {
        self.levels().to_vec()
    }

    fn phase(&self) -> Phase {
        self.phase()
    }

    fn now(&self) -> RunTicks {
        self.now()
    }
}

impl Program for CrashLoop {
    fn tick(&mut self, _: Contacts, _: &mut dyn Link) {}

    fn receive(&mut self, _: Contacts, link: &mut dyn Link) -> bool {
        self.receive(link);
        false
    }

    fn flush(&mut self, _: &mut dyn Link) {}

    fn levels(&self) -> Vec<Level> {
        Vec::new()
    }

    fn phase(&self) -> Phase {
        Phase::CrashLoop
    }

    fn now(&self) -> RunTicks {
        RunTicks::ZERO
    }
}

/// What is left of the boot before.
#[derive(Clone, Copy, Default)]
pub(crate) struct Retained {
    pub(crate) crashes: u8,
    pub(crate) crash_record: &'static [u8],
}

type Start = fn(&'static [u8], Retained, &mut dyn Link) -> Box<dyn Program>;

/// An image that a fake board can run.
#[derive(Clone)]
pub(crate) struct FakeImage {
    pub(crate) firmware: Arc<BoardImage>,
    /// What the running image says who it is.
    pub(crate) identity: &'static [u8],
    start: Start,
}

impl FakeImage {
    /// The lamp.
    pub(crate) fn lamp() -> Self {
        Self::of::<Lamp>(b"lamp's image")
    }

    /// The toggle.
    pub(crate) fn toggle() -> Self {
        Self::of::<toggle::Toggle>(b"toggle's image")
    }

    /// The image of this app, with this identity.
    pub(crate) fn of<A: App<Outputs: Send> + Send + 'static>(identity: &'static [u8]) -> Self {
        let name = A::DESCRIPTOR.name();
        let app = AppEntry::with_capabilities::<A>(Capabilities::none());
        let bytes = identity.to_vec();
        let firmware = BoardImage::new(&app, name, bytes, elf(identity), &super::board());
        Self {
            firmware: Arc::new(firmware.unwrap()),
            identity,
            start: start::<A>,
        }
    }

    /// The image as it is read from a file.
    pub(crate) fn new_firmware(&self) -> BoardImage {
        let BoardImage {
            app, bytes, elf, ..
        } = self.firmware.as_ref();
        let name = app.descriptor().name();
        BoardImage::new(app, name, bytes.clone(), elf.clone(), &super::board()).unwrap()
    }

    /// The same, but it says that it is another one.
    pub(crate) fn saying(self, identity: &'static [u8]) -> Self {
        Self { identity, ..self }
    }

    pub(crate) fn boot(&self, retained: Retained, link: &mut dyn Link) -> Box<dyn Program> {
        (self.start)(self.identity, retained, link)
    }
}

fn start<A: App<Outputs: Send> + Send + 'static>(
    image: &'static [u8],
    retained: Retained,
    link: &mut dyn Link,
) -> Box<dyn Program> {
    let identity = BootIdentity {
        image,
        boot: BootReport {
            condition: BootCondition::OK,
            data_copied: true,
            bss_zeroed: true,
            crashes: retained.crashes,
        },
        crash_record: retained.crash_record,
    };
    match retained.crashes < MAX_CRASHES {
        true => {
            let mut agent = Agent::<A, QUEUE>::new(identity);
            agent.boot(link);
            Box::new(agent)
        }
        false => Box::new(CrashLoop::boot::<A>(identity, link)),
    }
}

fn elf(identity: &[u8]) -> Elf {
    let symbol = |name: &str, address, bytes| Symbol {
        name: name.to_owned(),
        address,
        bytes,
        sized: bytes > 0,
    };
    Elf {
        entry: SPIN | 1,
        sections: vec![Section {
            name: ".text".to_owned(),
            address: 0,
            bytes: 0x1000,
            load_address: Some(0),
            content: Vec::new(),
        }],
        symbols: vec![
            symbol(symbols::TICK_HOOK, TICK_HOOK | 1, CODE_BYTES),
            symbol("spin", SPIN | 1, CODE_BYTES),
            symbol(symbols::HALT, HALT | 1, CODE_BYTES),
            symbol("_SEGGER_RTT", CONTROL_BLOCK, 0x100),
            symbol(symbols::TICK, TICK, 4),
            symbol(symbols::SHOWN, SHOWN, 4),
            symbol(symbols::TICK_LIMIT, TICK_LIMIT, 4),
            symbol(symbols::SAMPLE_BREAK, SAMPLE_BREAK, 4),
            symbol(symbols::OUTPUT_BREAK, OUTPUT_BREAK, 4),
            symbol(symbols::STACK_START, STACK_START, 0),
        ],
        debug_names: Vec::new(),
        build_id: Some(BuildId(identity.to_vec())),
    }
}

/// A toggle whose LED is on at tick 700 alone, whatever the button does meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GlitchyToggle(toggle::Toggle);

impl App for GlitchyToggle {
    const DESCRIPTOR: AppDescriptor = toggle::Toggle::DESCRIPTOR;
    type Outputs = <toggle::Toggle as App>::Outputs;

    fn new() -> Self {
        Self(App::new())
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        App::handle(&mut self.0, event, out);
    }

    fn outputs(&self) -> Self::Outputs {
        match self.0.ticks() {
            700 => [Level(1)],
            _ => App::outputs(&self.0),
        }
    }

    fn starting_at(now: Instant) -> Option<Self> {
        toggle::Toggle::starting_at(now).map(Self)
    }
}
