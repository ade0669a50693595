//! A suite as one page: no script, nothing from the network, well-formed as XML.
//!
//! The table leads to the cases. A case that needs attention is open and shows where the board
//! leaves the golden: the waveforms close up and as a whole, both timelines, what was seen of the
//! outputs, the log, and the commands that play it here. Other cases are closed.

use super::details::{attempts, held_to};
use super::grid::{Grid, place};
use super::waves::{Mark, Window, svg};
use super::{NO_TURN, clean, counts, headline, reason, seconds};
use crate::verdict::{Attempt, Case, Cause, Divergence, Ending, Suite, Verdict};

/// How the page looks.
const STYLE: &str = include_str!("page.css");

/// The least number of ticks that are shown on each side of a divergence.
const CLOSE: u32 = 40;

/// How many times the distance of two events is shown on each side of them.
const AROUND: u32 = 10;

/// What a report has near its beginning, and other files have not.
pub const MARK: &str = "<meta name=\"generator\" content=\"lockstep\"/>";

/// The whole page.
#[must_use]
pub fn render(suite: &Suite) -> String {
    let verdict = suite.verdict();
    let title = format!("Lockstep: {}", headline(verdict));
    let ended = match suite.ending {
        Ending::Complete => String::new(),
        ending => format!(
            "<p class=\"ending\">{} after {}</p>\n",
            ending.word(),
            seconds(suite.took)
        ),
    };
    let mut page = format!(
        "<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n\
         <meta charset=\"utf-8\"/>\n{MARK}\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Lockstep {}</h1>\n<p>{} in {}</p>\n{ended}</header>\n",
        badge(verdict),
        counts(suite),
        seconds(suite.took),
    );
    page += &table(suite);
    for (case, number) in suite.cases.iter().zip(1..) {
        page += &section(case, number);
    }
    page + "</body>\n</html>\n"
}

/// The text as it stands in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

fn badge(verdict: Verdict) -> String {
    let word = verdict.word();
    format!("<span class=\"badge {word}\">{word}</span>")
}

fn table(suite: &Suite) -> String {
    let grid = Grid::of(suite);
    if grid.rows.is_empty() {
        return "<p>There was nothing to play.</p>\n".to_owned();
    }
    let mut text = "<div class=\"wide\"><table>\n<thead><tr><th>scenario</th>".to_owned();
    for column in &grid.columns {
        text += &format!("<th>{}</th>", escape(column));
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in &grid.rows {
        text += &format!("<tr><td>{}</td>", escape(row.scenario));
        for cases in &row.cells {
            let cells: Vec<_> = cases.iter().map(|case| link(suite, case)).collect();
            text += &format!("<td>{}</td>", cells.join(" "));
        }
        text += "</tr>\n";
    }
    text + "</tbody>\n</table></div>\n"
}

fn link(suite: &Suite, case: &Case) -> String {
    let number = suite
        .cases
        .iter()
        .position(|other| std::ptr::eq(other, case))
        .map_or(0, |index| index + 1);
    let verdict = badge(case.verdict());
    let took = match case.verdict() {
        Verdict::Skipped => String::new(),
        _ => format!(" <span class=\"took\">{}</span>", seconds(case.took())),
    };
    format!("<a href=\"#case-{number}\">{verdict}{took}</a>")
}

fn section(case: &Case, number: usize) -> String {
    let verdict = case.verdict();
    let open = if verdict.needs_attention() {
        " open=\"open\""
    } else {
        ""
    };
    let mut text = format!(
        "<details id=\"case-{number}\" class=\"case {}\"{open}>\n\
         <summary>{} <b>{}</b> <span class=\"place\">{}</span></summary>\n",
        verdict.word(),
        badge(verdict),
        escape(&case.scenario),
        escape(&place(case)),
    );
    if case.attempts.is_empty() {
        text += &format!("<p class=\"reason\">{NO_TURN}</p>\n");
    } else if let Some(reason) = reason(case) {
        text += &format!("<p class=\"reason\">{}</p>\n", escape(reason));
    }
    text += &case.cause().map_or(String::new(), explanation);
    let divergence = case.divergence();
    if let Some(divergence) = &divergence {
        text += &format!(
            "<p class=\"parting\">First difference at tick {}: {}</p>\n",
            divergence.tick.0,
            escape(&divergence.summary)
        );
    } else if let Some(tick) = held_to(case) {
        text +=
            &format!("<p class=\"parting\">Up to tick {tick} it did what the golden says</p>\n");
    }
    let told = case.telling();
    if let Some(attempt) = told {
        text += &waveforms(case, attempt, divergence.as_ref());
    }
    if let Some(divergence) = &divergence {
        text += &block("Both timelines", &divergence.timelines);
    }
    let clues = case.clues();
    if let Some(clues) = &clues {
        text += &list("What was seen around it, and by whom", &clues.pins);
    }
    if let Some(attempt) = told {
        text += &list("Log of the board", &attempt.log);
    }
    text += &facts(case);
    if let Some(clues) = &clues {
        text += &format!(
            "<h3>Play it here</h3>\n\
             <p class=\"command\">on the host <code>{}</code></p>\n\
             <p class=\"command\">in the terminal simulator <code>{}</code></p>\n",
            escape(&clues.replay),
            escape(&clues.open)
        );
    }
    text + "</details>\n"
}

fn explanation(cause: &Cause) -> String {
    let mut text = String::new();
    if let Some(place) = &cause.place {
        let place = escape(&place.to_string());
        text += &format!("<p class=\"at\">at <code>{place}</code></p>\n");
    }
    if !cause.details.is_empty() {
        text += &format!("<pre>{}</pre>\n", escape(cause.details.trim_end()));
    }
    if let Some(help) = &cause.help {
        text += &format!("<p class=\"help\">{}</p>\n", escape(help));
    }
    text
}

fn facts(case: &Case) -> String {
    let evidence: Vec<_> = case.evidence.iter().map(|one| one.word()).collect();
    let slack = case
        .slack()
        .map_or("not measured".to_owned(), |slack| slack.to_string());
    let facts = [
        ("file", case.path.clone()),
        ("board", case.bench.board.clone()),
        ("probe", case.bench.probe.clone()),
        ("build", case.bench.build.clone().unwrap_or_default()),
        ("evidence", evidence.join(", ")),
        ("tolerance", case.tolerance.to_string()),
        ("slack", slack),
        ("attempts", attempts(case)),
    ];
    let mut text = "<dl>".to_owned();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
    }
    text + "</dl>\n"
}

fn waveforms(case: &Case, attempt: &Attempt, divergence: Option<&Divergence>) -> String {
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
            return picture(
                "What the golden says",
                &svg(&[("golden", alone)], whole, None),
            );
        }
        _ => return String::new(),
    };
    let whole = Window {
        from: 0,
        to: golden.end.max(board.end).0,
    };
    let both = [("golden", golden), ("board", board)];
    let Some(divergence) = divergence else {
        let (title, lanes) = match golden == board {
            _ if attempt.is_cut => ("Golden and board, as far as it came", &both[..]),
            true => ("Golden and board, tick for tick the same", &both[..1]),
            false => ("Golden and board, within the tolerance", &both[..]),
        };
        return picture(title, &svg(lanes, whole, None));
    };
    let mark = mark(divergence);
    let around = (divergence.distance().0.saturating_mul(AROUND)).max(CLOSE);
    let (first, last) = mark.ticks;
    let close = Window {
        from: first.min(last).saturating_sub(around),
        to: first.max(last).saturating_add(around).min(whole.to),
    };
    picture("Where they part", &svg(&both, close, Some(&mark)))
        + &picture("The whole run", &svg(&both, whole, Some(&mark)))
}

fn mark(divergence: &Divergence) -> Mark<'_> {
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

fn picture(title: &str, svg: &str) -> String {
    format!("<figure>\n<figcaption>{title}</figcaption>\n{svg}</figure>\n")
}

fn block(title: &str, text: &str) -> String {
    format!("<h3>{title}</h3>\n<pre>{}</pre>\n", escape(text.trim_end()))
}

fn list<T: ToString>(title: &str, items: &[T]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = items.iter().map(T::to_string).collect();
    block(title, &lines.join("\n"))
}
