//! The tick: TIMER0, at 1 kHz.

use cortex_m::peripheral::NVIC;
use lockstep_board::samples;

use crate::gpio;
use crate::hal::pac::{Interrupt, TIMER0, interrupt};

/// The timer's clock is 16 MHz, divided by 2 to this power.
const PRESCALER: u8 = 4;

/// Timer clocks of a tick: 1 ms at 1 MHz.
const TICK: u32 = 1_000;

/// Starts the timer over: the first interrupt comes one tick from now.
pub(crate) fn start(timer: &TIMER0) {
    NVIC::mask(Interrupt::TIMER0);
    // SAFETY: every value triggers these tasks.
    unsafe {
        timer.tasks_stop.write(|w| w.bits(1));
        timer.tasks_clear.write(|w| w.bits(1));
    }
    timer.mode.write(|w| w.mode().timer());
    timer.bitmode.write(|w| w.bitmode()._32bit());
    timer.shorts.write(|w| w.compare0_clear().enabled());
    timer.intenset.write(|w| w.compare0().set_bit());
    timer.events_compare[0].reset();
    // SAFETY: the prescaler is at most 9 and the tick fits the 32 bits of the timer; the interrupt
    // is unmasked only here, after all that its handler uses is set up.
    unsafe {
        timer.prescaler.write(|w| w.prescaler().bits(PRESCALER));
        timer.cc[0].write(|w| w.bits(TICK));
        NVIC::unpend(Interrupt::TIMER0);
        NVIC::unmask(Interrupt::TIMER0);
        timer.tasks_start.write(|w| w.bits(1));
    }
}

/// Lets the next interrupt come so many ticks after the last one. False where it has come already.
/// To be called with interrupts disabled.
pub(crate) fn stretch(timer: &TIMER0, ticks: u32) -> bool {
    let Some(clocks) = ticks.checked_mul(TICK) else {
        return false;
    };
    // SAFETY: every value of 32 bits fits the timer.
    timer.cc[0].write(|w| unsafe { w.bits(clocks) });
    // A tick that ended before the write has set the event, and begun the next one.
    let is_late = timer.events_compare[0].read().bits() != 0;
    if is_late {
        // SAFETY: as above.
        timer.cc[0].write(|w| unsafe { w.bits(TICK) });
    }
    !is_late
}

#[interrupt]
fn TIMER0() {
    // SAFETY: the pointer is that of a peripheral, valid forever; `start` masks this interrupt
    // before it writes to the same registers, and `stretch` runs with interrupts disabled. A tick
    // fits the 32 bits of the timer, which the event has just cleared.
    unsafe {
        let timer = &*TIMER0::ptr();
        timer.events_compare[0].reset();
        timer.cc[0].write(|w| w.bits(TICK));
    }
    samples::tick(gpio::levels);
}
