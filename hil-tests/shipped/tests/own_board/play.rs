//! The scenarios of a project, on its images on the virtual board.

use std::path::Path;

use libtest_mimic::Failed;
use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_engine::project::Project;
use lockstep_engine::registry::Registry;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::find;
use lockstep_hil::bench::{Bench, plan};
use lockstep_hil::report::text;
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::board_image::BoardImage;
use lockstep_hil::suite::prepare::{images, prepare};
use lockstep_hil::suite::run::{Images, Job, Settings, play_case};
use lockstep_hil::verdict::{Suite, Verdict};
use lockstep_hil_cli::emulated_board::EmulatedBoard;
use lockstep_images::board::boards;
use lockstep_pins::PinMap;
use lockstep_virtual_board::machine::ClockMode;

use super::neighbour;

/// Every scenario of the project in this folder that is no longer than this, of an app that has pins on the
/// board of this bench, passes there, held against its golden.
pub(crate) fn passes(
    folder: &Path,
    name: &str,
    registry: &Registry,
    stimulus: Stimulus,
    longest: RunTicks,
) -> Result<(), Failed> {
    let project = Project::read(folder)?;
    let bench = bench(&project, name)?;
    let mut scenarios = Vec::new();
    for folder in project.scenarios()? {
        scenarios.extend(plan::scenarios(&folder, registry)?);
    }
    let pins = PinMap::read(&bench.board.folder)?;
    scenarios.retain(|it| pins.apps.contains_key(it.app) && it.end <= longest);
    let apps = scenarios.iter().map(|scenario| scenario.app).collect();
    let built = images(
        &neighbour::environment(),
        folder,
        &bench.board,
        &apps,
        registry,
    )?;
    let keyed = |firmware: BoardImage| {
        let app = firmware.app.descriptor().name();
        ((bench.board.name.clone(), app), firmware)
    };
    let images: Images = built.into_iter().map(keyed).collect();
    // Firmware whose time goes on by itself misses a short press where this machine is busy just then,
    // which `hil run` tries again and calls flaky.
    let keeps_own_time = bench.own_time_tolerance() > RunTicks::ZERO;
    let settings = Settings {
        images: &images,
        attempts: if keeps_own_time { 3 } else { 1 },
        cancelled: &|| false,
        keep: &|_, _| None,
    };
    let mut session =
        BenchSession::new(&bench, Box::new(EmulatedBoard::new(ClockMode::Unthrottled)));
    assert!(!scenarios.is_empty());
    for scenario in &scenarios {
        let job = Job {
            index: 0,
            prepared: &prepare(scenario, registry)?,
            bench: &bench,
            stimulus,
            skip: None,
        };
        let case = play_case(&job, &mut session, &settings).0;
        let is_played = match case.verdict() {
            Verdict::Pass => true,
            Verdict::Flaky => keeps_own_time,
            _ => false,
        };
        if !is_played {
            let suite = Suite {
                cases: vec![case],
                ..Suite::default()
            };
            return Err(text::render(&suite).into());
        }
    }
    Ok(())
}

/// The virtual bench of the project with this name.
fn bench(project: &Project, name: &str) -> Result<Bench, Failed> {
    let inputs = boards(&project.boards()?)?.into_iter();
    let inputs: Vec<_> = inputs.map(BoardPins::read).collect::<Result<_, _>>()?;
    let found = find(&project.benches()?, &inputs)?;
    let mut benches = found.benches.into_iter();
    let bench = benches.find(|bench| bench.name == name);
    bench.ok_or_else(|| format!("the project has no bench `{name}`").into())
}
