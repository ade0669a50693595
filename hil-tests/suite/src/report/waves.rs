//! Two traces as waveforms, signal by signal, the golden above the board: the geometry that
//! `templates/waves.svg` draws.
//!
//! All arithmetic is on integers, so that a page is the same on every machine. Changes within
//! half a pixel are drawn as one stroke: a long run does not make a larger picture.

use std::fmt::{self, Write};

use lockstep_engine::trace::document::{Document, Record};
use lockstep_engine::trace::{Kind, RESET};

/// The width of the picture, and of what is left of the waves.
pub(super) const WIDTH: u64 = 1100;
pub(super) const GUTTER: u64 = 170;
const WAVES: u64 = WIDTH - GUTTER - 14;

/// Heights: of the axis, of a lane, and of the gap below the lanes of a signal.
pub(super) const AXIS: u64 = 30;
const LANE: u64 = 24;
pub(super) const GAP: u64 = 12;

/// The width of a letter of a label.
const LETTER: u64 = 6;

/// The ticks that are drawn, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Where the traces diverge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    /// The ticks of the expected and of the board's event; equal where there is only one.
    pub(super) ticks: (u64, u64),
    /// The signals they belong to.
    pub(super) signals: Vec<(Kind, &'a str)>,
}

/// The picture.
pub(super) struct Waveforms<'a> {
    pub(super) window: Window,
    pub(super) height: u64,
    /// The height of a signal with its gap.
    pub(super) block: u64,
    pub(super) grid_lines: Vec<GridLine>,
    pub(super) signals: Vec<SignalShape<'a>>,
    pub(super) mark: Option<MarkShape>,
}

/// A line of the time axis.
pub(super) struct GridLine {
    pub(super) x: Pixels,
    pub(super) tick: u64,
}

/// A signal, and a lane for each trace.
pub(super) struct SignalShape<'a> {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) top: u64,
    /// Whether the traces diverge here.
    pub(super) is_marked: bool,
    /// The classes of strokes and of labels.
    pub(super) stroke: &'static str,
    pub(super) label: &'static str,
    pub(super) lanes: Vec<Lane<'a>>,
}

/// A signal of one trace.
pub(super) struct Lane<'a> {
    pub(super) name: &'a str,
    pub(super) top: u64,
    /// The stroke, in the path language of SVG.
    pub(super) path: String,
    pub(super) labels: Vec<Label>,
}

/// A text beside a stroke.
pub(super) struct Label {
    pub(super) x: Pixels,
    pub(super) y: u64,
    pub(super) text: String,
}

/// The line at a divergence, and the band to where the other trace does the same.
pub(super) struct MarkShape {
    pub(super) x: Pixels,
    pub(super) width: Option<Pixels>,
}

/// A length in tenths of a pixel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pixels(u64);

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0 / 10;
        match self.0 % 10 {
            0 => write!(f, "{whole}"),
            rest => write!(f, "{whole}.{rest}"),
        }
    }
}

impl<'a> Waveforms<'a> {
    /// Lays them out. With one lane, both traces are the same.
    pub(super) fn new(
        lanes: &[(&'a str, &'a Document)],
        window: Window,
        mark: Option<&Mark<'_>>,
    ) -> Self {
        let signals = signals(lanes);
        let block = LANE * u64::try_from(lanes.len()).unwrap_or(1) + GAP;
        let height = AXIS + block * u64::try_from(signals.len()).unwrap_or(1) + 4;
        let tops = (0..).map(|index| AXIS + block * index);
        let signals = signals.iter().zip(tops).map(|(signal, top)| {
            let is_it = |mark: &Mark<'_>| mark.signals.contains(&(signal.kind, signal.name));
            signal.shape(lanes, window, top, mark.is_some_and(is_it))
        });
        Self {
            window,
            height,
            block,
            grid_lines: grid_lines(window),
            signals: signals.collect(),
            mark: mark.map(|mark| mark.shape(window)),
        }
    }
}

impl Window {
    /// Where a tick is.
    fn x(self, tick: u64) -> u64 {
        let span = self.to.saturating_sub(self.from).max(1);
        let tick = tick.clamp(self.from, self.to.max(self.from));
        GUTTER * 10 + (tick - self.from) * WAVES * 10 / span
    }
}

impl Mark<'_> {
    fn shape(&self, window: Window) -> MarkShape {
        let (expected, board) = self.ticks;
        let left = window.x(expected.min(board));
        let right = window.x(expected.max(board));
        MarkShape {
            x: Pixels(left),
            width: (right > left).then(|| Pixels(right - left)),
        }
    }
}

/// Lines of the axis: 1, 2 or 5 times a power of ten apart, so that there are at most ten.
fn grid_lines(window: Window) -> Vec<GridLine> {
    let step = nice_step(window.to.saturating_sub(window.from));
    let first = window.from.next_multiple_of(step);
    let ticks = (0..).map(|index| first + index * step);
    let ticks = ticks.take_while(|tick| *tick <= window.to);
    let line = |tick| GridLine {
        x: Pixels(window.x(tick)),
        tick,
    };
    ticks.map(line).collect()
}

fn nice_step(span: u64) -> u64 {
    let mut power = 1;
    loop {
        for factor in [1, 2, 5] {
            if span / (factor * power) <= 10 {
                return factor * power;
            }
        }
        power *= 10;
    }
}

/// A named signal, and its highest level: none if it has events and no levels.
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

impl Signal<'_> {
    fn shape<'a>(
        &self,
        lanes: &[(&'a str, &Document)],
        window: Window,
        top: u64,
        is_marked: bool,
    ) -> SignalShape<'a> {
        let tops = (0..).map(|index| top + LANE * index);
        let lanes = lanes.iter().zip(tops).map(|((name, document), top)| {
            let lines = document
                .lines
                .iter()
                .filter(|line| line.kind == self.kind && line.name == self.name);
            let (path, labels) = match self.max {
                Some(max) => levels(lines, self.kind, max, window, top),
                None => events(lines, window, top),
            };
            Lane {
                name,
                top,
                path,
                labels,
            }
        });
        let (stroke, label) = match self.max {
            Some(_) => ("wave", "level"),
            None => ("moment", "word"),
        };
        SignalShape {
            name: shortened(self.name),
            kind: self.kind.word(),
            top,
            is_marked,
            stroke,
            label,
            lanes: lanes.collect(),
        }
    }
}

/// The stroke of a signal with levels up to `max`.
fn levels<'a>(
    lines: impl Iterator<Item = &'a Record>,
    kind: Kind,
    max: u32,
    window: Window,
    top: u64,
) -> (String, Vec<Label>) {
    let bottom = top + LANE - 3;
    let room = LANE - 6;
    let y = |level: u32| bottom * 10 - u64::from(level.min(max)) * room * 10 / u64::from(max);
    let mut changes = lines
        .filter_map(|line| Some((line.tick.0, level(line)?)))
        .peekable();
    // A button is up until a line says otherwise.
    let mut now = (kind == Kind::In).then_some(0);
    while let Some((_, level)) = changes.next_if(|(tick, _)| *tick < window.from) {
        now = Some(level);
    }
    let mut path = Path::default();
    // A label is above its stroke, or below it where there is no room above.
    let beside = |level: u32| match y(level) / 10 {
        stroke if stroke >= top + LANE / 2 => stroke - 3,
        stroke => stroke + 11,
    };
    let mut labels = Labels::default();
    if let Some(level) = now {
        let x = window.x(window.from);
        path.step(x, y(level));
        labels.add(x, beside(level), level.to_string());
    }
    while let Some((tick, first)) = changes.next_if(|(tick, _)| *tick <= window.to) {
        let x = window.x(tick);
        let (mut low, mut high, mut last) = (first, first, first);
        while let Some((_, level)) =
            changes.next_if(|(tick, _)| *tick <= window.to && window.x(*tick) / 5 == x / 5)
        {
            (low, high, last) = (low.min(level), high.max(level), level);
        }
        path.step(x, y(first));
        if low != high {
            for level in [low, high, last] {
                path.vertical(y(level));
            }
        }
        labels.add(x, beside(last), last.to_string());
    }
    path.end((GUTTER + WAVES) * 10);
    let labels = if max > 1 {
        labels.fitting()
    } else {
        Vec::new()
    };
    (path.0, labels)
}

/// The strokes of a signal that has events and no levels.
fn events<'a>(
    lines: impl Iterator<Item = &'a Record>,
    window: Window,
    top: u64,
) -> (String, Vec<Label>) {
    let Window { from, to } = window;
    let mut path = Path::default();
    let mut labels = Labels::default();
    let mut last = None;
    for line in lines.filter(|line| (from..=to).contains(&line.tick.0)) {
        let x = window.x(line.tick.0);
        if last.replace(x / 5) == Some(x / 5) {
            continue;
        }
        path.stroke(x, top + 3, LANE - 6);
        labels.add(x, top + LANE / 2 + 4, line.value.clone());
    }
    (path.0, labels.fitting())
}

/// A path in the language of SVG, which begins with its first point.
#[derive(Default)]
struct Path(String);

impl Path {
    /// Goes to the right at the level so far, then up or down at `x`.
    fn step(&mut self, x: u64, y: u64) {
        let (x, y) = (Pixels(x), Pixels(y));
        match self.0.is_empty() {
            true => self.write(format_args!("M{x} {y}")),
            false => self.write(format_args!("H{x}V{y}")),
        }
    }

    fn vertical(&mut self, y: u64) {
        self.write(format_args!("V{}", Pixels(y)));
    }

    fn stroke(&mut self, x: u64, top: u64, height: u64) {
        self.write(format_args!("M{} {top}v{height}", Pixels(x)));
    }

    fn end(&mut self, x: u64) {
        if !self.0.is_empty() {
            self.write(format_args!("H{}", Pixels(x)));
        }
    }

    fn write(&mut self, command: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(command);
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

/// Labels to the right of a point each.
#[derive(Default)]
struct Labels(Vec<(u64, u64, String)>);

impl Labels {
    fn add(&mut self, x: u64, y: u64, text: String) {
        self.0.push((x, y, text));
    }

    /// Those for which the next one leaves room.
    fn fitting(self) -> Vec<Label> {
        let ends: Vec<_> = self.0.iter().skip(1).map(|(x, ..)| *x).collect();
        let ends = ends.into_iter().chain([(GUTTER + WAVES) * 10]);
        let fits = |x: u64, text: &str, end: u64| {
            let letters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            letters.saturating_mul(LETTER * 10).saturating_add(x + 60) <= end
        };
        let labels = self.0.into_iter().zip(ends);
        let labels = labels.filter(|((x, _, text), end)| fits(*x, text, *end));
        labels
            .map(|((x, y, text), _)| Label {
                x: Pixels(x + 40),
                y,
                text,
            })
            .collect()
    }
}
