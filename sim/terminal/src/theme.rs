//! How things look: colors that most eyes can tell apart, or none at all.

use lockstep_engine::output_color::OutputColor;
use ratatui::style::{Color, Modifier, Style};

/// The glyphs waves and LEDs are drawn with.
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
    /// Stands for what is left out.
    pub(super) gap: char,
}

const UNICODE: GlyphSet = GlyphSet {
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
    // Not the sign for pause, which many terminals draw as a wide picture.
    pause: "▮▮",
    cursor: '┃',
    mark: '┆',
    selected: '▸',
    gap: '…',
};

const ASCII: GlyphSet = GlyphSet {
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
    gap: '~',
};

/// How things look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Theme {
    color: bool,
    unicode: bool,
}

impl Theme {
    pub(super) fn new(color: bool, unicode: bool) -> Self {
        Self { color, unicode }
    }

    pub(super) fn is_unicode(self) -> bool {
        self.unicode
    }

    pub(super) fn glyphs(self) -> &'static GlyphSet {
        if self.unicode { &UNICODE } else { &ASCII }
    }

    /// An LED of this color, lit to a part of its brightness.
    ///
    /// The colors are of the Okabe-Ito palette, which is made to be told apart with any
    /// kind of color vision; what is lit is also told by its sign.
    pub(super) fn led(self, color: OutputColor, part: f64) -> Style {
        if part <= 0.0 {
            return self.quiet();
        }
        let style = Style::new().add_modifier(Modifier::BOLD);
        if !self.color {
            return style;
        }
        let (red, green, blue) = match color {
            OutputColor::Red => (230, 80, 40),
            OutputColor::Amber => (230, 159, 0),
            OutputColor::Green => (0, 190, 130),
            OutputColor::Blue => (86, 180, 233),
            OutputColor::White => (250, 245, 220),
        };
        // The eye sees the low end of a brightness better than a screen shows it.
        let scale = 0.35 + 0.65 * part.clamp(0.0, 1.0).sqrt();
        let dim = |channel: u8| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of a byte is a byte"
            )]
            let dimmed = (f64::from(channel) * scale) as u8;
            dimmed
        };
        style.fg(Color::Rgb(dim(red), dim(green), dim(blue)))
    }

    /// What stands back.
    pub(super) fn quiet(self) -> Style {
        self.styled(Color::DarkGray, Modifier::DIM)
    }

    /// A heading, or the border of the pane that has the focus.
    pub(super) fn accent(self) -> Style {
        self.styled(Color::Rgb(86, 180, 233), Modifier::BOLD)
    }

    /// A key that can be pressed.
    pub(super) fn key(self) -> Style {
        self.styled(Color::Rgb(240, 228, 66), Modifier::BOLD)
    }

    /// Something that went wrong.
    pub(super) fn error(self) -> Style {
        self.styled(Color::Rgb(213, 94, 0), Modifier::BOLD | Modifier::REVERSED)
    }

    /// Something that changed.
    pub(super) fn changed(self) -> Style {
        self.styled(Color::Rgb(230, 159, 0), Modifier::BOLD)
    }

    /// What is selected, or under the cursor.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What the world does.
    pub(super) fn input(self) -> Style {
        self.styled(Color::Rgb(86, 180, 233), Modifier::empty())
    }

    /// What the app says.
    pub(super) fn log(self) -> Style {
        self.styled(Color::Rgb(204, 121, 167), Modifier::empty())
    }

    fn styled(self, color: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        if self.color { style.fg(color) } else { style }
    }
}
