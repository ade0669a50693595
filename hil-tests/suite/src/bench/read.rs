//! A bench file, read: its keys and their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lockstep_core::time::Ticks;
use lockstep_engine::diagnostic::{Diagnostic, closest, one_of};
use lockstep_engine::sanitize::excerpt;
use lockstep_pins::{Pin, PinMap};
use lockstep_virtual_board::machine::MACHINE;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::Told;
use super::inputs::Inputs;
use super::{Ability, BENCH, Bench, Probe, RealProbe, VIRTUAL};

/// The longest bench file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The longest name of a bench and of a chip, in characters.
pub const MAX_NAME: usize = 64;

/// The longest serial number of a probe, in characters.
pub const MAX_SERIAL: usize = 64;

/// The fastest clock between probe and chip, in kHz.
pub const MAX_SPEED: u32 = 100_000;

/// The largest tolerance, in ticks.
pub const MAX_TOLERANCE: u32 = 1_000;

/// The keys of a bench file.
const KEYS: [&str; 10] = [
    "board",
    "cannot",
    "chip",
    "connect_under_reset",
    "probe",
    "protocol",
    "serial_starts_with",
    "speed",
    "tolerance",
    "wiring",
];

/// Those that mean nothing where the board is a virtual one.
const REAL_ONLY: [&str; 6] = [
    "chip",
    "connect_under_reset",
    "protocol",
    "serial_starts_with",
    "speed",
    "wiring",
];

const SELECTOR: &str = "expected `virtual`, or VID:PID or VID:PID:SERIAL as `probe-rs list` shows";

/// Reads the bench of this file; `boards` are those it can be for.
///
/// # Errors
///
/// Everything that is wrong with the text, by place.
pub fn read(path: &Path, text: &str, boards: &[Inputs]) -> Result<Bench, Vec<Diagnostic>> {
    let (table, mut told) = Told::parse(text);
    let table = table.get_ref();
    told.refuse_unknown(table, &KEYS);
    let name = name(path, &mut told);
    let inputs = board(table, boards, &mut told);
    let chip = chip(table, &mut told);
    let probe = probe(table, &mut told);
    let protocol = protocol(table, &mut told);
    let speed = told.number(table, "speed", 1..MAX_SPEED + 1, " kHz");
    let connect_under_reset = told.flag(table, "connect_under_reset");
    let most = MAX_TOLERANCE + 1;
    let tolerance = told.number(table, "tolerance", 0..most, " ticks of 1 ms");
    let cannot = cannot(table, &mut told);
    let wiring = inputs.map(|inputs| wiring(table, inputs, &mut told));
    if probe == Some(Probe::Virtual) {
        refuse_real_only(table, inputs, boards, &mut told);
    }
    let problems = told.into_problems();
    match (name, inputs, probe) {
        (Some(name), Some(inputs), Some(probe)) if problems.is_empty() => Ok(Bench {
            name,
            path: path.to_owned(),
            board: inputs.board.clone(),
            chip: chip.unwrap_or_else(|| inputs.board.chip.clone()),
            probe,
            protocol: protocol.unwrap_or(WireProtocol::Swd),
            speed,
            connect_under_reset: connect_under_reset.unwrap_or_default(),
            wiring: wiring.unwrap_or_default(),
            tolerance: Ticks(tolerance.unwrap_or_default()),
            cannot,
        }),
        _ => Err(problems),
    }
}

/// The name of the file is that of the bench: it stands in names of tests and in `--bench`.
fn name(path: &Path, told: &mut Told<'_>) -> Option<String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !stem.is_empty() && stem.len() <= MAX_NAME && stem.chars().all(fits) {
        return Some(stem.into_owned());
    }
    told.push(
        0..0,
        &format!("`{}` cannot be the name of a bench", excerpt(&stem)),
        &format!("expected at most {MAX_NAME} small letters, digits and `-`"),
        Some(format!(
            "the bench is named like its file: rename it, such as `my-board.{BENCH}`"
        )),
    );
    None
}

fn board<'i>(table: &DeTable<'_>, boards: &'i [Inputs], told: &mut Told<'_>) -> Option<&'i Inputs> {
    let names = || boards.iter().map(|inputs| inputs.board.name.as_str());
    let expected = format!("expected {}", one_of(names()));
    if !table.contains_key("board") {
        let example = boards.first().map_or("NAME", |inputs| &inputs.board.name);
        let expected = format!("expected a line such as `board = \"{example}\"`");
        told.add(0..0, "the bench does not name its board", &expected);
    }
    let named = told.text(table, "board", &expected)?;
    let found = boards
        .iter()
        .find(|inputs| inputs.board.name == *named.get_ref());
    if found.is_none() {
        told.push(
            named.span(),
            &format!("there is no board `{}`", excerpt(named.get_ref())),
            &expected,
            closest(named.get_ref(), names()).map(|meant| format!("did you mean `{meant}`?")),
        );
    }
    found
}

fn chip(table: &DeTable<'_>, told: &mut Told<'_>) -> Option<String> {
    let expected = "expected a name that `probe-rs chip list` shows, such as `nRF51822_xxAA`";
    let chip = told.text(table, "chip", expected)?;
    if is_name(chip.get_ref()) {
        return Some(chip.into_inner());
    }
    told.add(chip.span(), "this cannot be the name of a chip", expected);
    None
}

/// Whether it is a short text that can be seen, without spaces.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(|c| c.is_ascii_graphic())
}

fn probe(table: &DeTable<'_>, told: &mut Told<'_>) -> Option<Probe> {
    if !table.contains_key("probe") {
        let expected = "expected a line such as `probe = \"virtual\"` or `probe = \"0d28:0204\"`";
        told.add(0..0, "the bench does not name its probe", expected);
    }
    let named = told.text(table, "probe", SELECTOR)?;
    if named.get_ref() == VIRTUAL {
        return Some(Probe::Virtual);
    }
    match selector(named.get_ref()) {
        Ok(selector) => Some(Probe::Real(RealProbe {
            selector,
            serials: serials(table, told)?,
        })),
        Err(reason) => {
            let message = format!("this names no probe: {reason}");
            told.add(named.span(), &message, SELECTOR);
            None
        }
    }
}

/// A probe as probe-rs reads it, with a serial number that can name a file.
pub(super) fn selector(text: &str) -> Result<DebugProbeSelector, String> {
    let selector: DebugProbeSelector = text
        .parse()
        .map_err(|_| format!("`{}` is no selector", excerpt(text)))?;
    match &selector.serial_number {
        Some(serial) if !is_serial(serial) => Err(format!(
            "a serial number has at most {MAX_SERIAL} ASCII characters that can be seen"
        )),
        _ => Ok(selector),
    }
}

fn is_serial(text: &str) -> bool {
    text.len() <= MAX_SERIAL && text.chars().all(|c| c.is_ascii_graphic())
}

fn serials(table: &DeTable<'_>, told: &mut Told<'_>) -> Option<Vec<String>> {
    let expected = "expected beginnings of serial numbers, such as `[\"9900\", \"9901\"]`";
    let serials = told.texts(table, "serial_starts_with", expected);
    let mut read = Vec::new();
    for serial in &serials {
        let text = serial.get_ref();
        if text.is_empty() || !is_serial(text) {
            let message = "no serial number that can be named begins like this";
            told.add(serial.span(), message, expected);
            return None;
        }
        read.push(text.clone());
    }
    Some(read)
}

fn protocol(table: &DeTable<'_>, told: &mut Told<'_>) -> Option<WireProtocol> {
    let expected = "expected `swd` or `jtag`";
    let named = told.text(table, "protocol", expected)?;
    let protocol = named.get_ref().parse().ok();
    if protocol.is_none() {
        let message = format!("there is no protocol `{}`", excerpt(named.get_ref()));
        told.add(named.span(), &message, expected);
    }
    protocol
}

fn cannot(table: &DeTable<'_>, told: &mut Told<'_>) -> BTreeSet<Ability> {
    let words = Ability::ALL.map(Ability::word);
    let expected = format!("expected a list of {}", one_of(words));
    let mut cannot = BTreeSet::new();
    for named in told.texts(table, "cannot", &expected) {
        let word = named.get_ref().as_str();
        match Ability::ALL
            .into_iter()
            .find(|ability| ability.word() == word)
        {
            Some(ability) => {
                cannot.insert(ability);
            }
            None => told.push(
                named.span(),
                &format!("nothing a bench can do is called `{}`", excerpt(word)),
                &expected,
                closest(word, words).map(|meant| format!("did you mean `{meant}`?")),
            ),
        }
    }
    cannot
}

fn wiring(table: &DeTable<'_>, inputs: &Inputs, told: &mut Told<'_>) -> BTreeMap<Pin, Pin> {
    let pins = inputs.pins();
    let listed = pins.iter().map(|(pin, buttons)| {
        let buttons = buttons.join(" and ");
        format!("`{pin}` ({buttons})")
    });
    let listed = listed.collect::<Vec<_>>().join(", ");
    let expected = format!("expected an input of `{}`: {listed}", inputs.board.name);
    let mut wiring = BTreeMap::new();
    let Some(value) = table.get("wiring") else {
        return wiring;
    };
    let DeValue::Table(wires) = value.get_ref() else {
        let expected = "expected a table `[wiring]` with a line for each input";
        told.mistyped::<()>(value, expected);
        return wiring;
    };
    for (key, value) in wires {
        let input = key.get_ref().parse().ok();
        let Some(input) = input.filter(|input| pins.contains_key(input)) else {
            let message = format!("the board has no input `{}`", excerpt(key.get_ref()));
            told.push(key.span(), &message, &expected, quote(value));
            continue;
        };
        let Some(driver) = driver(value, &inputs.map, told) else {
            continue;
        };
        if wiring.contains_key(&input) {
            let message = format!("`{input}` has a wire already");
            told.add(key.span(), &message, "expected one line for each input");
        }
        if let Some((earlier, _)) = wiring.iter().find(|(_, other)| **other == driver) {
            let message = format!("`{driver}` drives `{earlier}` already");
            told.add(value.span(), &message, "expected a pin of its own");
        }
        wiring.insert(input, driver);
    }
    wiring
}

/// Without quotes `P0.17` is a table `P0` with a key `17`.
fn quote(value: &Spanned<DeValue<'_>>) -> Option<String> {
    let table = value.get_ref().as_table()?;
    let number = table.keys().next()?.get_ref();
    let is_number = number.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| format!("put the pin in quotes, such as `\"P0.{number}\" = …`"))
}

/// The pin at the other end of a jumper: one that nothing else uses.
fn driver(value: &Spanned<DeValue<'_>>, map: &PinMap, told: &mut Told<'_>) -> Option<Pin> {
    let expected = "expected `\"none\"`, or a free pin of the board, such as `\"P0.20\"`";
    let named = match value.get_ref() {
        DeValue::String(none) if none == "none" => return None,
        DeValue::String(named) => named,
        _ => return told.mistyped(value, expected),
    };
    let message = match named.parse() {
        Err(_) => format!("`{}` is no pin", excerpt(named)),
        Ok(pin) if !map.has(pin) => format!("the chip has no pin `{pin}`"),
        Ok(pin) => match map.use_of(pin) {
            None => return Some(pin),
            Some(used) => format!("`{pin}` is {used}"),
        },
    };
    told.add(value.span(), &message, expected);
    None
}

/// A key that changes nothing would only seem to.
fn refuse_real_only(
    table: &DeTable<'_>,
    inputs: Option<&Inputs>,
    boards: &[Inputs],
    told: &mut Told<'_>,
) {
    let expected = "expected it only where a real probe is named";
    for (key, _) in table {
        if REAL_ONLY.contains(&key.get_ref().as_ref()) {
            let message = format!("`{}` means nothing on a virtual board", key.get_ref());
            told.push(key.span(), &message, expected, Some("delete it".to_owned()));
        }
    }
    if let Some(value) = table.get("tolerance")
        && value
            .get_ref()
            .as_integer()
            .is_some_and(|n| n.as_str() != "0")
    {
        let message = "a virtual board is exact to the tick";
        told.add(value.span(), message, "expected 0, or no `tolerance`");
    }
    if let (Some(inputs), Some(value)) = (inputs, table.get("board"))
        && !is_emulated(inputs)
    {
        let message = format!("there is no virtual `{}`", inputs.board.name);
        let emulated = boards.iter().filter(|inputs| is_emulated(inputs));
        let names = one_of(emulated.map(|inputs| inputs.board.name.as_str()));
        told.add(value.span(), &message, &format!("expected {names}"));
    }
}

/// Whether the virtual board can be this board.
fn is_emulated(inputs: &Inputs) -> bool {
    inputs.board.machine.as_deref() == Some(MACHINE)
}
