use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::runner::{self, Acted, Actor, Run};
use super::setup::{self, Means, Plan, Reach};
use super::steps::{self, Action, Step};
use super::worlds::{self, Played, World};
use super::{host, table};
use lockstep_hil::verdict::Verdict;
use lockstep_images::process::CommandSpec;
use lockstep_images::toolchain::doctor::Requirement;

const ALL_MEANS: Means = Means {
    rustup: true,
    apt: true,
    sudo: false,
    root: true,
};

fn missing(what: &str, add: &str) -> Requirement {
    Requirement {
        name: what.to_owned(),
        found: None,
        needed_for: "images",
        required: true,
        install_command: add.to_owned(),
    }
}

fn optional(what: &str, add: &str) -> Requirement {
    Requirement {
        required: false,
        ..missing(what, add)
    }
}

fn commands(plan: &Plan) -> Vec<String> {
    plan.additions
        .iter()
        .map(setup::Addition::commands)
        .collect()
}

#[test]
fn what_is_there_is_not_added() {
    let mut need = missing("flip-link", "cargo install flip-link --locked");
    need.found = Some("in PATH".to_owned());
    assert_eq!(setup::plan(&[need], ALL_MEANS), Plan::default());
}

#[test]
fn each_kind_of_thing_is_added_by_its_own_command_and_targets_have_another_way() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("thumbv7em", "rustup target add thumbv7em"),
        missing("rustfmt", "rustup component add rustfmt"),
        missing("flip-link", "cargo install flip-link --locked"),
        missing("qemu-system-arm", "apt-get install qemu-system-arm"),
        optional("llvm-tools", "rustup component add llvm-tools"),
        optional("cargo-binutils", "cargo install cargo-binutils --locked"),
    ];
    let plan = setup::plan(&needs, ALL_MEANS);
    assert_eq!(
        commands(&plan),
        [
            "rustup target add thumbv6m thumbv7em",
            "rustup component add rustfmt",
            "cargo install flip-link --locked",
            "apt-get update && apt-get install -y --no-install-recommends qemu-system-arm",
            "rustup component add llvm-tools",
        ]
    );
    let system = |addition: &&setup::Addition| addition.reach == Reach::System;
    assert_eq!(plan.additions.iter().filter(system).count(), 1);
    assert_eq!(plan.additions[0].what, ["thumbv6m", "thumbv7em"]);
    let instead = plan.additions[0].instead.as_ref().unwrap();
    assert_eq!(instead.reach, Reach::System);
    assert_eq!(
        instead.commands(),
        "apt-get update && apt-get install -y --no-install-recommends \
         rustc-web cargo-web rust-web-src lld"
    );
    assert!(plan.additions[1..].iter().all(|one| one.instead.is_none()));
    assert!(!plan.additions[4].required);
    assert!(plan.beyond.is_empty());
}

#[test]
fn whoever_is_not_root_uses_sudo_and_may_be_asked_for_a_password() {
    let needs = [missing("qemu", "apt-get install qemu")];
    let means = Means {
        root: false,
        sudo: true,
        ..ALL_MEANS
    };
    let plan = setup::plan(&needs, means);
    assert_eq!(
        commands(&plan),
        ["sudo apt-get update && sudo apt-get install -y --no-install-recommends qemu"]
    );
    assert!(
        plan.additions[0]
            .calls
            .iter()
            .all(|call| call.is_interactive)
    );
}

#[test]
fn what_there_are_no_means_for_is_told_and_not_tried() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("clippy", "rustup component add clippy"),
        missing("qemu", "apt-get install qemu"),
    ];
    let plan = setup::plan(&needs, Means::default());
    assert!(plan.additions.is_empty());
    assert_eq!(plan.beyond, needs);
    let steps = steps::setup(&plan);
    assert!(
        steps
            .iter()
            .all(|step| matches!(step.action, Action::Lack(_)))
    );
}

#[test]
fn without_rustup_the_distribution_stands_for_all_targets_at_once() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("thumbv7em", "rustup target add thumbv7em"),
    ];
    let means = Means {
        rustup: false,
        ..ALL_MEANS
    };
    let plan = setup::plan(&needs, means);
    assert_eq!(plan.additions.len(), 1);
    assert_eq!(plan.additions[0].what, ["thumbv6m", "thumbv7em"]);
    assert_eq!(plan.additions[0].reach, Reach::System);
}

#[test]
fn every_world_has_its_step_and_the_tests_cannot_be_told_to_pass() {
    let steps = steps::checks(Path::new("."), Path::new("hil"), &[]);
    let shown: Vec<_> = steps
        .iter()
        .filter_map(|step| step.action.shown())
        .collect();
    let has = |part: &str| shown.iter().any(|shown| shown.contains(part));
    assert!(has(
        "INSTA_FORCE_PASS= INSTA_UPDATE=no LOCKSTEP_REQUIRE=virtual LOCKSTEP_SUITE=verify cargo test"
    ));
    assert!(has("RUSTDOCFLAGS='-D warnings' cargo doc"));
    assert!(has("hil run --bench virtual --stimulus rtt"));
    assert!(has("hil run --bench virtual --stimulus pins"));
    assert!(has(
        "cargo build --locked -p lockstep-core --features protocol"
    ));
    assert!(steps.iter().any(|step| step.action == Action::Host));
}

/// Gives what it was given, and a second for each step.
struct Fake<'a> {
    given: Vec<Acted>,
    acted: Vec<String>,
    told: Vec<String>,
    interrupted: Option<(&'a AtomicBool, usize)>,
}

impl Actor for Fake<'_> {
    fn act(&mut self, step: &Step) -> Acted {
        self.acted.push(step.name.clone());
        if let Some((flag, at)) = self.interrupted
            && at == self.acted.len()
        {
            flag.store(true, Ordering::Relaxed);
        }
        self.given.remove(0)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.acted.len() as u64)
    }

    fn tell(&mut self, line: &str) {
        self.told.push(line.to_owned());
    }
}

fn named(names: &[&str]) -> Vec<Step> {
    let step = |name: &&str| Step {
        name: (*name).to_owned(),
        action: Action::Run(CommandSpec::new(["true"])),
    };
    names.iter().map(step).collect()
}

fn played(names: &[&str], given: Vec<Acted>, interrupt: Option<usize>) -> (Run, Vec<String>) {
    let flag = AtomicBool::new(false);
    let mut fake = Fake {
        given,
        acted: Vec::new(),
        told: Vec::new(),
        interrupted: interrupt.map(|at| (&flag, at)),
    };
    let mut run = Run::default();
    runner::run(&named(names), &mut run, &flag, &mut fake);
    (run, fake.told)
}

#[test]
fn a_step_that_fails_does_not_hide_the_next_and_is_named() {
    let given = vec![
        Acted::pass(),
        Acted::because(Verdict::Fail, "it ended with exit code 1"),
        Acted::because(Verdict::Infra, "no network"),
        Acted::pass(),
    ];
    let (run, told) = played(&["a", "b", "c", "d"], given, None);
    let names: Vec<_> = run.done.iter().map(|done| done.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(run.exit_code(), 1);
    assert!(told.iter().any(|line| line == "   true"), "{told:?}");
    assert!(
        told.iter().any(|line| line == "-- a pass after 1.00 s"),
        "{told:?}"
    );
    let summary = table::render(&run, &BTreeMap::new());
    assert!(
        summary.contains("FAIL  b: it ended with exit code 1\n"),
        "{summary}"
    );
    assert!(summary.contains("INFRA  c: no network\n"), "{summary}");
    assert!(
        summary.ends_with("2 passed, 1 failed, 0 skipped, 1 infra\n"),
        "{summary}"
    );
}

#[test]
fn infra_alone_ends_with_3_and_what_is_skipped_with_0() {
    let (run, _) = played(&["a"], vec![Acted::because(Verdict::Infra, "x")], None);
    assert_eq!(run.exit_code(), 3);
    let (run, _) = played(&["a"], vec![Acted::because(Verdict::Skipped, "x")], None);
    assert_eq!(run.exit_code(), 0);
}

#[test]
fn an_interruption_keeps_what_ran_and_names_what_did_not() {
    let given = vec![Acted::pass(), Acted::interrupted()];
    let (run, _) = played(&["a", "b", "c"], given, Some(2));
    assert_eq!(run.exit_code(), 130);
    assert_eq!(run.left, ["c"]);
    insta::assert_snapshot!("interrupted", table::render(&run, &BTreeMap::new()));
}

#[test]
fn an_interruption_between_steps_counts_too() {
    let (run, _) = played(&["a", "b"], vec![Acted::pass()], Some(1));
    assert_eq!(run.exit_code(), 130);
    assert_eq!((run.done.len(), run.left.len()), (1, 1));
}

fn case(scenario: &str, verdict: Verdict, micros: u64) -> Played {
    Played {
        scenario: scenario.to_owned(),
        verdict,
        took: Duration::from_micros(micros),
        reason: verdict
            .needs_attention()
            .then(|| "it parts at tick 7".to_owned()),
    }
}

fn in_world(name: &str, cases: Vec<Played>) -> Acted {
    let world = World {
        name: name.to_owned(),
        cases,
    };
    Acted {
        verdict: world.verdict(),
        reason: world.reason(),
        world: Some(world),
        ..Acted::pass()
    }
}

#[test]
fn the_table_has_every_scenario_in_every_world() {
    let given = vec![
        Acted::pass(),
        in_world(
            host::NAME,
            vec![
                case("lamp/lock", Verdict::Pass, 250),
                case("lamp/night", Verdict::Pass, 750),
                case("toggle/wrap", Verdict::Pass, 1_000),
            ],
        ),
        in_world(
            "virtual rtt",
            vec![
                case("lamp/lock", Verdict::Pass, 1_500_000),
                case("lamp/night", Verdict::Fail, 90_000),
                case("toggle/wrap", Verdict::Pass, 130_000_000),
            ],
        ),
        in_world(
            "virtual pins",
            vec![
                case("lamp/lock", Verdict::Flaky, 1_500_000),
                case("lamp/night", Verdict::Infra, 90_000),
                case("toggle/wrap", Verdict::Skipped, 0),
            ],
        ),
        Acted::because(Verdict::Infra, "the report was cut short"),
    ];
    let names = ["lints", "host", "rtt", "pins", "another"];
    let (run, _) = played(&names, given, None);
    let ticks = [
        ("lamp/lock", 5_000),
        ("lamp/night", 60_000),
        ("toggle/wrap", 655_360),
    ];
    let ticks = ticks.map(|(name, ticks)| (name.to_owned(), ticks)).into();
    insta::assert_snapshot!("table", table::render(&run, &ticks));
}

const REPORT: &str = r#"{"report":2,"tick_ms":1}
{"case":"lamp/lock","file":"f","verdict":"pass","reason":null,"took_us":1500}
{"case":"lamp/night","file":"f","verdict":"fail","reason":"the board leaves the golden","took_us":2}
{"end":"complete","verdict":"fail","exit":1,"took_us":1502,"counts":{}}
"#;

#[test]
fn a_report_is_read_whole_or_refused() {
    let world = worlds::read("w", REPORT).unwrap();
    assert_eq!(world.cases.len(), 2);
    assert_eq!(world.cases[0].took, Duration::from_micros(1_500));
    assert_eq!(world.verdict(), Verdict::Fail);
    let reason = world.reason();
    assert_eq!(
        reason.as_deref(),
        Some("lamp/night: the board leaves the golden")
    );

    let refused = |report: &str| worlds::read("w", report).unwrap_err().to_string();
    let cut = REPORT.lines().take(2).collect::<Vec<_>>().join("\n");
    assert_eq!(refused(&cut), "the report was cut short");
    assert_eq!(refused(""), "the report was cut short");
    let newer = REPORT.replace("\"report\":2", "\"report\":3");
    assert_eq!(
        refused(&newer),
        "the report has version 3 of its format: expected 2"
    );
    let interrupted = REPORT.replace("complete", "interrupted");
    assert_eq!(refused(&interrupted), "the suite was interrupted");
    assert_eq!(
        refused(&REPORT.replace("\"pass\"", "\"green\"")),
        "`green` is no verdict"
    );
    assert!(refused("no").starts_with("line 1 of the report is none of its format"));
}

#[test]
fn what_a_suite_writes_is_read() {
    let suite = lockstep_hil::verdict::Suite::default();
    let report = lockstep_hil::report::jsonl::render(&suite).unwrap();
    assert_eq!(worlds::read("w", &report).unwrap().cases, []);
}
