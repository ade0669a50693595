//! The debug registers of a Cortex-M0, which the emulator does not have:
//! halt, run and step, core registers, breakpoints, vector catch, reset.

use std::collections::BTreeSet;

use crate::core::{Core, LR, PC, Register, Special};
use crate::machine::MachineError;

const AIRCR: u32 = 0xe000_ed0c;
const DFSR: u32 = 0xe000_ed30;
const DHCSR: u32 = 0xe000_edf0;
const DCRSR: u32 = 0xe000_edf4;
const DCRDR: u32 = 0xe000_edf8;
const DEMCR: u32 = 0xe000_edfc;
const BP_CTRL: u32 = 0xe000_2000;
const BP_COMP: u32 = 0xe000_2008;
const BP_COMP_END: u32 = BP_COMP + 4 * 4;

/// How many breakpoints the hardware has.
pub const BREAKPOINTS: usize = 4;
/// The same in BP_CTRL.
const BREAKPOINT_COUNT: u32 = 4 << 4;

/// The upper half of a write to DHCSR that takes hold.
const DEBUG_KEY: u32 = 0xa05f;
/// The upper half of a write to AIRCR that takes hold.
const VECTOR_KEY: u32 = 0x05fa;
const SYSRESETREQ: u32 = 1 << 2;

const C_DEBUGEN: u32 = 1 << 0;
const C_HALT: u32 = 1 << 1;
const C_STEP: u32 = 1 << 2;
const C_MASKINTS: u32 = 1 << 3;
const S_REGRDY: u32 = 1 << 16;
const S_HALT: u32 = 1 << 17;
const S_LOCKUP: u32 = 1 << 19;
const S_RETIRE_ST: u32 = 1 << 24;
const S_RESET_ST: u32 = 1 << 25;

const VC_CORERESET: u32 = 1 << 0;
const VC_HARDERR: u32 = 1 << 10;
const DEMCR_KEPT: u32 = VC_CORERESET | VC_HARDERR | (1 << 24);

/// The causes of a halt in DFSR.
const HALTED: u32 = 1 << 0;
const BKPT: u32 = 1 << 1;
const VCATCH: u32 = 1 << 3;

/// Where the vectors of reset and hard fault are.
const RESET_VECTOR: u32 = 4;
const HARD_FAULT_VECTOR: u32 = 12;
/// Instructions that do nothing but wait: YIELD, WFE, WFI (ARMv6-M Architecture Reference Manual,
/// A6.7). A debugger that steps does not wait.
const HINTS: [u16; 3] = [0xbf10, 0xbf20, WFI];
const WFI: u16 = 0xbf30;
/// The exception number of a hard fault.
const HARD_FAULT: u32 = 3;

/// The program counter of a core that is locked up (ARMv6-M Architecture Reference Manual,
/// "Unrecoverable exception cases").
const LOCKED_UP: u32 = 0xffff_fffe;

/// Flash and RAM: what instructions can be fetched from.
const CODE: [std::ops::Range<u32>; 2] = [0..0x0004_0000, 0x2000_0000..0x2000_4000];

/// Why an address is armed, and thereby what a stop there means.
#[derive(Debug, Default)]
struct Armed {
    addresses: BTreeSet<u32>,
    hard_fault: Option<u32>,
    reset: Option<u32>,
    trap: Option<u32>,
}

/// The registers, and what they know of the core.
#[derive(Debug)]
pub struct CoreDebug {
    control: u32,
    demcr: u32,
    dfsr: u32,
    dcrdr: u32,
    breakpoints_enabled: bool,
    breakpoints: [u32; BREAKPOINTS],
    halted: bool,
    locked_up: bool,
    /// Whether the reset line is pulled: nothing runs meanwhile.
    held: bool,
    reset_seen: bool,
    retired: bool,
    /// A hard fault was let through: its handler may loop on its first instruction, so that is
    /// armed again at the next halt or reset only.
    fault_passed: bool,
    /// An instruction the world acts before.
    hook: Option<u32>,
    armed: Armed,
}

impl Default for CoreDebug {
    fn default() -> Self {
        Self {
            control: 0,
            demcr: 0,
            dfsr: 0,
            dcrdr: 0,
            breakpoints_enabled: false,
            breakpoints: [0; BREAKPOINTS],
            halted: true,
            locked_up: false,
            held: false,
            reset_seen: true,
            retired: false,
            fault_passed: false,
            hook: None,
            armed: Armed::default(),
        }
    }
}

/// Whether an address is one of a debug register.
#[must_use]
pub fn owns(address: u32) -> bool {
    matches!(
        address,
        AIRCR | DFSR | DHCSR | DCRSR | DCRDR | DEMCR | BP_CTRL | BP_COMP..BP_COMP_END
    )
}

fn is_code(address: u32) -> bool {
    CODE.iter().any(|range| range.contains(&address))
}

impl CoreDebug {
    /// Lets a core that was just switched on run.
    ///
    /// # Errors
    /// The machine failed; so for all of them.
    pub fn power_up(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        self.go(core)
    }

    /// Whether a debugger holds the core.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.halted
    }

    /// Reads a debug register.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn read(&mut self, address: u32, core: &mut impl Core) -> Result<u32, MachineError> {
        Ok(match address {
            DHCSR => {
                self.watch(core)?;
                let value = self.status();
                self.reset_seen = false;
                self.retired = false;
                value
            }
            DFSR => {
                self.watch(core)?;
                self.dfsr
            }
            DCRDR => self.dcrdr,
            DEMCR => self.demcr,
            AIRCR => 0xfa05_0000,
            BP_CTRL => BREAKPOINT_COUNT | u32::from(self.breakpoints_enabled),
            BP_COMP..BP_COMP_END => self.comparator(address).map_or(0, |held| *held),
            _ => 0,
        })
    }

    /// Writes a debug register.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn write(
        &mut self,
        address: u32,
        value: u32,
        core: &mut impl Core,
    ) -> Result<(), MachineError> {
        match address {
            DHCSR if value >> 16 == DEBUG_KEY => self.control(value & 0xf, core)?,
            DFSR => self.dfsr &= !value,
            DCRDR => self.dcrdr = value,
            DCRSR => self.transfer(value, core)?,
            DEMCR => {
                self.demcr = value & DEMCR_KEPT;
                self.rearm(core)?;
            }
            AIRCR if value >> 16 == VECTOR_KEY && value & SYSRESETREQ != 0 => self.reset(core)?,
            // Without its key the write is ignored.
            BP_CTRL if value & 2 != 0 => {
                self.breakpoints_enabled = value & 1 != 0;
                self.rearm(core)?;
            }
            BP_COMP..BP_COMP_END => {
                if let Some(held) = self.comparator(address) {
                    *held = value & 0xdfff_fffd;
                }
                self.rearm(core)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Sees to a core that runs: one that met a breakpoint is halted, or
    /// goes on where the stop was not meant for it.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn watch(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        self.note_reset(core)?;
        if self.stands() || !core.stopped()? {
            return Ok(());
        }
        // A reset and the stop at its first instruction may both have come since.
        self.note_reset(core)?;
        let pc = core.register(PC)?;
        if let Some(cause) = self.cause(pc, core)? {
            self.halt(cause);
            return Ok(());
        }
        self.pass(pc, false, core)?;
        if self.fault_passed && self.armed.hard_fault.is_some() {
            self.arm(core)?;
        }
        core.run()
    }

    /// Resets the chip, and halts it before its first instruction where that is caught.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn reset(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        self.pull_reset(core)?;
        self.release_reset(core)
    }

    /// Resets the chip, and holds it there.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn pull_reset(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        core.stop()?;
        core.reset()?;
        self.control &= !(C_HALT | C_STEP | C_MASKINTS);
        self.locked_up = false;
        self.reset_seen = true;
        self.fault_passed = false;
        self.halted = false;
        self.held = true;
        Ok(())
    }

    /// Lets a chip that is held in reset go. One that is not is left alone.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn release_reset(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        if !std::mem::take(&mut self.held) {
            return Ok(());
        }
        self.halted = true;
        if self.control & C_DEBUGEN != 0 && self.demcr & VC_CORERESET != 0 {
            self.halt(VCATCH);
            return Ok(());
        }
        self.go(core)
    }

    /// Lets the world act before an instruction is run, each time it is.
    ///
    /// # Errors
    /// See [`CoreDebug::power_up`].
    pub fn hook(&mut self, hook: Option<u32>, core: &mut impl Core) -> Result<(), MachineError> {
        self.hook = hook.map(|address| address & !1);
        self.rearm(core)
    }

    /// Runs one instruction, and the world before it where it is hooked.
    fn pass(&self, pc: u32, masked: bool, core: &mut impl Core) -> Result<(), MachineError> {
        if self.hook == Some(pc) {
            core.hook()?;
        }
        let instruction = halfword(pc, core)?;
        if HINTS.contains(&instruction) && (masked || instruction != WFI) {
            // The emulator takes these and the next one for one step.
            return core.set_register(PC, pc.wrapping_add(2));
        }
        core.step(masked)
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
        self.breakpoints.get_mut(index)
    }

    fn note_reset(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        if core.was_reset()? {
            self.reset_seen = true;
            self.fault_passed = false;
        }
        Ok(())
    }

    /// Whether nothing runs that could stop by itself.
    fn stands(&self) -> bool {
        self.halted || self.locked_up || self.held
    }

    fn control(&mut self, wanted: u32, core: &mut impl Core) -> Result<(), MachineError> {
        self.watch(core)?;
        let enabled = wanted & C_DEBUGEN != 0;
        self.control = if enabled { wanted } else { 0 };
        if self.held {
            return Ok(());
        }
        if enabled && wanted & C_HALT != 0 {
            if !self.halted {
                core.stop()?;
                self.locked_up = false;
                self.halt(HALTED);
            }
            return Ok(());
        }
        if !self.halted {
            return self.rearm(core);
        }
        if enabled && wanted & C_STEP != 0 {
            return self.step(core);
        }
        self.go(core)
    }

    fn halt(&mut self, cause: u32) {
        self.halted = true;
        self.fault_passed = false;
        self.dfsr |= cause;
        self.control |= C_HALT;
    }

    fn step(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        let pc = core.register(PC)?;
        if self.locks_up(pc, core)? {
            return Ok(());
        }
        if self.traps(pc, core)? {
            self.halt(BKPT);
            return Ok(());
        }
        if self.armed.hard_fault.is_none() {
            self.arm(core)?;
        }
        let was_fault = self.is_at_hard_fault(pc, core)?;
        self.pass(pc, self.control & C_MASKINTS != 0, core)?;
        self.retired = true;
        let pc = core.register(PC)?;
        // A handler that stays where it is was not entered anew.
        let caught = match was_fault {
            true => None,
            false => self.hard_fault_cause(pc, core)?.flatten(),
        };
        self.halt(caught.unwrap_or(HALTED));
        Ok(())
    }

    fn go(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        let pc = core.register(PC)?;
        if self.locks_up(pc, core)? {
            return Ok(());
        }
        if self.traps(pc, core)? {
            self.halt(BKPT);
            return Ok(());
        }
        self.fault_passed |= self.is_at_hard_fault(pc, core)?;
        self.arm(core)?;
        core.run()?;
        self.halted = false;
        Ok(())
    }

    /// A core with neither an instruction to run nor a handler for that fault locks up, as on
    /// erased flash, or on a BKPT of a flash algorithm that its debugger has left; the emulator
    /// must not try.
    fn locks_up(&mut self, pc: u32, core: &mut impl Core) -> Result<bool, MachineError> {
        let left = self.control & C_DEBUGEN == 0;
        let lost = !is_code(pc) || left && is_trap(pc, core)?;
        self.locked_up = lost && !is_code(core.word(HARD_FAULT_VECTOR)?);
        self.halted = !self.locked_up;
        if self.locked_up {
            core.set_register(PC, LOCKED_UP)?;
        }
        Ok(self.locked_up)
    }

    /// Whether the core stands on a breakpoint.
    fn traps(&self, pc: u32, core: &mut impl Core) -> Result<bool, MachineError> {
        if self.control & C_DEBUGEN == 0 {
            return Ok(false);
        }
        Ok(self.is_comparator(pc) || is_trap(pc, core)?)
    }

    fn is_comparator(&self, address: u32) -> bool {
        self.breakpoints_enabled && self.compared().any(|armed| armed == address)
    }

    /// The addresses the comparators match.
    fn compared(&self) -> impl Iterator<Item = u32> {
        self.breakpoints.iter().flat_map(|&held| {
            let word = held & 0x1fff_fffc;
            let low = held & 1 != 0 && held & (1 << 30) != 0;
            let high = held & 1 != 0 && held & (1 << 31) != 0;
            let low = low.then_some(word);
            low.into_iter().chain(high.then_some(word | 2))
        })
    }

    /// Arms a running core anew.
    fn rearm(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        if self.stands() {
            return Ok(());
        }
        core.stop()?;
        let pc = core.register(PC)?;
        if self.cause(pc, core)?.is_none() {
            self.arm(core)?;
            return core.run();
        }
        // What stopped it is for the next look at it to find.
        self.arm(core)
    }

    /// Arms what the registers ask for, on a core that is stopped.
    fn arm(&mut self, core: &mut impl Core) -> Result<(), MachineError> {
        let mut armed = Armed::default();
        if self.control & C_DEBUGEN != 0 {
            if self.breakpoints_enabled {
                armed.addresses.extend(self.compared());
            }
            armed.trap = return_trap(core)?;
            let handler = core.word(HARD_FAULT_VECTOR)? & !1;
            armed.hard_fault = (is_code(handler) && !self.fault_passed).then_some(handler);
            let entry = core.word(RESET_VECTOR)? & !1;
            let caught = self.demcr & VC_CORERESET != 0 && is_code(entry);
            armed.reset = caught.then_some(entry);
            let others = [armed.trap, armed.hard_fault, armed.reset];
            armed.addresses.extend(others.into_iter().flatten());
        }
        armed.addresses.extend(self.hook);
        for &gone in self.armed.addresses.difference(&armed.addresses) {
            core.breakpoint(gone, false)?;
        }
        for &new in armed.addresses.difference(&self.armed.addresses) {
            core.breakpoint(new, true)?;
        }
        self.armed = armed;
        Ok(())
    }

    /// Why a stopped core is halted; none where it is to go on.
    fn cause(&mut self, pc: u32, core: &mut impl Core) -> Result<Option<u32>, MachineError> {
        if self.is_comparator(pc) || self.armed.trap == Some(pc) {
            return Ok(Some(BKPT));
        }
        if let Some(cause) = self.hard_fault_cause(pc, core)? {
            self.fault_passed = cause.is_none();
            return Ok(cause);
        }
        let caught = self.armed.reset == Some(pc) && self.reset_seen;
        Ok(caught.then_some(VCATCH))
    }

    /// Whether the core stands at the start of the hard fault's handler, and in that fault.
    fn is_at_hard_fault(&self, pc: u32, core: &mut impl Core) -> Result<bool, MachineError> {
        if core.word(HARD_FAULT_VECTOR)? & !1 != pc {
            return Ok(false);
        }
        Ok(core.register(Register::Status)? & 0x3f == HARD_FAULT)
    }

    /// At the start of the hard fault's handler: what that means. A BKPT
    /// instruction is such a fault to the emulator, and a halt to a debugger.
    fn hard_fault_cause(
        &mut self,
        pc: u32,
        core: &mut impl Core,
    ) -> Result<Option<Option<u32>>, MachineError> {
        if self.armed.hard_fault != Some(pc) || !self.is_at_hard_fault(pc, core)? {
            return Ok(None);
        }
        let link = core.register(LR)?;
        let stack = match link & 4 {
            0 => Special::Msp,
            _ => Special::Psp,
        };
        let frame = core.register(Register::Special(stack))?;
        let from = match frame.checked_add(24) {
            Some(at) if is_code(at) => core.word(at & !3)?,
            _ => 0,
        };
        if is_trap(from, core)? {
            core.leave_exception()?;
            return Ok(Some(Some(BKPT)));
        }
        Ok(Some((self.demcr & VC_HARDERR != 0).then_some(VCATCH)))
    }

    /// One transfer between a core register and DCRDR.
    fn transfer(&mut self, selected: u32, core: &mut impl Core) -> Result<(), MachineError> {
        if !self.halted {
            return Ok(());
        }
        let write = selected & (1 << 16) != 0;
        let register = match selected & 0x1f {
            number @ 0..=15 => Register::General((number & 0xf) as u8),
            16 => Register::Status,
            17 => Register::Special(Special::Msp),
            18 => Register::Special(Special::Psp),
            20 if write => return self.set_masks(core),
            20 => {
                let control = core.register(Register::Special(Special::Control))?;
                let mask = core.register(Register::Special(Special::Primask))?;
                self.dcrdr = (control << 24) | (mask & 1);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if write {
            return core.set_register(register, self.dcrdr);
        }
        self.dcrdr = core.register(register)?;
        Ok(())
    }

    fn set_masks(&self, core: &mut impl Core) -> Result<(), MachineError> {
        let [mask, _, _, control] = self.dcrdr.to_le_bytes();
        core.set_register(Register::Special(Special::Primask), u32::from(mask & 1))?;
        core.set_register(Register::Special(Special::Control), u32::from(control & 3))
    }
}

/// Whether the instruction at an address is BKPT.
fn is_trap(address: u32, core: &mut impl Core) -> Result<bool, MachineError> {
    Ok(is_code(address) && halfword(address, core)? & 0xff00 == 0xbe00)
}

/// The half word at an address of code.
fn halfword(address: u32, core: &mut impl Core) -> Result<u16, MachineError> {
    let word = core.word(address & !3)?;
    let half = if address & 2 == 0 { word } else { word >> 16 };
    Ok((half & 0xffff) as u16)
}

/// Where the core returns to, if a BKPT waits there: flash algorithms end so,
/// and may have erased the vector that a fault would go to.
fn return_trap(core: &mut impl Core) -> Result<Option<u32>, MachineError> {
    let back = core.register(LR)? & !1;
    Ok(is_trap(back, core)?.then_some(back))
}

#[cfg(test)]
mod tests;
