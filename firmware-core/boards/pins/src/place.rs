//! Where something stands in a text, shown with its line.

use std::fmt;
use std::ops::Range;

/// A line of a text, and a stretch of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the line, from 1.
    pub line: usize,
    /// The first character of the stretch, from 1.
    pub column: usize,
    /// How many characters it has.
    pub width: usize,
    /// The line.
    pub text: String,
}

impl Excerpt {
    /// The line these bytes begin on, and as much of it as they are.
    pub(crate) fn of(text: &str, bytes: Range<usize>) -> Self {
        let (before, from) = text.split_at_checked(bytes.start).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (_, line) = text.split_at(start);
        let stretch = from.get(..bytes.len()).unwrap_or(from);
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(start..).map_or(0, |text| text.chars().count()) + 1,
            width: first(stretch).chars().count().max(1),
            text: first(line),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "line {number}, column {}", self.column)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", self.text)?;
        let indent = " ".repeat(self.column - 1);
        write!(f, "{margin} | {indent}{}", "^".repeat(self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_under_its_line() {
        let excerpt = Excerpt::of("# größe\nä = [1,\n2]\n", 15..20);
        let shown = "line 2, column 5\n  |\n2 | ä = [1,\n  |     ^^^";
        assert_eq!(excerpt.to_string(), shown);
    }

    #[test]
    fn the_end_of_a_text_is_a_place() {
        let excerpt = Excerpt::of("a = 1", 5..9);
        assert_eq!((excerpt.line, excerpt.column, excerpt.width), (1, 6, 1));
    }
}
