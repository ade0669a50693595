//! No number of the lamp can be changed by one without a golden noticing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Mutant, Registry};
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::plan;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use shipped_apps::shipped;

#[test]
fn every_number_of_the_lamp_is_held_by_a_golden() {
    let registry = Registry::new(shipped()).unwrap();
    let lamp = registry.find("lamp").unwrap();
    let scenarios = lamp_scenarios(lamp);
    let shipped: Vec<_> = traces(lamp, &scenarios).collect();
    let mutants = lamp.mutants();
    assert_eq!(mutants.len(), 40);
    let survives = |mutant: &&Mutant| traces(&mutant.app, &scenarios).eq(shipped.iter().cloned());

    let (first, second) = mutants.split_at(mutants.len() / 2);
    let survivors: Vec<_> = thread::scope(|scope| {
        let workers = [first, second].map(|mutants| {
            scope.spawn(move || {
                let survivors = mutants.iter().filter(survives);
                survivors.map(|it| it.name.clone()).collect::<Vec<_>>()
            })
        });
        let results = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap());
        results.collect()
    });

    assert!(
        survivors.is_empty(),
        "no golden notices: {}",
        survivors.join(", ")
    );
}

fn lamp_scenarios(lamp: &AppEntry) -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios/lamp");
    let scripts: Vec<_> = files::below(&folder, SCENARIO_EXTENSION)
        .unwrap()
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let scenario = grammar::parse(&text).unwrap();
            plan(&scenario, lamp.descriptor()).unwrap().script
        })
        .collect();
    assert!(!scripts.is_empty());
    scripts
}

fn traces<'a>(app: &'a AppEntry, scripts: &'a [Script]) -> impl Iterator<Item = Trace> + 'a {
    let mut watch = |_| ControlFlow::Continue(());
    scripts
        .iter()
        .map(move |script| play::trace(app, script, &mut watch).unwrap())
}
