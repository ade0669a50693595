//! The debug registers over a core that is a few numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const CODE: u32 = 0x100;
const HANDLER: u32 = 0x200;
const KEY: u32 = 0xa05f_0000;
const HALT: u32 = KEY | C_DEBUGEN | C_HALT;
const STEP: u32 = KEY | C_DEBUGEN | C_STEP;
const RUN: u32 = KEY | C_DEBUGEN;

/// A core that moves by two at each step, and runs only when the test says so.
#[derive(Default)]
struct Fake {
    words: BTreeMap<u32, u32>,
    registers: BTreeMap<u8, u32>,
    breakpoints: BTreeSet<u32>,
    running: bool,
    masked: Vec<bool>,
    hooked: u32,
    left: u32,
    resets: u32,
}

fn key(register: Register) -> u8 {
    match register {
        Register::General(number) => number,
        Register::Status => 16,
        Register::Special(Special::Msp) => 17,
        Register::Special(Special::Psp) => 18,
        Register::Special(Special::Primask) => 19,
        Register::Special(Special::Control) => 20,
    }
}

impl Core for Fake {
    fn word(&mut self, address: u32) -> Result<u32, MachineError> {
        Ok(self.words.get(&address).copied().unwrap_or_default())
    }

    fn register(&mut self, register: Register) -> Result<u32, MachineError> {
        assert!(!self.running, "a running core has no registers to read");
        Ok(self
            .registers
            .get(&key(register))
            .copied()
            .unwrap_or_default())
    }

    fn set_register(&mut self, register: Register, value: u32) -> Result<(), MachineError> {
        assert!(!self.running);
        self.registers.insert(key(register), value);
        Ok(())
    }

    fn breakpoint(&mut self, address: u32, set: bool) -> Result<(), MachineError> {
        assert!(!self.running);
        let changed = match set {
            true => self.breakpoints.insert(address),
            false => self.breakpoints.remove(&address),
        };
        assert!(changed, "{address:#x} was so already");
        Ok(())
    }

    fn run(&mut self) -> Result<(), MachineError> {
        self.running = true;
        Ok(())
    }

    fn step(&mut self, masked: bool) -> Result<(), MachineError> {
        assert!(!self.running);
        self.masked.push(masked);
        *self.registers.entry(15).or_default() += 2;
        Ok(())
    }

    fn leave_exception(&mut self) -> Result<(), MachineError> {
        self.left += 1;
        Ok(())
    }

    fn stop(&mut self) -> Result<(), MachineError> {
        self.running = false;
        Ok(())
    }

    fn stopped(&mut self) -> Result<bool, MachineError> {
        Ok(!self.running)
    }

    fn reset(&mut self) -> Result<(), MachineError> {
        self.resets += 1;
        self.registers.insert(15, CODE);
        Ok(())
    }

    fn was_reset(&mut self) -> Result<bool, MachineError> {
        Ok(false)
    }

    fn hook(&mut self) -> Result<(), MachineError> {
        self.hooked += 1;
        Ok(())
    }
}

impl Fake {
    /// A core with a program, just switched on.
    fn new() -> (CoreDebug, Self) {
        let mut core = Self::default();
        core.words.insert(RESET_VECTOR, CODE | 1);
        core.words.insert(HARD_FAULT_VECTOR, HANDLER | 1);
        core.registers.insert(15, CODE);
        let mut debug = CoreDebug::default();
        debug.power_up(&mut core).unwrap();
        (debug, core)
    }

    /// Runs up to a breakpoint.
    fn meet(&mut self, address: u32) {
        assert!(self.running && self.breakpoints.contains(&address));
        self.registers.insert(15, address);
        self.running = false;
    }
}

/// What a debugger does, and what it expects to be done without a failure.
struct Debugger(CoreDebug, Fake);

impl Debugger {
    fn new() -> Self {
        let (debug, core) = Fake::new();
        Self(debug, core)
    }

    fn read(&mut self, address: u32) -> u32 {
        self.0.read(address, &mut self.1).unwrap()
    }

    fn write(&mut self, address: u32, value: u32) {
        self.0.write(address, value, &mut self.1).unwrap();
    }

    fn is_halted(&mut self) -> bool {
        self.read(DHCSR) & S_HALT != 0
    }

    /// The causes of the halt, cleared as a debugger does.
    fn causes(&mut self) -> u32 {
        let causes = self.read(DFSR);
        self.write(DFSR, causes);
        causes
    }
}

#[test]
fn without_its_key_nothing_is_controlled() {
    let mut it = Debugger::new();
    it.write(DHCSR, C_DEBUGEN | C_HALT);
    it.write(AIRCR, SYSRESETREQ);
    it.write(BP_CTRL, 1);
    assert!(!it.is_halted());
    assert_eq!(it.1.resets, 0);
    assert_eq!(it.read(BP_CTRL), 0x40);
    assert_eq!(it.read(AIRCR) >> 16, 0xfa05);
}

#[test]
fn halt_run_and_step_tell_why_they_stopped() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    assert!(it.is_halted());
    assert_eq!(it.causes(), HALTED);
    it.write(DHCSR, STEP | C_MASKINTS);
    it.write(DHCSR, STEP);
    assert_eq!(it.1.masked, [true, false]);
    assert_eq!(it.causes(), HALTED);
    assert_eq!(it.causes(), 0);
    it.write(DHCSR, RUN);
    assert!(!it.is_halted());
    assert!(it.1.running);
}

#[test]
fn a_core_that_no_debugger_wants_runs() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.write(DHCSR, KEY);
    assert!(it.1.running);
    assert!(it.1.breakpoints.is_empty());
}

#[test]
fn a_trap_that_its_debugger_left_locks_up_where_nothing_handles_it() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.1.words.insert(CODE, 0xbe00);
    it.write(DHCSR, KEY);
    assert!(it.1.running, "the handler is there");
    it.write(DHCSR, HALT);
    it.1.words.insert(HARD_FAULT_VECTOR, 0xffff_ffff);
    it.write(DHCSR, KEY);
    assert!(!it.1.running);
    assert_ne!(it.read(DHCSR) & S_LOCKUP, 0);
}

#[test]
fn every_register_is_transferred_through_its_number() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    for number in (0..19).filter(|&number| number != 15) {
        it.write(DCRDR, 0x1000 + number);
        it.write(DCRSR, number | (1 << 16));
    }
    for number in (0..19).filter(|&number| number != 15) {
        it.write(DCRSR, number);
        assert_eq!(it.read(DCRDR), 0x1000 + number);
    }
    it.write(DCRDR, 0x0200_0001);
    it.write(DCRSR, 20 | (1 << 16));
    assert_eq!((it.1.registers[&20], it.1.registers[&19]), (2, 1));
    it.write(DCRDR, 0);
    it.write(DCRSR, 20);
    assert_eq!(it.read(DCRDR), 0x0200_0001);
}

#[test]
fn a_running_core_keeps_its_registers_to_itself() {
    let mut it = Debugger::new();
    it.write(DCRDR, 7);
    it.write(DCRSR, 0);
    assert_eq!(it.read(DCRDR), 7);
}

#[test]
fn breakpoints_read_back_and_stop_in_either_half() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.write(BP_CTRL, 3);
    let low = (1 << 30) | 0x120 | 1;
    let high = (2 << 30) | 0x130 | 1;
    it.write(BP_COMP, low);
    it.write(BP_COMP + 12, high);
    assert_eq!(it.read(BP_CTRL), 0x41);
    assert_eq!((it.read(BP_COMP), it.read(BP_COMP + 12)), (low, high));
    it.causes();
    for address in [0x120, 0x132] {
        it.write(DHCSR, RUN);
        it.1.meet(address);
        assert!(it.is_halted());
        assert_eq!(it.causes(), BKPT);
        // Where it stands on a breakpoint it gets no further.
        it.write(DHCSR, STEP);
        assert_eq!(it.causes(), BKPT);
        assert_eq!(it.1.registers[&15], address);
        it.write(BP_CTRL, 2);
        it.write(DHCSR, STEP);
        assert_eq!(it.1.registers[&15], address + 2);
        it.write(BP_CTRL, 3);
        it.causes();
    }
    it.write(BP_COMP, 0);
    it.write(DHCSR, RUN);
    assert!(!it.1.breakpoints.contains(&0x120));
}

#[test]
fn a_breakpoint_can_be_set_while_the_core_runs() {
    let mut it = Debugger::new();
    it.write(DHCSR, RUN);
    it.write(BP_CTRL, 3);
    it.write(BP_COMP, (1 << 30) | 0x120 | 1);
    it.1.meet(0x120);
    assert!(it.is_halted());
}

#[test]
fn reset_runs_or_is_caught_before_the_first_instruction() {
    let mut it = Debugger::new();
    it.read(DHCSR);
    it.write(DHCSR, RUN);
    it.write(AIRCR, 0x05fa_0000 | SYSRESETREQ);
    assert!(it.1.running);
    assert_ne!(it.read(DHCSR) & S_RESET_ST, 0);
    assert_eq!(it.read(DHCSR) & S_RESET_ST, 0, "reading clears it");
    it.write(DEMCR, VC_CORERESET);
    it.write(AIRCR, 0x05fa_0000 | SYSRESETREQ);
    assert!(it.is_halted());
    assert_eq!(it.causes(), VCATCH);
    assert_eq!(it.1.registers[&15], CODE);
}

/// Lets the core meet its fault handler from `from`.
fn fault(it: &mut Debugger, from: u32) {
    it.write(DHCSR, HALT);
    it.causes();
    it.write(DHCSR, RUN);
    it.1.meet(HANDLER);
    it.1.registers.insert(16, HARD_FAULT);
    it.1.registers.insert(14, 0xffff_fff9);
    it.1.registers.insert(17, 0x2000_1000);
    it.1.words.insert(0x2000_1018, from);
}

#[test]
fn a_hard_fault_is_caught_only_where_that_is_asked_for() {
    let mut it = Debugger::new();
    fault(&mut it, CODE);
    assert!(!it.is_halted());
    assert!(it.1.running, "the handler goes on");
    let mut it = Debugger::new();
    it.write(DEMCR, VC_HARDERR);
    fault(&mut it, CODE);
    assert!(it.is_halted());
    assert_eq!(it.causes(), VCATCH);
}

#[test]
fn the_fault_of_a_bkpt_is_left_and_is_a_halt() {
    let mut it = Debugger::new();
    it.1.words.insert(CODE, 0xbe00_0000);
    fault(&mut it, CODE + 2);
    assert!(it.is_halted());
    assert_eq!(it.causes(), BKPT);
    assert_eq!(it.1.left, 1);
}

#[test]
fn a_flash_algorithm_stops_at_the_bkpt_it_returns_to() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.causes();
    it.1.words.insert(0x2000_0000, 0xbe00_be00);
    it.1.registers.insert(14, 0x2000_0001);
    it.write(DHCSR, RUN);
    it.1.meet(0x2000_0000);
    assert!(it.is_halted());
    assert_eq!(it.causes(), BKPT);
}

#[test]
fn a_core_with_nothing_to_run_locks_up_until_it_is_halted() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.1.words.insert(HARD_FAULT_VECTOR, u32::MAX);
    it.1.registers.insert(15, 0xffff_fffe);
    it.write(DHCSR, RUN);
    assert_eq!(it.read(DHCSR) & (S_LOCKUP | S_HALT), S_LOCKUP);
    assert!(!it.1.running, "the machine would end");
    it.write(DHCSR, HALT);
    assert_eq!(it.read(DHCSR) & (S_LOCKUP | S_HALT), S_HALT);
}

#[test]
fn the_world_acts_before_a_hooked_instruction_and_the_core_goes_on() {
    let mut it = Debugger::new();
    it.0.hook(Some(0x141), &mut it.1).unwrap();
    it.1.meet(0x140);
    it.0.watch(&mut it.1).unwrap();
    assert!(it.1.running && !it.is_halted());
    assert_eq!(it.1.hooked, 1);
    it.write(DHCSR, HALT);
    it.1.registers.insert(15, 0x140);
    it.write(DHCSR, STEP);
    assert_eq!(it.1.hooked, 2, "a step is a run of it too");
}
