//! What runs an image: ticks, words of memory, registers and pins of a fake board.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_core::action::SwitchState;
use lockstep_core::contacts::Contacts;
use lockstep_core::crash_record::{self, CrashRecord, RetainedRam};
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;
use lockstep_core::protocol::Phase;
use lockstep_core::time::RunTicks;
use lockstep_pins::{DriveRegisters, Pin};

use super::channels::{Channels, FrameFault};
use super::image::{self, FakeImage, Program, Retained};
use crate::suite::board_access::{MissingPart, PinDrive, PinEdge};

/// The register that names the core, and what a Cortex-M0 has there.
const CPUID: u32 = 0xe000_ed00;
const CORTEX_M0: u32 = 0x410c_c200;

/// The register by which boards tell an nRF51822 with 256 kB of flash: FICR.CODESIZE.
const CODE_SIZE: u32 = 0x1000_0014;
const PAGES: u32 = 0x100;

/// How long a probe takes for one access.
const ACCESS: Duration = Duration::from_micros(20);

/// Something that goes wrong, once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The firmware crashes before this tick of a run, which leaves this record.
    Crash(RunTicks, CrashRecord<'static>),
    /// Something resets the board before this tick of a run.
    Reset(RunTicks),
    /// The firmware spins before this tick of a run.
    Hang(RunTicks),
    /// The firmware takes no command from this tick of a run on, until it has come to the other.
    Deaf(RunTicks, RunTicks),
    /// The probe is gone before this tick of a run.
    ProbeGone(RunTicks),
    /// The emulator of the board ends before this tick of a run.
    MachineEnds(RunTicks),
    /// This happens to the frame of a run with this number.
    Frame(u32, FrameFault),
}

/// The inside of a fake board.
pub(crate) struct Chip {
    images: Vec<FakeImage>,
    image: Option<FakeImage>,
    program: Option<Box<dyn Program>>,
    pub(crate) retained: Retained,
    pub(crate) channels: Option<Channels>,
    /// How often the firmware has set up its channels.
    pub(crate) generation: u32,
    is_halted: bool,
    is_hung: bool,
    words: BTreeMap<u32, u32>,
    /// The time of whoever waits, and when the next tick comes.
    pub(crate) time: Duration,
    next_tick: Duration,
    pub(crate) tick_length: Duration,
    /// The size of the trace buffer, where it is not that of a board.
    pub(crate) trace_bytes: Option<usize>,
    /// How often the control block is seen before its channels are in it.
    pub(crate) opened_early: u32,
    faults: Vec<Fault>,
    pub(crate) probe_is_gone: bool,
    pub(crate) machine_has_ended: bool,
    /// What the emulated chip does not have and the firmware counts on.
    pub(crate) missing_parts: Vec<MissingPart>,
    /// Pins by which others are pulled low.
    pub(crate) jumpers: Vec<(Pin, Pin)>,
    driven_low: u32,
    driven: u32,
    /// The inputs that are held at a level from outside.
    pub(crate) inputs: BTreeMap<Pin, bool>,
    outputs: BTreeMap<Pin, bool>,
    /// Outputs that stay at a level whatever the firmware does.
    pub(crate) stuck: BTreeMap<Pin, bool>,
    pub(crate) watched: Vec<Pin>,
    pub(crate) edges: Vec<PinEdge>,
    pub(crate) drives: Vec<PinDrive>,
    pub(crate) dated: Vec<RunTicks>,
    pub(crate) is_followed: bool,
    /// How often an image was flashed, and the chip was reset from outside.
    pub(crate) flash_count: u32,
    pub(crate) reset_count: u32,
}

impl Chip {
    pub(crate) fn blank(images: Vec<FakeImage>) -> Self {
        Self {
            images,
            image: None,
            program: None,
            retained: Retained::default(),
            channels: None,
            generation: 0,
            is_halted: true,
            is_hung: false,
            words: BTreeMap::new(),
            time: Duration::ZERO,
            next_tick: Duration::ZERO,
            tick_length: Duration::from_millis(1),
            trace_bytes: None,
            opened_early: 0,
            faults: Vec::new(),
            probe_is_gone: false,
            machine_has_ended: false,
            missing_parts: Vec::new(),
            jumpers: Vec::new(),
            driven_low: 0,
            driven: 0,
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            stuck: BTreeMap::new(),
            watched: Vec::new(),
            edges: Vec::new(),
            drives: Vec::new(),
            dated: Vec::new(),
            is_followed: false,
            flash_count: 0,
            reset_count: 0,
        }
    }

    /// Lets this happen.
    pub(crate) fn add_fault(&mut self, fault: Fault) {
        match (fault, &mut self.channels) {
            (Fault::Frame(number, fault), Some(channels)) => {
                channels.fault = Some((number, fault));
            }
            _ => self.faults.push(fault),
        }
    }

    /// A new machine in place of this one.
    pub(crate) fn replace(&mut self) {
        let new = Self::blank(std::mem::take(&mut self.images));
        *self = Self {
            tick_length: self.tick_length,
            time: self.time,
            ..new
        };
    }

    pub(crate) fn flash(&mut self, bytes: &[u8]) -> Result<(), String> {
        let found = self
            .images
            .iter()
            .find(|image| image.firmware.bytes == bytes);
        self.image = Some(found.cloned().ok_or("no such image")?);
        self.program = None;
        self.channels = None;
        self.is_halted = true;
        self.flash_count += 1;
        Ok(())
    }

    pub(crate) fn halt(&mut self) {
        self.is_halted = true;
    }

    pub(crate) fn run(&mut self) {
        self.is_halted = false;
        self.next_tick = self.time + self.tick_length;
    }

    pub(crate) fn reset_and_halt(&mut self) {
        self.reset_count += 1;
        self.retained = Retained::default();
        self.reset();
        self.is_halted = true;
    }

    fn reset(&mut self) {
        self.program = None;
        self.is_hung = false;
        self.words.clear();
        self.driven = 0;
        self.driven_low = 0;
    }

    /// The firmware does what start-up does.
    fn boot(&mut self) {
        let Some(image) = self.image.clone() else {
            return;
        };
        let mut channels = Channels::new(self.trace_bytes);
        let is_of_frame = |fault: &mut Fault| matches!(fault, Fault::Frame(..));
        if let Some(Fault::Frame(number, fault)) = self.faults.extract_if(.., is_of_frame).next() {
            channels.fault = Some((number, fault));
        }
        self.program = Some(image.boot(self.retained, &mut channels));
        self.retained.crash_record = &[];
        self.channels = Some(channels);
        self.generation += 1;
        self.words.insert(image::TICK, 0);
        self.words.insert(image::SHOWN, u32::MAX);
        self.words.insert(image::TICK_LIMIT, u32::MAX);
        self.show();
    }

    /// Lets time pass for whoever waits, and for the board.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.time += time;
        while !self.is_halted && self.next_tick <= self.time {
            self.next_tick += self.tick_length;
            match self.program {
                None => self.boot(),
                Some(_) if self.is_hung || self.machine_has_ended => {}
                Some(_) => self.tick(),
            }
        }
    }

    /// One access of the probe takes its time.
    pub(crate) fn is_accessed(&mut self) {
        self.pass(ACCESS);
    }

    /// What the tick interrupt and then the main loop do.
    fn tick(&mut self) {
        let counted = self.word(image::TICK).wrapping_add(1);
        let next = RunTicks(counted.into());
        let phase = self.phase();
        let is_sampled = phase != Some(Phase::Stopped) && counted <= self.word(image::TICK_LIMIT);
        if is_sampled && phase == Some(Phase::Playing) && self.goes_wrong(next) {
            return;
        }
        if is_sampled {
            self.drive_due(next);
            self.words.insert(image::TICK, counted);
            let contacts = self.contacts();
            self.with_program(|program, channels| program.tick(contacts, channels));
            self.show();
            let shown = self.with_program(|program, _| program.now());
            self.words.insert(image::SHOWN, as_word(shown));
        }
        let contacts = self.contacts();
        if !self.is_deaf() && self.with_program(|program, link| program.receive(contacts, link)) {
            self.words.insert(image::TICK, 0);
            self.show();
            self.words.insert(image::SHOWN, 0);
            self.next_tick = self.time + self.tick_length;
        }
        if self.phase() == Some(Phase::Stopped) {
            self.with_program(|program, channels| program.flush(channels));
            self.words.insert(image::TICK, 0);
        }
    }

    fn with_program<T>(&mut self, act: impl FnOnce(&mut dyn Program, &mut Channels) -> T) -> T {
        let program = self.program.as_mut().unwrap();
        act(program.as_mut(), self.channels.as_mut().unwrap())
    }

    fn phase(&self) -> Option<Phase> {
        self.program.as_ref().map(|program| program.phase())
    }

    /// Whether a fault comes before this tick.
    fn goes_wrong(&mut self, tick: RunTicks) -> bool {
        let is_due = |fault: &Fault| match fault {
            Fault::Crash(at, _)
            | Fault::Reset(at)
            | Fault::Hang(at)
            | Fault::ProbeGone(at)
            | Fault::MachineEnds(at) => *at == tick,
            Fault::Deaf(..) | Fault::Frame(..) => false,
        };
        let Some(index) = self.faults.iter().position(is_due) else {
            return false;
        };
        match self.faults.remove(index) {
            Fault::Crash(_, record) => {
                let crashes = self.retained.crashes + 1;
                let memory = crash_record::retain(crashes, Some(&record), &[]);
                let left = RetainedRam::read(&memory, &[]).crash_record.to_vec();
                self.retained = Retained {
                    crashes,
                    // The agent keeps it for as long as the program lives.
                    crash_record: left.leak(),
                };
                self.reset();
            }
            Fault::Reset(_) => self.reset(),
            Fault::Hang(_) => self.is_hung = true,
            Fault::ProbeGone(_) => self.probe_is_gone = true,
            Fault::MachineEnds(_) => self.machine_has_ended = true,
            Fault::Deaf(..) | Fault::Frame(..) => {}
        }
        true
    }

    fn is_deaf(&self) -> bool {
        let now = RunTicks(self.word(image::TICK).into());
        self.faults.iter().any(|fault| match fault {
            Fault::Deaf(from, to) => (*from..*to).contains(&now),
            _ => false,
        })
    }

    /// Shows the outputs on their pins.
    fn show(&mut self) {
        let (levels, now) = self.with_program(|program, _| (program.levels(), program.now()));
        let firmware = self.image.as_ref().map(|image| image.firmware.clone());
        let outputs = firmware.iter().flat_map(|firmware| &firmware.outputs);
        for named in outputs {
            let level = levels.get(named.index).copied().unwrap_or_default();
            let pin = named.pin;
            let stuck = self.stuck.get(&pin).copied();
            let high = stuck.unwrap_or(level > Level::OFF);
            if self.outputs.insert(pin, high).unwrap_or_default() != high
                && self.watched.contains(&pin)
            {
                let is_dated = self.is_followed && self.dated.contains(&now);
                self.edges.push(PinEdge {
                    tick: is_dated.then_some(now),
                    pin,
                    high,
                });
            }
        }
    }

    fn drive_due(&mut self, tick: RunTicks) {
        let due = self.drives.iter().filter(|drive| drive.tick == tick);
        self.inputs.extend(due.map(|drive| (drive.pin, drive.high)));
    }

    /// The level of a pin: that of an output, of what drives it, or of its pull-up.
    fn is_high(&self, pin: Pin) -> bool {
        let is_pulled = |(driver, button): &(Pin, Pin)| {
            *button == pin && (self.driven & self.driven_low) >> driver.pin & 1 == 1
        };
        let level = self.outputs.get(&pin).or_else(|| self.inputs.get(&pin));
        level.copied().unwrap_or(true) && !self.jumpers.iter().any(is_pulled)
    }

    fn contacts(&self) -> Contacts {
        let firmware = self.image.as_ref().map(|image| &image.firmware);
        let buttons = firmware.iter().flat_map(|firmware| &firmware.buttons);
        let mut contacts = Contacts::OPEN;
        for (id, button) in (0..).map(ButtonId).zip(buttons) {
            if !self.is_high(button.pin) {
                contacts.set(id, SwitchState::Closed);
            }
        }
        contacts
    }

    /// A word of memory or of a register.
    pub(crate) fn word(&self, address: u32) -> u32 {
        let firmware = self.image.as_ref().map(|image| &image.firmware);
        let levels = firmware.and_then(|firmware| firmware.level_registers.first());
        if levels == Some(&address) {
            return (0..31).fold(0, |all, pin| {
                all | u32::from(self.is_high(Pin::new(0, pin))) << pin
            });
        }
        match address {
            CPUID => CORTEX_M0,
            CODE_SIZE => PAGES,
            address => self.words.get(&address).copied().unwrap_or_default(),
        }
    }

    /// Writes a word of memory or of a register.
    pub(crate) fn set_word(&mut self, address: u32, word: u32) {
        let firmware = self.image.as_ref().map(|image| &image.firmware);
        let drive = firmware.and_then(|firmware| firmware.drive_registers.as_ref()?.first());
        match drive.copied() {
            Some(DriveRegisters { output, .. }) if address == output => self.driven |= word,
            Some(DriveRegisters { input, .. }) if address == input => self.driven &= !word,
            Some(DriveRegisters { low, .. }) if address == low => self.driven_low |= word,
            Some(DriveRegisters { high, .. }) if address == high => self.driven_low &= !word,
            _ => _ = self.words.insert(address, word),
        }
    }

    /// The program counter of a core that is halted.
    pub(crate) fn pc(&self) -> u32 {
        match self.is_hung {
            true => image::SPIN + 4,
            false => image::TICK_HOOK + 4,
        }
    }

    /// Why nothing answers, if that is so.
    pub(crate) fn is_gone(&self) -> bool {
        self.probe_is_gone || self.machine_has_ended
    }
}

/// The tick as a board counts it, with 32 bits.
fn as_word(tick: RunTicks) -> u32 {
    u32::try_from(tick.0).unwrap_or(u32::MAX)
}
