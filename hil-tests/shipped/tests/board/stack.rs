//! How much of the stack the runtime takes beyond the app.

use libtest_mimic::Failed;
use lockstep_images::build::Profile;
use lockstep_images::stack::{RUNTIME_STACK, Stack};

use super::bench::Bench;
use super::runs;

/// After scenarios with everything in them, among them resets and a restart, no more was taken than
/// the contract of images says.
pub(crate) fn the_runtime_takes_no_more_than_the_contract_says() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    runs::play_scenarios(&mut bench)?;
    let stack = Stack::of(&bench.elf).ok_or("the image does not say how large its app is")?;
    let free = bench.await_word("LOCKSTEP_STACK_FREE", |_| true)?;
    let taken = stack.bytes - free - stack.app;
    println!("the runtime took {taken} B of {RUNTIME_STACK}");
    assert!(taken <= RUNTIME_STACK, "{taken} B");
    // A figure far above what is taken would refuse apps that fit.
    assert!(taken > RUNTIME_STACK / 2, "{taken} B");
    Ok(())
}
