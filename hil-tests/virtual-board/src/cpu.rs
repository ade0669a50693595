//! What the debug registers need of a CPU.

/// A register of the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Register {
    /// R0 to R15.
    General(u8),
    /// The program status (xPSR).
    Xpsr,
    /// One that only instructions of its own read and write.
    Special(SpecialRegister),
}

/// The program counter.
pub const PC: Register = Register::General(15);
/// The link register.
pub const LR: Register = Register::General(14);

/// A register that MRS and MSR reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialRegister {
    /// The main stack pointer.
    Msp,
    /// The process stack pointer.
    Psp,
    /// The interrupt mask.
    Primask,
    /// The choice of the stack pointer.
    Control,
}

impl SpecialRegister {
    /// Its number in MRS and MSR.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Msp => 8,
            Self::Psp => 9,
            Self::Primask => 16,
            Self::Control => 20,
        }
    }
}

/// A CPU that can be halted, examined and resumed. Everything but [`Cpu::poll_stopped`],
/// [`Cpu::take_reset`] and [`Cpu::halt`] wants it halted.
pub trait Cpu {
    /// Why the CPU cannot be used any more. Every method may fail with it.
    type Error;

    /// Reads a word of memory.
    ///
    /// # Errors
    /// The CPU failed.
    fn read_word(&mut self, address: u32) -> Result<u32, Self::Error>;

    /// Reads a register.
    ///
    /// # Errors
    /// The CPU failed.
    fn read_register(&mut self, register: Register) -> Result<u32, Self::Error>;

    /// Writes a register.
    ///
    /// # Errors
    /// The CPU failed.
    fn write_register(&mut self, register: Register, value: u32) -> Result<(), Self::Error>;

    /// Sets or clears a breakpoint.
    ///
    /// # Errors
    /// The CPU failed.
    fn set_breakpoint(&mut self, address: u32, armed: bool) -> Result<(), Self::Error>;

    /// Lets the CPU run.
    ///
    /// # Errors
    /// The CPU failed.
    fn run(&mut self) -> Result<(), Self::Error>;

    /// Lets the CPU go on after a stop that its debugger does not know of: a CPU that keeps real
    /// time catches up what it has lost.
    ///
    /// # Errors
    /// The CPU failed.
    fn resume(&mut self) -> Result<(), Self::Error>;

    /// Executes one instruction; `masked` keeps interrupts from being taken.
    ///
    /// # Errors
    /// The CPU failed.
    fn step(&mut self, masked: bool) -> Result<(), Self::Error>;

    /// Returns from the exception whose handler is about to begin.
    ///
    /// # Errors
    /// The CPU failed.
    fn return_from_exception(&mut self) -> Result<(), Self::Error>;

    /// Stops the CPU.
    ///
    /// # Errors
    /// The CPU failed.
    fn halt(&mut self) -> Result<(), Self::Error>;

    /// Whether a breakpoint has stopped the CPU.
    ///
    /// # Errors
    /// The CPU failed.
    fn poll_stopped(&mut self) -> Result<bool, Self::Error>;

    /// Resets the chip.
    ///
    /// # Errors
    /// The CPU failed.
    fn reset(&mut self) -> Result<(), Self::Error>;

    /// Whether the chip was reset since this was last asked.
    ///
    /// # Errors
    /// The CPU failed.
    fn take_reset(&mut self) -> Result<bool, Self::Error>;

    /// The CPU is about to execute the hooked instruction.
    ///
    /// # Errors
    /// The CPU failed.
    fn at_hook(&mut self) -> Result<(), Self::Error>;
}
