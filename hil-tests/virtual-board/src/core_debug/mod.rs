//! The debug registers of a Cortex-M0, which the emulator does not have: halt, run and step, core
//! registers, breakpoints, vector catch, reset.
//!
//! [`CoreDebug`] is what a debugger reads and writes; a [`Cpu`] is what obeys. A CPU that runs
//! must be polled: [`CoreDebug::poll`] halts one that has met a breakpoint.

mod registers;
mod stops;
#[cfg(test)]
mod tests;

pub use registers::{BREAKPOINTS, contains};

use crate::cpu::{Cpu, PC, Register, SpecialRegister};

use registers::{
    AIRCR, BKPT, BP_COMP, BP_COMP_END, BP_CTRL, C_DEBUGEN, C_HALT, C_MASKINTS, C_STEP,
    COMPARATOR_WRITABLE, DBGKEY, DCRDR, DCRSR, DEMCR, DEMCR_WRITABLE, DFSR, DHCSR, HALTED,
    NUM_CODE, REGWNR, S_HALT, S_LOCKUP, S_REGRDY, S_RESET_ST, S_RETIRE_ST, SYSRESETREQ,
    VC_CORERESET, VCATCH, VECTKEY, VECTKEYSTAT,
};
use stops::{ArmedStops, HARD_FAULT_VECTOR, is_bkpt, is_code};

/// The program counter of a core that is locked up (ARMv6-M Architecture Reference Manual,
/// "Unrecoverable exception cases").
const LOCKUP_PC: u32 = 0xffff_fffe;

/// The registers, and what they know of the CPU.
#[derive(Debug)]
pub struct CoreDebug {
    control: u32,
    demcr: u32,
    dfsr: u32,
    dcrdr: u32,
    breakpoints_enabled: bool,
    comparators: [u32; BREAKPOINTS],
    halted: bool,
    locked_up: bool,
    /// Whether the reset line is asserted: nothing runs meanwhile.
    held_in_reset: bool,
    reset_seen: bool,
    retired: bool,
    /// A hard fault was let through: its handler may loop on its first instruction, so that is
    /// armed again at the next halt or reset only.
    fault_passed: bool,
    /// An instruction before which [`Cpu::at_hook`] is called.
    hook: Option<u32>,
    armed: ArmedStops,
}

impl Default for CoreDebug {
    fn default() -> Self {
        Self {
            control: 0,
            demcr: 0,
            dfsr: 0,
            dcrdr: 0,
            breakpoints_enabled: false,
            comparators: [0; BREAKPOINTS],
            halted: true,
            locked_up: false,
            held_in_reset: false,
            reset_seen: true,
            retired: false,
            fault_passed: false,
            hook: None,
            armed: ArmedStops::default(),
        }
    }
}

impl CoreDebug {
    /// Lets a CPU that was just powered up run.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn power_up<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        self.run(cpu)
    }

    /// Whether a debugger holds the CPU.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.halted
    }

    /// Reads a debug register.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn read<C: Cpu>(&mut self, address: u32, cpu: &mut C) -> Result<u32, C::Error> {
        Ok(match address {
            DHCSR => {
                self.poll(cpu)?;
                let value = self.status();
                self.reset_seen = false;
                self.retired = false;
                value
            }
            DFSR => {
                self.poll(cpu)?;
                self.dfsr
            }
            DCRDR => self.dcrdr,
            DEMCR => self.demcr,
            AIRCR => VECTKEYSTAT << 16,
            BP_CTRL => NUM_CODE | u32::from(self.breakpoints_enabled),
            BP_COMP..BP_COMP_END => self.comparator(address).map_or(0, |held| *held),
            _ => 0,
        })
    }

    /// Writes a debug register.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn write<C: Cpu>(&mut self, address: u32, value: u32, cpu: &mut C) -> Result<(), C::Error> {
        match address {
            DHCSR if value >> 16 == DBGKEY => self.write_control(value & 0xf, cpu)?,
            DFSR => self.dfsr &= !value,
            DCRDR => self.dcrdr = value,
            DCRSR => self.transfer(value, cpu)?,
            DEMCR => {
                self.demcr = value & DEMCR_WRITABLE;
                self.rearm(cpu)?;
            }
            AIRCR if value >> 16 == VECTKEY && value & SYSRESETREQ != 0 => self.reset(cpu)?,
            // Without its key the write is ignored.
            BP_CTRL if value & 2 != 0 => {
                self.breakpoints_enabled = value & 1 != 0;
                self.rearm(cpu)?;
            }
            BP_COMP..BP_COMP_END => {
                if let Some(held) = self.comparator(address) {
                    *held = value & COMPARATOR_WRITABLE;
                }
                self.rearm(cpu)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Looks after a CPU that runs: one that has met a breakpoint is halted, or goes on where the
    /// stop was not meant for its debugger.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn poll<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        self.note_reset(cpu)?;
        if self.is_idle() || !cpu.poll_stopped()? {
            return Ok(());
        }
        // A reset and the stop at its first instruction may both have come since.
        self.note_reset(cpu)?;
        let pc = cpu.read_register(PC)?;
        if let Some(cause) = self.halt_cause(pc, cpu)? {
            self.halt(cause);
            return Ok(());
        }
        self.step_over(pc, false, cpu)?;
        if self.fault_passed && self.armed.hard_fault.is_some() {
            self.arm(cpu)?;
        }
        cpu.resume()
    }

    /// Resets the chip, and halts it before its first instruction where that is caught.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn reset<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        self.assert_reset(cpu)?;
        self.release_reset(cpu)
    }

    /// Resets the chip, and holds it there.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn assert_reset<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        cpu.halt()?;
        cpu.reset()?;
        self.control &= !(C_HALT | C_STEP | C_MASKINTS);
        self.locked_up = false;
        self.reset_seen = true;
        self.fault_passed = false;
        self.halted = false;
        self.held_in_reset = true;
        Ok(())
    }

    /// Releases a chip that is held in reset. One that is not is left alone.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn release_reset<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        if !std::mem::take(&mut self.held_in_reset) {
            return Ok(());
        }
        self.halted = true;
        if self.control & C_DEBUGEN != 0 && self.demcr & VC_CORERESET != 0 {
            self.halt(VCATCH);
            return Ok(());
        }
        self.run(cpu)
    }

    /// Has [`Cpu::at_hook`] called before this instruction, each time it is executed.
    ///
    /// # Errors
    /// The CPU failed.
    pub fn set_hook<C: Cpu>(&mut self, hook: Option<u32>, cpu: &mut C) -> Result<(), C::Error> {
        self.hook = hook.map(|address| address & !1);
        self.rearm(cpu)
    }

    fn status(&self) -> u32 {
        let mut value = self.control | S_REGRDY;
        for (set, bit) in [
            (self.halted, S_HALT),
            (self.locked_up, S_LOCKUP),
            (self.reset_seen, S_RESET_ST),
            (self.retired || !self.halted, S_RETIRE_ST),
        ] {
            if set {
                value |= bit;
            }
        }
        value
    }

    fn comparator(&mut self, address: u32) -> Option<&mut u32> {
        let index = usize::try_from((address - BP_COMP) / 4).ok()?;
        self.comparators.get_mut(index)
    }

    fn note_reset<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        if cpu.take_reset()? {
            self.reset_seen = true;
            self.fault_passed = false;
        }
        Ok(())
    }

    /// Whether nothing runs that could stop by itself.
    fn is_idle(&self) -> bool {
        self.halted || self.locked_up || self.held_in_reset
    }

    fn write_control<C: Cpu>(&mut self, wanted: u32, cpu: &mut C) -> Result<(), C::Error> {
        self.poll(cpu)?;
        let enabled = wanted & C_DEBUGEN != 0;
        self.control = if enabled { wanted } else { 0 };
        if self.held_in_reset {
            return Ok(());
        }
        if enabled && wanted & C_HALT != 0 {
            if !self.halted {
                cpu.halt()?;
                self.locked_up = false;
                self.halt(HALTED);
            }
            return Ok(());
        }
        if !self.halted {
            return self.rearm(cpu);
        }
        if enabled && wanted & C_STEP != 0 {
            return self.step(cpu);
        }
        self.run(cpu)
    }

    fn halt(&mut self, cause: u32) {
        self.halted = true;
        self.fault_passed = false;
        self.dfsr |= cause;
        self.control |= C_HALT;
    }

    fn step<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        let pc = cpu.read_register(PC)?;
        if self.locks_up(pc, cpu)? {
            return Ok(());
        }
        if self.is_at_breakpoint(pc, cpu)? {
            self.halt(BKPT);
            return Ok(());
        }
        if self.armed.hard_fault.is_none() {
            self.arm(cpu)?;
        }
        let was_at_fault = self.is_at_hard_fault(pc, cpu)?;
        self.step_over(pc, self.control & C_MASKINTS != 0, cpu)?;
        self.retired = true;
        let pc = cpu.read_register(PC)?;
        // A handler that stays where it is was not entered again.
        let caught = match was_at_fault {
            true => None,
            false => self.hard_fault_cause(pc, cpu)?.flatten(),
        };
        self.halt(caught.unwrap_or(HALTED));
        Ok(())
    }

    fn run<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        let pc = cpu.read_register(PC)?;
        if self.locks_up(pc, cpu)? {
            return Ok(());
        }
        if self.is_at_breakpoint(pc, cpu)? {
            self.halt(BKPT);
            return Ok(());
        }
        self.fault_passed |= self.is_at_hard_fault(pc, cpu)?;
        self.arm(cpu)?;
        cpu.run()?;
        self.halted = false;
        Ok(())
    }

    /// A core with neither an instruction to execute nor a handler for that fault locks up, as on
    /// erased flash, or on a BKPT of a flash algorithm that its debugger has left; the emulator
    /// must not try.
    fn locks_up<C: Cpu>(&mut self, pc: u32, cpu: &mut C) -> Result<bool, C::Error> {
        let has_debugger = self.control & C_DEBUGEN != 0;
        let is_lost = !is_code(pc) || !has_debugger && is_bkpt(pc, cpu)?;
        self.locked_up = is_lost && !is_code(cpu.read_word(HARD_FAULT_VECTOR)?);
        self.halted = !self.locked_up;
        if self.locked_up {
            cpu.write_register(PC, LOCKUP_PC)?;
        }
        Ok(self.locked_up)
    }

    /// One transfer between a core register and DCRDR.
    fn transfer<C: Cpu>(&mut self, selected: u32, cpu: &mut C) -> Result<(), C::Error> {
        if !self.halted {
            return Ok(());
        }
        let write = selected & REGWNR != 0;
        let register = match selected & 0x1f {
            number @ 0..=15 => Register::General((number & 0xf) as u8),
            16 => Register::Xpsr,
            17 => Register::Special(SpecialRegister::Msp),
            18 => Register::Special(SpecialRegister::Psp),
            20 if write => return self.write_masks(cpu),
            20 => {
                let control = cpu.read_register(Register::Special(SpecialRegister::Control))?;
                let mask = cpu.read_register(Register::Special(SpecialRegister::Primask))?;
                self.dcrdr = (control << 24) | (mask & 1);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if write {
            return cpu.write_register(register, self.dcrdr);
        }
        self.dcrdr = cpu.read_register(register)?;
        Ok(())
    }

    fn write_masks<C: Cpu>(&self, cpu: &mut C) -> Result<(), C::Error> {
        let [mask, _, _, control] = self.dcrdr.to_le_bytes();
        let primask = Register::Special(SpecialRegister::Primask);
        cpu.write_register(primask, u32::from(mask & 1))?;
        let register = Register::Special(SpecialRegister::Control);
        cpu.write_register(register, u32::from(control & 3))
    }
}
