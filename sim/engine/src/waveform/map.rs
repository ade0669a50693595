//! Which signal of a waveform is which input or output.

use super::clock::TimeWindow;
use crate::sanitize::excerpt;

/// The mark of a signal that is 0 when it is active.
const ACTIVE_LOW: char = '!';

/// What a user says about a waveform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaveformOptions {
    /// Which signals are meant. Of two for one port, the first counts. Inputs and outputs
    /// without one are looked for by their names.
    pub map: Vec<Mapping>,
    /// The scope to look in, by its path or the end of it; everywhere if there is none.
    pub scope: Option<String>,
    /// What is played of the file, and when.
    pub window: TimeWindow,
}

/// A port of the app, and the signal that is wired to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The name of an input or of an output.
    pub port: String,
    /// The path of a signal or the end of it, perhaps with a bit: `tb.dut.D[3]`.
    pub signal: String,
    /// Whether the signal is 0 when the port is active.
    pub is_active_low: bool,
    /// Whether it only counts where the app has the port and the file has the signal, as in
    /// a project file.
    pub is_optional: bool,
}

impl Mapping {
    /// Reads `A=tb.dut.D0`, or `A=!BTN` for a signal that is active low.
    ///
    /// # Errors
    ///
    /// What was expected instead, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((port, signal)) => Self::new(port.trim(), signal.trim()),
            None => Err(format!(
                "`{}` has no `=`: expected an input or output and its signal, such as \
                 `A=tb.dut.D0`, or `A=!D0` for a signal that is 0 when it is active",
                excerpt(text)
            )),
        }
    }

    /// A mapping of a port to a signal, perhaps with `!` before it.
    ///
    /// # Errors
    ///
    /// What was expected instead, in words.
    pub fn new(port: &str, signal: &str) -> Result<Self, String> {
        let (signal, is_active_low) = match signal.strip_prefix(ACTIVE_LOW) {
            Some(signal) => (signal.trim_start(), true),
            None => (signal, false),
        };
        if port.is_empty() || signal.is_empty() {
            return Err("expected a name on both sides of `=`, as in `A=tb.dut.D0`".to_owned());
        }
        Ok(Self {
            port: port.to_owned(),
            signal: signal.to_owned(),
            is_active_low,
            is_optional: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mapping_names_a_port_a_signal_and_its_polarity() {
        for (text, port, signal, is_active_low) in [
            ("A=tb.dut.D0", "A", "tb.dut.D0", false),
            ("B=!BTN", "B", "BTN", true),
            (" B = ! D[3] ", "B", "D[3]", true),
            ("led=a=b", "led", "a=b", false),
        ] {
            let mapping = Mapping::parse(text).unwrap();
            let found = (&*mapping.port, &*mapping.signal, mapping.is_active_low);
            assert_eq!(found, (port, signal, is_active_low), "{text}");
        }
    }

    #[test]
    fn half_a_mapping_is_refused() {
        for (text, message) in [
            ("A", "has no `=`"),
            ("", "has no `=`"),
            ("=D0", "both sides"),
            ("A=", "both sides"),
            ("A=!", "both sides"),
        ] {
            let error = Mapping::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_a_mapping_or_refused(text: String) {
            if let Ok(mapping) = Mapping::parse(&text) {
                prop_assert!(!mapping.port.is_empty() && !mapping.signal.is_empty());
            }
        }
    }
}
