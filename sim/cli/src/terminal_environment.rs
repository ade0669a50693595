//! What the environment says about the terminal.

use std::env;

use lockstep_terminal::ColorDepth;

/// The environment variables that describe a terminal; empty for those that are not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TerminalEnvironment {
    /// `TERM`.
    term: String,
    /// `COLORTERM`.
    color_term: String,
    /// The locale of characters: the first that is set of `LC_ALL`, `LC_CTYPE` and `LANG`.
    locale: String,
}

impl TerminalEnvironment {
    /// The environment of this process.
    pub(super) fn of_process() -> Self {
        let variable = |name| {
            let value = env::var_os(name).unwrap_or_default();
            value.to_string_lossy().into_owned()
        };
        let locales = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
        Self {
            term: variable("TERM"),
            color_term: variable("COLORTERM"),
            locale: locales
                .into_iter()
                .find(|locale| !locale.is_empty())
                .unwrap_or_default(),
        }
    }

    /// Whether the terminal can do no more than print lines.
    pub(super) fn is_dumb(&self) -> bool {
        self.term == "dumb"
    }

    /// Whether the terminal shows characters beyond ASCII: its locale is in UTF-8. The font
    /// of the Linux console lacks most of them.
    pub(super) fn is_unicode(&self) -> bool {
        let locale = self.locale.to_lowercase();
        self.term != "linux" && ["utf-8", "utf8"].iter().any(|utf8| locale.contains(utf8))
    }

    /// The colors of the terminal, where there are to be any.
    pub(super) fn colors(&self) -> ColorDepth {
        let has_true_color = matches!(self.color_term.as_str(), "truecolor" | "24bit")
            || self.term.ends_with("-direct");
        if has_true_color {
            ColorDepth::TrueColor
        } else {
            ColorDepth::Ansi16
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(term: &str, color_term: &str) -> TerminalEnvironment {
        TerminalEnvironment {
            term: term.to_owned(),
            color_term: color_term.to_owned(),
            locale: "C.UTF-8".to_owned(),
        }
    }

    #[test]
    fn only_what_says_so_has_24_bit_colors() {
        for (name, color_term, expected) in [
            ("xterm-256color", "truecolor", ColorDepth::TrueColor),
            ("xterm-256color", "24bit", ColorDepth::TrueColor),
            ("xterm-direct", "", ColorDepth::TrueColor),
            ("xterm-256color", "", ColorDepth::Ansi16),
            ("linux", "", ColorDepth::Ansi16),
            ("", "yes", ColorDepth::Ansi16),
        ] {
            let colors = term(name, color_term).colors();
            assert_eq!(colors, expected, "{name} {color_term}");
        }
    }

    #[test]
    fn only_a_locale_in_utf_8_has_unicode() {
        let with = |locale: &str| TerminalEnvironment {
            locale: locale.to_owned(),
            ..term("xterm", "")
        };
        for locale in ["C.UTF-8", "en_US.utf8", "de_DE.UTF-8@euro"] {
            assert!(with(locale).is_unicode(), "{locale}");
        }
        for locale in ["", "C", "POSIX", "en_US.ISO-8859-1"] {
            assert!(!with(locale).is_unicode(), "{locale}");
        }
        assert!(!term("linux", "").is_unicode());
    }

    #[test]
    fn only_dumb_terminals_are_dumb() {
        assert!(term("dumb", "").is_dumb());
        assert!(!term("xterm", "").is_dumb());
        assert!(!term("", "").is_dumb());
    }
}
