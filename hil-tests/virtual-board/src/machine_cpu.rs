//! The CPU of the emulated machine, through QEMU's gdb stub.

use std::io;
use std::time::{Duration, Instant};

use crate::cpu::{Cpu, Register};
use crate::emulator::{EmulatorError, StopReason};
use crate::machine::Machine;

/// A word of RAM that is borrowed to execute an instruction from.
const SCRATCH: u32 = 0x2000_3ff8;
/// Interrupt control and state: PendSV is set and cleared there.
const ICSR: u32 = 0xe000_ed04;
const PENDSV_SET: u32 = 1 << 28;
const PENDSV_CLEAR: u32 = 1 << 27;
/// How long a step may take before the core may be asleep.
const STEP_TIME: Duration = Duration::from_millis(20);
/// WFE and WFI, after which a core may be asleep.
const SLEEP_INSTRUCTIONS: [u16; 2] = [0xbf20, 0xbf30];
/// `b .`
const BRANCH_TO_SELF: u16 = 0xe7fe;
/// Two times `bx lr`.
const BX_LR: u32 = 0x4770_4770;
/// The numbers of the program counter and the status in the gdb stub.
const PC: u8 = 15;
const XPSR: u8 = 25;
/// The status bit of the instruction set: this core has only one.
const THUMB: u32 = 1 << 24;

impl Machine {
    fn register(&mut self, number: u8) -> Result<u32, EmulatorError> {
        self.gdb("register", |gdb| gdb.register(number))
    }

    fn set_register(&mut self, number: u8, value: u32) -> Result<(), EmulatorError> {
        self.gdb("register", |gdb| gdb.set_register(number, value))
    }

    /// Executes a 32-bit instruction from borrowed RAM, with a value in R0, and gives R0 back; the
    /// core is otherwise as it was.
    fn execute(&mut self, instruction: [u16; 2], argument: u32) -> Result<u32, EmulatorError> {
        let [first, second] = instruction;
        let code = u32::from(first) | (u32::from(second) << 16);
        let (r0, pc) = (self.register(0)?, self.register(PC)?);
        let status = self.register(XPSR)?;
        let borrowed = self.read_word(SCRATCH)?;
        self.write_word(SCRATCH, code)?;
        self.set_register(0, argument)?;
        self.set_register(PC, SCRATCH)?;
        self.set_register(XPSR, status | THUMB)?;
        self.step(true)?;
        let result = self.register(0)?;
        self.write_word(SCRATCH, borrowed)?;
        self.set_register(0, r0)?;
        self.set_register(PC, pc)?;
        self.set_register(XPSR, status)?;
        Ok(result)
    }

    /// A sleeping core takes no step: a pending interrupt wakes it, as a debugger's request wakes
    /// the hardware, and is not taken.
    fn step_masked(&mut self) -> Result<(), EmulatorError> {
        if self.try_step(true)? {
            return Ok(());
        }
        let pending = self.read_word(ICSR)? & PENDSV_SET != 0;
        self.write_word(ICSR, PENDSV_SET)?;
        let stopped = self.gdb("step", |gdb| gdb.await_stop());
        if !pending {
            self.write_word(ICSR, PENDSV_CLEAR)?;
        }
        stopped
    }

    /// PendSV would be taken, so a core that sleeps is woken with interrupts masked.
    fn step_unmasked(&mut self, pc: u32) -> Result<(), EmulatorError> {
        if self.try_step(false)? {
            return Ok(());
        }
        self.gdb("stop", |gdb| gdb.interrupt())?;
        let sleeps = SLEEP_INSTRUCTIONS.contains(&self.half_word(pc.wrapping_sub(2))?);
        match sleeps && self.register(PC)? == pc {
            true => self.step_masked(),
            false => Ok(()),
        }
    }

    fn try_step(&mut self, masked: bool) -> Result<bool, EmulatorError> {
        self.note_running();
        self.gdb("step", |gdb| {
            gdb.step(masked)?;
            gdb.stops_within(STEP_TIME)
        })
    }

    fn half_word(&mut self, address: u32) -> Result<u16, EmulatorError> {
        let word = self.read_word(address & !3)?;
        let half = if address & 2 == 0 { word } else { word >> 16 };
        Ok((half & 0xffff) as u16)
    }

    /// Lets the emulator run.
    fn continue_emulator(&mut self) -> Result<(), EmulatorError> {
        self.note_running();
        self.gdb("run", |gdb| gdb.resume())?;
        if let Some(real_time) = &mut self.real_time {
            real_time.throttle.running(Instant::now());
        }
        Ok(())
    }

    fn note_running(&mut self) {
        if let Some(real_time) = &mut self.real_time {
            real_time.clock.machine_runs();
        }
    }

    fn note_stopped(&mut self) {
        if let Some(real_time) = &mut self.real_time {
            real_time.throttle.stopped();
        }
    }

    /// Looks at the clock of a machine that is stopped: true where it is ahead, and rests.
    fn rests(&mut self) -> Result<bool, EmulatorError> {
        let Some(time) = self.guest_time()? else {
            return Ok(false);
        };
        let throttle = self.real_time.as_mut().map(|it| &mut it.throttle);
        Ok(throttle.is_some_and(|throttle| throttle.check(Instant::now(), time)))
    }

    /// When the machine has to be polled next, if that is known.
    pub(crate) fn next_event(&self) -> Option<Instant> {
        self.real_time.as_ref()?.throttle.next_event()
    }
}

impl Cpu for Machine {
    type Error = EmulatorError;

    fn read_word(&mut self, address: u32) -> Result<u32, EmulatorError> {
        Machine::read_word(self, address)
    }

    fn read_register(&mut self, register: Register) -> Result<u32, EmulatorError> {
        match register {
            Register::General(number) => self.register(number),
            Register::Xpsr => self.register(XPSR),
            Register::Special(special) => self.execute([0xf3ef, 0x8000 | special.number()], 0),
        }
    }

    fn write_register(&mut self, register: Register, value: u32) -> Result<(), EmulatorError> {
        match register {
            Register::General(number) => self.set_register(number, value),
            Register::Xpsr => self.set_register(XPSR, value),
            Register::Special(special) => {
                let instruction = [0xf380, 0x8800 | special.number()];
                self.execute(instruction, value).map(drop)
            }
        }
    }

    fn set_breakpoint(&mut self, address: u32, armed: bool) -> Result<(), EmulatorError> {
        self.gdb("breakpoint", |gdb| gdb.set_breakpoint(address, armed))
    }

    fn run(&mut self) -> Result<(), EmulatorError> {
        if let Some(real_time) = &mut self.real_time {
            real_time.throttle.restart();
        }
        self.note_started();
        self.continue_emulator()
    }

    fn resume(&mut self) -> Result<(), EmulatorError> {
        if let Some(real_time) = &self.real_time {
            let (now, throttle) = (Instant::now(), &real_time.throttle);
            let rests = match throttle.rest_is_over(now) {
                Some(is_over) => !is_over,
                None => throttle.check_is_due(now) && self.rests()?,
            };
            if rests {
                return Ok(());
            }
        }
        self.continue_emulator()
    }

    /// The instruction is executed, however slow the host is and whatever comes in between: a
    /// debugger that finds the program counter where it was takes the instruction for a
    /// breakpoint and skips it.
    fn step(&mut self, masked: bool) -> Result<(), EmulatorError> {
        let pc = self.register(PC)?;
        let deadline = Instant::now() + self.timeout();
        while Instant::now() < deadline {
            match masked {
                true => self.step_masked()?,
                false => self.step_unmasked(pc)?,
            }
            if self.register(PC)? != pc || self.half_word(pc)? == BRANCH_TO_SELF {
                return Ok(());
            }
        }
        Err(self.failure("step", io::ErrorKind::TimedOut.into()))
    }

    fn return_from_exception(&mut self) -> Result<(), EmulatorError> {
        let borrowed = self.read_word(SCRATCH)?;
        self.write_word(SCRATCH, BX_LR)?;
        self.set_register(PC, SCRATCH)?;
        self.step(true)?;
        self.write_word(SCRATCH, borrowed)
    }

    fn halt(&mut self) -> Result<(), EmulatorError> {
        self.note_stopped();
        self.gdb("stop", |gdb| gdb.interrupt()).map(drop)
    }

    fn poll_stopped(&mut self) -> Result<bool, EmulatorError> {
        let now = Instant::now();
        let throttle = self.real_time.as_ref().map(|it| &it.throttle);
        match throttle.and_then(|throttle| throttle.rest_is_over(now)) {
            Some(true) => {
                self.continue_emulator()?;
                return Ok(false);
            }
            Some(false) => return Ok(false),
            None => {}
        }
        if self.gdb("run", |gdb| gdb.poll_stop())?.is_some() {
            self.note_stopped();
            return Ok(true);
        }
        let throttle = self.real_time.as_ref().map(|it| &it.throttle);
        if !throttle.is_some_and(|throttle| throttle.slice_is_over(now)) {
            return Ok(false);
        }
        if self.gdb("stop", |gdb| gdb.interrupt())? == Some(StopReason::Trap) {
            self.note_stopped();
            return Ok(true);
        }
        if !self.rests()? {
            self.continue_emulator()?;
        }
        Ok(false)
    }

    fn reset(&mut self) -> Result<(), EmulatorError> {
        Machine::reset(self)
    }

    fn take_reset(&mut self) -> Result<bool, EmulatorError> {
        Machine::take_reset(self)
    }

    fn at_hook(&mut self) -> Result<(), EmulatorError> {
        self.at_tick_hook()
    }
}
