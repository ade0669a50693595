//! Reads a bench file: what its values mean, and their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::{Diagnostic, closest, one_of};
use lockstep_engine::sanitize::excerpt;
use lockstep_pins::{Pin, PinMap};
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use toml::Spanned;

use super::board_pins::BoardPins;
use super::diagnostics::Diagnostics;
use super::file::{self, BenchFile};
use super::{BENCH, Bench, Capability, Probe, ProbeMatcher, VIRTUAL};

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

/// Keys that have no effect on a virtual board.
const REAL_ONLY: [&str; 7] = [
    "chip",
    "connect_under_reset",
    "protocol",
    "serial_starts_with",
    "speed",
    "uart",
    "wiring",
];

/// Reads the bench of this file; `boards` are those it can be for.
///
/// # Errors
///
/// Everything that is wrong with the text, in its order.
pub fn read(path: &Path, text: &str, boards: &[BoardPins]) -> Result<Bench, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::new(text);
    let expected = |keys: &[String]| expected(keys, boards);
    let (file, keys) = file::parse(text, expected, &mut diagnostics);
    let mut reader = Reader {
        file: &file,
        keys: &keys,
        boards,
        diagnostics,
    };
    let name = reader.name(path);
    let board = reader.board();
    let chip = reader.chip();
    let probe = reader.probe();
    let protocol = reader.protocol();
    let speed = reader.number("speed", file.speed.as_ref(), 1..=MAX_SPEED);
    let tolerance = reader.number("tolerance", file.tolerance.as_ref(), 0..=MAX_TOLERANCE);
    let uart = reader.uart();
    let missing_capabilities = reader.missing_capabilities();
    let wiring = board.map(|board| reader.wiring(board));
    if probe == Some(Probe::Virtual) {
        reader.refuse_real_only(board);
    }
    let problems = reader.diagnostics.into_problems();
    match (name, board, probe) {
        (Some(name), Some(board), Some(probe)) if problems.is_empty() => Ok(Bench {
            name,
            path: path.to_owned(),
            board: board.board.clone(),
            chip: chip.unwrap_or_else(|| board.board.chip.clone()),
            probe,
            protocol: protocol.unwrap_or(WireProtocol::Swd),
            speed,
            connect_under_reset: file.connect_under_reset.unwrap_or_default(),
            wiring: wiring.unwrap_or_default(),
            tolerance: RunTicks(tolerance.unwrap_or_default().into()),
            uart,
            missing_capabilities,
        }),
        _ => Err(problems),
    }
}

/// What the value at this path of keys should be.
fn expected<K: AsRef<str>>(path: &[K], boards: &[BoardPins]) -> String {
    let path: Vec<_> = path.iter().map(AsRef::as_ref).collect();
    let fixed = match path[..] {
        ["board"] => return format!("expected {}", one_of(board_names(boards))),
        ["chip"] => "expected a name that `probe-rs chip list` shows, such as `nRF51822_xxAA`",
        ["connect_under_reset"] => "expected `true` or `false`",
        ["missing_capabilities"] => {
            let names = Capability::ALL.map(Capability::name);
            return format!("expected a list of {}", one_of(names));
        }
        ["probe"] => {
            "expected `virtual`, or VID:PID or VID:PID:SERIAL as `probe-rs list` shows them"
        }
        ["protocol"] => "expected `swd` or `jtag`",
        ["serial_starts_with"] => {
            "expected a list of serial number prefixes, such as `[\"9900\", \"9901\"]`"
        }
        ["speed"] => return format!("expected a whole number from 1 to {MAX_SPEED} (kHz)"),
        ["tolerance"] => {
            return format!("expected a whole number from 0 to {MAX_TOLERANCE} (ticks of 1 ms)");
        }
        ["uart"] => {
            "expected the path of a serial port, such as `/dev/ttyACM0`, or better one below \
             `/dev/serial/by-id`, which stays the same"
        }
        ["wiring"] => "expected a table `[wiring]` with one line per input",
        _ => "expected `\"none\"`, or a free pin of the board, such as `\"P0.20\"`",
    };
    fixed.to_owned()
}

fn board_names(boards: &[BoardPins]) -> impl Iterator<Item = &str> {
    boards.iter().map(|board| board.board.name.as_str())
}

/// Checks the values of a bench file.
struct Reader<'t, 'f> {
    file: &'f BenchFile,
    keys: &'f BTreeMap<String, Range<usize>>,
    boards: &'f [BoardPins],
    diagnostics: Diagnostics<'t>,
}

impl<'f> Reader<'_, 'f> {
    fn expected(&self, key: &str) -> String {
        expected(&[key], self.boards)
    }

    /// Adds that the value of a key cannot be used.
    fn refuse(&mut self, key: &str, span: Range<usize>, message: &str) {
        let expected = self.expected(key);
        self.diagnostics.add(span, message, &expected);
    }

    /// The name of the file is that of the bench: it is part of test names and of `--bench`.
    fn name(&mut self, path: &Path) -> Option<String> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !stem.is_empty() && stem.len() <= MAX_NAME && stem.chars().all(fits) {
            return Some(stem.into_owned());
        }
        self.diagnostics.add_with_help(
            0..0,
            &format!("`{}` is not a valid name of a bench", excerpt(&stem)),
            &format!("expected at most {MAX_NAME} lower-case letters, digits and `-`"),
            Some(format!(
                "a bench has the name of its file: rename the file, for example to `my-board.{BENCH}`"
            )),
        );
        None
    }

    fn board(&mut self) -> Option<&'f BoardPins> {
        let Some(name) = &self.file.board else {
            let example = board_names(self.boards).next().unwrap_or("NAME");
            let expected = format!("expected a line such as `board = \"{example}\"`");
            self.missing("board", &expected);
            return None;
        };
        let found = self
            .boards
            .iter()
            .find(|board| board.board.name == *name.get_ref());
        if found.is_none() {
            let meant = closest(name.get_ref(), board_names(self.boards));
            let expected = self.expected("board");
            self.diagnostics.add_with_help(
                name.span(),
                &format!("unknown board `{}`", excerpt(name.get_ref())),
                &expected,
                meant.map(|meant| format!("did you mean `{meant}`?")),
            );
        }
        found
    }

    /// Adds that a key is missing, unless it is there with a value that was rejected already.
    fn missing(&mut self, key: &str, expected: &str) {
        if !self.keys.contains_key(key) {
            let message = format!("the key `{key}` is missing");
            self.diagnostics.add(0..0, &message, expected);
        }
    }

    fn uart(&mut self) -> Option<PathBuf> {
        let uart = self.file.uart.as_ref()?;
        if Path::new(uart.get_ref()).is_absolute() {
            return Some(uart.get_ref().into());
        }
        let message = format!("`{}` is not an absolute path", excerpt(uart.get_ref()));
        self.refuse("uart", uart.span(), &message);
        None
    }

    fn chip(&mut self) -> Option<String> {
        let chip = self.file.chip.as_ref()?;
        if is_name(chip.get_ref()) {
            return Some(chip.get_ref().clone());
        }
        let message = format!(
            "`{}` is not a valid name of a chip",
            excerpt(chip.get_ref())
        );
        self.refuse("chip", chip.span(), &message);
        None
    }

    fn probe(&mut self) -> Option<Probe> {
        let Some(name) = &self.file.probe else {
            let expected =
                "expected a line such as `probe = \"virtual\"` or `probe = \"0d28:0204\"`";
            self.missing("probe", expected);
            return None;
        };
        if name.get_ref() == VIRTUAL {
            return Some(Probe::Virtual);
        }
        match selector(name.get_ref()) {
            Ok(selector) => Some(Probe::Real(ProbeMatcher {
                selector,
                serial_prefixes: self.serial_prefixes()?,
            })),
            Err(message) => {
                self.refuse("probe", name.span(), &message);
                None
            }
        }
    }

    fn serial_prefixes(&mut self) -> Option<Vec<String>> {
        let mut prefixes = Vec::new();
        for prefix in &self.file.serial_starts_with {
            let text = prefix.get_ref();
            if text.is_empty() || !is_serial(text) {
                let message = match text.is_empty() {
                    true => "an empty prefix fits every serial number".to_owned(),
                    false => format!("no serial number begins with `{}`", excerpt(text)),
                };
                self.refuse("serial_starts_with", prefix.span(), &message);
                return None;
            }
            prefixes.push(text.clone());
        }
        Some(prefixes)
    }

    fn protocol(&mut self) -> Option<WireProtocol> {
        let name = self.file.protocol.as_ref()?;
        let protocol = name.get_ref().parse().ok();
        if protocol.is_none() {
            let message = format!("unknown protocol `{}`", excerpt(name.get_ref()));
            self.refuse("protocol", name.span(), &message);
        }
        protocol
    }

    fn number(
        &mut self,
        key: &str,
        number: Option<&Spanned<i64>>,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let number = number?;
        let within = u32::try_from(*number.get_ref()).ok();
        let within = within.filter(|number| range.contains(number));
        if within.is_none() {
            let message = format!("`{key}` is out of range: {}", number.get_ref());
            self.refuse(key, number.span(), &message);
        }
        within
    }

    fn missing_capabilities(&mut self) -> BTreeSet<Capability> {
        let names = Capability::ALL.map(Capability::name);
        let mut missing = BTreeSet::new();
        for name in &self.file.missing_capabilities {
            let mut all = Capability::ALL.into_iter();
            let Some(capability) = all.find(|one| one.name() == name.get_ref()) else {
                let meant = closest(name.get_ref(), names);
                let expected = self.expected("missing_capabilities");
                self.diagnostics.add_with_help(
                    name.span(),
                    &format!("unknown capability `{}`", excerpt(name.get_ref())),
                    &expected,
                    meant.map(|meant| format!("did you mean `{meant}`?")),
                );
                continue;
            };
            missing.insert(capability);
        }
        missing
    }

    fn wiring(&mut self, board: &BoardPins) -> BTreeMap<Pin, Pin> {
        let inputs = board.button_pins();
        let mut wiring = BTreeMap::new();
        for (name, driver) in &self.file.wiring {
            let input = name.get_ref().parse().ok();
            let Some(input) = input.filter(|input| inputs.contains_key(input)) else {
                let message = format!("`{}` is not an input of the board", excerpt(name.get_ref()));
                let expected = expected_input(board, &inputs);
                self.diagnostics.add(name.span(), &message, &expected);
                continue;
            };
            let Some(pin) = self.driver(driver, &board.map) else {
                continue;
            };
            if wiring.contains_key(&input) {
                let message = format!("`{input}` is wired twice");
                let expected = "expected one line per input";
                self.diagnostics.add(name.span(), &message, expected);
            }
            if let Some((earlier, _)) = wiring.iter().find(|(_, other)| **other == pin) {
                let message = format!("`{pin}` already drives `{earlier}`");
                let expected = "expected a different pin for each input";
                self.diagnostics.add(driver.span(), &message, expected);
            }
            wiring.insert(input, pin);
        }
        wiring
    }

    /// The pin at the other end of a jumper, which nothing else may use.
    fn driver(&mut self, name: &Spanned<String>, map: &PinMap) -> Option<Pin> {
        if name.get_ref() == "none" {
            return None;
        }
        let message = match name.get_ref().parse() {
            Err(_) => format!("`{}` is not a pin", excerpt(name.get_ref())),
            Ok(pin) if !map.has(pin) => format!("the chip has no pin `{pin}`"),
            Ok(pin) => match map.use_of(pin) {
                None => return Some(pin),
                Some(used) => format!("`{pin}` is in use: {used}"),
            },
        };
        let expected = expected(&["wiring", name.get_ref()], self.boards);
        self.diagnostics.add(name.span(), &message, &expected);
        None
    }

    /// A virtual board is always exact and brings its own probe: keys that say otherwise would
    /// only seem to do something.
    fn refuse_real_only(&mut self, board: Option<&BoardPins>) {
        for key in REAL_ONLY {
            if let Some(span) = self.keys.get(key) {
                self.diagnostics.add_with_help(
                    span.clone(),
                    &format!("`{key}` has no effect on a virtual board"),
                    "expected it only beside a real probe",
                    Some("delete it".to_owned()),
                );
            }
        }
        if let Some(tolerance) = self
            .file
            .tolerance
            .as_ref()
            .filter(|one| *one.get_ref() != 0)
        {
            let message = "a virtual board is exact to the tick";
            let expected = "expected 0, or no `tolerance`";
            self.diagnostics.add(tolerance.span(), message, expected);
        }
        if let (Some(board), Some(name)) = (board, &self.file.board)
            && !is_emulated(board)
        {
            let message = format!("there is no virtual `{}`", board.board.name);
            let emulated = self.boards.iter().filter(|board| is_emulated(board));
            let names = one_of(emulated.map(|board| board.board.name.as_str()));
            let expected = format!("expected {names}");
            self.diagnostics.add(name.span(), &message, &expected);
        }
    }
}

fn expected_input(board: &BoardPins, inputs: &BTreeMap<Pin, Vec<&str>>) -> String {
    let listed: Vec<_> = inputs
        .iter()
        .map(|(pin, buttons)| format!("`{pin}` ({})", buttons.join(" and ")))
        .collect();
    let listed = listed.join(", ");
    format!("expected an input of `{}`: {listed}", board.board.name)
}

/// Whether an emulator can be this board.
fn is_emulated(board: &BoardPins) -> bool {
    board.board.machine.is_some()
}

/// Whether it is a short visible text without spaces.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(|c| c.is_ascii_graphic())
}

/// A probe as probe-rs reads it, with a serial number that can be part of a file name; or what
/// is wrong with it.
pub(super) fn selector(text: &str) -> Result<DebugProbeSelector, String> {
    let selector: DebugProbeSelector = text
        .parse()
        .map_err(|_| format!("`{}` is not a probe", excerpt(text)))?;
    match &selector.serial_number {
        Some(serial) if !is_serial(serial) => Err(format!(
            "a serial number has at most {MAX_SERIAL} visible ASCII characters"
        )),
        _ => Ok(selector),
    }
}

fn is_serial(text: &str) -> bool {
    text.len() <= MAX_SERIAL && text.chars().all(|c| c.is_ascii_graphic())
}
