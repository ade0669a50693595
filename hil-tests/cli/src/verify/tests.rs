use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::runner::{self, StepExecutor, StepLog, StepOutcome};
use super::setup::{self, InstallPlan, Installers, Scope};
use super::steps::{self, DEFAULT_MINUTES, STEP_FILE, StepAction, StepFile, VerifyStep};
use super::world_report::{self, ScenarioResult, WorldReport};
use super::{host, summary};
use lockstep_engine::project::Project;
use lockstep_hil::verdict::Verdict;
use lockstep_images::board::{Board, boards};
use lockstep_images::process::CommandSpec;
use lockstep_images::toolchain::doctor::Requirement;

const ALL: Installers = Installers {
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

fn commands(plan: &InstallPlan) -> Vec<String> {
    plan.installations
        .iter()
        .map(setup::Installation::commands)
        .collect()
}

#[test]
fn present_tools_are_not_installed() {
    let mut need = missing("flip-link", "cargo install flip-link --locked");
    need.found = Some("in PATH".to_owned());
    assert_eq!(setup::plan(&[need], ALL), InstallPlan::default());
}

#[test]
fn each_kind_of_tool_has_its_installer_and_targets_have_a_fallback() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("thumbv7em", "rustup target add thumbv7em"),
        missing("rustfmt", "rustup component add rustfmt"),
        missing("flip-link", "cargo install flip-link --locked"),
        missing("qemu-system-arm", "apt-get install qemu-system-arm"),
        optional("llvm-tools", "rustup component add llvm-tools"),
        optional("cargo-binutils", "cargo install cargo-binutils --locked"),
    ];
    let plan = setup::plan(&needs, ALL);
    assert_eq!(
        commands(&plan),
        [
            "rustup target add thumbv6m thumbv7em",
            "rustup component add rustfmt",
            "cargo install flip-link --locked",
            "apt-get -o 'DPkg::Lock::Timeout=300' update && \
             apt-get -o 'DPkg::Lock::Timeout=300' install -y --no-install-recommends qemu-system-arm",
            "rustup component add llvm-tools",
        ]
    );
    let system = |installation: &&setup::Installation| installation.scope == Scope::System;
    assert_eq!(plan.installations.iter().filter(system).count(), 1);
    assert_eq!(plan.installations[0].tools, ["thumbv6m", "thumbv7em"]);
    let fallback = plan.installations[0].fallback.as_ref().unwrap();
    assert_eq!(fallback.scope, Scope::System);
    assert_eq!(
        fallback.commands(),
        "apt-get -o 'DPkg::Lock::Timeout=300' update && \
         apt-get -o 'DPkg::Lock::Timeout=300' install -y --no-install-recommends \
         rustc-web cargo-web rust-web-src lld"
    );
    assert!(
        plan.installations[1..]
            .iter()
            .all(|one| one.fallback.is_none())
    );
    assert!(!plan.installations[4].required);
    assert!(plan.manual.is_empty());
}

#[test]
fn other_users_than_root_use_sudo_which_may_ask_for_a_password() {
    let needs = [missing("qemu", "apt-get install qemu")];
    let installers = Installers {
        root: false,
        sudo: true,
        ..ALL
    };
    let plan = setup::plan(&needs, installers);
    assert_eq!(
        commands(&plan),
        ["sudo apt-get -o 'DPkg::Lock::Timeout=300' update && \
          sudo apt-get -o 'DPkg::Lock::Timeout=300' install -y --no-install-recommends qemu"]
    );
    assert!(
        plan.installations[0]
            .calls
            .iter()
            .all(|call| call.is_interactive)
    );
}

#[test]
fn tools_without_an_installer_are_left_to_the_user() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("clippy", "rustup component add clippy"),
        missing("qemu", "apt-get install qemu"),
    ];
    let plan = setup::plan(&needs, Installers::default());
    assert!(plan.installations.is_empty());
    assert_eq!(plan.manual, needs);
    let steps = steps::setup(&plan);
    assert!(
        steps
            .iter()
            .all(|step| matches!(step.action, StepAction::Manual(_)))
    );
}

#[test]
fn without_rustup_the_distribution_builds_for_all_targets() {
    let needs = [
        missing("thumbv6m", "rustup target add thumbv6m"),
        missing("thumbv7em", "rustup target add thumbv7em"),
    ];
    let installers = Installers {
        rustup: false,
        ..ALL
    };
    let plan = setup::plan(&needs, installers);
    assert_eq!(plan.installations.len(), 1);
    assert_eq!(plan.installations[0].tools, ["thumbv6m", "thumbv7em"]);
    assert_eq!(plan.installations[0].scope, Scope::System);
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shipped_boards() -> Vec<Board> {
    let project = Project::find(&repository()).unwrap();
    boards(&project.boards().unwrap()).unwrap()
}

#[test]
fn the_step_file_checks_every_world_and_lets_no_setting_bless_a_golden() {
    let repository = repository();
    let boards = shipped_boards();
    let file = StepFile::read(&repository).unwrap();
    let steps = file.steps(&repository, Path::new("/bin/hil"), &boards);
    let commands: Vec<_> = steps
        .iter()
        .filter_map(|step| step.action.command())
        .collect();
    let has = |part: &str| commands.iter().any(|command| command.contains(part));
    assert!(has(
        "INSTA_FORCE_PASS= INSTA_UPDATE=no LOCKSTEP_REQUIRE=virtual LOCKSTEP_SUITE=verify cargo test"
    ));
    assert!(has("RUSTDOCFLAGS='-D warnings' cargo doc"));
    assert!(has("/bin/hil run --bench virtual --stimulus rtt"));
    assert!(has("/bin/hil run --bench virtual --stimulus pins"));
    assert!(has(
        "cargo build --locked -p lockstep-core --features protocol"
    ));
    for board in &boards {
        let named = [
            "cargo clippy",
            &format!(" -p {} ", board.name),
            &format!(" --target {} ", board.target),
        ];
        let is_linted = |command: &String| named.iter().all(|part| command.contains(part));
        assert!(commands.iter().any(is_linted), "{}", board.name);
    }
    assert!(steps.iter().any(|step| step.action == StepAction::Host));
    assert!(file.targets().all(|target| target.starts_with("thumbv")));
}

fn parse(text: &str) -> Result<StepFile, String> {
    let parsed = StepFile::parse(Path::new(STEP_FILE), text);
    parsed.map_err(|error| error.to_string())
}

#[test]
fn each_kind_of_step_becomes_its_action() {
    let file = parse(
        r#"
        [[step]]
        name = "a"
        run = "hil size hil"
        folder = "sub"
        set = { A = "b c" }
        unset = ["D"]

        [[step]]
        name = "b"
        run = "cargo build"
        target = "thumbv6m-none-eabi"

        [[step]]
        name = "c"
        world = "host"

        [[step]]
        name = "d"
        run = "hil run"
        world = "virtual rtt"
        minutes = 2
        "#,
    )
    .unwrap();
    let steps = file.steps(Path::new("root"), Path::new("/bin/hil"), &[]);
    let actions: Vec<_> = steps.into_iter().map(|step| step.action).collect();
    let call = |words: &[&str]| CommandSpec {
        timeout: Some(Duration::from_secs(DEFAULT_MINUTES * 60)),
        ..CommandSpec::new(words).current_dir("root")
    };
    assert_eq!(
        actions,
        [
            StepAction::Run(
                call(&["/bin/hil", "size", "hil"])
                    .current_dir("root/sub")
                    .env("D", None)
                    .env("A", Some("b c"))
            ),
            StepAction::CrossBuild {
                target: "thumbv6m-none-eabi".to_owned(),
                call: call(&["cargo", "build"]),
            },
            StepAction::Host,
            StepAction::Bench {
                world: "virtual rtt".to_owned(),
                call: CommandSpec {
                    timeout: Some(Duration::from_secs(120)),
                    ..call(&["/bin/hil", "run"])
                },
            },
        ]
    );
    assert_eq!(file.targets().collect::<Vec<_>>(), ["thumbv6m-none-eabi"]);
}

#[test]
fn a_step_for_a_target_has_the_boards_of_it() {
    let boards = shipped_boards();
    let file = parse(
        "[[step]]\nname = \"lints\"\nrun = \"cargo clippy -p runtime {boards} --target {target} -- -D warnings\"\n\
         target = \"thumbv6m-none-eabi\"\n",
    )
    .unwrap();
    let steps = file.steps(Path::new("."), Path::new("hil"), &boards);
    let named = boards
        .iter()
        .filter(|board| board.target == "thumbv6m-none-eabi");
    let named: String = named.map(|board| format!("-p {} ", board.name)).collect();
    let command =
        format!("cargo clippy -p runtime {named}--target thumbv6m-none-eabi -- -D warnings");
    assert_eq!(steps[0].action.command(), Some(command));
    assert!(matches!(steps[0].action, StepAction::IfTarget { .. }));
}

#[test]
fn a_broken_step_file_is_refused_with_its_step() {
    let refused = |text: &str| parse(&format!("[[step]]\n{text}")).unwrap_err();
    let step = |expected: &str| format!("`{STEP_FILE}`: step `a`: {expected}");
    assert_eq!(refused("name = \"a\""), step("expected a command in `run`"));
    assert_eq!(
        refused("name = \"a\"\nrun = \"b\"\nworld = \"host\""),
        step("the world `host` has no `run`")
    );
    assert_eq!(
        refused("name = \"a\"\nrun = \"b\"\ntarget = \"t\"\nworld = \"w\""),
        step("expected one of `target` and `world`, not both")
    );
    assert_eq!(
        refused("name = \"a\"\nrun = \"b\"\nminutes = 0"),
        step("expected at least 1 in `minutes`")
    );
    let not_a_step_file = format!("`{STEP_FILE}` is not a step file");
    assert_eq!(refused("name = \"a\"\nrum = \"b\""), not_a_step_file);
    assert_eq!(parse("").unwrap_err(), not_a_step_file);
}

/// Returns given outcomes. Each step takes a second.
struct FakeExecutor<'a> {
    outcomes: Vec<StepOutcome>,
    executed: Vec<String>,
    printed: Vec<String>,
    interrupted: Option<(&'a AtomicBool, usize)>,
}

impl StepExecutor for FakeExecutor<'_> {
    fn execute(&mut self, step: &VerifyStep) -> StepOutcome {
        self.executed.push(step.name.clone());
        if let Some((flag, at)) = self.interrupted
            && at == self.executed.len()
        {
            flag.store(true, Ordering::Relaxed);
        }
        self.outcomes.remove(0)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.executed.len() as u64)
    }

    fn print(&mut self, line: &str) {
        self.printed.push(line.to_owned());
    }
}

fn steps_named(names: &[&str]) -> Vec<VerifyStep> {
    let step = |name: &&str| VerifyStep {
        name: (*name).to_owned(),
        action: StepAction::Run(CommandSpec::new(["true"])),
    };
    names.iter().map(step).collect()
}

/// Runs steps with these names and outcomes. The step with the number `interrupt` is interrupted.
fn run(
    names: &[&str],
    outcomes: Vec<StepOutcome>,
    interrupt: Option<usize>,
) -> (StepLog, Vec<String>) {
    let flag = AtomicBool::new(false);
    let mut executor = FakeExecutor {
        outcomes,
        executed: Vec::new(),
        printed: Vec::new(),
        interrupted: interrupt.map(|at| (&flag, at)),
    };
    let mut log = StepLog::default();
    runner::run(&steps_named(names), &mut log, &flag, &mut executor);
    (log, executor.printed)
}

#[test]
fn a_failed_step_does_not_stop_the_next_and_is_named() {
    let outcomes = vec![
        StepOutcome::pass(),
        StepOutcome::because(Verdict::Fail, "it ended with exit code 1"),
        StepOutcome::because(Verdict::Infra, "no network"),
        StepOutcome::pass(),
    ];
    let (log, printed) = run(&["a", "b", "c", "d"], outcomes, None);
    let names: Vec<_> = log.finished.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(log.exit_code(), 1);
    assert!(printed.iter().any(|line| line == "   true"), "{printed:?}");
    assert!(
        printed.iter().any(|line| line == "-- a pass after 1.00 s"),
        "{printed:?}"
    );
    let summary = summary::render(&log, &BTreeMap::new());
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
fn infra_alone_exits_with_3_and_skipped_with_0() {
    let (log, _) = run(
        &["a"],
        vec![StepOutcome::because(Verdict::Infra, "x")],
        None,
    );
    assert_eq!(log.exit_code(), 3);
    let (log, _) = run(
        &["a"],
        vec![StepOutcome::because(Verdict::Skipped, "x")],
        None,
    );
    assert_eq!(log.exit_code(), 0);
}

#[test]
fn an_interrupt_keeps_the_outcomes_and_names_what_was_not_run() {
    let outcomes = vec![StepOutcome::pass(), StepOutcome::interrupted()];
    let (log, _) = run(&["a", "b", "c"], outcomes, Some(2));
    assert_eq!(log.exit_code(), 130);
    assert_eq!(log.not_run, ["c"]);
    insta::assert_snapshot!("interrupted", summary::render(&log, &BTreeMap::new()));
}

#[test]
fn an_interrupt_between_steps_counts_too() {
    let (log, _) = run(&["a", "b"], vec![StepOutcome::pass()], Some(1));
    assert_eq!(log.exit_code(), 130);
    assert_eq!((log.finished.len(), log.not_run.len()), (1, 1));
}

fn case(scenario: &str, verdict: Verdict, micros: u64) -> ScenarioResult {
    ScenarioResult {
        scenario: scenario.to_owned(),
        verdict,
        duration: Duration::from_micros(micros),
        reason: verdict
            .needs_attention()
            .then(|| "it parts at tick 7".to_owned()),
    }
}

fn in_world(world: &str, results: Vec<ScenarioResult>) -> StepOutcome {
    let report = WorldReport {
        world: world.to_owned(),
        results,
    };
    StepOutcome {
        verdict: report.verdict(),
        reason: report.reason(),
        report: Some(report),
        ..StepOutcome::pass()
    }
}

#[test]
fn the_table_has_every_scenario_in_every_world() {
    let outcomes = vec![
        StepOutcome::pass(),
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
        StepOutcome::because(
            Verdict::Infra,
            "the report is truncated: expected a last line with `end`",
        ),
    ];
    let names = ["lints", "host", "rtt", "pins", "another"];
    let (log, _) = run(&names, outcomes, None);
    let ticks = [
        ("lamp/lock", 5_000),
        ("lamp/night", 60_000),
        ("toggle/wrap", 655_360),
    ];
    let ticks = ticks.map(|(name, ticks)| (name.to_owned(), ticks)).into();
    insta::assert_snapshot!("table", summary::render(&log, &ticks));
}

const REPORT: &str = r#"{"report":2,"tick_ms":1}
{"case":"lamp/lock","file":"f","verdict":"pass","reason":null,"took_us":1500}
{"case":"lamp/night","file":"f","verdict":"fail","reason":"the trace of the board differs from the golden","took_us":2}
{"end":"complete","verdict":"fail","exit":1,"took_us":1502,"counts":{}}
"#;

#[test]
fn a_report_is_parsed_whole_or_refused() {
    let report = world_report::parse("w", REPORT).unwrap();
    assert_eq!(report.results.len(), 2);
    assert_eq!(report.results[0].duration, Duration::from_micros(1_500));
    assert_eq!(report.verdict(), Verdict::Fail);
    let reason = report.reason();
    assert_eq!(
        reason.as_deref(),
        Some("lamp/night: the trace of the board differs from the golden")
    );

    let refused = |report: &str| world_report::parse("w", report).unwrap_err().to_string();
    let cut = REPORT.lines().take(2).collect::<Vec<_>>().join("\n");
    assert_eq!(
        refused(&cut),
        "the report is truncated: expected a last line with `end`"
    );
    assert_eq!(
        refused(""),
        "the report is truncated: expected a last line with `end`"
    );
    let newer = REPORT.replace("\"report\":2", "\"report\":3");
    assert_eq!(
        refused(&newer),
        "the report has version 3 of its format: expected 2"
    );
    let interrupted = REPORT.replace("complete", "interrupted");
    assert_eq!(refused(&interrupted), "the suite was interrupted");
    assert_eq!(
        refused(&REPORT.replace("\"pass\"", "\"green\"")),
        "unknown verdict `green`"
    );
    assert_eq!(refused("no"), "line 1 of the report is malformed");
}

#[test]
fn the_report_of_a_suite_is_parsed() {
    let suite = lockstep_hil::verdict::Suite::default();
    let report = lockstep_hil::report::jsonl::render(&suite).unwrap();
    assert_eq!(world_report::parse("w", &report).unwrap().results, []);
}
