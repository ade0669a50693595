//! Screenshots and casts show what the screen shows.

use std::time::Duration;

use lockstep_core::time::RunTicks;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::glyph_shapes::{HEIGHT, WIDTH, shapes};
use crate::appearance::{Appearance, Background, ColorDepth};

use super::{CastOptions, Pane, ScreenOptions, ScreenSize, ScreenshotError, Zoom, cast, shot};
use lockstep_engine::load::{InputFormat, LoadedScript};
use lockstep_engine::registry::Registry;

const PRESSES: &str = "app lamp\nwait 100 ms\ntap A for 50 ms\nwait 4 s\ntap B for 5 ms\nwait 600 ms\n\
                       press B\nwait 1 s\n";

fn load(scenario: &str) -> (Registry, LoadedScript) {
    let registry = Registry::new(shipped_apps::shipped()).unwrap();
    let loaded = InputFormat::Scenario
        .load(&registry, scenario.as_bytes(), None)
        .unwrap();
    (registry, loaded)
}

fn screen(size: &str) -> ScreenOptions {
    ScreenOptions {
        size: size.parse().unwrap(),
        pane: Pane::Board,
        zoom: Some(Zoom::Fit),
        appearance: Appearance::default(),
    }
}

/// Without colors.
fn plain(unicode: bool) -> Appearance {
    Appearance {
        colors: ColorDepth::Monochrome,
        unicode,
        ..Appearance::default()
    }
}

fn light() -> Appearance {
    Appearance {
        background: Background::Light,
        ..Appearance::default()
    }
}

#[test]
fn a_screenshot_as_text() {
    let (registry, loaded) = load(PRESSES);
    let screen = ScreenOptions {
        zoom: Some(Zoom::Column(100)),
        ..screen("76x16")
    };
    let screenshot = shot(
        &registry,
        "presses.scn",
        &loaded,
        &screen,
        Some(RunTicks(125)),
    )
    .unwrap();
    insta::assert_snapshot!(screenshot.text());
}

#[test]
fn every_letter_stands_in_its_column() {
    let (registry, loaded) = load(PRESSES);
    for size in ["40x12", "80x24", "140x40", "300x100"] {
        for (appearance, pane) in [
            (Appearance::default(), Pane::Waves),
            (plain(false), Pane::State),
        ] {
            let screen = ScreenOptions {
                appearance,
                pane,
                ..screen(size)
            };
            let screenshot = shot(&registry, "a", &loaded, &screen, None).unwrap();
            let svg = screenshot.svg();
            let document = roxmltree::Document::parse(&svg).unwrap();
            let mut found = Buffer::empty(screenshot.screen.area);
            for node in document
                .descendants()
                .filter(|node| node.has_tag_name("text"))
            {
                let number = |name: &str| -> i32 { node.attribute(name).unwrap().parse().unwrap() };
                let text = node.text().unwrap();
                let x = u16::try_from(number("x") / WIDTH).unwrap();
                let y = u16::try_from(number("y") / HEIGHT).unwrap();
                assert_eq!(
                    usize::try_from(number("textLength") / WIDTH).unwrap(),
                    text.chars().count()
                );
                found.set_string(x, y, text, ratatui::style::Style::new());
            }
            let written = |screen: &Buffer| -> String {
                super::text(screen)
                    .chars()
                    .map(|sign| if shapes(sign).is_some() { ' ' } else { sign })
                    .collect()
            };
            let lines = |text: String| -> Vec<String> {
                text.lines()
                    .map(|line| line.trim_end().to_owned())
                    .collect()
            };
            assert_eq!(lines(written(&found)), lines(written(&screenshot.screen)));
        }
    }
}

#[test]
fn a_screenshot_is_well_formed_whatever_its_file_is_called() {
    let (registry, loaded) = load("app toggle\nexpect led is on\n");
    let name = "</title>&\"\u{1}\u{ffff}漢字e\u{301}.scn";
    let screenshot = shot(&registry, name, &loaded, &screen("100x20"), None).unwrap();
    let svg = screenshot.svg();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let title = document
        .descendants()
        .find(|node| node.has_tag_name("title"));
    let title = title.and_then(|node| node.text()).unwrap();
    assert!(title.contains("title>&\"\u{fffd}\u{fffd}漢字"), "{title}");
    assert_eq!(svg, screenshot.svg());
}

#[test]
fn every_sign_of_the_screen_that_must_meet_others_is_a_shape() {
    let (registry, loaded) = load(PRESSES);
    let screenshot = shot(&registry, "a", &loaded, &screen("140x40"), None).unwrap();
    let letters = screenshot.text();
    let left: String = letters
        .chars()
        .filter(|sign| !sign.is_ascii() && shapes(*sign).is_none())
        .collect();
    assert_eq!(left, "");
}

#[test]
fn without_color_there_is_ink_and_paper_alone() {
    let (registry, loaded) = load(PRESSES);
    let plain = ScreenOptions {
        appearance: plain(true),
        ..screen("80x24")
    };
    let svg = shot(&registry, "a", &loaded, &plain, None).unwrap().svg();
    assert!(!svg.contains("#56b4e9"), "the accent");
    assert_ne!(
        svg,
        shot(&registry, "a", &loaded, &screen("80x24"), None)
            .unwrap()
            .svg()
    );
}

#[test]
fn a_scenario_that_fails_is_seen_where_it_fails_unless_told() {
    let (registry, loaded) = load("app toggle\nwait 7 ms\nexpect led is on\nwait 90 ms\n");
    let at = |at| {
        let screenshot = shot(&registry, "f.scn", &loaded, &screen("80x20"), at);
        screenshot.unwrap().text()
    };
    let failed = at(None);
    assert!(failed.contains("0:00.007 of 0:00.097"), "{failed}");
    assert!(
        failed.contains("f.scn:3:1: at tick 7 `led` was 0"),
        "{failed}"
    );
    let told = at(Some(RunTicks(50)));
    assert!(told.contains("0:00.050 of"), "{told}");
    assert!(!told.contains("f.scn"), "{told}");
}

#[test]
fn nothing_is_drawn_that_was_not_played() {
    let (registry, loaded) = load(PRESSES);
    let after = Some(RunTicks(60_000));
    let error = shot(&registry, "a", &loaded, &screen("80x20"), after).unwrap_err();
    assert!(matches!(error, ScreenshotError::AfterEnd { .. }), "{error}");
}

#[test]
fn sizes_have_limits() {
    for good in ["40x12", "300x100"] {
        assert_eq!(good.parse::<ScreenSize>().unwrap().to_string(), good);
    }
    for bad in [
        "39x12", "40x11", "301x100", "300x101", "80", "80x", "x24", "80x24x2", "-80x24",
    ] {
        assert!(bad.parse::<ScreenSize>().is_err(), "{bad}");
    }
}

fn options(size: &str) -> CastOptions {
    CastOptions {
        screen: screen(size),
        speed: 1.0,
        fps: 20,
        idle: Duration::from_secs(2),
    }
}

/// The times and the data of a cast.
fn told(cast: &str) -> Vec<(f64, String)> {
    cast.lines()
        .skip(1)
        .map(|line| {
            let (at, kind, data): (f64, String, String) = serde_json::from_str(line).unwrap();
            assert_eq!(kind, "o");
            (at, data)
        })
        .collect()
}

#[test]
fn a_terminal_that_plays_a_cast_shows_what_was_drawn_at_every_moment() {
    let (registry, loaded) = load(PRESSES);
    for appearance in [Appearance::default(), plain(true), light()] {
        let options = CastOptions {
            screen: ScreenOptions {
                appearance,
                ..screen("80x24")
            },
            ..options("80x24")
        };
        let cast = cast(&registry, "a", &loaded, &options).unwrap();
        let mut told = told(&cast).into_iter().peekable();
        let mut terminal = vt100::Parser::new(nonzero(24), nonzero(80), 0);
        for (at, screen) in super::cast::screens(&registry, &loaded, &options).unwrap() {
            while let Some((_, data)) = told.next_if(|(when, _)| *when <= at.as_secs_f64()) {
                assert!(!data.is_empty());
                terminal.process(data.as_bytes());
            }
            assert_same(&screen, terminal.screen());
        }
        assert!(told.next().is_none());
        assert!(terminal.screen().hide_cursor());
    }
}

fn assert_same(drawn: &Buffer, shown: &vt100::Screen) {
    for y in 0..drawn.area.height {
        for x in 0..drawn.area.width {
            let (drawn, shown) = (&drawn[(x, y)], shown.cell(y, x).unwrap());
            let letters = match shown.contents() {
                "" => " ",
                letters => letters,
            };
            let has = |modifier| drawn.modifier.contains(modifier);
            assert_eq!(letters, drawn.symbol(), "{x} {y}");
            assert_eq!(shown.bold(), has(Modifier::BOLD), "{x} {y}");
            assert_eq!(shown.dim(), has(Modifier::DIM), "{x} {y}");
            assert_eq!(shown.inverse(), has(Modifier::REVERSED), "{x} {y}");
            let color = match drawn.fg {
                Color::Reset => vt100::Color::Default,
                Color::DarkGray => vt100::Color::Idx(8),
                Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
                other => panic!("{other} is not checked"),
            };
            assert_eq!(shown.fgcolor(), color, "{x} {y}");
        }
    }
}

#[test]
fn casts_are_the_same_bytes_every_time() {
    let (registry, loaded) = load(PRESSES);
    let make = || super::cast(&registry, "dir/a.scn", &loaded, &options("100x30")).unwrap();
    let cast = make();
    assert_eq!(cast, make());
    let header: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    let dark = serde_json::json!({
        "version": 2,
        "width": 100,
        "height": 30,
        "title": "lamp: a.scn in the terminal simulator",
        "env": {"TERM": "xterm-256color"},
    });
    assert_eq!(header, dark);

    let mut options = options("100x30");
    options.screen.appearance = light();
    let cast = super::cast(&registry, "a", &loaded, &options).unwrap();
    let header: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    assert_eq!(header["theme"]["bg"], "#ffffff");
}

#[test]
fn a_light_screenshot_is_drawn_on_white() {
    let (registry, loaded) = load(PRESSES);
    let options = ScreenOptions {
        appearance: light(),
        ..screen("80x24")
    };
    let light = shot(&registry, "a", &loaded, &options, None).unwrap();
    let dark = shot(&registry, "a", &loaded, &screen("80x24"), None).unwrap();
    assert!(light.svg().contains("fill=\"#ffffff\""));
    assert!(!dark.svg().contains("#ffffff"));
    assert_eq!(light.text(), dark.text());
}

#[test]
fn a_press_between_two_frames_is_seen() {
    let (registry, loaded) = load(PRESSES);
    let options = CastOptions {
        speed: 10.0,
        ..options("80x24")
    };
    let screens = super::cast::screens(&registry, &loaded, &options).unwrap();
    let down: Vec<_> = screens
        .iter()
        .map(|(_, screen)| super::text(screen).matches("down").count())
        .collect();
    let presses = down.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(presses >= 2, "{down:?}");
}

#[test]
fn quiet_times_are_shortened_and_their_frames_that_are_the_same_left_out() {
    let (registry, loaded) = load("app toggle\nwait 10 s\ntap button for 100 ms\n");
    let lines = |speed, idle| {
        let options = CastOptions {
            speed,
            idle: Duration::from_secs(idle),
            ..options("40x12")
        };
        let cast = cast(&registry, "a", &loaded, &options).unwrap();
        let told = told(&cast);
        (told.len(), told.last().unwrap().0)
    };
    let (frames, length) = lines(1.0, 2);
    assert!((2.0..2.7).contains(&length), "{length}");
    assert!(frames <= 46, "{frames}");
    let (_, whole) = lines(1.0, 60);
    assert!((10.0..10.7).contains(&whole), "{whole}");
    // At a hundredth of real time, a tick takes two frames.
    let (frames, length) = lines(0.01, 2);
    let drawn = length * 20.0;
    assert!(
        f64::from(u32::try_from(frames).unwrap()) < 0.6 * drawn,
        "{frames} of {drawn}"
    );
}

#[test]
fn casts_have_the_speeds_of_the_screen_and_an_end() {
    let (registry, loaded) = load("app lamp\nwait 20 min\n");
    let refused = |speed| {
        let options = CastOptions {
            speed,
            ..options("40x12")
        };
        cast(&registry, "a", &loaded, &options)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(1.0).contains("longer than 10 min"));
    assert!(refused(3.0).contains("there is no speed 3x; expected 0.01, "));
    assert!(refused(f64::NAN).contains("there is no speed"));
}

fn nonzero(number: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(number).unwrap()
}
