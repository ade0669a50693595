//! `hil board`: a virtual board that serves until it is stopped.

use std::fmt::Write;
use std::io::{self, BufRead};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sim::cli::exit::Exit;
use sim::cli::output;
use sim::cli::report::Report;

use crate::virtual_board::app_pins::AppPins;
use crate::virtual_board::board::{BoardError, VirtualBoard};
use crate::virtual_board::machine::Pace;

/// How often pin changes are shown.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a tapped button is held.
const TAP: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(super) struct Board {
    /// Where the probe listens; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,

    /// Let the board's clock go as fast as it can instead of in real time.
    #[arg(long)]
    fast: bool,

    /// The app whose buttons and outputs are named.
    #[arg(long, default_value = "lamp")]
    app: String,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    match text.parse() {
        Ok(address @ SocketAddr::V4(_)) if address.ip().is_loopback() => Ok(address),
        _ => Err("expected a loopback address and a port, such as 127.0.0.1:3333".to_owned()),
    }
}

impl Board {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let pins = match AppPins::of(&self.app) {
            Ok(pins) => pins,
            Err(error) => return report.error(error),
        };
        let pace = if self.fast {
            Pace::Fast
        } else {
            Pace::RealTime
        };
        match serve(self.listen, pace, &pins) {
            Ok(exit) => exit,
            Err(ServeError::Output(error)) => report.error(error),
            Err(ServeError::Board(error)) => {
                report.print(&report.plain(&error.to_string(), None));
                Exit::Infrastructure
            }
            Err(ServeError::Ended(cause)) => {
                report.print(&report.plain(&cause, None));
                Exit::Infrastructure
            }
        }
    }
}

enum ServeError {
    Board(BoardError),
    Output(output::OutputError),
    Ended(String),
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

fn serve(listen: SocketAddr, pace: Pace, pins: &AppPins) -> Result<Exit, ServeError> {
    let board = VirtualBoard::start(listen, pace)?;
    let mut buttons: Vec<_> = pins
        .buttons
        .iter()
        .map(|(name, pin)| Button::new(name, *pin))
        .collect();
    for button in &buttons {
        board.drive(button.pin, pins.level(false))?;
    }
    board.watch_pins(pins.output_mask());
    output::write(None, welcome(&board.selector(), &buttons).as_bytes())?;
    let keys = keys();
    loop {
        let line = match keys.recv_timeout(LOOK_EVERY) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => String::new(),
            // Without a keyboard it serves on.
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(LOOK_EVERY);
                String::new()
            }
        };
        if line.trim() == "q" {
            return Ok(Exit::Held);
        }
        let mut shown = String::new();
        for button in &mut buttons {
            if let Some(pressed) = button.next(&line, Instant::now()) {
                board.drive(button.pin, pins.level(pressed))?;
                let edge = if pressed { "pressed" } else { "released" };
                // Writing to a string cannot fail.
                let _ = writeln!(shown, "in   {} {edge}", button.name);
            }
        }
        show_edges(&board, pins, &mut shown);
        if !shown.is_empty() {
            output::write(None, shown.as_bytes())?;
        }
        if let Some(cause) = board.failure() {
            return Err(ServeError::Ended(cause));
        }
    }
}

fn show_edges(board: &VirtualBoard, pins: &AppPins, shown: &mut String) {
    let (edges, lost) = board.take_edges();
    if lost > 0 {
        let _ = writeln!(shown, "out  {lost} changes came too fast to be kept");
    }
    for edge in edges {
        let named = pins.outputs.iter().find(|(_, pin)| *pin == edge.pin);
        let name = named.map_or("?", |(name, _)| name.as_str());
        let level = if edge.high { "high" } else { "low" };
        let _ = writeln!(shown, "out  {name} {level}");
    }
}

/// What is typed, line by line; nothing more once standard input ends.
fn keys() -> Receiver<String> {
    let (sender, keys) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            // Both ends of it end the process's interest in keys.
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    keys
}

/// A button, tapped by its small letter, held and let go by its capital one.
#[derive(Debug)]
struct Button {
    name: String,
    pin: u8,
    held: bool,
    until: Option<Instant>,
}

impl Button {
    fn new(name: &str, pin: u8) -> Self {
        Self {
            name: name.to_owned(),
            pin,
            held: false,
            until: None,
        }
    }

    fn tap(&self) -> String {
        self.name.to_lowercase()
    }

    fn hold(&self) -> String {
        self.name.to_uppercase()
    }

    /// Whether the button is now pressed or released, if that changes.
    fn next(&mut self, line: &str, now: Instant) -> Option<bool> {
        let line = line.trim();
        let was = self.held || self.until.is_some();
        if line == self.tap() {
            self.until = Some(now + TAP);
        } else if line == self.hold() {
            self.held = !self.held;
        }
        self.until = self.until.filter(|until| now < *until);
        let is = self.held || self.until.is_some();
        (is != was).then_some(is)
    }
}

/// How the board is used.
fn welcome(selector: &str, buttons: &[Button]) -> String {
    let probe = format!("--chip nRF51822_xxAA --protocol swd --probe {selector}");
    let mut text = format!(
        "probe     {selector}\n\
         flash     probe-rs download {probe} IMAGE\n\
         run       probe-rs run {probe} IMAGE\n\
         attach    probe-rs attach {probe} IMAGE\n\
         gdb       probe-rs gdb {probe} --gdb-connection-string 127.0.0.1:1337\n          \
                   gdb-multiarch IMAGE -ex 'target remote 127.0.0.1:1337'\n\
         VS Code   {{\"type\": \"probe-rs-debug\", \"request\": \"launch\", \
         \"name\": \"virtual board\", \"chip\": \"nRF51822_xxAA\", \"probe\": \"{selector}\", \
         \"wireProtocol\": \"Swd\", \"flashingConfig\": {{\"flashingEnabled\": true}}, \
         \"coreConfigs\": [{{\"programBinary\": \"IMAGE\"}}]}}\n"
    );
    for button in buttons {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "key       {} and Enter taps {}, {} holds it and lets it go",
            button.tap(),
            button.name,
            button.hold()
        );
    }
    text.push_str("key       q and Enter ends the board, and so does Ctrl-C\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_presses_and_lets_go_by_itself() {
        let mut button = Button::new("A", 17);
        let now = Instant::now();
        assert_eq!(button.next("a\n", now), Some(true));
        assert_eq!(button.next("", now + TAP / 2), None);
        assert_eq!(button.next("", now + TAP), Some(false));
        assert_eq!(button.next("A", now), Some(true));
        assert_eq!(button.next("a", now), None);
        assert_eq!(button.next("", now + 2 * TAP), None);
        assert_eq!(button.next("A", now + 2 * TAP), Some(false));
    }

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(loopback("127.0.0.1:0").is_ok());
        assert!(loopback("0.0.0.0:0").is_err());
        assert!(loopback("3333").is_err());
    }
}
