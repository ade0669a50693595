//! Which tests a program says have failed.

/// How many names a reason has.
const SHOWN: usize = 10;

/// The tests that failed, in the words of Rust's test harness: `test NAME ... FAILED`.
fn names(output: &str) -> Vec<&str> {
    let lines = output.lines().filter_map(|line| {
        let name = line.strip_prefix("test ")?.strip_suffix("... FAILED")?;
        Some(name.trim_end())
    });
    let mut names: Vec<&str> = Vec::new();
    for name in lines {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The failed tests in what a program printed, for the reason of its failure.
#[must_use]
pub fn describe(output: &[u8]) -> Option<String> {
    let output = String::from_utf8_lossy(output);
    let names = names(&output);
    let shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = shown.join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("the test {shown} failed")),
        count @ ..=SHOWN => Some(format!("{count} tests failed: {shown}")),
        count => Some(format!("{count} tests failed, the first of them: {shown}")),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn failed_tests_are_named_once_and_in_order() {
        let output = b"running 3 tests\ntest a::b ... ok\ntest c - d (line 3) ... FAILED\n\
            test 1,000 random scripts          ... FAILED\ntest c - d (line 3) ... FAILED\n\
            ---- c stdout ----\nthis test a ... FAILED to be one\n";
        assert_eq!(
            describe(output).as_deref(),
            Some("2 tests failed: `c - d (line 3)`, `1,000 random scripts`")
        );
        let one = b"test a ... FAILED\n";
        assert_eq!(describe(one).as_deref(), Some("the test `a` failed"));
        assert_eq!(describe(b"test a ... ok\n\xff\n"), None);
    }

    #[test]
    fn of_many_the_first_are_named() {
        let output: String = (0..12).map(|n| format!("test t{n} ... FAILED\n")).collect();
        let reason = describe(output.as_bytes()).unwrap();
        assert!(
            reason.starts_with("12 tests failed, the first of them: `t0`, `t1`"),
            "{reason}"
        );
        assert!(reason.ends_with("`t9`"), "{reason}");
    }
}
