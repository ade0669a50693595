//! The sentences of a `.scn` file.
//!
//! ```text
//! app lamp                                    which app it is for
//! board clock failed | uart missing           what the board finds at power-up
//! clock starts at 4294966296                  where the tick counter starts
//!
//! press A [and B] [bouncing for 8 ms]         the contacts close
//! release A [and B] [bouncing for 8 ms]       the contacts open
//! tap A [and B] for 50 ms                     close, and open 50 ms later
//! wait 300 ms
//! reset [with clock failed | uart missing]
//!
//! expect lamp is [not] 50                     a level, `on` or `off`
//! expect lamp becomes on within 1 s
//! expect lamp changes within 1 s
//! expect lamp stays [50] for 1 s
//! expect heartbeat pulses high|low for 500 ms [+- 1 ms] within 2 s
//! expect heartbeat repeats every 1 s [+- 1 %] within 3 s
//! expect log power [on] [within 300 ms]       without a time: since the last press or reset
//! expect no log power [on] for 1 s
//! ```
//!
//! A `#` begins a comment.

use lockstep_core::time::{Instant, Ticks};

use super::duration::{length, tolerance};
use super::words::{Sentence, Word, split, unknown_word};
use super::{
    Expectation, LogClaim, MAX_BYTES, MAX_LINE, MAX_STEPS, Measure, Name, OutputClaim, Polarity,
    Scenario, Step, Target, Verb,
};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::sanitize::excerpt;
use crate::script::SwitchState;

/// After this many problems no more are looked for.
pub const MAX_DIAGNOSTICS: usize = 20;

const HEADERS: [&str; 3] = ["app", "board", "clock"];
const VERBS: [&str; 6] = ["press", "release", "tap", "wait", "reset", "expect"];

/// Reads the sentences of a scenario.
///
/// # Errors
///
/// All problems, in the order of their lines, but at most [`MAX_DIAGNOSTICS`].
pub fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the scenario has {} bytes", text.len());
        return Err(vec![Diagnostic::new(
            START,
            message,
            format!("expected at most {MAX_BYTES}"),
        )]);
    }
    let mut reader = Reader::default();
    let mut diagnostics = Vec::new();
    for (line, number) in text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .zip(1..)
    {
        if let Err(diagnostic) = reader.read_line(line, number) {
            diagnostics.push(diagnostic);
            // With one sentence too many, every one after it is.
            if diagnostics.len() == MAX_DIAGNOSTICS || reader.scenario.steps.len() == MAX_STEPS {
                break;
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(reader.scenario)
    } else {
        Err(diagnostics)
    }
}

const START: Span = Span {
    line: 1,
    column: 1,
    width: 1,
};

#[derive(Default)]
struct Reader {
    scenario: Scenario,
    /// The headers that were read, and the lines they stand on.
    headers: Vec<(&'static str, usize)>,
}

impl Reader {
    fn read_line(&mut self, line: &str, number: usize) -> Result<(), Diagnostic> {
        let width = line.chars().count();
        if width > MAX_LINE {
            let span = Span {
                line: number,
                column: MAX_LINE + 1,
                width: 1,
            };
            return Err(Diagnostic::new(
                span,
                format!("the line has {width} characters"),
                format!("expected at most {MAX_LINE}"),
            ));
        }
        let words = split(line, number);
        let Some(first) = words.first() else {
            return Ok(());
        };
        let mut sentence = Sentence::new(&words);
        let all: Vec<_> = HEADERS.into_iter().chain(VERBS).collect();
        let keyword = sentence.keyword(&all)?;
        if HEADERS.contains(&keyword) {
            self.header(keyword, *first, &mut sentence)?;
        } else {
            self.step(keyword, *first, &mut sentence)?;
        }
        sentence.end()
    }

    fn header(
        &mut self,
        keyword: &'static str,
        first: Word<'_>,
        sentence: &mut Sentence<'_>,
    ) -> Result<(), Diagnostic> {
        let earlier = self.headers.iter().find(|(said, _)| *said == keyword);
        if let Some((_, line)) = earlier {
            return Err(Diagnostic::new(
                first.span,
                format!("`{keyword}` is said twice"),
                format!("expected it once at most, and it stands on line {line}"),
            ));
        }
        if !self.scenario.steps.is_empty() {
            return Err(Diagnostic::new(
                first.span,
                format!("`{keyword}` comes too late"),
                format!("expected {}", one_of(VERBS)),
            )
            .with_help("move it above the first sentence that does or expects something"));
        }
        self.headers.push((keyword, first.span.line));
        match keyword {
            "app" => self.scenario.app = Some(name(sentence, "the name of an app")?),
            "board" => self.scenario.condition = Some(boot_condition(sentence)?),
            _ => {
                sentence.keyword(&["starts"])?;
                sentence.keyword(&["at"])?;
                self.scenario.clock = reading(sentence.word("a reading of the tick counter")?)?;
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        keyword: &str,
        first: Word<'_>,
        sentence: &mut Sentence<'_>,
    ) -> Result<(), Diagnostic> {
        if self.scenario.steps.len() >= MAX_STEPS {
            return Err(Diagnostic::new(
                first.span,
                "the scenario has too many sentences",
                format!("expected at most {MAX_STEPS}"),
            ));
        }
        let verb = match keyword {
            "press" => movement(sentence, SwitchState::Closed)?,
            "release" => movement(sentence, SwitchState::Open)?,
            "tap" => {
                let buttons = buttons(sentence)?;
                sentence.before_duration("for")?;
                Verb::Tap {
                    buttons,
                    length: length(sentence)?,
                }
            }
            "wait" => Verb::Wait(length(sentence)?),
            "reset" if sentence.accept("with") => Verb::Reset(Some(boot_condition(sentence)?)),
            "reset" => Verb::Reset(None),
            _ => Verb::Expect(expectation(sentence)?),
        };
        let span = sentence.span().unwrap_or(first.span);
        self.scenario.steps.push(Step { span, verb });
        Ok(())
    }
}

fn name(sentence: &mut Sentence<'_>, expected: &str) -> Result<Name, Diagnostic> {
    let Word { text, span } = sentence.word(expected)?;
    Ok(Name {
        text: text.to_owned(),
        span,
    })
}

/// The words of a boot condition: `clock failed` is the name `clock-failed`.
fn boot_condition(sentence: &mut Sentence<'_>) -> Result<Name, Diagnostic> {
    let mut name = name(sentence, "a boot condition that the app declares")?;
    while let Some(Word { text, span }) = sentence.peek() {
        sentence.word("the end of the line")?;
        name.text = format!("{}-{text}", name.text);
        name.span = name.span.to(span);
    }
    Ok(name)
}

/// A reading of the tick counter.
pub(super) fn reading(word: Word<'_>) -> Result<Instant, Diagnostic> {
    word.text.parse().map(Instant).map_err(|_| {
        Diagnostic::new(
            word.span,
            format!("`{word}` is not a reading of the tick counter"),
            format!("expected a whole number from 0 to {}", u32::MAX),
        )
    })
}

fn movement(sentence: &mut Sentence<'_>, contact: SwitchState) -> Result<Verb, Diagnostic> {
    let buttons = buttons(sentence)?;
    let bouncing = if sentence.accept("bouncing") {
        sentence.before_duration("for")?;
        length(sentence)?
    } else {
        Ticks::ZERO
    };
    Ok(Verb::Move {
        buttons,
        contact,
        bouncing,
    })
}

fn buttons(sentence: &mut Sentence<'_>) -> Result<Vec<Name>, Diagnostic> {
    let mut buttons = vec![name(sentence, "the name of a button")?];
    while sentence.accept("and") {
        buttons.push(name(sentence, "the name of a button")?);
    }
    Ok(buttons)
}

fn expectation(sentence: &mut Sentence<'_>) -> Result<Expectation, Diagnostic> {
    if sentence.accept("log") {
        let (log, value) = log(sentence)?;
        let claim = if sentence.accept("within") {
            LogClaim::SaidWithin(length(sentence)?)
        } else {
            LogClaim::Said
        };
        return Ok(Expectation::Log { log, value, claim });
    }
    if sentence.accept("no") {
        sentence.keyword(&["log"])?;
        let (log, value) = log(sentence)?;
        sentence.before_duration("for")?;
        let claim = LogClaim::NotSaid(length(sentence)?);
        return Ok(Expectation::Log { log, value, claim });
    }
    let output = name(sentence, "the name of an output, `log` or `no log`")?;
    let mut target_span = None;
    let claim = output_claim(sentence, &mut target_span)?;
    Ok(Expectation::Output {
        output,
        claim,
        target_span,
    })
}

fn log(sentence: &mut Sentence<'_>) -> Result<(Name, Option<Name>), Diagnostic> {
    let log = name(sentence, "the name of a log")?;
    let value = match sentence.peek() {
        Some(word) if !["within", "for"].contains(&word.text) => {
            Some(name(sentence, "a value of the log")?)
        }
        _ => None,
    };
    Ok((log, value))
}

/// What is claimed, and through `target_span` where the level in it stands.
fn output_claim(
    sentence: &mut Sentence<'_>,
    target_span: &mut Option<Span>,
) -> Result<OutputClaim, Diagnostic> {
    let mut target = |sentence: &mut Sentence<'_>| {
        let word = sentence.word("a level, `on` or `off`")?;
        *target_span = Some(word.span);
        level(word)
    };
    let verbs = ["is", "becomes", "changes", "stays", "pulses", "repeats"];
    Ok(match sentence.keyword(&verbs)? {
        "is" if sentence.accept("not") => OutputClaim::IsNot(target(sentence)?),
        "is" => OutputClaim::Is(target(sentence)?),
        "becomes" => {
            let target = target(sentence)?;
            OutputClaim::Becomes(target, within(sentence)?)
        }
        "changes" => OutputClaim::Changes(within(sentence)?),
        "stays" => {
            let target = match sentence.peek() {
                Some(word) if word.text == "for" => None,
                _ => Some(target(sentence)?),
            };
            sentence.before_duration("for")?;
            OutputClaim::Stays(target, length(sentence)?)
        }
        "pulses" => {
            let polarity = match sentence.keyword(&["high", "low"])? {
                "high" => Polarity::High,
                _ => Polarity::Low,
            };
            sentence.before_duration("for")?;
            OutputClaim::Pulse(polarity, measure(sentence)?)
        }
        _ => {
            sentence.before_duration("every")?;
            OutputClaim::Period(measure(sentence)?)
        }
    })
}

fn within(sentence: &mut Sentence<'_>) -> Result<Ticks, Diagnostic> {
    sentence.before_duration("within")?;
    length(sentence)
}

fn measure(sentence: &mut Sentence<'_>) -> Result<Measure, Diagnostic> {
    let length_span = sentence.peek().map(|word| word.span);
    let length = length(sentence)?;
    let tolerance = tolerance(sentence, length)?;
    if tolerance >= length {
        let span = length_span.unwrap_or(START);
        return Err(vague(span, length, tolerance));
    }
    Ok(Measure {
        length,
        tolerance,
        within: within(sentence)?,
    })
}

/// A measure that whatever comes would meet.
pub(super) fn vague(span: Span, length: Ticks, tolerance: Ticks) -> Diagnostic {
    Diagnostic::new(
        span,
        format!("{length} give or take {tolerance} is met by anything short"),
        "expected a tolerance below the length itself",
    )
}

/// A level, or a word for some.
pub(super) fn level(word: Word<'_>) -> Result<Target, Diagnostic> {
    match word.text {
        "on" | "high" => Ok(Target::On),
        "off" | "low" => Ok(Target::Off),
        number if number.starts_with(|c: char| c.is_ascii_digit()) => {
            number.parse().map(Target::Level).map_err(|_| {
                Diagnostic::new(
                    word.span,
                    format!("`{}` is not a level", excerpt(number)),
                    "expected a whole number from 0 to 65535, `on` or `off`",
                )
            })
        }
        _ => {
            let mut diagnostic = unknown_word(word, &["on", "off"]);
            diagnostic.expected = "expected a level, `on` or `off`".to_owned();
            Err(diagnostic)
        }
    }
}
