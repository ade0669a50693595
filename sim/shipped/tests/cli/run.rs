//! `sim run`, `replay`, `apps` and `completions`: inputs, traces, verdicts.

use crate::support::{
    BROKEN, Ended, FAILING, FOREVER, GOOD, GOOD_GOLDEN, LAMP, command, golden, root, scenarios,
    sim, sim_with,
};
use tempfile::tempdir;

#[test]
fn one_scenario_prints_its_trace_and_its_verdict() {
    let ended = sim(["run", GOOD]).with(0);
    assert_eq!(ended.out, golden(&root().join(GOOD_GOLDEN)));
    assert_eq!(
        ended.err,
        "pass: 7 expectations held, 4 rules kept, 2400 ms played\n"
    );
}

#[test]
fn a_failed_scenario_prints_its_trace_too() {
    let ended = sim(["run", FAILING]).with(1);
    assert!(ended.out.starts_with("lockstep trace 1: lamp"));
    assert!(ended.err.contains("at tick 150 `lamp` was 0, expected on"));
    assert!(
        ended
            .err
            .ends_with("FAIL: 1 of 1 expectations did not hold, 150 ms played\n")
    );
}

#[test]
fn a_broken_scenario_prints_nothing_on_standard_output() {
    let ended = sim(["run", BROKEN]).with(2);
    assert_eq!(ended.out, "");
    assert!(ended.err.contains("unknown-verb.scn:5:1"), "{}", ended.err);
}

#[test]
fn several_scenarios_print_a_verdict_each_and_the_worst_one_counts() {
    let ended = sim(["run", GOOD, FAILING, BROKEN, GOOD]).with(2);
    let lines: Vec<_> = ended.out.lines().collect();
    assert_eq!(
        lines,
        [
            format!("pass  {GOOD}  7 expectations held, 4 rules kept, 2400 ms played"),
            format!("FAIL  {FAILING}  1 of 1 expectations did not hold, 150 ms played"),
            format!("BAD   {BROKEN}  not played"),
            format!("pass  {GOOD}  7 expectations held, 4 rules kept, 2400 ms played"),
            "2 passed, 1 failed, 1 not played".to_owned(),
        ]
    );
    assert!(ended.err.contains("level-now.scn:7:1"));
    assert!(ended.err.contains("unknown-verb.scn:5:1"));
    sim(["run", GOOD, FAILING]).with(1);
    sim(["run", GOOD, LAMP]).with(0);
}

#[test]
fn a_folder_is_every_scenario_in_it() {
    let ended = sim(["run", "fixtures/scenarios"]).with(0);
    assert_eq!(ended.err, "");
    let count = scenarios().len();
    assert_eq!(ended.out.lines().count(), count + 1);
    assert!(
        ended
            .out
            .ends_with(&format!("\n{count} passed, 0 failed, 0 not played\n"))
    );
    let twice = sim(["run", "fixtures/scenarios/toggle", GOOD]).with(0);
    assert_eq!(twice.out.matches(GOOD).count(), 2);
}

#[test]
fn a_folder_without_a_scenario_or_no_file_at_all_is_bad_input() {
    let folder = tempdir().unwrap();
    let empty = sim(["run".as_ref(), folder.path().as_os_str()]).with(2);
    assert!(
        empty.err.contains("found no `.scn` file in"),
        "{}",
        empty.err
    );
    let missing = sim(["run", "nowhere.scn"]).with(2);
    assert!(
        missing.err.contains("cannot read `nowhere.scn`"),
        "{}",
        missing.err
    );
    let nothing = sim(["run"]).with(2);
    assert!(nothing.err.contains("FILE"), "{}", nothing.err);
}

#[test]
fn standard_input_is_a_scenario() {
    let text = std::fs::read(root().join(GOOD)).unwrap();
    let ended = sim_with(["run", "-"], &text).with(0);
    assert_eq!(ended.out, golden(&root().join(GOOD_GOLDEN)));
    let broken = sim_with(["run", "-"], b"app lamp\nwait 50\n").with(2);
    assert!(broken.err.contains("<stdin>:2:6"), "{}", broken.err);
}

#[test]
fn a_recording_is_not_run_and_a_scenario_not_replayed() {
    let run = sim(["run", "fixtures/broken/missing-button.rec"]).with(2);
    assert!(
        run.err.contains("`cargo sim replay` plays recordings"),
        "{}",
        run.err
    );
    let replayed = sim(["replay", GOOD]).with(2);
    assert!(
        replayed.err.contains("`cargo sim run` plays scenarios"),
        "{}",
        replayed.err
    );
}

#[test]
fn an_input_that_is_too_large_is_refused() {
    let long = vec![b'#'; 1024 * 1024 + 1];
    let ended = sim_with(["run", "-"], &long).with(2);
    assert!(
        ended.err.contains("expected at most 1048576"),
        "{}",
        ended.err
    );
}

#[test]
fn the_app_must_agree_with_the_scenario() {
    sim(["run", GOOD, "--app", "toggle"]).with(0);
    let other = sim(["run", GOOD, "--app", "lamp"]).with(2);
    assert!(other.err.contains("reset.scn:4:5"), "{}", other.err);
    assert!(
        other
            .err
            .contains("expected `lamp`, which `--app` asks for"),
        "{}",
        other.err
    );
    let unknown = sim(["run", GOOD, "--app", "lmap"]).with(2);
    assert!(unknown.err.contains(
        "there is no app `lmap`, expected `lamp`, `toggle`, `thermostat`, `keypad` or `snake`"
    ));
    let unnamed = "fixtures/broken/no-app.scn";
    sim(["run", unnamed]).with(2);
    sim(["run", unnamed, "--app", "lamp"]).with(0);
    sim(["run", "fixtures/broken/no-app.vcd", "--app", "lamp"]).with(0);
    let waveform = sim(["run", "fixtures/broken/not-a-level.vcd", "--app", "toggle"]).with(2);
    assert!(
        waveform.err.contains("the waveform is for app `lamp`"),
        "{}",
        waveform.err
    );
}

#[test]
fn the_one_line_form_plays_like_its_scenario() {
    for path in scenarios() {
        let line = sim(["oneline".as_ref(), path.as_os_str()]).with(0).out;
        assert_eq!(line.lines().count(), 1, "{}", path.display());
        // What it plays from a table stands beside the scenario.
        let mut command = command(["run", "--inline", line.trim_end()]);
        command.current_dir(path.parent().unwrap());
        let played = Ended::from(command.output().unwrap()).with(0);
        assert_eq!(played.out, golden(&path.with_extension("snap")), "{line}");
        assert!(played.err.starts_with("pass: "), "{}", played.err);
    }
}

#[test]
fn a_scenario_on_standard_input_can_play_no_table() {
    let text = b"app thermostat\nplay temperature from airing.csv\n";
    let refused = sim_with(["run", "-"], text).with(2);
    assert!(
        refused
            .err
            .contains("this scenario is not in a file, so it has no folder"),
        "{refused:?}"
    );
}

#[test]
fn the_one_line_form_without_an_app_is_for_the_first_one() {
    let ended = sim(["run", "--inline", "d:A t:50 u:A"]).with(0);
    assert!(ended.out.starts_with("lockstep trace 1: lamp"));
    assert_eq!(ended.err, "pass: no expectations, 50 ms played\n");
    let toggle = sim([
        "run",
        "--app",
        "toggle",
        "--inline",
        "d:button t:9 is:led=on",
    ])
    .with(0);
    assert!(toggle.out.starts_with("lockstep trace 1: toggle"));
}

#[test]
fn an_error_in_the_one_line_form_has_its_column() {
    for (line, column, message) in [
        ("d:A t: u:A", 7, "a time is missing"),
        ("d:A t:soon u:A", 7, "`soon` is not a time"),
        ("d:A t:0 u:A", 7, "the duration is zero"),
        ("d:A t:1.5 u:A", 7, "not a whole number of ticks"),
        ("d:A t:5d u:A", 8, "`d` is not a unit of time"),
        ("d:C", 3, "no button `C`"),
        ("d:A+A", 5, "button `A` is named twice"),
        ("d:", 3, "a name is missing"),
        ("d:größe", 3, "is not a name"),
        ("größe: d", 1, "unexpected `größe`"),
        ("d", 2, "`d` has nothing after it"),
        (": x", 1, "a word is missing"),
        ("q:A", 1, "unexpected `q`"),
        ("bcomes:lamp=1@5", 1, "did you mean `becomes`?"),
        ("d:A d:A", 7, "pressed already"),
        ("d:A u:A", 7, "moves twice in tick 0"),
        ("r r", 3, "a second reset in tick 0"),
        ("r:warm", 3, "no boot condition `warm`"),
        ("is:lamp", 8, "`is` has no value"),
        ("is:lamp=bright", 9, "unexpected `bright`"),
        ("is:lamp=101", 9, "level 101 is out of range for `lamp`"),
        ("is:lamp=1@5", 4, "`is` takes no window"),
        ("becomes:lamp=1", 15, "`becomes` has no window"),
        ("becomes:lamp!=1@5", 9, "`becomes` does not take `!=`"),
        ("changes:lamp=1@5", 14, "`changes` takes no value"),
        ("pulse:heartbeat=5+-x@9", 20, "`x` is not a time"),
        ("nolog:power", 12, "`nolog` has no window"),
        ("log:power=", 11, "a name is missing"),
        ("log:power=half", 11, "log `power` has no word `half`"),
        ("log:level=high", 11, "log `level` takes a number"),
        ("app:kettle d:A", 5, "there is no app `kettle`"),
        ("app:lamp app:toggle", 10, "`app:` appears twice"),
        ("d:A board:clock-failed", 5, "`board:` comes too late"),
        ("clock:-1", 7, "not a reading of the tick counter"),
        ("d:A is:lamp=off d:B", 5, "between two actions of one tick"),
        ("t:43200min t:1", 12, "lasts too long"),
    ] {
        let ended = sim(["run", "--inline", line]).with(2);
        assert_eq!(ended.out, "");
        let place = format!("--inline:1:{column}\n");
        assert!(ended.err.contains(&place), "{line}: {}", ended.err);
        assert!(ended.err.contains(message), "{line}: {}", ended.err);
    }
}

#[test]
fn all_problems_of_an_input_are_reported() {
    let ended = sim(["run", "--inline", "d:C t:5 u:D t:x"]).with(2);
    assert_eq!(
        ended.err.matches("error: ").count(),
        1,
        "words before names"
    );
    let ended = sim(["run", "--inline", "d:C t:5 u:D"]).with(2);
    assert_eq!(ended.err.matches("error: ").count(), 2);
}

#[test]
fn apps_lists_buttons_outputs_and_logs() {
    let ended = sim(["apps"]).with(0);
    for part in [
        "lamp ",
        "toggle ",
        "buttons  A, B",
        "lamp (0 to 100)",
        "auto-off",
    ] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
}

#[test]
fn completions_are_a_script_for_the_shell() {
    let bash = sim(["completions", "bash"]).with(0);
    assert!(bash.out.contains("complete -F"), "{}", bash.out);
    assert!(bash.out.contains("--inline"));
    sim(["completions", "tcsh"]).with(2);
}

#[test]
fn usage_errors_are_bad_input_and_help_is_not() {
    sim(["--help"]).with(0);
    sim(["--version"]).with(0);
    sim::<&str>([]).with(2);
    sim(["play"]).with(2);
    sim(["run", GOOD, "--inline", "d:A"]).with(2);
    sim(["run", GOOD, "--jobs", "0"]).with(2);
    let limit = sim(["run", GOOD, "--timeout", "0"]).with(2);
    assert!(limit.err.contains("expected a number of seconds above 0"));
    let several = sim(["run", GOOD, LAMP, "--format", "vcd"]).with(2);
    assert!(several.err.contains("take one scenario"));
    sim_with(["run", "-", "--timeout", "nan"], FOREVER.as_bytes()).with(2);
}

#[test]
fn an_app_without_tasks_cannot_be_woken_otherwise() {
    let ended = sim(["run", GOOD, "--wake", "spurious"]).with(2);
    assert!(
        ended.err.contains(
            "`--wake` needs an app with tasks, as Embassy firmware has, and `toggle` has none"
        ),
        "{}",
        ended.err
    );
}
