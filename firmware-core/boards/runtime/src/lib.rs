//! What all boards share. A board acquires its peripherals and hands them over as
//! [`Hardware`]; from there on [`run`] is the firmware:
//!
//! - [`boot`]: did start-up do its work, who is this image, what did the last crash leave.
//! - [`samples`]: what the tick interrupt leaves for the main loop.
//! - [`channels`]: the three RTT channels.
//! - [`pins`] and [`matrix`]: outputs for benches, and LEDs for people.
//! - [`stack`]: how much of the stack was never used.
//! - [`crash`]: the one panic handler and the one fault handler of every image.
//!
//! What a debugger may rely on, in every image:
//!
//! | symbol | is |
//! | --- | --- |
//! | `_SEGGER_RTT` | the RTT agent block |
//! | `LOCKSTEP_TICK` | `u32`, the tick of the run that was sampled last; 0 while the board stands still |
//! | `LOCKSTEP_ALARM` | `u32`, the tick before whose sample the core comes by `lockstep_alarm` |
//! | `LOCKSTEP_SHOWN_ALARM` | `u32`, the tick after whose outputs it does |
//! | `LOCKSTEP_SHOWN` | `u32`, the tick whose outputs were shown last |
//! | `LOCKSTEP_BOOT` | `u32`, bit 0: `.data` was copied, bit 1: `.bss` was zeroed, bit 2: the check was made |
//! | `LOCKSTEP_STACK_FREE` | `u32`, bytes of the stack that were never used |
//! | `lockstep_parked` | where a board stays that does not reset after a crash |

#![no_std]

pub mod boot;
pub mod channels;
mod complaint;
pub mod crash;
pub mod matrix;
pub mod pins;
pub mod samples;
pub mod stack;

use lockstep_core::agent::{Agent, CrashLoop, Identity, Link};
use lockstep_core::app::App;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::protocol::{Boot, Phase};
use lockstep_core::time::Ticks;

// What is logged carries the tick of the run that was sampled last.
defmt::timestamp!("{=u32}", samples::now());

/// How many events a bench can schedule ahead.
pub const QUEUE: usize = 32;

/// A run without a crash for this long ends a row of crashes.
const HEALTHY: Ticks = Ticks::from_secs(10);

/// What a board does for its app.
pub trait Hardware {
    /// Lets the next tick be a whole millisecond away, and ticks come from now on. Each calls
    /// [`samples::tick`] from its interrupt.
    fn start_ticks(&mut self);

    /// The levels of all pins, read at once: a bit a pin, a word a port.
    fn ports(&self) -> [u32; 2];

    /// Shows these levels, of the app's outputs in their order.
    fn show(&mut self, levels: &[Level]);

    /// Goes on to the next row of the LEDs: called once a tick.
    fn refresh(&mut self);
}

/// Runs the app for ever. `condition` is what initialisation found.
pub fn run<A: App>(hardware: &mut dyn Hardware, condition: BootCondition) -> ! {
    stack::paint();
    let mut link = channels::open();
    let before = crash::before_this_boot();
    let (data_copied, bss_zeroed) = boot::check();
    let identity = Identity {
        image: boot::image(),
        boot: Boot {
            condition,
            data_copied,
            bss_zeroed,
            crashes: before.crashes,
        },
        crash_record: before.crash_record,
    };
    boot::report(&A::DESCRIPTOR, &identity);
    if before.crashes >= crash::MAX_CRASHES {
        stay_broken::<A>(hardware, identity, &mut link)
    }
    let mut agent = Agent::<A, QUEUE>::boot(identity, &mut link);
    hardware.show(agent.levels());
    hardware.start_ticks();
    play(hardware, &mut agent, &mut link)
}

/// Work is done here and not in the interrupt, so that a tick is never sampled late.
fn play<A: App>(
    hardware: &mut dyn Hardware,
    agent: &mut Agent<A, QUEUE>,
    link: &mut dyn Link,
) -> ! {
    let mut healthy = Ticks::ZERO;
    loop {
        while let Some(sample) = samples::next() {
            agent.lose_ticks(sample.lost);
            agent.tick(sample.contacts, link);
            hardware.show(agent.levels());
            samples::shown(agent.now().0);
            hardware.refresh();
            healthy = healthy.saturating_add(Ticks(1));
            if healthy == HEALTHY {
                crash::forget();
            }
        }
        if agent.receive(&|| samples::contacts(hardware.ports()), link) {
            samples::restart(|| hardware.start_ticks());
            hardware.show(agent.levels());
            samples::shown(agent.now().0);
        }
        if agent.phase() == Phase::Stopped {
            agent.flush(link);
            hardware.refresh();
            samples::stand_still();
        }
        stack::measure();
        samples::wait();
    }
}

/// Answers a bench and does nothing else; the outputs are off, as they are after a reset. The
/// next reset comes from outside, say with another image, and begins anew.
fn stay_broken<A: App>(hardware: &mut dyn Hardware, identity: Identity, link: &mut dyn Link) -> ! {
    defmt::error!(
        "crashed {} times in a row: the app is not started",
        identity.boot.crashes
    );
    crash::broken();
    let mut broken = CrashLoop::boot::<A>(identity, link);
    hardware.start_ticks();
    loop {
        while samples::next().is_some() {}
        broken.receive(link);
        samples::wait();
    }
}
