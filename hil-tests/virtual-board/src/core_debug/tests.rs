//! The debug registers over a CPU that is a few numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::registers::VC_HARDERR;
use super::stops::{HARD_FAULT, RESET_VECTOR};
use super::*;

const CODE: u32 = 0x100;
const HANDLER: u32 = 0x200;
const KEY: u32 = 0xa05f_0000;
const HALT: u32 = KEY | C_DEBUGEN | C_HALT;
const STEP: u32 = KEY | C_DEBUGEN | C_STEP;
const RUN: u32 = KEY | C_DEBUGEN;

/// A CPU that moves by two at each step, and runs only when the test says so.
#[derive(Default)]
struct FakeCpu {
    words: BTreeMap<u32, u32>,
    registers: BTreeMap<u8, u32>,
    breakpoints: BTreeSet<u32>,
    running: bool,
    masked: Vec<bool>,
    hooked: u32,
    /// How often it went on after a stop that its debugger does not know of.
    resumed: u32,
    left: u32,
    resets: u32,
}

fn key(register: Register) -> u8 {
    match register {
        Register::General(number) => number,
        Register::Xpsr => 16,
        Register::Special(SpecialRegister::Msp) => 17,
        Register::Special(SpecialRegister::Psp) => 18,
        Register::Special(SpecialRegister::Primask) => 19,
        Register::Special(SpecialRegister::Control) => 20,
    }
}

impl Cpu for FakeCpu {
    type Error = Infallible;

    fn read_word(&mut self, address: u32) -> Result<u32, Infallible> {
        Ok(self.words.get(&address).copied().unwrap_or_default())
    }

    fn read_register(&mut self, register: Register) -> Result<u32, Infallible> {
        assert!(!self.running, "a running CPU has no registers to read");
        Ok(self
            .registers
            .get(&key(register))
            .copied()
            .unwrap_or_default())
    }

    fn write_register(&mut self, register: Register, value: u32) -> Result<(), Infallible> {
        assert!(!self.running);
        self.registers.insert(key(register), value);
        Ok(())
    }

    fn set_breakpoint(&mut self, address: u32, armed: bool) -> Result<(), Infallible> {
        assert!(!self.running);
        let changed = match armed {
            true => self.breakpoints.insert(address),
            false => self.breakpoints.remove(&address),
        };
        assert!(changed, "{address:#x} did not change");
        Ok(())
    }

    fn run(&mut self) -> Result<(), Infallible> {
        self.running = true;
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Infallible> {
        self.resumed += 1;
        self.running = true;
        Ok(())
    }

    fn step(&mut self, masked: bool) -> Result<(), Infallible> {
        assert!(!self.running);
        self.masked.push(masked);
        *self.registers.entry(15).or_default() += 2;
        Ok(())
    }

    fn return_from_exception(&mut self) -> Result<(), Infallible> {
        self.left += 1;
        Ok(())
    }

    fn halt(&mut self) -> Result<(), Infallible> {
        self.running = false;
        Ok(())
    }

    fn poll_stopped(&mut self) -> Result<bool, Infallible> {
        Ok(!self.running)
    }

    fn reset(&mut self) -> Result<(), Infallible> {
        self.resets += 1;
        self.registers.insert(15, CODE);
        Ok(())
    }

    fn take_reset(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn at_hook(&mut self) -> Result<(), Infallible> {
        self.hooked += 1;
        Ok(())
    }
}

impl FakeCpu {
    /// A CPU with a program, just powered up.
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

/// A debugger, and its CPU.
struct Debugger(CoreDebug, FakeCpu);

impl Debugger {
    fn new() -> Self {
        let (debug, core) = FakeCpu::new();
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
fn writes_without_their_key_are_ignored() {
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
fn halt_run_and_step_have_their_causes() {
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
fn a_cpu_without_a_debugger_runs() {
    let mut it = Debugger::new();
    it.write(DHCSR, HALT);
    it.write(DHCSR, KEY);
    assert!(it.1.running);
    assert!(it.1.breakpoints.is_empty());
}

#[test]
fn a_bkpt_without_a_debugger_locks_up_where_nothing_handles_it() {
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
fn a_running_cpu_transfers_no_registers() {
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
        // It gets no further than the breakpoint it stands on.
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

/// Lets the CPU meet its fault handler from `from`.
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
fn the_fault_of_a_bkpt_is_a_halt() {
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
fn a_cpu_with_nothing_to_execute_locks_up_until_it_is_halted() {
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
fn a_hooked_instruction_is_preceded_by_its_hook_and_the_cpu_goes_on() {
    let mut it = Debugger::new();
    it.0.set_hook(Some(0x141), &mut it.1).unwrap();
    it.1.meet(0x140);
    it.0.poll(&mut it.1).unwrap();
    assert!(it.1.running && !it.is_halted());
    assert_eq!(it.1.hooked, 1);
    assert_eq!(it.1.resumed, 2, "after it was armed, and after the hook");
    it.write(DHCSR, HALT);
    it.1.registers.insert(15, 0x140);
    it.write(DHCSR, STEP);
    assert_eq!(it.1.hooked, 2, "a step is a run of it too");
}
