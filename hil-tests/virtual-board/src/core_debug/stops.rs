//! Which addresses stop the CPU, and what a stop at one of them means.

use std::collections::BTreeSet;

use super::CoreDebug;
use super::registers::{BKPT, C_DEBUGEN, VC_CORERESET, VC_HARDERR, VCATCH};
use crate::cpu::{Cpu, LR, PC, Register, SpecialRegister};
use crate::memory_map::{FLASH, RAM};

/// Where the vectors of reset and hard fault are.
pub(super) const RESET_VECTOR: u32 = 4;
pub(super) const HARD_FAULT_VECTOR: u32 = 12;
/// The exception number of a hard fault, and the field it is in.
pub(super) const HARD_FAULT: u32 = 3;
const EXCEPTION: u32 = 0x3f;
/// Instructions that do nothing but wait: YIELD, WFE, WFI (ARMv6-M Architecture Reference Manual,
/// A6.7). A debugger that steps does not wait.
const HINTS: [u16; 3] = [0xbf10, 0xbf20, WFI];
const WFI: u16 = 0xbf30;
/// Where the return address is in the stack frame of an exception.
const RETURN_ADDRESS: u32 = 24;
/// The bit of an exception's return value that says which stack the frame is on.
const ON_PROCESS_STACK: u32 = 4;

/// The addresses that are armed, and what for.
#[derive(Debug, Default)]
pub(super) struct ArmedStops {
    addresses: BTreeSet<u32>,
    pub(super) hard_fault: Option<u32>,
    reset: Option<u32>,
    /// Where a BKPT instruction waits for a function to return.
    bkpt: Option<u32>,
}

/// Whether instructions can be fetched from an address.
pub(super) fn is_code(address: u32) -> bool {
    [FLASH, RAM]
        .iter()
        .any(|(first, size)| address.checked_sub(*first).is_some_and(|at| at < *size))
}

impl CoreDebug {
    /// Executes one instruction, and acts before it where it is hooked.
    pub(super) fn step_over<C: Cpu>(
        &self,
        pc: u32,
        masked: bool,
        cpu: &mut C,
    ) -> Result<(), C::Error> {
        if self.hook == Some(pc) {
            cpu.at_hook()?;
        }
        let instruction = half_word(pc, cpu)?;
        if HINTS.contains(&instruction) && (masked || instruction != WFI) {
            // The emulator takes these and the next one for one step.
            return cpu.write_register(PC, pc.wrapping_add(2));
        }
        cpu.step(masked)
    }

    /// Whether the CPU stands on a breakpoint.
    pub(super) fn is_at_breakpoint<C: Cpu>(&self, pc: u32, cpu: &mut C) -> Result<bool, C::Error> {
        if self.control & C_DEBUGEN == 0 {
            return Ok(false);
        }
        Ok(self.matches_comparator(pc) || is_bkpt(pc, cpu)?)
    }

    fn matches_comparator(&self, address: u32) -> bool {
        self.breakpoints_enabled && self.comparator_addresses().any(|armed| armed == address)
    }

    /// The addresses the comparators match.
    fn comparator_addresses(&self) -> impl Iterator<Item = u32> {
        self.comparators.iter().flat_map(|&comparator| {
            let word = comparator & 0x1fff_fffc;
            let low = comparator & 1 != 0 && comparator & (1 << 30) != 0;
            let high = comparator & 1 != 0 && comparator & (1 << 31) != 0;
            let low = low.then_some(word);
            low.into_iter().chain(high.then_some(word | 2))
        })
    }

    /// Arms a running CPU again.
    pub(super) fn rearm<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        if self.is_idle() {
            return Ok(());
        }
        cpu.halt()?;
        let pc = cpu.read_register(PC)?;
        if self.halt_cause(pc, cpu)?.is_none() {
            self.arm(cpu)?;
            return cpu.resume();
        }
        // What stopped it is for the next poll to find.
        self.arm(cpu)
    }

    /// Arms what the registers ask for, on a CPU that is stopped.
    pub(super) fn arm<C: Cpu>(&mut self, cpu: &mut C) -> Result<(), C::Error> {
        let mut armed = ArmedStops::default();
        if self.control & C_DEBUGEN != 0 {
            if self.breakpoints_enabled {
                armed.addresses.extend(self.comparator_addresses());
            }
            armed.bkpt = bkpt_at_return(cpu)?;
            let handler = cpu.read_word(HARD_FAULT_VECTOR)? & !1;
            armed.hard_fault = (is_code(handler) && !self.fault_passed).then_some(handler);
            let entry = cpu.read_word(RESET_VECTOR)? & !1;
            let caught = self.demcr & VC_CORERESET != 0 && is_code(entry);
            armed.reset = caught.then_some(entry);
            let others = [armed.bkpt, armed.hard_fault, armed.reset];
            armed.addresses.extend(others.into_iter().flatten());
        }
        armed.addresses.extend(self.hook);
        for &gone in self.armed.addresses.difference(&armed.addresses) {
            cpu.set_breakpoint(gone, false)?;
        }
        for &new in armed.addresses.difference(&self.armed.addresses) {
            cpu.set_breakpoint(new, true)?;
        }
        self.armed = armed;
        Ok(())
    }

    /// Why a stopped CPU is halted; none where it is to go on.
    pub(super) fn halt_cause<C: Cpu>(
        &mut self,
        pc: u32,
        cpu: &mut C,
    ) -> Result<Option<u32>, C::Error> {
        if self.matches_comparator(pc) || self.armed.bkpt == Some(pc) {
            return Ok(Some(BKPT));
        }
        if let Some(cause) = self.hard_fault_cause(pc, cpu)? {
            self.fault_passed = cause.is_none();
            return Ok(cause);
        }
        let caught = self.armed.reset == Some(pc) && self.reset_seen;
        Ok(caught.then_some(VCATCH))
    }

    /// Whether the CPU stands at the start of the hard fault's handler, and in that fault.
    pub(super) fn is_at_hard_fault<C: Cpu>(&self, pc: u32, cpu: &mut C) -> Result<bool, C::Error> {
        if cpu.read_word(HARD_FAULT_VECTOR)? & !1 != pc {
            return Ok(false);
        }
        Ok(cpu.read_register(Register::Xpsr)? & EXCEPTION == HARD_FAULT)
    }

    /// At the start of the hard fault's handler: what that means. A BKPT instruction is such a
    /// fault to the emulator, and a halt to a debugger.
    pub(super) fn hard_fault_cause<C: Cpu>(
        &mut self,
        pc: u32,
        cpu: &mut C,
    ) -> Result<Option<Option<u32>>, C::Error> {
        if self.armed.hard_fault != Some(pc) || !self.is_at_hard_fault(pc, cpu)? {
            return Ok(None);
        }
        let link = cpu.read_register(LR)?;
        let stack = match link & ON_PROCESS_STACK {
            0 => SpecialRegister::Msp,
            _ => SpecialRegister::Psp,
        };
        let frame = cpu.read_register(Register::Special(stack))?;
        let from = match frame.checked_add(RETURN_ADDRESS) {
            Some(at) if is_code(at) => cpu.read_word(at & !3)?,
            _ => 0,
        };
        if is_bkpt(from, cpu)? {
            cpu.return_from_exception()?;
            return Ok(Some(Some(BKPT)));
        }
        Ok(Some((self.demcr & VC_HARDERR != 0).then_some(VCATCH)))
    }
}

/// Whether the instruction at an address is BKPT.
pub(super) fn is_bkpt<C: Cpu>(address: u32, cpu: &mut C) -> Result<bool, C::Error> {
    Ok(is_code(address) && half_word(address, cpu)? & 0xff00 == 0xbe00)
}

/// The half word at an address of code.
fn half_word<C: Cpu>(address: u32, cpu: &mut C) -> Result<u16, C::Error> {
    let word = cpu.read_word(address & !3)?;
    let half = if address & 2 == 0 { word } else { word >> 16 };
    Ok((half & 0xffff) as u16)
}

/// Where the CPU returns to, if a BKPT waits there: flash algorithms end so, and may have erased
/// the vector that a fault would go to.
fn bkpt_at_return<C: Cpu>(cpu: &mut C) -> Result<Option<u32>, C::Error> {
    let address = cpu.read_register(LR)? & !1;
    Ok(is_bkpt(address, cpu)?.then_some(address))
}
