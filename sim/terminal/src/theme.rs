//! The styles of everything on the screen.

use ratatui::style::{Color, Modifier, Style};

use super::appearance::{Appearance, Background, ColorDepth};
use super::glyph_set::{ASCII, GlyphSet, UNICODE};
use super::palette::Palette;
use lockstep_engine::output_color::OutputColor;

/// The styles of everything on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Theme {
    /// `None` for monochrome.
    palette: Option<Palette>,
    /// The modifier of emphasis.
    strong: Modifier,
    unicode: bool,
}

impl Theme {
    pub(super) fn new(appearance: Appearance) -> Self {
        let Appearance {
            background,
            colors,
            unicode,
        } = appearance;
        Self {
            palette: match colors {
                ColorDepth::Monochrome => None,
                ColorDepth::Ansi16 => Some(Palette::ansi16(background)),
                ColorDepth::TrueColor => Some(Palette::true_color(background)),
            },
            strong: match (colors, background) {
                // Most terminals draw bold text in the bright one of two named colors, which
                // are those that cannot be read on a light background.
                (ColorDepth::Ansi16, Background::Light) => Modifier::empty(),
                _ => Modifier::BOLD,
            },
            unicode,
        }
    }

    pub(super) fn is_unicode(&self) -> bool {
        self.unicode
    }

    pub(super) fn glyphs(&self) -> &'static GlyphSet {
        if self.unicode { &UNICODE } else { &ASCII }
    }

    /// An LED of this color, lit to a part of its brightness.
    pub(super) fn led(&self, color: OutputColor, part: f64) -> Style {
        if part <= 0.0 {
            return self.quiet();
        }
        self.styled(|palette| palette.led(color, part), self.strong)
    }

    /// Secondary text: borders, names of state fields, events after the cursor.
    pub(super) fn quiet(&self) -> Style {
        // Dim is only for monochrome: every terminal darkens a color by another amount.
        match self.palette {
            Some(palette) => Style::new().fg(palette.quiet),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// A heading, or the border of the pane that has the focus.
    pub(super) fn accent(&self) -> Style {
        self.styled(|palette| palette.accent, self.strong)
    }

    /// A key that can be pressed.
    pub(super) fn key(&self) -> Style {
        self.styled(|palette| palette.key, self.strong)
    }

    /// An error.
    pub(super) fn error(&self) -> Style {
        self.styled(|palette| palette.error, self.strong | Modifier::REVERSED)
    }

    /// Something that has changed, or differs.
    pub(super) fn changed(&self) -> Style {
        self.styled(|palette| palette.changed, self.strong)
    }

    /// What is selected, or under the cursor.
    pub(super) fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// An input: a press, a release, a reset.
    pub(super) fn input(&self) -> Style {
        self.styled(|palette| palette.input, Modifier::empty())
    }

    /// A log of the app.
    pub(super) fn log(&self) -> Style {
        self.styled(|palette| palette.log, Modifier::empty())
    }

    fn styled(&self, color: impl Fn(&Palette) -> Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        match &self.palette {
            Some(palette) => style.fg(color(palette)),
            None => style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rgb::Rgb;

    /// What WCAG 2 asks of text, and of graphics.
    const TEXT: f64 = 4.5;
    const GRAPHICS: f64 = 3.0;

    const LEDS: [OutputColor; 5] = [
        OutputColor::Red,
        OutputColor::Amber,
        OutputColor::Green,
        OutputColor::Blue,
        OutputColor::White,
    ];

    /// Backgrounds of common terminal themes, and those of screenshots.
    const DARK: [(&str, Rgb); 7] = [
        ("black", Rgb(0, 0, 0)),
        ("screenshots", Rgb(0x12, 0x16, 0x1d)),
        ("Visual Studio Code", Rgb(0x1e, 0x1e, 0x1e)),
        ("Dracula", Rgb(0x28, 0x2a, 0x36)),
        ("One Dark", Rgb(0x28, 0x2c, 0x34)),
        ("Solarized Dark", Rgb(0x00, 0x2b, 0x36)),
        ("Nord", Rgb(0x2e, 0x34, 0x40)),
    ];
    const LIGHT: [(&str, Rgb); 5] = [
        ("white, as of screenshots", Rgb(0xff, 0xff, 0xff)),
        ("One Light", Rgb(0xfa, 0xfa, 0xfa)),
        ("Solarized Light", Rgb(0xfd, 0xf6, 0xe3)),
        ("Gruvbox Light", Rgb(0xfb, 0xf1, 0xc7)),
        ("Nord Light", Rgb(0xe5, 0xe9, 0xf0)),
    ];

    /// The 16 colors as a terminal draws them, in the order of their codes.
    type NamedColors = [Rgb; 16];

    const XTERM: NamedColors = [
        Rgb(0, 0, 0),
        Rgb(205, 0, 0),
        Rgb(0, 205, 0),
        Rgb(205, 205, 0),
        Rgb(0, 0, 238),
        Rgb(205, 0, 205),
        Rgb(0, 205, 205),
        Rgb(229, 229, 229),
        Rgb(127, 127, 127),
        Rgb(255, 0, 0),
        Rgb(0, 255, 0),
        Rgb(255, 255, 0),
        Rgb(92, 92, 255),
        Rgb(255, 0, 255),
        Rgb(0, 255, 255),
        Rgb(255, 255, 255),
    ];
    const LINUX_CONSOLE: NamedColors = [
        Rgb(0, 0, 0),
        Rgb(170, 0, 0),
        Rgb(0, 170, 0),
        Rgb(170, 85, 0),
        Rgb(0, 0, 170),
        Rgb(170, 0, 170),
        Rgb(0, 170, 170),
        Rgb(170, 170, 170),
        Rgb(85, 85, 85),
        Rgb(255, 85, 85),
        Rgb(85, 255, 85),
        Rgb(255, 255, 85),
        Rgb(85, 85, 255),
        Rgb(255, 85, 255),
        Rgb(85, 255, 255),
        Rgb(255, 255, 255),
    ];

    fn theme(background: Background, colors: ColorDepth) -> Theme {
        Theme::new(Appearance {
            background,
            colors,
            unicode: true,
        })
    }

    fn text_styles(theme: &Theme) -> [(&'static str, Style); 8] {
        [
            ("quiet", theme.quiet()),
            ("an LED that is off", theme.led(OutputColor::Red, 0.0)),
            ("accent", theme.accent()),
            ("key", theme.key()),
            ("error", theme.error()),
            ("changed", theme.changed()),
            ("input", theme.input()),
            ("log", theme.log()),
        ]
    }

    /// The color of a style, as a terminal that draws bold text in bright colors shows it.
    fn drawn(style: Style, named: &NamedColors) -> Rgb {
        const NAMES: [Color; 16] = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        assert!(!style.add_modifier.contains(Modifier::DIM));
        match style.fg {
            Some(Color::Rgb(red, green, blue)) => Rgb(red, green, blue),
            color => {
                let index = NAMES.iter().position(|name| Some(*name) == color);
                let index = index.unwrap_or_else(|| panic!("{color:?} has no name"));
                let is_bold = style.add_modifier.contains(Modifier::BOLD);
                named[if is_bold { index | 8 } else { index }]
            }
        }
    }

    #[track_caller]
    fn assert_visible(theme: &Theme, on: &str, background: Rgb, named: &NamedColors) {
        for (what, style) in text_styles(theme) {
            let contrast = drawn(style, named).contrast(background);
            assert!(contrast >= TEXT, "{what} on {on}: {contrast:.2}");
        }
        for led in LEDS {
            for percent in 1..=100 {
                let style = theme.led(led, f64::from(percent) / 100.0);
                let contrast = drawn(style, named).contrast(background);
                assert!(
                    contrast >= GRAPHICS,
                    "{led:?} at {percent} % on {on}: {contrast:.2}"
                );
            }
        }
    }

    #[test]
    fn text_and_leds_can_be_seen_on_common_backgrounds() {
        for (background, papers) in [
            (Background::Dark, &DARK[..]),
            (Background::Light, &LIGHT[..]),
        ] {
            let theme = theme(background, ColorDepth::TrueColor);
            for (name, paper) in papers {
                assert_visible(&theme, name, *paper, &XTERM);
            }
        }
    }

    #[test]
    fn text_and_leds_can_be_seen_in_16_colors() {
        for (name, named) in [("xterm", &XTERM), ("the console", &LINUX_CONSOLE)] {
            let dark = theme(Background::Dark, ColorDepth::Ansi16);
            assert_visible(&dark, &format!("black in {name}"), named[0], named);
            let light = theme(Background::Light, ColorDepth::Ansi16);
            assert_visible(&light, &format!("white in {name}"), named[15], named);
        }
    }

    #[test]
    fn a_brighter_led_stands_out_more() {
        for (background, paper) in [
            (Background::Dark, Rgb(0, 0, 0)),
            (Background::Light, Rgb(255, 255, 255)),
        ] {
            let theme = theme(background, ColorDepth::TrueColor);
            for led in LEDS {
                let contrast = |part| drawn(theme.led(led, part), &XTERM).contrast(paper);
                assert!(contrast(0.01) < contrast(1.0), "{led:?} on {background:?}");
            }
        }
    }

    #[test]
    fn leds_of_different_colors_look_different() {
        for background in [Background::Dark, Background::Light] {
            for colors in [ColorDepth::TrueColor, ColorDepth::Ansi16] {
                let theme = theme(background, colors);
                for (index, led) in LEDS.iter().enumerate() {
                    for other in &LEDS[..index] {
                        assert_ne!(theme.led(*led, 1.0), theme.led(*other, 1.0));
                    }
                }
            }
        }
    }

    #[test]
    fn without_colors_attributes_tell_things_apart() {
        let theme = theme(Background::Dark, ColorDepth::Monochrome);
        for (what, style) in text_styles(&theme) {
            assert_eq!(style.fg, None, "{what}");
        }
        assert_ne!(
            theme.led(OutputColor::Red, 0.0),
            theme.led(OutputColor::Red, 1.0)
        );
        assert_ne!(theme.error(), theme.selected());
    }
}
