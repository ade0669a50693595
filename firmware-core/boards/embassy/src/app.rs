//! A firmware as an app: its executor is polled by the events of the contract.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::Spawner;
use lockstep_board::statics;
use lockstep_core::app::{App, AppDescriptor, Levels};
use lockstep_core::event::Event;
use lockstep_core::sink::Sink;
use lockstep_core::time::{TickPeriod, Ticks};
use lockstep_core::wakeup::Wakeup;

use crate::executor;
use crate::port_states;
use crate::ports::Ports;
use crate::virtual_time;

/// What joins a firmware with its ports.
pub trait Firmware: 'static {
    /// The names of everything the firmware has.
    const DESCRIPTOR: AppDescriptor;

    /// `[Level; N]`, one for each declared output.
    type Outputs: Levels;

    /// What `main` does on a board of its own: takes the ports and spawns the tasks.
    fn start(ports: &Ports, spawner: Spawner);
}

/// Whether an app has been made since the statics were initialised. An atomic only because it is a
/// static: the main loop alone uses it.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// A firmware as an app. An image has one: its tasks are statics.
#[derive(Debug)]
pub struct EmbassyApp<F> {
    is_started: bool,
    /// The ticks of the app that have passed.
    ticks: u64,
    firmware: PhantomData<F>,
}

impl<F: Firmware> EmbassyApp<F> {
    const PERIOD: TickPeriod = F::DESCRIPTOR.tick();

    /// That there is room for what the firmware has.
    const FITS: () = {
        let descriptor = &F::DESCRIPTOR;
        assert!(
            descriptor.buttons().len() <= port_states::PINS
                && descriptor.outputs().len() <= port_states::PINS,
            "Embassy firmware on a board has at most 16 buttons and 16 outputs"
        );
        assert!(
            descriptor.numbers().len() <= port_states::NUMBERS
                && descriptor.serial_lines().len() <= port_states::SERIAL_LINES,
            "Embassy firmware on a board has at most 4 numbers and 2 serial lines"
        );
    };

    /// Lets time pass up to this tick: from one timer to the next, with what they wake.
    fn advance(&mut self, ticks: u64) {
        self.ticks = ticks;
        let end = virtual_time::end_of(ticks, Self::PERIOD);
        while let Some(next) = virtual_time::next_timer().filter(|next| *next <= end) {
            virtual_time::set(next.max(virtual_time::now()));
            executor::poll();
        }
        virtual_time::set(end);
        executor::poll();
    }

    fn start(&mut self) {
        if !self.is_started {
            self.is_started = true;
            port_states::start_numbers(const { &F::DESCRIPTOR });
            F::start(&Ports::new(const { &F::DESCRIPTOR }), executor::spawner());
        }
        executor::poll();
    }
}

impl<F: Firmware> App for EmbassyApp<F> {
    const DESCRIPTOR: AppDescriptor = F::DESCRIPTOR;
    type Outputs = F::Outputs;

    fn new() -> Self {
        const { Self::FITS }
        if IS_USED.load(Ordering::Relaxed) {
            // SAFETY: no task runs, since this is called by the main loop, and what the app before this
            // one has of statics is not used again: it has no references to any.
            unsafe { statics::start_over() };
        }
        IS_USED.store(true, Ordering::Relaxed);
        executor::start();
        Self {
            is_started: false,
            ticks: 0,
            firmware: PhantomData,
        }
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Init(_) => self.start(),
            Event::Tick => self.advance(self.ticks.saturating_add(1)),
            Event::Press(button) => {
                port_states::move_contact(button, true);
                executor::poll();
            }
            Event::Release(button) => {
                port_states::move_contact(button, false);
                executor::poll();
            }
            Event::Number(number, value) => {
                port_states::set_number(number, value);
                executor::poll();
            }
            Event::Byte(line, byte) => {
                port_states::received(line).push(byte);
                executor::poll();
            }
            _ => {}
        }
        port_states::tell_all(out);
    }

    fn outputs(&self) -> Self::Outputs {
        let mut outputs = F::Outputs::OFF;
        for (index, level) in outputs.as_mut().iter_mut().enumerate() {
            *level = port_states::level(index);
        }
        outputs
    }

    fn next_wakeup(&self) -> Wakeup {
        let Some(next) = virtual_time::next_timer() else {
            return Wakeup::NEVER;
        };
        let tick = virtual_time::tick_of(next, Self::PERIOD);
        let left = tick.saturating_sub(self.ticks);
        Wakeup::after(Ticks(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    fn pass(&mut self, ticks: Ticks) {
        self.ticks = self.ticks.saturating_add(u64::from(ticks.0));
        virtual_time::set(virtual_time::end_of(self.ticks, Self::PERIOD));
    }
}
