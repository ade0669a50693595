//! A state diagram as Mermaid, Graphviz and SVG.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::map::StateMap;

/// What a diagram is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapFormat {
    /// For Markdown pages.
    Mermaid,
    /// For `dot`.
    Graphviz,
    /// A picture.
    Svg,
}

/// Draws a diagram; `shown` names what its states consist of, and `marked` is a state to point out.
#[must_use]
pub fn draw(map: &StateMap, shown: &[String], marked: Option<usize>, format: MapFormat) -> String {
    let names = names(map, shown);
    match format {
        MapFormat::Mermaid => mermaid(map, &names, marked),
        MapFormat::Graphviz => graphviz(map, &names, marked),
        MapFormat::Svg => svg(map, &names, marked),
    }
}

/// The name of each state in a line: what is the same in all of them is left out.
#[must_use]
pub fn state_names(map: &StateMap, shown: &[String]) -> Vec<String> {
    let names = names(map, shown).into_iter();
    names.map(|lines| lines.join(", ")).collect()
}

/// The lines of each state: what is the same in all of them is left out.
fn names(map: &StateMap, shown: &[String]) -> Vec<Vec<String>> {
    let differs = |place: usize| {
        let mut values = map.states.iter().map(|state| state.values.get(place));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let places: Vec<_> = (0..shown.len()).filter(|place| differs(*place)).collect();
    let name_of = |values: &Vec<String>| {
        let lines = places.iter().filter_map(|place| {
            let (name, value) = (shown.get(*place)?, values.get(*place)?);
            (!value.is_empty()).then(|| format!("{name} {value}"))
        });
        let lines: Vec<_> = lines.collect();
        match lines.is_empty() {
            true => vec!["start".to_owned()],
            false => lines,
        }
    };
    let states = map.states.iter();
    states.map(|state| name_of(&state.values)).collect()
}

fn label(labels: &[String]) -> String {
    let labels: Vec<_> = labels.iter().map(|it| it.trim()).collect();
    labels.join(", ")
}

fn mermaid(map: &StateMap, names: &[Vec<String>], marked: Option<usize>) -> String {
    // Writing to a string cannot fail.
    let mut text = "stateDiagram-v2\n".to_owned();
    for (place, name) in names.iter().enumerate() {
        let _ = writeln!(text, "    s{place}: {}", name.join("<br>"));
    }
    for (place, _) in map.states.iter().enumerate().filter(|(_, it)| it.is_first) {
        let _ = writeln!(text, "    [*] --> s{place}");
    }
    for edge in &map.edges {
        let label = label(&edge.labels);
        let _ = writeln!(text, "    s{} --> s{}: {label}", edge.from, edge.to);
    }
    if let Some(marked) = marked {
        let _ = writeln!(
            text,
            "    classDef here stroke-width:4px\n    class s{marked} here"
        );
    }
    text
}

fn graphviz(map: &StateMap, names: &[Vec<String>], marked: Option<usize>) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = "digraph states {\n    node [shape=box, style=rounded];\n".to_owned();
    for (place, name) in names.iter().enumerate() {
        let lines: Vec<_> = name.iter().map(|line| quoted(line)).collect();
        let first = map.states.get(place).is_some_and(|state| state.is_first);
        let bold = match (first, Some(place) == marked) {
            (_, true) => ", penwidth=4",
            (true, _) => ", peripheries=2",
            _ => "",
        };
        let _ = writeln!(
            text,
            "    s{place} [label=\"{}\"{bold}];",
            lines.join("\\n")
        );
    }
    for edge in &map.edges {
        let label = quoted(&label(&edge.labels));
        let _ = writeln!(
            text,
            "    s{} -> s{} [label=\"{label}\"];",
            edge.from, edge.to
        );
    }
    text + "}\n"
}

const WIDTH: f64 = 190.0;
const LINE: f64 = 16.0;
const ACROSS: f64 = 380.0;
const DOWN: f64 = 150.0;

/// In columns, by how many steps lead to a state.
fn svg(map: &StateMap, names: &[Vec<String>], marked: Option<usize>) -> String {
    let columns = columns(map);
    let mut in_column: Vec<u32> = Vec::new();
    let mut at = Vec::new();
    for column in &columns {
        while in_column.len() <= *column {
            in_column.push(0);
        }
        let row = in_column.get(*column).copied().unwrap_or(0);
        if let Some(count) = in_column.get_mut(*column) {
            *count += 1;
        }
        let column = u32::try_from(*column).unwrap_or(0);
        at.push((
            20.0 + f64::from(column) * ACROSS,
            30.0 + f64::from(row) * DOWN + f64::from(column % 2) * 40.0,
        ));
    }
    let height_of = |place: usize| {
        let lines = names.get(place).map_or(1, Vec::len);
        LINE * f64::from(u32::try_from(lines).unwrap_or(1)) + 12.0
    };
    let rows = in_column.iter().copied().max().unwrap_or(1);
    let width = 40.0 + WIDTH + f64::from(u32::try_from(in_column.len()).unwrap_or(1)) * ACROSS;
    let height = 120.0 + f64::from(rows) * DOWN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for edge in &map.edges {
        let (Some((x1, y1)), Some((x2, y2))) = (at.get(edge.from), at.get(edge.to)) else {
            continue;
        };
        let (y1, y2) = (
            y1 + height_of(edge.from) / 2.0,
            y2 + height_of(edge.to) / 2.0,
        );
        // Ways there and back bend to different sides.
        let (from, to, bend) = match x1.total_cmp(x2) {
            std::cmp::Ordering::Less => (x1 + WIDTH, *x2, -26.0),
            std::cmp::Ordering::Greater => (*x1, x2 + WIDTH, 26.0),
            std::cmp::Ordering::Equal if y1 < y2 => (x1 + WIDTH, x2 + WIDTH, 0.0),
            std::cmp::Ordering::Equal => (*x1, *x2, 0.0),
        };
        let aside = match (x1.total_cmp(x2), y1 < y2) {
            (std::cmp::Ordering::Equal, true) => 60.0,
            (std::cmp::Ordering::Equal, false) => -60.0,
            _ => 0.0,
        };
        let (middle_x, middle_y) = (
            f64::midpoint(from, to) + aside,
            f64::midpoint(y1, y2) + bend,
        );
        let _ = writeln!(
            text,
            "<path d=\"M{from:.0} {y1:.0} Q{middle_x:.0} {middle_y:.0} {to:.0} {y2:.0}\" \
             fill=\"none\" stroke=\"#666\" marker-end=\"url(#tip)\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#004080\">{}</text>",
            f64::midpoint(f64::midpoint(from, to), middle_x),
            f64::midpoint(f64::midpoint(y1, y2), middle_y) - 3.0,
            escaped(&label(&edge.labels))
        );
    }
    for (place, (x, y)) in at.iter().enumerate() {
        let first = map.states.get(place).is_some_and(|state| state.is_first);
        let stroke = match (Some(place) == marked, first) {
            (true, _) => 4,
            (_, true) => 2,
            _ => 1,
        };
        let _ = writeln!(
            text,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{WIDTH}\" height=\"{:.0}\" rx=\"8\" \
             fill=\"#f4f4ea\" stroke=\"black\" stroke-width=\"{stroke}\"/>",
            height_of(place)
        );
        let mut line_y = y + LINE;
        for line in names.get(place).into_iter().flatten() {
            let _ = writeln!(
                text,
                "<text x=\"{:.0}\" y=\"{line_y:.0}\" text-anchor=\"middle\">{}</text>",
                x + WIDTH / 2.0,
                escaped(line)
            );
            line_y += LINE;
        }
    }
    text + "</svg>\n"
}

/// How many steps lead to each state.
fn columns(map: &StateMap) -> Vec<usize> {
    let mut columns = vec![usize::MAX; map.states.len()];
    let mut open: VecDeque<_> = VecDeque::new();
    for (place, state) in map.states.iter().enumerate() {
        if state.is_first {
            if let Some(column) = columns.get_mut(place) {
                *column = 0;
            }
            open.push_back(place);
        }
    }
    while let Some(from) = open.pop_front() {
        let next = columns.get(from).map_or(0, |column| column + 1);
        for edge in map.edges.iter().filter(|edge| edge.from == from) {
            if let Some(column) = columns.get_mut(edge.to).filter(|it| **it == usize::MAX) {
                *column = next;
                open.push_back(edge.to);
            }
        }
    }
    for column in &mut columns {
        if *column == usize::MAX {
            *column = 0;
        }
    }
    columns
}

/// Text as XML has it.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
