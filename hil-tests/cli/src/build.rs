//! `hil build`: the images of boards, each held against its contract.

use std::fmt::Write;
use std::fs;

use clap::{Args, ValueEnum};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_pins::PinMap;

use super::interrupt;
use super::place::{self, Boards};
use lockstep_images::board::Board;
use lockstep_images::build::{Image, Profile};
use lockstep_images::contract::{self, Violation, linker_script};
use lockstep_images::toolchain::Environment;

/// How an image is built, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProfileName {
    /// Says why and stays where it is, for the probe, when it panics.
    Debug,
    /// Leaves a crash record and resets when it panics.
    Release,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Debug => Self::Debug,
            ProfileName::Release => Self::Release,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    boards: Boards,

    /// How the images are built; both ways where nothing is said.
    #[arg(long)]
    profile: Option<ProfileName>,
}

impl Build {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let environment = match interrupt::listen(report) {
            Ok(supervisor) => Environment {
                supervisor,
                ..place::environment()
            },
            Err(exit) => return exit,
        };
        let profiles = match self.profile {
            Some(profile) => vec![profile.into()],
            None => vec![Profile::Debug, Profile::Release],
        };
        let mut worst = Exit::Held;
        for board in &boards {
            worst = worst.max(check_script(board, report));
            for profile in &profiles {
                let images = match self.boards.build(&environment, board, *profile, report) {
                    Ok(images) => images,
                    Err(Exit::Interrupted) => return Exit::Interrupted,
                    Err(exit) => {
                        worst = worst.max(exit);
                        continue;
                    }
                };
                for image in &images {
                    worst = worst.max(show(image, board, report));
                }
            }
        }
        worst
    }
}

/// A message for each rule that the linker script breaks.
fn check_script(board: &Board, report: &Report) -> Exit {
    let path = board.folder.join(linker_script::LINKER_SCRIPT);
    match fs::read_to_string(&path) {
        Ok(text) => tell(&board.name, &linker_script::check(&text, board), report),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            let help = "every board has a linker script of this name";
            report.print(&report.plain(&message, Some(help)));
            Exit::BadInput
        }
    }
}

/// A line for the image, and a message for each rule it breaks.
fn show(image: &Image, board: &Board, report: &Report) -> Exit {
    let elf = match image.read() {
        Ok(elf) => elf,
        Err(error) => return place::refuse(&error, report),
    };
    let build_id = elf.build_id.as_ref().map(ToString::to_string);
    let build_id = build_id.unwrap_or_else(|| "no build id".to_owned());
    let mut line = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(line, "{build_id}  {}", image.path.display());
    if let Err(error) = output::write(None, line.as_bytes()) {
        return report.error(error);
    }
    let violations = contract::check(&elf, board, image.profile);
    check_name(image, board, report).max(tell(&image.name, &violations, report))
}

/// The suite finds the image of an app by its name. A board without a pin map is none of the
/// suite's.
fn check_name(image: &Image, board: &Board, report: &Report) -> Exit {
    let Ok(pins) = PinMap::read(&board.folder) else {
        return Exit::Held;
    };
    let app = image.name.strip_prefix(&format!("{}-", board.name));
    if app.is_some_and(|app| pins.apps.contains_key(app)) {
        return Exit::Held;
    }
    let apps: Vec<_> = pins
        .apps
        .keys()
        .map(|app| format!("`{}-{app}`", board.name))
        .collect();
    let message = format!(
        "the image `{}` is of no app that `{}` names",
        image.name,
        lockstep_pins::FILE
    );
    let help = format!(
        "programs are named BOARD-APP: expected one of {}",
        apps.join(", ")
    );
    report.print(&report.plain(&message, Some(&help)));
    Exit::Failed
}

fn tell(name: &str, violations: &[Violation], report: &Report) -> Exit {
    for violation in violations {
        let message = format!("`{name}` breaks its contract: {violation}");
        report.print(&report.plain(&message, Some(violation.rule.help())));
    }
    match violations.is_empty() {
        true => Exit::Held,
        false => Exit::Failed,
    }
}
