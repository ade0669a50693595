//! What every firmware image has in common, whatever Cortex-M chip it is for. A board initialises
//! its peripherals and hands them over as [`Hardware`]; from there on [`run`] is the firmware:
//!
//! - [`boot`]: whether start-up initialised RAM, the identity of the image.
//! - [`samples`]: what the tick interrupt leaves for the main loop.
//! - [`channels`]: the three RTT channels. [`serial`]: the bytes of a UART.
//! - [`pins`] and [`matrix`]: the pins of buttons and outputs, and LEDs for people.
//! - [`systick`]: the tick by the timer that every Cortex-M has.
//! - [`stack`]: how much of the stack was never used. [`statics`]: statics of a firmware begin anew.
//! - [`crash`]: the panic handler and the fault handler of every image.
//!
//! An image also says how its outputs are switched off, with [`outputs_off!`].
//!
//! # Binary interface
//!
//! Debuggers, and `lockstep-hil`, find these symbols in every image. Words are 32 bits.
//!
//! | symbol | is |
//! | --- | --- |
//! | `_SEGGER_RTT` | the RTT control block |
//! | `LOCKSTEP_TICK` | the tick of the run that was sampled last; 0 while the run is stopped |
//! | `LOCKSTEP_OUTPUT_TICK` | the tick whose outputs were set last; `0xffff_ffff` before the first tick |
//! | `LOCKSTEP_TICK_LIMIT` | to be written: the last tick that is sampled; the run waits there until this is moved, so that events of later ticks can be sent in time; `0xffff_ffff` for none |
//! | `LOCKSTEP_SAMPLE_BREAK_TICK` | to be written: `lockstep_tick_hook` is called right before the buttons are sampled in this tick; `0xffff_ffff` for none |
//! | `LOCKSTEP_OUTPUT_BREAK_TICK` | to be written: `lockstep_tick_hook` is called right after the outputs of this tick are set; `0xffff_ffff` for none |
//! | `LOCKSTEP_BOOT` | bit 0: `.data` was copied, bit 1: `.bss` was zeroed, bit 2: the check was made |
//! | `LOCKSTEP_STACK_FREE` | bytes of the stack that were never used |
//! | `LOCKSTEP_APP_BYTES` | in flash: the bytes of the app, which lives on the stack |
//! | `lockstep_tick_hook` | a function in which a breakpoint stops the core at the tick that was written |
//! | `lockstep_halt` | the function in which a board stays that does not reset after a crash |
//! | `__build_note` | the GNU build note, whose id is the identity of the image |

#![no_std]

pub mod boot;
pub mod channels;
mod const_error;
pub mod crash;
mod display;
pub mod matrix;
pub mod pins;
pub mod samples;
pub mod serial;
pub mod stack;
pub mod statics;
pub mod systick;

use lockstep_core::agent::{Agent, BootIdentity, CrashLoop, Link};
use lockstep_core::app::App;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::protocol::{BootReport, Phase};
use lockstep_core::time::{TickPeriod, Ticks};
use pins::PORTS;

// The timestamp of a log is the tick of the run that was sampled last.
defmt::timestamp!("{=u32}", samples::now());

/// How many events a bench can schedule ahead.
pub const QUEUE: usize = 32;

/// After this long without a crash, the count of crashes in a row is 0 again.
const HEALTHY: Ticks = Ticks::from_secs(10);

/// The most ticks that are passed over at once: so long a command may wait.
const MAX_STRETCH: Ticks = Ticks::from_secs(1);

/// What a board does for its app.
pub trait Hardware {
    /// Starts the tick interrupt over: the first one comes a whole millisecond from now. Each
    /// calls [`samples::tick`].
    fn start_ticks(&mut self);

    /// Lets the next tick interrupt come after so many ticks instead of one, and the ones after it
    /// each tick again. False where that cannot be done any more, or at all: nothing has changed.
    fn stretch_tick(&mut self, ticks: u32) -> bool {
        let _ = ticks;
        false
    }

    /// The levels of all pins, read at once: a bit for each pin, a word for each port.
    fn ports(&self) -> [u32; PORTS];

    /// Sets the pins of the app's outputs, whose levels come in the order of the app.
    fn show(&mut self, levels: &[Level]);

    /// Starts sending what waits in [`serial`], where the board has a UART. Called once a
    /// tick, and where a run begins.
    fn start_sending(&mut self) {}

    /// Drives the next row of an LED matrix, where there is one. Called once a tick.
    fn refresh(&mut self) {}
}

/// Lets the image say how large its app is, in the symbol `LOCKSTEP_APP_BYTES`: the app lives on the
/// stack. To be used once in an image.
#[macro_export]
macro_rules! app_bytes {
    ($app:ty) => {{
        // SAFETY: the symbol is unique in the link, which a second definition would end.
        #[unsafe(no_mangle)]
        static LOCKSTEP_APP_BYTES: u32 = {
            let bytes = size_of::<$app>();
            assert!(bytes <= u32::MAX as usize);
            #[allow(clippy::cast_possible_truncation, reason = "checked above")]
            {
                bytes as u32
            }
        };
        // What nobody uses is not linked.
        core::hint::black_box(&LOCKSTEP_APP_BYTES);
    }};
}

/// The ticks that boards keep. The image of an app with others does not build.
pub const KEPT_TICK: TickPeriod = TickPeriod::MILLISECOND;

/// Runs the app forever. `condition` is what initialisation found.
pub fn run<A: App>(hardware: &mut dyn Hardware, condition: BootCondition) -> ! {
    const {
        assert!(
            A::DESCRIPTOR.tick().as_us() == KEPT_TICK.as_us(),
            "boards keep ticks of 1 ms, and `DESCRIPTOR` declares others"
        );
    }
    stack::paint();
    let mut link = channels::open(A::DESCRIPTOR.matrices());
    let before = crash::before_this_boot();
    let (data_copied, bss_zeroed) = boot::check();
    let identity = BootIdentity {
        image: boot::image(),
        boot: BootReport {
            condition,
            data_copied,
            bss_zeroed,
            crashes: before.crashes,
        },
        crash_record: before.crash_record,
    };
    boot::report(&A::DESCRIPTOR, &identity);
    if before.crashes >= crash::MAX_CRASHES {
        run_crash_loop::<A>(hardware, identity, &mut link)
    }
    let mut agent = Agent::<A, QUEUE>::new(identity);
    agent.boot(&mut link);
    hardware.show(agent.levels());
    hardware.start_sending();
    hardware.start_ticks();
    play(hardware, &mut agent, &mut link)
}

/// The work is done here and not in the interrupt, so that no sample is late.
fn play<A: App>(
    hardware: &mut dyn Hardware,
    agent: &mut Agent<A, QUEUE>,
    link: &mut dyn Link,
) -> ! {
    let mut healthy = Ticks::ZERO;
    // Idle ticks that will have passed before the next sample.
    let mut passed = Ticks::ZERO;
    loop {
        // One at a time: commands are taken even where the ticks take all the time there is.
        if let Some(sample) = samples::next() {
            agent.lose_ticks(sample.lost);
            agent.pass(core::mem::take(&mut passed));
            agent.tick(sample.contacts, link);
            while let Some(byte) = serial::take_arrived() {
                agent.take_byte(serial::LINE, byte, link);
            }
            agent.lose_bytes(serial::take_dropped());
            hardware.start_sending();
            hardware.show(agent.levels());
            samples::outputs_set(agent.now());
            hardware.refresh();
            healthy = healthy.saturating_add(Ticks(1));
            if healthy == HEALTHY {
                crash::reset_count();
            }
        }
        if agent.receive(&|| samples::contacts(hardware.ports()), link) {
            passed = Ticks::ZERO;
            samples::restart(|| hardware.start_ticks());
            hardware.start_sending();
            hardware.show(agent.levels());
            samples::outputs_set(agent.now());
        }
        if agent.phase() == Phase::Stopped {
            agent.flush(link);
            hardware.refresh();
            samples::stop();
        }
        stack::measure();
        let idle = agent.idle_ticks().min(MAX_STRETCH);
        if passed == Ticks::ZERO && idle > Ticks::ZERO {
            passed = samples::stretch(agent.now(), idle, |ticks| hardware.stretch_tick(ticks));
        }
        samples::wait();
    }
}

/// Answers a bench and does nothing else; the outputs are off, as they are after a reset. The
/// next reset comes from outside, for example with another image, and starts over.
fn run_crash_loop<A: App>(
    hardware: &mut dyn Hardware,
    identity: BootIdentity,
    link: &mut dyn Link,
) -> ! {
    defmt::error!(
        "crashed {} times in a row: the app is not started",
        identity.boot.crashes
    );
    crash::enter_crash_loop();
    let mut agent = CrashLoop::boot::<A>(identity, link);
    hardware.start_ticks();
    loop {
        while samples::next().is_some() {}
        agent.receive(link);
        samples::wait();
    }
}
