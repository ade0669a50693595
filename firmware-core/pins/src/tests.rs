//! Pin maps that are read, and what is said of those that are not.

use std::path::Path;

use super::*;

const SMALL: &str = r#"
ports = [32, 10]
level_registers = [0x5000_0504, 0x5000_0804]

[contacts]
active = "low"

[apps.blinker.buttons]
button = "P0.17"

[apps.blinker.outputs]
led = "P0.03"

[apps.blinker.serial]
uart = { tx = "P0.24", rx = "P0.25" }

[matrix]
rows = ["P0.13"]
columns = ["P1.04"]
picture = [
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
]
"#;

fn parse(text: &str) -> Result<PinMap, InvalidPinMap> {
    PinMap::parse(text, Path::new("pins.toml"))
}

/// What is said when this part of the small map is another.
#[track_caller]
fn error_with(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from));
    parse(&SMALL.replace(from, to)).unwrap_err().to_string()
}

fn without_matrix() -> &'static str {
    SMALL.split_once("[matrix]").unwrap().0
}

#[test]
fn the_port_is_above_the_pin_in_the_number_of_a_pin() {
    let map = parse(SMALL).unwrap();
    let matrix = map.matrix.unwrap();
    assert_eq!(map.apps["blinker"].buttons["button"].select(), 17);
    assert_eq!(matrix.columns[0].select(), 36);
    assert_eq!(matrix.columns[0].to_string(), "P1.04");
}

#[test]
fn a_text_that_is_not_a_pin_is_shown_in_its_line() {
    for wrong in ["17", "P0.32", "P11.01", "P0.+1", "P0.", "p0.01"] {
        let error = error_with("P0.17", wrong);
        assert!(
            error.contains("pins.toml:9:10") && error.contains("such as `P0.17`"),
            "{error}"
        );
    }
}

#[test]
fn a_pin_with_two_uses_is_refused() {
    assert_eq!(
        error_with("P0.03", "P0.17"),
        r#"P0.17 is both button button of blinker and output led of blinker
  --> pins.toml:12:7
   |
12 | led = "P0.17"
   |       ^^^^^^^ expected one use for each pin"#
    );
}

#[test]
fn every_problem_is_shown_once() {
    let text = SMALL.replace("P0.03", "P0.17").replace("P1.04", "P1.10");
    let second_app = "[apps.second.outputs]\nled = \"P0.02\"\n\n[matrix]";
    let error = parse(&text.replace("[matrix]", second_app)).unwrap_err();
    let messages: Vec<_> = error
        .diagnostics()
        .iter()
        .map(|diagnostic| &diagnostic.message)
        .collect();
    assert_eq!(
        messages,
        [
            "a column of the matrix is at P1.10, which the chip does not have",
            "P0.17 is both button button of blinker and output led of blinker",
        ]
    );
}

#[test]
fn a_pin_that_the_chip_does_not_have_is_refused() {
    for wrong in ["P1.10", "P1.31"] {
        let error = error_with("P0.03", wrong);
        assert!(error.contains("output led of blinker is at P1."), "{error}");
        assert!(error.contains("port 1 has the pins 0 to 9"), "{error}");
    }
    let error = error_with("[32, 10]", "[32]");
    assert!(error.contains("the last port is 0"), "{error}");
}

#[test]
fn an_led_outside_the_matrix_is_refused() {
    let error = error_with(
        "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],\n]",
        "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 1]],\n]",
    );
    assert!(error.contains("no LED in row 0 and column 1"), "{error}");
    assert!(error.contains("pins.toml:25:38"), "{error}");
}

#[test]
fn a_matrix_has_at_most_sixteen_rows() {
    let pins: Vec<_> = (0..17).map(|pin| format!("\"P0.{pin:02}\"")).collect();
    let error = error_with(
        "rows = [\"P0.13\"]",
        &format!("rows = [{}]", pins.join(", ")),
    );
    assert!(error.contains("the matrix has 17 rows"), "{error}");
}

#[test]
fn a_board_needs_no_matrix() {
    let map = parse(without_matrix()).unwrap();
    assert_eq!(map.matrix, None);
    assert!(map.to_rust().contains("matrix: None"), "{}", map.to_rust());
}

#[test]
fn an_app_without_buttons_needs_no_table_of_them() {
    let text = without_matrix().replace("[apps.blinker.buttons]\nbutton = \"P0.17\"\n", "");
    assert!(parse(&text).unwrap().apps["blinker"].buttons.is_empty());
}

#[test]
fn a_port_without_a_register_is_refused() {
    let error = error_with("[0x5000_0504, 0x5000_0804]", "[0x5000_0504]");
    assert!(error.contains("1 registers for 2 ports"), "{error}");
    assert!(error.contains("pins.toml:3:19"), "{error}");
}

#[test]
fn drive_registers_are_named_for_every_port_or_for_none() {
    assert_eq!(parse(SMALL).unwrap().drive_registers, None);
    let one = "{ high = 8, low = 12, output = 24, input = 28 }";
    let with = |list: &str| {
        SMALL.replace(
            "[contacts]",
            &format!("drive_registers = {list}\n[contacts]"),
        )
    };
    let both = parse(&with(&format!("[{one}, {one}]"))).unwrap();
    assert_eq!(both.drive_registers.unwrap()[1].input, 28);
    let error = parse(&with(&format!("[{one}]"))).unwrap_err().to_string();
    assert!(error.contains("1 registers for 2 ports"), "{error}");
}

#[test]
fn a_pin_has_the_use_it_has_in_any_app() {
    let map = parse(SMALL).unwrap();
    let of = |pin: &str| map.use_of(pin.parse().unwrap());
    assert_eq!(of("P0.17").as_deref(), Some("button button of blinker"));
    assert_eq!(of("P1.04").as_deref(), Some("a pin of the matrix"));
    assert_eq!(of("P0.30"), None);
    assert!(!map.has("P1.10".parse().unwrap()));
}

#[test]
fn a_port_has_at_most_32_pins() {
    for wrong in [
        "[99, 10]",
        "[0, 10]",
        "[]",
        "[8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]",
    ] {
        assert!(error_with("[32, 10]", wrong).contains("1 to 32 pins"));
    }
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(error_with("[matrix]", "[matrix]\ncolour = 1").contains("colour"));
}

#[test]
fn the_generated_constant_has_every_pin() {
    let expected = r#"/// The pin map of the board, from `pins.toml`.
pub const PINS: ::lockstep_board::pins::PinMap = ::lockstep_board::pins::PinMap {
    active_low: true,
    apps: &[
        ::lockstep_board::pins::AppPins {
            name: "blinker",
            buttons: &[("button", 17)],
            outputs: &[("led", 3)],
            serial: &[("uart", ::lockstep_board::pins::SerialPins { tx: 24, rx: 25 })],
        },
    ],
    matrix: None,
};

/// The register with the pin levels of each port, from `pins.toml`.
#[allow(dead_code, reason = "a crate for the chip may know them")]
pub const LEVEL_REGISTERS: [usize; 2] = [1342178564, 1342179332];
"#;
    assert_eq!(parse(without_matrix()).unwrap().to_rust(), expected);
}

#[test]
fn pins_of_one_chip_are_named_in_one_way() {
    assert_eq!(
        error_with("led = \"P0.03\"", "led = \"PA3\"")
            .lines()
            .next(),
        Some("PA3 and P0.17 are not named in one way")
    );
}

#[test]
fn chips_have_pins_by_the_names_of_their_makers() {
    let map = |button: &str, led: &str, ports: &str| {
        let text = without_matrix()
            .replace("P0.17", button)
            .replace("P0.03", led);
        let text = text.split("[apps.blinker.serial]").next().unwrap();
        let text = text.replace("[32, 10]", ports);
        let count = ports.matches(',').count() + 1;
        let registers = vec!["1"; count].join(", ");
        parse(&text.replace("0x5000_0504, 0x5000_0804", &registers))
    };
    let nucleo = map("PC13", "PA5", "[16, 16, 16]").unwrap();
    assert_eq!(nucleo.apps["blinker"].buttons["button"].select(), 77);
    let pico = map("GPIO15", "GPIO25", "[30]").unwrap();
    assert_eq!(pico.apps["blinker"].outputs["led"].select(), 25);
    let error = map("PC16", "PA5", "[16, 16, 16]").unwrap_err().to_string();
    assert!(
        error.contains("the port has the pins PC0 to PC15"),
        "{error}"
    );
    let error = map("PD1", "PA5", "[16, 16, 16]").unwrap_err().to_string();
    assert!(error.contains("the last port is C"), "{error}");
    let error = map("GPIO30", "GPIO1", "[30]").unwrap_err().to_string();
    assert!(
        error.contains("the port has the pins GPIO0 to GPIO29"),
        "{error}"
    );
}
