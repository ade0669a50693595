//! Two traces as waveforms, signal by signal, the golden above the board.
//!
//! All arithmetic is on whole numbers, so that a page is the same on every machine. What
//! happens within half a pixel is drawn as one stroke: a long run gives no larger picture.

use std::fmt::Write;

use lockstep_engine::trace::document::{Document, Record};
use lockstep_engine::trace::{Kind, RESET};

use super::html::escape;

/// The width of the picture, and of what stands left of the waves.
const WIDTH: u64 = 1100;
const GUTTER: u64 = 170;
const WAVES: u64 = WIDTH - GUTTER - 14;

/// Heights: of the axis, of a lane, and of the gap below the lanes of a signal.
const AXIS: u64 = 30;
const LANE: u64 = 24;
const GAP: u64 = 12;

/// The width that a letter of a label is given.
const LETTER: u64 = 6;

/// The ticks that are drawn, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Where the traces part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    /// The ticks of the expected and of the board's event; equal where there is only one.
    pub(super) ticks: (u32, u32),
    /// The signals they belong to.
    pub(super) signals: Vec<(Kind, &'a str)>,
}

/// Draws them. Where there is one lane, both traces are the same.
pub(super) fn svg(lanes: &[(&str, &Document)], window: Window, mark: Option<&Mark<'_>>) -> String {
    let picture = Picture { lanes, window };
    let signals = signals(lanes);
    let block = LANE * u64::try_from(lanes.len()).unwrap_or(1) + GAP;
    let height = AXIS + block * u64::try_from(signals.len()).unwrap_or(1) + 4;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = picture.write(&signals, (block, height), mark, &mut out);
    out
}

/// One named thing, and its highest level: none if it has moments and no levels.
struct Signal<'a> {
    kind: Kind,
    name: &'a str,
    max: Option<u32>,
}

/// Every signal of the traces: inputs, then outputs, then logs, each in the order in which
/// they first come.
fn signals<'a>(lanes: &[(&str, &'a Document)]) -> Vec<Signal<'a>> {
    let mut signals: Vec<Signal<'a>> = Vec::new();
    for line in lanes.iter().flat_map(|(_, document)| &document.lines) {
        let level = level(line);
        match signals
            .iter_mut()
            .find(|signal| signal.kind == line.kind && signal.name == line.name)
        {
            Some(signal) => signal.max = signal.max.max(level),
            None => signals.push(Signal {
                kind: line.kind,
                name: &line.name,
                max: level.map(|level| level.max(1)),
            }),
        }
    }
    signals.sort_by_key(|signal| (signal.kind, signal.max.is_some()));
    signals
}

/// The level that a line sets, if it sets one.
fn level(line: &Record) -> Option<u32> {
    match (line.kind, line.value.as_str()) {
        (Kind::Log, _) => None,
        (Kind::In, _) if line.name == RESET => None,
        (Kind::In, "press") => Some(1),
        (Kind::In, "release") => Some(0),
        (_, value) => value.parse().ok(),
    }
}

struct Picture<'a> {
    lanes: &'a [(&'a str, &'a Document)],
    window: Window,
}

impl Picture<'_> {
    fn write(
        &self,
        signals: &[Signal<'_>],
        (block, height): (u64, u64),
        mark: Option<&Mark<'_>>,
        out: &mut String,
    ) -> std::fmt::Result {
        let Window { from, to } = self.window;
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"waves\" viewBox=\"0 0 {WIDTH} {height}\" \
             role=\"img\" aria-label=\"waveforms from tick {from} to {to}\">"
        )?;
        self.axis(height, out)?;
        let mut top = AXIS;
        for signal in signals {
            let marked =
                mark.is_some_and(|mark| mark.signals.contains(&(signal.kind, signal.name)));
            self.signal(signal, (top, block), marked, out)?;
            top += block;
        }
        if let Some(mark) = mark {
            self.mark(mark, height, out)?;
        }
        writeln!(out, "</svg>")
    }

    /// Where a tick is, in tenths of a pixel.
    fn x(&self, tick: u32) -> u64 {
        let Window { from, to } = self.window;
        let span = u64::from(to.saturating_sub(from)).max(1);
        let tick = tick.clamp(from, to.max(from));
        GUTTER * 10 + u64::from(tick - from) * WAVES * 10 / span
    }

    fn axis(&self, height: u64, out: &mut String) -> std::fmt::Result {
        let Window { from, to } = self.window;
        let step = nice_step(to.saturating_sub(from));
        let mut tick = u64::from(from).next_multiple_of(step);
        while tick <= u64::from(to) {
            let x = tenths(self.x(u32::try_from(tick).unwrap_or(to)));
            writeln!(
                out,
                "<path class=\"grid\" d=\"M{x} {AXIS}V{height}\"/>\
                 <text class=\"tick\" x=\"{x}\" y=\"{}\">{tick}</text>",
                AXIS - 8
            )?;
            tick += step;
        }
        writeln!(
            out,
            "<text class=\"unit\" x=\"8\" y=\"{}\">tick</text>",
            AXIS - 8
        )
    }

    fn signal(
        &self,
        signal: &Signal<'_>,
        (top, block): (u64, u64),
        marked: bool,
        out: &mut String,
    ) -> std::fmt::Result {
        if marked {
            writeln!(
                out,
                "<rect class=\"parted\" x=\"0\" y=\"{}\" width=\"{WIDTH}\" height=\"{block}\"/>",
                top - GAP / 2
            )?;
        }
        writeln!(
            out,
            "<text class=\"name\" x=\"8\" y=\"{}\">{}</text>\
             <text class=\"kind\" x=\"{}\" y=\"{}\">{}</text>",
            top + 14,
            escape(&shortened(signal.name)),
            GUTTER - 70,
            top + 14,
            signal.kind.word(),
        )?;
        for ((lane, document), index) in self.lanes.iter().zip(0..) {
            let y = top + LANE * index;
            if self.lanes.len() > 1 {
                let class = format!("lane {lane}");
                writeln!(
                    out,
                    "<text class=\"{class}\" x=\"{}\" y=\"{}\">{lane}</text>",
                    GUTTER - 6,
                    y + 14
                )?;
            }
            let lines = document
                .lines
                .iter()
                .filter(|line| line.kind == signal.kind && line.name == signal.name);
            match signal.max {
                Some(max) => self.levels(lane, lines, (y, signal.kind, max), out)?,
                None => self.moments(lane, lines, y, out)?,
            }
        }
        Ok(())
    }

    fn levels<'a>(
        &self,
        lane: &str,
        lines: impl Iterator<Item = &'a Record>,
        (top, kind, max): (u64, Kind, u32),
        out: &mut String,
    ) -> std::fmt::Result {
        let bottom = top + LANE - 3;
        let room = LANE - 6;
        let y = |level: u32| bottom * 10 - u64::from(level.min(max)) * room * 10 / u64::from(max);
        let mut changes = lines
            .filter_map(|line| Some((line.tick.0, level(line)?)))
            .peekable();
        // Nobody holds a button before anything is told of it.
        let mut now = (kind == Kind::In).then_some(0);
        while let Some((_, level)) = changes.next_if(|(tick, _)| *tick < self.window.from) {
            now = Some(level);
        }
        let mut path = now.map_or(String::new(), |level| {
            format!("M{} {}", tenths(self.x(self.window.from)), tenths(y(level)))
        });
        // A label stands on its stroke, or hangs from it where there is no room above.
        let beside = |level: u32| match y(level) / 10 {
            stroke if stroke >= top + LANE / 2 => stroke - 3,
            stroke => stroke + 11,
        };
        let mut labels = Labels::default();
        if let Some(level) = now {
            labels.add(self.x(self.window.from), beside(level), level.to_string());
        }
        while let Some((tick, first)) = changes.next_if(|(tick, _)| *tick <= self.window.to) {
            let x = self.x(tick);
            let (mut low, mut high, mut last) = (first, first, first);
            while let Some((_, level)) =
                changes.next_if(|(tick, _)| *tick <= self.window.to && self.x(*tick) / 5 == x / 5)
            {
                (low, high, last) = (low.min(level), high.max(level), level);
            }
            let command = if path.is_empty() { "M" } else { "H" };
            let vertical = if path.is_empty() { " " } else { "V" };
            write!(path, "{command}{}{vertical}{}", tenths(x), tenths(y(first)))?;
            if low != high {
                for level in [low, high, last] {
                    write!(path, "V{}", tenths(y(level)))?;
                }
            }
            labels.add(x, beside(last), last.to_string());
        }
        if path.is_empty() {
            return Ok(());
        }
        write!(path, "H{}", tenths((GUTTER + WAVES) * 10))?;
        writeln!(out, "<path class=\"wave {lane}\" d=\"{path}\"/>")?;
        if max > 1 {
            labels.write("level", out)?;
        }
        Ok(())
    }

    fn moments<'a>(
        &self,
        lane: &str,
        lines: impl Iterator<Item = &'a Record>,
        top: u64,
        out: &mut String,
    ) -> std::fmt::Result {
        let Window { from, to } = self.window;
        let mut path = String::new();
        let mut labels = Labels::default();
        let mut last = None;
        for line in lines.filter(|line| (from..=to).contains(&line.tick.0)) {
            let x = self.x(line.tick.0);
            if last.replace(x / 5) == Some(x / 5) {
                continue;
            }
            write!(path, "M{} {}v{}", tenths(x), top + 3, LANE - 6)?;
            labels.add(x, top + LANE / 2 + 4, line.value.clone());
        }
        if path.is_empty() {
            return Ok(());
        }
        writeln!(out, "<path class=\"moment {lane}\" d=\"{path}\"/>")?;
        labels.write("word", out)
    }

    fn mark(&self, mark: &Mark<'_>, height: u64, out: &mut String) -> std::fmt::Result {
        let (expected, board) = mark.ticks;
        let (left, right) = (self.x(expected.min(board)), self.x(expected.max(board)));
        if right > left {
            writeln!(
                out,
                "<rect class=\"between\" x=\"{}\" y=\"{AXIS}\" width=\"{}\" height=\"{}\"/>",
                tenths(left),
                tenths(right - left),
                height - AXIS
            )?;
        }
        let x = tenths(left);
        writeln!(
            out,
            "<path class=\"mark\" d=\"M{x} {}V{height}\"/>\
             <path class=\"flag\" d=\"M{x} {AXIS}l-5 -8h10z\"/>",
            AXIS - 4
        )
    }
}

/// The name if there is room for it, or its beginning.
fn shortened(name: &str) -> String {
    const ROOM: usize = 12;
    if name.chars().count() <= ROOM {
        name.to_owned()
    } else {
        name.chars().take(ROOM - 1).chain(['…']).collect()
    }
}

/// Labels that stand right of a place, where the next one leaves room.
#[derive(Default)]
struct Labels {
    all: Vec<(u64, u64, String)>,
}

impl Labels {
    fn add(&mut self, x: u64, y: u64, text: String) {
        self.all.push((x, y, text));
    }

    fn write(&self, class: &str, out: &mut String) -> std::fmt::Result {
        let ends = self.all.iter().skip(1).map(|(x, ..)| *x);
        let ends = ends.chain([(GUTTER + WAVES) * 10]);
        for ((x, y, text), end) in self.all.iter().zip(ends) {
            let letters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            if x + letters.saturating_mul(LETTER * 10) + 60 <= end {
                let x = tenths(x + 40);
                writeln!(
                    out,
                    "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
                    escape(text)
                )?;
            }
        }
        Ok(())
    }
}

/// The length between two ticks of the axis: 1, 2 or 5 times a power of ten, so that there are
/// at most ten.
fn nice_step(span: u32) -> u64 {
    let mut power = 1;
    loop {
        for factor in [1, 2, 5] {
            if u64::from(span) / (factor * power) <= 10 {
                return factor * power;
            }
        }
        power *= 10;
    }
}

/// Tenths of a pixel as pixels.
fn tenths(tenths: u64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}
