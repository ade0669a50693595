//! Parses a time that is typed to go to.

use lockstep_core::time::{RunTicks, TickPeriod};

use lockstep_engine::scenario::duration::{parse_duration, parse_length};

/// What can be typed, for the prompt and for error messages.
pub(super) const EXAMPLES: &str = "1.5 s, 2 min, 0:01.583, or a tick";

/// Parses a duration as in scenarios, a time as the screen shows it, or the number of a
/// tick.
pub(super) fn parse_time(text: &str, period: TickPeriod) -> Result<RunTicks, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let tick = text.parse().map(RunTicks);
        return tick.map_err(|_| format!("tick {text} is beyond the longest run"));
    }
    if text.contains(':') {
        return parse_clock(text)
            .map(|us| period.run_ticks(us))
            .ok_or_else(|| format!("`{text}` is not a time; expected one such as {EXAMPLES}"));
    }
    parse_length(text, period).map_err(|refused| match parse_duration(text) {
        // It is a time, but none of a tick.
        Ok(_) => format!("{}; {}", refused.message, refused.expected),
        Err(_) => format!("`{text}` is not a time; expected one such as {EXAMPLES}"),
    })
}

/// Parses `1:02:03.456` or `2:03` as microseconds; hours and what is shorter than a second are
/// optional.
fn parse_clock(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut seconds = 0_u64;
    for (place, part) in whole.split(':').enumerate() {
        let number = digits(part).filter(|number| place == 0 || *number < 60)?;
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
    }
    let places = [1, 100_000, 10_000, 1_000, 100, 10, 1];
    let us = digits(fraction)? * places.get(fraction.len())?;
    seconds.checked_mul(1_000_000)?.checked_add(us)
}

fn digits(text: &str) -> Option<u64> {
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_parsed_as_shown_and_as_in_scenarios() {
        for (text, tick) in [
            ("0", 0),
            ("1583", 1_583),
            ("0:01.583", 1_583),
            ("0:01.5", 1_500),
            ("1:02:03.456", 3_723_456),
            ("2:03", 123_000),
            ("1.5 s", 1_500),
            ("2 min", 120_000),
        ] {
            assert_eq!(
                parse_time(text, TickPeriod::MILLISECOND),
                Ok(RunTicks(tick)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_error_says_what_is_expected() {
        for text in [
            "soon",
            "0:60",
            "1:",
            ":",
            "0:01.5555555",
            "0:01.",
            "999999999999999999:00",
            "5 years",
        ] {
            let problem = parse_time(text, TickPeriod::MILLISECOND).unwrap_err();
            assert!(problem.contains(EXAMPLES), "{problem}");
        }
        assert!(parse_time("99999999999999999999", TickPeriod::MILLISECOND).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9:. a-zé]{0,12}") {
            let _ = parse_time(&text, TickPeriod::MIN);
        }

        #[test]
        fn a_time_on_the_screen_is_parsed_back(tick in 0..u64::MAX / 1_000_000, us in 1_u32..100_000) {
            for us in [us, 1_000] {
                let period = TickPeriod::from_us(us);
                let tick = RunTicks(tick / u64::from(us));
                prop_assert_eq!(parse_time(&crate::view::clock(tick, period), period), Ok(tick));
            }
        }
    }
}
