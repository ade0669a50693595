//! A suite as one page: no script, nothing from the network, well-formed as XML.
//!
//! The table leads to the cases. A case that needs attention is open and shows where the board
//! leaves the golden: the waveforms close up and as a whole, both timelines, the samples of the
//! outputs, the log, and the commands that play it here. Other cases are closed.
//!
//! `templates/page.html` is the page. Every text in it is escaped by `Markup`.

use askama::Template;

use super::details::{attempts, comparison};
use super::grid::{Grid, column_title};
use super::waves::{self, Mark, Waveforms, Window};
use super::{RenderError, counts, headline, reason, seconds};
use crate::TICK;
use crate::verdict::{
    Attempt, BoardDivergence, Case, Ending, FailureContext, Reason, Suite, Verdict,
};

/// The least number of ticks that are shown on each side of a divergence.
const CLOSE: u64 = 40;

/// How many times the distance of two events is shown on each side of them.
const AROUND: u64 = 10;

/// What every page has near its beginning, and other files do not have.
pub const MARK: &str = "<meta name=\"generator\" content=\"lockstep\"/>";

/// The whole page.
///
/// # Errors
///
/// Those of the templates.
pub fn render(suite: &Suite) -> Result<String, RenderError> {
    let page = Page {
        verdict: suite.verdict(),
        headline: headline(suite.verdict()),
        counts: counts(suite),
        took: seconds(suite.took),
        ending: match suite.ending {
            Ending::Complete => None,
            ending => Some(ending.word()),
        },
        grid: Grid::of(suite),
        cases: suite.cases.iter().zip(1..).map(section).collect(),
    };
    page.render()
        .map_err(|error| RenderError::new("HTML", error))
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    verdict: Verdict,
    headline: String,
    counts: String,
    took: String,
    /// How the suite was cut short.
    ending: Option<&'static str>,
    grid: Grid<'a>,
    cases: Vec<Section<'a>>,
}

/// What the page shows of a case.
struct Section<'a> {
    number: usize,
    verdict: Verdict,
    scenario: &'a str,
    column_title: String,
    reason: Option<&'a str>,
    cause: Option<&'a Reason>,
    comparison: Option<String>,
    figures: Vec<Figure<'a>>,
    blocks: Vec<Block>,
    facts: Vec<(&'static str, String)>,
    clues: Option<FailureContext>,
}

/// A picture with its caption.
struct Figure<'a> {
    caption: &'static str,
    waves: Waveforms<'a>,
}

/// Lines with their title.
struct Block {
    title: &'static str,
    text: String,
}

fn section((case, number): (&Case, usize)) -> Section<'_> {
    let divergence = case.divergence();
    let clues = case.failure_context();
    let attempt = case.decisive_attempt();
    let mut blocks = Vec::new();
    if let Some(divergence) = &divergence {
        blocks.extend(block("Both timelines", &[&divergence.timelines]));
    }
    if let Some(clues) = &clues {
        blocks.extend(block("What was seen around it, and by whom", &clues.pins));
    }
    if let Some(attempt) = attempt {
        blocks.extend(block("Log of the board", &attempt.log));
    }
    Section {
        number,
        verdict: case.verdict(),
        scenario: &case.scenario,
        column_title: column_title(case),
        reason: reason(case),
        cause: case.cause(),
        comparison: comparison(case, divergence.as_ref()).map(|text| capitalized(&text)),
        figures: attempt.map_or(Vec::new(), |attempt| {
            figures(case, attempt, divergence.as_ref())
        }),
        blocks,
        facts: facts(case),
        clues,
    }
}

fn facts(case: &Case) -> Vec<(&'static str, String)> {
    let evidence: Vec<_> = case.evidence.iter().map(|one| one.word()).collect();
    let slack = case.slack().map_or("not measured".to_owned(), |slack| {
        TICK.length(slack).to_string()
    });
    let facts = [
        ("file", case.path.clone()),
        ("board", case.bench.board.clone()),
        ("probe", case.bench.probe.clone()),
        ("build", case.bench.build.clone().unwrap_or_default()),
        ("evidence", evidence.join(", ")),
        ("tolerance", TICK.length(case.tolerance).to_string()),
        ("slack", slack),
        ("attempts", attempts(case)),
    ];
    let facts = facts.into_iter();
    facts.filter(|(_, value)| !value.is_empty()).collect()
}

fn figures<'a>(
    case: &'a Case,
    attempt: &'a Attempt,
    divergence: Option<&BoardDivergence>,
) -> Vec<Figure<'a>> {
    let expected = match divergence {
        Some(_) => attempt.expected.as_ref().or(case.expected.as_ref()),
        None => case.expected.as_ref(),
    };
    let (golden, board) = match (expected, &attempt.trace) {
        (Some(golden), Some(board)) => (golden, board),
        (Some(alone), None) => {
            let whole = Window {
                from: 0,
                to: alone.end.0,
            };
            return vec![Figure {
                caption: "What the golden says",
                waves: Waveforms::new(&[("golden", alone)], whole, None),
            }];
        }
        _ => return Vec::new(),
    };
    let whole = Window {
        from: 0,
        to: golden.end.max(board.end).0,
    };
    let both = [("golden", golden), ("board", board)];
    let Some(divergence) = divergence else {
        let (caption, lanes) = match golden == board {
            _ if attempt.is_partial => ("Golden and board, as far as it came", &both[..]),
            true => ("Golden and board, tick for tick the same", &both[..1]),
            false => ("Golden and board, within the tolerance", &both[..]),
        };
        return vec![Figure {
            caption,
            waves: Waveforms::new(lanes, whole, None),
        }];
    };
    let mark = mark(divergence);
    let around = (divergence.distance().0.saturating_mul(AROUND)).max(CLOSE);
    let (first, last) = mark.ticks;
    let close = Window {
        from: first.min(last).saturating_sub(around),
        to: first.max(last).saturating_add(around).min(whole.to),
    };
    let windows = [("Where they part", close), ("The whole run", whole)];
    let figure = |(caption, window)| Figure {
        caption,
        waves: Waveforms::new(&both, window, Some(&mark)),
    };
    windows.map(figure).into()
}

fn mark(divergence: &BoardDivergence) -> Mark<'_> {
    let tick = divergence.tick.0;
    let lines = [&divergence.expected, &divergence.board];
    let signals = lines
        .into_iter()
        .flatten()
        .map(|line| (line.kind, line.name.as_str()))
        .collect();
    let ticks = match (&divergence.expected, &divergence.board) {
        (Some(expected), Some(board)) if divergence.distance().0 > 0 => {
            (expected.tick.0, board.tick.0)
        }
        _ => (tick, tick),
    };
    Mark { ticks, signals }
}

fn capitalized(sentence: &str) -> String {
    let (first, rest) = sentence.split_at_checked(1).unwrap_or((sentence, ""));
    first.to_ascii_uppercase() + rest
}

/// The lines under a title, if there are any.
fn block<T: ToString>(title: &'static str, lines: &[T]) -> Option<Block> {
    let lines: Vec<_> = lines.iter().map(T::to_string).collect();
    let text = lines.join("\n").trim_end().to_owned();
    (!lines.is_empty()).then_some(Block { title, text })
}
