//! `hil board`: a virtual board that serves until it is stopped.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::project::ProjectError;
use lockstep_engine::quoted::Quoted;
use lockstep_engine::sanitize::excerpt;
use lockstep_pins::{Pin, PinMap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::board_console::{BEGIN, SentLines, TypedLine};
use super::environment;
use super::keys::KeyReader;
use super::unemulated;
use lockstep_images::board;
use lockstep_images::elf::Elf;
use lockstep_virtual_board::app_pins::AppPins;
use lockstep_virtual_board::board::{BoardError, VirtualBoard};
use lockstep_virtual_board::emulator::ResponseTimeout;
use lockstep_virtual_board::machine::{ClockMode, MACHINE, MachineConfig};
use lockstep_virtual_board::pins::TickHook;

/// How often pin changes are shown.
const REFRESH: Duration = Duration::from_millis(20);
/// How long a tapped button is held.
const TAP: Duration = Duration::from_millis(100);
/// How often a wait for the emulator is reported.
const WARN_EVERY: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub(super) struct Board {
    /// Where the probe listens; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,

    /// Let the board's clock go as fast as it can instead of in real time.
    #[arg(long)]
    fast: bool,

    /// The app whose buttons and outputs are named: by default that of the image, or else the only
    /// one of the board's pin map.
    #[arg(long)]
    app: Option<String>,

    /// The image that tools flash: with it, outputs are shown with the tick they change at.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,

    /// Join two pins, such as `P0.20=P0.17`: while a bench lets the first drive low, the second is
    /// low.
    #[arg(long, value_name = "FROM=TO", value_parser = jumper)]
    jumper: Vec<(u8, u8)>,

    /// How long the emulator may leave a request unanswered, on a host that is busy.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    response_timeout: u64,
}

/// The names of the handler and the counter of ticks, in images.
const TICK_HANDLER: &str = "TIMER0";
const TICK_COUNTER: &str = "LOCKSTEP_TICK";

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    match numeric.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        _ => Err(
            "expected a loopback address and a port, such as 127.0.0.1:3333, localhost:3333 or \
             [::1]:3333"
                .to_owned(),
        ),
    }
}

/// Two pins of the one port of the emulated chip.
fn jumper(text: &str) -> Result<(u8, u8), String> {
    let pin = |text: &str| {
        let pin: Option<Pin> = text.parse().ok();
        pin.filter(|pin| pin.port == 0).map(|pin| pin.pin)
    };
    let both = text.split_once('=');
    let both = both.and_then(|(from, to)| Some((pin(from)?, pin(to)?)));
    let both = both.filter(|(from, to)| from != to);
    both.ok_or_else(|| "expected two pins of port 0, such as P0.20=P0.17".to_owned())
}

/// Tells what the image seems to use that the board does not have, and finds its ticks.
fn look_at(image: &Path, report: &Report) -> Result<TickHook, String> {
    let (bytes, elf) = read_image(image)?;
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    unemulated::warn(&name, &elf, &bytes, report);
    tick_hook(image, &elf)
}

/// The image of this file, its bytes and what is in it.
fn read_image(image: &Path) -> Result<(Vec<u8>, Elf), String> {
    let unusable = |reason: String| format!("`{}`: {reason}", image.display());
    let bytes = fs::read(image).map_err(|error| unusable(error.to_string()))?;
    let elf = Elf::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
    Ok((bytes, elf))
}

/// Where the image can be stopped at its ticks.
fn tick_hook(image: &Path, elf: &Elf) -> Result<TickHook, String> {
    let address = |name: &str| match elf.symbol(name) {
        Some(symbol) => Ok(symbol.address),
        None => Err(format!(
            "`{}`: no symbol `{name}`: expected an image whose runtime is lockstep-board",
            image.display()
        )),
    };
    Ok(TickHook {
        address: address(TICK_HANDLER)?,
        counter: address(TICK_COUNTER)?,
        break_ticks: None,
    })
}

impl Board {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let pins = match self.pins(report) {
            Ok(pins) => pins,
            Err(exit) => return exit,
        };
        let hook = match self
            .image
            .as_deref()
            .map(|it| look_at(it, report))
            .transpose()
        {
            Ok(hook) => hook,
            Err(message) => {
                report.print(&report.plain(&message, Some("`hil build` builds images")));
                return Exit::BadInput;
            }
        };
        match self.serve(&pins, hook) {
            Ok(exit) => exit,
            Err(ServeError::Output(error)) => report.error(error),
            Err(ServeError::Board(error)) => {
                report.error(error);
                Exit::Infrastructure
            }
            Err(ServeError::Failed(cause)) => {
                report.print(&report.plain(&cause, None));
                Exit::Infrastructure
            }
        }
    }

    fn config(&self) -> MachineConfig {
        let clock_mode = match self.fast {
            true => ClockMode::Unthrottled,
            false => ClockMode::RealTime,
        };
        let limit = Duration::from_secs(self.response_timeout);
        let timeout = ResponseTimeout::new(limit).with_warning(WARN_EVERY, move |waited| {
            let message = format!(
                "the emulator has not answered for {} s: still waiting, up to {} s",
                waited.as_secs(),
                limit.as_secs()
            );
            let report = Report::to_stderr();
            report.print(&report.note(&message, Some("Ctrl-C ends the board")));
        });
        MachineConfig::new(clock_mode).with_timeout(timeout)
    }

    fn serve(&self, pins: &AppPins, hook: Option<TickHook>) -> Result<Exit, ServeError> {
        let board = VirtualBoard::start(self.listen, self.config())?;
        let mut buttons: Vec<ButtonKey> = Vec::new();
        for (name, pin) in &pins.buttons {
            let taken: Vec<_> = buttons.iter().map(|button| button.tap).collect();
            buttons.extend(letter(name, &taken).map(|tap| ButtonKey::new(name, *pin, tap)));
        }
        if let Some(hook) = hook {
            board.follow_ticks(hook, &[], &[])?;
        }
        for button in &buttons {
            board.drive(button.pin, pins.level(false))?;
        }
        for (from, to) in &self.jumper {
            board.connect_jumper(*from, *to)?;
        }
        board.watch_outputs(pins.output_mask());
        let image = self.image.as_ref().map(|path| path.display().to_string());
        let image = image.as_deref().unwrap_or("IMAGE");
        output::write(None, welcome(&board.selector(), image, &buttons).as_bytes())?;
        let keys = KeyReader::start();
        let (mut typed, mut sent) = (TypedLine::default(), SentLines::default());
        let mut told = 0;
        loop {
            let key = keys.next(REFRESH);
            let mut shown = String::new();
            let (belongs_to_line, line) = key.map_or((false, None), |key| typed.take(key));
            if let Some(line) = line {
                board.send_serial(line.as_bytes())?;
                // Writing to a string cannot fail.
                let _ = writeln!(shown, "in   uart {}", Quoted(line.as_bytes()));
            }
            let key = key.filter(|key| !belongs_to_line && !key.is_whitespace());
            if key == Some(END) || is_stdout_closed() {
                return Ok(Exit::Held);
            }
            if let Some(key) = key.filter(|key| !buttons.iter().any(|button| button.has(*key))) {
                // Writing to a string cannot fail.
                let _ = writeln!(
                    shown,
                    "key       no key `{}`; the keys are:",
                    excerpt(&key.to_string())
                );
                shown.push_str(&legend(&buttons));
            }
            for button in &mut buttons {
                if let Some(pressed) = button.update(key, Instant::now()) {
                    board.drive(button.pin, pins.level(pressed))?;
                    let edge = if pressed { "pressed" } else { "released" };
                    // Writing to a string cannot fail.
                    let _ = writeln!(shown, "in   {} {edge}", button.name);
                }
            }
            if board.take_refused() > 0 {
                shown.push_str("probe     a tool was refused: another one is attached\n");
            }
            show_edges(&board, pins, &mut shown);
            let accesses = board.unemulated_accesses();
            for access in accesses.iter().skip(told) {
                let advice = access.advice();
                // Writing to a string cannot fail.
                let _ = writeln!(shown, "missing   {access}\n          {advice}");
            }
            told = accesses.len();
            let (bytes, lost) = board.take_serial()?;
            sent.show(&bytes, lost, Instant::now(), &mut shown);
            if !shown.is_empty() {
                output::write(None, shown.as_bytes())?;
            }
            if let Some(cause) = board.failure() {
                return Err(ServeError::Failed(cause));
            }
        }
    }

    /// The pins of the app, from the pin map of the project's emulated board. Without a project or
    /// without such a board no pin has a name.
    fn pins(&self, report: &Report) -> Result<AppPins, Exit> {
        let project = match environment::project() {
            Ok(project) => project,
            Err(ProjectError::NotFound { .. }) if self.app.is_none() => {
                return Ok(AppPins::default());
            }
            Err(error) => return Err(environment::report_project_error(&error, report)),
        };
        let boards = environment::finished_boards(&project, report)?;
        let image = self
            .image
            .as_ref()
            .and_then(|image| image.file_name()?.to_str());
        let app_of_image =
            |board: &board::Board| image?.strip_prefix(&board.name)?.strip_prefix('-');
        let is_emulated = |board: &&board::Board| board.machine.as_deref() == Some(MACHINE);
        let emulated: Vec<_> = boards.iter().filter(is_emulated).collect();
        let of_image = emulated.iter().find(|board| app_of_image(board).is_some());
        let Some(board) = of_image.or(emulated.first()) else {
            if self.app.is_none() {
                return Ok(AppPins::default());
            }
            let message = "no board of the project is emulated: `--app` names no pins";
            let help = format!("the `board.toml` of such a board has `machine = \"{MACHINE}\"`");
            report.print(&report.plain(message, Some(&help)));
            return Err(Exit::BadInput);
        };
        let app = match (self.app.as_deref(), app_of_image(board)) {
            (Some(named), Some(found)) if named != found => {
                let image = image.unwrap_or_default();
                let message = format!("`{image}` is an image of `{found}`, and not of `{named}`");
                report.print(&report.plain(&message, Some("name that of the image, or none")));
                return Err(Exit::BadInput);
            }
            (named, found) => named.or(found),
        };
        let map = PinMap::read(&board.folder).map_err(|error| report.error(error))?;
        let mut apps = map.apps.keys().map(String::as_str);
        let only = apps.next().filter(|_| map.apps.len() == 1);
        let Some(app) = app.or(only) else {
            Self::say_apps(&map, report);
            return Ok(AppPins::default());
        };
        AppPins::of(&map, app).map_err(|error| report.error(error))
    }

    /// A pin that is a button of one app is an output of another: of several apps none is taken.
    fn say_apps(map: &PinMap, report: &Report) {
        let apps: Vec<_> = map.apps.keys().map(|app| format!("`{app}`")).collect();
        if !apps.is_empty() {
            let message = "no pin is driven, and none has a name: the pin map has several apps";
            let help = format!("`--app` names the app that will run: {}", apps.join(", "));
            report.print(&report.note(message, Some(&help)));
        }
    }
}

enum ServeError {
    Board(BoardError),
    Output(output::OutputError),
    /// The machine failed while it was served.
    Failed(String),
}

impl From<BoardError> for ServeError {
    fn from(error: BoardError) -> Self {
        Self::Board(error)
    }
}

impl From<output::OutputError> for ServeError {
    fn from(error: output::OutputError) -> Self {
        Self::Output(error)
    }
}

/// Whether nobody reads standard output any more, as after `hil board | head -1`.
fn is_stdout_closed() -> bool {
    let stdout = io::stdout();
    // Without events that are asked for, errors and hang-ups are reported alone.
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let polls = poll(&mut polled, Some(&Timespec::default()));
    let [polled] = polled;
    polls.is_ok() && polled.revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

fn show_edges(board: &VirtualBoard, pins: &AppPins, shown: &mut String) {
    let (edges, lost) = board.take_edges();
    if lost > 0 {
        let _ = writeln!(shown, "out  {lost} changes were lost: they came too fast");
    }
    for edge in edges {
        let named = pins.outputs.iter().find(|(_, pin)| *pin == edge.pin);
        let name = named.map_or("?", |(name, _)| name.as_str());
        let level = if edge.high { "high" } else { "low" };
        let tick = edge
            .tick
            .map_or(String::new(), |tick| format!(" at {tick} ms"));
        let _ = writeln!(shown, "out  {name} {level}{tick}");
    }
}

/// The key that ends the board.
const END: char = 'q';

/// The key of a button: the first letter of its name that is no other's.
fn letter(name: &str, taken: &[char]) -> Option<char> {
    let letters = name.chars().map(|letter| letter.to_ascii_lowercase());
    letters
        .chain('a'..='z')
        .filter(char::is_ascii_lowercase)
        .find(|letter| *letter != END && !taken.contains(letter))
}

/// A button and its keys: the small letter taps it, the capital one holds and releases it.
#[derive(Debug)]
struct ButtonKey {
    name: String,
    pin: u8,
    tap: char,
    held: bool,
    until: Option<Instant>,
}

impl ButtonKey {
    fn new(name: &str, pin: u8, tap: char) -> Self {
        Self {
            name: name.to_owned(),
            pin,
            tap,
            held: false,
            until: None,
        }
    }

    fn hold(&self) -> char {
        self.tap.to_ascii_uppercase()
    }

    fn has(&self, key: char) -> bool {
        key == self.tap || key == self.hold()
    }

    /// Takes a key, and the time; tells whether the button is now pressed, if that changes.
    fn update(&mut self, key: Option<char>, now: Instant) -> Option<bool> {
        let was = self.held || self.until.is_some();
        if key == Some(self.tap) {
            self.until = Some(now + TAP);
        } else if key == Some(self.hold()) {
            self.held = !self.held;
        }
        self.until = self.until.filter(|until| now < *until);
        let is = self.held || self.until.is_some();
        (is != was).then_some(is)
    }
}

/// How to use the board. Of the RTT channels of an image, channel 0 is for people.
fn welcome(selector: &str, image: &str, buttons: &[ButtonKey]) -> String {
    let probe = format!("--chip nRF51822_xxAA --protocol swd --probe {selector}");
    let mut text = format!(
        "probe     {selector}\n\
         flash     probe-rs download {probe} {image}\n\
         run       probe-rs run {probe} --rtt-up-channels 0 {image}\n\
         attach    probe-rs attach {probe} --rtt-up-channels 0 {image}\n\
         gdb       probe-rs gdb {probe} --gdb-connection-string 127.0.0.1:1337\n          \
                   gdb-multiarch {image} -ex 'set substitute-path /lockstep .' -ex 'target remote 127.0.0.1:1337'\n\
         VS Code   {{\"type\": \"probe-rs-debug\", \"request\": \"launch\", \
         \"name\": \"virtual board\", \"chip\": \"nRF51822_xxAA\", \"probe\": \"{selector}\", \
         \"wireProtocol\": \"Swd\", \"flashingConfig\": {{\"flashingEnabled\": true}}, \
         \"coreConfigs\": [{{\"programBinary\": \"{image}\"}}]}}\n"
    );
    text.push_str(&legend(buttons));
    text
}

/// What each key does.
fn legend(buttons: &[ButtonKey]) -> String {
    let mut text = String::new();
    for button in buttons {
        let (tap, hold, name) = (button.tap, button.hold(), &button.name);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "key       {tap} taps button {name}, {hold} presses it, and releases it the next time"
        );
    }
    let _ = writeln!(
        text,
        "key       {BEGIN} begins a line for the UART, which Enter sends"
    );
    let _ = writeln!(text, "key       {END} ends the board, and so does Ctrl-C");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_presses_and_releases_by_itself() {
        let mut button = ButtonKey::new("A", 17, 'a');
        let now = Instant::now();
        assert_eq!(button.update(Some('a'), now), Some(true));
        assert_eq!(button.update(None, now + TAP / 2), None);
        assert_eq!(button.update(None, now + TAP), Some(false));
        assert_eq!(button.update(Some('A'), now), Some(true));
        assert_eq!(button.update(Some('a'), now), None);
        assert_eq!(button.update(None, now + 2 * TAP), None);
        assert_eq!(button.update(Some('A'), now + 2 * TAP), Some(false));
    }

    #[test]
    fn each_button_has_a_key_of_its_own() {
        assert_eq!(letter("A", &[]), Some('a'));
        assert_eq!(letter("Quick", &[]), Some('u'));
        assert_eq!(letter("A", &['a']), Some('b'));
    }

    #[test]
    fn a_jumper_joins_two_pins() {
        assert_eq!(jumper("P0.20=P0.17"), Ok((20, 17)));
        for wrong in [
            "",
            "P0.20",
            "20=17",
            "P1.01=P0.17",
            "P0.20=P0.20",
            "P0.20=P0.32",
        ] {
            assert!(jumper(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_addresses_are_accepted() {
        for address in ["127.0.0.1:0", "localhost:3333", "[::1]:0"] {
            assert!(loopback(address).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:0", "[::]:0", "3333", "localhost", "example.org:1"] {
            assert!(loopback(address).is_err(), "{address}");
        }
    }
}
