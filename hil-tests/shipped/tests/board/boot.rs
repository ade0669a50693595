//! What an image says of itself when it comes up, and how its time goes.

use libtest_mimic::Failed;
use lockstep_apps::lamp::Lamp;
use lockstep_core::app::App;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::protocol::BootReport;
use lockstep_core::runner::Observation;
use lockstep_core::time::RunTicks;
use lockstep_hil::session::board_message::BoardMessage;
use lockstep_hil::session::logs::LogTable;
use lockstep_images::board::Board;
use lockstep_images::build::Profile;
use lockstep_virtual_board::board::VirtualBoard;
use lockstep_virtual_board::machine::ClockMode;

use super::bench::{ANY_PORT, Bench, CHIP, attach, attach_to, until};
use super::support;

/// Every bit of `LOCKSTEP_BOOT`: `.data` copied, `.bss` zeroed, checked.
const ALL_HELD: u32 = 7;

const GOOD: BootReport = BootReport {
    condition: BootCondition::OK,
    data_copied: true,
    bss_zeroed: true,
    crashes: 0,
};

pub(crate) fn hello_and_first_ticks() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    let identity = bench.elf.build_id.clone().ok_or("no identity")?;
    let heartbeat = |told: &BoardMessage| {
        matches!(
            told,
            BoardMessage::Observed(RunTicks(1_500), Observation::Output(3, Level(1)))
        )
    };
    let table = LogTable::of(&bench.bytes)?;
    let mut link = bench.link()?;
    let said = until(&mut link, heartbeat)?;
    let logs = table.decode(&link.take_logs());
    drop(link);
    let greeting = logs.first().ok_or("nothing is logged")?;
    assert_eq!(
        greeting.text,
        format!("lamp 0.1.0, image {}", &identity.to_string()[..8])
    );
    let place = greeting.place.clone().ok_or("the log has no place")?;
    assert!(place.file.ends_with("runtime/src/boot.rs"), "{place:?}");
    let Some(BoardMessage::Hello(hello)) = said.first() else {
        return Err(format!("the first frame is no hello: {said:?}").into());
    };
    assert_eq!(hello.image, identity.0);
    assert_eq!((hello.app.as_str(), hello.tick_hz), ("lamp", 1_000));
    assert_eq!(hello.descriptor, Lamp::DESCRIPTOR.fingerprint());
    assert_eq!(hello.boot, GOOD);
    assert!(hello.crash_record.is_empty());
    let beats: Vec<_> = said
        .iter()
        .filter_map(|told| match told {
            BoardMessage::Observed(tick, Observation::Output(3, level)) => Some((tick.0, level.0)),
            _ => None,
        })
        .collect();
    assert_eq!(beats, [(0, 0), (500, 1), (1_000, 0), (1_500, 1)]);
    let tick = bench.await_word("LOCKSTEP_TICK", |tick| tick >= 1_500)?;
    bench.await_word("LOCKSTEP_TICK", |later| later > tick)?;
    assert_eq!(bench.session.word(&bench.elf, "LOCKSTEP_BOOT")?, ALL_HELD);
    Ok(())
}

/// Memory is all zeroes when the machine is new. Only a reset of a board that has run shows
/// that start-up does its work.
pub(crate) fn start_up_is_held_after_a_reset() -> Result<(), Failed> {
    let mut bench = Bench::of("lamp", Profile::Release)?;
    bench.await_word("LOCKSTEP_BOOT", |flags| flags == ALL_HELD)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick > 100)?;
    bench.session.reset(&bench.elf)?;
    bench.await_word("LOCKSTEP_TICK", |tick| tick < 100)?;
    assert_eq!(bench.hello()?.boot, GOOD);
    assert_eq!(bench.session.word(&bench.elf, "LOCKSTEP_BOOT")?, ALL_HELD);
    Ok(())
}

/// probe-rs attaches to what it is told is there.
pub(crate) fn another_chip_is_refused() -> Result<(), Failed> {
    let board = VirtualBoard::start(([127, 0, 0, 1], 0).into(), ClockMode::RealTime)?;
    let error = match attach(&board.selector(), "nRF52833_xxAA", "thumbv7em-none-eabihf") {
        Ok(_) => return Err("a Cortex-M0 is taken for a Cortex-M4".into()),
        Err(error) => error.message().unwrap_or_default().to_owned(),
    };
    assert!(
        error.contains("Cortex-M0") || error.contains("nRF52833"),
        "{error}"
    );
    Ok(())
}

/// A chip of the same family has the same core, and says of itself that it is another one.
pub(crate) fn another_chip_of_the_same_core_is_refused() -> Result<(), Failed> {
    let board = VirtualBoard::start(ANY_PORT.into(), ClockMode::RealTime)?;
    let mut shipped = Board::read(&support::root().join("firmware-core/boards/microbit-v1"))?;
    let says = shipped.chip_id.as_mut().ok_or("it says nothing")?;
    attach_to(&board.selector(), CHIP, "thumbv6m-none-eabi", Some(says))?;
    says.value = 128;
    let attached = attach_to(&board.selector(), CHIP, "thumbv6m-none-eabi", Some(says));
    let Err(error) = attached else {
        return Err("it attaches to a chip with half as much flash".into());
    };
    let told = error.message().unwrap_or_default();
    assert!(
        told.contains("has 0x100 in FICR.CODESIZE: expected 0x80"),
        "{told}"
    );
    Ok(())
}
