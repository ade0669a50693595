//! Plans that are carried out, refused, and cut short.

use super::*;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\n").unwrap();
    folder
}

fn plan(root: &Path) -> Plan {
    let mut plan = Plan::new(root);
    plan.create("lockstep.toml", "scenarios = []\n").unwrap();
    plan.create("a/b/new.rs", "fn main() {}\n").unwrap();
    plan.create("a/b/other.rs", "fn main() {}\n").unwrap();
    plan.set("Cargo.toml", "[package]\nname = \"a\"\n").unwrap();
    plan
}

/// Every file below the root, and what is in it.
fn all(root: &Path) -> Vec<(PathBuf, String)> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let files = entries.flatten().filter(|entry| entry.path().is_file());
    let read = files.map(|entry| {
        let path = entry.path().strip_prefix(root).unwrap().to_owned();
        (path, fs::read_to_string(entry.path()).unwrap())
    });
    read.collect()
}

#[test]
fn a_plan_is_written_as_a_whole() {
    let folder = project();
    let root = folder.path();
    plan(root).apply().unwrap();
    let paths: Vec<_> = all(root).into_iter().map(|(path, _)| path).collect();
    let expected = ["Cargo.toml", "a/b/new.rs", "a/b/other.rs", "lockstep.toml"];
    assert_eq!(paths, expected.map(PathBuf::from));
    let cargo = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert_eq!(cargo, "[package]\nname = \"a\"\n");
}

#[test]
fn what_is_there_stays_as_it_is_and_nothing_is_left_to_do() {
    let folder = project();
    let root = folder.path();
    plan(root).apply().unwrap();
    fs::write(root.join("a/b/new.rs"), "// mine\n").unwrap();
    let second = plan(root);
    assert_eq!(second.changes(), []);
    let mut third = Plan::new(root);
    let existing = third.create("a/b/new.rs", "fn main() {}\n").unwrap();
    assert_eq!(existing.as_deref(), Some("// mine\n"));
}

#[test]
fn an_error_anywhere_leaves_the_project_as_it_was() {
    for failing in ["lockstep.toml", "a/b/new.rs", "a/b/other.rs", "Cargo.toml"] {
        let folder = project();
        let root = folder.path();
        let before = all(root);
        let error = plan(root).apply_with(&mut |path| match path == Path::new(failing) {
            true => Err(io::Error::other("the disk is full")),
            false => Ok(()),
        });
        let error = error.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("cannot write `{failing}`: nothing was changed")
        );
        assert_eq!(all(root), before, "{failing}");
        assert!(!root.join("a").exists(), "{failing}");
    }
}

#[test]
fn a_process_that_is_killed_leaves_whole_files_from_which_another_goes_on() {
    for survivors in 0..4 {
        let folder = project();
        let root = folder.path();
        let whole = plan(root);
        // What is killed undoes nothing: what it has renamed is there, what it has not is beside.
        for change in whole.changes().iter().take(survivors) {
            let path = root.join(&change.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &change.after).unwrap();
        }
        let rest = whole.changes().iter().skip(survivors);
        for (number, change) in rest.enumerate() {
            let half = change.after.get(..4).unwrap();
            let folder = root.join(&change.path).parent().unwrap().to_owned();
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{UNFINISHED}{number}")), half).unwrap();
        }
        plan(root).apply().unwrap();
        let complete = project();
        plan(complete.path()).apply().unwrap();
        let left: Vec<_> = all(root)
            .into_iter()
            .filter(|(path, _)| !path.to_string_lossy().contains(UNFINISHED))
            .collect();
        assert_eq!(left, all(complete.path()), "{survivors}");
    }
}

#[test]
fn a_file_that_changed_since_it_was_planned_is_not_written() {
    let folder = project();
    let root = folder.path();
    let plan = plan(root);
    fs::write(root.join("Cargo.toml"), "[workspace]\n").unwrap();
    let before = all(root);
    assert!(matches!(plan.apply(), Err(PlanError::Changed(_))));
    assert_eq!(all(root), before);
}

#[test]
fn the_difference_is_a_patch() {
    let folder = project();
    let diff = plan(folder.path()).diff();
    assert!(
        diff.contains("--- /dev/null\n+++ b/lockstep.toml\n"),
        "{diff}"
    );
    assert!(
        diff.contains("--- a/Cargo.toml\n+++ b/Cargo.toml\n"),
        "{diff}"
    );
    assert!(diff.contains("+name = \"a\"\n"), "{diff}");
}
