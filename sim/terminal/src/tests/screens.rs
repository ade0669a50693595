//! Snapshots of whole screens with their styles.

use super::super::appearance::{Appearance, Background, ColorDepth};
use super::super::theme::Theme;
use super::Driver;
use super::apps::{bare, panel, rack};
use lockstep_apps::snake::Snake;
use lockstep_apps::thermostat::Thermostat;
use lockstep_engine::registry::AppEntry;
use shipped_apps::shipped;

const LIGHT: Appearance = Appearance {
    background: Background::Light,
    colors: ColorDepth::TrueColor,
    unicode: true,
};

const PLAIN: Appearance = Appearance {
    background: Background::Dark,
    colors: ColorDepth::Monochrome,
    unicode: true,
};

fn small() -> Driver {
    Driver::lamp(40, 12)
}

fn normal() -> Driver {
    Driver::lamp(80, 24)
}

fn large() -> Driver {
    Driver::lamp(100, 30)
}

/// The lamp is switched on and breathes.
fn breathing(mut driver: Driver) -> Driver {
    driver.wait(300).press("a").wait(600);
    for _ in 0..2 {
        driver.press("B").wait(900).press("b").wait(200);
    }
    driver.wait(1_100);
    driver
}

/// Then it is locked, and on a second branch something else is pressed before that.
fn forked(driver: Driver) -> Driver {
    let mut driver = breathing(driver);
    driver.press("A B").wait(2_100).press("a b").wait(300);
    driver.press("Space g").text("3.4 s").press("Enter a Space");
    driver.wait(500).press("Space");
    driver
}

macro_rules! assert_screen {
    ($name:literal, $driver:expr) => {
        insta::assert_snapshot!($name, $driver.screen())
    };
}

#[test]
fn first_screens() {
    assert_screen!("first-40x12", small());
    assert_screen!("first-80x24", normal());
    assert_screen!("first-200x60", Driver::lamp(200, 60));
    assert_screen!("too-small-39x11", Driver::lamp(39, 11));
}

#[test]
fn the_lamp_breathes() {
    assert_screen!("breathing-100x30", breathing(large()));
    let plain = Driver::new(shipped(), 100, 30, Theme::new(PLAIN));
    assert_screen!("breathing-without-color-100x30", breathing(plain));
    let ascii = Driver::new(
        shipped(),
        80,
        24,
        Theme::new(Appearance {
            unicode: false,
            ..PLAIN
        }),
    );
    assert_screen!("breathing-ascii-80x24", breathing(ascii));
    let light = Driver::new(shipped(), 80, 24, Theme::new(LIGHT));
    assert_screen!("breathing-light-80x24", breathing(light));
    let light = Appearance {
        colors: ColorDepth::Ansi16,
        ..LIGHT
    };
    let light = Driver::new(shipped(), 80, 24, Theme::new(light));
    assert_screen!("breathing-light-16-colors-80x24", breathing(light));
}

#[test]
fn in_the_past_and_on_another_branch() {
    let mut past = breathing(normal());
    past.press("Space PgUp PgUp PgUp");
    assert_screen!("past-80x24", past);

    assert_screen!("new-branch-40x12", forked(small()));

    let mut list = forked(normal());
    list.press("v");
    assert_screen!("branches-80x24", list);

    let mut compared = forked(large());
    compared.press("v c");
    assert_screen!("compared-100x30", compared);
}

#[test]
fn waves_and_state() {
    let mut waves = breathing(large());
    waves.press("Tab Down Down Down Down Down zo zo b b m w");
    assert_screen!("waves-marked-and-measured-100x30", waves);

    let mut state = breathing(small());
    state
        .press("Tab Tab Tab Space g")
        .text("1 s")
        .press("Enter");
    assert_screen!("state-with-changes-40x12", state);
}

#[test]
fn overlays() {
    let mut help = small();
    help.press("? Down Down");
    assert_screen!("help-40x12", help);

    let mut menu = small();
    menu.press("x End");
    assert_screen!("menu-40x12", menu);

    let mut prompt = small();
    prompt.press("s Enter").text("-with-a-rather-long-name.scn");
    prompt.press("Left Left");
    assert_screen!("save-prompt-40x12", prompt);

    let mut question = small();
    question.press("a q");
    assert_screen!("quit-question-40x12", question);
}

#[test]
fn messages() {
    let mut wrong = small();
    wrong.press("g").text("soon").press("Enter");
    assert_screen!("error-40x12", wrong);

    let mut failed = normal();
    let scenario = b"app lamp\ntap A for 50 ms\nwait 400 ms\nexpect lamp is 75\nwait 1 s\n";
    failed.files.0.insert("wrong.scn".into(), scenario.to_vec());
    failed.press("o").text("wrong.scn").press("Enter");
    assert_screen!("failed-scenario-80x24", failed);
}

/// The thermostat is used by all that it has.
fn controlled(mut driver: Driver) -> Driver {
    driver.wait(300).press("Enter").text("18.5").press("Enter");
    driver
        .wait(200)
        .press("Down > >")
        .wait(100)
        .press("Down Enter");
    driver
        .text("status")
        .press("Enter")
        .wait(400)
        .press("Enter");
    driver
        .text("set 21.5\\r")
        .press("Enter")
        .wait(200)
        .press("Space");
    driver
}

#[test]
fn sliders_consoles_and_encoders() {
    let thermostat = AppEntry::of::<Thermostat>;
    let at = |width, height| controlled(Driver::of(thermostat(), width, height));
    assert_screen!("thermostat-40x12", at(40, 12));
    assert_screen!("thermostat-80x24", at(80, 24));
    assert_screen!("thermostat-120x40", at(120, 40));
    let mut hex = at(80, 24);
    hex.press("#");
    assert_screen!("thermostat-hex-80x24", hex);
    let mut prompt = at(80, 24);
    prompt.press("Enter").text("set 2");
    assert_screen!("thermostat-prompt-80x24", prompt);
    let plain = Appearance {
        unicode: false,
        ..PLAIN
    };
    let plain = Driver::new(vec![thermostat()], 80, 24, Theme::new(plain));
    assert_screen!("thermostat-ascii-80x24", controlled(plain));
    let mut full = Driver::of(rack(), 80, 24);
    full.press("Space Down Down Down Down Down Down Down");
    assert_screen!("more-rows-than-fit-80x24", full);
}

#[test]
fn pictures() {
    let playing = |width, height| {
        let mut driver = Driver::of(AppEntry::of::<Snake>(), width, height);
        driver.wait(500).press("a").wait(1_000).press("Space");
        driver
    };
    assert_screen!("snake-40x12", playing(40, 12));
    assert_screen!("snake-80x24", playing(80, 24));
}

#[test]
fn other_apps() {
    assert_screen!("nothing-to-press-or-see-40x12", Driver::of(bare(), 40, 12));
    let mut many = Driver::of(panel(), 40, 12);
    many.press("a").wait(40);
    assert_screen!("more-than-fits-40x12", many);
    let mut many = Driver::of(panel(), 100, 30);
    many.press("a c").wait(40);
    assert_screen!("more-than-fits-100x30", many);
}
