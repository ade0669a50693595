//! The core registers of a Cortex-M0.

use libtest_mimic::Failed;
use probe_rs::{Core, RegisterId};

use crate::stop_programs::COUNTER;
use crate::target::{SECOND, Target};

const SP: RegisterId = RegisterId(13);
const MSP: RegisterId = RegisterId(17);
const PSP: RegisterId = RegisterId(18);
/// CONTROL in bits 31 to 24, PRIMASK in bits 7 to 0.
const EXTRA: RegisterId = RegisterId(20);

fn hold(core: &mut Core<'_>, held: &[(RegisterId, u32)]) -> Result<(), Failed> {
    for (register, value) in held {
        core.write_core_reg(*register, *value)?;
    }
    for (register, value) in held {
        let read: u32 = core.read_core_reg(*register)?;
        assert_eq!(read, *value, "{register:?}");
    }
    Ok(())
}

pub(crate) fn all_read_back(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    for flip in [0, u32::MAX] {
        let mut held: Vec<_> = (0..13u16)
            .map(|number| (RegisterId(number), (0x1111_1111 * u32::from(number)) ^ flip))
            .collect();
        held.extend([
            (RegisterId(14), 0x41 ^ flip),
            (RegisterId(15), 0xc4),
            (MSP, 0x2000_1000),
            (PSP, 0x2000_0800),
            (EXTRA, 1),
        ]);
        hold(&mut core, &held)?;
    }
    // The flags, and the bit of the instruction set.
    for flags in [0xf100_0000, 0x0100_0000] {
        hold(&mut core, &[(RegisterId(16), flags)])?;
    }
    Ok(())
}

pub(crate) fn both_stacks(target: &Target) -> Result<(), Failed> {
    let mut session = target.with(&COUNTER)?;
    let mut core = session.core(0)?;
    core.reset_and_halt(SECOND)?;
    hold(&mut core, &[(MSP, 0x2000_1000), (PSP, 0x2000_0800)])?;
    for (control, stack) in [(0, 0x2000_1000), (0x0200_0000, 0x2000_0800)] {
        hold(&mut core, &[(EXTRA, control)])?;
        let selected: u32 = core.read_core_reg(SP)?;
        assert_eq!(selected, stack);
    }
    hold(&mut core, &[(EXTRA, 0)])
}
