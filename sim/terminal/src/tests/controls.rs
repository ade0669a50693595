//! Sliders, consoles and encoders, driven by keys and the mouse.

use crossterm::event::{MouseButton, MouseEventKind};
use lockstep_apps::thermostat::Thermostat;
use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::time::RunTicks;

use super::super::controls::Control;
use super::Driver;
use super::apps::{rack, slow_console};
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Action;

const TEMPERATURE: NumberId = NumberId(0);

fn thermostat() -> Driver {
    Driver::of(AppEntry::of::<Thermostat>(), 80, 24)
}

/// The inputs other than those of power-up, as in the events pane.
fn inputs(driver: &Driver) -> Vec<(u64, Action)> {
    let events = driver.ui.timeline.branch().events().iter();
    events.map(|event| (event.tick.0, event.action)).collect()
}

/// The bytes that arrived, and the ticks.
fn received(driver: &Driver) -> (Vec<u64>, String) {
    let bytes = inputs(driver).into_iter().filter_map(|it| match it {
        (tick, Action::Byte(_, byte)) => Some((tick, char::from(byte))),
        _ => None,
    });
    bytes.unzip()
}

#[test]
fn a_number_moves_by_one_of_its_last_digit_or_by_ten() {
    let mut driver = thermostat();
    driver.wait(100).press("> > } <");
    assert_eq!(driver.ui.number(TEMPERATURE), 211);
    driver.assert_shows("temperature").assert_shows("21.1 C");
    let set = |number| Action::Number(TEMPERATURE, number);
    assert_eq!(
        inputs(&driver),
        [
            (100, set(201)),
            (101, set(202)),
            (102, set(212)),
            (103, set(211))
        ]
    );
}

#[test]
fn a_number_stays_in_its_range() {
    let mut driver = thermostat();
    driver.press("Enter").text("124.9").press("Enter }");
    assert_eq!(driver.ui.number(TEMPERATURE), 1_250);
    driver
        .press(">")
        .assert_shows("`temperature` is 125.0 C already");
    assert_eq!(inputs(&driver).len(), 2);
}

#[test]
fn a_number_is_typed_with_or_without_its_unit() {
    let mut driver = thermostat();
    driver
        .press("Enter")
        .assert_shows("temperature, -55.0 C to 125.0 C:");
    driver.text("21.5 C").press("Enter");
    assert_eq!(driver.ui.number(TEMPERATURE), 215);
    driver.press("Enter").text("-4").press("Enter");
    assert_eq!(driver.ui.number(TEMPERATURE), -40);
}

#[test]
fn a_wrong_number_is_refused_and_the_range_shown() {
    for text in ["warm", "200", "21.55", "21 F", "21 C now", "2,5"] {
        let mut driver = thermostat();
        driver.press("Enter").text(text).press("Enter");
        let status = driver.ui.message.as_ref().unwrap();
        assert!(status.is_error, "{text}");
        let needs_range = ["200", "21.55"].contains(&text);
        assert!(
            !needs_range || status.text.contains("-55.0 C to 125.0 C"),
            "{}",
            status.text
        );
        assert_eq!(inputs(&driver), [], "{text}");
    }
}

#[test]
fn a_number_set_in_the_past_forks_a_branch() {
    let mut driver = thermostat();
    driver.wait(500).press(">").wait(500).press("Space g");
    driver.text("200").press("Enter <");
    assert_eq!(driver.ui.timeline.branches().len(), 2);
    assert_eq!(inputs(&driver), [(200, Action::Number(TEMPERATURE, 199))]);
    driver.press("u");
    assert_eq!(driver.ui.timeline.branches().len(), 1);
}

#[test]
fn the_mouse_sets_a_number_on_its_bar() {
    let mut driver = thermostat();
    let (bracket, row) = driver.place_of("[━");
    let left = bracket + 1;
    let right = left + 25;
    driver.mouse(MouseEventKind::Down(MouseButton::Left), left, row);
    assert_eq!(driver.ui.number(TEMPERATURE), -550);
    driver.mouse(MouseEventKind::Drag(MouseButton::Left), left + 10, row);
    let middle = driver.ui.number(TEMPERATURE);
    assert!(
        (-550..1_250).contains(&middle) && middle % 10 == 0,
        "{middle}"
    );
    // The pointer may leave the bar.
    driver.mouse(MouseEventKind::Drag(MouseButton::Left), right + 40, row + 9);
    assert_eq!(driver.ui.number(TEMPERATURE), 1_250);
    driver.up();
    let before = inputs(&driver).len();
    driver.mouse(MouseEventKind::Drag(MouseButton::Left), left, row);
    assert_eq!(inputs(&driver).len(), before);
    driver.mouse(MouseEventKind::ScrollDown, left, row);
    assert_eq!(driver.ui.number(TEMPERATURE), 1_249);
}

#[test]
fn an_encoder_turns_by_clicks_of_four_moves() {
    let mut driver = thermostat();
    driver.wait(100).press("Down > >");
    driver
        .assert_shows("+2 clicks")
        .assert_shows("setpoint 21.0 C");
    let ticks: Vec<_> = inputs(&driver).iter().map(|it| it.0).collect();
    assert_eq!(ticks, [100, 101, 102, 103, 104, 105, 106, 107]);
    assert_eq!(driver.ui.end(), RunTicks(108));
    driver.press("<").assert_shows("+1 click ");
    driver.press("{").assert_shows("-9 clicks");
    driver.press("u").assert_shows("+1 click ");
    let (column, row) = driver.place_of("knob");
    driver.mouse(MouseEventKind::ScrollUp, column, row);
    driver.assert_shows("+2 clicks");
}

#[test]
fn an_encoder_is_not_turned_between_two_clicks() {
    let mut driver = thermostat();
    driver.wait(100).press("Down > Space Left Left >");
    driver.assert_shows("`knob` is between two clicks here");
    assert_eq!(driver.ui.timeline.branches().len(), 1);
}

#[test]
fn the_contacts_of_an_encoder_are_no_buttons() {
    let mut driver = thermostat();
    driver.press("k 1 a 2");
    assert_eq!(inputs(&driver), []);
    assert!(!driver.shows("[ knob-a ]"));
    driver.press("x");
    assert!(!driver.shows("press a button"));
}

#[test]
fn a_typed_line_is_sent_and_answered() {
    let mut driver = thermostat();
    driver
        .wait(100)
        .press("Down Down Enter")
        .assert_shows("send uart:");
    driver.text("status").press("Enter");
    assert_eq!(received(&driver), (vec![100; 7], "status\n".to_owned()));
    driver.assert_shows("> status\\n");
    driver.assert_shows("< temp 20.0 set 20.0 heater off fan");
    driver.press("Space [");
    assert!(!driver.shows("> status\\n"), "it lies after the cursor");
}

#[test]
fn a_line_may_have_escapes_and_blanks_and_be_empty() {
    let mut driver = thermostat();
    driver
        .press("Down Down Enter")
        .text("  a\\r\\x1b\"\\t")
        .press("Enter");
    assert_eq!(received(&driver).1, "  a\r\u{1b}\"\t\n");
    driver.press("Enter Enter");
    assert_eq!(received(&driver).1, "  a\r\u{1b}\"\t\n\n");
    driver.press("Enter").text("a\\q").press("Enter");
    driver.assert_shows("unknown escape `\\q`; expected `\\n`");
    assert_eq!(received(&driver).1.len(), 9);
}

#[test]
fn bytes_arrive_at_the_baud_rate_and_a_tap_ends_meanwhile() {
    let mut driver = Driver::of(slow_console(), 80, 24);
    driver
        .wait(100)
        .press("a Enter")
        .text("0123456789")
        .press("Enter");
    let (ticks, text) = received(&driver);
    assert_eq!(text, "0123456789\n");
    assert_eq!(
        ticks,
        (0..11).map(|byte| 101 + byte * 10).collect::<Vec<_>>()
    );
    let moves: Vec<_> = inputs(&driver)
        .into_iter()
        .filter(|(_, action)| matches!(action, Action::Button(..)))
        .map(|(tick, _)| tick)
        .collect();
    assert_eq!(moves, [100, 160]);
    // All of the line is taken back at once.
    driver.press("u");
    assert_eq!(received(&driver).1, "");
}

#[test]
fn bytes_are_shown_in_hex() {
    let mut driver = thermostat();
    driver.press("Down Down Enter").text("hi").press("Enter #");
    driver
        .assert_shows("115200 baud, hex")
        .assert_shows("> 68 69 0a");
    driver.press("#").assert_shows("> hi\\n");
}

#[test]
fn an_app_of_buttons_says_what_it_has_not() {
    for keys in ["<", ">", "{", "}", "Enter"] {
        let mut driver = Driver::lamp(80, 24);
        driver
            .press(keys)
            .assert_shows("the app has no number inputs, encoders");
    }
}

#[test]
fn every_control_of_a_full_board_is_reached() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut driver = Driver::of(rack(), width, height);
        driver.press("Space Down Up");
        for index in 0..driver.ui.controls.len() {
            let name = match driver.ui.selected_control() {
                Some(Control::Number(NumberId(id))) => format!("▸level-{id:02}"),
                Some(Control::Serial(SerialId(id))) => format!("▸line-{id}"),
                other => panic!("{other:?}"),
            };
            driver.assert_shows(&name);
            assert_eq!(driver.ui.board.selected, index);
            driver.press("Down");
        }
        for _ in 0..60 {
            driver.press("Up");
        }
        driver.assert_shows("○ lamp-00");
    }
}
