//! What sentences are read, and what is said of those that are not.

use std::fmt::Write;

use lockstep_engine::app;
use lockstep_engine::registry::Registry;

use crate::parser::parse;

fn registry() -> Registry {
    Registry::new(vec![
        app!(lockstep_apps::lamp::Lamp),
        app!(lockstep_apps::thermostat::Thermostat),
    ])
    .unwrap()
}

#[test]
fn the_sentences_of_the_page_are_read() {
    for rule in [
        "never lamp is above 0 while board is not ok",
        "whenever A is pressed and locked is off, lamp changes or log power is said within 320 ms",
        "after log lock on, no log level until log lock off",
        "lock: after log lock on, no log level until log lock off",
        "always heartbeat changes within 500 ms",
        "it is always possible to reach lamp is 0 within 5 s",
        "lamp becomes 100 at some time",
        "no log power before A is pressed",
        "before A is pressed, no log power",
        "while board is uart missing, status is on",
        "whenever lamp becomes on, lamp stays on for 10 ms",
        "whenever lamp changes, lamp stays for 10 ms",
        "whenever A is held and B is not held, locked is off holds for 1 ms",
        "never last log level is at least 101",
        "always not lamp is between 1 and 4",
        "safe means board is not ok",
        "assume A is held at least 20 ms",
        "assume buttons are released at least 20 ms",
        "assume at most one button at a time",
        "assume no resets",
        "assume no failed boots",
        "assume B is never pressed",
    ] {
        let text = format!("app lamp\n{rule}\n");
        if let Err(diagnostics) = parse(&text, &registry()) {
            panic!("{rule}: {diagnostics:?}");
        }
    }
    for rule in [
        "assume temperature is between 18 C and 22 C with steps of 0.5 C",
        "assume temperature is 21 C",
        "whenever temperature is below 10 C, heater is on within 1 ms",
        "never heater is on and fan is on",
    ] {
        let text = format!("app thermostat\n{rule}\n");
        if let Err(diagnostics) = parse(&text, &registry()) {
            panic!("{rule}: {diagnostics:?}");
        }
    }
}

#[test]
fn a_sentence_that_is_none_says_what_was_expected() {
    let mut shown = String::new();
    for rule in [
        "",
        "nver lamp is on",
        "never lmap is on",
        "never lamp is 101",
        "never power is on",
        "never lamp",
        "lamp is on",
        "whenever A is pressed, lamp changes within 0 ms",
        "whenever A is pressed, lamp changes within 300",
        "whenever A is pushed, lamp changes within 300 ms",
        "never log power up",
        "it is always possible to reach A is pressed",
        "lamp is on at some time while locked is on",
        "never lamp is on while locked is on while locked is off",
        "never lamp is on until",
        "lamp means locked is on",
        "assume A is held at most 3 ms",
        "assume lamp is 3",
        "assume at most zero buttons at a time",
        "never board is broken",
    ] {
        let text = format!("app lamp\n{rule}\n");
        writeln!(shown, "{rule}").unwrap();
        for it in parse(&text, &registry()).err().unwrap_or_default() {
            let help = it.help.map_or(String::new(), |help| format!(" ({help})"));
            writeln!(
                shown,
                "  {}: {}; {}{help}",
                it.span, it.message, it.expected
            )
            .unwrap();
        }
    }
    for text in [
        "",
        "# nothing\n",
        "never lamp is on\n",
        "app lmap\n",
        "app lamp lamp\n",
    ] {
        let it = parse(text, &registry()).err().unwrap_or_default();
        writeln!(shown, "{text:?}\n  {}; {}", it[0].message, it[0].expected).unwrap();
    }
    insta::assert_snapshot!(shown);
}
