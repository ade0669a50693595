//! The way into a firmware: where the board waits for a bench, and where its pins are wrapped.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering};

use lockstep_core::agent::{Agent as Protocol, BootIdentity, CrashLoop, Order};
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Range};
use lockstep_core::protocol::Stimulus;

use crate::agent::Agent;
use crate::app::{self, Beside, Firmware};
use crate::channels::Channels;
use crate::notes::{self, Logger};
use crate::pins::{self, Input, Output};
use crate::retained::{self, Kept, Reason};
use crate::{crash, identity, ticks};

/// How the firmware starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// As the product.
    Product,
    /// With the run that was ordered.
    Run,
    /// After a reset within a run.
    Resumed,
}

/// Whether [`Bench::connect`] was called. Two steps change it: a Cortex-M0 swaps nothing, and nothing else
/// runs at that time.
static IS_CONNECTED: AtomicBool = AtomicBool::new(false);

/// A board that may have a bench.
pub struct Bench<F: Firmware> {
    kept: &'static mut Kept<F>,
    channels: Channels,
    beginning: Beginning,
    inputs: Taken,
    outputs: Taken,
}

/// Which pins have a wrapper already, by their places.
#[derive(Default)]
struct Taken(Cell<u16>);

impl Taken {
    /// # Panics
    ///
    /// Where it is taken already: two drivers of one pin fight over it.
    #[track_caller]
    fn take(&self, index: usize, what: &str, name: &str) {
        let bit = 1 << index;
        assert!(
            self.0.get() & bit == 0,
            "the pin of {what} `{name}` is taken already: a pin has one user"
        );
        self.0.set(self.0.get() | bit);
    }
}

impl<F: Firmware> Bench<F> {
    /// Sets up the channels to a bench, and waits for it to begin a run, where it has stopped the board. To be
    /// called once, before the HAL is initialised: while a board stands still its pins are as after a reset.
    ///
    /// # Panics
    ///
    /// Where it is called twice.
    #[must_use]
    pub fn connect() -> Self {
        const {
            let descriptor = &F::DESCRIPTOR;
            assert!(
                descriptor.numbers().is_empty()
                    && descriptor.serial_lines().is_empty()
                    && descriptor.matrices().is_empty(),
                "beside a firmware with its own HAL there are buttons, outputs and logs: no numbers, serial lines and matrices"
            );
            assert!(
                descriptor.buttons().len() <= pins::BUTTONS
                    && descriptor.outputs().len() <= notes::OUTPUTS,
                "beside a firmware with its own HAL there are at most 16 buttons and 16 outputs"
            );
        }
        assert!(
            !IS_CONNECTED.load(Ordering::Relaxed),
            "a firmware has one bench: `Bench::connect` was called before"
        );
        IS_CONNECTED.store(true, Ordering::Relaxed);
        let reason = retained::take_reason();
        let memory = retained::memory::<F>();
        let resumed = reason.and_then(|reason| Some((reason, Channels::reopen()?)));
        let Some((reason, mut channels)) = resumed else {
            ticks::forget();
            let identity = identity::identity();
            // After a crash, what was told before it is not read yet.
            let reopened = match identity.crash_record.is_empty() {
                true => None,
                false => Channels::reopen(),
            };
            let mut channels = reopened.unwrap_or_else(Channels::open);
            if identity.boot.crashes >= crash::MAX_CRASHES {
                run_crash_loop::<F>(identity, &mut channels);
            }
            // SAFETY: the memory is large enough and aligned, and nobody refers to it yet: this is done once.
            let kept = unsafe {
                memory.write(Kept {
                    agent: Protocol::new(identity),
                    ordered: None,
                });
                &mut *memory
            };
            app::take_reset();
            kept.agent.boot(&mut channels);
            return Self {
                kept,
                channels,
                beginning: Beginning::Product,
                inputs: Taken::default(),
                outputs: Taken::default(),
            };
        };
        // SAFETY: the same image has written it before it reset the chip, which leaves this RAM alone, and
        // what it refers to is in flash, or is a crash record in such RAM. Nobody else refers to it.
        let kept = unsafe { &mut *memory };
        if reason != Reason::Resume {
            // A bench has the board.
            crash::reset_count();
        }
        if reason == Reason::Hold {
            ticks::forget();
            hold(kept, &mut channels);
        }
        let beginning = match reason {
            Reason::Resume => Beginning::Resumed,
            Reason::Hold | Reason::Start => Beginning::Run,
        };
        let stimulus = match (beginning, &kept.ordered) {
            (Beginning::Run, Some(ordered)) => ordered.stimulus,
            _ => kept.agent.stimulus(),
        };
        if stimulus == Stimulus::Scheduled {
            pins::leave_to_bench();
        }
        Self {
            kept,
            channels,
            beginning,
            inputs: Taken::default(),
            outputs: Taken::default(),
        }
    }

    /// The pin of a button: high while its contact is closed. Where a bench presses the buttons itself, its
    /// pin is not looked at.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no button of this name, or its pin is taken.
    #[track_caller]
    #[must_use]
    pub fn input<P>(&self, button: &str, pin: P) -> Input<P> {
        let buttons = const { &F::DESCRIPTOR }.buttons();
        let index = place(buttons.iter().copied(), "button", button);
        self.inputs.take(index, "button", button);
        Input::new(index, pin)
    }

    /// The pin of an output, or what dims it: its level is 1 while it is high; of an analog one, the maximum,
    /// and of what dims it, the part of its duty cycle.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no output of this name, or its pin is taken.
    #[track_caller]
    #[must_use]
    pub fn output<P>(&self, output: &str, pin: P) -> Output<P> {
        let outputs = const { &F::DESCRIPTOR }.outputs();
        let index = place(outputs.iter().map(|it| it.name()), "output", output);
        self.outputs.take(index, "output", output);
        let max = outputs.get(index).map(|it| it.range());
        Output::new(index, max.map_or(Level(1), Range::max), pin)
    }

    /// A kind of log.
    ///
    /// # Panics
    ///
    /// If the descriptor declares no log of this name.
    #[track_caller]
    #[must_use]
    pub fn log(&self, log: &str) -> Logger {
        let descriptor: &'static AppDescriptor = const { &F::DESCRIPTOR };
        let logs = descriptor.logs();
        let index = place(logs.iter().map(|it| it.name()), "log", log);
        Logger::new(descriptor, index)
    }

    /// Tick 0 begins: to be called when the time driver runs, right before the tasks of the firmware are
    /// spawned.
    ///
    /// `sample` reads the pins of the buttons: a bit for each that is pressed, in the order of the
    /// descriptor. Where a bench moves the pins, that tells when the firmware could see them.
    #[must_use]
    pub fn start(self, sample: fn() -> u64) -> Agent<F> {
        let tick = match self.beginning {
            Beginning::Resumed => self.kept.agent.now().0,
            Beginning::Product | Beginning::Run => 0,
        };
        ticks::begin_at(u32::try_from(tick).unwrap_or(u32::MAX));
        Agent::new(self.kept, self.channels, self.beginning, sample)
    }
}

/// Answers a bench and does nothing else, until a reset comes from outside.
fn run_crash_loop<F: Firmware>(identity: BootIdentity, channels: &mut Channels) -> ! {
    crash::enter_crash_loop();
    let mut agent = CrashLoop::boot::<Beside<F>>(identity, channels);
    loop {
        agent.receive(channels);
    }
}

/// Waits for a bench to begin a run.
fn hold<F: Firmware>(kept: &mut Kept<F>, channels: &mut Channels) {
    loop {
        kept.agent.flush(channels);
        if let Some(Order::Start(parameters)) = kept.agent.receive_order(channels) {
            kept.ordered = Some(parameters);
            return;
        }
    }
}

/// The place of a name in what a descriptor declares.
#[track_caller]
fn place<'a>(mut declared: impl Iterator<Item = &'a str>, what: &str, name: &str) -> usize {
    let Some(place) = declared.position(|declared| declared == name) else {
        panic!("the descriptor declares no {what} `{name}`")
    };
    place
}
