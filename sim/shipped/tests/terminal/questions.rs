//! Questions to an app that is played in a process of its own, as in the shipped simulator.

use std::fs;

use libtest_mimic::{Failed, Trial};
use tempfile::tempdir;

use crate::endings::SIM;
use crate::session::{PLAIN, Session};

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("rules, the map and ways", || {
        rules_the_map_and_ways();
        Ok::<(), Failed>(())
    })]
}

fn rules_the_map_and_ways() {
    let folder = tempdir().unwrap();
    let rules = folder.path().join("dark.rules");
    fs::write(&rules, "app toggle\ndark: never led is on\n").unwrap();
    let rules = rules.to_str().unwrap();
    let arguments = ["--app", "toggle", "--rules", rules];
    let mut session = Session::start(SIM, &arguments, &[], PLAIN);
    session.wait_for("? help");
    session.send("M");
    session.wait_for("states at");
    session.wait_for("tap button → led on");
    session.send("q");
    session.send("b");
    session.wait_for("the rule `dark` is broken");
    session.send("R");
    session.wait_for("shortest way to");
    session.send("led is off\r");
    session.wait_for("play it?");
    session.send("y");
    session.wait_for("○ led");
    session.send("\x03");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
}
