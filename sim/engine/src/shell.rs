//! Words of a command line, as hints and reports print them to be typed.

/// The word as a POSIX shell takes it.
///
/// ```
/// use lockstep_engine::shell::quoted;
///
/// assert_eq!(quoted("led=D1"), "led=D1");
/// assert_eq!(quoted("button=!D0"), "'button=!D0'");
/// assert_eq!(quoted("it's"), r"'it'\''s'");
/// ```
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The path as a POSIX shell takes it, and no program takes for an option.
///
/// ```
/// use lockstep_engine::shell::quoted_path;
///
/// assert_eq!(quoted_path("-a.scn"), "./-a.scn");
/// ```
#[must_use]
pub fn quoted_path(path: &str) -> String {
    match path.starts_with('-') {
        true => quoted(&format!("./{path}")),
        false => quoted(path),
    }
}
