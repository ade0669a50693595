//! What stands beside a waveform: a file that says what its signals mean.
//!
//! ```toml
//! # capture.map.toml, beside capture.vcd
//! scope = "tb.dut"      # all keys may be left out
//! from = "1.5ms"
//! to = "2 s"
//! shift = "100ms"
//!
//! [map]
//! button = "!D0"        # 0 when it is pressed
//! led = "D1"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::clock::WaveTime;
use super::map::{Mapping, WaveformOptions};
use crate::diagnostic::{Diagnostic, span_of, utf8};

/// The extension of such a file, instead of that of the waveform.
const EXTENSION: &str = "map.toml";

/// The longest file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A table of ports and their signals.
pub(crate) type MapTable = BTreeMap<String, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    scope: Option<String>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    shift: Option<Spanned<String>>,
    #[serde(default)]
    map: MapTable,
}

/// Where the file beside a waveform is, if it is there.
#[must_use]
pub fn beside(waveform: &Path) -> PathBuf {
    waveform.with_extension(EXTENSION)
}

/// Reads such a file.
///
/// # Errors
///
/// The first [`Diagnostic`].
pub fn parse(bytes: &[u8]) -> Result<WaveformOptions, Diagnostic> {
    let text = utf8(bytes)?;
    let file: MapFile = toml::from_str(text).map_err(|error| {
        let message = error.message();
        let (message, expected) = message.split_once(", expected ").unwrap_or((message, ""));
        Diagnostic::new(
            span_of(text, error.span().unwrap_or_default()),
            message,
            match expected {
                "" => "expected `key = \"value\"` on each line".to_owned(),
                expected => format!("expected {expected}"),
            },
        )
    })?;
    let time = |found: Option<Spanned<String>>| {
        found
            .map(|found| {
                WaveTime::parse(found.get_ref()).map_err(|message| {
                    Diagnostic::new(
                        span_of(text, found.span()),
                        message,
                        "expected a time, such as `\"1.5ms\"`",
                    )
                })
            })
            .transpose()
    };
    let mut options = WaveformOptions {
        map: mappings(text, &file.map)?,
        scope: file.scope,
        ..WaveformOptions::default()
    };
    options.window.from = time(file.from)?;
    options.window.to = time(file.to)?;
    options.window.shift = time(file.shift)?.unwrap_or_default();
    Ok(options)
}

/// The mappings of a table in this text.
pub(crate) fn mappings(text: &str, table: &MapTable) -> Result<Vec<Mapping>, Diagnostic> {
    table
        .iter()
        .map(|(port, signal)| {
            Mapping::new(port, signal.get_ref().trim()).map_err(|_| {
                Diagnostic::new(
                    span_of(text, signal.span()),
                    "this names no signal",
                    "expected a signal, such as `\"tb.dut.D0\"`, or `\"!D0\"` if it is active low",
                )
            })
        })
        .collect()
}

impl WaveformOptions {
    /// The same, with what others say where these options say nothing. Saying it twice is saying
    /// it once.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        for mapping in others.map {
            if !self.map.contains(&mapping) {
                self.map.push(mapping);
            }
        }
        self.scope = self.scope.or(others.scope);
        self.window.from = self.window.from.or(others.window.from);
        self.window.to = self.window.to.or(others.window.to);
        if self.window.shift == WaveTime::default() {
            self.window.shift = others.window.shift;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_beside_a_waveform_says_what_its_signals_mean() {
        let text = b"scope = \"dut\"\nfrom = \"1.5ms\"\n[map]\nbutton = \"!D0\"\nled = \"D[1]\"\n";
        let options = parse(text).unwrap();
        assert_eq!(options.scope.as_deref(), Some("dut"));
        assert_eq!(options.window.from, WaveTime::parse("1500us").ok());
        assert_eq!(
            options.map,
            [
                Mapping::parse("button=!D0").unwrap(),
                Mapping::parse("led=D[1]").unwrap()
            ]
        );
        assert_eq!(beside(Path::new("a/b.vcd")), Path::new("a/b.map.toml"));
    }

    #[test]
    fn what_is_wrong_in_it_has_its_place() {
        for (text, place, message) in [
            ("[map]\nbutton = \"!\"\n", "2:10", "names no signal"),
            ("[map]\nbutton = 1\n", "2:10", "invalid type"),
            ("maps = 1\n", "1:1", "unknown field"),
            ("from = \"1\"\n", "1:8", "is not a time"),
            ("shift = \"0.5\"\n", "1:9", "is not a time"),
            ("[map\n", "1:5", ""),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.span.to_string(), place, "{text}{error:?}");
            assert!(error.message.contains(message), "{text}{error:?}");
        }
    }

    #[test]
    fn what_is_said_first_counts() {
        let first = WaveformOptions {
            map: vec![Mapping::parse("A=D0").unwrap()],
            ..WaveformOptions::default()
        };
        let other = parse(b"scope = \"dut\"\n[map]\nA = \"D1\"\n").unwrap();
        let both = first.or(other.clone());
        assert_eq!(both.clone().or(other), both);
        assert_eq!(both.map[0].signal, "D0");
        assert_eq!(both.scope.as_deref(), Some("dut"));
    }

    proptest! {
        #[test]
        fn every_text_is_read_or_refused(
            text in "((scope|from|to|shift|map|A) ?= ?(\"[!a-z0-9.]{0,5}\"|1|\\[map\\])|\\[map\\]|\n){0,8}"
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
