//! What `hil run` refuses or tells before anything is built. The environment has no compiler.

use std::fs;

use libtest_mimic::Failed;

use super::repository::{BENCHES, Repository, ended};

/// A repository with one bench, whose probe nobody has.
fn repository() -> Result<Repository, Failed> {
    let repository = Repository::new()?;
    let bench = "board = \"microbit-v1\"\nprobe = \"1366:1015:nobody-has-this\"\n";
    fs::write(repository.path(BENCHES).join("desk.toml"), bench)?;
    Ok(repository)
}

pub(crate) fn an_absent_probe_needs_no_image() -> Result<(), Failed> {
    let repository = repository()?;
    let absent = "no probe `1366:1015:nobody-has-this` is plugged in";
    let (out, _) = ended(repository.hil(&["run", "toggle/reset"]), 0)?;
    assert!(out.contains(absent) && out.contains("2 skipped"), "{out}");
    let asked = ["run", "toggle/reset", "--bench", "desk"];
    let (out, _) = ended(repository.hil(&asked), 3)?;
    assert!(out.contains(absent) && out.contains("2 infra"), "{out}");
    let mut required = repository.hil(&["run", "toggle/reset"]);
    required.env("LOCKSTEP_REQUIRE", "desk");
    let (out, _) = ended(required, 3)?;
    assert!(out.contains(absent) && out.contains("2 infra"), "{out}");
    Ok(())
}

pub(crate) fn an_unusable_bench_that_is_asked_for_is_bad_input() -> Result<(), Failed> {
    let repository = repository()?;
    fs::write(repository.path(BENCHES).join("broken.toml"), "bord = 1\n")?;
    // Without being asked for, it is only reported.
    let (out, err) = ended(repository.hil(&["run", "toggle/reset"]), 0)?;
    assert!(out.contains("2 skipped"), "{out}");
    assert!(err.contains("fixtures/benches/broken.toml:1:1"), "{err}");
    let unusable = "the bench `broken` cannot be used";
    let asked = ["run", "toggle/reset", "--bench", "broken"];
    let (_, err) = ended(repository.hil(&asked), 2)?;
    assert!(err.contains(unusable), "{err}");
    let mut required = repository.hil(&["run", "toggle/reset"]);
    required.env("LOCKSTEP_REQUIRE", "broken");
    let (_, err) = ended(required, 2)?;
    assert!(err.contains(unusable), "{err}");
    Ok(())
}

pub(crate) fn a_bench_that_must_be_there_is_one() -> Result<(), Failed> {
    let repository = repository()?;
    let mut command = repository.hil(&["run", "toggle/reset"]);
    command.env("LOCKSTEP_REQUIRE", "desk, desc");
    let (_, err) = ended(command, 2)?;
    assert!(
        err.contains("unknown bench `desc` in `LOCKSTEP_REQUIRE`"),
        "{err}"
    );
    Ok(())
}

pub(crate) fn reports_have_a_place_to_go() -> Result<(), Failed> {
    for (reports, told) in [
        (
            ["--html", "none/a.html", "--json", "b"],
            "cannot write a report to `none/a.html`",
        ),
        (
            ["--junit", "fixtures", "--json", "b"],
            "cannot write a report to `fixtures`",
        ),
        (
            ["--junit", "b", "--json", "b"],
            "two reports have the same file `b`",
        ),
    ] {
        let repository = repository()?;
        let arguments = [&["run", "toggle/reset"][..], &reports].concat();
        let (_, err) = ended(repository.hil(&arguments), 2)?;
        assert!(err.contains(told), "{err}");
        assert!(!repository.path("b").exists());
    }
    Ok(())
}

pub(crate) fn only_reports_are_written_over() -> Result<(), Failed> {
    let repository = repository()?;
    let (notes, report) = (repository.path("notes"), repository.path("report.html"));
    fs::write(&notes, "worth keeping")?;
    let run = |path: &str| repository.hil(&["run", "toggle/reset", "--html", path]);
    let (_, err) = ended(run("notes"), 2)?;
    assert!(err.contains("`notes` exists and is not a report"), "{err}");
    assert_eq!(fs::read_to_string(&notes)?, "worth keeping");
    for _ in 0..2 {
        ended(run("report.html"), 0)?;
        assert!(fs::read_to_string(&report)?.contains("toggle/reset"));
    }
    let wrong = ["run", "togle/reset", "--html", "report.html"];
    let (_, err) = ended(repository.hil(&wrong), 2)?;
    assert!(err.contains("did you mean `toggle/reset`?"), "{err}");
    assert!(report.exists(), "what is refused takes nothing away");
    Ok(())
}
