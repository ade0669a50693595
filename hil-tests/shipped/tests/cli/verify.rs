//! `hil verify`, with package managers that only pretend.

use std::fs;

use libtest_mimic::Failed;
use lockstep_hil_cli::verify::steps::STEP_FILE;

use super::{Repository, command, ended, hil};

/// A repository whose step file runs one program, which is there.
fn repository_to_verify() -> Repository {
    let repository = Repository::new();
    let steps = repository.path().join(STEP_FILE);
    fs::create_dir_all(steps.parent().unwrap()).unwrap();
    fs::write(steps, "[[step]]\nname = \"check\"\nrun = \"check\"\n").unwrap();
    repository.program("check", "#!/bin/sh\n");
    repository
}

/// Nothing is run before the user has confirmed every installation.
pub(crate) fn without_consent() -> Result<(), Failed> {
    let repository = repository_to_verify();
    for tool in ["apt-get", "sudo"] {
        repository.program(tool, "#!/bin/sh\ntouch \"$0.was-run\"\n");
    }
    let mut command = command(repository.path(), &["verify"]);
    command.env("PATH", repository.path());
    let ended = ended(command).with(3);
    assert_eq!(ended.out, "");
    ended
        .says("installing qemu-system-arm needs confirmation (pass --yes)")
        .says("install -y --no-install-recommends qemu-system-arm`, or `cargo verify --yes`");
    assert!(!repository.path().join("apt-get.was-run").exists());
    assert!(!repository.path().join("sudo.was-run").exists());
    Ok(())
}

/// Another package manager is running when the first installation starts.
pub(crate) fn waits_for_the_lock() -> Result<(), Failed> {
    let repository = repository_to_verify();
    repository.program("sudo", "#!/bin/sh\nexec \"$@\"\n");
    repository.program(
        "apt-get",
        "#!/bin/sh\necho \"$@\" >> \"$0.calls\"\n[ -e \"$0.locked\" ] && exit 0\n: > \"$0.locked\"\n\
         echo 'E: Could not get lock /var/lib/apt/lists/lock' >&2\n\
         echo 'E: Unable to lock directory /var/lib/apt/lists/' >&2\nexit 100\n",
    );
    let mut command = command(repository.path(), &["verify", "--yes"]);
    command.env("PATH", repository.path());
    // Cargo is missing, so flip-link cannot be installed.
    let ended = ended(command)
        .with(3)
        .says("another package manager is running: waiting up to 300 s for its lock");
    let step = |name: &str| ended.out.lines().find(|line| line.starts_with(name));
    for name in ["setup: qemu-system-arm", "check"] {
        let line = step(name).ok_or(name)?;
        assert!(line.contains(" pass "), "{line}");
    }
    let calls = fs::read_to_string(repository.path().join("apt-get.calls"))?;
    let calls: Vec<_> = calls.lines().collect();
    assert_eq!(
        calls[0], calls[1],
        "the command that met the lock runs again"
    );
    Ok(())
}

/// Which tests failed stands where the user looks last, and what they printed was shown meanwhile.
pub(crate) fn names_failed_tests() -> Result<(), Failed> {
    let repository = repository_to_verify();
    for tool in ["apt-get", "sudo"] {
        repository.program(tool, "#!/bin/sh\n");
    }
    repository.program(
        "check",
        "#!/bin/sh\necho 'test a::b ... ok'\necho 'test c::d ... FAILED'\nexit 101\n",
    );
    let mut command = command(repository.path(), &["verify", "--yes"]);
    command.env("PATH", repository.path());
    let ended = ended(command).with(1);
    assert!(ended.out.contains("test a::b ... ok\n"), "{}", ended.out);
    let reason = "FAIL  check: it ended with exit code 101; the test `c::d` failed\n";
    assert!(ended.out.contains(reason), "{}", ended.out);
    Ok(())
}

/// What a step file lacks is reported before anything is installed.
pub(crate) fn without_steps() -> Result<(), Failed> {
    let repository = Repository::new();
    hil(repository.path(), &["verify"])
        .with(2)
        .says("cannot read `./.config/verify.toml`");
    Ok(())
}
