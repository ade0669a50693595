//! `sim prove`, `explore`, `shrink`, `reach`, `map`, `margin`, `coverage` and `mutate`.

use std::fs;
use std::path::Path;

use crate::support::{FAILING, LAMP, command, root, sim};
use tempfile::tempdir;

/// A rule that the toggle breaks by two presses.
const WRONG: &str =
    "app toggle\n\nassume no resets\nat-most-once: after log led off, no log led on\n";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What is said, without how long it took.
fn without_times(text: &str) -> String {
    let lines = text.lines();
    let lines = lines.map(|line| match line.rsplit_once(", ") {
        Some((rest, last)) if last.ends_with(" s") => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn rules_that_hold_are_proved() {
    let ended = sim(["prove", "fixtures/scenarios/toggle/toggle.rules"]).with(0);
    assert!(!ended.out.contains("unknown"), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("every behaviour, at every tick, for ever")
    );
    for (rules, last) in [
        ("keypad/keypad-three-keys.rules", "empties"),
        ("keypad/keypad-one-key.rules", "seen"),
        ("thermostat/thermostat-band.rules", "no-fault"),
    ] {
        let rules = format!("fixtures/scenarios/{rules}");
        let ended = sim(["prove", &rules]).with(0);
        assert!(ended.out.contains(last), "{}", ended.out);
    }
}

/// What is said of the rules, without how much was explored.
fn verdicts(out: &str) -> String {
    let lines = out.lines();
    let lines = lines.take_while(|line| !line.starts_with("every behaviour"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_answers_do_not_depend_on_how_they_are_looked_for() {
    let folder = tempdir().unwrap();
    let wrong = folder.path().join("toggle.rules");
    fs::write(&wrong, WRONG).unwrap();
    let shipped = [
        "fixtures/scenarios/toggle/toggle.rules",
        "fixtures/scenarios/thermostat/thermostat-sensor.rules",
    ];
    let same = |rules: &str, code: i32, ways: &[&[&str]]| {
        let usual = sim(["prove", rules, "--jobs", "1"]).with(code).out;
        for way in ways {
            let other = sim(["prove", rules].iter().chain(*way)).with(code).out;
            assert_eq!(verdicts(&usual), verdicts(&other), "{rules} {way:?}");
            let is_compact = way.contains(&"--compact");
            assert_eq!(other.contains("hashes of 64 bits"), is_compact, "{other}");
        }
    };
    let whole: [&[&str]; 5] = [
        &["--jobs", "2"],
        &["--every-tick"],
        &["--no-skip"],
        &["--no-merge"],
        &["--every-tick", "--no-skip", "--jobs", "2"],
    ];
    let compact: [&[&str]; 2] = [
        &["--compact"],
        &["--compact", "--every-tick", "--no-skip", "--jobs", "2"],
    ];
    for rules in shipped {
        same(rules, 0, &whole);
        let refused = sim(["prove", rules, "--compact"]).with(2).err;
        assert!(refused.contains("`--compact` cannot answer"), "{refused}");
        let all = fs::read_to_string(root().join(rules)).unwrap();
        let each = all.lines().filter(|line| !line.contains("always possible"));
        let each: String = each.map(|line| format!("{line}\n")).collect();
        let file = folder.path().join("each.rules");
        fs::write(&file, each).unwrap();
        same(text(&file), 0, &compact);
    }
    same(text(&wrong), 1, &whole);
    same(text(&wrong), 1, &compact);
}

#[test]
fn what_refutes_a_rule_is_a_scenario_that_breaks_it() {
    let folder = tempdir().unwrap();
    let rules = folder.path().join("toggle.rules");
    fs::write(&rules, WRONG).unwrap();
    let proved = sim(["prove", text(&rules), "--write", text(folder.path())]).with(1);
    assert!(proved.out.contains("REFUTED"), "{}", proved.out);
    let scenario = folder.path().join("toggle-at-most-once.scn");
    let played = sim(["run", text(&scenario), "--rules", text(&rules)]).with(1);
    assert!(played.err.contains("at-most-once"), "{}", played.err);
}

#[test]
fn random_play_finds_it_too_and_the_same_with_the_same_seed() {
    let folder = tempdir().unwrap();
    let rules = folder.path().join("toggle.rules");
    fs::write(&rules, WRONG).unwrap();
    let first = sim(["explore", text(&rules)]).with(1);
    assert!(first.out.contains("tap button"), "{}", first.out);
    let second = sim(["explore", text(&rules)]).with(1);
    assert_eq!(without_times(&first.out), without_times(&second.out));
}

#[test]
fn what_shards_find_is_merged_into_one_corpus() {
    let folder = tempdir().unwrap();
    let rules = "fixtures/scenarios/toggle/toggle.rules";
    let names = ["one", "two", "all"].map(|name| folder.path().join(name));
    let [one, two, all] = names.each_ref().map(|name| text(name));
    for (shard, corpus) in [("1/2", one), ("2/2", two)] {
        let arguments = ["explore", rules, "--shard", shard, "--runs", "40"];
        command(arguments)
            .args(["--corpus", corpus])
            .status()
            .unwrap();
    }
    let merged = command(["explore", rules, "--runs", "0", "--corpus", all])
        .args(["--merge", one, two])
        .output()
        .unwrap();
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
    let count = |folder: &str| fs::read_dir(folder).unwrap().count();
    // What shows nothing that another shows too is left out.
    assert!((1..=count(one) + count(two)).contains(&count(all)));
    sim(["run", all]).with(0);
}

#[test]
fn the_way_to_something_is_a_scenario() {
    let ended = sim(["reach", "--app", "lamp", "log lock on"]).with(0);
    assert_eq!(
        ended.out,
        "# log lock on\napp lamp\n\npress A and B\nwait 2020 ms\n"
    );
    let both = "led is on and led is off";
    let never = sim(["reach", "--app", "toggle", "--every-tick", both]).with(1);
    assert!(never.err.contains("never reached"), "{}", never.err);
    let wrong = sim(["reach", "--app", "toggle", "led is blue"]).with(2);
    assert!(wrong.err.contains("WHAT:1:8\n"), "{}", wrong.err);
    assert!(wrong.err.contains("1 | led is blue\n"), "{}", wrong.err);
    let cut_short = sim(["reach", "--app", "toggle", "log"]).with(2);
    assert!(cut_short.err.contains("WHAT:1:4\n"), "{}", cut_short.err);
    let assumed = [
        "reach",
        "--app",
        "toggle",
        "--assume",
        "no rests",
        "led is on",
    ];
    let wrong = sim(assumed).with(2);
    assert!(wrong.err.contains("--assume:1:4\n"), "{}", wrong.err);
    let dead = sim(["reach", "--dead", "--app", "toggle"]).with(0);
    assert_eq!(dead.out.matches("reached").count(), 4, "{}", dead.out);
}

#[test]
fn modes_are_reached_and_mapped_as_logs_are() {
    let found = sim(["reach", "--app", "snake", "log phase over-dark"]).with(0);
    assert!(
        found.out.starts_with("# log phase over-dark\napp snake\n"),
        "{}",
        found.out
    );
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("over.scn");
    fs::write(&scenario, &found.out).unwrap();
    // The scenario is one of the app as it is.
    sim(["run", text(&scenario)]).with(0);
    let wrong = sim(["reach", "--app", "snake", "log phase lost"]).with(2);
    assert!(
        wrong
            .err
            .contains("expected `waiting`, `playing`, `over-lit` or `over-dark`"),
        "{}",
        wrong.err
    );
    let map = sim(["map", "--app", "snake", "--show", "phase"]).with(0);
    assert!(map.out.contains("s0: phase waiting\n"), "{}", map.out);
    assert!(map.out.contains("s3: phase over-dark\n"), "{}", map.out);
    let unknown = sim(["map", "--app", "snake", "--show", "phases"]).with(2);
    assert!(
        unknown.err.contains("no output, log or mode `phases`"),
        "{}",
        unknown.err
    );
    // They are of questions alone.
    let played = folder.path().join("played.scn");
    fs::write(
        &played,
        "app snake\n\nwait 1 ms\nexpect log phase waiting\n",
    )
    .unwrap();
    sim(["run", text(&played)]).with(2);
}

#[test]
fn numbers_that_do_not_move_are_said_where_no_way_was_found() {
    let failed = [
        "reach",
        "--app",
        "thermostat",
        "log sensor failed",
        "--time",
        "10ms",
    ];
    let still = sim(failed).with(1);
    let range = "temperature is between -55.0 C and 125.0 C with steps of 30.0 C";
    assert!(
        still.err.contains(&format!("--assume '{range}'")),
        "{}",
        still.err
    );
    sim(failed.into_iter().chain(["--assume", range])).with(0);
}

#[test]
fn a_map_has_what_a_person_does() {
    let ended = sim(["map", "--app", "toggle"]).with(0);
    assert_eq!(
        ended.out,
        "stateDiagram-v2\n    s0: led off\n    s1: led on\n    [*] --> s0\n    \
         s0 --> s1: tap button\n    s1 --> s0: tap button\n"
    );
    let lamp = sim(["map", "--app", "lamp", "--show", "power,night"])
        .with(0)
        .out;
    assert!(lamp.contains("hold A for 820 ms"), "{lamp}");
    assert!(lamp.contains("after 10 min"), "{lamp}");
    let graph = sim(["map", "--app", "toggle", "--format", "graphviz"])
        .with(0)
        .out;
    assert!(graph.starts_with("digraph states {"), "{graph}");
    let picture = sim(["map", "--app", "toggle", "--format", "svg"])
        .with(0)
        .out;
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    sim(["map", "--app", "toggle", "--show", "lamp"]).with(2);
}

#[test]
fn a_margin_ends_where_an_expectation_fails() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("short.scn");
    let sentences = "app lamp\ntap A for 100 ms\nwait 400 ms\nexpect lamp is on\n";
    fs::write(&scenario, sentences).unwrap();
    let ended = sim(["margin", text(&scenario)]).with(0);
    // The lamp goes on 320 ms after the release: 80 ms are left.
    let release = ended.out.lines().find(|line| line.contains("release A"));
    let release = release.unwrap_or_default();
    assert!(
        release.contains("80 ms ") && release.contains("80 ms"),
        "{}",
        ended.out
    );
    let at_least = ["margin", text(&scenario), "--at-least", "200 ms"];
    assert!(sim(at_least).with(1).out.contains("may not be moved by"));
}

#[test]
fn coverage_names_what_is_missing_with_a_way_to_it() {
    let all = sim(["coverage", "fixtures/scenarios/toggle", "--all"]).with(0);
    assert!(all.out.contains("2 of 2 ways"), "{}", all.out);
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("once.scn");
    fs::write(&scenario, "app toggle\ntap button for 40 ms\n").unwrap();
    let missing = folder.path().join("missing");
    let arguments = ["coverage", text(&scenario), "--write", text(&missing)];
    let ended = sim(arguments).with(0);
    assert!(ended.out.contains("missing  log led off"), "{}", ended.out);
    assert!(ended.out.contains("1 of 2 ways"), "{}", ended.out);
    let both = [text(folder.path()), "--all"];
    sim(["coverage"].into_iter().chain(both)).with(0);
}

#[test]
fn coverage_names_a_wait_that_no_scenario_sees_the_end_of() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("fails.scn");
    // The sensor would be trusted again after two seconds.
    let sentences =
        "app thermostat\nset temperature to 90 C\nwait 1 s\nset temperature to 20 C\nwait 1 s\n";
    fs::write(&scenario, sentences).unwrap();
    let ended = sim(["coverage", text(&scenario)]).with(0).out;
    let missing = "missing  log sensor ok, as time passes\n";
    assert!(ended.contains(missing), "{ended}");
    let longer = sentences.to_owned() + "wait 1 s\n";
    fs::write(&scenario, longer).unwrap();
    let ended = sim(["coverage", text(&scenario)]).with(0).out;
    assert!(!ended.contains(missing), "{ended}");
    // The toggle waits for nothing.
    let toggle = sim(["coverage", "fixtures/scenarios/toggle"]).with(0).out;
    assert!(!toggle.contains("a wait is over"), "{toggle}");
}

#[test]
fn every_mutant_is_noticed_by_the_scenarios_and_not_by_one_of_them() {
    let all = sim(["mutate", "fixtures/scenarios/lamp", "--no-goldens"]).with(0);
    assert!(all.out.contains("0 by nobody"), "{}", all.out);
    for (app, count) in [("thermostat", 20), ("keypad", 10)] {
        let scenarios = format!("fixtures/scenarios/{app}");
        let all = sim(["mutate", &scenarios, "--no-goldens"]).with(0).out;
        assert!(all.contains(&format!("{count} mutants: ")), "{all}");
    }
    let one = sim(["mutate", LAMP]).with(1);
    assert!(
        one.out.contains("SURVIVES  breathe_steps + 1"),
        "{}",
        one.out
    );
    sim(["mutate", "fixtures/scenarios/toggle"]).with(2);
}

#[test]
fn what_fails_becomes_as_small_as_it_can_be() {
    let folder = tempdir().unwrap();
    let scenario = folder.path().join("long.scn");
    let mut sentences = "app toggle\n".to_owned();
    for _ in 0..30 {
        sentences += "tap button for 40 ms\nwait 200 ms\n";
    }
    sentences += "expect led is on\n";
    fs::write(&scenario, sentences).unwrap();
    let ended = sim(["shrink", text(&scenario)]).with(1);
    let kept = ended.out.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(
        kept.collect::<Vec<_>>(),
        ["app toggle", "", "expect led is on"],
        "{}",
        ended.out
    );
    sim(["shrink", FAILING]).with(1);
    sim(["shrink", LAMP]).with(2);
}
