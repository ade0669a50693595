//! Scenarios on the board, with the traces of the host.

use std::fs;

use libtest_mimic::Failed;
use lockstep_core::action::{Action, SwitchState};
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::protocol::{Command, RunParameters, Status, Stimulus};
use lockstep_core::runner::Observation;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::golden::{play_file, render};
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;
use lockstep_hil::session::board_message::BoardMessage;
use lockstep_hil::session::play::{RunRequest, play};
use lockstep_hil::session::run_capture::RunCapture;
use lockstep_images::build::Profile;
use shipped_apps::shipped;

use super::bench::{Bench, until};
use super::support;

/// Short ones, with buttons, a reset, a counter near its wrap, and a board that fails.
const SCENARIOS: [&str; 5] = [
    "lamp/power/short-press-waits-300-ms",
    "lamp/contacts/bouncing-press",
    "lamp/reset/both-held-through-it",
    "lamp/wrap/glitch-vanishes",
    "lamp/safe-state/clock-failed",
];

pub(crate) fn scenarios_are_played_as_on_the_host() -> Result<(), Failed> {
    play_scenarios(&mut Bench::of("lamp", Profile::Release)?)
}

pub(crate) fn play_scenarios(bench: &mut Bench) -> Result<(), Failed> {
    let identity = bench.elf.build_id.clone().ok_or("no identity")?;
    let mut link = bench.link()?;
    let registry = Registry::new(shipped())?;
    for scenario in SCENARIOS {
        let path = support::root()
            .join("fixtures/scenarios")
            .join(scenario)
            .with_extension("scn");
        let on_the_host = play_file(&registry, &path)?;
        let loaded = InputFormat::Scenario
            .load_file(&registry, (&path, &fs::read(&path)?), None)
            .map_err(|_| "unreadable")?;
        let request = RunRequest {
            app: &loaded.app,
            image: &identity,
            script: &loaded.script,
            stimulus: Stimulus::Scheduled,
            tick_limit: None,
            passes_idle: false,
            watched: None,
            cancelled: &|| false,
        };
        let mut capture = RunCapture::new(&loaded.app, &loaded.script);
        play(&mut link, &request, None, &mut capture)?;
        assert_eq!(render(&capture.trace), render(&on_the_host), "{scenario}");
    }
    Ok(())
}

/// At the tick limit a board waits for events that it does not know yet: it passes over nothing.
pub(crate) fn an_event_sent_at_the_limit_comes_in_time() -> Result<(), Failed> {
    const LIMIT: u32 = 100;
    let press = Action::Button(ButtonId(0), SwitchState::Closed);
    let mut bench = Bench::of("toggle", Profile::Release)?;
    let limit = bench.elf.symbol("LOCKSTEP_TICK_LIMIT").ok_or("no limit")?;
    let limit = limit.address;
    let mut link = bench.link()?;
    link.send(&Command::Stop)?;
    link.write_word(limit, LIMIT)?;
    link.send(&Command::Start(RunParameters {
        run: 1,
        condition: BootCondition::OK,
        clock: Instant::ZERO,
        end: RunTicks(3_000),
        stimulus: Stimulus::Scheduled,
        passes_idle: true,
    }))?;
    drop(link);
    bench.await_word("LOCKSTEP_OUTPUT_TICK", |tick| tick == LIMIT)?;
    let mut link = bench.link()?;
    link.send(&Command::At(RunTicks(110), press))?;
    link.write_word(limit, u32::MAX)?;
    let told = until(&mut link, |told| {
        matches!(
            told,
            BoardMessage::Observed(_, Observation::Input(Action::Button(..)))
        )
    })?;
    let expected = BoardMessage::Observed(RunTicks(110), Observation::Input(press));
    assert_eq!(told.last(), Some(&expected));
    Ok(())
}

/// What the board is up to.
pub(crate) fn status(bench: &mut Bench) -> Result<Status, Failed> {
    let mut link = bench.link()?;
    link.send(&Command::Query)?;
    let said = until(&mut link, |told| matches!(told, BoardMessage::Status(_)))?;
    match said.last() {
        Some(BoardMessage::Status(status)) => Ok(*status),
        _ => Err("no status".into()),
    }
}
