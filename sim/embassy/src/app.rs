//! A firmware as an app: its executor is polled by the events of the contract.

use std::marker::PhantomData;
use std::rc::Rc;

use embassy_executor::Spawner;
use lockstep_core::app::{App, AppDescriptor, Levels, Sink};
use lockstep_core::event::Event;
use lockstep_core::time::{TickPeriod, Ticks};
use lockstep_core::wakeup::Wakeup;
use lockstep_engine::task_wakeups::{FaultyWakeups, WakeupFault};

use crate::executor::PolledExecutor;
use crate::ports::{FirmwareOutput, PortStates, Ports};
use crate::stack::{Blocked, Pause};
use crate::virtual_time;

/// What joins a firmware with its ports.
pub trait Firmware: 'static {
    /// The names of everything the firmware has.
    const DESCRIPTOR: AppDescriptor;

    /// `[Level; N]`, one for each declared output.
    type Outputs: Levels;

    /// What `main` does on a board: takes the ports and spawns the tasks.
    fn start(ports: &Ports, spawner: Spawner);
}

/// A firmware as an app.
pub struct EmbassyApp<F> {
    states: Rc<PortStates>,
    executor: PolledExecutor,
    /// The ticks of the app that have passed.
    ticks: u64,
    firmware: PhantomData<F>,
}

impl<F: Firmware> EmbassyApp<F> {
    const PERIOD: TickPeriod = F::DESCRIPTOR.tick();

    fn start(fault: Option<WakeupFault>) -> Self {
        virtual_time::start_over(fault == Some(WakeupFault::Lost));
        let states = PortStates::new(const { &F::DESCRIPTOR });
        let ports = Ports::of(&states);
        Self {
            states,
            executor: PolledExecutor::new(fault, move |spawner| F::start(&ports, spawner)),
            ticks: 0,
            firmware: PhantomData,
        }
    }

    /// Lets time pass up to this tick: from one timer to the next, with what they wake. While a task
    /// blocks, no other one is polled.
    fn advance(&mut self, ticks: u64) {
        self.ticks = ticks;
        let end = virtual_time::end_of(ticks, Self::PERIOD);
        virtual_time::allow(end);
        while !self.is_blocked() {
            let Some(next) = virtual_time::next_timer().filter(|next| *next <= end) else {
                break;
            };
            virtual_time::set(next.max(virtual_time::now()));
            self.executor.run();
        }
        virtual_time::set(end);
        self.executor.run();
    }

    /// Goes on with the task that blocks, as far as time passes, and then with those that it has held
    /// up. Whether a task blocks still.
    fn is_blocked(&mut self) -> bool {
        if let Pause::Blocked(_) = self.executor.pause() {
            self.executor.run();
        }
        matches!(self.executor.pause(), Pause::Blocked(_))
    }

    fn say_all(&self, out: &mut dyn Sink) {
        for said in self.states.take_said() {
            match said {
                FirmwareOutput::Log(log) => out.log(log),
                FirmwareOutput::Bytes(line, bytes) => out.send(line, &bytes),
            }
        }
    }
}

impl<F: Firmware> App for EmbassyApp<F> {
    const DESCRIPTOR: AppDescriptor = F::DESCRIPTOR;
    type Outputs = F::Outputs;

    fn new() -> Self {
        Self::start(None)
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Init(_) => self.executor.run(),
            Event::Tick => self.advance(self.ticks + 1),
            Event::Press(button) => {
                self.states.move_contact(button, true);
                self.executor.run();
            }
            Event::Release(button) => {
                self.states.move_contact(button, false);
                self.executor.run();
            }
            Event::Number(number, value) => {
                self.states.set_number(number, value);
                self.executor.run();
            }
            Event::Byte(line, byte) => {
                self.states.receive(line, byte);
                self.executor.run();
            }
            _ => {}
        }
        self.say_all(out);
    }

    fn outputs(&self) -> Self::Outputs {
        let mut outputs = F::Outputs::OFF;
        for (index, level) in outputs.as_mut().iter_mut().enumerate() {
            *level = self.states.level(index);
        }
        outputs
    }

    fn next_wakeup(&self) -> Wakeup {
        let next = match self.executor.pause() {
            Pause::Idle => virtual_time::next_timer(),
            Pause::Blocked(Blocked::Until(at)) => Some(at),
            Pause::Blocked(Blocked::ForInput) => None,
        };
        let Some(next) = next else {
            return Wakeup::NEVER;
        };
        let tick = virtual_time::tick_of(next, Self::PERIOD);
        let left = tick.saturating_sub(self.ticks);
        Wakeup::after(Ticks(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    fn pass(&mut self, ticks: Ticks) {
        self.ticks += u64::from(ticks.0);
        let now = virtual_time::end_of(self.ticks, Self::PERIOD);
        virtual_time::allow(now);
        virtual_time::set(now);
    }
}

impl<F: Firmware> FaultyWakeups for EmbassyApp<F> {
    fn with_fault(fault: WakeupFault) -> Self {
        Self::start(Some(fault))
    }
}
