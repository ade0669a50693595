//! `hil build`: builds the images of boards and checks each against the image contract.

use std::fmt::Write;
use std::fs;

use clap::{Args, ValueEnum};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_pins::PinMap;

use super::cancellation;
use super::environment::{self, BoardSelection};
use lockstep_images::board::Board;
use lockstep_images::build::{Image, Profile};
use lockstep_images::contract::{self, Violation, linker_script};
use lockstep_images::toolchain::Environment;

/// The value of `--profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProfileArg {
    /// A panic prints its message and halts for the debugger.
    Debug,
    /// A panic leaves a crash record and resets.
    Release,
}

impl From<ProfileArg> for Profile {
    fn from(name: ProfileArg) -> Self {
        match name {
            ProfileArg::Debug => Self::Debug,
            ProfileArg::Release => Self::Release,
        }
    }
}

/// The options of `hil build`.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    boards: BoardSelection,

    /// The profile to build [default: both]
    #[arg(long)]
    profile: Option<ProfileArg>,
}

impl BuildArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let environment = match cancellation::on_interrupt(report) {
            Ok(supervisor) => Environment {
                supervisor,
                ..environment::toolchain()
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
                    worst = worst.max(check_image(image, board, report));
                }
            }
        }
        worst
    }
}

/// Prints each rule that the linker script breaks.
fn check_script(board: &Board, report: &Report) -> Exit {
    let path = board.folder.join(linker_script::LINKER_SCRIPT);
    match fs::read_to_string(&path) {
        Ok(text) => print_violations(&board.name, &linker_script::check(&text, board), report),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            let help = "every board needs a linker script with this name";
            report.print(&report.plain(&message, Some(help)));
            Exit::BadInput
        }
    }
}

/// Prints a line for the image, and each rule that it breaks.
fn check_image(image: &Image, board: &Board, report: &Report) -> Exit {
    let elf = match image.read() {
        Ok(elf) => elf,
        Err(error) => return environment::report_build_error(&error, report),
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
    check_name(image, board, report).max(print_violations(&image.name, &violations, report))
}

/// The suite finds the image of an app by its name. It does not use boards without a pin map.
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
        "the image `{}` belongs to no app in `{}`",
        image.name,
        lockstep_pins::FILE
    );
    let help = format!(
        "expected a name of the form BOARD-APP: one of {}",
        apps.join(", ")
    );
    report.print(&report.plain(&message, Some(&help)));
    Exit::Failed
}

fn print_violations(name: &str, violations: &[Violation], report: &Report) -> Exit {
    for violation in violations {
        let message = format!("`{name}` breaks its contract: {violation}");
        report.print(&report.plain(&message, Some(violation.rule.help())));
    }
    match violations.is_empty() {
        true => Exit::Held,
        false => Exit::Failed,
    }
}
