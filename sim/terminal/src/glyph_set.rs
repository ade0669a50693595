//! The glyphs that waves and LEDs are drawn with.

/// The glyphs that waves and LEDs are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GlyphSet {
    pub(super) low: char,
    pub(super) high: char,
    pub(super) rise: char,
    pub(super) fall: char,
    /// More than one change in a column.
    pub(super) dense: char,
    /// Levels from the lowest above zero to the highest.
    pub(super) levels: &'static [char],
    pub(super) log: char,
    pub(super) led_on: char,
    pub(super) led_off: char,
    pub(super) play: &'static str,
    pub(super) pause: &'static str,
    pub(super) cursor: char,
    pub(super) mark: char,
    pub(super) selected: char,
    /// The part of a slider below its number, its number, and the part above.
    pub(super) slider: [char; 3],
    /// For text that is left out.
    pub(super) gap: char,
}

pub(super) const UNICODE: GlyphSet = GlyphSet {
    low: '▁',
    high: '▔',
    rise: '╱',
    fall: '╲',
    dense: '▒',
    levels: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    log: '◆',
    led_on: '●',
    led_off: '○',
    play: "▶",
    // Not the sign for pause, which many terminals draw as a wide emoji.
    pause: "▮▮",
    cursor: '┃',
    mark: '┆',
    selected: '▸',
    slider: ['━', '●', '─'],
    gap: '…',
};

pub(super) const ASCII: GlyphSet = GlyphSet {
    low: '_',
    high: '"',
    rise: '/',
    fall: '\\',
    dense: '#',
    levels: &['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    log: '*',
    led_on: '@',
    led_off: '.',
    play: ">",
    pause: "||",
    cursor: '|',
    mark: ':',
    selected: '>',
    slider: ['=', '|', '-'],
    gap: '~',
};
