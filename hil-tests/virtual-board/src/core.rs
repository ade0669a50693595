//! What the debug registers need of a core, and how the emulated one gives it.

use std::io;
use std::time::{Duration, Instant};

use super::machine::{DEADLINE, Machine, MachineError};

/// Words of RAM that are borrowed to run an instruction from.
const SCRATCH: u32 = 0x2000_3ff8;
/// Interrupt control and state: PendSV is set and cleared there.
const ICSR: u32 = 0xe000_ed04;
const PENDSV_SET: u32 = 1 << 28;
const PENDSV_CLEAR: u32 = 1 << 27;
/// How long a step may take before the core may be asleep.
const ASLEEP: Duration = Duration::from_millis(20);
/// WFE and WFI, after which a core may be asleep.
const WAITS: [u16; 2] = [0xbf20, 0xbf30];
/// `b .`
const JUMP_TO_ITSELF: u16 = 0xe7fe;
/// The number of the status register in the gdb stub.
const STATUS: u8 = 25;
/// The status register's bit of the instruction set: there is only one.
const THUMB: u32 = 1 << 24;

/// A register of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Register {
    /// R0 to R15.
    General(u8),
    /// The program status.
    Status,
    /// One that only an instruction of its own reads and writes.
    Special(Special),
}

/// The program counter.
pub const PC: Register = Register::General(15);
/// The link register.
pub const LR: Register = Register::General(14);

/// A register that MRS and MSR reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// The main stack pointer.
    Msp,
    /// The process stack pointer.
    Psp,
    /// The interrupt mask.
    Primask,
    /// The choice of the stack pointer.
    Control,
}

impl Special {
    /// Its number within MRS and MSR.
    fn number(self) -> u16 {
        match self {
            Self::Msp => 8,
            Self::Psp => 9,
            Self::Primask => 16,
            Self::Control => 20,
        }
    }
}

/// A core that can be stopped, looked into and let go. Everything but
/// [`Core::stopped`], [`Core::was_reset`] and [`Core::stop`] wants it stopped.
pub trait Core {
    /// Reads a word of memory.
    ///
    /// # Errors
    /// The machine failed; so for all of them.
    fn word(&mut self, address: u32) -> Result<u32, MachineError>;
    /// Reads a register.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn register(&mut self, register: Register) -> Result<u32, MachineError>;
    /// Writes a register.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn set_register(&mut self, register: Register, value: u32) -> Result<(), MachineError>;
    /// Sets or clears a breakpoint.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn breakpoint(&mut self, address: u32, set: bool) -> Result<(), MachineError>;
    /// Lets the core run.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn run(&mut self) -> Result<(), MachineError>;
    /// Executes one instruction; `masked` keeps interrupts from being taken.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn step(&mut self, masked: bool) -> Result<(), MachineError>;
    /// Returns from the exception whose handler is about to begin.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn leave_exception(&mut self) -> Result<(), MachineError>;
    /// Stops the core.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn stop(&mut self) -> Result<(), MachineError>;
    /// Whether a breakpoint stopped the core.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn stopped(&mut self) -> Result<bool, MachineError>;
    /// Resets the chip.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn reset(&mut self) -> Result<(), MachineError>;
    /// Whether the chip was reset since this was last asked.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn was_reset(&mut self) -> Result<bool, MachineError>;
    /// Lets the world act: the core is about to run the hooked instruction.
    ///
    /// # Errors
    /// See [`Core::word`].
    fn hook(&mut self) -> Result<(), MachineError>;
}

impl Machine {
    fn stub_register(&mut self, number: u8) -> Result<u32, MachineError> {
        let read = self.stub.register(number, DEADLINE);
        read.map_err(|e| self.failure("register", e))
    }

    fn set_stub_register(&mut self, number: u8, value: u32) -> Result<(), MachineError> {
        let written = self.stub.set_register(number, value, DEADLINE);
        written.map_err(|e| self.failure("register", e))
    }

    /// Executes a 32-bit instruction from borrowed RAM, with a value in R0,
    /// and gives R0 back; the core is otherwise as it was.
    fn execute(&mut self, instruction: [u16; 2], argument: u32) -> Result<u32, MachineError> {
        let [first, second] = instruction;
        let code = u32::from(first) | (u32::from(second) << 16);
        let (r0, pc) = (self.stub_register(0)?, self.stub_register(15)?);
        let status = self.stub_register(STATUS)?;
        let borrowed = self.read_word(SCRATCH)?;
        self.write_word(SCRATCH, code)?;
        self.set_stub_register(0, argument)?;
        self.set_stub_register(15, SCRATCH)?;
        self.set_stub_register(STATUS, status | THUMB)?;
        self.step(true)?;
        let result = self.stub_register(0)?;
        self.write_word(SCRATCH, borrowed)?;
        self.set_stub_register(0, r0)?;
        self.set_stub_register(15, pc)?;
        self.set_stub_register(STATUS, status)?;
        Ok(result)
    }
}

impl Machine {
    /// A sleeping core takes no step: a pending interrupt wakes it, as a debugger's request wakes
    /// the hardware, and is not taken.
    fn step_masked(&mut self) -> Result<(), MachineError> {
        if self.try_step(true, ASLEEP)? {
            return Ok(());
        }
        let pending = self.read_word(ICSR)? & PENDSV_SET != 0;
        self.write_word(ICSR, PENDSV_SET)?;
        let stopped = self.stub.stopped(DEADLINE);
        let stopped = stopped.map_err(|e| self.failure("step", e))?;
        if !pending {
            self.write_word(ICSR, PENDSV_CLEAR)?;
        }
        match stopped {
            true => Ok(()),
            false => Err(self.failure("step", io::ErrorKind::TimedOut.into())),
        }
    }

    /// An interrupt of ours would be taken, so a core that sleeps is woken with interrupts masked.
    fn step_open(&mut self, pc: u32) -> Result<(), MachineError> {
        if self.try_step(false, ASLEEP)? {
            return Ok(());
        }
        self.stop()?;
        let waits = WAITS.contains(&self.half_word(pc.wrapping_sub(2))?);
        match waits && self.stub_register(15)? == pc {
            true => self.step_masked(),
            false => Ok(()),
        }
    }

    fn try_step(&mut self, masked: bool, wait: Duration) -> Result<bool, MachineError> {
        let step = self.stub.step(masked, DEADLINE);
        let stopped = step.and_then(|()| self.stub.stopped(wait));
        stopped.map_err(|e| self.failure("step", e))
    }

    fn half_word(&mut self, address: u32) -> Result<u16, MachineError> {
        let word = self.read_word(address & !3)?;
        let half = if address & 2 == 0 { word } else { word >> 16 };
        Ok((half & 0xffff) as u16)
    }
}

impl Core for Machine {
    fn word(&mut self, address: u32) -> Result<u32, MachineError> {
        self.read_word(address)
    }

    fn register(&mut self, register: Register) -> Result<u32, MachineError> {
        match register {
            Register::General(number) => self.stub_register(number),
            Register::Status => self.stub_register(STATUS),
            Register::Special(special) => self.execute([0xf3ef, 0x8000 | special.number()], 0),
        }
    }

    fn set_register(&mut self, register: Register, value: u32) -> Result<(), MachineError> {
        match register {
            Register::General(number) => self.set_stub_register(number, value),
            Register::Status => self.set_stub_register(STATUS, value),
            Register::Special(special) => {
                let instruction = [0xf380, 0x8800 | special.number()];
                self.execute(instruction, value).map(drop)
            }
        }
    }

    fn breakpoint(&mut self, address: u32, set: bool) -> Result<(), MachineError> {
        let done = self.stub.breakpoint(address, set, DEADLINE);
        done.map_err(|e| self.failure("breakpoint", e))
    }

    fn run(&mut self) -> Result<(), MachineError> {
        let done = self.stub.resume(DEADLINE);
        done.map_err(|e| self.failure("run", e))
    }

    /// The instruction is executed, however slow the host is and whatever comes in between: a
    /// debugger that finds the program counter where it was takes the instruction for a
    /// breakpoint and skips it.
    fn step(&mut self, masked: bool) -> Result<(), MachineError> {
        let pc = self.stub_register(15)?;
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            match masked {
                true => self.step_masked()?,
                false => self.step_open(pc)?,
            }
            if self.stub_register(15)? != pc || self.half_word(pc)? == JUMP_TO_ITSELF {
                return Ok(());
            }
        }
        Err(self.failure("step", io::ErrorKind::TimedOut.into()))
    }

    fn leave_exception(&mut self) -> Result<(), MachineError> {
        let borrowed = self.read_word(SCRATCH)?;
        self.write_word(SCRATCH, 0x4770_4770)?; // bx lr
        self.set_stub_register(15, SCRATCH)?;
        self.step(true)?;
        self.write_word(SCRATCH, borrowed)
    }

    fn stop(&mut self) -> Result<(), MachineError> {
        let done = self.stub.interrupt(DEADLINE);
        done.map_err(|e| self.failure("stop", e))
    }

    fn stopped(&mut self) -> Result<bool, MachineError> {
        let stopped = self.stub.stopped(Duration::ZERO);
        stopped.map_err(|e| self.failure("run", e))
    }

    fn reset(&mut self) -> Result<(), MachineError> {
        Machine::reset(self)
    }

    fn was_reset(&mut self) -> Result<bool, MachineError> {
        Machine::was_reset(self)
    }

    fn hook(&mut self) -> Result<(), MachineError> {
        self.tick()
    }
}
